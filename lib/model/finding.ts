import * as z from "zod/mini";

/** From the worst to the least. */
export const severities = ["critical", "high", "medium", "low"] as const;
export type Severity = (typeof severities)[number];

/** AWS Config's four. */
export type Status = "COMPLIANT" | "NON_COMPLIANT" | "NOT_APPLICABLE" | "INSUFFICIENT_DATA";

/** An accepted risk: who accepted it, why, and the last day (UTC, included) on which it holds. */
export const exemptionSchema = z.object({
  owner: z.string(),
  reason: z.string(),
  until: z.iso.date(),
  source: z.enum(["policy", "tags"]),
});
export type Exemption = z.infer<typeof exemptionSchema>;

/** One rule's verdict on one database that is not a pass: NON_COMPLIANT, or INSUFFICIENT_DATA. */
export const findingSchema = z.object({
  /** `<rule>/<database ARN>`: the same finding has the same id in every report. */
  id: z.string(),
  rule: z.string(),
  status: z.enum(["NON_COMPLIANT", "INSUFFICIENT_DATA"]),
  severity: z.enum(severities),
  resource: z.object({ arn: z.string(), type: z.string(), identifier: z.string(), resourceId: z.string() }),
  account: z.string(),
  region: z.string(),
  message: z.string(),
  /** The facts that the verdict rests on. */
  evidence: z.record(z.string(), z.json()),
  /** One sentence: what to do. */
  remediation: z.string(),
  /** Set while the finding is exempt; an exempt finding is reported and never acted on. */
  exemption: z.nullable(exemptionSchema),
  /** The exemption that covered the finding until it ran out; the finding is active again. */
  endedExemption: z.nullable(exemptionSchema),
  firstSeenAt: z.iso.datetime(),
});
export type Finding = z.infer<typeof findingSchema>;

/** Whether a severity is at or above a threshold. */
export function isAtLeast(severity: Severity, threshold: Severity): boolean {
  return severities.indexOf(severity) <= severities.indexOf(threshold);
}

/** Whether a finding counts: it is not exempt. */
export function isActive({ exemption }: Pick<Finding, "exemption">): boolean {
  return exemption === null;
}

/** Active, and wrong. */
export function isViolation(finding: Pick<Finding, "status" | "exemption">): boolean {
  return finding.status === "NON_COMPLIANT" && isActive(finding);
}

/** Nothing is wrong. */
export function isPass(status: Status): status is "COMPLIANT" | "NOT_APPLICABLE" {
  return status === "COMPLIANT" || status === "NOT_APPLICABLE";
}

/** Active, and not judged, because something could not be seen. */
export function isUnknown(finding: Pick<Finding, "status" | "exemption">): boolean {
  return finding.status === "INSUFFICIENT_DATA" && isActive(finding);
}
