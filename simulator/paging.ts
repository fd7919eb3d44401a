import type { SimulatedError } from "./simulated-error.ts";

/** One page and the opaque token of the next. */
export type Page<T> = { items: T[]; next: string | undefined };

/**
 * Returns the page that `token` points to. The token contains `scope`, so that another call rejects it.
 * @throws the error of `invalid` for a token of another list.
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
