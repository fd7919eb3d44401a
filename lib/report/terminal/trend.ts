import { severities } from "../../model/finding.ts";
import type { Run } from "../../model/history.ts";
import { describeInstant } from "../../model/time.ts";
import { count, formatNumber } from "../text/count.ts";
import { describeShare } from "../text/managed-share.ts";
import type { ReportOptions } from "../text/reporter.ts";
import { createLayout } from "./layout.ts";
import { pad, paragraph, widest } from "./paragraph.ts";

const headings = ["run", "DBs", "managed", "crit", "high", "med", "low", "unknown", "new", "closed"];

/** Renders the runs of a history for a terminal, oldest first: how many passwords RDS manages, and how many violations there are. */
export function renderTrend(runs: readonly Run[], options: Pick<ReportOptions, "width" | "color">): string {
  const { width, paint } = createLayout(options);
  const [first, last] = [runs[0], runs.at(-1)];
  if (first === undefined || last === undefined) return "The history has no run.\n";
  const sentence =
    runs.length === 1
      ? `One run: ${describe(last)}.`
      : `${count(runs.length, "run")}. ${describeInstant(first.generatedAt)}: ${describe(first)}. ${describeInstant(last.generatedAt)}: ${describe(last)}.`;
  const rows = runs.map(toCells);
  const widths = headings.map((heading, column) => widest([heading, ...rows.map((cells) => cells[column] ?? "")]));
  const toLine = (cells: readonly string[]) =>
    cells
      .map((cell, column) => (column === 0 ? pad(cell, widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  ");
  const table = [paint.faint(toLine(headings)), ...rows.map(toLine)].join("\n");
  const incomplete = runs.some(({ complete }) => !complete)
    ? `\n${paint.faint("* incomplete: the numbers are of what was seen")}`
    : "";
  return `${paragraph(sentence, { width, first: `${paint.strong("TREND")}  ` })}\n\n${table}${incomplete}\n`;
}

function describe({ summary }: Run): string {
  const violations = severities.reduce((sum, severity) => sum + summary.findings[severity], 0);
  return `RDS manages ${formatNumber(summary.managed)} of ${count(summary.managed + summary.unmanaged, "master password")}, ${count(violations, "violation")}`;
}

function toCells({ generatedAt, complete, summary, opened, resolved }: Run): readonly string[] {
  return [
    `${generatedAt.slice(0, 10)} ${generatedAt.slice(11, 16)}${complete ? "" : "*"}`,
    String(summary.databases),
    describeShare(summary),
    ...severities.map((severity) => String(summary.findings[severity])),
    String(summary.findings.insufficientData),
    String(opened ?? "–"),
    String(resolved ?? "–"),
  ];
}
