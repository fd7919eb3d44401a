import {
  CallbackExternalError,
  CallbackTimeoutError,
  type DurableContext,
  DurableOperationError,
  type RetryDecision,
} from "@aws/durable-execution-sdk-js";
import * as z from "zod/mini";
import { AwsCallError } from "../../lib/model/errors.ts";
import {
  type ApprovalAnswer,
  type PollOptions,
  type PollResult,
  pollOnce,
  secondsToNextPoll,
  secondsToNextTry,
  unread,
  type Workflow,
} from "../../lib/remediate/workflow.ts";

/** Runs a procedure as a Lambda durable execution. Names must be printable ASCII of at most 256 characters: AWS fails an execution with others. */
export function createDurableWorkflow(context: DurableContext): Workflow {
  return {
    async step(name, work) {
      try {
        return await context.step(name, () => keepError(work), { retryStrategy });
      } catch (error) {
        throw toThrown(error);
      }
    },

    async sleepUntil(name, instant) {
      // On a replay the seconds differ and are ignored. Whether there is a wait must not depend on the clock.
      const seconds = Math.ceil((Date.parse(instant) - Date.now()) / 1000);
      await context.wait(name, { seconds: Math.max(1, seconds) });
    },

    async poll<T>(
      name: string,
      read: (last: T | null) => Promise<T>,
      { until, timeoutMinutes }: PollOptions<T>,
    ): Promise<PollResult<T>> {
      const readAgain = (last: PollResult<T>) => pollOnce(read, until, last);
      return await context.waitForCondition(name, readAgain, {
        initialState: unread,
        waitStrategy(polled, polls) {
          const seconds = secondsToNextPoll(polled, polls, timeoutMinutes);
          return seconds === null ? { shouldContinue: false } : { shouldContinue: true, delay: { seconds } };
        },
      });
    },

    async ask(name, send, { timeoutHours }) {
      // A timeout of 0 would be none.
      const timeout = { seconds: Math.max(1, Math.ceil(timeoutHours * 3600)) };
      try {
        const submit = (id: string) => keepError(() => send(id));
        return toAnswer(await context.waitForCallback(name, submit, { timeout, retryStrategy }));
      } catch (error) {
        if (error instanceof CallbackTimeoutError) return { decision: "timed-out", by: null };
        if (error instanceof CallbackExternalError) return rejection;
        throw toThrown(error);
      }
    },
  };
}

function retryStrategy({ cause }: Error, attempts: number): RetryDecision {
  const seconds = secondsToNextTry(cause, attempts);
  return seconds === null ? { shouldRetry: false } : { shouldRetry: true, delay: { seconds } };
}

const keptError = z.object({
  name: z.string(),
  message: z.string(),
  call: z.nullable(z.object({ action: z.string(), code: z.string(), isTransient: z.boolean() })),
});

/** The error of a step in a form that a checkpoint keeps: the SDK keeps only an error's message. */
class KeptError extends DurableOperationError {
  readonly errorType: string;

  constructor(cause: Error) {
    const { name, message } = cause;
    const call = cause instanceof AwsCallError ? toCall(cause) : null;
    super(message, cause, JSON.stringify({ name, message, call } satisfies z.infer<typeof keptError>));
    this.errorType = name;
  }
}

function toCall({ action, code, isTransient }: AwsCallError) {
  return { action, code, isTransient };
}

async function keepError<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new KeptError(toError(error));
  }
}

/** The error that a step threw, in this invocation or an earlier one. */
function toThrown(error: unknown): unknown {
  const kept = error instanceof DurableOperationError ? error.toErrorObject().ErrorData : undefined;
  if (kept === undefined) return error;
  const { name, message, call } = keptError.parse(JSON.parse(kept));
  if (call !== null) return new AwsCallError(call.action, call.code, message, call);
  return Object.assign(new Error(message), { name });
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

const rejection: ApprovalAnswer = { decision: "rejected", by: null };

/** The JSON that `rds-password-audit approve` and `reject` send. */
const answerSchema = z.object({ decision: z.enum(["approved", "rejected"]), by: z.string() });

function toAnswer(sent: unknown): ApprovalAnswer {
  try {
    return answerSchema.parse(JSON.parse(String(sent)));
  } catch {
    return rejection;
  }
}
