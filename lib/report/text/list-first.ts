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
