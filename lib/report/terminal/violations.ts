import type { Finding } from "../../model/finding.ts";
import type { Report } from "../../model/report.ts";
import { count, countBySeverity, formatNumber } from "../text/count.ts";
import { describeEngine } from "../text/describe-database.ts";
import { type FindingsInScope, groupByDatabase, groupByScope } from "../text/group-findings.ts";
import type { Layout } from "./layout.ts";
import { pad, paragraph } from "./paragraph.ts";

/** Databases shown in full, in one account and Region and in all. */
const shownPerScope = 20;
const shownInAll = 100;
/** Lines for accounts and Regions of which no database is shown; the others are counted. */
const shownOtherScopes = 40;

/** Active violations by account and Region and by database, most severe first. One block for each account and Region. */
export function renderViolations(violations: readonly Finding[], report: Report, layout: Layout): string[] {
  if (violations.length === 0) return [];
  const known = new Map(report.databases.map((database) => [database.arn, database]));
  const { width, paint } = layout;
  const others: FindingsInScope[] = [];
  const blocks: string[] = [];
  let left = shownInAll;
  for (const one of groupByScope(violations)) {
    const shown = one.databases.slice(0, Math.min(shownPerScope, left));
    left -= shown.length;
    if (shown.length === 0) others.push(one);
    else
      blocks.push(
        [
          paragraph(`${paint.strong(one.scope)}  ${paint.faint(countBySeverity(one.findings))}`, { width }),
          shown.map((ofDatabase) => renderDatabase(ofDatabase, known, layout)).join("\n\n"),
          ...renderMore(one.databases.slice(shown.length).flat(), layout),
        ].join("\n"),
      );
  }
  const [first, ...more] = others.length > 0 ? [...blocks, renderOtherScopes(others, layout)] : blocks;
  return [`${paint.bad("VIOLATIONS")}\n${first}`, ...more];
}

function renderDatabase(
  findings: readonly Finding[],
  databases: ReadonlyMap<string, Report["databases"][number]>,
  { width, paint }: Layout,
): string {
  const [{ resource } = { resource: null }] = findings;
  const database = databases.get(resource?.arn ?? "");
  const type = database === undefined ? (resource?.type ?? "") : describeEngine(database);
  const heading = paragraph(`${paint.strong(resource?.identifier ?? "")}  ${paint.faint(type)}`, {
    width,
    first: "  ",
    hang: 4,
  });
  return [heading, ...findings.map((finding) => renderFinding(finding, { width, paint }))].join("\n");
}

function renderFinding(finding: Finding, { width, paint }: Layout): string {
  const { severity, message, rule, remediation, endedExemption, evidence } = finding;
  const label = paint.severity[severity](severity.toUpperCase());
  const lines = [
    paragraph(`${message} ${paint.faint(`[${rule}]`)}`, {
      width,
      first: `    ${pad(label, 10)}`,
    }),
  ];
  const hang = " ".repeat(14);
  if (endedExemption !== null)
    lines.push(paragraph(`Was exempted by ${endedExemption.owner}: ${endedExemption.reason}`, { width, first: hang }));
  if (typeof evidence.exemptionIgnored === "string")
    lines.push(paragraph(`Not exempt: ${evidence.exemptionIgnored}.`, { width, first: hang }));
  if (remediation !== "") lines.push(paragraph(remediation, { width, first: `${hang}→ ` }));
  return lines.join("\n");
}

function renderMore(findings: readonly Finding[], { width, paint }: Layout): string[] {
  if (findings.length === 0) return [];
  const more = `… and ${count(groupByDatabase(findings).length, "more database")} (${countBySeverity(findings)})`;
  return [paragraph(paint.faint(`${more}, see --format json`), { width, first: "\n  " })];
}

function renderOtherScopes(scopes: readonly FindingsInScope[], { width, paint }: Layout): string {
  const countsOf = ({ findings, databases }: Omit<FindingsInScope, "scope">) =>
    `${countBySeverity(findings)} on ${count(databases.length, "database")}`;
  const lines = scopes
    .slice(0, shownOtherScopes)
    .map((one) => paragraph(paint.faint(countsOf(one)), { width, first: `  ${one.scope}  ` }));
  const rest = scopes.slice(shownOtherScopes);
  if (rest.length > 0) {
    const counts = countsOf({
      findings: rest.flatMap(({ findings }) => findings),
      databases: rest.flatMap(({ databases }) => databases),
    });
    const more = `… and ${formatNumber(rest.length)} more (${counts}), see --format json`;
    lines.push(paragraph(paint.faint(more), { width, first: "  " }));
  }
  return [paint.strong("Other accounts and Regions"), ...lines].join("\n");
}
