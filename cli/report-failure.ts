import { CommanderError } from "commander";
import { AccessError, AwsCallError, UsageError } from "../lib/model/errors.ts";
import { toPrintable } from "../lib/report/text/printable.ts";
import { messageOf } from "./error-info.ts";
import { type Io, write } from "./io.ts";
import { WriteError } from "./output/files.ts";

/** The program's name, in help and in errors. */
export const programName = "rds-password-audit";

/** Commander throws also after it has written help or the version. */
const answered = ["commander.help", "commander.helpDisplayed", "commander.version"];

/** Says on stderr why a command failed. With DEBUG=rds-password-audit, adds the stack. */
export async function reportFailure(error: unknown, io: Pick<Io, "stderr" | "env">): Promise<void> {
  if (error instanceof CommanderError && answered.includes(error.code)) return;
  await write(io.stderr, `${toPrintableLines(describe(error))}\n`);
  if (io.env.DEBUG === programName && error instanceof Error)
    await write(io.stderr, `${toPrintableLines(error.stack ?? "")}\n`);
}

/** Removes terminal control characters, and keeps lines and indentation. */
function toPrintableLines(text: string): string {
  return text
    .split("\n")
    .map((line) => " ".repeat(line.search(/[^ ]|$/)) + toPrintable(line).trimStart())
    .join("\n");
}

function describe(error: unknown): string {
  if (error instanceof CommanderError) return toSentence(error.message);
  if ([UsageError, AccessError, WriteError].some((known) => error instanceof known)) return messageOf(error);
  if (error instanceof AwsCallError) return `${error.action} failed with ${error.code}: ${error.message}`;
  const message = messageOf(error);
  // The operating system refused something: that is not a bug.
  if (typeof error === "object" && error !== null && "syscall" in error) return `${programName} failed: ${message}.`;
  return `${programName} failed: ${message.split("\n")[0]?.replace(/\.?$/, ".")} This is a bug: please report it with the output of DEBUG=${programName}.`;
}

/** Instead of commander's words, as far as they leave open what to do. */
const replacements: readonly [RegExp, string][] = [
  [
    /^Missing required argument "rule-or-database"\.$/,
    "explain needs a rule or a database, before any options, as in: explain orders --region eu-west-1",
  ],
  [
    /^Missing required argument "database"\.$/,
    "remediate needs a database, before any options, as in: remediate orders --region eu-west-1",
  ],
  [
    /^Missing required argument "database-name"\.$/,
    "consumers needs a database, before any options, as in: consumers orders --region eu-west-1",
  ],
  [
    /^Missing required argument "id"\.$/,
    "The id of the approval request is missing: the message on the alerts topic has it.",
  ],
  [/^Too many arguments for "(\w+)"\. Expected 0 arguments but got \d+: (.*)\.$/, '$1 takes only options, not "$2".'],
  [
    /^Too many arguments for "(\w+)"\. Expected 1 argument but got \d+: (.*)\.$/,
    '$1 takes one name, not several: "$2".',
  ],
];

/** Commander writes "error: unknown option '--regoin'", and a suggestion in parentheses on a second line. */
function toSentence(message: string): string {
  const text = message
    .replace(/^error: /, "")
    .replace(/\.?\n\((Did you mean .*)\)$/, (_, hint: string) => ` (${hint.replace("Did", "did")})`)
    .replace(/^option '.*?(--[\w-]+).*' argument missing$/, "$1 needs a value")
    .replaceAll("\n", " ")
    .replaceAll("'", '"')
    .replace(/\.?$/, ".");
  const sentence = text.charAt(0).toUpperCase() + text.slice(1);
  return replacements.reduce((result, [pattern, better]) => result.replace(pattern, better), sentence);
}
