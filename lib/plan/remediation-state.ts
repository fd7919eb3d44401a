import type { ActionName } from "../model/action.ts";
import { inExecutionName } from "../model/database.ts";
import type { Attempt, RemediationState, Running, SecretSnapshot, Unannounced } from "../model/remediation-state.ts";
import { hoursBetween } from "../model/time.ts";

/** Longer than any budget and most cool-downs look back. */
const keptHours = 30 * 24;

/** The execution that holds a slot, and the action it is about to run. */
export type Holder = Pick<Running, "execution" | "resourceId" | "arn" | "account" | "region" | "action" | "rule">;

type Now = { readonly now: string; readonly stopAfterFailures: number };

/** With `takesOver`, the execution replaces one whose lease has expired, because a person runs the command again. */
type AcquireOptions = Now & {
  readonly expiresAt: string;
  readonly isChanging: boolean;
  readonly takesOver?: boolean;
};

/** Gives an execution a slot, or renews its lease, until `expiresAt`. Null if another execution holds the database. */
export function acquire(
  state: RemediationState,
  holder: Holder,
  { expiresAt, isChanging, takesOver = false, ...now }: AcquireOptions,
): RemediationState | null {
  const dead = expiredIn(state, now.now).find((one) => takesOver && one.resourceId === holder.resourceId);
  const own = find(state, holder.execution) ?? dead;
  const left = { ...state, running: state.running.filter((one) => one !== own && one !== dead) };
  const expired = expire(left, now);
  if (expired.running.some(({ resourceId }) => resourceId === holder.resourceId)) return null;
  const running: Running = {
    ...holder,
    // A killed execution that acquires its slot again may still have changed something.
    isChanging: isChanging || own?.isChanging === true,
    since: own?.since ?? now.now,
    expiresAt,
  };
  return { ...expired, running: [...expired.running, running] };
}

function find({ running }: RemediationState, execution: string): Running | undefined {
  return running.find((one) => one.execution === execution);
}

/**
 * Sets the lease of an execution that waits. It no longer counts against the budget, because it has changed nothing in its present action.
 * Null if the execution holds no slot.
 */
export function renew(state: RemediationState, execution: string, expiresAt: string): RemediationState | null {
  const own = find(state, execution);
  return own === undefined ? null : replace(state, own, { isChanging: false, expiresAt });
}

function replace(state: RemediationState, own: Running, change: Partial<Running>): RemediationState {
  return { ...state, running: state.running.map((one) => (one === own ? { ...one, ...change } : one)) };
}

/**
 * Counts an execution's failed attempt and moves its slot on, with a lease until `expiresAt`, to the next action, which differs from that of
 * the attempt and has changed nothing yet. Idempotent. Null if the execution holds no slot any longer: its attempt was counted as interrupted.
 */
export function advance(
  state: RemediationState,
  execution: string,
  {
    attempt,
    next,
    expiresAt,
    ...now
  }: Now & { readonly attempt: Attempt; readonly next: ActionName; readonly expiresAt: string },
): RemediationState | null {
  const own = find(state, execution);
  if (own === undefined) return null;
  if (own.action === next) return state;
  const change = { action: next, isChanging: false, since: now.now, expiresAt };
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

/** Removes what is stored of a database: what a toggle had to restore, what `enable` had to announce. Null if there is nothing. */
export function forget(
  state: RemediationState,
  resourceId: string,
  kinds: readonly ("secretSnapshots" | "unannounced")[] = ["secretSnapshots", "unannounced"],
): RemediationState | null {
  const stored = kinds.filter((kind) => resourceId in state[kind]);
  const without = (kind: (typeof kinds)[number]) =>
    Object.fromEntries(Object.entries(state[kind]).filter(([id]) => id !== resourceId));
  if (stored.length === 0) return null;
  return { ...state, ...Object.fromEntries(stored.map((kind) => [kind, without(kind)])) };
}

/**
 * Records that an execution is about to ask RDS to turn management off. Null if it may not: another execution holds the database, or has
 * finished the toggle.
 */
export function recordOffRequest(
  state: RemediationState,
  { execution, resourceId, now }: Pick<Holder, "execution" | "resourceId"> & Pick<Now, "now">,
): RemediationState | null {
  const snapshot = state.secretSnapshots[resourceId];
  if (snapshot === undefined || find(state, execution) === undefined) return null;
  return saveSnapshot(state, resourceId, { ...snapshot, offRequestedAt: now });
}

/** Records that an execution turns management on for the first time, so that the ARN of the secret is announced even if it is killed. */
export function recordUnannounced(
  state: RemediationState,
  resourceId: string,
  unannounced: Unannounced,
): RemediationState {
  return { ...state, unannounced: { ...state.unannounced, [resourceId]: unannounced } };
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
