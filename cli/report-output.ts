import { extname } from "node:path";
import { type Command, Option } from "commander";
import { reasons } from "../lib/audit/classify.ts";
import type { Report } from "../lib/model/report.ts";
import { formats } from "../lib/report/formats.ts";
import { toPrintable } from "../lib/report/text/printable.ts";
import { describeVerdict } from "../lib/report/text/verdict.ts";
import { messageOf } from "./error-info.ts";
import { checkWritable, WriteError, writeWhole } from "./files.ts";
import { type Io, write } from "./io.ts";
import { oneOf } from "./option-values.ts";
import { terminalOf } from "./terminal.ts";

/** The format of the report, and its file. */
export type OutputOptions = {
  readonly format?: string;
  readonly output?: string;
  readonly coverageByName?: true;
};

/** Adds the options for the format and the file of the report. */
export function addOutputOptions(command: Command): Command {
  const names = Object.keys(formats);
  return command
    .addOption(
      new Option(
        "-f, --format <format>",
        `${names.join(", ")} (default: from the extension of --output, else table)`,
      ).argParser(oneOf("--format", names)),
    )
    .option("-o, --output <file>", "write the report to a file, complete or not at all (default: standard output)");
}

/** Refuses, before anything is read, a report file that cannot be written. */
export async function checkOutput({ output }: OutputOptions, read: readonly (string | undefined)[]): Promise<void> {
  if (output !== undefined) await checkWritable(output, "--output", read);
}

/** Writes the report. Unless the user sees the table, repeats the verdict on stderr. Throws a WriteError, but never loses the report. */
export async function writeReport(report: Report, options: OutputOptions, io: Io): Promise<void> {
  const { output } = options;
  const format = chooseFormat(options);
  const render = formats[format];
  if (render === undefined) throw new Error(`there is no format ${format}`);
  const explanation = Object.fromEntries(reasons.map(({ code, explanation }) => [code, explanation]));
  const text = render(report, {
    ...terminalOf(output === undefined ? io.stdout : null, io),
    reasons: explanation,
    coverageByName: options.coverageByName === true,
  });
  if (output === undefined) await write(io.stdout, text);
  else await writeOrPrint(output, text, io);
  const { word, sentence } = describeVerdict(report);
  if (output !== undefined) await write(io.stderr, `${word}  ${toPrintable(sentence)} The report is in ${output}.\n`);
  else if (format !== "table" && !report.coverage.complete)
    await write(io.stderr, `${word}  ${toPrintable(sentence)}\n`);
}

function chooseFormat({ format, output = "" }: OutputOptions): string {
  const extension = extname(output).slice(1).toLowerCase();
  return format ?? (extension in formats ? extension : "table");
}

async function writeOrPrint(file: string, text: string, io: Io): Promise<void> {
  try {
    await writeWhole(file, text);
  } catch (error) {
    await write(io.stdout, text);
    throw new WriteError(`${messageOf(error)} The report is on standard output instead.`, { cause: error });
  }
}
