import {
  type PollOptions,
  type PollResult,
  pollOnce,
  secondsToNextPoll,
  secondsToNextTry,
  unread,
  type Workflow,
} from "../../lib/remediate/workflow.ts";
import { messageOf } from "../error-info.ts";

/** Receives the progress of a procedure. */
export type StepListener = {
  /** A step, a wait or a poll starts. */
  start(name: string): void;
  /** It pauses for so many seconds: `value` is the last value polled, `failure` the message of a transient error. */
  pause(pause: { readonly seconds: number; readonly value?: unknown; readonly failure?: string }): void;
  /** It ended; `failure` is null if it succeeded. */
  end(name: string, failure: string | null): void;
};

export type ProcessWorkflowOptions = {
  readonly now: () => Date;
  /** Rejects at once if the signal is aborted. */
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<unknown>;
  /** Aborts the procedure before its next step, read or pause. A running step finishes. */
  readonly signal: AbortSignal;
  readonly listener: StepListener;
};

/**
 * Runs a procedure in this process, without checkpoints: the next run starts again and finds in AWS what was done. For interactive use: the
 * user has approved the action, and no approval is requested.
 */
export function createProcessWorkflow({ now, sleep, signal, listener }: ProcessWorkflowOptions): Workflow {
  const pass = (seconds: number): Promise<unknown> => sleep(seconds * 1000, signal);

  const report = async <T>(
    name: string,
    work: () => Promise<T>,
    failureOf: (result: T) => string | null = () => null,
  ) => {
    signal.throwIfAborted();
    listener.start(name);
    try {
      const result = await work();
      listener.end(name, failureOf(result));
      return result;
    } catch (error) {
      listener.end(name, signal.aborted ? "interrupted" : messageOf(error));
      throw error;
    }
  };

  return {
    step: (name, work) =>
      report(name, async () => {
        for (let tries = 1; ; tries++) {
          try {
            return await work();
          } catch (error) {
            const seconds = secondsToNextTry(error, tries);
            if (seconds === null) throw error;
            listener.pause({ seconds, failure: messageOf(error) });
            await pass(seconds);
          }
          signal.throwIfAborted();
        }
      }),

    sleepUntil: (name, instant) =>
      report(name, async () => {
        const seconds = (Date.parse(instant) - now().getTime()) / 1000;
        if (seconds <= 0) return;
        listener.pause({ seconds });
        await pass(seconds);
      }),

    poll: <T>(name: string, read: (last: T | null) => Promise<T>, { until, timeoutMinutes }: PollOptions<T>) =>
      report(
        name,
        async () => {
          let polled: PollResult<T> = unread;
          for (let polls = 1; ; polls++) {
            polled = await pollOnce(read, until, polled);
            const seconds = secondsToNextPoll(polled, polls, timeoutMinutes);
            if (seconds === null) return polled;
            listener.pause({
              seconds,
              value: polled.value,
              ...(polled.error === null ? {} : { failure: polled.error }),
            });
            await pass(seconds);
            signal.throwIfAborted();
          }
        },
        ({ met, error }) => (met ? null : `not within ${timeoutMinutes} minutes${error === null ? "" : ` (${error})`}`),
      ),

    async ask(name) {
      throw new Error(`"${name}" is not possible at a terminal: the user approves each action before it starts`);
    },
  };
}
