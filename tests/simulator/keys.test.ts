import {
  AlreadyExistsException,
  CancelKeyDeletionCommand,
  CreateAliasCommand,
  CreateGrantCommand,
  CreateKeyCommand,
  DescribeKeyCommand,
  DisabledException,
  DisableKeyCommand,
  DryRunOperationException,
  EnableKeyCommand,
  GenerateDataKeyCommand,
  GetKeyPolicyCommand,
  InvalidArnException,
  KMSInvalidStateException,
  ListAliasesCommand,
  ListGrantsCommand,
  ListKeysCommand,
  NotFoundException,
  PutKeyPolicyCommand,
  paginateListGrants,
  RetireGrantCommand,
  RevokeGrantCommand,
  ScheduleKeyDeletionCommand,
  UpdateAliasCommand,
} from "@aws-sdk/client-kms";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { type Aws, failure, otherAccount, startAws } from "./aws.ts";

let aws: Aws;
beforeEach(async () => {
  aws = await startAws();
});
afterEach(() => aws.stop());

const metadata = async (KeyId: string) => (await aws.kms.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata;

test("finds a key by id, ARN, alias, and alias ARN", async () => {
  const { KeyId, Arn } = aws.region.addKey({ alias: "alias/own" });
  for (const name of [KeyId, Arn, "alias/own", "arn:aws:kms:eu-west-1:111111111111:alias/own"])
    expect(await metadata(name)).toMatchObject({ KeyId, Arn, KeyState: "Enabled", KeyManager: "CUSTOMER" });
});

test("creates an AWS managed key when its alias is described", async () => {
  expect(aws.region.keys.size).toBe(0);
  expect(await metadata("alias/aws/secretsmanager")).toMatchObject({ KeyManager: "AWS", KeyState: "Enabled" });
  expect(aws.region.keys.size).toBe(1);
});

test.each([
  ["alias/nothing", "NotFoundException: Alias arn:aws:kms:eu-west-1:111111111111:alias/nothing is not found."],
  [
    "0987dcba-09fe-87dc-65ba-ab0987654321",
    "NotFoundException: Key 'arn:aws:kms:eu-west-1:111111111111:key/0987dcba-09fe-87dc-65ba-ab0987654321' does not exist",
  ],
  ["nonsense", "NotFoundException: Invalid keyId nonsense"],
  [
    "arn:aws:kms:us-east-1:111111111111:key/0987dcba-09fe-87dc-65ba-ab0987654321",
    "NotFoundException: Invalid arn us-east-1",
  ],
])("DescribeKey %s", async (KeyId, expected) => {
  expect(await failure(metadata(KeyId))).toBe(expected);
  await expect(metadata(KeyId)).rejects.toThrow(NotFoundException);
});

test("rejects an ARN of another service", async () => {
  await expect(metadata("arn:aws:s3:eu-west-1:111111111111:key/x")).rejects.toThrow(InvalidArnException);
});

test("returns another account's key if the account exists and denies it otherwise", async () => {
  const { Arn } = aws.cloud.region(otherAccount, "eu-west-1").addKey();
  expect((await metadata(Arn))?.AWSAccountId).toBe(otherAccount);
  expect(await failure(metadata(Arn.replace(otherAccount, "999999999999")))).toMatch(
    /^AccessDeniedException: .*kms:DescribeKey/,
  );
});

test("changes a key's state", async () => {
  const created = await aws.kms.send(new CreateKeyCommand({}));
  const KeyId = created.KeyMetadata?.KeyId ?? "";
  await aws.kms.send(new DisableKeyCommand({ KeyId }));
  expect(await metadata(KeyId)).toMatchObject({ KeyState: "Disabled", Enabled: false });
  await aws.kms.send(new EnableKeyCommand({ KeyId }));
  const { DeletionDate } = await aws.kms.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }));
  expect(DeletionDate).toEqual(new Date("2026-12-01T09:00:00Z"));
  expect(await metadata(KeyId)).toMatchObject({ KeyState: "PendingDeletion", DeletionDate });
  await expect(aws.kms.send(new EnableKeyCommand({ KeyId }))).rejects.toThrow(KMSInvalidStateException);
  await aws.kms.send(new CancelKeyDeletionCommand({ KeyId }));
  expect((await metadata(KeyId))?.KeyState).toBe("Disabled");
  await aws.kms.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }));
  aws.cloud.advance({ days: 7 });
  await expect(metadata(KeyId)).rejects.toThrow(NotFoundException);
});

test("deleting a key deletes its aliases", async () => {
  const { KeyId } = aws.region.addKey({ alias: "alias/own" });
  await aws.kms.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }));
  aws.cloud.advance({ days: 7 });
  expect((await aws.kms.send(new ListAliasesCommand({}))).Aliases).toEqual([]);
});

test("rejects disabling an AWS managed key", async () => {
  const key = await metadata("alias/aws/secretsmanager");
  expect(await failure(aws.kms.send(new DisableKeyCommand({ KeyId: key?.KeyId })))).toMatch(/^AccessDeniedException/);
});

test("creates, moves, and lists aliases, and lists keys", async () => {
  const first = aws.region.addKey();
  const second = aws.region.addKey();
  const make = () => aws.kms.send(new CreateAliasCommand({ AliasName: "alias/own", TargetKeyId: first.KeyId }));
  await make();
  await expect(make()).rejects.toThrow(AlreadyExistsException);
  await aws.kms.send(new UpdateAliasCommand({ AliasName: "alias/own", TargetKeyId: second.KeyId }));
  expect((await metadata("alias/own"))?.KeyId).toBe(second.KeyId);
  const { Aliases } = await aws.kms.send(new ListAliasesCommand({ KeyId: second.KeyId }));
  expect(Aliases).toMatchObject([{ AliasName: "alias/own", TargetKeyId: second.KeyId }]);
  const page = await aws.kms.send(new ListKeysCommand({ Limit: 1 }));
  const last = await aws.kms.send(new ListKeysCommand({ Limit: 1, Marker: page.NextMarker }));
  expect([page.Truncated, last.Truncated, last.Keys?.[0]?.KeyId]).toEqual([true, false, second.KeyId]);
});

