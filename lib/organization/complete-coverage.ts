import type { Gap, UnreadScope } from "../model/inventory.ts";
import type { ExpectedAccount } from "./expected-accounts.ts";

/** The accounts that a part of the results accounts for. */
type Accounted = {
  readonly scopes: readonly { readonly account: string }[];
  readonly accountGaps: readonly Gap[];
  readonly unread: readonly UnreadScope[];
};

/**
 * Compares the expected accounts with the results: what is left out by a decision is unread, and an account without any result is a gap, so
 * that a worker that ended without a result never looks clean.
 */
export function completeCoverage(
  expected: readonly ExpectedAccount[],
  results: readonly Accounted[],
): { unread: UnreadScope[]; gaps: Gap[] } {
  const accounted = new Set(
    results.flatMap(({ scopes, accountGaps, unread }) =>
      [...scopes, ...accountGaps, ...unread].map(({ account }) => account),
    ),
  );
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
