import type { Report } from "../../model/report.ts";

/** The share of master passwords that RDS manages, in percent and rounded down: 100 means all. Null without a password that RDS could manage. */
export function managedShare({ managed, unmanaged }: Pick<Report["summary"], "managed" | "unmanaged">): number | null {
  const all = managed + unmanaged;
  return all === 0 ? null : Math.floor((100 * managed) / all);
}

/** "85%", or "–" without a password that RDS could manage. */
export function describeShare(summary: Parameters<typeof managedShare>[0]): string {
  const share = managedShare(summary);
  return share === null ? "–" : `${share}%`;
}
