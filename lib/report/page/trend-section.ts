import { type Severity, severities } from "../../model/finding.ts";
import type { Run } from "../../model/history.ts";
import { count, formatNumber } from "../text/count.ts";
import { describeShare, managedShare } from "../text/managed-share.ts";
import { fold, table, timeOf } from "./components.ts";
import { type Html, html } from "./html.ts";
import { renderTimeChart } from "./time-chart.ts";

/** Runs of the charts and their table; earlier ones are left out. */
const maxRuns = 90;
/** Days that are named because they could not be read. */
const shownDays = 5;

/**
 * The share of managed passwords and the open violations from run to run, as charts and as a table. Null for fewer than two runs, unless the
 * runs of some days could not be read.
 */
export function renderTrendSection(all: readonly Run[], unreadDays: readonly string[] = []): Html | null {
  const runs = all.slice(-maxRuns);
  if (runs.length < 2 && unreadDays.length === 0) return null;
  return html`<section id="trend" aria-labelledby="trend-title"><h2 id="trend-title">Trend</h2>
${unreadDays.length === 0 ? null : html`<p>Not shown, because it could not be read: what is stored of ${describeDays(unreadDays)}.</p>`}${runs.length < 2 ? null : renderTrend(runs, all.length)}</section>`;
}

/** "2026-11-20, 2026-11-21 and 3 more days". */
function describeDays(days: readonly string[]): string {
  const more = days.length - shownDays;
  return `${days.slice(0, shownDays).join(", ")}${more > 0 ? ` and ${count(more, "more day")}` : ""}`;
}

/** The charts, their legend, and the numbers. */
export function renderTrend(runs: readonly Run[], allRuns: number, { open = false } = {}): Html {
  const note = allRuns > runs.length ? `, the last ${runs.length} of ${formatNumber(allRuns)} runs` : "";
  // The stack begins at the bottom, so the most severe violations are on top.
  const worstLast = listSeverities(runs).toReversed();
  const shares = runs.map(({ generatedAt: at, complete, summary }) => ({
    ...{ at, complete },
    values: [managedShare(summary)],
  }));
  const violations = runs.map(({ generatedAt: at, complete, summary }) => ({
    ...{ at, complete },
    values: worstLast.map((severity) => summary.findings[severity]),
  }));
  const hasIncomplete = runs.some(({ complete }) => !complete);
  return html`<div class="trends">${renderTimeChart({ caption: `Share of master passwords that RDS manages${note}`, series: [{ name: "managed by RDS", kind: "good" }], max: 100, unit: "%", points: shares })}${renderTimeChart({ caption: `Open violations by severity${note}`, series: worstLast.map((severity) => ({ name: severity, kind: severity })), unit: "", points: violations })}</div>
${renderLegend(runs)}${hasIncomplete ? html`<p class="muted"><i class="swatch unknown"></i>Incomplete runs: their numbers are of what was seen.</p>` : null}
${fold(html`<h3>Runs</h3>`, count(runs.length, "run"), renderRuns(runs), { open })}`;
}

/** The severities of which a run has violations, most severe first. */
function listSeverities(runs: readonly Run[]): readonly Severity[] {
  return severities.filter((severity) => runs.some(({ summary }) => summary.findings[severity] > 0));
}

function renderLegend(runs: readonly Run[]): Html | null {
  const shown = listSeverities(runs);
  if (shown.length === 0) return null;
  return html`<p class="muted">${shown.map((severity) => html`<i class="swatch ${severity}"></i>${severity} `)}</p>`;
}

function renderRuns(runs: readonly Run[]): Html {
  // The runs that the service stores do not say what was new.
  const areCompared = runs.some(({ opened }) => opened !== null);
  const rows = runs
    .toReversed()
    .map(({ generatedAt, complete, summary, opened, resolved }) => [
      html`${timeOf(generatedAt)}${complete ? null : " (incomplete)"}`,
      formatNumber(summary.databases),
      describeShare(summary),
      ...severities.map((severity) => formatNumber(summary.findings[severity])),
      formatNumber(summary.findings.insufficientData),
      ...(areCompared ? [opened, resolved].map((number) => (number === null ? "–" : formatNumber(number))) : []),
    ]);
  const heads = [
    "Run",
    "Databases",
    "Managed",
    ...severities,
    "Not evaluated",
    ...(areCompared ? ["New", "Resolved"] : []),
  ];
  return table("Runs, the last one first", heads, rows);
}
