import type { Finding } from "../../model/finding.ts";
import type { Report } from "../../model/report.ts";
import { describeHours, hoursBetween } from "../../model/time.ts";
import { describeChangeCommands } from "../text/change-commands.ts";
import { count, countBySeverity } from "../text/count.ts";
import { describeEngine, describeResource } from "../text/describe-database.ts";
import { describeEvidence, describeExemptionEnd, severityLabel } from "../text/describe-finding.ts";
import type { Group } from "../text/group.ts";
import { groupByCause, groupByDatabase, groupByScope } from "../text/group-findings.ts";
import { describeScope, listScopes } from "../text/scopes.ts";
import { truncate } from "../text/truncate.ts";
import { dayOf, fold, labelOf, remediationOf, table } from "./components.ts";
import { toConsoleLink } from "./console-link.ts";
import { type Html, html } from "./html.ts";
import { ruleLink } from "./rules-section.ts";
import { maxEvidence } from "./table-rows.ts";

/** The first account and Region is open, and the next ones while all of them together have at most this many databases. */
const databasesInOpenScopes = 20;
/** Databases named for each cause of findings that could not be evaluated. */
const shownPerCause = 50;

/** Active violations by account and Region and by database, most severe first, with what to do. */
export function renderViolationsSection(violations: readonly Finding[], report: Report): Html {
  const types = new Map(report.databases.map((database) => [database.arn, describeEngine(database)]));
  let shown = 0;
  const folds = groupByScope(violations).map(({ scope, findings, databases }, index) => {
    shown += databases.length;
    return fold(
      html`<h3>${scope}</h3>`,
      `${countBySeverity(findings)} on ${count(databases.length, "database")}`,
      html`${databases.map((ofDatabase) => renderDatabase(ofDatabase, types, report))}`,
      { open: index === 0 || shown <= databasesInOpenScopes },
    );
  });
  const hasExemptions = report.findings.some(({ exemption }) => exemption !== null);
  return html`<section id="findings" aria-labelledby="findings-title"><h2 id="findings-title">Violations</h2>
${violations.length === 0 ? html`<p>No ${hasExemptions ? "active " : ""}violations found.</p>` : html`<p class="muted hint">Click a command to select it. ${describeChangeCommands(violations)}</p>${folds}`}</section>`;
}

function renderDatabase(findings: Group<Finding>, types: ReadonlyMap<string, string>, report: Report): Html {
  const [{ resource, region }] = findings;
  return html`<article class="database"><h4>${renderName(resource, region)} <span class="muted">${types.get(resource.arn) ?? describeResource(resource)}</span></h4>
${findings.map((finding) => renderFinding(finding, report))}</article>
`;
}

/** The name of a database, as a link to its page in the RDS console. */
function renderName(resource: Finding["resource"], region: string): Html | string {
  const link = toConsoleLink(resource, region);
  return link === null ? resource.identifier : html`<a href="${link}" rel="noreferrer">${resource.identifier}</a>`;
}

function renderFinding(finding: Finding, { generatedAt, hasHistory }: Report): Html {
  const { severity, status, message, rule, endedExemption: ended, evidence, remediation, firstSeenAt } = finding;
  const ignored = evidence.exemptionIgnored;
  const age = hoursBetween(firstSeenAt, generatedAt);
  const since = age < 1 ? "new" : html`open since ${dayOf(firstSeenAt)}, ${describeHours(age)}`;
  return html`<div class="finding ${status === "INSUFFICIENT_DATA" ? "unknown" : severity}"><p>${labelOf(finding)} ${message}</p>
<p class="muted">${ruleLink(rule)}${hasHistory ? html` · ${since}` : null}</p>${ended === null ? null : html`<p>Was exempted by ${ended.owner} until ${ended.until}: ${ended.reason}</p>`}${typeof ignored === "string" ? html`<p>Not exempt: ${ignored}.</p>` : null}${remediationOf(remediation)}${renderEvidence(finding)}</div>
`;
}

function renderEvidence({ evidence, resource }: Finding): Html {
  const entries = Object.entries({ ARN: resource.arn, ...evidence });
  return html`<details><summary class="muted">Evidence</summary><dl>${entries.map(([name, value]) => html`<dt>${name}</dt><dd>${truncate(describeEvidence(value), maxEvidence)}</dd>`)}</dl></details>`;
}

/** Findings that could not be evaluated: one entry for each cause. Null if there are none. */
export function renderNotEvaluatedSection(findings: readonly Finding[], report: Report): Html | null {
  if (findings.length === 0) return null;
  return html`<section id="not-evaluated" aria-labelledby="not-evaluated-title"><h2 id="not-evaluated-title">Could not be evaluated</h2>
<p>None of this counts as a pass.</p>
${groupByCause(findings).map((sameCause) => renderCause(sameCause, report))}</section>`;
}

function renderCause(findings: Group<Finding>, report: Report): Html {
  const [{ rule, remediation, evidence }] = findings;
  const { notSeen } = evidence;
  const databases = groupByDatabase(findings);
  const isShared = typeof notSeen === "string";
  const shown = databases.slice(0, shownPerCause);
  return fold(
    html`<h3>${isShared ? notSeen : rule}</h3>`,
    `${count(findings.length, "finding")} on ${count(databases.length, "database")} (${listScopes(findings)})`,
    html`<div class="database">${
      isShared
        ? html`${remediationOf(remediation)}<ul>${shown.map(toListItem)}</ul>`
        : shown.flat().map((finding) => renderFinding(finding, report))
    }</div>${renderMore(databases.length - shown.length)}`,
  );
}

/** A database and the rules that could not evaluate it. */
function toListItem(findings: Group<Finding>): Html {
  const [first] = findings;
  return html`<li><strong>${first.resource.identifier}</strong> <span class="muted">${describeScope(first)}</span>: ${findings.map(({ rule }) => rule).join(", ")}</li>\n`;
}

function renderMore(databases: number): Html | null {
  if (databases <= 0) return null;
  return html`<p class="database">… and ${count(databases, "more database")} with findings, see <a href="#databases">Databases</a>.</p>`;
}

/** Exempt findings; the exemption that ends first comes first. Null if there are none. */
export function renderExemptSection(findings: readonly Finding[], report: Report): Html | null {
  if (findings.length === 0) return null;
  const rows = findings.map((finding) => [
    html`${finding.resource.identifier} <span class="muted">${describeScope(finding)}</span>`,
    html`${ruleLink(finding.rule)}, ${severityLabel(finding)}`,
    finding.exemption?.owner ?? "",
    finding.exemption?.reason ?? "",
    describeExemptionEnd(finding.exemption?.until ?? "", report.generatedAt),
  ]);
  return html`<section id="exempt" aria-labelledby="exempt-title"><h2 id="exempt-title">Exempt</h2>
${table(`${count(findings.length, "exempt finding")}, by end date`, ["Database", "Finding", "Owner", "Reason", "Ends"], rows)}</section>`;
}
