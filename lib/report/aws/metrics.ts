import { isViolation, severities } from "../../model/finding.ts";
import type { Report } from "../../model/report.ts";
import { hoursBetween } from "../../model/time.ts";

/** A CloudWatch metric, as `addMetric` of Powertools takes it. Metrics with different dimensions need separate records. */
export type Metric = {
  readonly name: string;
  /** CloudWatch has no unit for days, so an age has none. */
  readonly unit: "Count" | "None";
  readonly value: number;
  readonly dimensions?: Readonly<Record<string, string>>;
};

/** The metrics of an audit. Always all of them, zeros included: an alarm cannot distinguish a missing value from a service that does not run. */
export function toMetrics(
  report: Pick<Report, "summary" | "coverage" | "findings" | "generatedAt">,
): readonly Metric[] {
  const { coverage, findings, generatedAt, summary } = report;
  const { managed, unmanaged, inherited, unsupported, outOfScope } = summary;
  const managements = { managed, unmanaged, inherited, unsupported, "out-of-scope": outOfScope };
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

/** Possible outcomes of an action. */
const outcomes = ["repaired", "failed", "refused"] as const;

/** The metrics of a finished execution: its actions by outcome, zeros included. */
export function toRemediationMetrics(
  done: readonly { readonly outcome: { readonly end: (typeof outcomes)[number] } }[],
): readonly Metric[] {
  return outcomes.map((end) =>
    toCount("Remediations", done.filter(({ outcome }) => outcome.end === end).length, { outcome: end }),
  );
}

function toCount(name: string, value: number, dimensions?: Metric["dimensions"]): Metric {
  return { name, unit: "Count", value, ...(dimensions !== undefined && { dimensions }) };
}

/** Age of the oldest active violation in whole days; 0 if there is none. */
function oldestAgeDays(findings: Report["findings"], now: string): number {
  const ages = findings.filter(isViolation).map(({ firstSeenAt }) => Math.floor(hoursBetween(firstSeenAt, now) / 24));
  return ages.reduce((oldest, days) => Math.max(oldest, days), 0);
}
