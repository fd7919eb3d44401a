import type { Finding } from "../model/finding.ts";
import type { DatabaseState } from "../model/history.ts";
import type { Report } from "../model/report.ts";
import { type Comparison, compareReports, hidesDatabases } from "./compare-reports.ts";

/**
 * Compares a report with the findings that were open in earlier runs. A run may audit other accounts, Regions and rules than the one
 * before: what it did not audit stays open and is no change.
 */
export function compareRuns(known: readonly Finding[], report: Report): Comparison {
  const { changes, known: open } = compareReports(known, report);
  const notAudited = changes.filter(({ reason }) => reason === "not-audited").map(({ finding }) => finding);
  return { changes: changes.filter(({ reason }) => reason !== "not-audited"), known: [...open, ...notAudited] };
}

/** Violations of a report that a baseline does not have, or has as less severe or exempt. */
export function findNew(baseline: Report, report: Report): readonly Finding[] {
  const reasons = new Set(["new", "worse", "exemption-ended"]);
  return compareReports(baseline.findings, report)
    .changes.filter(({ reason }) => reasons.has(reason))
    .map(({ finding }) => finding);
}

/** The state of a database, as a history remembers it. */
export function toDatabaseState(database: Report["databases"][number]): DatabaseState {
  const { management, reason, status, engineVersion, masterUserSecret } = database;
  return {
    management,
    reason,
    status,
    engineVersion,
    secretStatus: masterUserSecret?.status ?? null,
    kmsKeyId: masterUserSecret?.kmsKeyId ?? null,
  };
}

/** True for a database of an earlier run that is gone: its account and Region were read completely, and it is not among the databases. */
export function createGonePredicate({
  coverage,
  databases,
}: Report): (database: { arn: string; account: string; region: string }) => boolean {
  const scopeOf = ({ account, region }: { account: string; region: string }) => `${account} ${region}`;
  const present = new Set(databases.map(({ arn }) => arn));
  const broken = new Set(coverage.gaps.filter(hidesDatabases).map(scopeOf));
  const read = new Set(coverage.targets.map(scopeOf).filter((scope) => !broken.has(scope)));
  return (database) => read.has(scopeOf(database)) && !present.has(database.arn);
}
