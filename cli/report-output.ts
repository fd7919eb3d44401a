import { type Command, Option } from "commander";
import { reasons } from "../lib/audit/classify.ts";
import type { Report } from "../lib/model/report.ts";
import { formats } from "../lib/report/formats.ts";
import { toPrintable } from "../lib/report/text/printable.ts";
import { describeVerdict } from "../lib/report/text/verdict.ts";
import { oneOf } from "./choices.ts";
import { checkWritable, writeWhole } from "./files.ts";
import { type Io, write } from "./io.ts";
import { terminalOf } from "./terminal.ts";

/** How and where the report is written. */
export type OutputOptions = { readonly format: string; readonly output?: string };

/** Gives a command the options that say how and where its report is written. */
export function addOutputOptions(command: Command): Command {
  const names = Object.keys(formats);
  return command
    .addOption(
      new Option("-f, --format <format>", `one of ${names.join(", ")}`)
        .default("table")
        .argParser(oneOf("--format", names)),
    )
    .option("-o, --output <file>", "write the report to a file, as a whole or not at all (default: to the terminal)");
}

/** Refuses, before anything is read, a report file that cannot be written later. */
export async function checkOutput({ output }: OutputOptions, read: readonly (string | undefined)[]): Promise<void> {
  if (output !== undefined) await checkWritable(output, "--output", read);
}

/** Writes the report. Where the table is not what the user sees, the verdict is told on stderr. */
export async function writeReport(report: Report, { format, output }: OutputOptions, io: Io): Promise<void> {
  const render = formats[format];
  if (render === undefined) throw new Error(`there is no format ${format}`);
  const explanation = Object.fromEntries(reasons.map(({ code, explanation }) => [code, explanation]));
  const text = render(report, { ...terminalOf(output === undefined ? io.stdout : null, io), reasons: explanation });
  if (output === undefined) await write(io.stdout, text);
  else await writeWhole(output, text);
  const { word, sentence } = describeVerdict(report);
  if (output !== undefined) await write(io.stderr, `${word}  ${toPrintable(sentence)} The report is in ${output}.\n`);
  else if (format !== "table" && !report.coverage.complete)
    await write(io.stderr, `${word}  ${toPrintable(sentence)}\n`);
}
