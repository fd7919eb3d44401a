import type { Run } from "../model/history.ts";
import type { Report } from "../model/report.ts";
import { migrateLedger } from "../storage/migrate-ledger.ts";
import { dayOf, daysBefore, runKeys, toRunFile, toRunSummary } from "../storage/run-files.ts";
import { summaryFileOf, toRun } from "../storage/run-summary.ts";
import { earlierLedgerFile, ledgerFileOf } from "../storage/stored-file.ts";
import { type BucketOptions, gzip, json, type OpenBucket, openBucket } from "./open-bucket.ts";
import { createLatestWriter } from "./write-as-latest.ts";

export type StoreOptions = BucketOptions & {
  /** The audited account. */
  readonly account: string;
  /** Renders the report as HTML, with the trend of the last days. */
  readonly toPage: (report: Report, trend: StoredTrend) => string | Promise<string>;
};

/** The runs of the last days, oldest first and this one last, and the days whose run could not be read. */
export type StoredTrend = { readonly runs: readonly Run[]; readonly unreadDays: readonly string[] };

const html = "text/html; charset=utf-8";

/** Days before the report that its page charts. Each costs one read. */
const trendDays = 29;

/** Names to try for reports of the same instant. */
const attempts = 8;

/**
 * Stores the ledger and the reports of an account in an S3 bucket: `ledgers/account=111111111111.json`, `latest.json` and `latest.html`, which
 * change; `reports/2026/11/24/2026-11-24T12-00-00.000Z-1.json` and `.html`, which never change; and the day's last run,
 * `runs/day=2026-11-24/account=111111111111.ndjson.gz` and its summary.
 */
export function createStore({ toPage, account, ...options }: StoreOptions) {
  const bucket = openBucket(options);
  const writeAsLatest = createLatestWriter(bucket, options);

  /** Writes under the first name that is not taken. */
  async function writeAsNew(body: string, toKey: (serial: number) => string): Promise<string> {
    for (let serial = 1; serial <= attempts; serial += 1) {
      const key = toKey(serial);
      if (await bucket.write({ key, body, type: json }, { IfNoneMatch: "*" })) return key;
    }
    throw new Error(`${bucket.location(toKey(1))} and the next ${attempts - 1} names are taken`);
  }

  /** Reads the summaries of the days before. One that cannot be read must not cost the report its page: the page names the day. */
  async function readTrend(report: Report): Promise<StoredTrend> {
    const days = await Promise.all(
      daysBefore(dayOf(report), trendDays).map(async (day) => {
        const found = await bucket
          .stored(summaryFileOf(day))
          .read()
          .catch(() => undefined);
        return { day, summary: found?.value };
      }),
    );
    return {
      runs: [...days.flatMap(({ summary }) => (summary ? [toRun(summary)] : [])), toRun(report)],
      unreadDays: days.flatMap(({ day, summary }) => (summary === undefined ? [day] : [])),
    };
  }

  return {
    ledger: openLedger(bucket, account),

    /** Stores a report permanently, and as the latest and as the day's run unless a later one is stored. Returns a link to its page. */
    async writeReport(report: Report): Promise<string> {
      const generatedAt = new Date(report.generatedAt).toISOString();
      const body = `${JSON.stringify(report)}\n`;
      // Sorts by time, and has no colons, which some file systems refuse.
      const name = `reports/${generatedAt.slice(0, 10).replaceAll("-", "/")}/${generatedAt.replaceAll(":", "-")}`;
      const key = await writeAsNew(body, (serial) => `${name}-${serial}.json`);
      const page = await toPage(report, await readTrend(report));
      const day = dayOf(report);
      const summary = `${JSON.stringify(toRunSummary(report))}\n`;
      const pageKey = key.replace(/\.json$/, ".html");
      await Promise.all([
        bucket.write({ key: pageKey, body: page, type: html }, { IfNoneMatch: "*" }),
        writeAsLatest({ key: "latest.json", body, type: json }, generatedAt),
        writeAsLatest({ key: "latest.html", body: page, type: html }, generatedAt),
        writeAsLatest({ key: runKeys.account(day, account), body: toRunFile(report), type: gzip }, generatedAt),
        writeAsLatest({ key: runKeys.summary(day), body: summary, type: json }, generatedAt),
      ]);
      return bucket.link(pageKey);
    },
  };
}

/** The ledger of an account, which starts from the one of an earlier version. */
export function openLedger(bucket: OpenBucket, account: string) {
  return migrateLedger(bucket.stored(ledgerFileOf(account)), bucket.stored(earlierLedgerFile), account);
}
