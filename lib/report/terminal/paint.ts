import { Chalk, type ChalkInstance } from "chalk";
import type { Severity, Status } from "../../model/finding.ts";

/** The colours of the reports by what they mean. Each is the identity where the reader has no colours. */
export type Paint = {
  readonly strong: ChalkInstance;
  readonly faint: ChalkInstance;
  readonly good: ChalkInstance;
  readonly bad: ChalkInstance;
  readonly warn: ChalkInstance;
  readonly severity: Readonly<Record<Severity, ChalkInstance>>;
  readonly status: Readonly<Record<Status, ChalkInstance>>;
};

/** The sixteen colours that every terminal has, or none. */
export function createPaint(color: boolean): Paint {
  const chalk = new Chalk({ level: color ? 1 : 0 });
  return {
    strong: chalk.bold,
    faint: chalk.dim,
    good: chalk.green.bold,
    bad: chalk.red.bold,
    warn: chalk.yellow.bold,
    severity: {
      critical: chalk.white.bgRed.bold,
      high: chalk.red.bold,
      medium: chalk.yellow,
      low: chalk.cyan,
    },
    status: {
      COMPLIANT: chalk.green,
      NON_COMPLIANT: chalk.red.bold,
      NOT_APPLICABLE: chalk.dim,
      INSUFFICIENT_DATA: chalk.magenta,
    },
  };
}
