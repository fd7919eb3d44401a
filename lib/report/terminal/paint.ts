import { Chalk } from "chalk";

/** The colors of the terminal output by meaning. Each returns its text unchanged if the terminal shows no colors. */
export type Paint = ReturnType<typeof createPaint>;

/** Uses the 16 basic colors, which every terminal has, or none. */
export function createPaint(color: boolean) {
  const chalk = new Chalk({ level: color ? 1 : 0 });
  return {
    strong: chalk.bold,
    faint: chalk.dim,
    good: chalk.green.bold,
    bad: chalk.red.bold,
    warn: chalk.yellow.bold,
    severity: { critical: chalk.white.bgRed.bold, high: chalk.red.bold, medium: chalk.yellow, low: chalk.cyan },
    status: {
      COMPLIANT: chalk.green,
      NON_COMPLIANT: chalk.red.bold,
      NOT_APPLICABLE: chalk.dim,
      INSUFFICIENT_DATA: chalk.magenta,
    },
  };
}
