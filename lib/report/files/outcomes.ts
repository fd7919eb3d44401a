import type { Finding } from "../../model/finding.ts";

/** What a finding means, whatever the format. An exemption excuses a violation, not missing data. */
export type FindingOutcome = "violation" | "exempt" | "notEvaluated";

/** The outcome of a finding. */
export function outcomeOf({ status, exemption }: Pick<Finding, "status" | "exemption">): FindingOutcome {
  if (status === "INSUFFICIENT_DATA") return "notEvaluated";
  return exemption === null ? "violation" : "exempt";
}

/** What each outcome becomes in the formats that have words of their own for it. Nothing becomes a pass. */
export const outcomes = {
  violation: {
    sarif: { kind: "fail", suppressed: false },
    junit: "failure",
    ocsf: { statusId: 3, status: "Fail", isSuppressed: false },
    oscal: { state: "not-satisfied", reason: "fail", risk: "open" },
  },
  exempt: {
    sarif: { kind: "fail", suppressed: true },
    junit: "skipped",
    ocsf: { statusId: 3, status: "Fail", isSuppressed: true },
    oscal: { state: "not-satisfied", reason: "fail", risk: "deviation-approved" },
  },
  notEvaluated: {
    sarif: { kind: "open", suppressed: false },
    junit: "error",
    ocsf: { statusId: 2, status: "Warning", isSuppressed: false },
    oscal: { state: "not-satisfied", reason: "other", risk: "open" },
  },
} as const satisfies Readonly<Record<FindingOutcome, unknown>>;
