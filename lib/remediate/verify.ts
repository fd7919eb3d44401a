import type { Observation, Outcome, Repair } from "./repair.ts";

/** AWS shows a change within minutes. A change that does not show by then was not made. */
const timeoutMinutes = 15;

/**
 * Observes again and evaluates the rule that required the repair. Returns why it does not pass, or null. `findFlaw` says what else is missing; null
 * if nothing.
 */
export async function verify(
  { workflow, observe, rule }: Repair,
  findFlaw: (observation: Observation) => string | null = () => null,
): Promise<string | null> {
  const check = async () => {
    const observation = await observe();
    const { verdict } = observation;
    return verdict === "COMPLIANT" ? findFlaw(observation) : `${rule} still reports ${verdict}`;
  };
  const { met, value, error } = await workflow.poll(`verify with ${rule}`, async () => ({ flaw: await check() }), {
    until: ({ flaw }) => flaw === null,
    timeoutMinutes,
  });
  if (met) return null;
  return value?.flaw ?? `the database could not be read to verify it (${error})`;
}

/** Ends a procedure that has made all its changes. `remarks` says what is not as it was. */
export async function endVerified(
  repair: Repair,
  remarks: readonly string[] = [],
  findFlaw?: Parameters<typeof verify>[1],
): Promise<Outcome> {
  const reason = await verify(repair, findFlaw);
  return reason === null ? { end: "repaired", remarks } : { end: "failed", reason, recovery: [] };
}
