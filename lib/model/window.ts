/** Minutes from Sunday 00:00 UTC; `until` may be in the next week. */
type WindowSpan = { readonly from: number; readonly until: number };

const day = 24 * 60;
const week = 7 * day;
const days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const minimumMinutes = 30;

/** Time that must be left of a window to start an action. */
export const leewayMinutes = 10;

/**
 * True for a window in RDS's notation, in UTC, of at least 30 minutes, RDS's own minimum: weekly as in `PreferredMaintenanceWindow`
 * (`sun:02:00-sun:06:00`), or daily as in `PreferredBackupWindow` (`02:00-04:00`).
 * Source: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBInstance.html
 */
export function isWindow(text: string): boolean {
  return toSpans(text).some(({ from, until }) => until - from >= minimumMinutes);
}

/** True if one of the windows is open at a time (ISO 8601), with enough of it left to start an action. */
export function isOpen(windows: readonly string[], at: string): boolean {
  return nextOpening(windows, at) === at;
}

/** The next time (ISO 8601) at which an action may start, `at` itself if that is now; null if no window ever opens. */
export function nextOpening(windows: readonly string[], at: string): string | null {
  const now = toMinuteOfWeek(at);
  const spans = windows.flatMap(toSpans).filter(({ from, until }) => until - from >= leewayMinutes);
  const waits = spans.map(({ from, until }) => {
    const sinceOpening = (now - from + week) % week;
    return sinceOpening + leewayMinutes <= until - from ? 0 : week - sinceOpening;
  });
  if (waits.length === 0) return null;
  const wait = Math.min(...waits);
  return wait === 0 ? at : new Date(Date.parse(at) + Math.round(wait * 60_000)).toISOString();
}

function toMinuteOfWeek(at: string): number {
  const date = new Date(at);
  const seconds = date.getUTCSeconds() + date.getUTCMilliseconds() / 1000;
  return date.getUTCDay() * day + date.getUTCHours() * 60 + date.getUTCMinutes() + seconds / 60;
}

/** One span for a weekly window, seven for a daily one, none for any other text. */
function toSpans(text: string): WindowSpan[] {
  const [, fromDay, from = "", untilDay, until = ""] =
    /^(?:([a-z]{3}):)?(\d\d:\d\d)-(?:([a-z]{3}):)?(\d\d:\d\d)$/.exec(text.toLowerCase()) ?? [];
  const [fromMinute, untilMinute] = [toMinute(from), toMinute(until)];
  if (fromMinute === null || untilMinute === null) return [];
  if (fromDay === undefined && untilDay === undefined)
    return days.map((_, index) => toSpan(index * day + fromMinute, index * day + untilMinute, day));
  const [first, last] = [days.indexOf(fromDay ?? ""), days.indexOf(untilDay ?? "")];
  return first < 0 || last < 0 ? [] : [toSpan(first * day + fromMinute, last * day + untilMinute, week)];
}

/** A window that ends before its start ends one period later. A window that ends at its start is never open. */
function toSpan(from: number, until: number, period: number): WindowSpan {
  return { from, until: until < from ? until + period : until };
}

function toMinute(text: string): number | null {
  const [hours = Number.NaN, minutes = Number.NaN] = text.split(":").map(Number);
  return hours < 24 && minutes < 60 ? hours * 60 + minutes : null;
}
