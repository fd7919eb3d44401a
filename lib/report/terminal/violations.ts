import type { Finding } from "../../model/finding.ts";
import type { Report } from "../../model/report.ts";
import { count, countBySeverity } from "../text/count.ts";
import { describeEngine } from "../text/describe-engine.ts";
import { byDatabase, byScope, type ViolationScope } from "../text/group-findings.ts";
import type { Layout } from "./layout.ts";
import { pad, paragraph } from "./paragraph.ts";

/** A terminal scrolls: so many databases of one account and Region, and so many in all, are shown in full. */
const shownPerScope = 20;
const shownInAll = 100;
/** Accounts and Regions that are only counted get a line each, up to so many. */
const linesForTheRest = 40;

/** What is wrong: by account and Region, and there by database, everywhere the worst first. One text block a place. */
export function renderViolations(findings: readonly Finding[], report: Report, layout: Layout): string[] {
  const known = new Map(report.databases.map((database) => [database.arn, database]));
  const { width, paint } = layout;
  const elsewhere: ViolationScope[] = [];
  const blocks: string[] = [];
  let left = shownInAll;
  for (const one of byScope(findings)) {
    const shown = one.databases.slice(0, Math.min(shownPerScope, left));
    left -= shown.length;
    if (shown.length === 0) elsewhere.push(one);
    else
      blocks.push(
        [
          paragraph(`${paint.strong(one.scope)}  ${paint.faint(countBySeverity(one.findings))}`, { width }),
          shown.map((ofDatabase) => renderDatabase(ofDatabase, known, layout)).join("\n\n"),
          ...renderMore(one.databases.slice(shown.length).flat(), "\n  ", layout),
        ].join("\n"),
      );
  }
  return elsewhere.length > 0 ? [...blocks, renderElsewhere(elsewhere, layout)] : blocks;
}

function renderDatabase(
  findings: readonly Finding[],
  databases: ReadonlyMap<string, Report["databases"][number]>,
  { width, paint }: Layout,
): string {
  const [{ resource } = { resource: null }] = findings;
  const database = databases.get(resource?.arn ?? "");
  const what = database === undefined ? (resource?.type ?? "") : describeEngine(database);
  const heading = paragraph(`${paint.strong(resource?.identifier ?? "")}  ${paint.faint(what)}`, {
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
    lines.push(
      paragraph(`Exempted until then by ${endedExemption.owner}: ${endedExemption.reason}`, { width, first: hang }),
    );
  if (typeof evidence.exemptionIgnored === "string")
    lines.push(paragraph(`Not exempt: ${evidence.exemptionIgnored}.`, { width, first: hang }));
  if (remediation !== "") lines.push(paragraph(remediation, { width, first: `${hang}→ ` }));
  return lines.join("\n");
}

function renderMore(findings: readonly Finding[], indent: string, { width, paint }: Layout): string[] {
  if (findings.length === 0) return [];
  const databases = count(byDatabase(findings).length, "more database");
  const more = `… and ${databases} (${countBySeverity(findings)}); --format json has all`;
  return [paragraph(paint.faint(more), { width, first: indent })];
}

function renderElsewhere(scopes: readonly ViolationScope[], layout: Layout): string {
  const { width, paint } = layout;
  const lines = scopes.slice(0, linesForTheRest).map(({ scope, findings, databases }) => {
    const counts = `${countBySeverity(findings)} on ${count(databases.length, "database")}`;
    return paragraph(paint.faint(counts), { width, first: `  ${scope}  ` });
  });
  const rest = scopes.slice(linesForTheRest);
  const more = renderMore(
    rest.flatMap(({ findings }) => findings),
    `  ${count(rest.length, "more place")}: `,
    layout,
  );
  return [paint.strong("Elsewhere"), ...lines, ...more].join("\n");
}
