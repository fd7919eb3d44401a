import {
  type AwsSecurityFinding,
  BatchImportFindingsCommand,
  InvalidAccessException,
  SecurityHubClient,
} from "@aws-sdk/client-securityhub";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { type Aws, account, failure, startAws } from "./aws.ts";

let aws: Aws;
let hub: SecurityHubClient;
beforeEach(async () => {
  aws = await startAws();
  hub = new SecurityHubClient(aws.configuration(account, "eu-west-1"));
  aws.region.enableSecurityHub();
});
afterEach(async () => {
  hub.destroy();
  await aws.stop();
});

const productArn = `arn:aws:securityhub:eu-west-1:${account}:product/${account}/default`;
const aFinding = (overrides: Partial<AwsSecurityFinding> = {}): AwsSecurityFinding => ({
  SchemaVersion: "2018-10-08",
  Id: "finding",
  ProductArn: productArn,
  GeneratorId: "generator",
  AwsAccountId: account,
  CreatedAt: "2026-11-24T00:00:00.000Z",
  UpdatedAt: "2026-11-24T00:00:00.000Z",
  Title: "Title",
  Description: "Description",
  Resources: [{ Type: "AwsRdsDbInstance", Id: "arn" }],
  ...overrides,
});
const send = (Findings: AwsSecurityFinding[]) => hub.send(new BatchImportFindingsCommand({ Findings }));
const many = (count: number) => Array.from({ length: count }, (_, index) => aFinding({ Id: `finding ${index}` }));
const text = (length: number) => "x".repeat(length);

test("stores findings by id, unchanged", async () => {
  expect(await send(many(2))).toMatchObject({ SuccessCount: 2, FailedCount: 0, FailedFindings: [] });
  expect([...aws.region.securityHub.findings.values()]).toEqual(many(2));
});

test("replaces a finding only with a newer one", async () => {
  await send([aFinding()]);
  expect(await send([aFinding({ Title: "same time" })])).toMatchObject({ SuccessCount: 1, FailedCount: 0 });
  await send([aFinding({ Title: "earlier", UpdatedAt: "2026-11-23T00:00:00.000Z" })]);
  expect(aws.region.securityHub.findings.get("finding")?.Title).toBe("Title");
  await send([aFinding({ Title: "later", UpdatedAt: "2026-11-24T00:00:00.001Z" })]);
  expect(aws.region.securityHub.findings.get("finding")?.Title).toBe("later");
});

test.each([
  [0, false],
  [1, true],
  [100, true],
  [101, false],
])("%i findings in a call: %p", async (count, isTaken) => {
  if (isTaken) expect(await send(many(count))).toMatchObject({ SuccessCount: count });
  else expect(await failure(send(many(count)))).toMatch(/^InvalidInputException: /);
});

describe("the format", () => {
  const resource = { Type: "Other", Id: "arn" };
  const fields = (count: number, value = "v") =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`field ${index}`, value]));

  test.each<[string, Partial<AwsSecurityFinding>]>([
    ["an id of 512", { Id: text(512) }],
    ["a title of 256", { Title: text(256) }],
    ["a description of 1024", { Description: text(1024) }],
    ["32 resources", { Resources: Array.from({ length: 32 }, () => resource) }],
    ["50 product fields of 2048", { ProductFields: fields(50, text(2048)) }],
    ["a date without milliseconds", { UpdatedAt: "2026-11-24T00:00:00Z" }],
  ])("takes %s", async (_what, overrides) => {
    expect(await send([aFinding(overrides)])).toMatchObject({ FailedCount: 0 });
  });

  test.each<[string, Partial<AwsSecurityFinding>]>([
    ["an id of 513", { Id: text(513) }],
    ["an empty title", { Title: "" }],
    ["a title of 257", { Title: text(257) }],
    ["a description of 1025", { Description: text(1025) }],
    ["no generator", { GeneratorId: undefined }],
    ["another version", { SchemaVersion: "2020-01-01" }],
    ["no resource", { Resources: [] }],
    ["33 resources", { Resources: Array.from({ length: 33 }, () => resource) }],
    ["a resource without a type", { Resources: [{ Type: undefined, Id: "arn" }] }],
    ["51 product fields", { ProductFields: fields(51) }],
    ["a product field of 2049", { ProductFields: fields(1, text(2049)) }],
    ["an invalid date", { UpdatedAt: "yesterday" }],
    [
      "240 KB",
      { ProductFields: fields(50, text(2048)), Note: { Text: text(150_000), UpdatedBy: "x", UpdatedAt: "x" } },
    ],
  ])("rejects %s and imports the other findings of the call", async (_what, overrides) => {
    const wrong = aFinding(overrides);
    const answer = await send([wrong, aFinding({ Id: "right" })]);
    expect(answer).toMatchObject({ FailedCount: 1, SuccessCount: 1 });
    expect(answer.FailedFindings).toMatchObject([
      { Id: wrong.Id, ErrorCode: expect.stringMatching(/^(InvalidInput|LimitExceeded)$/) },
    ]);
    expect([...aws.region.securityHub.findings.keys()]).toEqual(["right"]);
  });
});

test("denies the whole call for a finding about another account or of another product", async () => {
  for (const overrides of [
    { AwsAccountId: "222222222222" },
    { ProductArn: productArn.replace("eu-west-1", "us-east-1") },
    { ProductArn: "arn:aws:securityhub:eu-west-1::product/prowler/prowler" },
  ])
    expect(await failure(send([aFinding({ Id: "right" }), aFinding(overrides)]))).toMatch(
      /^AccessDeniedException: User: .* is not authorized to perform: securityhub:BatchImportFindings on resource: arn:/,
    );
  expect(aws.region.securityHub.findings.size).toBe(0);
});

test("reports that Security Hub is not enabled", async () => {
  aws.region.securityHub.isEnabled = false;
  await expect(send([aFinding()])).rejects.toThrow(InvalidAccessException);
  expect(await failure(send([aFinding()]))).toContain(`Account ${account} is not subscribed to AWS Security Hub`);
});

test("a fault fails single findings", async () => {
  aws.cloud.fault({ action: "securityhub:BatchImportFindings", kind: "entry", matching: "finding 1" });
  expect((await send(many(3))).FailedFindings).toEqual([
    { Id: "finding 1", ErrorCode: "InternalError", ErrorMessage: "An internal error occurred" },
  ]);
});

test.each([
  ["deny", /^AccessDeniedException: User: /],
  ["throttle", /^TooManyRequestsException: /],
  ["error", /^InternalFailure: /],
  ["expired-token", /^ExpiredTokenException: /],
  ["disconnect", /socket hang up|ECONNRESET/],
] as const)("a fault: %s", async (kind, expected) => {
  aws.cloud.fault({ action: "securityhub:*", kind });
  expect(await failure(send([aFinding()]))).toMatch(expected);
});
