/** Items that belong together: at least one. */
export type Group<T> = readonly [T, ...T[]];

/** Groups items by a key, in the order of the first item of each group. */
export function groupBy<T, K>(items: readonly T[], keyOf: (item: T) => K): readonly (readonly [K, Group<T>])[] {
  return [...Map.groupBy(items, keyOf)] as [K, [T, ...T[]]][];
}

/** Lists the first `max` items, and in a last entry what is left, if anything. */
export function listFirst<T, E>(
  items: readonly T[],
  max: number,
  toEntry: (item: T) => E,
  summarize: (rest: readonly T[]) => E,
): E[] {
  const rest = items.slice(max);
  return [...items.slice(0, max).map(toEntry), ...(rest.length > 0 ? [summarize(rest)] : [])];
}
