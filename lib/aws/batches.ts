/** How much one call takes; `maxBytes` is of all its items together. */
export type BatchLimits<T> = {
  readonly maxItems: number;
  readonly maxBytes: number;
  /** Bytes of one item as the service counts them. */
  readonly sizeOf: (item: T) => number;
};

/** Cuts a list into as few calls as its order allows. An item that is too large for any call stands alone. */
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
