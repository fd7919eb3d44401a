import { AwsCallError, isTransient } from "../../lib/model/errors.ts";
import type { Answer, Polled, Workflow } from "../../lib/remediate/workflow.ts";
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
  readonly answer: { readonly decision: Answer["decision"]; readonly afterHours: number };
  /** Sees what they say. */
  readonly hear: (decision: Answer["decision"]) => void;
};

/** Seconds between the tries of a step: ten and a half minutes in all, as on AWS and on a terminal. */
const retries = [5, 10, 20, 40, 80, 120, 120, 120, 120];

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
    for (const seconds of retries) {
      life.begin(name);
      try {
        return await work();
      } catch (error) {
        if (!isTransient(error)) throw error;
      }
      await stage.sleep(life, seconds * 1000);
    }
    life.begin(name);
    return work();
  }

  return {
    step: (name, work) => remembered(name, () => tryAgain(name, work)),

    sleepUntil: (name, instant) =>
      remembered(name, async () => {
        await stage.sleep(life, Math.max(0, Date.parse(instant) - Date.parse(now())));
      }),

    async poll<T>(
      name: string,
      look: () => Promise<T>,
      { until, timeoutMinutes }: { until: (seen: T) => boolean; timeoutMinutes: number },
    ) {
      const { known, write } = recall(name);
      type Progress = { polled: Polled<T>; looks: number; left: number };
      let progress: Progress =
        known === undefined
          ? { polled: { met: false, seen: null, error: null }, looks: 0, left: timeoutMinutes * 60 }
          : (JSON.parse(known.text) as Progress);
      if (known?.isDone) return progress.polled;
      for (;;) {
        life.begin(name);
        const polled = await lookOnce(look, until, progress.polled);
        const pause = Math.min(progress.left, 300, Math.round(5 * 1.5 ** progress.looks));
        const isDone = polled.met || progress.left <= 0;
        progress = { polled, looks: progress.looks + 1, left: progress.left - pause };
        await write(progress, isDone);
        if (isDone) return polled;
        await stage.sleep(life, pause * 1000);
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
type KeptError = { readonly message: string; readonly call: { readonly action: string; readonly code: string } | null };

function toKept(error: unknown): KeptError {
  const message = error instanceof Error ? error.message : String(error);
  return { message, call: error instanceof AwsCallError ? { action: error.action, code: error.code } : null };
}

function toThrown({ message, call }: KeptError): Error {
  return call === null ? new Error(message) : new AwsCallError(call.action, call.code, message);
}

/** A look that throws has seen nothing: what was seen before stays. */
async function lookOnce<T>(look: () => Promise<T>, until: (seen: T) => boolean, last: Polled<T>): Promise<Polled<T>> {
  try {
    const seen = await look();
    return { met: until(seen), seen, error: null };
  } catch (error) {
    return last.seen === null ? { ...last, error: error instanceof Error ? error.message : String(error) } : last;
  }
}
