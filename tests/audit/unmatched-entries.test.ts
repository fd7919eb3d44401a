import { describe, expect, test } from "@jest/globals";
import { missingKeys, unmatchedEntries } from "../../lib/audit/unmatched-entries.ts";
import type { Target } from "../../lib/model/inventory.ts";
import { parsePolicy } from "../../lib/model/policy.ts";
import { rules } from "../../rules/index.ts";
import { aGap, anInventory, aPlainDatabase, aTarget } from "../support/builders.ts";

const policy = parsePolicy(
  `keys: [{ require: [alias/gone, customer-managed] }]
exemptions:
  - { match: { identifier: orders }, owner: a, reason: b, until: 2026-12-31 }
  - { match: { identifier: legacy-* }, owner: a, reason: b, until: 2026-12-31 }
  - { match: { identifier: legacy-*, region: sa-east-1 }, owner: a, reason: b, until: 2026-12-31 }
  - { match: { identifier: legacy-*, account: "999999999999" }, owner: a, reason: b, until: 2026-12-31 }
remediation:
  allow: [rotate]
  optIn: [{ tags: { repair: allowed } }, { engine: postgres }]
`,
  "policy.yaml",
  rules.map(({ id }) => id),
);

const unmatched = (target: Partial<Target> = {}, gaps: Parameters<typeof anInventory>[0] = {}) =>
  unmatchedEntries(policy, anInventory({ targets: [aTarget({ databases: [aPlainDatabase()], ...target })], ...gaps }));

describe("entries that match no database", () => {
  test("are found by their position; those for another account or Region are not", () => {
    expect(unmatched()).toEqual(["exemptions[1]", "remediation.optIn[0]"]);
  });

  test.each(["rds:DescribeDBInstances", "rds:DescribeDBClusters", "rds:DescribeTenantDatabases"])(
    "are not known after %s failed",
    (action) => expect(unmatched({ gaps: [aGap({ action })] })).toEqual([]),
  );

  test("are not known if an account could not be opened", () => {
    expect(unmatched({}, { gaps: [aGap({ action: "sts:AssumeRole", region: "*" })] })).toEqual([]);
  });

  test("are known even if another call failed", () => {
    expect(unmatched({ gaps: [aGap({ action: "kms:DescribeKey" })] })).toHaveLength(2);
  });
});

test("a key that does not exist is found once, with each account and Region", () => {
  const keysOf = (region: string, key: null) => [{ reference: `arn:aws:kms:${region}:123456789012:alias/gone`, key }];
  const targets = [
    aTarget({ keys: keysOf("eu-west-1", null) }),
    aTarget({ region: "us-east-1", keys: keysOf("us-east-1", null) }),
    aTarget({ region: "sa-east-1", keys: [] }),
  ];
  const found = missingKeys(policy, anInventory({ targets }));
  expect(found.map(({ key, targets }) => [key, targets.map(({ region }) => region)])).toEqual([
    ["alias/gone", ["eu-west-1", "us-east-1"]],
  ]);
});
