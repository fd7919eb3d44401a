import type { Inventory } from "../model/inventory.ts";
import type { Policy } from "../model/policy.ts";
import type { RemediationEvent } from "../model/remediation-event.ts";
import type { RemediationState, Running } from "../model/remediation-state.ts";
import type { Rule } from "../model/rule.ts";
import { ownToggleTagOf } from "../model/toggle-marker.ts";
import { forget, liveIn } from "../plan/remediation-state.ts";
import { type Stored, updateStored } from "../storage/update-stored.ts";
import { concludeLost } from "./conclude-lost.ts";

export type SettleRequest = {
  /** Read just now. */
  readonly inventory: Inventory;
  /** Whether what is not in the inventory is not there, or could not be read; else it was not looked at. */
  readonly isFull?: boolean;
  /** An execution of which is known, before it has been silent for too long, that it was killed; and how, as a sentence. */
  readonly lost?: { readonly execution: string; readonly how: string } | null;
  readonly policy: Policy;
  readonly rules: readonly Rule[];
  readonly state: Stored<RemediationState>;
  readonly now: string;
  readonly notify: (event: RemediationEvent) => Promise<void>;
};

/**
 * Settles, before anything new is started, what nobody will come back for: executions that were killed for good are told of and taken out,
 * and what was written down for a toggle is forgotten where the database has no mark of its own any more.
 */
export async function settleRemediations(request: SettleRequest): Promise<void> {
  const { inventory, isFull = false, lost = null, state, now } = request;
  const { value } = await state.read();
  const databases = inventory.targets.flatMap((target) => target.databases);
  const alive = liveIn(value, now).filter(({ execution }) => execution !== lost?.execution);
  const isCovered = ({ arn }: Running) => isFull || databases.some((database) => database.arn === arn);
  for (const running of value.running.filter((one) => !alive.includes(one))) {
    if (running.execution === lost?.execution) await concludeLost({ ...request, running, how: lost.how });
    else if (isCovered(running)) await concludeLost({ ...request, running, how: describeStale(running) });
  }
  for (const { arn, ...database } of databases)
    if (arn in value.secretSnapshots && ownToggleTagOf(database) === null && !alive.some((one) => one.arn === arn))
      await updateStored("the state of remediation", state, (present) => forget(present, arn));
}

function describeStale({ execution, since }: Running): string {
  return `It was interrupted: nothing was heard of the execution ${execution}, which began at ${since}.`;
}
