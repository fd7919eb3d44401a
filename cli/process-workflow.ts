import {
  nothingSeen,
  type Polled,
  type PollOptions,
  pollOnce,
  secondsToNextPoll,
  secondsToNextTry,
  type Workflow,
} from "../lib/remediate/workflow.ts";
import { messageOf } from "./error-info.ts";

/** Hears what a procedure is at. */
export type StepListener = {
  /** A step, a wait or a poll begins. */
  startAction(name: string): void;
  /** It goes on after so many seconds: `seen` is what a look saw, `failure` what AWS refused for now. */
  pause(pause: { readonly seconds: number; readonly seen?: unknown; readonly failure?: string }): void;
  /** It ended; `failure` says what was in the way, where something was. */
  end(name: string, failure: string | null): void;
};

export type ProcessWorkflowOptions = {
  readonly now: () => Date;
  /** Ends early, with an error, where the signal is given. */
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<unknown>;
  /** Stops the procedure at the next of its steps, looks or pauses; a step that is at work is let finish. */
  readonly signal: AbortSignal;
  readonly listener: StepListener;
};

/**
 * Runs a procedure as the process itself, which remembers nothing past its end: whoever runs it again begins anew, and finds in AWS what
 * was done. It is for a person who stands by: nobody else is ever asked.
 */
export function createProcessWorkflow({ now, sleep, signal, listener }: ProcessWorkflowOptions): Workflow {
  const pass = (seconds: number): Promise<unknown> => sleep(seconds * 1000, signal);

  const heard = async <T>(name: string, work: () => Promise<T>, judge: (result: T) => string | null = () => null) => {
    signal.throwIfAborted();
    listener.startAction(name);
    try {
      const result = await work();
      listener.end(name, judge(result));
      return result;
    } catch (error) {
      listener.end(name, signal.aborted ? "interrupted" : messageOf(error));
      throw error;
    }
  };

  return {
    step: (name, work) =>
      heard(name, async () => {
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
      heard(name, async () => {
        const seconds = (Date.parse(instant) - now().getTime()) / 1000;
        if (seconds <= 0) return;
        listener.pause({ seconds });
        await pass(seconds);
      }),

    poll: <T>(name: string, observe: () => Promise<T>, { until, timeoutMinutes }: PollOptions<T>) =>
      heard(
        name,
        async () => {
          let polled: Polled<T> = nothingSeen;
          for (let polls = 1; ; polls++) {
            polled = await pollOnce(observe, until, polled);
            const seconds = secondsToNextPoll(polled, polls, timeoutMinutes);
            if (seconds === null) return polled;
            listener.pause({ seconds, seen: polled.seen, ...(polled.error === null ? {} : { failure: polled.error }) });
            await pass(seconds);
            signal.throwIfAborted();
          }
        },
        ({ met, error }) => (met ? null : `not within ${timeoutMinutes} minutes${error === null ? "" : ` (${error})`}`),
      ),

    async ask(name) {
      throw new Error(
        `"${name}" is for somebody who is not here: at a terminal everything is approved before it begins`,
      );
    },
  };
}
