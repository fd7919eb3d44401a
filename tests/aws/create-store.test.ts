import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { assembleReport } from "../../lib/audit/assemble-report.ts";
import { createStore, type StoredTrend, type StoreOptions } from "../../lib/aws/create-store.ts";
import { openBucket } from "../../lib/aws/open-bucket.ts";
import { emptyLedger, type Ledger } from "../../lib/model/ledger.ts";
import { emptyRemediationState, type RemediationState } from "../../lib/model/remediation-state.ts";
import type { Report } from "../../lib/model/report.ts";
import type { Store } from "../../lib/publish/publish-report.ts";
import { remediationStateFile } from "../../lib/storage/stored-file.ts";
import type { Stored } from "../../lib/storage/update-stored.ts";
import { rules } from "../../rules/index.ts";
import type { Bucket } from "../../simulator/resources.ts";
import { type Aws, account, startAws } from "../simulator/aws.ts";
import { anInventory, aPolicy, now } from "../support/builders.ts";
import { aFindingOn } from "../support/findings.ts";
import { startFront } from "../support/front.ts";

let aws: Aws;
let bucket: Bucket;
beforeEach(async () => {
  aws = await startAws();
  bucket = aws.region.addBucket("reports-bucket");
});
afterEach(() => aws.stop());

const settings = () => ({
  bucket: "reports-bucket",
  region: "eu-west-1",
  endpoint: aws.simulator.endpoint,
  credentials: { accessKeyId: account, secretAccessKey: "not-verified" },
  maxAttempts: 1,
  sleep: async () => undefined,
});
const openState = (options: Partial<StoreOptions> = {}): Stored<RemediationState> =>
  openBucket({ ...settings(), ...options }).stored(remediationStateFile);
const open = (options: Partial<StoreOptions> = {}): Store =>
  createStore({
    ...settings(),
    account,
    toPage: ({ generatedAt }) => `<!doctype html><title>${generatedAt}</title>`,
    ...options,
  });

const aReport = (generatedAt: string): Report =>
  assembleReport(anInventory(), { policy: aPolicy(), rules, generatedAt, version: "0.0.0" });

const having = (...handledEvents: string[]): Ledger => ({ ...emptyLedger, handledEvents });
const stored = (key: string) => bucket.objects.get(key)?.body;
const names = () => [...bucket.objects.keys()].sort();
const put = (key: string, body: string) =>
  bucket.objects.set(key, {
    body,
    ETag: '"by hand"',
    LastModified: aws.cloud.now(),
    contentType: "text/plain",
    metadata: {},
  });
const ledgerKey = `ledgers/account=${account}.json`;
const losesAnswer = (skip = 0) =>
  aws.cloud.fault({ action: "s3:PutObject", kind: "disconnect", takesEffect: true, skip, times: 1 });

