import type { ActionName } from "../model/action.ts";
import type { Policy } from "../model/policy.ts";
import type { RemediationRequest } from "../model/remediation-request.ts";
import { type Attempt, emptyRemediationState, type RemediationState } from "../model/remediation-state.ts";
import { addMinutes } from "../model/time.ts";
import { acquire, advance, liveIn, release } from "../plan/remediation-state.ts";
import { isWithinBudget } from "../plan/timing-gates.ts";
import { type Stored, updateStored } from "../storage/update-stored.ts";

/** Identifies an execution's slot and the budget that it counts against. */
export type SlotOptions = {
  readonly request: RemediationRequest;
  /** Unique to one run; the same when Lambda resumes an execution. */
  readonly execution: string;
  /** True if the execution waits for approval and window, and tries the next action after a failure; false at a terminal. */
  readonly waits: boolean;
  readonly policy: Policy;
  readonly state: Stored<RemediationState>;
  /** ISO 8601. */
  readonly now: () => string;
};

/** Length of a lease. Each read of the database renews it, and a poll pauses for five minutes at most. */
export const leaseMinutes = 20;

/** Lambda may resume an execution late, and the first step after a wait may be retried for ten minutes. */
export const resumingMinutes = 30;

/**
 * Acquires a slot or renews its lease. Returns false if another execution holds the database, or if the budget for starting an action is used
 * up.
 */
export function acquireSlot(
  options: SlotOptions,
  action: ActionName,
  phase: "reserving" | "starting" | "renewing" | "keeping",
): Promise<boolean> {
  const { request, execution, policy, state, now, waits } = options;
  const { database, rule } = request;
  const { resourceId, arn, account, region } = database;
  const { stopAfterFailures } = policy.remediation;
  return updateStored(state, (present) => {
    const at = now();
    if (phase === "starting" && action !== "finish-interrupted") {
      const budget = { database, state: present, policy, now: at, execution, plannedBefore: [] };
      const isLeftOut = request.onDemand?.leftOut.includes("within-budget") ?? false;
      if (present.stopped !== null || !(isLeftOut || isWithinBudget(budget).open)) return null;
    }
    const own = present.running.find((one) => one.execution === execution);
    if (phase === "keeping" && (own === undefined || own.expiresAt <= at)) return null;
    // What comes back after its slot was freed may have changed something.
    const isChanging = phase === "starting" || (phase === "renewing" && own === undefined);
    const holder = { execution, resourceId, arn, account, region, action, rule };
    const lease = { now: at, expiresAt: addMinutes(at, leaseMinutes), isChanging };
    return acquire(present, holder, { ...lease, stopAfterFailures, takesOver: !waits });
  });
}

/** Counts a failed attempt and moves the slot on to the next action. Returns false if the execution holds no slot any longer. */
export function advanceSlot(
  { execution, policy, state }: SlotOptions,
  attempt: Attempt,
  next: ActionName,
): Promise<boolean> {
  const { stopAfterFailures } = policy.remediation;
  const expiresAt = addMinutes(attempt.endedAt, resumingMinutes);
  const options = { attempt, next, expiresAt, now: attempt.endedAt, stopAfterFailures };
  return updateStored(state, (present) => advance(present, execution, options));
}

/** Frees the slot and counts the attempts. */
export async function releaseSlot(
  { execution, policy, state }: Pick<SlotOptions, "execution" | "policy" | "state">,
  now: string,
  attempts: (present: RemediationState) => readonly Attempt[] = () => [],
): Promise<void> {
  const { stopAfterFailures } = policy.remediation;
  await updateStored(state, (present) =>
    release(present, execution, { attempts: attempts(present), now, stopAfterFailures }),
  );
}

/** Executions that hold a valid lease, except one that is known to be dead. None if the state cannot be read. */
export async function readLive(state: Stored<RemediationState>, now: string, lost: string | null = null) {
  const { value } = await state.read().catch(() => ({ value: emptyRemediationState }));
  return liveIn(value, now).filter(({ execution }) => execution !== lost);
}
