import { type Finding, isActive, isUnknown, isViolation, type Status, severities } from "../../model/finding.ts";
import { type Group, groupBy } from "./group.ts";
import { describeScope } from "./scopes.ts";

/** Worst first. INSUFFICIENT_DATA is not a pass. */
export const statuses: readonly Status[] = ["NON_COMPLIANT", "INSUFFICIENT_DATA", "COMPLIANT", "NOT_APPLICABLE"];

/** Splits findings into active violations, active findings that could not be evaluated, and exempt ones; the exemption that ends first is first. */
export function groupFindings(findings: readonly Finding[]) {
  const byEnd = (a: Finding, b: Finding) => (endOf(a) < endOf(b) ? -1 : endOf(a) > endOf(b) ? 1 : 0);
  return {
    violations: findings.filter(isViolation),
    notEvaluated: findings.filter(isUnknown),
    exempt: findings.filter((finding) => !isActive(finding)).sort(byEnd),
  };
}

function endOf({ exemption }: Finding): string {
  return exemption?.until ?? "";
}

/** The findings of one account and Region: all of them, and by database. The most severe databases and findings come first. */
export type FindingsInScope = {
  readonly scope: string;
  readonly findings: readonly Finding[];
  readonly databases: readonly Group<Finding>[];
};

/** Groups findings by account and Region, and there by database; the most severe come first at each level. */
export function groupByScope(findings: readonly Finding[]): readonly FindingsInScope[] {
  return groupBy(findings, describeScope)
    .map(([scope, inScope]) => ({
      scope,
      findings: inScope,
      databases: groupByDatabase(inScope).map(sortBySeverity).sort(compareSeverities),
    }))
    .sort((a, b) => compareSeverities(a.findings, b.findings));
}

/** Groups findings by database, in the order of each database's first finding. */
export function groupByDatabase(findings: readonly Finding[]): readonly Group<Finding>[] {
  return groupBy(findings, ({ resource }) => resource.arn).map(([, ofDatabase]) => ofDatabase);
}

/** Groups findings that could not be evaluated by the missing fact, or by rule if the rule could not interpret AWS's answer; largest group first. */
export function groupByCause(findings: readonly Finding[]): readonly Group<Finding>[] {
  const causeOf = ({ evidence, rule }: Finding) =>
    typeof evidence.notSeen === "string" ? evidence.notSeen : `rule ${rule}`;
  return groupBy(findings, causeOf)
    .map(([, sameCause]) => sameCause)
    .sort((a, b) => b.length - a.length);
}

/** Most severe first; stable. */
export function sortBySeverity<T extends readonly Pick<Finding, "severity">[]>(items: T): T {
  return items.toSorted((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity)) as unknown as T;
}

/** Compares by the number of critical findings, then of high ones, and so on; more comes first. */
function compareSeverities(a: readonly Finding[], b: readonly Finding[]): number {
  for (const severity of severities) {
    const [inA = 0, inB = 0] = [a, b].map((all) => all.filter((finding) => finding.severity === severity).length);
    if (inA !== inB) return inB - inA;
  }
  return 0;
}
