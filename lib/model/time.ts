/** Hours from one ISO 8601 instant to another; negative if the second is earlier. */
export function hoursBetween(from: string, to: string): number {
  return (Date.parse(to) - Date.parse(from)) / 3_600_000;
}

/** The instant so many minutes later. */
export function addMinutes(instant: string, minutes: number): string {
  return new Date(Date.parse(instant) + minutes * 60_000).toISOString();
}

/** A duration in words: "5 minutes", "9 hours", "3 days". Rounds down; negative durations are 0 minutes. */
export function describeHours(hours: number): string {
  if (hours < 1) return plural(Math.max(0, Math.floor(hours * 60)), "minute");
  if (hours < 48) return plural(Math.floor(hours), "hour");
  return plural(Math.floor(hours / 24), "day");
}

/** "2026-11-24 06:12 UTC". Text that is not an ISO 8601 instant in UTC is returned unchanged. */
export function describeInstant(instant: string): string {
  const [, day, time] = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::[\d.]+)?Z$/.exec(instant) ?? [];
  return day === undefined ? instant : `${day} ${time} UTC`;
}

/** "1 day", "2 days". */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
