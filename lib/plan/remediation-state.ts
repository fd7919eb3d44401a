import type { ActionName } from "../model/action.ts";
import { inExecutionName } from "../model/database.ts";
import type { Attempt, RemediationState, Running, SecretSnapshot } from "../model/remediation-state.ts";
import { hoursBetween } from "../model/time.ts";

/** Attempts are remembered longer than any budget and most cool-downs look back. */
const rememberedHours = 30 * 24;

/** Who an execution is, and what it is about to do. */
export type Holder = Pick<Running, "execution" | "arn" | "account" | "region" | "action" | "rule">;

type Now = { readonly now: string; readonly stopAfterFailures: number };

/** Enters an execution, or renews its sign of life for so many hours; null where another one is at work on the database. */
export function acquire(
  state: RemediationState,
  holder: Holder,
  { hours, isChanging, ...now }: Now & { readonly hours: number; readonly isChanging: boolean },
): RemediationState | null {
  const expired = expire(state, now);
  const others = expired.running.filter(({ execution }) => execution !== holder.execution);
  if (others.some(({ arn }) => arn === holder.arn)) return null;
  const own = state.running.find(({ execution }) => execution === holder.execution);
  const running: Running = {
    ...holder,
    // What was begun before it was killed does not become undone by entering anew.
    isChanging: isChanging || own?.isChanging === true,
    since: own?.since ?? now.now,
    expiresAt: inHours(hours, now),
  };
  return { ...expired, running: [...others, running] };
}

function inHours(hours: number, { now }: Pick<Now, "now">): string {
  return new Date(Date.parse(now) + hours * 3_600_000).toISOString();
}

/**
 * Has an execution wait for so many hours: one that has begun nothing of its action yet, whatever its entry says. Null where it is out, and
 * where it waits already and will for half of them at least.
 */
export function renew(
  state: RemediationState,
  execution: string,
  { hours, now }: Pick<Now, "now"> & { readonly hours: number },
): RemediationState | null {
  const own = state.running.find((one) => one.execution === execution);
  if (own === undefined || (!own.isChanging && own.expiresAt >= inHours(hours / 2, { now }))) return null;
  const anew = (one: Running): Running => ({ ...one, isChanging: false, expiresAt: inHours(hours, { now }) });
  return { ...state, running: state.running.map((one) => (one.execution === execution ? anew(one) : one)) };
}

type Advance = Now & {
  /** What it tried in vain. */
  readonly attempt: Attempt;
  /** What it is about to wait for; another action than the one that it tried. */
  readonly next: ActionName;
  /** For how long it may be silent from now on. */
  readonly hours: number;
};

/**
 * Counts what an execution tried in vain, and enters it anew with its next action, as one that has changed nothing yet. Done twice it
 * counts once. Null where the execution is out already: what it tried was counted as interrupted.
 */
export function advance(
  state: RemediationState,
  execution: string,
  { attempt, next, hours, ...now }: Advance,
): RemediationState | null {
  const own = state.running.find((one) => one.execution === execution);
  if (own === undefined) return null;
  if (own.action === next) return state;
  const anew: Running = { ...own, action: next, isChanging: false, since: now.now, expiresAt: inHours(hours, now) };
  return count({ ...state, running: state.running.map((one) => (one === own ? anew : one)) }, [attempt], now);
}

/** What an execution has begun last, and when: what it is at, or what failed before that; null where it has only waited. */
export function startedBy(
  { attempts }: RemediationState,
  { arn, action, since, isChanging }: Running,
): Pick<Attempt, "action" | "startedAt"> | null {
  if (isChanging) return { action, startedAt: since };
  const failed = attempts.findLast((one) => one.arn === arn && one.outcome === "failed" && one.endedAt === since);
  return failed === undefined ? null : { action: failed.action, startedAt: failed.startedAt };
}

/** Of what an execution tried, what was not counted when it went on to another action: that from its present action on. */
export function uncountedOf<T extends Pick<Attempt, "action">>(
  { running }: RemediationState,
  execution: string,
  tried: readonly T[],
): readonly T[] {
  const own = running.find((one) => one.execution === execution);
  const first = tried.findIndex(({ action }) => action === own?.action);
  return first === -1 ? [] : tried.slice(first);
}