describe("the ledger", () => {
  test("is empty and has no version before the first audit", async () => {
    expect(await open().ledger.read()).toEqual({ value: emptyLedger, version: null });
  });

  test("reads what was written", async () => {
    const store = open();
    expect(await store.ledger.write(having("é"), null)).toBe(true);
    const { value, version } = await store.ledger.read();
    expect(value).toEqual(having("é"));
    expect(await store.ledger.write(having("é", "2"), version)).toBe(true);
    expect((await store.ledger.read()).value).toEqual(having("é", "2"));
    expect(bucket.objects.get(ledgerKey)).toMatchObject({
      contentType: "application/json",
      cacheControl: "no-store",
    });
  });

  test.each<[string, (response: ServerResponse) => unknown]>([
    [
      "is cut off",
      (response) => response.writeHead(200, { etag: '"1"', "content-length": 99 }).write("{", () => response.destroy()),
    ],
    ["is half of it", (response) => response.writeHead(200, { etag: '"1"' }).end('{"schemaVersion":"1.0","known":[')],
    ["is empty", (response) => response.writeHead(200, { etag: '"1"' }).end()],
    ["is a page of HTML", (response) => response.writeHead(200, { etag: '"1"' }).end("<html>Sign in</html>")],
    ["has no ETag", (response) => response.writeHead(200).end("<html>Sign in</html>")],
  ])("is read again if the answer %s, and is never taken for an empty one", async (_, respond) => {
    const good = (response: ServerResponse) =>
      response.writeHead(200, { etag: '"2"' }).end(JSON.stringify(having("1")));
    const answers = [respond, respond, respond, good];
    const server = createServer((_request, response) => (answers.shift() ?? respond)(response));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const { ledger } = open({ endpoint: `http://127.0.0.1:${port}` });
    try {
      expect(await ledger.read()).toEqual({ value: having("1"), version: '"2"' });
      await expect(ledger.read()).rejects.toThrow(ledgerKey);
    } finally {
      server.close();
    }
  });

  test("is first written by exactly one of two writers", async () => {
    const answers = await Promise.all(
      [open(), open()].map((store, index) => store.ledger.write(having(`${index}`), null)),
    );
    expect(answers.sort()).toEqual([false, true]);
  });

  test("is changed by exactly one of eight writers of the same version", async () => {
    await open().ledger.write(having(), null);
    const stores = Array.from({ length: 8 }, () => open());
    const versions = await Promise.all(stores.map((store) => store.ledger.read()));
    const answers = await Promise.all(
      stores.map((store, index) => store.ledger.write(having(`${index}`), versions[index]?.version ?? null)),
    );
    expect(answers.filter(Boolean)).toHaveLength(1);
    expect(JSON.parse(stored(ledgerKey) ?? "")).toEqual(having(String(answers.indexOf(true))));
  });

  test("is not overwritten by a write on an old version", async () => {
    const store = open();
    await store.ledger.write(having("1"), null);
    const { version } = await store.ledger.read();
    await store.ledger.write(having("2"), version);
    expect(await store.ledger.write(having("3"), version)).toBe(false);
    expect(await store.ledger.write(having("3"), null)).toBe(false);
    expect(JSON.parse(stored(ledgerKey) ?? "")).toEqual(having("2"));
  });

  test("is not written if it was deleted since", async () => {
    const store = open();
    await store.ledger.write(having("1"), null);
    const { version } = await store.ledger.read();
    bucket.objects.clear();
    expect(await store.ledger.write(having("2"), version)).toBe(false);
    expect(names()).toEqual([]);
  });

  test.each(["ConditionalRequestConflict", "OperationAborted"])(
    "a write that meets another (%s) did not happen",
    async (code) => {
      aws.cloud.fault({ action: "s3:PutObject", kind: "error", code, status: 409 });
      expect(await open().ledger.write(having(), null)).toBe(false);
    },
  );

  test.each([
    ["not JSON", "{", ", because it is not JSON: "],
    ["empty", "", ", because it is not JSON: "],
    ["a list", "[]", " \\("],
    ["of another version", JSON.stringify({ ...emptyLedger, schemaVersion: "2.0" }), " at schemaVersion \\("],
    ["cut", JSON.stringify({ schemaVersion: "1.0" }), " at known \\("],
    ["wrong inside", JSON.stringify({ ...emptyLedger, handledEvents: ["a", 1] }), " at handledEvents\\.1 \\("],
  ])("that is %s is an error, never an empty ledger", async (_what, body, where) => {
    put(ledgerKey, body);
    await expect(open().ledger.read()).rejects.toThrow(
      new RegExp(
        `^s3://reports-bucket/ledgers/account=111111111111\\.json is not a valid ledger${where}.*restore an earlier version`,
      ),
    );
    expect(stored(ledgerKey)).toBe(body);
  });

  test.each([
    ["deny", "AccessDenied"],
    ["throttle", "SlowDown"],
    ["error", "InternalFailure"],
    ["disconnect", expect.any(String)],
  ] as const)("that cannot be read (%s) is an error, never an empty ledger", async (kind, code) => {
    aws.cloud.fault({ action: "s3:GetObject", kind });
    await expect(open().ledger.read()).rejects.toMatchObject({ name: "AwsCallError", action: "s3:GetObject", code });
  });

  test("names the missing permission if S3 hides that it does not exist", async () => {
    aws.cloud.fault({ action: "s3:ListBucket", kind: "deny" });
    await expect(open().ledger.read()).rejects.toThrow(
      "s3://reports-bucket/ledgers/account=111111111111.json cannot be read: access denied; if the object does not exist, the role also needs s3:ListBucket",
    );
  });

  test("is an error without the bucket", async () => {
    await expect(open({ bucket: "no-such-bucket" }).ledger.read()).rejects.toMatchObject({ code: "NoSuchBucket" });
    await expect(open({ bucket: "no-such-bucket" }).ledger.write(having(), null)).rejects.toMatchObject({
      action: "s3:PutObject",
      code: "NoSuchBucket",
    });
  });

  test("that cannot be written is an error, not another writer's change", async () => {
    aws.cloud.fault({ action: "s3:PutObject", kind: "deny" });
    await expect(open().ledger.write(having(), null)).rejects.toMatchObject({
      action: "s3:PutObject",
      code: "AccessDenied",
    });
  });

  test("counts as written if the answer was lost and the SDK's second attempt fails", async () => {
    losesAnswer();
    const store = open({ maxAttempts: 3 });
    expect(await store.ledger.write(having("1"), null)).toBe(true);
    const { version } = await store.ledger.read();
    losesAnswer();
    expect(await store.ledger.write(having("2"), version)).toBe(true);
    expect(JSON.parse(stored(ledgerKey) ?? "")).toEqual(having("2"));
  });

  test("does not count as written if the second attempt meets another writer's change", async () => {
    await open().ledger.write(having("theirs"), null);
    aws.cloud.fault({ action: "s3:PutObject", kind: "disconnect", times: 1 });
    expect(await open({ maxAttempts: 3 }).ledger.write(having("ours"), null)).toBe(false);
  });
});

