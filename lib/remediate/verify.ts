import type { Status } from "../model/finding.ts";
import type { Outcome, Repair } from "./repair.ts";

/**
 * Observes again and evaluates the rule that required the repair. Returns why it does not pass, or null. AWS shows a change within minutes; one
 * that does not show by then was not made.
 */
export async function verify(
  { workflow, observe, rule: requested }: Repair,
  rule: string,
  { timeoutMinutes = 15 } = {},
): Promise<string | null> {
  const read = async () => (await observe()).verdictOf(rule);
  // Since an interrupted toggle started, the policy may have dropped what its rule requires.
  const isPass = (verdict: Status) => verdict === "COMPLIANT" || (rule !== requested && verdict === "NOT_APPLICABLE");
  const { met, value, error } = await workflow.poll(`verify with ${rule}`, read, {
    until: isPass,
    timeoutMinutes,
  });
  if (met) return null;
  return value === null ? `the database could not be read to verify it (${error})` : `${rule} still reports ${value}`;
}

/** Ends a procedure that has made all its changes. */
export async function endVerified(repair: Repair): Promise<Outcome> {
  const reason = await verify(repair, repair.rule);
  return reason === null ? { end: "repaired", remarks: [] } : { end: "failed", reason, recovery: [] };
}
