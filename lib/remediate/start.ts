import { AwsCallError, databaseNotFound } from "../model/errors.ts";
import type { GateResult } from "../model/plan.ts";
import type { Observation, Outcome, Repair, RepairNotification } from "./repair.ts";
import { findAgain } from "./waits.ts";

/** What the first change returned, or, if it was not made, the outcome of the procedure. */
type StartResult<T> = { readonly result: T } | { readonly result: null; readonly outcome: Outcome };

type StartOptions<T> = {
  /** Result if the change was already made, by this step before it was killed or by another caller; otherwise null. */
  readonly already?: (observation: Observation) => T | null;
  /** Makes the first change. */
  readonly change: (observation: Observation) => Promise<T>;
};

/**
 * Makes the first change of a procedure. Observes again, checks every gate and changes in one step, so that whatever happened during an
 * approval, a wait or a crash is seen first. An AWS refusal is an outcome and not an error: another action may help.
 */
export async function startAction<T>(repair: Repair, name: string, options: StartOptions<T>): Promise<StartResult<T>> {
  const end = (outcome: Outcome) => ({ result: null, outcome });
  const work = repair.workflow.step(name, async () => {
    const observation = await repair.observe();
    const made = options.already?.(observation) ?? null;
    if (made !== null) return { gates: [], result: made };
    const gates = closedGates(observation, repair);
    if (gates.length > 0) return { gates, result: null };
    if (!(await repair.acquireSlot())) return { gates: [slotTaken], result: null };
    return { gates: [], result: await options.change(observation) };
  });
  try {
    const { gates, result } = await work;
    return result === null ? end(await refuse(repair, gates)) : { result };
  } catch (error) {
    if (!(error instanceof AwsCallError)) throw error;
    const { action, code, message } = error;
    if (code !== databaseNotFound)
      return end({ end: "failed", reason: `AWS refuses ${action} (${code}: ${message})`, recovery: [] });
    if (await findAgain(repair)) return startAction(repair, name, options);
    return end(await refuse(repair, [{ gate: "observed", open: false, reason: message }]));
  }
}

/** The gate that is closed if the rule no longer requires the action. */
export const unrequested = { gate: "requested", open: false } as const;

/** The closed gates; a single one if the rule no longer requires the action. */
export function closedGates(
  { planned }: Observation,
  { rule, action }: Pick<Repair, "rule" | "action">,
): readonly GateResult[] {
  return (
    planned?.gates.filter(({ open }) => !open) ?? [{ ...unrequested, reason: `${rule} no longer requires ${action}` }]
  );
}

/** Another execution took the last slot between the check and the change. */
export const slotTaken: GateResult = {
  gate: "within-budget",
  open: false,
  reason: "another execution took the slot: wait until it ends",
};

/** Ends without a change, and notifies. */
export async function refuse(repair: Repair, gates: readonly GateResult[]): Promise<Outcome> {
  const reasons = gates.map(({ gate, reason }) => `${gate}: ${reason}`).join("; ");
  const message = `Nothing was changed: ${reasons}.`;
  await tryNotify(repair, "refused", { type: "remediation.refused", message, gates: [...gates] });
  return { end: "refused", gates };
}

/** Notifies in a step of its own. Returns false if that fails: a change in progress does not stop because a notification failed. */
export function tryNotify(
  { workflow, notify }: Repair,
  what: string,
  notification: RepairNotification,
): Promise<boolean> {
  const notified = workflow.step(`notify: ${what}`, async () => {
    await notify(notification);
    return true;
  });
  return notified.catch(() => false);
}
