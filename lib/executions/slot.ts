import type { ActionName } from "../model/action.ts";
import type { Policy } from "../model/policy.ts";
import type { RemediationRequest } from "../model/remediation-request.ts";
import type { Attempt, RemediationState } from "../model/remediation-state.ts";
import { acquire, advance, release, renew } from "../plan/remediation-state.ts";
import { isWithinBudget } from "../plan/timing-gates.ts";
import { type Stored, updateStored } from "../storage/update-stored.ts";

/** Identifies an execution's slot and the budget that it counts against. */
export type SlotOptions = {
  readonly request: RemediationRequest;
  /** Unique for the database; the same when a killed execution runs again. */
  readonly execution: string;
  readonly policy: Policy;
  readonly state: Stored<RemediationState>;
  /** ISO 8601. */
  readonly now: () => string;
};

/** Length of the lease while an execution waits for an approval or a window. */
const waitingHours = 60 * 24;
/** Length of the lease while it changes something, which takes two days and a few hours at most. */
const changingHours = 54;

/** Updates the stored state. Returns false if `change` is null and nothing is written. */
export function updateState(
  state: Stored<RemediationState>,
  change: (present: RemediationState) => RemediationState | null,
): Promise<boolean> {
  return updateStored(state, change);
}

/** Acquires a slot or renews its lease. Returns false if another execution holds the database, or the budget is used up. */
export function acquireSlot(
  { request, execution, policy, state, now }: SlotOptions,
  action: ActionName,
  isChanging: boolean,
): Promise<boolean> {
  const { database, rule } = request;
  const { resourceId, arn, account, region } = database;
  const { stopAfterFailures } = policy.remediation;
  return updateState(state, (present) => {
    const at = now();
    const isBudgeted = isChanging && action !== "finish-interrupted";
    if (isBudgeted && present.stopped !== null) return null;
    const budget = { database, state: present, policy, now: at, execution, plannedBefore: [] };
    const isLeftOut = request.onDemand?.leftOut.includes("within-budget") ?? false;
    if (isBudgeted && !isLeftOut && !isWithinBudget(budget).open) return null;
    const hours = isChanging ? changingHours : waitingHoursOf(action);
    const holder = { execution, resourceId, arn, account, region, action, rule };
    return acquire(present, holder, { now: at, hours, isChanging, stopAfterFailures });
  });
}

/** Renews the lease of a waiting execution, which no longer counts against the budget. */
export async function renewLease({ execution, policy, state, now }: SlotOptions, action: ActionName): Promise<void> {
  // Twice the time to approve, because a lease is renewed only when half of it is over.
  const hours = Math.max(waitingHoursOf(action), 2 * (policy.remediation.approvalHours + 6));
  await updateState(state, (present) => renew(present, execution, { now: now(), hours }));
}

/** A dead `finish-interrupted` must not block the next one for the whole waiting lease; it waits only for RDS, or for an approval. */
function waitingHoursOf(action: ActionName): number {
  return action === "finish-interrupted" ? changingHours : waitingHours;
}

/** Counts a failed attempt and moves the slot on to the next action. Returns false if the execution holds no slot any longer. */
export function advanceSlot(
  { execution, policy, state }: SlotOptions,
  attempt: Attempt,
  next: ActionName,
): Promise<boolean> {
  const { stopAfterFailures } = policy.remediation;
  const options = { attempt, next, hours: waitingHours, now: attempt.endedAt, stopAfterFailures };
  return updateState(state, (present) => advance(present, execution, options));
}

/** Frees the slot and counts the attempts. */
export async function releaseSlot(
  { execution, policy, state }: Pick<SlotOptions, "execution" | "policy" | "state">,
  now: string,
  attempts: (present: RemediationState) => readonly Attempt[] = () => [],
): Promise<void> {
  const { stopAfterFailures } = policy.remediation;
  await updateState(state, (present) =>
    release(present, execution, { attempts: attempts(present), now, stopAfterFailures }),
  );
}
