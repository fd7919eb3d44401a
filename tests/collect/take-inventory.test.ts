import { describe, expect, test } from "@jest/globals";
import { createAccount } from "../../lib/aws/create-account.ts";
import { type AccountPort, takeInventory } from "../../lib/collect/take-inventory.ts";
import { defaultPolicy } from "../../lib/model/default-policy.ts";
import { AccessError, UsageError } from "../../lib/model/errors.ts";
import { auditSimulated, inShort, now } from "../support/simulated-audit.ts";

const accounts = ["111111111111", "222222222222"];

test("every Region of every account is read", async () => {
  const { report } = await auditSimulated({
    accounts,
    regions: ["eu-west-1", "us-east-1"],
    fleet: (cloud) => {
      for (const id of accounts) cloud.region(id, "us-east-1").addInstance({ identifier: `orders-of-${id[0]}` });
    },
  });
  expect(report.coverage.targets.map(({ account, region, databases }) => [account, region, databases])).toEqual([
    ["111111111111", "eu-west-1", 0],
    ["111111111111", "us-east-1", 1],
    ["222222222222", "eu-west-1", 0],
    ["222222222222", "us-east-1", 1],
  ]);
  expect(inShort(report.findings)).toEqual([
    "master-password-managed orders-of-1 NON_COMPLIANT",
    "master-password-managed orders-of-2 NON_COMPLIANT",
  ]);
});

test("all Regions are those that the account has enabled", async () => {
  const { report } = await auditSimulated({
    regions: "all",
    fleet: (cloud) => cloud.account("111111111111", { regions: ["eu-north-1", "us-east-1"] }),
  });
  expect(report.coverage.targets.map(({ region }) => region)).toEqual(["eu-north-1", "us-east-1"]);
});

test("two credentials for one account are one account", async () => {
  const { report } = await auditSimulated({ accounts: ["111111111111", "111111111111"] });
  expect(report.coverage.targets).toHaveLength(1);
});

test("one account that cannot be entered is a gap, and the other is judged", async () => {
  const { report } = await auditSimulated({
    accounts,
    fleet: (cloud) => {
      cloud.region("222222222222", "eu-west-1").addInstance({ identifier: "orders" });
      cloud.fault({ action: "sts:GetCallerIdentity", account: "111111111111", kind: "expired-token" });
    },
  });
  expect(report.clean).toBe(false);
  expect(report.coverage.complete).toBe(false);
  expect(report.coverage.gaps).toEqual([
    expect.objectContaining({
      account: "account 111111111111",
      action: "sts:GetCallerIdentity",
      message: expect.stringContaining("expired"),
    }),
  ]);
  expect(inShort(report.findings)).toEqual(["master-password-managed orders NON_COMPLIANT"]);
});

test("Regions that may not be listed are an error that says what to allow, where nothing else is read", async () => {
  const audit = auditSimulated({
    regions: "all",
    fleet: (cloud) => cloud.fault({ action: "account:ListRegions", kind: "deny" }),
  });
  await expect(audit).rejects.toBeInstanceOf(AccessError);
  await expect(audit).rejects.toThrow(/account:ListRegions failed with AccessDeniedException .* or name the Regions/);
});

test("credentials for an account that the policy does not list are refused", async () => {
  const audit = auditSimulated({ policy: { ...defaultPolicy, accounts: ["999999999999"] } });
  await expect(audit).rejects.toBeInstanceOf(UsageError);
  await expect(audit).rejects.toThrow(/111111111111.*999999999999/);
});

describe("nothing can be entered", () => {
  const credentials = { accessKeyId: "111111111111", secretAccessKey: "simulated" };
  const enter = (options: Parameters<typeof createAccount>[0]) =>
    takeInventory({
      accounts: [createAccount(options)],
      regions: ["eu-west-1"],
      policy: defaultPolicy,
      rules: [],
      now,
    });

  test("an expired session says how to log in again", async () => {
    const audit = auditSimulated({ fleet: (cloud) => cloud.fault({ action: "sts:*", kind: "expired-token" }) });
    await expect(audit).rejects.toBeInstanceOf(AccessError);
    await expect(audit).rejects.toThrow("The AWS session of account 111111111111 has expired: log in again");
  });

  test("an unknown access key is named as such", async () => {
    const audit = auditSimulated({
      fleet: (cloud) => cloud.fault({ action: "sts:*", kind: "error", code: "InvalidClientTokenId", status: 403 }),
    });
    await expect(audit).rejects.toThrow(/AWS refuses the credentials of account 111111111111 \(InvalidClientTokenId\)/);
  });

  test("an endpoint where nobody listens is named", async () => {
    const audit = enter({ name: "the test", endpoint: "http://127.0.0.1:9", credentials, maxAttempts: 1 });
    await expect(audit).rejects.toBeInstanceOf(AccessError);
    await expect(audit).rejects.toThrow(/cannot be reached for the test \(.*127\.0\.0\.1:9.*AWS_ENDPOINT_URL/);
  });

  test("a profile that does not exist is named", async () => {
    const audit = enter({ name: "profile nobody", profile: "nobody-has-this-profile", maxAttempts: 1 });
    await expect(audit).rejects.toThrow(/There are no AWS credentials for profile nobody.*nobody-has-this-profile/);
  });
});

describe("an account without a Region", () => {
  const accountOf = (account: string, regions: readonly string[]): AccountPort => ({
    ...createAccount({ name: `account ${account}`, endpoint: "http://127.0.0.1:9", maxAttempts: 1 }),
    identify: async () => ({ account, partition: "aws" }),
    listRegions: async () => regions,
  });
  const inventoryOf = (...accounts: AccountPort[]) =>
    takeInventory({ accounts, regions: "all", policy: defaultPolicy, rules: [], now });

  test("is a gap, and the other is judged", async () => {
    const inventory = await inventoryOf(accountOf("111111111111", []), accountOf("222222222222", ["eu-west-1"]));
    expect(inventory.targets.map(({ account }) => account)).toEqual(["222222222222"]);
    expect(inventory.gaps).toEqual([
      expect.objectContaining({ account: "account 111111111111", action: "account:ListRegions", code: "EmptyAnswer" }),
    ]);
  });

  test("is no access where there is no other", async () => {
    await expect(inventoryOf(accountOf("111111111111", []))).rejects.toThrow(AccessError);
  });
});

test("a Region that is named twice is read once", async () => {
  const { report } = await auditSimulated({
    regions: ["eu-west-1", "eu-west-1"],
    fleet: (cloud) => cloud.region("111111111111", "eu-west-1").addInstance({ identifier: "orders" }),
  });
  expect(report.coverage.targets).toHaveLength(1);
  expect(report.findings).toHaveLength(1);
});
