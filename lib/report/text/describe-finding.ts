import type { Finding } from "../../model/finding.ts";
import { describeHours, hoursBetween } from "../../model/time.ts";

/** The severity, or "not evaluated" for INSUFFICIENT_DATA, exempt or not. */
export function severityLabel({ status, severity }: Pick<Finding, "status" | "severity">): string {
  return status === "INSUFFICIENT_DATA" ? "not evaluated" : severity;
}

/** One evidence value as text: "none" for null or an empty list, items separated by semicolons, objects as JSON. */
export function describeEvidence(value: Finding["evidence"][string]): string {
  if (value === null) return "none";
  if (Array.isArray(value)) return value.map(describeEvidence).join("; ") || "none";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** "ends in 5 days (2026-12-31)": when an exemption ends. The last day, in UTC, is included. */
export function describeExemptionEnd(until: string, now: string): string {
  const hours = hoursBetween(now, `${until}T24:00:00Z`);
  if (Number.isNaN(hours)) return `until ${until}`;
  if (hours <= 0) return `ended on ${until}`;
  if (hours <= 24) return `ends today (${until})`;
  const days = Math.floor(hours / 24);
  return days > 60 ? `until ${until}` : `ends in ${describeHours(days * 24).replace(/^24 hours$/, "1 day")} (${until})`;
}
