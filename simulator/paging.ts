import type { SimulatedError } from "./simulated-error.ts";

/** One page, and the opaque token of the next one. */
export type Page<T> = { items: T[]; next: string | undefined };

/**
 * Cuts the page out of `items` that `token` points at. `scope` goes into the token, so that one call's token is no good for another.
 * @throws whatever `invalid` makes, for a token that this list never gave.
 */
export function pageOf<T>(
  items: readonly T[],
  {
    size,
    token,
    scope,
    invalid,
  }: { size: number; token: string | undefined; scope: string; invalid: () => SimulatedError },
): Page<T> {
  const start = token === undefined ? 0 : offsetIn(token, scope);
  if (start === undefined) throw invalid();
  const end = start + size;
  return {
    items: items.slice(start, end),
    next: end < items.length ? Buffer.from(`${scope}#${end}`).toString("base64url") : undefined,
  };
}

function offsetIn(token: string, scope: string): number | undefined {
  const [tokenScope, offset] = Buffer.from(token, "base64url").toString().split("#");
  return tokenScope === scope && offset !== undefined && /^\d+$/.test(offset) ? Number(offset) : undefined;
}
