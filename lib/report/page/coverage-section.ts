import type { Report } from "../../model/report.ts";
import { count, formatNumber } from "../text/count.ts";
import {
  describeNotSeen,
  describeOrphanedSecret,
  describeTargets,
  groupByFailure,
  groupByReason,
  listOrphanedSecrets,
  orphanAdvice,
} from "../text/describe-coverage.ts";
import { describeRequest } from "../text/describe-request.ts";
import { groupBy } from "../text/group.ts";
import { listFirst } from "../text/list-first.ts";
import { describeScope, listScopes } from "../text/scopes.ts";
import { fold, label, table } from "./components.ts";
import { type Html, html } from "./html.ts";

/** Gaps listed for each kind of failure; the others are counted. */
const shownGaps = 100;

/** Secrets listed for each account and Region; the others are counted. */
const shownSecrets = 10;

/** What the audit covered, which rules it evaluated, and what it could not read. */
export function renderCoverageSection(report: Report, reasons: Readonly<Record<string, string>>): Html {
  const { coverage } = report;
  return html`<section id="coverage" aria-labelledby="coverage-title"><h2 id="coverage-title">Coverage</h2>
<p>${coverage.complete ? label("complete", "good") : label("incomplete", "unknown")} ${describeTargets(report)}</p>
<p>${count(coverage.rules.length, "rule")} evaluated: ${coverage.rules.join(", ") || "none"}.</p>
${coverage.rulesOff.length === 0 ? null : html`<p>Turned off by the policy: ${coverage.rulesOff.join(", ")}.</p>`}
${renderNotSeen(report)}${renderGaps(coverage)}${renderRules(report)}${renderTargets(report)}${renderReasons(report, reasons)}${renderOrphans(report)}${renderRequest(report)}</section>`;
}

/** Who asked, with which command and policy, and what is not shown. */
function renderRequest(report: Report): Html {
  return html`<h3>About this report</h3>
<dl>${describeRequest(report).map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>\n`)}</dl>`;
}

/** The accounts and Regions that were not seen, by outcome and reason. */
function renderNotSeen(report: Report): Html | null {
  const described = describeNotSeen(report);
  if (described === null) return null;
  const rows = described.groups.flatMap(({ label, reasons }) =>
    reasons.map(({ reason, names }) => [
      label,
      listFirst(
        names,
        shownGaps,
        (name) => name,
        (rest) => `and ${formatNumber(rest.length)} more in the JSON report`,
      ).join(", "),
      reason,
    ]),
  );
  return html`<p>${described.sentence}</p>${fold(html`<h3>Not seen</h3>`, count(rows.length, "reason"), table("Accounts and Regions that were not seen", ["Outcome", "Accounts and Regions", "Reason"], rows))}`;
}

function renderOrphans(report: Report): Html | null {
  const { number, scopes } = listOrphanedSecrets(report);
  if (number === 0) return null;
  const rows = scopes.map(({ scope, orphanedSecrets }) => [
    scope,
    listFirst(
      orphanedSecrets,
      shownSecrets,
      describeOrphanedSecret,
      (rest) => `and ${formatNumber(rest.length)} more in the JSON report`,
    ).join("; "),
  ]);
  return fold(
    html`<h3>Secrets of RDS that no database names</h3>`,
    count(number, "secret"),
    html`<div class="database"><p>→ ${orphanAdvice}</p></div>${table("Secrets of RDS that no database names", ["Account and Region", "Secrets"], rows)}`,
  );
}

function renderGaps({ gaps }: Report["coverage"]): Html | null {
  if (gaps.length === 0) return null;
  return html`<h3>Gaps</h3>
${groupByFailure(gaps).map(({ failure, advice, gaps }) =>
  fold(
    html`<strong>${failure}</strong>`,
    listScopes(gaps),
    html`<div class="database">${advice === null ? null : html`<p>→ ${advice}</p>`}<ul>${gaps.slice(0, shownGaps).map((gap) => html`<li>${describeScope(gap)}${gap.resource === null ? null : html` <code>${gap.resource}</code>`}: ${gap.message}</li>\n`)}</ul>${gaps.length > shownGaps ? html`<p>… and ${formatNumber(gaps.length - shownGaps)} more in the JSON report.</p>` : null}</div>`,
  ),
)}`;
}

/** The number of findings of each rule that was evaluated. */
function renderRules({ byRule }: Report): Html | null {
  const rows = Object.entries(byRule).map(([rule, { violations, exempt, insufficientData }]) => [
    rule,
    ...[violations, insufficientData, exempt].map(formatNumber),
  ]);
  if (rows.length === 0) return null;
  return fold(
    html`<h3>Findings by rule</h3>`,
    count(rows.length, "rule"),
    table("Findings by rule", ["Rule", "Violations", "Not evaluated", "Exempt"], rows),
  );
}

/** One row for each account: a row for each account and Region would be too many. */
function renderTargets({ coverage }: Report): Html | null {
  if (coverage.targets.length === 0) return null;
  const rows = groupBy(coverage.targets, ({ account }) => account).map(([account, targets]) => [
    account,
    targets.flatMap(({ complete, region }) => (complete ? [region] : [])).join(", ") || "none",
    targets.flatMap(({ complete, region }) => (complete ? [] : [region])).join(", ") || "none",
    String(targets.reduce((sum, { databases }) => sum + databases, 0)),
    String(targets.reduce((sum, { calls }) => sum + calls, 0)),
  ]);
  return fold(
    html`<h3>Accounts and Regions</h3>`,
    count(rows.length, "account"),
    table("Coverage by account", ["Account", "Complete", "Incomplete", "Databases", "API calls"], rows),
  );
}

function renderReasons(report: Report, reasons: Readonly<Record<string, string>>): Html | null {
  const { number, groups } = groupByReason(report);
  if (number === 0) return null;
  const rows = groups.map(([code, all]) => [code, String(all.length), reasons[code] ?? ""]);
  return fold(
    html`<h3>Without a master password that RDS can manage</h3>`,
    count(number, "database"),
    table("Databases without a master password that RDS can manage", ["Reason", "Databases", "Description"], rows),
  );
}