/** Takes an execution out, with what it tried; nothing happens where it is out already. */
export function release(
  state: RemediationState,
  execution: string,
  { attempts, ...now }: Now & { readonly attempts: readonly Attempt[] },
): RemediationState {
  const own = state.running.find((one) => one.execution === execution);
  return own === undefined ? state : count(takeOut(state, own), attempts, now);
}

/** Takes out executions that are silent for too long: those that may have changed something were interrupted. */
export function expire(state: RemediationState, now: Now): RemediationState {
  return expiredIn(state, now.now).reduce(
    (expired, stale) => count(takeOut(expired, stale), toInterrupted(stale, stale.expiresAt), now),
    state,
  );
}

/** Executions that are silent for too long. */
export function expiredIn({ running }: RemediationState, now: string): readonly Running[] {
  return running.filter(({ expiresAt }) => expiresAt <= now);
}

/** Executions that have given a sign of life lately. */
export function liveIn({ running }: RemediationState, now: string): readonly Running[] {
  return running.filter(({ expiresAt }) => expiresAt > now);
}

/** Does not wait for a sign of life of an execution any more. */
export function markLost(state: RemediationState, execution: string, now: string): RemediationState {
  const lost = (one: Running): Running =>
    one.execution === execution && one.expiresAt > now ? { ...one, expiresAt: now } : one;
  return { ...state, running: state.running.map(lost) };
}

/** Takes out an execution of which nobody will hear any more; nothing happens where it is out already. */
export function interrupt(state: RemediationState, execution: string, now: Now): RemediationState {
  const own = state.running.find((one) => one.execution === execution);
  return own === undefined ? state : count(takeOut(state, own), toInterrupted(own, now.now), now);
}

function toInterrupted({ isChanging, arn, account, region, action, rule, since }: Running, endedAt: string): Attempt[] {
  if (!isChanging) return [];
  return [{ arn, account, region, action, rule, startedAt: since, endedAt, outcome: "interrupted" }];
}

function takeOut(state: RemediationState, { execution, arn }: Running): RemediationState {
  return {
    ...state,
    running: state.running.filter((one) => one.execution !== execution),
    ended: { ...state.ended, [arn]: (state.ended[arn] ?? 0) + 1 },
  };
}

/** Counts attempts; too many failures in a row stop everything. */
function count(
  state: RemediationState,
  attempts: readonly Attempt[],
  { now, stopAfterFailures }: Now,
): RemediationState {
  const failuresInARow = attempts.reduce(
    (sum, { outcome }) => (outcome === "repaired" ? 0 : outcome === "rejected" ? sum : sum + 1),
    state.failuresInARow,
  );
  const breaks = state.stopped === null && attempts.length > 0 && failuresInARow >= stopAfterFailures;
  return {
    ...state,
    attempts: [...state.attempts, ...attempts].filter(({ endedAt }) => hoursBetween(endedAt, now) < rememberedHours),
    failuresInARow,
    stopped: breaks
      ? { at: now, by: "the circuit breaker", why: `${failuresInARow} failures in a row` }
      : state.stopped,
  };
}

/** Keeps what a toggle will lose. */
export function keep(state: RemediationState, arn: string, secretSnapshot: SecretSnapshot): RemediationState {
  return { ...state, secretSnapshots: { ...state.secretSnapshots, [arn]: secretSnapshot } };
}

/** Forgets it when all is restored. */
export function forget(state: RemediationState, arn: string): RemediationState {
  const { [arn]: _, ...secretSnapshots } = state.secretSnapshots;
  return { ...state, secretSnapshots };
}

/** Lets nothing be begun any more. */
export function stop(state: RemediationState, stopped: NonNullable<RemediationState["stopped"]>): RemediationState {
  return { ...state, stopped };
}

/** Lets things be begun again. */
export function resume(state: RemediationState): RemediationState {
  return { ...state, stopped: null, failuresInARow: 0 };
}

/** The name of a database's next execution, which Lambda starts once: letters, digits and hyphens, 64 at most. */
export function nextExecution(
  state: RemediationState,
  database: { readonly arn: string; readonly resourceId: string },
): string {
  return `${inExecutionName(database)}-${(state.ended[database.arn] ?? 0) + 1}`;
}
