import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectAclCommand,
  GetObjectCommand,
  HeadObjectCommand,
  NoSuchKey,
  NotFound,
  PutObjectCommand,
  paginateListObjectsV2,
  S3Client,
} from "@aws-sdk/client-s3";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { Bucket } from "../../simulator/resources.ts";
import { type Aws, account, failure, otherAccount, startAws } from "./aws.ts";

let aws: Aws;
let s3: S3Client;
let bucket: Bucket;
beforeEach(async () => {
  aws = await startAws();
  s3 = connect();
  bucket = aws.region.addBucket("reports");
});
afterEach(async () => {
  s3.destroy();
  await aws.stop();
});

const connect = (id = account, region = "eu-west-1", options = {}) =>
  new S3Client({ ...aws.configuration(id, region), forcePathStyle: true, ...options });
const put = (Key: string, Body: string, more: object = {}) =>
  s3.send(new PutObjectCommand({ Bucket: "reports", Key, Body, ...more }));
const get = (Key: string, Bucket = "reports") => s3.send(new GetObjectCommand({ Bucket, Key }));
const head = (Key: string) => s3.send(new HeadObjectCommand({ Bucket: "reports", Key }));
const missing = "The specified key does not exist.";
const failed = "PreconditionFailed: At least one of the pre-conditions you specified did not hold";

test("an object comes back as it was put", async () => {
  const Body = 'é "<&>" \u{1f600}\n';
  const key = "reports/2026/11/24/12-00 é+&.json";
  const { ETag } = await put(key, Body, {
    ContentType: "application/json",
    CacheControl: "no-store",
    Metadata: { "generated-at": "2026-11-24" },
  });
  const answer = await get(key);
  expect(await answer.Body?.transformToString()).toBe(Body);
  const about = {
    ETag,
    ContentType: "application/json",
    CacheControl: "no-store",
    Metadata: { "generated-at": "2026-11-24" },
    ContentLength: Buffer.byteLength(Body),
    LastModified: aws.cloud.now(),
  };
  expect(answer).toMatchObject(about);
  expect(await head(key)).toMatchObject(about);
  expect(bucket.objects.get(key)?.ETag).toBe(ETag);
});

test("a client that does not ask for paths finds the bucket too, because the endpoint is an IP address", async () => {
  const client = connect(account, "eu-west-1", { forcePathStyle: false });
  await client.send(new PutObjectCommand({ Bucket: "reports", Key: "a", Body: "a" }));
  client.destroy();
  expect([...bucket.objects.keys()]).toEqual(["a"]);
});

test("what is not there is told as S3 tells it", async () => {
  await expect(get("missing")).rejects.toThrow(NoSuchKey);
  await expect(head("missing")).rejects.toThrow(NotFound);
  expect(await failure(get("missing", "no-bucket"))).toBe("NoSuchBucket: The specified bucket does not exist");
  aws.cloud.fault({ action: "s3:ListBucket", kind: "deny" });
  expect(await failure(get("missing"))).toBe("AccessDenied: Access Denied");
});

describe("writing on a condition", () => {
  test("If-None-Match: * writes what is new", async () => {
    await put("ledger", "1", { IfNoneMatch: "*" });
    expect(await failure(put("ledger", "2", { IfNoneMatch: "*" }))).toBe(failed);
    expect(bucket.objects.get("ledger")?.body).toBe("1");
  });

  test("If-Match writes over what was read", async () => {
    const { ETag } = await put("ledger", "1");
    const second = await put("ledger", "2", { IfMatch: ETag });
    expect(await failure(put("ledger", "3", { IfMatch: ETag }))).toBe(failed);
    expect(second.ETag).not.toBe(ETag);
    expect(bucket.objects.get("ledger")?.body).toBe("2");
  });

  test("If-Match does not make what is gone", async () => {
    expect(await failure(put("ledger", "1", { IfMatch: '"abc"' }))).toBe(`NoSuchKey: ${missing}`);
    expect(bucket.objects.size).toBe(0);
  });

  test("If-None-Match takes nothing but *", async () => {
    expect(await failure(put("ledger", "1", { IfNoneMatch: '"abc"' }))).toMatch(/^NotImplemented/);
  });

  test("If-Match needs the permission to read", async () => {
    const { ETag } = await put("ledger", "1");
    aws.cloud.fault({ action: "s3:GetObject", kind: "deny" });
    expect(await failure(put("ledger", "2", { IfMatch: ETag }))).toBe("AccessDenied: Access Denied");
    await put("ledger", "2");
  });
});

test("lists come in pages, sorted, of what has the prefix", async () => {
  for (const key of ["b/2", "a/1", "b/1", "b/3", "c"]) await put(key, key);
  const pages: (string | undefined)[][] = [];
  for await (const { Contents } of paginateListObjectsV2(
    { client: s3, pageSize: 2 },
    { Bucket: "reports", Prefix: "b/" },
  ))
    pages.push((Contents ?? []).map(({ Key }) => Key));
  expect(pages).toEqual([["b/1", "b/2"], ["b/3"]]);
});

test("a list is sorted by key alone", async () => {
  for (const key of ["a!", "a", "a-b"]) await put(key, key);
  const keys: (string | undefined)[] = [];
  for await (const { Contents } of paginateListObjectsV2({ client: s3 }, { Bucket: "reports" }))
    keys.push(...(Contents ?? []).map(({ Key }) => Key));
  expect(keys).toEqual(["a", "a!", "a-b"]);
});

test("what is deleted is gone, and deleting it again is no error", async () => {
  await put("a", "a");
  for (let time = 0; time < 2; time += 1) await s3.send(new DeleteObjectCommand({ Bucket: "reports", Key: "a" }));
  expect(bucket.objects.size).toBe(0);
});

test("a bucket can be made", async () => {
  await s3.send(new CreateBucketCommand({ Bucket: "more" }));
  expect(aws.region.buckets.has("more")).toBe(true);
});

test("a bucket belongs to one account and one Region", async () => {
  const read = async (client: S3Client) => {
    const said = await failure(client.send(new GetObjectCommand({ Bucket: "reports", Key: "a" })));
    client.destroy();
    return said;
  };
  aws.cloud.account(otherAccount);
  expect(await read(connect(otherAccount))).toBe("AccessDenied: Access Denied");
  expect(await read(connect(account, "us-east-1"))).toMatch(/^PermanentRedirect/);
});

test("ACLs are refused, and so is what the simulator cannot do", async () => {
  expect(await failure(put("a", "a", { ACL: "public-read" }))).toMatch(/^AccessControlListNotSupported/);
  expect(await failure(s3.send(new GetObjectAclCommand({ Bucket: "reports", Key: "a" })))).toMatch(/^NotImplemented/);
});

test.each([
  ["deny", /^AccessDenied: User: /],
  ["throttle", /^SlowDown: /],
  ["error", /^InternalFailure: /],
  ["expired-token", /^ExpiredToken: /],
  ["disconnect", /socket hang up|ECONNRESET/],
] as const)("a fault: %s", async (kind, expected) => {
  aws.cloud.fault({ action: "s3:PutObject", kind });
  expect(await failure(put("a", "a"))).toMatch(expected);
  expect(bucket.objects.size).toBe(0);
});

test("permissions are IAM's: looking is reading, and listing is about the bucket", async () => {
  await put("a", "a");
  await head("a");
  for await (const _page of paginateListObjectsV2({ client: s3 }, { Bucket: "reports" }));
  expect(aws.simulator.calls.map(({ action }) => action)).toEqual(["s3:PutObject", "s3:GetObject", "s3:ListBucket"]);
});
