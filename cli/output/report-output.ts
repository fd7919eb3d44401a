import { type Command, Option } from "commander";
import { reasons } from "../../lib/audit/classify.ts";
import { UsageError } from "../../lib/model/errors.ts";
import type { Report } from "../../lib/model/report.ts";
import { formats, renderReport } from "../../lib/report/formats.ts";
import { toPrintable } from "../../lib/report/text/printable.ts";
import type { ReportOptions } from "../../lib/report/text/reporter.ts";
import { describeVerdict } from "../../lib/report/text/verdict.ts";
import { rules } from "../../rules/index.ts";
import { oneOf } from "../input/option-values.ts";
import { type Io, write } from "../io.ts";
import { areSame, checkWritable, WriteError, writeElsewhere, writeWhole } from "./files.ts";
import { formatOfFile } from "./format-of-file.ts";
import { terminalOf } from "./terminal.ts";

/** A format, and the file for it; null for standard output. */
export type ReportOutput = { readonly format: string; readonly file: string | null };

/** The formats of the report, and its file. */
export type OutputOptions = {
  readonly format?: readonly ReportOutput[];
  readonly output?: string;
  readonly coverageByName?: true;
};

const formatNames = Object.keys(formats);

/** Adds the options for the formats and the files of the report. */
export function addOutputOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        "-f, --format <format[=file]>",
        `${formatNames.join(", ")} (default: from the name of --output, else table); give it several times, with a file each, for several formats`,
      ).argParser(readFormat),
    )
    .option("-o, --output <file>", "write the report to a file, complete or not at all (default: standard output)");
}

function readFormat(value: string, previous: readonly ReportOutput[] = []): readonly ReportOutput[] {
  const end = value.indexOf("=");
  const format = oneOf("--format", formatNames)(end === -1 ? value : value.slice(0, end));
  return [...previous, { format, file: end === -1 ? null : value.slice(end + 1) }];
}

/** What to write where. Refuses, before anything is read, formats and files that cannot be used, or that `read` names as input files. */
export async function chooseOutputs(
  options: OutputOptions,
  read: readonly (string | undefined)[],
): Promise<readonly ReportOutput[]> {
  for (const { format, file } of options.format ?? [])
    if (file !== null) await checkWritable(file, `--format ${format}`, read);
  if (options.output !== undefined) await checkWritable(options.output, "--output", read);
  const outputs = assignFiles(options);
  for (const [index, { file }] of outputs.entries())
    for (const other of outputs.slice(index + 1))
      if (file !== null && other.file !== null && (await areSame(file, other.file)))
        throw new UsageError(`Two formats name the same file, ${other.file}: give each its own.`);
  return outputs;
}

function assignFiles({ format: given = [], output }: OutputOptions): readonly ReportOutput[] {
  const [first, second] = given.filter(({ file }) => file === null);
  if (first !== undefined && second !== undefined)
    throw new UsageError(
      `--format ${first.format} and --format ${second.format} have no file: give all but one a file, as in --format ${second.format}=FILE.`,
    );
  if (output === undefined) return given.length === 0 ? [{ format: "table", file: null }] : given;
  if (first === undefined) return [...given, { format: formatOfFile(output, formats), file: output }];
  return given.map((one) => (one === first ? { ...one, file: output } : one));
}

/** Writes the report. Unless the user sees the table, repeats the verdict on stderr. Throws a WriteError, but never loses the report. */
export async function writeReport(
  report: Report,
  outputs: readonly ReportOutput[],
  io: Io,
  more: Pick<ReportOptions, "coverageByName" | "runs"> = {},
): Promise<void> {
  const failures: string[] = [];
  const files: string[] = [];
  const printed = outputs.find(({ file }) => file === null);
  for (const { format, file } of outputs) {
    const render = () => renderReport(format, report, optionsFor(file, io, more));
    if (file === null) await write(io.stdout, await render());
    else if (await isWritten(file, render, io, printed !== undefined, failures)) files.push(file);
  }
  const { word, sentence } = describeVerdict(report);
  const verdict = `${word}  ${toPrintable(sentence)}`;
  if (files.length > 0) await write(io.stderr, `${verdict} The report is in ${files.join(", ")}.\n`);
  else if (printed?.format !== "table" && (!report.coverage.complete || report.narrowedBy !== null))
    await write(io.stderr, `${verdict}\n`);
  if (failures.length > 0) throw new WriteError(failures.join("\n"));
}

function optionsFor(
  file: string | null,
  io: Io,
  { coverageByName = false, runs = [] }: Pick<ReportOptions, "coverageByName" | "runs">,
): ReportOptions {
  const explanations = Object.fromEntries(reasons.map(({ code, explanation }) => [code, explanation]));
  const terminal = terminalOf(file === null ? io.stdout : null, io);
  return { ...terminal, reasons: explanations, rules, coverageByName, runs };
}

/** Writes one file. If that fails, the text goes to standard output, or, if that has a report already, to a temporary file. */
async function isWritten(
  file: string,
  render: () => Promise<Iterable<string>>,
  io: Io,
  isPrinted: boolean,
  failures: string[],
): Promise<boolean> {
  const text = await render();
  try {
    await writeWhole(file, text);
    return true;
  } catch (error) {
    if (!(error instanceof WriteError)) throw error;
    const again = await render();
    const spare = isPrinted || failures.length > 0 ? await writeElsewhere(again, file).catch(() => null) : null;
    if (spare === null) await write(io.stdout, await render());
    failures.push(`${error.message} The report is ${spare === null ? "on standard output" : `in ${spare}`} instead.`);
    return false;
  }
}
