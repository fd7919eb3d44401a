import { AwsCallError, isDatabaseNotFound, toCallError } from "../model/errors.ts";
import type { GateResult } from "../model/plan.ts";
import type { Observation, Outcome, Repair, RepairNotification } from "./repair.ts";

/** What the first change returned, or, if it was not made, the outcome of the procedure. */
type StartResult<T> = { readonly result: T } | { readonly result: null; readonly outcome: Outcome };

type StartOptions<T> = {
  /** Result if the change was already made, by this step before it was killed or by another caller; otherwise null. */
  readonly already?: (observation: Observation) => T | null;
  /** Makes the first change. */
  readonly change: (observation: Observation, repair: Repair) => Promise<T>;
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
    const gates = await takeSlot(observation, repair);
    return { gates, result: gates.length > 0 ? null : await options.change(observation, repair) };
  });
  try {
    const { gates, result } = await work;
    return result === null ? end(await refuse(repair, gates)) : { result };
  } catch (caught) {
    const error = toCallError(caught);
    if (isDatabaseNotFound(error)) return end(await refuseUnread(repair, error));
    return end({ end: "failed", reason: describeError(error), recovery: [] });
  }
}

/** Refuses because the database cannot be read. If all answers of a step lacked it, forgets what is stored of it: nothing is left to finish. */
export async function refuseUnread(repair: Repair, error: AwsCallError): Promise<Outcome> {
  if (isDatabaseNotFound(error)) await repair.workflow.step("forget the database", repair.record.forget);
  return refuse(repair, [{ gate: "observed", open: false, reason: describeError(error) }]);
}

/** The gate that is closed if the rule no longer requires the action. */
export const unrequested = { gate: "requested", open: false } as const;

/** The closed gates; a single one if the rule no longer requires the action. */
export function closedGates({ planned }: Observation, { rule, action }: Repair): readonly GateResult[] {
  const reason = `${rule} no longer requires ${action}`;
  return planned?.gates.filter(({ open }) => !open) ?? [{ ...unrequested, reason }];
}

/** Returns the closed gates. If there are none, takes a slot, which another execution may have taken since the check. */
export async function takeSlot(observation: Observation, repair: Repair): Promise<readonly GateResult[]> {
  const gates = closedGates(observation, repair);
  if (gates.length > 0 || (await repair.acquireSlot())) return gates;
  return [{ gate: "within-budget", open: false, reason: "another execution took the slot: wait until it ends" }];
}

/** Ends without a change, and notifies. */
export async function refuse(repair: Repair, gates: readonly GateResult[]): Promise<Outcome> {
  const reasons = gates.map(({ gate, reason }) => `${gate}: ${reason}`).join("; ");
  const message = `Nothing was changed: ${reasons}.`;
  await tryNotify(repair, "refused", { type: "remediation.refused", message, gates: [...gates] });
  return { end: "refused", gates };
}

/** Why a repair failed, by the error that it met. */
export function describeError(error: unknown): string {
  if (error instanceof AwsCallError) return `${error.action} failed (${error.code}: ${error.message})`;
  return `internal error: ${error instanceof Error ? error.message : String(error)}`;
}

/** Notifies in a step of its own. Returns false if that fails: a change in progress does not stop because a notification failed. */
export function tryNotify(repair: Repair, what: string, notification: RepairNotification): Promise<boolean> {
  const notified = repair.workflow.step(`notify: ${what}`, async () => {
    await repair.notify(notification);
    return true;
  });
  return notified.catch(() => false);
}
