import { compareText } from "../model/compare-text.ts";
import { type Finding, isAtLeast, type Severity } from "../model/finding.ts";
import { matchesGlob } from "../model/glob.ts";
import type { Report } from "../model/report.ts";

/** What to show of a report. Entries of one list are alternatives; all filters that are given must match. */
export type ReportFilters = {
  /** This severity and above. */
  readonly severity?: Severity;
  readonly rules?: readonly string[];
  /** Identifiers, as globs, or ARNs. */
  readonly databases?: readonly string[];
  /** `key=value`, or `key` for any value. */
  readonly tags?: readonly string[];
};

/**
 * Limits a report to what matches the filters, and records what they leave out. The counts stay those of the whole report, and the report is not
 * clean: what is left out is not known to be fine. Without filters, returns the report unchanged.
 */
export function narrowReport(report: Report, filters: ReportFilters): Report {
  const described = describeFilters(filters);
  if (described.length === 0) return report;
  const { severity, rules } = filters;
  const databases = report.databases.filter((database) => isShown(database, filters));
  const shown = new Set(databases.map(({ arn }) => arn));
  const isKept = (finding: Finding) =>
    shown.has(finding.resource.arn) &&
    (severity === undefined || isAtLeast(finding.severity, severity)) &&
    (rules === undefined || rules.includes(finding.rule));
  const findings = report.findings.filter(isKept);
  return {
    ...report,
    clean: false,
    narrowedBy: {
      filters: described,
      findingsLeftOut: report.findings.length - findings.length,
      databasesLeftOut: report.databases.length - databases.length,
    },
    databases,
    findings,
  };
}

function isShown(database: Report["databases"][number], { databases, tags }: ReportFilters): boolean {
  const { identifier, arn } = database;
  if (databases !== undefined && !databases.some((name) => name === arn || matchesGlob(identifier, name))) return false;
  return tags === undefined || tags.some((tag) => hasTag(database.tags, tag));
}

function hasTag(tags: Readonly<Record<string, string>>, tag: string): boolean {
  const end = tag.indexOf("=");
  return end === -1 ? tags[tag] !== undefined : tags[tag.slice(0, end)] === tag.slice(end + 1);
}

function describeFilters({ severity, rules = [], databases = [], tags = [] }: ReportFilters): string[] {
  const list = (noun: string, names: readonly string[]) =>
    names.length === 0 ? [] : [`${noun} ${names.toSorted(compareText).join(" or ")}`];
  return [
    ...(severity === undefined
      ? []
      : [severity === "critical" ? "severity critical" : `severity ${severity} or above`]),
    ...list("rule", rules),
    ...list("database", databases),
    ...list("tag", tags),
  ];
}
