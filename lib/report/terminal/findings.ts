import type { Finding } from "../../model/finding.ts";
import type { Report } from "../../model/report.ts";
import { describeChangeCommands } from "../text/change-commands.ts";
import { count, countBySeverity, formatNumber } from "../text/count.ts";
import { describeEngine } from "../text/describe-database.ts";
import { describeExemptionEnd, severityLabel } from "../text/describe-finding.ts";
import type { Group } from "../text/group.ts";
import { type FindingsInScope, groupByCause, groupByDatabase, groupByScope } from "../text/group-findings.ts";
import { listFirst } from "../text/list-first.ts";
import { describeScope, listScopes } from "../text/scopes.ts";
import type { Layout } from "./layout.ts";
import { pad } from "./paragraph.ts";

/** Databases shown in full, in one account and Region and in all. */
const shownPerScope = 20;
const shownInAll = 100;
/** Lines for accounts and Regions of which no database is shown; the others are counted. */
const shownOtherScopes = 40;
/** Findings shown for each rule that could not interpret AWS's answer; the others are counted. */
const shownPerRule = 3;
/** Exempt findings listed; the exemptions that end later are counted. */
const shownExempt = 30;

/** Active violations by account and Region and by database, most severe first. One block for each account and Region. */
export function renderViolations(violations: readonly Finding[], report: Report, layout: Layout): string[] {
  if (violations.length === 0) return [];
  const { wrap, paint } = layout;
  const types = new Map(report.databases.map((database) => [database.arn, describeEngine(database)]));
  const others: FindingsInScope[] = [];
  const blocks: string[] = [];
  let left = shownInAll;
  for (const inScope of groupByScope(violations)) {
    const shown = inScope.databases.slice(0, Math.min(shownPerScope, left));
    left -= shown.length;
    if (shown.length === 0) others.push(inScope);
    else
      blocks.push(
        [
          wrap(`${paint.strong(inScope.scope)}  ${paint.faint(countBySeverity(inScope.findings))}`),
          shown.map((ofDatabase) => renderDatabase(ofDatabase, types, layout)).join("\n\n"),
          ...renderMore(inScope.databases.slice(shown.length).flat(), layout),
        ].join("\n"),
      );
  }
  if (others.length > 0) blocks.push(renderOtherScopes(others, layout));
  // A database in a template does not exist yet: nothing depends on it.
  if (violations.some(({ rule, location }) => rule === "master-password-managed" && location === undefined))
    blocks.push(wrap(paint.faint(consequences)));
  const commands = describeChangeCommands(violations);
  if (commands !== null) blocks.push(wrap(paint.faint(commands)));
  const [first, ...more] = blocks;
  return [`${paint.bad("VIOLATIONS")}\n${first}`, ...more];
}

/** Said once, because `explain` lists what applies to a database. */
const consequences =
  "Turning management on has consequences for clients, read replicas and blue/green deployments, and AWS charges for the secret. Before you do, run rds-password-audit explain DATABASE.";

function renderDatabase(findings: Group<Finding>, types: ReadonlyMap<string, string>, { wrap, paint }: Layout): string {
  const [{ resource }] = findings;
  const type = types.get(resource.arn) ?? resource.type;
  const lines = [wrap(`${paint.strong(resource.identifier)}  ${paint.faint(type)}`, "  ", 4)];
  const hang = " ".repeat(14);
  for (const { severity, message, rule, remediation, endedExemption, evidence } of findings) {
    const label = pad(paint.severity[severity](severity.toUpperCase()), 10);
    lines.push(wrap(`${message} ${paint.faint(`[${rule}]`)}`, `    ${label}`));
    if (endedExemption !== null)
      lines.push(wrap(`Was exempted by ${endedExemption.owner}: ${endedExemption.reason}`, hang));
    if (typeof evidence.exemptionIgnored === "string")
      lines.push(wrap(`Not exempt: ${evidence.exemptionIgnored}.`, hang));
    if (remediation !== "") lines.push(wrap(remediation, `${hang}→ `));
  }
  return lines.join("\n");
}

function renderMore(findings: readonly Finding[], { wrap, paint }: Layout): string[] {
  if (findings.length === 0) return [];
  const more = `… and ${count(groupByDatabase(findings).length, "more database")} (${countBySeverity(findings)})`;
  return [wrap(paint.faint(`${more}, see --format json`), "\n  ")];
}

function renderOtherScopes(scopes: readonly FindingsInScope[], { wrap, paint }: Layout): string {
  const countsOf = (all: readonly FindingsInScope[]) => {
    const databases = all.reduce((sum, { databases }) => sum + databases.length, 0);
    return `${countBySeverity(all.flatMap(({ findings }) => findings))} on ${count(databases, "database")}`;
  };
  const lines = listFirst(
    scopes,
    shownOtherScopes,
    (one) => wrap(paint.faint(countsOf([one])), `  ${one.scope}  `),
    (rest) => wrap(paint.faint(`… and ${formatNumber(rest.length)} more (${countsOf(rest)}), see --format json`), "  "),
  );
  return [paint.strong("Other accounts and Regions"), ...lines].join("\n");
}

/** Findings that could not be evaluated: one entry for each cause. */
export function renderNotEvaluated(findings: readonly Finding[], layout: Layout): string[] {
  if (findings.length === 0) return [];
  const entries = groupByCause(findings).flatMap((sameCause) => renderCause(sameCause, layout));
  return [[layout.paint.warn("COULD NOT BE EVALUATED"), ...entries].join("\n")];
}

function renderCause(findings: Group<Finding>, { wrap, paint }: Layout): string[] {
  const [{ rule, evidence }] = findings;
  const scopes = paint.faint(`(${listScopes(findings)})`);
  const counts = `${count(findings.length, "finding")} on ${count(groupByDatabase(findings).length, "database")}`;
  if (typeof evidence.notSeen === "string") return [wrap(`${counts}: ${evidence.notSeen} ${scopes}`, "  ", 4)];
  return listFirst(
    findings,
    shownPerRule,
    (finding) => {
      const message = `${finding.message} ${paint.faint(`[${finding.rule}] (${describeScope(finding)})`)}`;
      const remedy = finding.remediation === "" ? [] : [wrap(finding.remediation, "    → ")];
      return [wrap(message, "  ", 4), ...remedy].join("\n");
    },
    (rest) => wrap(`… and ${formatNumber(rest.length)} more of ${rule}, see --format json ${scopes}`, "  "),
  );
}

/** Exempt findings, each with the owner, the reason and the end of its exemption. */
export function renderExempt(findings: readonly Finding[], generatedAt: string, { wrap, paint }: Layout): string[] {
  if (findings.length === 0) return [];
  const entries = listFirst(
    findings,
    shownExempt,
    (finding) => {
      const { resource, rule, exemption } = finding;
      const end = describeExemptionEnd(exemption?.until ?? "", generatedAt);
      const head = `${paint.strong(resource.identifier)}  ${rule}, ${severityLabel(finding)}, ${end}.`;
      const scope = paint.faint(`(${describeScope(finding)})`);
      return wrap(`${head} ${exemption?.owner}: ${exemption?.reason} ${scope}`, "  ", 4);
    },
    (rest) => paint.faint(`  … and ${count(rest.length, "more exempt finding")}, see --format json`),
  );
  return [[paint.strong("EXEMPT"), ...entries].join("\n")];
}
