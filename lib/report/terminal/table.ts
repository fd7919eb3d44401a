import { groupFindings } from "../text/group-findings.ts";
import { makePrintable } from "../text/printable.ts";
import type { Reporter } from "../text/reporter.ts";
import { describeVerdict } from "../text/verdict.ts";
import { renderCoverage } from "./coverage.ts";
import { renderExempt, renderNotEvaluated, renderViolations } from "./findings.ts";
import { createLayout } from "./layout.ts";

/** Lines of a short report. A longer one repeats the verdict at the end. */
const shortReport = 24;

/** Renders a report for a terminal: verdict, violations with what to do, findings that could not be evaluated, exempt findings, coverage. */
export const renderTable: Reporter = (untrusted, options) => {
  const report = makePrintable(untrusted);
  const layout = createLayout(options);
  const { violations, notEvaluated, exempt } = groupFindings(report.findings);
  const { word, sentence } = describeVerdict(report);
  const paintWord = word === "CLEAN" ? layout.paint.good : layout.paint.bad;
  const verdict = layout.wrap(sentence, `${paintWord(word)}  `);
  const text = [
    verdict,
    ...renderViolations(violations, report, layout),
    ...renderNotEvaluated(notEvaluated, layout),
    ...renderExempt(exempt, report.generatedAt, layout),
    renderCoverage(report, options, layout),
  ].join("\n\n");
  const isLong = text.split("\n").length > shortReport;
  return `${isLong ? `${text}\n\n${verdict}` : text}\n`;
};
