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

/** Renders the findings and databases of an account: gzipped lines of JSON, each with its kind as `record` and with `observedAt`. */
export function toRunFile({ observedAt, findings, databases }: Report): Uint8Array {
  const lines = [
    ...findings.map((finding) => ({ record: "finding", observedAt, ...finding })),
    ...databases.map((database) => ({ record: "database", observedAt, ...database })),
  ];
  return gzipSync(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
}

/** Leaves out the findings, databases and digest of a report. */
export function toRunSummary({ findings: _, databases: __, digest: ___, ...summary }: Report): ReportSummary {
  return summary;
}
