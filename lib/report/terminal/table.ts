import { groupFindings } from "../text/group-findings.ts";
import { makePrintable } from "../text/printable.ts";
import type { Reporter } from "../text/reporter.ts";
import { describeVerdict } from "../text/verdict.ts";
import { renderCoverage } from "./coverage.ts";
import { renderExempt } from "./exempt-findings.ts";
import { createLayout, type Layout } from "./layout.ts";
import { renderNotJudged } from "./not-judged.ts";
import { paragraph } from "./paragraph.ts";
import { renderViolations } from "./violations.ts";

/**
 * The report for a person at a terminal: the answer, what is wrong with what to do about it, what could not be judged,
 * what is exempt, and what was looked at. Where that is long, the answer stands at the end again, where the eye is.
 */
export const renderTable: Reporter = (untrusted, options) => {
  const report = makePrintable(untrusted);
  const layout = createLayout(options);
  const { wrong, notJudged, exempt } = groupFindings(report.findings);
  const answer = renderAnswer(report, layout);
  const sections = [
    answer,
    ...renderViolations(wrong, report, layout),
    ...renderNotJudged(notJudged, layout),
    ...renderExempt(exempt, report.generatedAt, layout),
    renderCoverage(report, options.reasons, layout),
  ];
  const text = sections.join("\n\n");
  const isLong = text.split("\n").length > 24;
  return `${isLong ? `${text}\n\n${answer}` : text}\n`;
};

function renderAnswer(report: Parameters<Reporter>[0], { width, paint }: Layout): string {
  const { word, sentence } = describeVerdict(report);
  return paragraph(sentence, { width, first: `${(word === "CLEAN" ? paint.good : paint.bad)(word)}  ` });
}
