import { groupFindings } from "../text/group-findings.ts";
import { makePrintable } from "../text/printable.ts";
import type { Reporter } from "../text/reporter.ts";
import { describeVerdict } from "../text/verdict.ts";
import { renderCoverage } from "./coverage.ts";
import { renderExempt } from "./exempt-findings.ts";
import { createLayout, type Layout } from "./layout.ts";
import { renderNotEvaluated } from "./not-evaluated.ts";
import { paragraph } from "./paragraph.ts";
import { renderViolations } from "./violations.ts";

/** Lines of a short report. A longer one repeats the verdict at the end. */
const shortReport = 24;

/** Renders a report for a terminal: verdict, violations with what to do, findings that could not be evaluated, exempt findings, coverage. */
export const renderTable: Reporter = (untrusted, options) => {
  const report = makePrintable(untrusted);
  const layout = createLayout(options);
  const { violations, notEvaluated, exempt } = groupFindings(report.findings);
  const verdict = renderVerdict(report, layout);
  const text = [
    verdict,
    ...renderViolations(violations, report, layout),
    ...renderNotEvaluated(notEvaluated, layout),
    ...renderExempt(exempt, report.generatedAt, layout),
    renderCoverage(report, options.reasons, layout),
  ].join("\n\n");
  const isLong = text.split("\n").length > shortReport;
  return `${isLong ? `${text}\n\n${verdict}` : text}\n`;
};

function renderVerdict(report: Parameters<Reporter>[0], { width, paint }: Layout): string {
  const { word, sentence } = describeVerdict(report);
  return paragraph(sentence, { width, first: `${(word === "CLEAN" ? paint.good : paint.bad)(word)}  ` });
}