describe("the ledger of an earlier version, one object for all accounts", () => {
  const other = "222222222222";
  const ofAccount = (id: string) => aFindingOn(`orders-${id}`, { account: id });
  const entry = (id: string) => ({
    change: { type: "finding.opened" as const, reason: "new" as const, finding: ofAccount(id), at: now },
    lease: null,
  });
  const region = (id: string) => ({ account: id, region: "eu-west-1", databases: 2 });
  const earlier: Ledger = {
    ...having("handled"),
    known: [account, other].map(ofAccount),
    seen: Object.fromEntries([account, other].map((id) => [`arn:aws:rds:eu-west-1:${id}:db:orders`, now])),
    regions: [account, other].map((id) => ({ ...region(id), observedAt: now })),
    outbox: { alerts: [account, other].map(entry) },
    notices: [
      {
        notice: {
          ...{ type: "regions-emptied", eventId: "handled", at: now },
          regions: [account, other].map((id) => ({ ...region(id), findings: 0 })),
        },
        lease: null,
      },
    ],
    remindedAt: now,
    lastReportUrl: "https://reports.example/1",
  };

  test("is where the ledger of an account starts, with what is known of that account", async () => {
    put("ledger.json", JSON.stringify(earlier));
    const { value, version } = await open().ledger.read();
    expect(version).toBeNull();
    expect(value).toEqual({
      ...earlier,
      known: [ofAccount(account)],
      seen: { [`arn:aws:rds:eu-west-1:${account}:db:orders`]: now },
      regions: [{ ...region(account), observedAt: now }],
      outbox: { alerts: [entry(account)] },
      notices: [
        { notice: { ...earlier.notices[0]?.notice, regions: [{ ...region(account), findings: 0 }] }, lease: null },
      ],
    });
    expect((await open({ account: other }).ledger.read()).value.known).toEqual([ofAccount(other)]);
    expect((await open({ account: "333333333333" }).ledger.read()).value.notices).toEqual([]);
  });

  test("is not read again once the account has its own, and stays as it is", async () => {
    put("ledger.json", JSON.stringify(earlier));
    const { value } = await open().ledger.read();
    expect(await open().ledger.write({ ...value, known: [] }, null)).toBe(true);
    expect((await open().ledger.read()).value.known).toEqual([]);
    expect(stored("ledger.json")).toBe(JSON.stringify(earlier));
  });

  test("that cannot be read is an error, and everything is not published as new in silence", async () => {
    put("ledger.json", "{");
    await expect(open().ledger.read()).rejects.toThrow("s3://reports-bucket/ledger.json is not a valid ledger");
  });
});

