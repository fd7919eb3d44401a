import type { Gap, UnreadScope } from "../model/inventory.ts";
import type { ExpectedAccount } from "./expected-accounts.ts";

/**
 * Compares the expected accounts with the results, each of which says something about an account or a Region of it: what is left out by a decision is unread, and an account without any result
 * is a gap, so that a worker that ended without a result never looks clean.
 */
export function completeCoverage(
  expected: readonly ExpectedAccount[],
  results: readonly { readonly account: string }[],
): { unread: UnreadScope[]; gaps: Gap[] } {
  const accounted = new Set(results.map(({ account }) => account));
  const unread: UnreadScope[] = [];
  const gaps: Gap[] = [];
  for (const { account, unread: decision } of expected) {
    if (decision !== null) unread.push({ account, region: "*", ...decision });
    else if (!accounted.has(account)) gaps.push(toMissing(account));
  }
  return { unread, gaps };
}

function toMissing(account: string): Gap {
  const message = "The account has no result: reading it ended before its end.";
  return { account, region: "*", action: "rds-password-audit:ReadAccount", code: "NoResult", message, resource: null };
}
