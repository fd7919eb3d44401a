import type { Exemption, Finding } from "../../model/finding.ts";
import type { Report } from "../../model/report.ts";
import { describeHours, hoursBetween } from "../../model/time.ts";
import { count, countBySeverity } from "../text/count.ts";
import { cut } from "../text/cut.ts";
import { describeEnd } from "../text/describe-end.ts";
import { describeEngine } from "../text/describe-engine.ts";
import { describeResource } from "../text/describe-resource.ts";
import { severityLabel } from "../text/describe-severity.ts";
import { byCause, byDatabase, byScope } from "../text/group-findings.ts";
import { describeScope, listScopes } from "../text/scopes.ts";
import { showEvidence } from "../text/show-evidence.ts";
import { type Html, html } from "./html.ts";
import { dayOf, labelOf, remediationOf, table } from "./parts.ts";

/** So many databases are shown with all that is wrong; the list of all databases has the others. */
const shownInFull = 1_000;
/** Accounts and Regions are unfolded from the worst on, as long as they have no more databases than these together. */
const unfolded = 20;
/** Of databases that could not be judged for the same reason, so many are named. */
const shownPerCause = 50;
/** Characters of one fact. */
const longestFact = 2_000;

/** What is wrong: by account and Region, and there by database, the worst first, with what to do. */
export function renderViolationsSection(findings: readonly Finding[], report: Report): Html {
  const known = new Map(report.databases.map((database) => [database.arn, database]));
  let shown = 0;
  const folds = byScope(findings).map(({ scope, findings, databases }, index) => {
    const inFull = databases.slice(0, Math.max(0, shownInFull - shown));
    shown += databases.length;
    const rest = databases.length - inFull.length;
    const summary = html`<summary><h3>${scope}</h3> <span class="soft">${countBySeverity(findings)} on ${count(databases.length, "database")}</span></summary>`;
    const content = html`${summary}
${inFull.map((ofDatabase) => renderDatabase(ofDatabase, known, report.generatedAt))}${rest > 0 ? html`<p class="database">… and ${count(rest, "more database")}, each with its findings in the <a href="#databases">list of all databases</a>.</p>` : null}`;
    return index === 0 || shown <= unfolded
      ? html`<details class="place" open>${content}</details>\n`
      : html`<details class="place">${content}</details>\n`;
  });
  const nothing = report.findings.some(({ exemption }) => exemption !== null)
    ? "Nothing active that was seen is wrong."
    : "Nothing that was seen is wrong.";
  return html`<section id="findings" aria-labelledby="findings-title"><h2 id="findings-title">What is wrong</h2>
${findings.length === 0 ? html`<p>${nothing}</p>` : html`<p class="soft hint">A click on a command marks it, so that it can be copied.</p>${folds}`}</section>`;
}

function renderDatabase(
  findings: readonly Finding[],
  databases: ReadonlyMap<string, Report["databases"][number]>,
  now: string,
): Html | null {
  const [first] = findings;
  if (first === undefined) return null;
  const { arn, identifier } = first.resource;
  const database = databases.get(arn);
  const what = database === undefined ? describeResource(first.resource) : describeEngine(database);
  return html`<article class="database"><h4>${identifier} <span class="soft">${what}</span></h4>
${findings.map((finding) => renderFinding(finding, now))}</article>
`;
}

function renderFinding(finding: Finding, now: string): Html {
  const { severity, status, message, rule, endedExemption, evidence, remediation, firstSeenAt } = finding;
  const ignored = evidence.exemptionIgnored;
  const age = hoursBetween(firstSeenAt, now);
  const since = age < 1 ? "new" : html`open since ${dayOf(firstSeenAt)}, ${describeHours(age)}`;
  return html`<div class="finding ${status === "INSUFFICIENT_DATA" ? "unknown" : severity}"><p>${labelOf(finding)} ${message}</p>
<p class="soft">${rule} · ${since}</p>${endedExemption === null ? null : html`<p>Exempted until ${endedExemption.until} by ${describeOwner(endedExemption)}</p>`}${typeof ignored === "string" ? html`<p>Not exempt: ${ignored}.</p>` : null}${remediationOf(remediation)}${renderEvidence(finding)}</div>
`;
}

function renderEvidence({ evidence, resource }: Finding): Html {
  const facts = Object.entries({ ARN: resource.arn, ...evidence });
  return html`<details><summary class="soft">Evidence</summary><dl>${facts.map(([name, value]) => html`<dt>${name}</dt><dd>${cut(showEvidence(value), longestFact)}</dd>`)}</dl></details>`;
}

function describeOwner({ owner, reason }: Exemption): string {
  return `${owner}: ${reason}`;
}

/** What could not be judged: one entry for each cause, however many verdicts hang on it. Nothing where there is none. */
export function renderNotJudgedSection(findings: readonly Finding[], report: Report): Html | null {
  if (findings.length === 0) return null;
  return html`<section id="not-judged" aria-labelledby="not-judged-title"><h2 id="not-judged-title">What could not be judged</h2>
<p>None of this counts as a pass.</p>
${byCause(findings).map((ofCause) => renderCause(ofCause, report.generatedAt))}</section>`;
}

function renderCause(findings: readonly Finding[], now: string): Html | null {
  const [first] = findings;
  if (first === undefined) return null;
  const { notSeen } = first.evidence;
  const databases = byDatabase(findings);
  const isShared = typeof notSeen === "string";
  return html`<details class="place"><summary><h3>${isShared ? notSeen : first.rule}</h3> <span class="soft">${count(findings.length, "verdict")} on ${count(databases.length, "database")} (${listScopes(findings)})</span></summary>
<div class="database">${
    isShared
      ? html`${remediationOf(first.remediation)}${renderList(databases.slice(0, shownPerCause).map(toBlindEntry))}`
      : databases
          .slice(0, shownPerCause)
          .map(([finding]) => (finding === undefined ? null : renderFinding(finding, now)))
  }${renderMore(databases.length - shownPerCause)}</div></details>
`;
}

/** A database that nothing more is to be said of than which rules could not judge it. */
function toBlindEntry(findings: readonly Finding[]): Html | null {
  const [first] = findings;
  if (first === undefined) return null;
  return html`<strong>${first.resource.identifier}</strong> <span class="soft">${describeScope(first)}</span>: ${findings.map(({ rule }) => rule).join(", ")}`;
}

function renderList(entries: readonly (Html | null)[]): Html {
  return html`<ul>${entries.map((entry) => html`<li>${entry}</li>\n`)}</ul>`;
}

function renderMore(databases: number): Html | null {
  if (databases <= 0) return null;
  return html`<p>… and ${count(databases, "more database")}, each in the <a href="#databases">list of all databases</a>.</p>`;
}

/** What is wrong and accepted for a time, by the day on which that ends. Nothing where there is none. */
export function renderExemptSection(findings: readonly Finding[], report: Report): Html | null {
  if (findings.length === 0) return null;
  const rows = findings.map((finding) => [
    html`${finding.resource.identifier} <span class="soft">${describeScope(finding)}</span>`,
    html`${finding.rule}, ${severityLabel(finding)}`,
    finding.exemption?.owner ?? "",
    finding.exemption?.reason ?? "",
    describeEnd(finding.exemption?.until ?? "", report.generatedAt),
  ]);
  return html`<section id="exempt" aria-labelledby="exempt-title"><h2 id="exempt-title">What is exempt</h2>
${table(`${count(findings.length, "finding")} that somebody accepted for a time; what ends first comes first`, ["Database", "Rule", "Owner", "Reason", "Ends"], rows)}</section>`;
}
