import { type Finding, severities } from "../model/finding.ts";
import type { Report } from "../model/report.ts";
import { count, countBySeverity, groupBy } from "./count.ts";
import { describeEngine } from "./describe-engine.ts";
import { paragraph } from "./paragraph.ts";
import { describePlace } from "./places.ts";
import type { Sheet } from "./sheet.ts";

/** A terminal scrolls: so many databases of one account and Region, and so many in all, are shown in full. */
const shownPerPlace = 20;
const shownInAll = 100;
/** Accounts and Regions that are only counted get a line each, up to so many. */
const linesForTheRest = 40;

/** What is wrong: by account and Region, and there by database, everywhere the worst first. One text block a place. */
export function renderWrong(findings: readonly Finding[], report: Report, sheet: Sheet): string[] {
  const databases = new Map(report.databases.map((database) => [database.arn, database]));
  const places = [...groupBy(findings, describePlace)].sort(([, a], [, b]) => compareWorst(a, b));
  const blocks: string[] = [];
  let left = shownInAll;
  while (left > 0 && places.length > 0) {
    const [place = "", ofPlace = []] = places.shift() ?? [];
    const byDatabase = [...groupBy(ofPlace, ({ resource }) => resource.arn).values()].sort(compareWorst);
    const shown = byDatabase.slice(0, Math.min(shownPerPlace, left));
    left -= shown.length;
    blocks.push(
      [
        `${sheet.paint.strong(place)}  ${sheet.paint.faint(countBySeverity(ofPlace))}`,
        shown.map((ofDatabase) => renderDatabase(ofDatabase, databases, sheet)).join("\n\n"),
        ...renderMore(byDatabase.slice(shown.length).flat(), "\n  ", sheet),
      ].join("\n"),
    );
  }
  if (places.length > 0) blocks.push(renderRest(places, sheet));
  return blocks;
}

function renderDatabase(
  findings: readonly Finding[],
  databases: ReadonlyMap<string, Report["databases"][number]>,
  { width, paint }: Sheet,
): string {
  const [{ resource } = { resource: null }] = findings;
  const database = databases.get(resource?.arn ?? "");
  const what = database === undefined ? (resource?.type ?? "") : describeEngine(database);
  const heading = `  ${paint.strong(resource?.identifier ?? "")}  ${paint.faint(what)}`;
  return [heading, ...bySeverity(findings).map((finding) => renderFinding(finding, { width, paint }))].join("\n");
}

function renderFinding(finding: Finding, { width, paint }: Sheet): string {
  const { severity, message, rule, remediation, endedExemption, evidence } = finding;
  const label = paint.severity[severity](severity.toUpperCase());
  const lines = [
    paragraph(`${message} ${paint.faint(`[${rule}]`)}`, {
      width,
      first: `    ${label}${" ".repeat(10 - severity.length)}`,
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

function renderMore(findings: readonly Finding[], indent: string, { paint }: Sheet): string[] {
  if (findings.length === 0) return [];
  const databases = new Set(findings.map(({ resource }) => resource.arn)).size;
  const more = `… and ${count(databases, "more database")} (${countBySeverity(findings)}); --format json has all`;
  return [`${indent}${paint.faint(more)}`];
}

function renderRest(places: readonly (readonly [string, readonly Finding[]])[], sheet: Sheet): string {
  const lines = places.slice(0, linesForTheRest).map(([place, findings]) => {
    const databases = new Set(findings.map(({ resource }) => resource.arn)).size;
    return `  ${place}  ${sheet.paint.faint(`${countBySeverity(findings)} on ${count(databases, "database")}`)}`;
  });
  const rest = places.slice(linesForTheRest);
  const more = renderMore(
    rest.flatMap(([, findings]) => findings),
    `  ${count(rest.length, "more place")}: `,
    sheet,
  );
  return [sheet.paint.strong("Elsewhere"), ...lines, ...more].join("\n");
}

/** The worst first; equals stay in their order. */
export function bySeverity(findings: readonly Finding[]): Finding[] {
  return findings.toSorted((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity));
}

/** More of the worst comes first, then more of the next; equals stay in the report's order, by ARN. */
export function compareWorst(a: readonly Finding[], b: readonly Finding[]): number {
  for (const severity of severities) {
    const [inA = 0, inB = 0] = [a, b].map((all) => all.filter((finding) => finding.severity === severity).length);
    if (inA !== inB) return inB - inA;
  }
  return 0;
}
