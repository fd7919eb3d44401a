import type { Change } from "../../model/change.ts";
import type { DatabaseHistory, DatabaseState, HistoryEntry } from "../../model/history.ts";
import { describeInstant } from "../../model/time.ts";
import { makePrintable } from "../text/printable.ts";
import type { ReportOptions } from "../text/reporter.ts";
import { createLayout, type Layout } from "./layout.ts";

const outcomes: Readonly<Record<Change["reason"], string>> = {
  new: "new",
  worse: "more severe",
  "exemption-ended": "no longer exempt",
  exempted: "exempt",
  fixed: "fixed",
  "database-gone": "resolved, because the database is gone",
  "not-audited": "no longer audited",
};

/** Renders what a history knows of some databases for a terminal, oldest first. */
export function renderDatabaseHistories(
  untrusted: readonly DatabaseHistory[],
  options: Pick<ReportOptions, "width" | "color">,
): string {
  const layout = createLayout(options);
  const blocks = makePrintable(untrusted).map(({ identifier, arn, entries }) =>
    [
      layout.wrap(`${layout.paint.strong(identifier)}  ${layout.paint.faint(arn)}`, "", 2),
      ...entries.map((entry) => renderEntry(entry, layout)),
    ].join("\n"),
  );
  return `${blocks.join("\n\n")}\n`;
}

function renderEntry(entry: HistoryEntry, { wrap, paint }: Layout): string {
  const at = `  ${describeInstant(entry.at)}  `;
  if (entry.type === "state") return wrap(entry.state === null ? "gone" : describeState(entry.state), at);
  const { reason, finding } = entry.change;
  const severity = paint.severity[finding.severity](finding.severity.toUpperCase());
  return wrap(`${outcomes[reason]}: ${severity} ${finding.message} ${paint.faint(`[${finding.rule}]`)}`, at);
}

/** "managed, secret active, key arn:…, version 16.3, available". */
function describeState({ management, reason, secretStatus, kmsKeyId, engineVersion, status }: DatabaseState): string {
  return [
    reason === null ? management : `${management} (${reason})`,
    ...(secretStatus === null ? [] : [`secret ${secretStatus}`]),
    ...(kmsKeyId === null ? [] : [`key ${kmsKeyId}`]),
    ...(engineVersion === null ? [] : [`version ${engineVersion}`]),
    status,
  ].join(", ");
}
