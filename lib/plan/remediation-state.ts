import type { ActionName } from "../model/action.ts";
import { inExecutionName } from "../model/database.ts";
import type { Attempt, RemediationState, Running, SecretSnapshot } from "../model/remediation-state.ts";
import { hoursBetween } from "../model/time.ts";

/** Longer than any budget and most cool-downs look back. */
const keptHours = 30 * 24;

/** The execution that holds a slot, and the action it is about to run. */
export type Holder = Pick<Running, "execution" | "resourceId" | "arn" | "account" | "region" | "action" | "rule">;

type Now = { readonly now: string; readonly stopAfterFailures: number };

/** Gives an execution a slot, or renews its lease, for `hours`. Null if another execution holds the database. */
export function acquire(
  state: RemediationState,
  holder: Holder,
  { hours, isChanging, ...now }: Now & { readonly hours: number; readonly isChanging: boolean },
): RemediationState | null {
  const expired = expire(state, now);
  const others = expired.running.filter(({ execution }) => execution !== holder.execution);
  if (others.some(({ resourceId }) => resourceId === holder.resourceId)) return null;
  const own = find(state, holder.execution);
  const running: Running = {
    ...holder,
    // A killed execution that acquires its slot again may still have changed something.
    isChanging: isChanging || own?.isChanging === true,
    since: own?.since ?? now.now,
    expiresAt: inHours(hours, now),
  };
  return { ...expired, running: [...others, running] };
}

function find({ running }: RemediationState, execution: string): Running | undefined {
  return running.find((one) => one.execution === execution);
}

function inHours(hours: number, { now }: Pick<Now, "now">): string {
  return new Date(Date.parse(now) + hours * 3_600_000).toISOString();
}

/**
 * Renews the lease of a waiting execution for `hours`. It no longer counts against the budget, because it has changed nothing in its present
 * action. Null if the execution holds no slot, or is waiting already with at least half of `hours` left.
 */
export function renew(
  state: RemediationState,
  execution: string,
  { hours, now }: Pick<Now, "now"> & { readonly hours: number },
): RemediationState | null {
  const own = find(state, execution);
  if (own === undefined || (!own.isChanging && own.expiresAt >= inHours(hours / 2, { now }))) return null;
  return replace(state, own, { isChanging: false, expiresAt: inHours(hours, { now }) });
}

function replace(state: RemediationState, own: Running, change: Partial<Running>): RemediationState {
  return { ...state, running: state.running.map((one) => (one === own ? { ...one, ...change } : one)) };
}

/**
 * Counts an execution's failed attempt and moves its slot on, with a lease of `hours`, to the next action, which differs from that of the
 * attempt and has changed nothing yet. Idempotent. Null if the execution holds no slot any longer: its attempt was counted as interrupted.
 */
export function advance(
  state: RemediationState,
  execution: string,
  {
    attempt,
    next,
    hours,
    ...now
  }: Now & { readonly attempt: Attempt; readonly next: ActionName; readonly hours: number },
): RemediationState | null {
  const own = find(state, execution);
  if (own === undefined) return null;
  if (own.action === next) return state;
  const change = { action: next, isChanging: false, since: now.now, expiresAt: inHours(hours, now) };
  return count(replace(state, own, change), [attempt], now);
}

/** The last action that an execution started: the present one, or the one that failed before it. Null if it has only waited. */
export function lastStarted(
  { attempts }: RemediationState,
  { resourceId, action, since, isChanging }: Running,
): Pick<Attempt, "action" | "startedAt"> | null {
  if (isChanging) return { action, startedAt: since };
  const failed = attempts.findLast(
    (one) => one.resourceId === resourceId && one.outcome === "failed" && one.endedAt === since,
  );
  return failed === undefined ? null : { action: failed.action, startedAt: failed.startedAt };
}

/** The attempts that `advance` has not counted: those from the execution's present action on. */
export function uncounted<T extends Pick<Attempt, "action">>(
  state: RemediationState,
  execution: string,
  tried: readonly T[],
): readonly T[] {
  const own = find(state, execution);
  const first = tried.findIndex(({ action }) => action === own?.action);
  return first === -1 ? [] : tried.slice(first);
}

/** Frees an execution's slot and counts its attempts. No change if it holds none. */
export function release(
  state: RemediationState,
  execution: string,
  { attempts, ...now }: Now & { readonly attempts: readonly Attempt[] },
): RemediationState {
  const own = find(state, execution);
  if (own === undefined) return state;
  const released = {
    ...state,
    running: state.running.filter((one) => one.execution !== execution),
    ended: countEnded(state, own),
  };
  return count(released, attempts, now);
}

