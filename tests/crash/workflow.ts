import { AwsCallError } from "../../lib/model/errors.ts";
import {
  type ApprovalAnswer,
  type PollResult,
  pollOnce,
  secondsToNextPoll,
  secondsToNextTry,
  unread,
  type Workflow,
} from "../../lib/remediate/workflow.ts";
import type { Life, Stage } from "./life.ts";

/** What an execution remembers: the texts of its checkpoints, in their order. */
export type Memory = { readonly checkpoints: { name: string; text: string; isDone: boolean }[] };

export type WorkflowOptions = {
  readonly life: Life;
  readonly stage: Stage;
  readonly memory: Memory;
  /** Virtual time, in ISO 8601. */
  readonly now: () => string;
  /** Sees every text that is remembered. */
  readonly keep: (text: string) => void;
  /** What a person says when asked, and after how long. */
  readonly answer: { readonly decision: ApprovalAnswer["decision"]; readonly afterHours: number };
  /** Sees what they say. */
  readonly hear: (decision: ApprovalAnswer["decision"]) => void;
};

/**
 * A workflow that remembers each result as text, as a durable engine does, and passes a point before and after it does so. Whoever is
 * given the same memory again gets the remembered results under the same names in the same order.
 */
export function createWorkflow({ life, stage, memory, now, keep, answer, hear }: WorkflowOptions): Workflow {
  let next = 0;

  /** What was remembered under the next number; to write it is to remember it. */
  function recall(name: string) {
    const number = next;
    next += 1;
    const known = memory.checkpoints[number];
    if (known !== undefined && known.name !== name)
      throw new Error(`the procedure is not deterministic: "${name}" is where "${known.name}" was`);
    const write = async (value: unknown, isDone: boolean) => {
      const text = JSON.stringify(value);
      await stage.pass(life, `before remembering "${name}"`);
      keep(text);
      memory.checkpoints[number] = { name, text, isDone };
      await stage.pass(life, `after remembering "${name}"`);
    };
    return { known, write };
  }

  async function remembered<T>(name: string, work: () => Promise<T>): Promise<T> {
    const { known, write } = recall(name);
    if (known !== undefined) {
      const { value, error } = JSON.parse(known.text) as { value: T; error?: KeptError };
      if (error !== undefined) throw toThrown(error);
      return value;
    }
    try {
      const value = await work();
      await write({ value }, true);
      return value;
    } catch (error) {
      await write({ error: toKept(error) }, true);
      throw error;
    }
  }

  async function tryAgain<T>(name: string, work: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      life.start(name);
      try {
        return await work();
      } catch (error) {
        const seconds = secondsToNextTry(error, tries);
        if (seconds === null) throw error;
        await stage.sleep(life, seconds * 1000);
      }
    }
  }

  return {
    step: (name, work) => remembered(name, () => tryAgain(name, work)),

    sleepUntil: (name, instant) =>
      remembered(name, async () => {
        await stage.sleep(life, Math.max(0, Date.parse(instant) - Date.parse(now())));
      }),

    async poll<T>(
      name: string,
      observe: (last: T | null) => Promise<T>,
      { until, timeoutMinutes }: { until: (seen: T) => boolean; timeoutMinutes: number },
    ) {
      const { known, write } = recall(name);
      type Progress = { polled: PollResult<T>; polls: number };
      let progress: Progress =
        known === undefined ? { polled: unread, polls: 0 } : (JSON.parse(known.text) as Progress);
      if (known?.isDone) return progress.polled;
      for (;;) {
        life.start(name);
        const polled = await pollOnce(observe, until, progress.polled);
        progress = { polled, polls: progress.polls + 1 };
        const seconds = secondsToNextPoll(polled, progress.polls, timeoutMinutes);
        await write(progress, seconds === null);
        if (seconds === null) return polled;
        await stage.sleep(life, seconds * 1000);
      }
    },

    ask: (name, send) =>
      remembered(name, async () => {
        await tryAgain(name, () => send(`approval-of-${life.by}`));
        await stage.sleep(life, answer.afterHours * 3_600_000);
        hear(answer.decision);
        return { decision: answer.decision, by: answer.decision === "timed-out" ? null : "ann" };
      }),
  };
}

/** Of an error its message is remembered, and of a call that failed which it was, and AWS's code: as on AWS. */
type KeptError = {
  readonly message: string;
  readonly call: { readonly action: string; readonly code: string; readonly isTransient: boolean } | null;
};

function toKept(error: unknown): KeptError {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof AwsCallError)) return { message, call: null };
  const { action, code, isTransient } = error;
  return { message, call: { action, code, isTransient } };
}

function toThrown({ message, call }: KeptError): Error {
  return call === null ? new Error(message) : new AwsCallError(call.action, call.code, message, call);
}
