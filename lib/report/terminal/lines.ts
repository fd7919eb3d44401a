import type { Finding, Severity } from "../../model/finding.ts";
import { coverageRule, describeCoverageProblems } from "../text/coverage-problems.ts";
import { makePrintable } from "../text/printable.ts";
import type { Reporter } from "../text/reporter.ts";
import { describeScope } from "../text/scopes.ts";
import { createPaint, type Paint } from "./paint.ts";

/** Columns of the longest label. */
const labelWidth = "unevaluated".length;

/** One line a finding, for grep, awk and logs: label, account and Region, rule, database, message. Lines are never wrapped or cut. */
export const renderLines: Reporter = (untrusted, { color }) => {
  const report = makePrintable(untrusted);
  const paint = createPaint(color);
  const findings = report.findings.map((finding) =>
    toLine(labelOf(finding), finding, finding.rule, `${finding.resource.identifier}: ${finding.message}`, paint),
  );
  const problems = describeCoverageProblems(report).map((problem) =>
    toLine("unevaluated", problem, coverageRule, problem.message, paint),
  );
  return [...findings, ...problems].map((line) => `${line}\n`).join("");
};

type Label = Severity | "exempt" | "unevaluated";

function labelOf({ status, severity, exemption }: Finding): Label {
  if (status === "INSUFFICIENT_DATA") return "unevaluated";
  return exemption === null ? severity : "exempt";
}

function toLine(
  label: Label,
  scope: { readonly account: string; readonly region: string },
  rule: string,
  text: string,
  paint: Paint,
): string {
  const paintLabel = label === "exempt" ? paint.faint : label === "unevaluated" ? paint.warn : paint.severity[label];
  return `${paintLabel(label)}${" ".repeat(labelWidth - label.length)}  ${describeScope(scope)}  ${rule}  ${text}`;
}
