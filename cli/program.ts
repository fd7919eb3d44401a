import { Command, CommanderError } from "commander";
import { AccessError, AwsCallError, UsageError } from "../lib/model/errors.ts";
import { toPrintable } from "../lib/report/text/printable.ts";
import { addApprove } from "./approve.ts";
import { addAudit } from "./audit.ts";
import { addDemo } from "./demo.ts";
import { messageOf } from "./error-info.ts";
import { exitStatus } from "./exit-status.ts";
import { addExplain } from "./explain.ts";
import { type Io, write } from "./io.ts";
import { addPlan } from "./plan.ts";
import { addRemediate } from "./remediate.ts";
import { addRules } from "./rules.ts";
import { addStop } from "./stop.ts";
import { terminalOf } from "./terminal.ts";
import { version } from "./version.ts";

/** The name of the program, in help and in errors. */
const name = "rds-password-audit";

/** Runs one command line (without the program's name) and answers with its exit status. Never throws. */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  let status: number = exitStatus.clean;
  const program = createProgram(io, (ended) => {
    status = ended;
  });
  try {
    await program.parseAsync([...argv], { from: "user" });
    return status;
  } catch (error) {
    return explainFailure(error, io);
  }
}

function createProgram(io: Io, end: (status: number) => void): Command {
  const program = new Command(name)
    .description(
      "Audits every Amazon RDS and Aurora database: is its master password managed, healthy and encrypted with the right key?",
    )
    .version(version, "-v, --version", "say the version")
    .helpOption("-h, --help", "say what can be done, with examples")
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      outputError: () => {},
      getOutHelpWidth: () => Math.min(terminalOf(io.stdout, io).width, 120),
      getErrHelpWidth: () => Math.min(terminalOf(io.stderr, io).width, 120),
    })
    .exitOverride();
  for (const add of [addAudit, addDemo, addRules, addExplain, addPlan, addRemediate, addApprove, addStop])
    add(program, io, end);
  return program;
}

async function explainFailure(error: unknown, io: Io): Promise<number> {
  if (error instanceof CommanderError && error.exitCode === 0) return exitStatus.clean;
  if (error instanceof CommanderError && error.code === "commander.help") return exitStatus.usage;
  const { text, status } = describeFailure(error);
  await write(io.stderr, `${toPrintableLines(text)}\n`);
  if (io.env.DEBUG === name && error instanceof Error)
    await write(io.stderr, `${toPrintableLines(error.stack ?? "")}\n`);
  return status;
}

/** A text of several lines, each indented as it was, with nothing in it that drives a terminal. */
function toPrintableLines(text: string): string {
  return text
    .split("\n")
    .map((line) => " ".repeat(line.search(/[^ ]|$/)) + toPrintable(line).trimStart())
    .join("\n");
}

function describeFailure(error: unknown): { text: string; status: number } {
  if (error instanceof UsageError) return { text: error.message, status: exitStatus.usage };
  if (error instanceof CommanderError) return { text: toSentence(error.message), status: exitStatus.usage };
  if (error instanceof AccessError) return { text: error.message, status: exitStatus.failure };
  if (error instanceof AwsCallError)
    return { text: `${error.action} failed with ${error.code}: ${error.message}`, status: exitStatus.failure };
  const message = messageOf(error);
  // A full disk, a port, a file: what the operating system refuses is no error in the program.
  if (typeof error === "object" && error !== null && "syscall" in error)
    return { text: `${name} failed: ${message}.`, status: exitStatus.failure };
  return {
    text: `${name} failed: ${message.split("\n")[0]?.replace(/\.?$/, ".")} This is an error in the program: please report it, with what DEBUG=${name} adds.`,
    status: exitStatus.failure,
  };
}

/** Commander says "error: unknown option '--regoin'", and the nearest in brackets on a line of its own. */
function toSentence(message: string): string {
  const text = message
    .replace(/^error: /, "")
    .replace(/\.?\n\((Did you mean .*)\)$/, (_, hint: string) => ` (${hint.replace("Did", "did")})`)
    .replace(/^option '.*?(--[\w-]+).*' argument missing$/, "$1 needs a value")
    .replaceAll("\n", " ")
    .replaceAll("'", '"')
    .replace(/\.?$/, ".");
  if (text === 'missing required argument "rule-or-database".')
    return "explain needs a rule or a database, before any options, as in: explain orders --region eu-west-1";
  if (text === 'missing required argument "database".')
    return "remediate needs a database, before any options, as in: remediate orders --region eu-west-1";
  return text.charAt(0).toUpperCase() + text.slice(1);
}
