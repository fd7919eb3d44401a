import {
  type Finding,
  isActive,
  isUnknown,
  isViolation,
  type Severity,
  type Status,
  severities,
} from "../../model/finding.ts";
import { describeScope } from "./scopes.ts";

/** From the worst: what is wrong, what is unknown, what is right, what does not apply. What could not be seen is no pass. */
export const statuses: readonly Status[] = ["NON_COMPLIANT", "INSUFFICIENT_DATA", "COMPLIANT", "NOT_APPLICABLE"];

/** What every reporter tells apart: what is wrong now, what could not be judged, and what its owner accepted for a time. */
export function groupFindings(findings: readonly Finding[]): {
  readonly wrong: readonly Finding[];
  readonly notJudged: readonly Finding[];
  /** What ends first comes first. */
  readonly exempt: readonly Finding[];
} {
  return {
    wrong: findings.filter(isViolation),
    notJudged: findings.filter(isUnknown),
    exempt: findings
      .filter((finding) => !isActive(finding))
      .sort((a, b) => (endOf(a) < endOf(b) ? -1 : endOf(a) > endOf(b) ? 1 : 0)),
  };
}

function endOf({ exemption }: Finding): string {
  return exemption?.until ?? "";
}

/** What is wrong in one account and Region: all of it, and by database; databases and findings come the worst first. */
export type ViolationScope = {
  readonly scope: string;
  readonly findings: readonly Finding[];
  readonly databases: readonly (readonly Finding[])[];
};

/** Findings as a reader goes through them: by account and Region and there by database, everywhere the worst first. */
export function byScope(findings: readonly Finding[]): readonly ViolationScope[] {
  return [...Map.groupBy(findings, describeScope)]
    .map(([scope, ofScope]) => ({
      scope,
      findings: ofScope,
      databases: byDatabase(ofScope).map(bySeverity).sort(compareWorst),
    }))
    .sort((a, b) => compareWorst(a.findings, b.findings));
}

/** Findings by the database that they are about, in the order in which the databases first come. */
export function byDatabase(findings: readonly Finding[]): readonly (readonly Finding[])[] {
  return [...Map.groupBy(findings, ({ resource }) => resource.arn).values()];
}

/** Verdicts that could not be given by what was not seen, or by the rule that did not understand what AWS said; the most come first. */
export function byCause(findings: readonly Finding[]): readonly (readonly Finding[])[] {
  const causeOf = ({ evidence, rule }: Finding) =>
    typeof evidence.notSeen === "string" ? evidence.notSeen : `rule ${rule}`;
  return [...Map.groupBy(findings, causeOf).values()].sort((a, b) => b.length - a.length);
}

/** The worst first; equals stay in their order. */
export function bySeverity<T extends { readonly severity: Severity }>(items: readonly T[]): readonly T[] {
  return items.toSorted((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity));
}

/** More of the worst comes first, then more of the next; equals stay in the report's order, by ARN. */
function compareWorst(a: readonly Finding[], b: readonly Finding[]): number {
  for (const severity of severities) {
    const [inA = 0, inB = 0] = [a, b].map((all) => all.filter((finding) => finding.severity === severity).length);
    if (inA !== inB) return inB - inA;
  }
  return 0;
}
