import type { Gap } from "../../model/inventory.ts";
import type { Report } from "../../model/report.ts";
import { count, formatNumber } from "../text/count.ts";
import { advise, byFailure, byReason, describeFailure, describeTargets } from "../text/describe-coverage.ts";
import { describeScope, listScopes } from "../text/scopes.ts";
import { type Html, html } from "./html.ts";
import { label, table } from "./parts.ts";

/** Of failed calls of one kind, so many are listed one by one. */
const shownGaps = 100;

/** What was looked at and what was not: what an auditor asks first. */
export function renderCoverageSection(report: Report, reasons: Readonly<Record<string, string>>): Html {
  const { coverage } = report;
  return html`<section id="coverage" aria-labelledby="coverage-title"><h2 id="coverage-title">What was looked at</h2>
<p>${coverage.complete ? label("complete", "good") : label("incomplete", "unknown")} ${describeTargets(report)} ${coverage.complete ? "Everything could be read." : "Not everything could be seen."}</p>
<p>Judged by ${count(coverage.rules.length, "rule")}: ${coverage.rules.join(", ")}.</p>
${coverage.rulesOff.length === 0 ? null : html`<p>Switched off by the policy, so that nothing is said of them: ${coverage.rulesOff.join(", ")}.</p>`}
${renderGaps(coverage.gaps)}${renderTargets(report)}${renderReasons(report, reasons)}</section>`;
}

function renderGaps(gaps: readonly Gap[]): Html | null {
  if (gaps.length === 0) return null;
  return html`<h3>Could not be read</h3>
${byFailure(gaps).map((same) => {
  const [first] = same;
  if (first === undefined) return null;
  const advice = advise(first.action, first.code);
  const more = same.length - shownGaps;
  return html`<details class="place"><summary><strong>${describeFailure(first.action, first.code)}</strong> <span class="soft">${listScopes(same)}</span></summary>
<div class="database">${advice === null ? null : html`<p>→ ${advice}</p>`}<ul>${same.slice(0, shownGaps).map((gap) => html`<li>${describeScope(gap)}${gap.resource === null ? null : html` <code>${gap.resource}</code>`}: ${gap.message}</li>\n`)}</ul>${more > 0 ? html`<p>… and ${formatNumber(more)} more, which the JSON report has.</p>` : null}</div></details>
`;
})}`;
}

/** A row for each account, because accounts times Regions are too many. */
function renderTargets({ coverage }: Report): Html | null {
  if (coverage.targets.length === 0) return null;
  const rows = [...Map.groupBy(coverage.targets, ({ account }) => account)].map(([account, targets]) => [
    account,
    targets.flatMap(({ complete, region }) => (complete ? [region] : [])).join(", ") || "none",
    targets.flatMap(({ complete, region }) => (complete ? [] : [region])).join(", ") || "none",
    String(targets.reduce((sum, { databases }) => sum + databases, 0)),
    String(targets.reduce((sum, { calls }) => sum + calls, 0)),
  ]);
  return html`<details class="place"><summary><h3>Accounts and Regions</h3> <span class="soft">${count(rows.length, "account")}</span></summary>
${table("What was read of each account", ["Account", "Read in full", "Not read in full", "Databases", "API calls"], rows)}</details>
`;
}

function renderReasons({ databases }: Report, reasons: Readonly<Record<string, string>>): Html | null {
  const groups = byReason(databases);
  if (groups.length === 0) return null;
  const number = groups.reduce((sum, [, all]) => sum + all.length, 0);
  const rows = groups.map(([code, all]) => [code, String(all.length), reasons[code] ?? ""]);
  return html`<details class="place"><summary><h3>Not judged by design</h3> <span class="soft">${count(number, "database")}</span></summary>
${table("Why a database is not judged", ["Reason", "Databases", "What it means"], rows)}</details>
`;
}
