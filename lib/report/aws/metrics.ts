import { oldestViolation, severities } from "../../model/finding.ts";
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
  return toRunMetrics(report, oldestViolation(report.findings));
}

/** The same of a run over an organization. No metric has an account as a dimension: each would be a metric that CloudWatch charges for. */
export function toRunMetrics(
  { coverage, generatedAt, summary }: Pick<Report, "summary" | "coverage" | "generatedAt">,
  oldestFirstSeenAt: string | null,
): readonly Metric[] {
  const { managed, unmanaged, inherited, unsupported, outOfScope } = summary;
  const managements = { managed, unmanaged, inherited, unsupported, "out-of-scope": outOfScope };
  const oldestAge = oldestFirstSeenAt === null ? 0 : Math.floor(hoursBetween(oldestFirstSeenAt, generatedAt) / 24);
  return [
    ...Object.entries(managements).map(([management, value]) => toCount("Databases", value, { management })),
    ...severities.map((severity) => toCount("Findings", summary.findings[severity], { severity })),
    toCount("InsufficientData", summary.findings.insufficientData),
    toCount("ExemptFindings", summary.findings.exempt),
    toCount("Gaps", coverage.gaps.length),
    { name: "OldestFindingAgeDays", unit: "None", value: Math.max(0, oldestAge) },
    toCount("AuditCompleted", 1),
    toCount("AuditIncomplete", coverage.complete ? 0 : 1),
  ];
}

/** The metrics of an organization's coverage: its accounts and Regions by outcome. */
export function toCoverageMetrics({ counts }: Pick<Report["coverage"], "counts">): readonly Metric[] {
  const { seen, gap, deniedByScp, regionNotEnabled, accountNotActive, excluded } = counts;
  const outcomes = {
    ...{ seen, gap, "denied-by-scp": deniedByScp, "region-not-enabled": regionNotEnabled },
    ...{ "account-not-active": accountNotActive, excluded },
  };
  return Object.entries(outcomes).map(([outcome, value]) => toCount("Scopes", value, { outcome }));
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
