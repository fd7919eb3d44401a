import type { Finding } from "../../model/finding.ts";

/** A fact as a person reads it. */
export function showEvidence(value: Finding["evidence"][string]): string {
  if (value === null) return "none";
  if (Array.isArray(value)) return value.map(showEvidence).join("; ") || "none";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
