import type { OrganizationSummary, Report } from "../model/report.ts";
import { runKeys, toRunFile } from "../storage/run-files.ts";
import { expectedAccountsFileOf, lastRunFile, ledgerFileOf } from "../storage/stored-file.ts";
import { openLedger } from "./create-store.ts";
import { type BucketOptions, gzip, json, openBucket } from "./open-bucket.ts";
import { createLatestWriter } from "./write-as-latest.ts";

/**
 * Stores the runs over an organization in an S3 bucket: `organization-run.json`, the last run; and for each day
 * `runs/day=2026-11-24/_expected.json`, `account=111111111111.ndjson.gz` and `_summary.json`.
 */
export function createRunStore(options: BucketOptions) {
  const bucket = openBucket(options);
  const writeAsLatest = createLatestWriter(bucket, options);

  return {
    lastRun: bucket.stored(lastRunFile),
    expectedOf: (day: string) => bucket.stored(expectedAccountsFileOf(day)),
    ledgerOf: (account: string) => bucket.stored(ledgerFileOf(account)),

    async writeSummary(day: string, summary: OrganizationSummary): Promise<string> {
      const key = runKeys.summary(day);
      await writeAsLatest({ key, body: `${JSON.stringify(summary)}\n`, type: json }, summary.generatedAt);
      return bucket.link(key);
    },

    /** The ledger of an account, and its file in the run of a day. */
    accountStore: (account: string, day: string) => ({
      ledger: openLedger(bucket, account),
      /** Returns a link to the summary, which the end of the run writes. */
      async writeReport(report: Report): Promise<string> {
        const file = { key: runKeys.account(day, account), body: toRunFile(report), type: gzip };
        await writeAsLatest(file, report.generatedAt);
        return bucket.link(runKeys.summary(day));
      },
    }),
  };
}
