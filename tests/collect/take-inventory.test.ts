import { describe, expect, test } from "@jest/globals";
import { createAccount } from "../../lib/aws/create-account.ts";
import type { AccountPort } from "../../lib/collect/choose-targets.ts";
import { takeInventory } from "../../lib/collect/take-inventory.ts";
import { defaultPolicy } from "../../lib/model/default-policy.ts";
import { AccessError, UsageError } from "../../lib/model/errors.ts";
import { auditSimulated, inShort, now } from "../support/simulated-audit.ts";

const accounts = ["111111111111", "222222222222"];

test("reads every Region of every account", async () => {
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

test("reads the Regions that the account has enabled", async () => {
  const { report } = await auditSimulated({
    regions: "all",
    fleet: (cloud) => cloud.account("111111111111", { regions: ["eu-north-1", "us-east-1"] }),
  });
  expect(report.coverage.targets.map(({ region }) => region)).toEqual(["eu-north-1", "us-east-1"]);
});

test("reads an account with two credentials once", async () => {
  const { report } = await auditSimulated({ accounts: ["111111111111", "111111111111"] });
  expect(report.coverage.targets).toHaveLength(1);
});

test("an account that cannot be opened is a gap, and the other is judged", async () => {
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

test("throws an error that names the action to allow if Regions cannot be listed and nothing else is read", async () => {
  const audit = auditSimulated({
    regions: "all",
    fleet: (cloud) => cloud.fault({ action: "account:ListRegions", kind: "deny" }),
  });
  await expect(audit).rejects.toBeInstanceOf(AccessError);
  await expect(audit).rejects.toThrow(/account:ListRegions failed with AccessDeniedException .* or name the Regions/);
});

test("rejects credentials for an account that the policy does not list", async () => {
  const audit = auditSimulated({ policy: { ...defaultPolicy, accounts: ["999999999999"] } });
  await expect(audit).rejects.toBeInstanceOf(UsageError);
  await expect(audit).rejects.toThrow(/111111111111.*999999999999/);
});

describe("no account can be opened", () => {
  const credentials = { accessKeyId: "111111111111", secretAccessKey: "simulated" };
  const enter = (options: Parameters<typeof createAccount>[0]) =>
    takeInventory({
      accounts: [createAccount(options)],
      regions: ["eu-west-1"],
      policy: defaultPolicy,
      rules: [],
      now,
    });

  test("an expired session: the error says how to log in", async () => {
    const audit = auditSimulated({ fleet: (cloud) => cloud.fault({ action: "sts:*", kind: "expired-token" }) });
    await expect(audit).rejects.toBeInstanceOf(AccessError);
    await expect(audit).rejects.toThrow("The AWS session of account 111111111111 has expired: log in again");
  });

  test("an unknown access key: the error names it", async () => {
    const audit = auditSimulated({
      fleet: (cloud) => cloud.fault({ action: "sts:*", kind: "error", code: "InvalidClientTokenId", status: 403 }),
    });
    await expect(audit).rejects.toThrow(/AWS refuses the credentials of account 111111111111 \(InvalidClientTokenId\)/);
  });

  test("an unreachable endpoint: the error names it", async () => {
    const audit = enter({ name: "the test", endpoint: "http://127.0.0.1:9", credentials, maxAttempts: 1 });
    await expect(audit).rejects.toBeInstanceOf(AccessError);
    await expect(audit).rejects.toThrow(/cannot be reached for the test \(.*127\.0\.0\.1:9.*AWS_ENDPOINT_URL/);
  });

  test("an unknown profile: the error names it", async () => {
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

  test("is an AccessError if there is no other account", async () => {
    await expect(inventoryOf(accountOf("111111111111", []))).rejects.toThrow(AccessError);
  });
});

test("opens at most 24 accounts at the same time, and reports them in the order given", async () => {
  let open = 0;
  let most = 0;
  const ids = Array.from({ length: 50 }, (_, index) => String(100_000_000_000 + index));
  const accounts = ids.map(
    (account): AccountPort => ({
      ...createAccount({ name: `account ${account}` }),
      identify: async () => {
        open += 1;
        most = Math.max(most, open);
        await new Promise((resolve) => setTimeout(resolve, 1));
        open -= 1;
        throw new AccessError(`no ${account}`);
      },
    }),
  );
  const readable = { ...accounts[0], identify: async () => ({ account: "1", partition: "aws" }) } as AccountPort;
  const request = { regions: [], policy: defaultPolicy, rules: [], now };
  const { gaps } = await takeInventory({ ...request, accounts: [...accounts, readable] });
  expect(most).toBe(24);
  expect(gaps.map(({ account }) => account)).toEqual(ids.map((id) => `account ${id}`));
  await expect(takeInventory({ ...request, accounts })).rejects.toThrow("no 100000000000");
});

test("reads a Region that is named twice once", async () => {
  const { report } = await auditSimulated({
    regions: ["eu-west-1", "eu-west-1"],
    fleet: (cloud) => cloud.region("111111111111", "eu-west-1").addInstance({ identifier: "orders" }),
  });
  expect(report.coverage.targets).toHaveLength(1);
  expect(report.findings).toHaveLength(1);
});
