import type { Finding } from "../model/finding.ts";
import { describeHours, hoursBetween } from "../model/time.ts";
import { count } from "./count.ts";
import { paragraph } from "./paragraph.ts";
import { describePlace } from "./places.ts";
import type { Sheet } from "./sheet.ts";

/** The exemptions that end first are shown; those that come after so many are counted. */
const shown = 30;

/** What is wrong and accepted for a time: by whom, why, and for how much longer; what ends first comes first. */
export function renderExempt(findings: readonly Finding[], generatedAt: string, { width, paint }: Sheet): string[] {
  if (findings.length === 0) return [];
  const byEnd = findings.toSorted((a, b) => (a.exemption?.until ?? "").localeCompare(b.exemption?.until ?? "", "en"));
  const entries = byEnd.slice(0, shown).map((finding) => {
    const { resource, rule, exemption, severity } = finding;
    const place = paint.faint(`(${describePlace(finding)})`);
    const left = describeEnd(exemption?.until ?? "", generatedAt);
    return paragraph(
      `${paint.strong(resource.identifier)}  ${rule}, ${severity}, ${left}. ${exemption?.owner}: ${exemption?.reason} ${place}`,
      { width, first: "  " },
    );
  });
  const more = byEnd.length - shown;
  if (more > 0) entries.push(paint.faint(`  … and ${count(more, "more exempt finding")}; --format json has all`));
  return [[paint.strong("EXEMPT"), ...entries].join("\n")];
}

/** "ends in 5 days (2026-12-31)": the last day counts in full, in UTC. */
export function describeEnd(until: string, now: string): string {
  const hours = hoursBetween(now, `${until}T24:00:00Z`);
  if (Number.isNaN(hours)) return `until ${until}`;
  if (hours <= 0) return `ended on ${until}`;
  if (hours <= 24) return `ends today (${until})`;
  const days = Math.floor(hours / 24);
  return days > 60 ? `until ${until}` : `ends in ${describeHours(days * 24).replace(/^24 hours$/, "1 day")} (${until})`;
}
