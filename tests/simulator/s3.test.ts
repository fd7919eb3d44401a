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

test("returns an object as it was put", async () => {
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

test("finds the bucket without forcePathStyle, because the endpoint is an IP address", async () => {
  const client = connect(account, "eu-west-1", { forcePathStyle: false });
  await client.send(new PutObjectCommand({ Bucket: "reports", Key: "a", Body: "a" }));
  client.destroy();
  expect([...bucket.objects.keys()]).toEqual(["a"]);
});

test("reports a missing object and bucket as S3 does", async () => {
  await expect(get("missing")).rejects.toThrow(NoSuchKey);
  await expect(head("missing")).rejects.toThrow(NotFound);
  expect(await failure(get("missing", "no-bucket"))).toBe("NoSuchBucket: The specified bucket does not exist");
  aws.cloud.fault({ action: "s3:ListBucket", kind: "deny" });
  expect(await failure(get("missing"))).toBe("AccessDenied: Access Denied");
});

describe("a conditional write", () => {
  test("with If-None-Match: * creates only a new object", async () => {
    await put("ledger", "1", { IfNoneMatch: "*" });
    expect(await failure(put("ledger", "2", { IfNoneMatch: "*" }))).toBe(failed);
    expect(bucket.objects.get("ledger")?.body).toBe("1");
  });

  test("with If-Match replaces the object that was read", async () => {
    const { ETag } = await put("ledger", "1");
    const second = await put("ledger", "2", { IfMatch: ETag });
    expect(await failure(put("ledger", "3", { IfMatch: ETag }))).toBe(failed);
    expect(second.ETag).not.toBe(ETag);
    expect(bucket.objects.get("ledger")?.body).toBe("2");
  });

  test("with If-Match does not create a deleted object", async () => {
    expect(await failure(put("ledger", "1", { IfMatch: '"abc"' }))).toBe(`NoSuchKey: ${missing}`);
    expect(bucket.objects.size).toBe(0);
  });

  test("accepts only * for If-None-Match", async () => {
    expect(await failure(put("ledger", "1", { IfNoneMatch: '"abc"' }))).toMatch(/^NotImplemented/);
  });

  test("with If-Match requires permission to read", async () => {
    const { ETag } = await put("ledger", "1");
    aws.cloud.fault({ action: "s3:GetObject", kind: "deny" });
    expect(await failure(put("ledger", "2", { IfMatch: ETag }))).toBe("AccessDenied: Access Denied");
    await put("ledger", "2");
  });
});

test("lists objects with the prefix, sorted, in pages", async () => {
  for (const key of ["b/2", "a/1", "b/1", "b/3", "c"]) await put(key, key);
  const pages: (string | undefined)[][] = [];
  for await (const { Contents } of paginateListObjectsV2(
    { client: s3, pageSize: 2 },
    { Bucket: "reports", Prefix: "b/" },
  ))
    pages.push((Contents ?? []).map(({ Key }) => Key));
  expect(pages).toEqual([["b/1", "b/2"], ["b/3"]]);
});

test("sorts a list by code units", async () => {
  for (const key of ["a!", "a", "a-b"]) await put(key, key);
  const keys: (string | undefined)[] = [];
  for await (const { Contents } of paginateListObjectsV2({ client: s3 }, { Bucket: "reports" }))
    keys.push(...(Contents ?? []).map(({ Key }) => Key));
  expect(keys).toEqual(["a", "a!", "a-b"]);
});

test("deletes an object, and accepts deleting it again", async () => {
  await put("a", "a");
  for (let time = 0; time < 2; time += 1) await s3.send(new DeleteObjectCommand({ Bucket: "reports", Key: "a" }));
  expect(bucket.objects.size).toBe(0);
});

test("creates a bucket", async () => {
  await s3.send(new CreateBucketCommand({ Bucket: "more" }));
  expect(aws.region.buckets.has("more")).toBe(true);
});

test("restricts a bucket to one account and one Region", async () => {
  const read = async (client: S3Client) => {
    const said = await failure(client.send(new GetObjectCommand({ Bucket: "reports", Key: "a" })));
    client.destroy();
    return said;
  };
  aws.cloud.account(otherAccount);
  expect(await read(connect(otherAccount))).toBe("AccessDenied: Access Denied");
  expect(await read(connect(account, "us-east-1"))).toMatch(/^PermanentRedirect/);
});

test("rejects ACLs and unknown operations", async () => {
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

test("maps calls to IAM permissions: HeadObject needs s3:GetObject, ListObjectsV2 needs s3:ListBucket", async () => {
  await put("a", "a");
  await head("a");
  for await (const _page of paginateListObjectsV2({ client: s3 }, { Bucket: "reports" }));
  expect(aws.simulator.calls.map(({ action }) => action)).toEqual(["s3:PutObject", "s3:GetObject", "s3:ListBucket"]);
});
