import { isTransient } from "../model/errors.ts";

/**
 * What a procedure runs on: the process itself at a terminal, a Lambda durable function on AWS, a killable engine in the tests. Each result
 * is JSON and is checkpointed. When a procedure runs again, it gets the same results under the same names in the same order, and continues
 * after the last one. Code outside of these methods runs again on every replay: it neither calls AWS nor reads a clock.
 */
export type Workflow = {
  /**
   * Runs `work` and checkpoints its result. If it is killed before the checkpoint, it runs again, so `work` must be idempotent. Retries
   * transient AWS errors with growing pauses for about ten minutes. Checkpoints and throws any other error: an AwsCallError as one, any
   * other with its message.
   */
  step<T>(name: string, work: () => Promise<T>): Promise<T>;
  /** Waits until an instant (ISO 8601), which may be days away. */
  sleepUntil(name: string, instant: string): Promise<void>;
  /**
   * Reads, with growing pauses of at most five minutes, until `until` holds or the time is up. A read gets the last value, null before there
   * is one. A read that throws does not end the poll.
   */
  poll<T>(name: string, read: (last: T | null) => Promise<T>, options: PollOptions<T>): Promise<PollResult<T>>;
  /**
   * Requests an approval. `send` gets the id that `rds-password-audit approve` and `reject` take; it may be called twice. Without an answer
   * in time the decision is "timed-out". An answer that cannot be parsed is a rejection.
   */
  ask(
    name: string,
    send: (id: string) => Promise<void>,
    options: { readonly timeoutHours: number },
  ): Promise<ApprovalAnswer>;
};

export type PollOptions<T> = {
  readonly until: (value: T) => boolean;
  readonly timeoutMinutes: number;
};

/**
 * How a poll ended. `met` is false if the time was up; `value` is the last value read, null if no read succeeded; `error` is the message of
 * the last read's error, null if it succeeded.
 */
export type PollResult<T> = { readonly met: boolean; readonly value: T | null; readonly error: string | null };

/** The decision, and the ARN of the caller who made it, as AWS STS reports it. */
export type ApprovalAnswer = { readonly decision: "approved" | "rejected" | "timed-out"; readonly by: string | null };

/** Seconds between the tries of a step: ten and a half minutes in all. */
const retryPauses = [5, 10, 20, 40, 80, 120, 120, 120, 120];

/** Seconds to pause after `tries` tries, the last of which threw `error`; null if the step is not tried again. */
export function secondsToNextTry(error: unknown, tries: number): number | null {
  return isTransient(error) ? (retryPauses[tries - 1] ?? null) : null;
}

/** The result of a poll before its first read. */
export const unread: PollResult<never> = { met: false, value: null, error: null };

/** Reads once. If that throws, keeps the last value. */
export async function pollOnce<T>(
  read: (last: T | null) => Promise<T>,
  until: (value: T) => boolean,
  last: PollResult<T>,
): Promise<PollResult<T>> {
  try {
    const value = await read(last.value);
    return { met: until(value), value, error: null };
  } catch (error) {
    return { ...last, error: error instanceof Error ? error.message : String(error) };
  }
}

/** Whole seconds to pause after `polls` reads; null if the poll is over: `until` holds, or the pauses add up to the timeout. */
export function secondsToNextPoll({ met }: PollResult<unknown>, polls: number, timeoutMinutes: number): number | null {
  let left = timeoutMinutes * 60;
  for (let poll = 1; poll < polls; poll++) left -= pauseAfterPoll(poll);
  return met || left <= 0 ? null : Math.min(pauseAfterPoll(polls), Math.ceil(left));
}

/** Grows by half each time, to at most five minutes. */
function pauseAfterPoll(poll: number): number {
  return Math.min(300, Math.round(5 * 1.5 ** (poll - 1)));
}
