import type { Context } from "aws-lambda";
import { startTimeLimit } from "../../lib/aws/time-limit.ts";

/**
 * Parts of an invocation's time after which each kind of work ends, so that what follows still has time: reading becomes a gap, what was not
 * sent stays in the ledger for the next invocation, and the ledger is written before Lambda ends the function without a word.
 */
const shares = { reading: 0.75, sending: 0.85, answering: 0.9, storing: 0.97 };

/** When to end what: calls that read, calls that send (no new one after `sending`, no answer after `answering`), and calls to the store. */
export type TimeLimits = Readonly<Record<keyof typeof shares, AbortSignal>>;

/** Starts the time limits of an invocation, from the time that Lambda leaves it. */
export function startTimeLimits({ getRemainingTimeInMillis }: Pick<Context, "getRemainingTimeInMillis">): TimeLimits {
  const left = getRemainingTimeInMillis();
  const start = (share: number) => startTimeLimit(left * share, "the invocation ran out of time");
  const { reading, sending, answering, storing } = shares;
  return { reading: start(reading), sending: start(sending), answering: start(answering), storing: start(storing) };
}
