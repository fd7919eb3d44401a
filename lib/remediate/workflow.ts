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
   * Looks, with growing pauses of at most five minutes, until what is seen will do, and answers with what was seen last:
   * null where the time ran out. A look that throws has seen nothing, and the polling goes on.
   */
  poll<T>(name: string, look: () => Promise<T>, options: PollOptions<T>): Promise<Polled<T>>;
  /**
   * Asks a person. `send` is given the id under which `rds-password-audit approve` and `reject` answer; it may be called twice.
   * An answer that does not come in time is a rejection.
   */
  ask(name: string, send: (id: string) => Promise<void>, options: { readonly timeoutHours: number }): Promise<Answer>;
};

export type PollOptions<T> = {
  readonly until: (seen: T) => boolean;
  readonly timeoutMinutes: number;
};

/** How a polling ended: whether what was waited for came, and what was seen last, or the last error where nothing was seen. */
export type Polled<T> = { readonly met: boolean; readonly seen: T | null; readonly error: string | null };

/** What a person said, and who it was (an ARN, as AWS STS names it). */
export type Answer = { readonly decision: "approved" | "rejected" | "timed-out"; readonly by: string | null };
