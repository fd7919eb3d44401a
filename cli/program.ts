import { Command } from "commander";
import wrapAnsi from "wrap-ansi";
import { exitStatus, failureStatus } from "./exit-status.ts";
import type { Io, OutputStream } from "./io.ts";
import { terminalOf } from "./output/terminal.ts";
import { programName, reportFailure } from "./report-failure.ts";
import { version } from "./version.ts";

const examples = `
Examples:
  rds-password-audit demo
  rds-password-audit audit --region eu-west-1
  rds-password-audit explain orders --region eu-west-1
  rds-password-audit plan --region eu-west-1 --policy policy.yaml
  rds-password-audit help audit`;

/** Runs a command line, without the program's name, and answers with the exit status (exit-status.ts). Never throws. */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  let status: number = exitStatus.clean;
  try {
    const program = await createProgram({ ...io, argv }, (ended) => {
      status = ended;
    });
    await program.parseAsync([...argv], { from: "user" });
    return status;
  } catch (error) {
    await reportFailure(error, io);
    return failureStatus(error);
  }
}

async function createProgram(io: Io, end: (status: number) => void): Promise<Command> {
  const widthOf = (stream: OutputStream) => Math.min(terminalOf(stream, io).width, 120);
  const program = new Command(programName)
    .description(
      "Audit every Amazon RDS and Aurora database: is its master password managed, healthy and encrypted with the right key?",
    )
    .version(version, "-v, --version", "print the version")
    .helpOption("-h, --help", "show help and examples")
    .helpCommand("help [command]", "show help for a command")
    .configureOutput({
      writeOut: (text) => io.stdout.write(wrapProse(text, widthOf(io.stdout))),
      writeErr: (text) => io.stderr.write(wrapProse(text, widthOf(io.stderr))),
      outputError: () => {},
      getOutHelpWidth: () => widthOf(io.stdout),
      getErrHelpWidth: () => widthOf(io.stderr),
    })
    .addHelpText("after", examples)
    .exitOverride();
  // Most command lines are audits, which load no other command.
  if (io.argv?.[0] === "audit") (await import("./commands/audit.ts")).addAudit(program, io, end);
  else for (const add of (await import("./commands.ts")).commands) add(program, io, end);
  return program;
}

/** Wraps paragraphs. Commander wraps the rest of the help, and command lines stay whole. */
function wrapProse(text: string, width: number): string {
  return text.replaceAll(/^\S.*$/gm, (line) => wrapAnsi(line, width));
}
