import { describeHours, hoursBetween } from "../../model/time.ts";

/** "ends in 5 days (2026-12-31)": the last day counts in full, in UTC. */
export function describeEnd(until: string, now: string): string {
  const hours = hoursBetween(now, `${until}T24:00:00Z`);
  if (Number.isNaN(hours)) return `until ${until}`;
  if (hours <= 0) return `ended on ${until}`;
  if (hours <= 24) return `ends today (${until})`;
  const days = Math.floor(hours / 24);
  return days > 60 ? `until ${until}` : `ends in ${describeHours(days * 24).replace(/^24 hours$/, "1 day")} (${until})`;
}
