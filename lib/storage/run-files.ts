import { gzipSync } from "node:zlib";
import type { Report, ReportSummary } from "../model/report.ts";

/** The day of a run, in UTC: of the time when AWS was read. */
export function dayOf({ observedAt }: Pick<Report, "observedAt">): string {
  return new Date(observedAt).toISOString().slice(0, 10);
}

/**
 * The objects of a run: a file of findings and databases for each account, one summary, and for an organization the accounts that were expected. Queries over a folder of Amazon S3 skip names
 * that start with an underscore.
 */
export const runKeys = {
  account: (day: string, account: string) => `runs/day=${day}/account=${account}.ndjson.gz`,
  summary: (day: string) => `runs/day=${day}/_summary.json`,
  expected: (day: string) => `runs/day=${day}/_expected.json`,
};

/**
 * Renders what an account's run saw: gzipped lines of JSON, each with its kind as `record` and with `observedAt`. A line for each account and
 * Region says whether it was seen completely, so that a query can tell an empty Region from one that was not read. The lines of findings and
 * databases have the same `arn` and `identifier`. Evidence is JSON text, because its fields differ from rule to rule.
 */
export function toRunFile({ observedAt, findings, databases, coverage }: Report): Uint8Array {
  const lines = [
    ...coverage.targets.map(({ account, region, complete }) => ({
      record: "target",
      observedAt,
      account,
      region,
      complete,
    })),
    ...findings.map(({ resource, evidence, ...finding }) => {
      return { record: "finding", observedAt, ...resource, ...finding, evidence: JSON.stringify(evidence) };
    }),
    ...databases.map((database) => ({ record: "database", observedAt, ...database })),
  ];
  return gzipSync(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
}

/** Leaves out the findings, databases and digest of a report. */
export function toRunSummary({ findings: _, databases: __, digest: ___, ...summary }: Report): ReportSummary {
  return summary;
}

/** The days before a day, oldest first. */
export function daysBefore(day: string, count: number): readonly string[] {
  const end = Date.parse(day);
  return Array.from({ length: count }, (_, index) =>
    new Date(end - (count - index) * 24 * 60 * 60 * 1000).toISOString().slice(0, 10),
  );
}
