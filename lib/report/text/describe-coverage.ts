import type { Gap } from "../../model/inventory.ts";
import type { Report } from "../../model/report.ts";
import { count } from "./count.ts";

/** "2 accounts, 1 Region (eu-west-1), 12 databases, 7 API calls.": how much was looked at. */
export function describeTargets({ coverage, databases }: Report): string {
  const { targets } = coverage;
  const accounts = new Set(targets.map(({ account }) => account)).size;
  const regions = [...new Set(targets.map(({ region }) => region))];
  const calls = targets.reduce((sum, target) => sum + target.calls, 0);
  const named = regions.length > 0 && regions.length <= 4 ? ` (${regions.join(", ")})` : "";
  const pairs = targets.length === regions.length * accounts ? "" : `, ${count(targets.length, "account-Region")}`;
  return `${count(accounts, "account")}, ${count(regions.length, "Region")}${named}${pairs}, ${count(databases.length, "database")}, ${count(calls, "API call")}.`;
}

/** Databases that nothing is judged about by design, by the reason, or where there is none by their management; the most come first. */
export function byReason(databases: Report["databases"]): readonly (readonly [string, Report["databases"]])[] {
  const others = databases.filter(({ management }) => management !== "managed" && management !== "unmanaged");
  return [...Map.groupBy(others, ({ reason, management }) => reason ?? management)].sort(
    ([, a], [, b]) => b.length - a.length,
  );
}

/** Calls that failed alike: the same action with the same code. */
export function byFailure(gaps: readonly Gap[]): readonly (readonly Gap[])[] {
  return [...Map.groupBy(gaps, ({ action, code }) => `${action} ${code}`).values()];
}

/** "kms:DescribeKey failed with AccessDeniedException", as the heading of a gap. */
export function describeFailure(action: string, code: string): string {
  if (action.startsWith("rule:")) return `The rule ${action.slice("rule:".length)} failed (${code})`;
  if (code === "AccessError") return "The account could not be entered";
  return `${action} failed with ${code}`;
}

/** What to do about a failed call, or null where nothing general can be said. */
export function advise(action: string, code: string): string | null {
  if (action.startsWith("rule:")) return "This is an error in the program: please report it with this message.";
  if (code === "OptInRequired" || code === "UnrecognizedClientException" || code === "InvalidClientTokenId")
    return "The Region may not be enabled for the account: enable it, or do not audit it.";
  if (/AccessDenied|Unauthorized|NotAuthorized/.test(code))
    return action.startsWith("kms:")
      ? `Allow ${action} to the auditor; for a key of another account its key policy must allow it too.`
      : `Allow ${action} to the auditor.`;
  if (/Throttl|TooManyRequests|RequestLimitExceeded|SlowDown/.test(code))
    return "AWS asks to go slower: audit again, or fewer Regions at a time.";
  if (/Timeout|ECONN|ENOTFOUND|EAI_AGAIN|Networking|ServiceUnavailable|Internal/.test(code)) return "Audit again.";
  return null;
}