describe("the remediation state", () => {
  const failed = (failuresInARow: number): RemediationState => ({ ...emptyRemediationState, failuresInARow });

  test("is empty before the first execution, then reads what was written", async () => {
    const remediation = openState();
    expect(await remediation.read()).toEqual({ value: emptyRemediationState, version: null });
    expect(await remediation.write(failed(1), null)).toBe(true);
    const { value, version } = await remediation.read();
    expect(value).toEqual(failed(1));
    expect(await remediation.write(failed(2), version)).toBe(true);
    expect(await remediation.write(failed(3), version)).toBe(false);
    expect(names()).toEqual(["remediation.json"]);
    expect(JSON.parse(stored("remediation.json") ?? "")).toEqual(failed(2));
    expect(bucket.objects.get("remediation.json")).toMatchObject({
      contentType: "application/json",
      cacheControl: "no-store",
    });
  });

  test("is shared by all that open the bucket, and separate from the ledger", async () => {
    const terminal = openBucket(settings()).stored(remediationStateFile);
    await open().ledger.write(having("1"), null);
    expect(await terminal.write(failed(1), null)).toBe(true);
    const { value, version } = await openState().read();
    expect(value).toEqual(failed(1));
    expect(await openState().write(failed(2), version)).toBe(true);
    expect(await terminal.write(failed(3), version)).toBe(false);
  });

  test("gives the last slot to exactly one of eight concurrent writers", async () => {
    const states = Array.from({ length: 8 }, () => openState());
    const taken = await Promise.all(states.map((state, index) => state.write(failed(index), null)));
    expect(taken.filter(Boolean)).toHaveLength(1);
  });

  test.each([
    ["not JSON", "{", ", because it is not JSON: "],
    ["empty", "", ", because it is not JSON: "],
    ["null", "null", " \\("],
    ["of another version", JSON.stringify({ ...emptyRemediationState, schemaVersion: "2.0" }), " at schemaVersion \\("],
    ["cut", JSON.stringify({ schemaVersion: "1.0" }), " at running \\("],
  ])("that is %s is an error, never empty, because an execution may be running", async (_what, body, where) => {
    put("remediation.json", body);
    await expect(openState().read()).rejects.toThrow(
      new RegExp(
        `^s3://reports-bucket/remediation\\.json is not a valid remediation state${where}.*restore an earlier version; only this file records`,
      ),
    );
    expect(stored("remediation.json")).toBe(body);
  });

  test("that cannot be read is an error, never empty", async () => {
    aws.cloud.fault({ action: "s3:GetObject", kind: "deny" });
    await expect(openState().read()).rejects.toMatchObject({ name: "AwsCallError", code: "AccessDenied" });
  });

  test("is found in another Region than the configured one", async () => {
    const state = JSON.stringify(failed(4));
    const s3 = await startFront({
      answer: ({ headers: { authorization = "" } }) =>
        authorization.includes("/eu-central-1/s3/")
          ? { status: 200, headers: { etag: '"1"' }, body: state }
          : {
              status: 301,
              headers: { "x-amz-bucket-region": "eu-central-1" },
              body: "<Error><Code>PermanentRedirect</Code></Error>",
            },
    });
    try {
      const remediation = openState({ endpoint: s3.endpoint });
      expect(await remediation.read()).toEqual({ value: failed(4), version: '"1"' });
    } finally {
      await s3.close();
    }
  });
});

