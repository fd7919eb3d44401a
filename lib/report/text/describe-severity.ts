import type { Finding } from "../../model/finding.ts";

/** How bad a finding is, in a word; of what could not be judged nobody knows, and no exemption changes that. */
export function severityLabel({ status, severity }: Pick<Finding, "status" | "severity">): string {
  return status === "INSUFFICIENT_DATA" ? "not judged" : severity;
}
