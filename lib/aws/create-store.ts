import type { Report } from "../model/report.ts";
import { migrateLedger } from "../storage/migrate-ledger.ts";
import { dayOf, runKeys, toRunFile, toRunSummary } from "../storage/run-files.ts";
import { earlierLedgerFile, ledgerFileOf } from "../storage/stored-file.ts";
import { type Stored, updateStored } from "../storage/update-stored.ts";
import { type BucketOptions, json, openBucket, toCondition } from "./open-bucket.ts";

export type StoreOptions = BucketOptions & {
  /** The audited account. */
  readonly account: string;
  /** Renders the report as HTML. */
  readonly toPage: (report: Report) => string | Promise<string>;
};

const html = "text/html; charset=utf-8";
const gzip = "application/gzip";

/** Names to try for reports of the same instant. */
const attempts = 8;

/**
 * Stores the ledger and the reports of an account in an S3 bucket: `ledgers/account=111111111111.json`, `latest.json` and `latest.html`, which
 * change; `reports/2026/11/24/2026-11-24T12-00-00.000Z-1.json` and `.html`, which never change; and the day's last run,
 * `runs/day=2026-11-24/account=111111111111.ndjson.gz` and its summary.
 */
export function createStore({ toPage, account, ...options }: StoreOptions) {
  const bucket = openBucket(options);

  /** Writes under the first name that is not taken. */
  async function writeAsNew(body: string, toKey: (serial: number) => string): Promise<string> {
    for (let serial = 1; serial <= attempts; serial += 1) {
      const key = toKey(serial);
      if (await bucket.write({ key, body, type: json }, { IfNoneMatch: "*" })) return key;
    }
    throw new Error(`${bucket.location(toKey(1))} and the next ${attempts - 1} names are taken`);
  }

  /** Writes unless the object is as new or newer. */
  async function writeAsLatest(written: Parameters<typeof bucket.write>[0], generatedAt: string): Promise<void> {
    const latest: Stored<string | undefined> = {
      name: bucket.location(written.key),
      async read() {
        const there = await bucket.head(written.key);
        return { value: there?.metadata["generated-at"], version: there?.version ?? null };
      },
      write: (instant, version) => bucket.write(written, toCondition(version), instant),
    };
    const isOlder = (instant = "") => !(Date.parse(instant) >= Date.parse(generatedAt));
    await updateStored(latest, (instant) => (isOlder(instant) ? generatedAt : null), options);
  }

  return {
    ledger: migrateLedger(bucket.stored(ledgerFileOf(account)), bucket.stored(earlierLedgerFile), account),

    /** Stores a report permanently, and as the latest and as the day's run unless a later one is stored. Returns a link to its page. */
    async writeReport(report: Report): Promise<string> {
      const generatedAt = new Date(report.generatedAt).toISOString();
      const body = `${JSON.stringify(report)}\n`;
      // Sorts by time, and has no colons, which some file systems refuse.
      const name = `reports/${generatedAt.slice(0, 10).replaceAll("-", "/")}/${generatedAt.replaceAll(":", "-")}`;
      const key = await writeAsNew(body, (serial) => `${name}-${serial}.json`);
      const page = await toPage(report);
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
