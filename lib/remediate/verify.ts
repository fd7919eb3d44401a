import type { Outcome, Repair } from "./repair.ts";

/** AWS shows a change within minutes. A change that does not show by then was not made. */
const timeoutMinutes = 15;

/** Observes again and evaluates the rule that required the repair. Returns why it does not pass, or null. */
export async function verify({ workflow, observe, rule }: Repair): Promise<string | null> {
  const { met, value, error } = await workflow.poll(`verify with ${rule}`, async () => (await observe()).verdict, {
    until: (verdict) => verdict === "COMPLIANT",
    timeoutMinutes,
  });
  if (met) return null;
  return value === null ? `the database could not be read to verify it (${error})` : `${rule} still reports ${value}`;
}

/** Ends a procedure that has made all its changes. `remarks` says what is not as it was. */
export async function endVerified(repair: Repair, remarks: readonly string[] = []): Promise<Outcome> {
  const reason = await verify(repair);
  return reason === null ? { end: "repaired", remarks } : { end: "failed", reason, recovery: [] };
}
