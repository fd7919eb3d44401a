/** Limits of one call; `maxBytes` applies to all its items together. */
export type BatchLimits<T> = {
  readonly maxItems: number;
  readonly maxBytes: number;
  /** Bytes of one item, as the service counts them. */
  readonly sizeOf: (item: T) => number;
};

/** Splits a list into as few calls as its order allows. An item that exceeds the limit gets a call of its own. */
export function toBatches<T>(items: readonly T[], { maxItems, maxBytes, sizeOf }: BatchLimits<T>): readonly T[][] {
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
