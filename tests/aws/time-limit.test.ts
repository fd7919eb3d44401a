import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { createAccount } from "../../lib/aws/create-account.ts";
import { openBucket } from "../../lib/aws/open-bucket.ts";
import { startTimeLimit } from "../../lib/aws/time-limit.ts";
import { AwsCallError } from "../../lib/model/errors.ts";
import { earlierLedgerFile } from "../../lib/storage/stored-file.ts";
import { type Aws, account, startAws } from "../simulator/aws.ts";
import { type Front, startFront } from "../support/front.ts";

let aws: Aws;
beforeEach(async () => {
  aws = await startAws();
});
afterEach(() => aws.stop());

const limited = (milliseconds: number, endpoint = aws.simulator.endpoint) => ({
  region: "eu-west-1",
  endpoint,
  credentials: { accessKeyId: account, secretAccessKey: "not-verified" },
  signal: startTimeLimit(milliseconds, "the test ran out of time"),
});
const openRegion = (milliseconds: number) =>
  createAccount({ name: "test", ...limited(milliseconds) }).region({ account, region: "eu-west-1", partition: "aws" });

const exceeded = (action: string) =>
  expect.objectContaining({
    action,
    code: "DeadlineExceeded",
    message: "AWS had not answered when the test ran out of time",
    isTransient: true,
  });

async function failureOf(promise: Promise<unknown>): Promise<{ error: unknown; milliseconds: number }> {
  const start = performance.now();
  const error = await promise.catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(AwsCallError);
  return { error, milliseconds: performance.now() - start };
}

test("ends a call that hangs", async () => {
  aws.cloud.fault({ action: "kms:DescribeKey", kind: "hang" });
  const { error, milliseconds } = await failureOf(openRegion(100).describeKey("alias/aws/secretsmanager"));
  expect(error).toEqual(exceeded("kms:DescribeKey"));
  expect(milliseconds).toBeLessThan(2_000);
});

test("ends the pauses between the attempts of a call that is throttled", async () => {
  aws.cloud.fault({ action: "rds:*", kind: "throttle" });
  const list = async () => {
    for await (const _ of openRegion(300).describeDBInstances());
  };
  const { error, milliseconds } = await failureOf(list());
  expect(error).toEqual(exceeded("rds:DescribeDBInstances"));
  expect(milliseconds).toBeLessThan(2_000);
});

test("makes no call afterwards", async () => {
  const region = openRegion(1);
  await new Promise((resolve) => setTimeout(resolve, 20));
  const { error } = await failureOf(region.describeKey("alias/aws/secretsmanager"));
  expect(error).toEqual(exceeded("kms:DescribeKey"));
  expect(aws.simulator.calls).toEqual([]);
});

test("leaves calls alone that are answered in time", async () => {
  expect(await openRegion(10_000).describeKey("no-such-key")).toBeNull();
});

test("ends a download whose body hangs", async () => {
  let front: Front | null = null;
  try {
    front = await startFront({
      answer: () => ({ status: 200, headers: { etag: '"1"', "content-length": "100" }, body: "" }),
    });
    const stored = openBucket({ bucket: "reports", maxAttempts: 1, ...limited(200, front.endpoint) }).stored(
      earlierLedgerFile,
    );
    const { error, milliseconds } = await failureOf(stored.read());
    expect(error).toEqual(expect.objectContaining({ action: "s3:GetObject" }));
    expect(milliseconds).toBeLessThan(5_000);
  } finally {
    await front?.close();
  }
});
