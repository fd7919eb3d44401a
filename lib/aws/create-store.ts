import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { AwsCallError } from "../model/errors.ts";
import { emptyLedger, type Ledger, ledgerSchema } from "../model/ledger.ts";
import type { Report } from "../model/report.ts";
import { toCallError, toCode } from "./call.ts";
import { type ClientOptions, toClientConfig } from "./client-config.ts";
import { toConsoleLink } from "./console-link.ts";

export type StoreOptions = ClientOptions & {
  /** Private, versioned and with ACLs disabled, which is how S3 makes them. */
  readonly bucket: string;
  /** The report as a page for people. */
  readonly toPage: (report: Report) => string;
};

const ledgerKey = "ledger.json";
const json = "application/json";
const html = "text/html; charset=utf-8";

/** How often something is tried again because somebody else was faster. */
const attempts = 8;

/** How S3 says that the condition of a write does not hold, or that another write to the same object is under way. */
const overtaken = ["PreconditionFailed", "ConditionalRequestConflict", "OperationAborted", "NoSuchKey"];

type Written = { readonly key: string; readonly body: string; readonly type: string };
type Condition = { readonly IfMatch: string } | { readonly IfNoneMatch: "*" };

/**
 * Keeps the ledger and the reports in an S3 bucket: `ledger.json`, `latest.json` and `latest.html`, and for good
 * `reports/2026/11/24/2026-11-24T12-00-00.000Z-1.json` and `.html`. Needs `s3:GetObject` and `s3:PutObject` of its objects and
 * `s3:ListBucket` of the bucket, without which S3 does not say that an object is not there.
 */
export function createStore({ bucket: Bucket, toPage, ...options }: StoreOptions) {
  const client = new S3Client({ ...toClientConfig(options), forcePathStyle: isElsewhere(options) });
  const place = (key: string) => `s3://${Bucket}/${key}`;

  /** Writes unless somebody else has; false where they have. */
  async function write({ key, body, type }: Written, condition: Condition, generatedAt?: string): Promise<boolean> {
    const writeId = crypto.randomUUID();
    const command = new PutObjectCommand({
      Bucket,
      Key: key,
      Body: body,
      ContentType: type,
      CacheControl: "no-store",
      Metadata: { "write-id": writeId, ...(generatedAt === undefined ? {} : { "generated-at": generatedAt }) },
      ...condition,
    });
    try {
      await client.send(command);
      return true;
    } catch (error) {
      if (!overtaken.includes(toCode(error))) throw toCallError("s3:PutObject", error);
      // An answer may have been lost: then the SDK has tried again, and what was in its way is its own first write.
      return wasTriedAgain(error) && (await look(key))?.metadata["write-id"] === writeId;
    }
  }

  /** What is at a key; null where nothing is. */
  async function read(Key: string): Promise<{ version: string; body: string } | null> {
    try {
      const { Body, ETag } = await client.send(new GetObjectCommand({ Bucket, Key }));
      if (Body === undefined || ETag === undefined) throw new Error("S3 answered without the object or its ETag");
      return { version: ETag, body: await Body.transformToString() };
    } catch (error) {
      if (toCode(error) === "NoSuchKey") return null;
      throw explain(error, place(Key));
    }
  }

  /** The version and metadata of what is at a key; null where nothing is. */
  async function look(Key: string): Promise<{ version: string; metadata: Record<string, string> } | null> {
    try {
      const { ETag, Metadata = {} } = await client.send(new HeadObjectCommand({ Bucket, Key }));
      if (ETag === undefined) throw new Error("S3 answered without an ETag");
      return { version: ETag, metadata: Metadata };
    } catch (error) {
      if (toCode(error) === "NotFound") return null;
      throw explain(error, place(Key));
    }
  }

  /** Writes under the first of its names that nobody has taken. */
  async function writeAsNew(body: string, toKey: (serial: number) => string): Promise<string> {
    for (let serial = 1; serial <= attempts; serial += 1) {
      const key = toKey(serial);
      if (await write({ key, body, type: json }, { IfNoneMatch: "*" })) return key;
    }
    throw new Error(`${place(toKey(1))} and the ${attempts - 1} names after it are taken`);
  }

  /** Writes unless what is there is as new or newer. */
  async function writeAsLatest(written: Written, generatedAt: string): Promise<void> {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const there = await look(written.key);
      if (Date.parse(there?.metadata["generated-at"] ?? "") >= Date.parse(generatedAt)) return;
      const condition: Condition = there === null ? { IfNoneMatch: "*" } : { IfMatch: there.version };
      if (await write(written, condition, generatedAt)) return;
    }
    throw new Error(`${place(written.key)} was changed by others ${attempts} times in a row`);
  }

  return {
    /** The ledger and its version; empty and null before the first audit. One that cannot be read throws: it is never taken for empty. */
    async readLedger(): Promise<{ ledger: Ledger; version: string | null }> {
      const stored = await read(ledgerKey);
      if (stored === null) return { ledger: emptyLedger, version: null };
      return { ledger: parseLedger(stored.body, place(ledgerKey)), version: stored.version };
    },

    /** Writes the ledger that was read as `version`; false where somebody else wrote it since. */
    writeLedger(ledger: Ledger, version: string | null): Promise<boolean> {
      const written = { key: ledgerKey, body: JSON.stringify(ledger), type: json };
      return write(written, version === null ? { IfNoneMatch: "*" } : { IfMatch: version });
    },

    /**
     * Keeps a report for good, and as the latest unless there is a later one. Answers with a link to its page, for whoever is logged
     * in to the account: a link that needs no login would be a secret.
     */
    async writeReport(report: Report): Promise<string> {
      const generatedAt = new Date(report.generatedAt).toISOString();
      const body = `${JSON.stringify(report)}\n`;
      const key = await writeAsNew(body, (serial) => `${toDatedName(generatedAt)}-${serial}.json`);
      const page = toPage(report);
      const pageKey = key.replace(/\.json$/, ".html");
      await Promise.all([
        write({ key: pageKey, body: page, type: html }, { IfNoneMatch: "*" }),
        writeAsLatest({ key: "latest.json", body, type: json }, generatedAt),
        writeAsLatest({ key: "latest.html", body: page, type: html }, generatedAt),
      ]);
      return isElsewhere(options) ? place(pageKey) : toConsoleLink(await client.config.region(), Bucket, pageKey);
    },
  };
}

