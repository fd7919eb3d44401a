import type { Refused } from "../model/topic-message.ts";
import { toCallError } from "./call.ts";

/** What became of some batches; `error` is that of the first call that failed as a whole. */
export type Delivery = { readonly taken: number; readonly refused: readonly Refused[]; readonly error: Error | null };

export type DeliveryOptions<T> = {
  /** The IAM action, for errors. */
  readonly action: string;
  readonly toId: (item: T) => string;
  /** Makes the call, and answers with those of the batch that were refused. */
  readonly send: (batch: readonly T[]) => Promise<readonly Refused[]>;
};

/** After so many calls in a row that failed as a whole it is not the batch that is wrong, and the others are spared. */
const failuresToGiveUp = 2;

/** Makes one call for each batch, one after the other. A call that fails takes only its own batch with it. */
export async function deliver<T>(
  batches: readonly (readonly T[])[],
  { action, toId, send }: DeliveryOptions<T>,
): Promise<Delivery> {
  const refused: Refused[] = [];
  let taken = 0;
  let error: Error | null = null;
  let reason = "";
  let failures = 0;
  for (const batch of batches) {
    if (failures < failuresToGiveUp) {
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

/** All that was refused. Throws the first error where calls failed and nothing was taken at all: whoever hears that knows the cause. */
export function settleDeliveries(deliveries: readonly Delivery[]): readonly Refused[] {
  const error = deliveries.find((delivery) => delivery.error !== null)?.error;
  if (error && deliveries.every(({ taken }) => taken === 0)) throw error;
  return deliveries.flatMap(({ refused }) => refused);
}

/** A pause before the next of several attempts, longer each time: 0.1, 0.2, 0.4 seconds. */
export function pauseAfter(attempt: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 50 * 2 ** attempt));
}