describe("GenerateDataKey", () => {
  const tryKey = (KeyId: string | undefined) =>
    aws.kms.send(new GenerateDataKeyCommand({ KeyId, KeySpec: "AES_256", DryRun: true }));

  test("reports by the error of a dry run whether the key can be used", async () => {
    const { Arn } = aws.region.addKey({ alias: "alias/own" });
    for (const name of [Arn, "alias/own"]) await expect(tryKey(name)).rejects.toThrow(DryRunOperationException);
    const error = await tryKey(Arn).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      message: "The request would have succeeded, but the DryRun option is set.",
      $metadata: { httpStatusCode: 400 },
    });
  });

  test.each([
    ["Disabled", DisabledException, "is disabled."],
    ["PendingDeletion", KMSInvalidStateException, "is pending deletion."],
    ["PendingImport", KMSInvalidStateException, "is pending import."],
    ["Unavailable", KMSInvalidStateException, "is unavailable."],
  ])("%s: it cannot", async (state, expected, words) => {
    const { Arn } = aws.region.addKey({ state });
    await expect(tryKey(Arn)).rejects.toThrow(expected);
    await expect(tryKey(Arn)).rejects.toThrow(`${Arn} ${words}`);
  });

  test("rejects an unknown key, an AWS managed key, and a denied call", async () => {
    await expect(tryKey("alias/nothing")).rejects.toThrow(NotFoundException);
    expect(await failure(tryKey("alias/aws/secretsmanager"))).toMatch(/^AccessDeniedException: .*kms:GenerateDataKey/);
    const denied = aws.region.addKey();
    const other = aws.region.addKey();
    aws.cloud.fault({ action: "kms:GenerateDataKey", matching: denied.KeyId, kind: "deny" });
    expect(await failure(tryKey(denied.Arn))).toMatch(/^AccessDeniedException: .*kms:GenerateDataKey/);
    await expect(tryKey(other.Arn)).rejects.toThrow(DryRunOperationException);
  });

  test("creates no data key", async () => {
    const { KeyId } = aws.region.addKey();
    const make = (settings: { KeySpec?: "AES_256"; NumberOfBytes?: number }) =>
      failure(aws.kms.send(new GenerateDataKeyCommand({ KeyId, ...settings })));
    expect(await make({ KeySpec: "AES_256" })).toMatch(
      /^UnsupportedOperationException: The simulator has no key material/,
    );
    expect(await make({})).toMatch(/^ValidationException/);
    expect(await make({ KeySpec: "AES_256", NumberOfBytes: 32 })).toMatch(/^ValidationException/);
  });
});

const policyOf = async (KeyId: string) => (await aws.kms.send(new GetKeyPolicyCommand({ KeyId }))).Policy ?? "";

test("a key leaves everything to IAM until it gets another policy", async () => {
  const { KeyId } = aws.region.addKey();
  expect(JSON.parse(await policyOf(KeyId)).Statement).toEqual([
    expect.objectContaining({ Effect: "Allow", Principal: { AWS: "arn:aws:iam::111111111111:root" }, Action: "kms:*" }),
  ]);
  await aws.kms.send(new PutKeyPolicyCommand({ KeyId, Policy: '{"Statement":[]}' }));
  expect(await policyOf(KeyId)).toBe('{"Statement":[]}');
  const put = aws.kms.send(new PutKeyPolicyCommand({ KeyId, Policy: "{" }));
  expect(await failure(put)).toMatch(/^MalformedPolicyDocumentException: /);
});

test("the policy and the grants of a key are shown only to its own account", async () => {
  const { Arn } = aws.region.account.cloud.region(otherAccount, "eu-west-1").addKey();
  expect(await failure(policyOf(Arn))).toMatch(/^AccessDeniedException: .*kms:GetKeyPolicy/);
  expect(await failure(aws.kms.send(new ListGrantsCommand({ KeyId: Arn })))).toMatch(/kms:ListGrants/);
});

test("grants are listed page by page, and can be revoked and retired", async () => {
  const { KeyId, Arn } = aws.region.addKey();
  const ids: string[] = [];
  for (let index = 0; index < 5; index += 1) {
    const { GrantId = "" } = await aws.kms.send(
      new CreateGrantCommand({ KeyId, GranteePrincipal: "rds.amazonaws.com", Operations: ["Decrypt"] }),
    );
    ids.push(GrantId);
  }
  const list = async () => {
    const pages: string[][] = [];
    for await (const { Grants = [] } of paginateListGrants({ client: aws.kms, pageSize: 2 }, { KeyId }))
      pages.push(Grants.map(({ GrantId = "" }) => GrantId));
    return pages;
  };
  expect(await list()).toEqual([ids.slice(0, 2), ids.slice(2, 4), ids.slice(4)]);
  await aws.kms.send(new RevokeGrantCommand({ KeyId, GrantId: ids[0] }));
  await aws.kms.send(new RetireGrantCommand({ KeyId: Arn, GrantId: ids[1] }));
  expect((await list()).flat()).toEqual(ids.slice(2));
  await expect(aws.kms.send(new RevokeGrantCommand({ KeyId, GrantId: ids[0] }))).rejects.toThrow(NotFoundException);
});
