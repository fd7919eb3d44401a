import { findNew } from "../../lib/audit/compare-runs.ts";
import type { Finding } from "../../lib/model/finding.ts";
import type { Report } from "../../lib/model/report.ts";
import { count } from "../../lib/report/text/count.ts";
import { messageOf } from "../error-info.ts";
import { type Io, write } from "../io.ts";
import { WriteError } from "../output/files.ts";
import type { HistoryFile } from "./history-file.ts";

/** Opens the history before AWS is asked, so that a file that cannot be used costs no audit. */
export async function openRecorder(file: string): Promise<HistoryFile> {
  const { openHistory } = await import("./history-file.ts");
  return openHistory(file, { create: true });
}

/**
 * Adds the report to the history. Returns the report with the time when each finding was first seen, or the report as it is and the
 * error: it must not be lost.
 */
export function recordRun(
  report: Report,
  history: HistoryFile,
): { readonly report: Report; readonly error: Error | null } {
  try {
    const hasHistory = history.runs().length > 0;
    const known = new Map(history.record(report).known.map((finding) => [finding.id, finding.firstSeenAt]));
    const findings = report.findings.map((finding) => ({
      ...finding,
      firstSeenAt: known.get(finding.id) ?? finding.firstSeenAt,
    }));
    return { report: { ...report, hasHistory, findings }, error: null };
  } catch (error) {
    return { report, error: new WriteError(`The run is not in the history. ${messageOf(error)}`, { cause: error }) };
  } finally {
    history.close();
  }
}

/** Violations that the baseline does not have. Says how many it has. */
export async function compareToBaseline(report: Report, baseline: Report, io: Io): Promise<readonly Finding[]> {
  const found = findNew(baseline, report);
  const { generatedAt } = baseline;
  await write(
    io.stderr,
    `${count(found.length, "violation")} not in the baseline of ${generatedAt}. The exit status is about ${found.length === 1 ? "it" : "them"} only.\n`,
  );
  return found;
}
