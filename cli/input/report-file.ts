import { UsageError } from "../../lib/model/errors.ts";
import { type Report, reportSchema } from "../../lib/model/report.ts";
import { readText } from "../output/files.ts";

/** In MB. A JavaScript string holds at most 536 million characters. */
const maxSize = 500;

/** Reads a report to compare with. Throws a UsageError if filters limit it: what they leave out would look fixed. */
export async function readReport(file: string): Promise<Report> {
  const { report } = await readReportFile(file);
  if (report.narrowedBy === null) return report;
  throw new UsageError(`${file} shows only a part of its findings: give one that was made without filters.`);
}

/** Reads a report that `audit --format json` wrote, and its content as it is in the file. Throws a UsageError of one sentence. */
export async function readReportFile(file: string): Promise<{ readonly report: Report; readonly content: object }> {
  const text = await readText(file, maxSize);
  const advice = "give one that audit --format json wrote";
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new UsageError(`${file} is not a report: it is not JSON; ${advice}.`);
  }
  const parsed = reportSchema.safeParse(value);
  if (parsed.success) return { report: parsed.data, content: value as object };
  if (typeof value === "object" && value !== null && "targets" in value)
    throw new UsageError(`${file} is an inventory, not a report: ${advice}.`);
  const [issue] = parsed.error.issues;
  const location = issue === undefined || issue.path.length === 0 ? "" : ` at ${issue.path.join(".")}`;
  throw new UsageError(`${file} is not a valid report${location}: ${advice}.`);
}
