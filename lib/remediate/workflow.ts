import { isTransient } from "../model/errors.ts";

/**
 * What a procedure runs on: the process itself on a terminal, a Lambda durable function on AWS, something that can be killed at any point
 * in the tests. All results are JSON and are remembered: whoever runs a procedure again gets what was remembered, in the same order and
 * under the same names, and goes on where it ended. Outside of these methods a procedure neither calls AWS nor looks at a clock, because
 * that part of it runs again each time.
 */
export type Workflow = {
  /**
   * Does something once and remembers its result. Killed before that, it is done again: the work has to bear being done twice.
   * What AWS refuses for now (throttling, a failure of its own) is tried again with growing pauses, for about ten minutes;
   * then, and for everything else, the error is thrown. It is remembered too: an AwsCallError as one, any other with its message.
   */
  step<T>(name: string, work: () => Promise<T>): Promise<T>;
  /** Lets time pass until an instant (ISO 8601), which may be days away. */
  sleepUntil(name: string, instant: string): Promise<void>;
  /**
   * Looks, with growing pauses of at most five minutes, until what is seen will do or the time has run out, and answers with what was
   * seen last. A look that throws has seen nothing, and the polling goes on.
   */
  poll<T>(name: string, observe: () => Promise<T>, options: PollOptions<T>): Promise<Polled<T>>;
  /**
   * Asks a person. `send` is given the id under which `rds-password-audit approve` and `reject` answer; it may be called twice.
   * Where no answer comes in time it is "timed-out"; one that cannot be understood is a rejection.
   */
  ask(name: string, send: (id: string) => Promise<void>, options: { readonly timeoutHours: number }): Promise<Answer>;
};

export type PollOptions<T> = {
  readonly until: (seen: T) => boolean;
  readonly timeoutMinutes: number;
};

/**
 * How a polling ended. `met` says whether what was waited for came, and is false where the time ran out; `seen` is what was seen last,
 * and null only where no look succeeded; `error` is what the last look threw, null where it did not.
 */
export type Polled<T> = { readonly met: boolean; readonly seen: T | null; readonly error: string | null };

/** What a person said, and who it was (an ARN, as AWS STS names it). */
export type Answer = { readonly decision: "approved" | "rejected" | "timed-out"; readonly by: string | null };

/** Seconds between the tries of a step: ten and a half minutes in all. */
const pausesBetweenTries = [5, 10, 20, 40, 80, 120, 120, 120, 120];

/** Seconds to pause after so many tries, the last of which threw this; null where the step is not tried again. */
export function secondsToNextTry(error: unknown, tries: number): number | null {
  return isTransient(error) ? (pausesBetweenTries[tries - 1] ?? null) : null;
}

/** What a polling knows before its first look. */
export const nothingSeen: Polled<never> = { met: false, seen: null, error: null };

/** Looks once more. A look that throws has seen nothing: what was seen before stays. */
export async function pollOnce<T>(
  observe: () => Promise<T>,
  until: (seen: T) => boolean,
  last: Polled<T>,
): Promise<Polled<T>> {
  try {
    const seen = await observe();
    return { met: until(seen), seen, error: null };
  } catch (error) {
    return { ...last, error: error instanceof Error ? error.message : String(error) };
  }
}

/** Whole seconds to pause after so many looks; null where the polling is over: it is met, or all pauses together are the whole time. */
export function secondsToNextPoll({ met }: Polled<unknown>, polls: number, timeoutMinutes: number): number | null {
  let left = timeoutMinutes * 60;
  for (let observe = 1; observe < polls; observe++) left -= pauseAfterPoll(observe);
  return met || left <= 0 ? null : Math.min(pauseAfterPoll(polls), Math.ceil(left));
}

/** Half as long again each time, for five minutes at most. */
function pauseAfterPoll(observe: number): number {
  return Math.min(300, Math.round(5 * 1.5 ** (observe - 1)));
}
