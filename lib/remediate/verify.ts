import type { Database } from "../model/database.ts";
import type { Status } from "../model/finding.ts";
import type { Description, Outcome, Repair } from "./repair.ts";

/** Complete answers in a row that must lack a database before it counts as gone. One answer may lack a database that exists. */
const answersUntilGone = 3;

/** True if the database does not exist any longer, under any name. */
export function isGone({ missing }: Pick<Description, "missing">): boolean {
  return missing >= answersUntilGone;
}

/** Waits until RDS has filled or rotated a secret, which takes a minute or two; an hour allows for a busy database. Ends if it is gone. */
export function awaitSecret({ workflow, describe }: Repair, name: string, isReady: (database: Database) => boolean) {
  const until = (seen: Description) => (seen.database === null ? isGone(seen) : isReady(seen.database));
  return workflow.poll(name, describe, { until, timeoutMinutes: 60 });
}

/** Why a new secret cannot be used yet. `status` is null if it could not be read. */
export function describeInactive(status: string | null): string {
  return status === "impaired"
    ? "the new secret is impaired"
    : `RDS did not put a password into the new secret within an hour: its status is ${status ?? "unknown"}`;
}

/**
 * Observes again and evaluates the rule that required the repair. Returns why it does not pass, or null. AWS shows a change within minutes; one
 * that does not show by then was not made.
 */
export async function verify(repair: Repair, rule: string, { timeoutMinutes = 15 } = {}): Promise<string | null> {
  const read = async () => (await repair.observe()).verdictOf(rule);
  // Since an interrupted toggle started, the policy may have dropped what its rule requires.
  const isPass = (verdict: Status) => verdict === "COMPLIANT" || (rule !== repair.rule && verdict === "NOT_APPLICABLE");
  const options = { until: isPass, timeoutMinutes };
  const { met, value, error } = await repair.workflow.poll(`verify with ${rule}`, read, options);
  if (met) return null;
  return value === null ? `the database could not be read to verify it (${error})` : `${rule} still reports ${value}`;
}

/** Ends a procedure that has made all its changes. */
export async function endVerified(repair: Repair): Promise<Outcome> {
  const reason = await verify(repair, repair.rule);
  return reason === null ? { end: "repaired", remarks: [] } : { end: "failed", reason, recovery: [] };
}
