/** Items that belong together: at least one. */
export type Group<T> = readonly [T, ...T[]];

/** Groups items by a key, in the order of the first item of each group. */
export function groupBy<T, K>(items: readonly T[], keyOf: (item: T) => K): readonly (readonly [K, Group<T>])[] {
  return [...Map.groupBy(items, keyOf)] as [K, [T, ...T[]]][];
}
