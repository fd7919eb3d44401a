import type { Refused } from "../model/topic-message.ts";
import { toCallError } from "./call.ts";

/** The result of some batches; `error` is the first call that failed as a whole. */
export type Delivery = { readonly taken: number; readonly refused: readonly Refused[]; readonly error: Error | null };

/** Limits of one call; `maxBytes` applies to all its items together. */
type BatchLimits<T> = {
  readonly maxItems: number;
  readonly maxBytes: number;
  /** Bytes of one item, as the service counts them. */
  readonly sizeOf: (item: T) => number;
};

type DeliveryOptions<T> = BatchLimits<T> & {
  /** The IAM action, for errors. */
  readonly action: string;
  readonly toId: (item: T) => string;
  /** After this, no further batch is sent. */
  readonly stop: AbortSignal | undefined;
  /** Makes the call, and returns the refused items of the batch. */
  readonly send: (batch: readonly T[]) => Promise<readonly Refused[]>;
};

/** After so many failed calls in a row the batch is not the cause, and the other batches are not sent. */
const failuresToGiveUp = 2;

const outOfTime = "the invocation ran out of time before it was sent";

/** Sends items in batches, one after the other. A failed call refuses only its own batch; the signal, all batches after it. */
export async function deliver<T>(
  items: readonly T[],
  { action, toId, stop, send, ...limits }: DeliveryOptions<T>,
): Promise<Delivery> {
  const refused: Refused[] = [];
  let taken = 0;
  let error: Error | null = null;
  let reason = "";
  let failures = 0;
  for (const batch of toBatches(items, limits)) {
    if (stop?.aborted) reason = outOfTime;
    else if (failures < failuresToGiveUp) {
      try {
        const left = await send(batch);
        refused.push(...left);
        taken += batch.length - left.length;
        failures = 0;
        continue;
      } catch (caught) {
        const failure = toCallError(action, caught);
        error ??= failure;
        reason = failure.message;
        failures += 1;
      }
    }
    refused.push(...batch.map((item) => ({ id: toId(item), reason })));
  }
  return { taken, refused, error };
}

/** All refused items. Throws the first error if calls failed and nothing was accepted, because that error is the cause. */
export function settleDeliveries(deliveries: readonly Delivery[]): readonly Refused[] {
  const error = deliveries.find((delivery) => delivery.error !== null)?.error;
  if (error && deliveries.every(({ taken }) => taken === 0)) throw error;
  return deliveries.flatMap(({ refused }) => refused);
}

/** Splits a list into as few calls as its order allows. An item that exceeds the limit gets a call of its own. */
function toBatches<T>(items: readonly T[], { maxItems, maxBytes, sizeOf }: BatchLimits<T>): T[][] {
  const batches: T[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const item of items) {
    const size = sizeOf(item);
    const last = batches.at(-1);
    if (last !== undefined && last.length < maxItems && bytes + size <= maxBytes) {
      last.push(item);
      bytes += size;
    } else {
      batches.push([item]);
      bytes = size;
    }
  }
  return batches;
}