describe("a report", () => {
  const noon = "2026-11-24T12:00:00.000Z";
  const run = ["runs/day=2026-11-24/_summary.json", "runs/day=2026-11-24/account=111111111111.ndjson.gz"];
  const dated = "reports/2026/11/24/2026-11-24T12-00-00.000Z";

  test("is stored permanently and as the latest, as JSON and as HTML", async () => {
    const report = aReport(noon);
    expect(await open().writeReport(report)).toBe(`s3://reports-bucket/${dated}-1.html`);
    expect(names()).toEqual(["latest.html", "latest.json", `${dated}-1.html`, `${dated}-1.json`, ...run]);
    for (const key of ["latest.json", `${dated}-1.json`]) {
      expect(JSON.parse(stored(key) ?? "")).toEqual(report);
      expect(bucket.objects.get(key)).toMatchObject({ contentType: "application/json", cacheControl: "no-store" });
    }
    for (const key of ["latest.html", `${dated}-1.html`]) {
      expect(stored(key)).toBe(`<!doctype html><title>${noon}</title>`);
      expect(bucket.objects.get(key)).toMatchObject({
        contentType: "text/html; charset=utf-8",
        cacheControl: "no-store",
      });
    }
  });

  test("is stored as the run of its account and day, and a summary without findings and databases", async () => {
    const finding = aFindingOn("orders");
    const { resource, ...fields } = finding;
    const databases = aReport(noon).databases;
    await open().writeReport({ ...aReport(noon), findings: [finding] });
    const file = gunzipSync(Buffer.from(stored(`runs/day=2026-11-24/account=${account}.ndjson.gz`) ?? "", "latin1"));
    const lines = file.toString().trimEnd().split("\n");
    const { observedAt } = aReport(noon);
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { record: "target", observedAt, account: "123456789012", region: "eu-west-1", complete: true },
      {
        ...{ record: "finding", observedAt, ...resource, ...fields },
        evidence: JSON.stringify(finding.evidence),
      },
      ...databases.map((database) => ({ record: "database", observedAt, ...database })),
    ]);
    const { findings: _, databases: __, ...summary } = aReport(noon);
    expect(JSON.parse(stored("runs/day=2026-11-24/_summary.json") ?? "")).toEqual(summary);
  });

  test("does not replace a later run of the day", async () => {
    await open().writeReport(aReport("2026-11-24T12:00:00.001Z"));
    await open().writeReport(aReport(noon));
    expect(JSON.parse(stored("runs/day=2026-11-24/_summary.json") ?? "").generatedAt).toBe("2026-11-24T12:00:00.001Z");
  });

  test("has a page with the trend of the 29 days before, and names a day whose run cannot be read", async () => {
    const trends: StoredTrend[] = [];
    const toPage = (_: Report, trend: StoredTrend) => {
      trends.push(trend);
      return "<!doctype html>";
    };
    const summaryOf = (day: string) => {
      const { findings: _, databases: __, ...summary } = aReport(`${day}T06:00:00.000Z`);
      return JSON.stringify({ ...summary, observedAt: `${day}T06:00:00.000Z` });
    };
    for (const day of ["2026-10-25", "2026-10-26", "2026-11-23", "2026-11-24", "2026-11-25"])
      put(`runs/day=${day}/_summary.json`, summaryOf(day));
    put("runs/day=2026-11-22/_summary.json", summaryOf("2026-11-22").slice(0, 100));
    await open({ toPage }).writeReport(aReport(noon));
    expect(trends.map(({ runs, unreadDays }) => [runs.map(({ generatedAt }) => generatedAt), unreadDays])).toEqual([
      [["2026-10-26T06:00:00.000Z", "2026-11-23T06:00:00.000Z", noon], ["2026-11-22"]],
    ]);
    const { generatedAt, observedAt, clean, summary } = aReport(noon);
    const run = { generatedAt, observedAt, clean, summary, complete: true, opened: null, resolved: null };
    expect(trends[0]?.runs.at(-1)).toEqual(run);
  });

  test("reads 29 summaries for the trend, each once, whatever else is stored", async () => {
    await open().writeReport(aReport(noon));
    const reads = aws.simulator.calls.filter(({ action }) => action === "s3:GetObject");
    // What is stored as the latest is asked for its version, in four objects.
    expect(reads.length).toBe(29 + 4);
  });

  test("is dated in UTC", async () => {
    await open().writeReport(aReport("2026-11-24T12:00:00Z"));
    expect(names()).toContain(`${dated}-1.json`);
  });

  test("is stored beside others of the same instant", async () => {
    const reports = Array.from({ length: 4 }, (_, index) => {
      const report = aReport(noon);
      return { ...report, tool: { ...report.tool, version: `${index}` } };
    });
    await Promise.all(reports.map((report) => open().writeReport(report)));
    const kept = names().filter((name) => name.startsWith(dated) && name.endsWith(".json"));
    expect(kept).toEqual([1, 2, 3, 4].map((serial) => `${dated}-${serial}.json`));
    const versions = kept.map((name) => (JSON.parse(stored(name) ?? "") as Report).tool.version);
    expect(versions.sort()).toEqual(["0", "1", "2", "3"]);
  });

  test("does not replace a latest one of the same instant", async () => {
    await open().writeReport(aReport(noon));
    const { tool, ...report } = aReport(noon);
    await open().writeReport({ ...report, tool: { ...tool, version: "other" } });
    expect((JSON.parse(stored("latest.json") ?? "") as Report).tool.version).toBe("0.0.0");
  });

  test("replaces an older latest one", async () => {
    await open().writeReport(aReport(noon));
    await open().writeReport(aReport("2026-11-24T12:00:00.001Z"));
    expect(JSON.parse(stored("latest.json") ?? "").generatedAt).toBe("2026-11-24T12:00:00.001Z");
    expect(stored("latest.html")).toContain("12:00:00.001Z");
  });

  test("does not replace a later one, but is stored", async () => {
    await open().writeReport(aReport(noon));
    await open().writeReport(aReport("2026-11-24T11:59:59.999Z"));
    expect(JSON.parse(stored("latest.json") ?? "").generatedAt).toBe(noon);
    expect(stored("latest.html")).toContain(noon);
    expect(names()).toContain("reports/2026/11/24/2026-11-24T11-59-59.999Z-1.json");
  });

  test("becomes the latest if it is the last of many concurrent ones", async () => {
    const instants = [3, 1, 4, 0, 2].map((minute) => `2026-11-24T12:0${minute}:00.000Z`);
    await Promise.all(instants.map((instant) => open().writeReport(aReport(instant))));
    expect(JSON.parse(stored("latest.json") ?? "").generatedAt).toBe("2026-11-24T12:04:00.000Z");
    expect(stored("latest.html")).toContain("12:04:00.000Z");
  });

  test("replaces a latest one without a date", async () => {
    put("latest.json", "{}");
    await open().writeReport(aReport(noon));
    expect(JSON.parse(stored("latest.json") ?? "").generatedAt).toBe(noon);
  });

  test("is written once if an answer is lost", async () => {
    losesAnswer();
    await open({ maxAttempts: 3 }).writeReport(aReport(noon));
    expect(names()).toEqual(["latest.html", "latest.json", `${dated}-1.html`, `${dated}-1.json`, ...run]);
  });

  test("is stored even if its page cannot be rendered", async () => {
    const toPage = () => {
      throw new Error("no page");
    };
    await expect(open({ toPage }).writeReport(aReport(noon))).rejects.toThrow("no page");
    expect(names()).toEqual([`${dated}-1.json`]);
  });

  test("is an error if the latest one cannot be read", async () => {
    aws.cloud.fault({ action: "s3:GetObject", kind: "deny" });
    await expect(open().writeReport(aReport(noon))).rejects.toMatchObject({
      name: "AwsCallError",
      action: "s3:GetObject",
      code: "AccessDenied",
    });
  });

  test("is an error if other writers are always faster", async () => {
    aws.cloud.fault({ action: "s3:PutObject", kind: "error", code: "ConditionalRequestConflict", status: 409 });
    await expect(open().writeReport(aReport(noon))).rejects.toThrow("and the next 7 names are taken");
    aws.cloud.faults.length = 0;
    aws.cloud.fault({
      action: "s3:PutObject",
      matching: "latest.json",
      kind: "error",
      code: "ConditionalRequestConflict",
      status: 409,
    });
    await expect(open({ sleep: async () => {} }).writeReport(aReport(noon))).rejects.toThrow(
      "s3://reports-bucket/latest.json was changed by another writer 8 times in a row",
    );
  });
});

describe("with another S3 endpoint", () => {
  afterEach(() => {
    delete process.env.AWS_ENDPOINT_URL;
  });

  test("bucket names are part of the path, also if the endpoint comes from the environment", async () => {
    process.env.AWS_ENDPOINT_URL = aws.simulator.endpoint.replace("127.0.0.1", "localhost");
    const store = createStore({
      bucket: "reports-bucket",
      region: "eu-west-1",
      credentials: { accessKeyId: account, secretAccessKey: "not-verified" },
      maxAttempts: 1,
      account,
      toPage: () => "<!doctype html>",
    });
    expect(await store.writeReport(aReport("2026-11-24T12:00:00.000Z"))).toMatch(/^s3:\/\/reports-bucket\//);
    expect(names()).toHaveLength(6);
  });
});
