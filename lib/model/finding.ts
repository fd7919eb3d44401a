import * as z from "zod/mini";

/** Most severe first. */
export const severities = ["critical", "high", "medium", "low"] as const;
export type Severity = (typeof severities)[number];

/** The compliance types of AWS Config. */
export type Status = "COMPLIANT" | "NON_COMPLIANT" | "NOT_APPLICABLE" | "INSUFFICIENT_DATA";

/** An accepted risk: its owner, the reason, and the last day (UTC, inclusive) on which it applies. */
export const exemptionSchema = z.object({
  owner: z.string(),
  reason: z.string(),
  until: z.iso.date(),
  source: z.enum(["policy", "tags"]),
});
export type Exemption = z.infer<typeof exemptionSchema>;

/** A NON_COMPLIANT or INSUFFICIENT_DATA verdict of one rule on one database. */
export const findingSchema = z.object({
  /** `<rule>/<database ARN>`, stable across reports. */
  id: z.string(),
  rule: z.string(),
  status: z.enum(["NON_COMPLIANT", "INSUFFICIENT_DATA"]),
  severity: z.enum(severities),
  resource: z.object({ arn: z.string(), type: z.string(), identifier: z.string(), resourceId: z.string() }),
  account: z.string(),
  region: z.string(),
  /** Set by `check`: the file, the line to change (null if it is not known), and the path of the CDK construct. */
  location: z.optional(z.object({ file: z.string(), line: z.nullable(z.int()), path: z.nullable(z.string()) })),
  /** Who owns the database, by its tags (`ownerTags` of the policy); null if no tag says it. */
  owner: z._default(z.nullable(z.string()), null),
  message: z.string(),
  /** The facts that support the verdict. */
  evidence: z.record(z.string(), z.json()),
  /** What to do. */
  remediation: z.string(),
  /** Set while the finding is exempt. An exempt finding is reported but never repaired. */
  exemption: z.nullable(exemptionSchema),
  /** The exemption that covered the finding until it ended; the finding is active again. */
  endedExemption: z.nullable(exemptionSchema),
  firstSeenAt: z.iso.datetime(),
});
export type Finding = z.infer<typeof findingSchema>;

/** True if a severity is at or above a threshold. */
export function isAtLeast(severity: Severity, threshold: Severity): boolean {
  return severities.indexOf(severity) <= severities.indexOf(threshold);
}

/** True if a finding is not exempt. */
export function isActive({ exemption }: Pick<Finding, "exemption">): boolean {
  return exemption === null;
}

/** True for an active NON_COMPLIANT finding. */
export function isViolation(finding: Pick<Finding, "status" | "exemption">): boolean {
  return finding.status === "NON_COMPLIANT" && isActive(finding);
}

/** True for the statuses that make no finding. */
export function isPass(status: Status): status is "COMPLIANT" | "NOT_APPLICABLE" {
  return status === "COMPLIANT" || status === "NOT_APPLICABLE";
}

/** True for an active INSUFFICIENT_DATA finding. */
export function isUnknown(finding: Pick<Finding, "status" | "exemption">): boolean {
  return finding.status === "INSUFFICIENT_DATA" && isActive(finding);
}

/** When the oldest active violation was first seen; null if there is none. */
export function oldestViolation(findings: readonly Finding[]): string | null {
  const openSince = findings.filter(isViolation).map(({ firstSeenAt }) => firstSeenAt);
  return openSince.sort()[0] ?? null;
}
