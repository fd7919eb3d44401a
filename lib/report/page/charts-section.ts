import { type Finding, severities } from "../../model/finding.ts";
import type { Report } from "../../model/report.ts";
import { hoursBetween } from "../../model/time.ts";
import { count } from "../text/count.ts";
import { groupBy } from "../text/group.ts";
import { describeShare } from "../text/managed-share.ts";
import { describeScope } from "../text/scopes.ts";
import { type ChartRow, renderBars, renderLegend, renderRing } from "./charts.ts";
import { type Html, html } from "./html.ts";

/** Bars of a chart; the smallest ones are left out. */
const maxBars = 12;

/** Ages of open violations, by the number of days before which they begin. */
const ages = [
  { label: "less than a day", days: 1 },
  { label: "1 to 7 days", days: 7 },
  { label: "7 to 30 days", days: 30 },
  { label: "30 to 90 days", days: 90 },
  { label: "90 days or more", days: Number.POSITIVE_INFINITY },
] as const;

/** How many master passwords RDS manages, and active violations by account and Region, by rule, and by age. */
export function renderChartsSection(report: Report, violations: readonly Finding[]): Html | null {
  if (report.databases.length === 0) return null;
  const scopes = toBars(violations, describeScope);
  const hasAges = violations.length > 0 && report.hasHistory;
  const charts = [
    ["Violations by rule", toBars(violations, ({ rule }) => rule)],
    ["Violations by account and Region", scopes.length > 1 ? scopes : []],
    ["Age of violations", hasAges ? toAges(violations, report.generatedAt) : []],
  ] as const;
  // The short ones stand below the ring, so that two columns have about the same length.
  const shortestFirst = charts.toSorted(([, a], [, b]) => a.length - b.length);
  return html`<section id="charts" aria-labelledby="charts-title"><h2 id="charts-title">Overview</h2>
<div class="charts">
<figure>${renderManagement(report)}</figure>
${shortestFirst.map(([caption, bars]) => chart(caption, bars))}
</div></section>`;
}

function chart(caption: string, bars: readonly ChartRow[]): Html | null {
  if (bars.length === 0) return null;
  const note = bars.length > maxBars ? `, the first ${maxBars} of ${bars.length}` : "";
  return html`<figure>${renderBars(`${caption}${note}`, bars.slice(0, maxBars))}</figure>`;
}

function renderManagement({ summary }: Report): Html {
  const { managed, unmanaged, inherited, unsupported, outOfScope } = summary;
  const segments = [
    { name: "managed by RDS", kind: "good", value: managed },
    { name: "not managed", kind: "high", value: unmanaged },
  ];
  const others = [
    { name: "inherited", kind: "other", value: inherited },
    { name: "unsupported", kind: "other", value: unsupported },
    { name: "out of scope", kind: "other", value: outOfScope },
  ];
  return html`<figcaption>Master passwords of ${count(summary.databases, "database")}</figcaption><div class="ring">${renderRing(segments, describeShare(summary))}${renderLegend([...segments, ...others].filter(({ value }) => value > 0))}</div>`;
}

/** One bar for each key, the one with the most violations first. */
function toBars(violations: readonly Finding[], keyOf: (finding: Finding) => string): readonly ChartRow[] {
  return groupBy(violations, keyOf)
    .toSorted(([, a], [, b]) => b.length - a.length)
    .map(([label, findings]) => toBar(label, findings));
}

function toBar(label: string, findings: readonly Finding[]): ChartRow {
  const segments = severities.map((severity) => ({
    name: severity,
    kind: severity,
    value: findings.filter((finding) => finding.severity === severity).length,
  }));
  return { label, segments };
}

function toAges(violations: readonly Finding[], now: string): readonly ChartRow[] {
  const groups = Map.groupBy(violations, ({ firstSeenAt }) => {
    const days = hoursBetween(firstSeenAt, now) / 24;
    return ages.find((age) => days < age.days) ?? ages.at(-1);
  });
  return ages.map((age) => toBar(age.label, groups.get(age) ?? []));
}
