import { ledgerFile } from "../model/ledger.ts";
import type { Report } from "../model/report.ts";
import { type BucketOptions, json, openBucket } from "./open-bucket.ts";

export type StoreOptions = BucketOptions & {
  /** The report as a page for people. */
  readonly toPage: (report: Report) => string;
};

const html = "text/html; charset=utf-8";

/** How often something is tried again because somebody else was faster. */
const attempts = 8;

/**
 * Keeps in an S3 bucket what the service knows: `ledger.json`, `latest.json` and `latest.html`, and for good
 * `reports/2026/11/24/2026-11-24T12-00-00.000Z-1.json` and `.html`.
 */
export function createStore({ toPage, ...options }: StoreOptions) {
  const bucket = openBucket(options);

  /** Writes under the first of its names that nobody has taken. */
  async function writeAsNew(body: string, toKey: (serial: number) => string): Promise<string> {
    for (let serial = 1; serial <= attempts; serial += 1) {
      const key = toKey(serial);
      if (await bucket.write({ key, body, type: json }, { IfNoneMatch: "*" })) return key;
    }
    throw new Error(`${bucket.location(toKey(1))} and the ${attempts - 1} names after it are taken`);
  }

  /** Writes unless what is there is as new or newer. */
  async function writeAsLatest(written: Parameters<typeof bucket.write>[0], generatedAt: string): Promise<void> {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const there = await bucket.head(written.key);
      if (Date.parse(there?.metadata["generated-at"] ?? "") >= Date.parse(generatedAt)) return;
      const condition = there === null ? ({ IfNoneMatch: "*" } as const) : { IfMatch: there.version };
      if (await bucket.write(written, condition, generatedAt)) return;
    }
    throw new Error(`${bucket.location(written.key)} was changed by others ${attempts} times in a row`);
  }

  return {
    ledger: bucket.stored(ledgerFile),

    /** Keeps a report for good, and as the latest unless there is a later one. Answers with a link to its page. */
    async writeReport(report: Report): Promise<string> {
      const generatedAt = new Date(report.generatedAt).toISOString();
      const body = `${JSON.stringify(report)}\n`;
      const key = await writeAsNew(body, (serial) => `${toDatedName(generatedAt)}-${serial}.json`);
      const page = toPage(report);
      const pageKey = key.replace(/\.json$/, ".html");
      await Promise.all([
        bucket.write({ key: pageKey, body: page, type: html }, { IfNoneMatch: "*" }),
        writeAsLatest({ key: "latest.json", body, type: json }, generatedAt),
        writeAsLatest({ key: "latest.html", body: page, type: html }, generatedAt),
      ]);
      return bucket.link(pageKey);
    },
  };
}

/** Sorted by name they are sorted by time; without colons, which not every file system takes. */
function toDatedName(generatedAt: string): string {
  const day = generatedAt.slice(0, 10).replaceAll("-", "/");
  return `reports/${day}/${generatedAt.replaceAll(":", "-")}`;
}
