import type { Outcome, Repair } from "./repair.ts";

/** AWS shows what was done within minutes; what it does not show by then was not done. */
const timeoutMinutes = 15;

/** Looks anew, and asks the rule that asked for the repair. Null where it passes, else why it does not. */
export async function verify({ workflow, observe, rule }: Repair): Promise<string | null> {
  const { met, seen, error } = await workflow.poll(`verify with ${rule}`, async () => (await observe()).verdict, {
    until: (verdict) => verdict === "COMPLIANT",
    timeoutMinutes,
  });
  if (met) return null;
  return seen === null ? `the database could not be read to verify it (${error})` : `${rule} still says ${seen}`;
}

/** Ends a procedure that has done all that it does; `remarks` says what is not quite as it was. */
export async function endVerified(repair: Repair, remarks: readonly string[] = []): Promise<Outcome> {
  const reason = await verify(repair);
  return reason === null ? { end: "repaired", remarks } : { end: "failed", reason, recovery: [] };
}
