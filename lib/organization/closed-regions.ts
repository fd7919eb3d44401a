import { isDeniedByScp, type Target } from "../model/inventory.ts";

/** Errors of a Region that does not accept the session: it is not enabled, or the account was closed. */
const refusals = ["OptInRequired", "UnrecognizedClientException", "InvalidClientTokenId", "AuthFailure"];

/** True if a Region did not accept the session for any call. */
export function refusesEveryCall({ databases, gaps }: Target): boolean {
  return databases.length === 0 && gaps.length > 0 && gaps.every(({ code }) => refusals.includes(code));
}

/** Keeps one gap of a Region that refused every call, or that a service control policy denies: the others say the same. */
export function oneGapARegion(target: Target): Target {
  const { databases, gaps } = target;
  const isClosed = refusesEveryCall(target) || (databases.length === 0 && gaps.every(isDeniedByScp));
  return isClosed ? { ...target, gaps: gaps.slice(0, 1) } : target;
}
