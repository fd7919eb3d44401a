import { isViolation, severities } from "../../model/finding.ts";
import type { Report } from "../../model/report.ts";
import { hoursBetween } from "../../model/time.ts";

/** One value for CloudWatch, as Powertools' `addMetric` takes it; metrics of different dimensions need records of their own. */
export type Metric = {
  readonly name: string;
  /** A unit of CloudWatch's; it knows no days, so an age has none. */
  readonly unit: "Count" | "None";
  readonly value: number;
  readonly dimensions?: Readonly<Record<string, string>>;
};

/**
 * What a dashboard and an alarm need of an audit. Every metric is there every time, zeros included: an alarm cannot tell a missing
 * value from a service that does not run.
 */
export function toMetrics({
  summary,
  coverage,
  findings,
  generatedAt,
}: Pick<Report, "summary" | "coverage" | "findings" | "generatedAt">): readonly Metric[] {
  const managements = {
    managed: summary.managed,
    unmanaged: summary.unmanaged,
    inherited: summary.inherited,
    unsupported: summary.unsupported,
    "out-of-scope": summary.outOfScope,
  };
  return [
    ...Object.entries(managements).map(([management, value]) => toCount("Databases", value, { management })),
    ...severities.map((severity) => toCount("Findings", summary.findings[severity], { severity })),
    toCount("InsufficientData", summary.findings.insufficientData),
    toCount("ExemptFindings", summary.findings.exempt),
    toCount("Gaps", coverage.gaps.length),
    { name: "OldestFindingAgeDays", unit: "None", value: oldestAgeDays(findings, generatedAt) },
    toCount("AuditCompleted", 1),
    toCount("AuditIncomplete", coverage.complete ? 0 : 1),
  ];
}

/** How an action of an execution can end. */
const ends = ["repaired", "failed", "refused"] as const;

/** What a dashboard needs of an execution that has ended: how many of its actions ended how, zeros included. */
export function toRemediationMetrics(
  done: readonly { readonly outcome: { readonly end: (typeof ends)[number] } }[],
): readonly Metric[] {
  return ends.map((end) =>
    toCount("Remediations", done.filter(({ outcome }) => outcome.end === end).length, { outcome: end }),
  );
}

function toCount(name: string, value: number, dimensions?: Metric["dimensions"]): Metric {
  return dimensions === undefined ? { name, unit: "Count", value } : { name, unit: "Count", value, dimensions };
}

/** Whole days that the oldest active finding is open; 0 where there is none, or only younger ones. */
function oldestAgeDays(findings: Report["findings"], now: string): number {
  const ages = findings.filter(isViolation).map(({ firstSeenAt }) => Math.floor(hoursBetween(firstSeenAt, now) / 24));
  return ages.reduce((oldest, days) => Math.max(oldest, days), 0);
}
