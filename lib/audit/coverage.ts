import { compareText } from "../model/compare-text.ts";
import { type Gap, isDeniedByScp, type UnreadScope } from "../model/inventory.ts";
import type { NotSeenScope, Report } from "../model/report.ts";

type Coverage = Report["coverage"];
/** A Region that was read: whether everything in it was seen, and its gaps, those of crashed rules included. */
export type ReadScope = Coverage["targets"][number] & { readonly gaps: readonly Gap[] };

/** What an audit expected, as far as it is known. */
type Expected = {
  readonly scopes: readonly ReadScope[];
  /** Gaps of accounts that were not opened. */
  readonly accountGaps: readonly Gap[];
  readonly unread: readonly UnreadScope[];
  readonly accountNames: Readonly<Record<string, string>>;
};

/** Sorts each expected account and Region into exactly one outcome, and counts the outcomes. */
export function sumUpCoverage({
  scopes,
  accountGaps,
  unread,
  accountNames,
}: Expected): Pick<Coverage, "counts" | "notSeen"> {
  const closed = [...Map.groupBy(accountGaps, ({ account, region }) => `${account} ${region}`).values()];
  const found: Omit<NotSeenScope, "accountName">[] = [
    ...scopes.filter(({ complete }) => !complete).map(toNotSeen),
    ...closed.flatMap(([gap]) => (gap === undefined ? [] : [toFailed(gap)])),
    ...unread,
  ];
  const notSeen = found
    .map(({ account, region, outcome, reason }) => ({
      ...{ account, accountName: accountNames[account] ?? null, region, outcome, reason },
    }))
    .sort((a, b) => compareText(a.account, b.account) || compareText(a.region, b.region));
  const countOf = (outcome: NotSeenScope["outcome"]) => notSeen.filter((one) => one.outcome === outcome).length;
  const counts = {
    seen: scopes.length - scopes.filter(({ complete }) => !complete).length,
    gap: countOf("gap"),
    deniedByScp: countOf("denied-by-scp"),
    regionNotEnabled: countOf("region-not-enabled"),
    accountNotActive: countOf("account-not-active"),
    excluded: countOf("excluded"),
  };
  return { counts: { expected: scopes.length + closed.length + unread.length, ...counts }, notSeen };
}

/** True if a service control policy denied every call, so that nothing in the Region was seen. */
function isClosedByScp({ databases, gaps }: ReadScope): boolean {
  return databases === 0 && gaps.length > 0 && gaps.every(isDeniedByScp);
}

function toNotSeen(scope: ReadScope): Omit<NotSeenScope, "accountName"> {
  const { account, region, gaps } = scope;
  const [first] = gaps;
  const reason = first === undefined ? "A rule has insufficient data" : describeFailures(gaps);
  return { account, region, outcome: isClosedByScp(scope) ? "denied-by-scp" : "gap", reason };
}

function toFailed(gap: Gap): Omit<NotSeenScope, "accountName"> {
  return { account: gap.account, region: gap.region, outcome: "gap", reason: gap.message };
}

/** "rds:DescribeDBInstances failed with AccessDenied; …": each kind of failure once. */
function describeFailures(gaps: readonly Gap[]): string {
  return [...new Set(gaps.map(({ action, code }) => `${action} failed with ${code}`))].join("; ");
}