function countEnded(
  { ended }: RemediationState,
  { resourceId }: Pick<Running, "resourceId">,
): RemediationState["ended"] {
  return { ...ended, [resourceId]: (ended[resourceId] ?? 0) + 1 };
}

/** Frees the slot of a dead execution and counts its action as interrupted, if it may have changed something. */
export function interrupt(state: RemediationState, execution: string, now: Now, endedAt = now.now): RemediationState {
  const own = find(state, execution);
  if (own === undefined) return state;
  const { isChanging, resourceId, arn, account, region, action, rule, since } = own;
  const attempt: Attempt = {
    ...{ resourceId, arn, account, region, action, rule },
    ...{ startedAt: since, endedAt, outcome: "interrupted" },
  };
  return release(state, execution, { ...now, attempts: isChanging ? [attempt] : [] });
}

/** Interrupts each execution whose lease has expired. */
export function expire(state: RemediationState, now: Now): RemediationState {
  const expired = expiredIn(state, now.now);
  return expired.reduce((left, { execution, expiresAt }) => interrupt(left, execution, now, expiresAt), state);
}

/** Executions whose lease has expired. */
export function expiredIn({ running }: RemediationState, now: string): readonly Running[] {
  return running.filter(({ expiresAt }) => expiresAt <= now);
}

/** Executions that hold a valid lease. */
export function liveIn({ running }: RemediationState, now: string): readonly Running[] {
  return running.filter(({ expiresAt }) => expiresAt > now);
}

/** Ends the lease of an execution that is known to be dead. */
export function markLost(state: RemediationState, execution: string, now: string): RemediationState {
  const own = find(state, execution);
  return own === undefined || own.expiresAt <= now ? state : replace(state, own, { expiresAt: now });
}

/** Counts attempts. Too many failures in a row trip the circuit breaker. */
function count(state: RemediationState, attempts: readonly Attempt[], at: Now): RemediationState {
  const { now, stopAfterFailures } = at;
  const failuresInARow = attempts.reduce(
    (sum, { outcome }) => (outcome === "repaired" ? 0 : outcome === "rejected" ? sum : sum + 1),
    state.failuresInARow,
  );
  const trips = state.stopped === null && attempts.length > 0 && failuresInARow >= stopAfterFailures;
  return {
    ...state,
    attempts: [...state.attempts, ...attempts].filter(({ endedAt }) => hoursBetween(endedAt, now) < keptHours),
    failuresInARow,
    stopped: trips ? { at: now, by: "the circuit breaker", why: `${failuresInARow} failures in a row` } : state.stopped,
  };
}

/** Stores what a toggle has to restore. */
export function saveSnapshot(state: RemediationState, resourceId: string, snapshot: SecretSnapshot): RemediationState {
  return { ...state, secretSnapshots: { ...state.secretSnapshots, [resourceId]: snapshot } };
}

/** Removes what a toggle had to restore. */
export function deleteSnapshot(state: RemediationState, resourceId: string): RemediationState {
  const { [resourceId]: _, ...secretSnapshots } = state.secretSnapshots;
  return { ...state, secretSnapshots };
}

/** Pauses all repairs. */
export function stop(state: RemediationState, stopped: NonNullable<RemediationState["stopped"]>): RemediationState {
  return { ...state, stopped };
}

/** Resumes repairs and resets the circuit breaker. */
export function resume(state: RemediationState): RemediationState {
  return { ...state, stopped: null, failuresInARow: 0 };
}

/**
 * Name of a database's next execution, which Lambda starts only once: letters, digits and hyphens, at most 64 characters with nine digits. The
 * number grows with each execution that ends; the day makes up for one whose end is never reported.
 */
export function nextExecution(
  { ended }: RemediationState,
  { resourceId }: { readonly resourceId: string },
  now: string,
): string {
  const day = now.slice(0, 10).replaceAll("-", "");
  return `${inExecutionName({ resourceId })}-${(ended[resourceId] ?? 0) + 1}-${day}`;
}

/**
 * Counts an execution that ended without a slot, so that the next one gets another name. Null if it has been counted, or if its name is not
 * from `nextExecution`.
 */
export function countWithoutSlot(state: RemediationState, execution: string): RemediationState | null {
  const [, resourceId, number] = /^(.+)-(\d+)-\d{8}$/.exec(execution) ?? [];
  if (resourceId === undefined || Number(number) !== (state.ended[resourceId] ?? 0) + 1) return null;
  return { ...state, ended: countEnded(state, { resourceId }) };
}
