import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { importFindings } from "../../lib/aws/import-findings.ts";
import { type SecurityHubFinding, toAsff } from "../../lib/report/aws/asff.ts";
import { type Aws, account, otherAccount, startAws } from "../simulator/aws.ts";
import { aFinding as aModelFinding } from "./sample-findings.ts";

let aws: Aws;
beforeEach(async () => {
  aws = await startAws();
  aws.region.enableSecurityHub();
});
afterEach(() => aws.stop());

const productArn = (region = "eu-west-1", id = account) => `arn:aws:securityhub:${region}:${id}:product/${id}/default`;

const aFinding = (identifier: string, at = "2026-11-24T09:00:00.000Z", region = "eu-west-1", id = account) =>
  toAsff(aModelFinding(identifier, { account: id, region }), {
    state: "active",
    at,
    productArn: productArn(region, id),
  });

const someFindings = (count: number) => Array.from({ length: count }, (_, index) => aFinding(`orders-${index}`));
const importAll = (findings: readonly SecurityHubFinding[], maxAttempts = 1) =>
  importFindings(findings, {
    account,
    endpoint: aws.simulator.endpoint,
    credentials: { accessKeyId: account, secretAccessKey: "not-verified" },
    maxAttempts,
  });
const imported = (region = "eu-west-1") => [...aws.cloud.region(account, region).securityHub.findings.keys()];
const calls = () => aws.simulator.calls.length;

test("Security Hub accepts the findings of the ASFF report", async () => {
  const finding = aFinding("orders");
  expect(await importAll([finding])).toEqual([]);
  expect(aws.region.securityHub.findings.get(finding.Id)).toEqual(finding);
});

test("makes no call without findings", async () => {
  expect(await importAll([])).toEqual([]);
  expect(calls()).toBe(0);
});

test("a finding that is imported again is updated", async () => {
  await importAll([aFinding("orders")]);
  await importAll([aFinding("orders", "2026-11-25T09:00:00.000Z")]);
  const [finding, ...more] = aws.region.securityHub.findings.values();
  expect(more).toEqual([]);
  expect(finding?.UpdatedAt).toBe("2026-11-25T09:00:00.000Z");
});

test.each([
  [100, 1],
  [101, 2],
  [250, 3],
])("%i findings need %i calls", async (count, expected) => {
  expect(await importAll(someFindings(count))).toEqual([]);
  expect(imported()).toHaveLength(count);
  expect(calls()).toBe(expected);
});

test("a call carries no more than 6 MB, of findings of 104 KB each", async () => {
  const large = someFindings(60).map((finding) => ({
    ...finding,
    ProductFields: Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`${index}`, "x".repeat(2047)])),
  }));
  expect(await importAll(large)).toEqual([]);
  expect(imported()).toHaveLength(60);
  expect(calls()).toBe(2);
});

test("imports each finding in the Region of its product", async () => {
  aws.cloud.region(account, "us-east-1").enableSecurityHub();
  const here = aFinding("here");
  const there = aFinding("there", undefined, "us-east-1");
  expect(await importAll([here, there])).toEqual([]);
  expect([imported(), imported("us-east-1")]).toEqual([[here.Id], [there.Id]]);
});

test("refuses findings about other accounts without a call, and imports the others", async () => {
  const foreign = aFinding("foreign", undefined, "eu-west-1", otherAccount);
  const own = aFinding("own");
  expect(await importAll([foreign, own])).toEqual([
    {
      id: foreign.Id,
      reason: `it is about account ${otherAccount}, and Security Hub accepts it only from that account, not from ${account}`,
    },
  ]);
  expect(imported()).toEqual([own.Id]);
});

describe("findings that Security Hub refuses", () => {
  test("are sent once more, without the others", async () => {
    aws.cloud.fault({ action: "securityhub:*", kind: "entry", matching: "orders-3", times: 1 });
    expect(await importAll(someFindings(5))).toEqual([]);
    expect(imported()).toHaveLength(5);
    expect(calls()).toBe(2);
  });

  test("are then returned with the reason", async () => {
    const findings = someFindings(5);
    aws.cloud.fault({
      action: "securityhub:*",
      kind: "entry",
      matching: "orders-3",
      code: "LimitExceeded",
      message: "No",
    });
    expect(await importAll(findings)).toEqual([{ id: findings[3]?.Id, reason: "LimitExceeded: No" }]);
    expect(imported()).toHaveLength(4);
    expect(calls()).toBe(2);
  });

  test("are returned if the second call fails", async () => {
    const findings = someFindings(5);
    aws.cloud.fault({ action: "securityhub:*", kind: "entry", matching: "orders-3" });
    aws.cloud.fault({ action: "securityhub:*", kind: "error", skip: 1 });
    expect(await importAll(findings)).toEqual([
      { id: findings[3]?.Id, reason: "InternalError: An internal error occurred" },
    ]);
  });

  test("are all findings of the call if Security Hub names none", async () => {
    const findings = someFindings(3);
    aws.cloud.fault({ action: "securityhub:*", kind: "entry", matching: "orders-1", isUnnamed: true });
    const reason = "Security Hub refused some findings without naming them";
    expect(await importAll(findings)).toEqual(findings.map(({ Id }) => ({ id: Id, reason })));
    expect(imported()).toHaveLength(2);
  });

  test("do not block the others if they are malformed", async () => {
    const wrong = { ...aFinding("wrong"), Title: "x".repeat(257) };
    expect(await importAll([wrong, aFinding("right")])).toEqual([
      {
        id: wrong.Id,
        reason:
          "InvalidInput: Finding does not adhere to Amazon Finding Format. data.Title should NOT be longer than 256 characters.",
      },
    ]);
    expect(imported()).toEqual([aFinding("right").Id]);
  });
});

describe("if Security Hub is not enabled", () => {
  const message = `Security Hub CSPM is not enabled in eu-west-1 of account ${account}. Enable it there, or deploy the service without Security Hub`;

  test("the error says what to do", async () => {
    aws.region.securityHub.isEnabled = false;
    await expect(importAll(someFindings(2))).rejects.toMatchObject({
      name: "AwsCallError",
      action: "securityhub:BatchImportFindings",
      code: "InvalidAccessException",
      message,
    });
  });

  test("the error is the same if every finding is refused for it", async () => {
    aws.cloud.fault({ action: "securityhub:*", kind: "entry", code: "InvalidAccess" });
    await expect(importAll(someFindings(2))).rejects.toThrow(message);
  });

  test("in one Region, the others still get their findings", async () => {
    const there = aFinding("there", undefined, "us-east-1");
    expect(await importAll([aFinding("here"), there])).toEqual([
      { id: there.Id, reason: message.replace("eu-west-1", "us-east-1") },
    ]);
    expect(imported()).toHaveLength(1);
  });
});

test("throws with the IAM action if a call fails", async () => {
  aws.cloud.fault({ action: "securityhub:*", kind: "deny" });
  await expect(importAll(someFindings(2))).rejects.toMatchObject({
    action: "securityhub:BatchImportFindings",
    code: "AccessDeniedException",
  });
});

test("the SDK retries throttling", async () => {
  aws.cloud.fault({ action: "securityhub:*", kind: "throttle", times: 1 });
  expect(await importAll(someFindings(2), 3)).toEqual([]);
});

test("rejects an invalid product ARN", async () => {
  const finding = { ...aFinding("orders"), ProductArn: "arn:aws:rds:eu-west-1:1:x" };
  await expect(importAll([finding])).rejects.toThrow("is not the ARN of a Security Hub product");
});
