import type { EmptiedRegion } from "../model/change.ts";
import { type Finding, isViolation } from "../model/finding.ts";
import type { Ledger } from "../model/ledger.ts";
import type { Notice } from "../model/notice.ts";
import { hoursBetween } from "../model/time.ts";

/** A week, less half a day: an audit that starts a few seconds early must not wait for the next day. */
const reminderHours = 7 * 24 - 12;

/** Findings that a reminder names: violations of critical severity. */
export function isReminded(finding: Finding): boolean {
  return isViolation(finding) && finding.severity === "critical";
}

/** True if critical violations are open that no alert named for a week. Their first alert counts like a reminder. */
export function needsReminder(known: readonly Finding[], remindedAt: string | null, now: string): boolean {
  const isLongAgo = (at: string) => hoursBetween(at, now) >= reminderHours;
  return (
    (remindedAt === null || isLongAgo(remindedAt)) && known.some((one) => isReminded(one) && isLongAgo(one.firstSeenAt))
  );
}

/** Adds the notices of a full audit. A reminder replaces an earlier one that was not delivered. */
export function addNotices(
  ledger: Ledger,
  {
    eventId,
    at,
    emptied,
    isReminder,
  }: { eventId: string; at: string; emptied: readonly EmptiedRegion[]; isReminder: boolean },
): Pick<Ledger, "notices" | "remindedAt"> {
  const added: Notice[] = [];
  if (emptied.length > 0) added.push({ type: "regions-emptied", eventId, at, regions: [...emptied] });
  if (isReminder) added.push({ type: "reminder", eventId, at });
  const kept = ledger.notices.filter(({ notice }) => !(isReminder && notice.type === "reminder"));
  return {
    notices: [...kept, ...added.map((notice) => ({ notice, lease: null }))],
    remindedAt: isReminder ? at : ledger.remindedAt,
  };
}

/** Removes delivered notices, or releases them if they could not be delivered. Leaves those of other invocations unchanged. */
export function finishNotices(
  notices: Ledger["notices"],
  attempted: readonly Notice[],
  { isDelivered }: { isDelivered: boolean },
): Ledger["notices"] {
  const keys = new Set(attempted.map(keyOf));
  return notices.flatMap((entry) => {
    if (!keys.has(keyOf(entry.notice))) return entry;
    return isDelivered ? [] : { ...entry, lease: null };
  });
}

function keyOf({ type, eventId, at }: Notice): string {
  return `${type} ${at} ${eventId}`;
}