/** Whether S3 is not at AWS's own address. Buckets are then named in the path: as part of a host name nobody would find them. */
function isElsewhere({ endpoint }: ClientOptions): boolean {
  const { AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_S3 } = process.env;
  return Boolean(endpoint ?? AWS_ENDPOINT_URL_S3 ?? AWS_ENDPOINT_URL);
}

function wasTriedAgain(error: unknown): boolean {
  const { attempts: made = 1 } = (error as { $metadata?: { attempts?: number } }).$metadata ?? {};
  return made > 1;
}

/** S3 gives no reason where `HEAD` is refused, and says that a missing object is forbidden to whoever may not list the bucket. */
function explain(error: unknown, place: string): AwsCallError {
  const { action, code, message } = toCallError("s3:GetObject", error);
  const { httpStatusCode } = (error as { $metadata?: { httpStatusCode?: number } }).$metadata ?? {};
  if (httpStatusCode !== 403) return new AwsCallError(action, code, `${place}: ${message}`);
  const hint = "if it is not there, the role needs s3:ListBucket of its bucket to be told so";
  return new AwsCallError(action, "AccessDenied", `${place} cannot be read: access is denied; ${hint}`);
}

function parseLedger(text: string, place: string): Ledger {
  const whatToDo = "restore an earlier version of it, or delete it to have everything that is open published as new";
  const parsed = ledgerSchema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? "" : ` at ${issue.path.join(".")}`;
  throw new Error(`${place} is no ledger${where} (${issue?.message ?? "unknown"}): ${whatToDo}`);
}

/** What is no JSON is undefined, which is no ledger. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Sorted by name they are sorted by time; without colons, which not every file system takes. */
function toDatedName(generatedAt: string): string {
  const day = generatedAt.slice(0, 10).replaceAll("-", "/");
  return `reports/${day}/${generatedAt.replaceAll(":", "-")}`;
}
