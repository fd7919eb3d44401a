import { toResourceName } from "../../model/arn.ts";
import { type Gap, isDeniedByScp } from "../../model/inventory.ts";
import type { NotSeenScope, Report } from "../../model/report.ts";
import { count, formatNumber } from "./count.ts";
import { groupBy } from "./group.ts";
import { describeScope } from "./scopes.ts";

/** "2 accounts, 1 Region (eu-west-1), 12 databases, 7 API calls.": what the audit covered. */
export function describeTargets({ coverage, databases }: Report): string {
  const { targets } = coverage;
  if (targets.some(({ file }) => file !== undefined))
    return `${count(targets.length, "file")}, ${count(databases.length, "database")}.`;
  const accounts = new Set(targets.map(({ account }) => account)).size;
  const regions = [...new Set(targets.map(({ region }) => region))];
  const calls = targets.reduce((sum, target) => sum + target.calls, 0);
  const named = regions.length > 0 && regions.length <= 4 ? ` (${regions.join(", ")})` : "";
  const pairs = targets.length === regions.length * accounts ? "" : `, ${count(targets.length, "account-Region pair")}`;
  return `${count(accounts, "account")}, ${count(regions.length, "Region")}${named}${pairs}, ${count(databases.length, "database")}, ${count(calls, "API call")}.`;
}

/** What each outcome is called in a sentence that starts with a number. */
const outcomes: Readonly<Record<NotSeenScope["outcome"], string>> = {
  gap: "with gaps",
  "denied-by-scp": "denied by a service control policy",
  "region-not-enabled": "not enabled",
  "account-not-active": "not active",
  excluded: "excluded by the policy",
};

/**
 * "8 accounts and Regions expected: 5 seen, 3 excluded by the policy.", and the ones that were not seen by outcome, each with its name and
 * reason. Null without an organization if each is seen or has a gap, because the rest of the coverage says so.
 */
export function describeNotSeen({ coverage }: Report) {
  const { counts, notSeen } = coverage;
  if (notSeen.every(({ outcome, accountName }) => outcome === "gap" && accountName === null)) return null;
  const groups = groupBy(notSeen, ({ outcome }) => outcome);
  const parts = groups.map(([outcome, all]) => `${formatNumber(all.length)} ${outcomes[outcome]}`);
  const sentence = `${formatNumber(counts.expected)} accounts and Regions expected: ${[`${formatNumber(counts.seen)} seen`, ...parts].join(", ")}.`;
  return { sentence, groups: groups.map(([outcome, all]) => toOutcomeGroup(outcome, all)) };
}

/** The scopes of one outcome, by reason. */
function toOutcomeGroup(outcome: NotSeenScope["outcome"], all: readonly NotSeenScope[]) {
  const reasons = groupBy(all, ({ reason }) => reason).map(([reason, same]) => ({
    reason,
    names: same.map(nameScope),
  }));
  return { label: outcomes[outcome], isFailure: outcome === "gap" || outcome === "denied-by-scp", reasons };
}

/** "payments (123456789012) eu-west-1". */
function nameScope({ account, accountName, region }: NotSeenScope): string {
  return describeScope({ account: accountName === null ? account : `${accountName} (${account})`, region });
}

/** Databases without a master password that RDS can manage, by reason code, or by management if there is none; largest group first. */
export function groupByReason({ databases }: Report) {
  const others = databases.filter(({ management }) => management !== "managed" && management !== "unmanaged");
  const groups = groupBy(others, ({ reason, management }) => reason ?? management);
  return { number: others.length, groups: groups.toSorted(([, a], [, b]) => b.length - a.length) };
}

/** Secrets that no database names, by account and Region, with their number in all. */
export function listOrphanedSecrets({ coverage }: Report) {
  const scopes = coverage.targets.flatMap(({ orphanedSecrets, ...target }) =>
    orphanedSecrets === null || orphanedSecrets.length === 0 ? [] : [{ scope: describeScope(target), orphanedSecrets }],
  );
  return { number: scopes.reduce((sum, { orphanedSecrets }) => sum + orphanedSecrets.length, 0), scopes };
}

/** "rds!db-…, created for arn:aws:rds:…". */
export function describeOrphanedSecret({ arn, createdFor }: OrphanedSecret): string {
  return `${toResourceName(arn)}${createdFor === null ? "" : `, created for ${createdFor}`}`;
}

/** What to do about secrets that no database names. */
export const orphanAdvice =
  "RDS deletes a secret with its database or when management is turned off. Check when each of these was last read, and whether its database is gone.";

type OrphanedSecret = NonNullable<Report["coverage"]["targets"][number]["orphanedSecrets"]>[number];

/** Gaps with the same action and code: what failed, and what to do about it, or null if that depends on the case. */
export function groupByFailure(all: readonly Gap[]) {
  return groupBy(all, (gap) => `${gap.action} ${gap.code} ${isDeniedByScp(gap)}`).map(([, gaps]) => {
    const [first] = gaps;
    const { action, code } = first;
    const advice = isDeniedByScp(first) ? adviceOnScp : adviseOnGap(action, code);
    return { failure: describeFailure(action, code), advice, gaps };
  });
}

/** "kms:DescribeKey failed with AccessDeniedException". */
export function describeFailure(action: string, code: string): string {
  if (action.startsWith("rule:")) return `The rule ${action.slice("rule:".length)} failed (${code})`;
  if (action.startsWith("check:")) return `${action.slice("check:".length)} was not judged in full`;
  if (code === "AccessError") return "The account could not be accessed";
  return `${action} failed with ${code}`;
}

const adviceOnScp =
  "A service control policy of the organization denies the call: exclude the Region in the policy (organization.excludedRegions) with a reason, or exempt the auditor's role from the service control policy.";

/** What to do about a gap; null if it depends on the case. */
export function adviseOnGap(action: string, code: string): string | null {
  if (action.startsWith("rule:")) return "This is a bug: report it with this message.";
  if (action === "sts:AssumeRole")
    return "Create the member role in the account with the external ID of the policy (docs/organization.md).";
  if (code === "OptInRequired" || code === "UnrecognizedClientException" || code === "InvalidClientTokenId")
    return "The Region may be disabled in the account: enable it, or exclude it from the audit.";
  if (/AccessDenied|Unauthorized|NotAuthorized/.test(code))
    return action.startsWith("kms:")
      ? `Allow the auditor to call ${action}. For a key in another account, the key policy must allow it too.`
      : `Allow the auditor to call ${action}.`;
  if (/Throttl|TooManyRequests|RequestLimitExceeded|SlowDown/.test(code))
    return "AWS throttled the call: audit again later, or fewer Regions at a time.";
  if (/Timeout|ECONN|ENOTFOUND|EAI_AGAIN|Networking|ServiceUnavailable|Internal/.test(code)) return "Audit again.";
  return null;
}
