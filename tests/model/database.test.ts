import { describe, expect, test } from "@jest/globals";
import { describeDatabase, isSettled, resourceType } from "../../lib/model/database.ts";
import { isAtLeast } from "../../lib/model/finding.ts";
import { aMasterUserSecret, aPlainCluster, aPlainDatabase } from "../support/builders.ts";

const tenant = aPlainDatabase({ kind: "tenant-database", identifier: "erp/PDB1" });

describe("a database in words", () => {
  test.each([
    [aPlainDatabase(), "AWS::RDS::DBInstance", "DB instance orders"],
    [aPlainCluster(), "AWS::RDS::DBCluster", "DB cluster ledger"],
    [tenant, "AWS::RDS::TenantDatabase", "tenant database erp/PDB1"],
  ])("$kind", (database, type, words) => {
    expect([resourceType(database), describeDatabase(database)]).toEqual([type, words]);
  });
});

describe("a severity", () => {
  test.each([
    ["critical", "low", true],
    ["high", "high", true],
    ["medium", "high", false],
    ["low", "critical", false],
  ] as const)("%s is at least %s: %s", (severity, threshold, expected) => {
    expect(isAtLeast(severity, threshold)).toBe(expected);
  });
});

test.each([
  ["nothing changes its password", {}, true],
  ["a password is pending", { pendingChanges: ["MasterUserPassword"] }, false],
  ["something else is pending", { pendingChanges: ["AllocatedStorage"] }, true],
  ["RDS modifies it", { status: "modifying" }, false],
  ["its secret is rotating", { masterUserSecret: aMasterUserSecret({ status: "rotating" }) }, false],
  ["its secret is impaired", { masterUserSecret: aMasterUserSecret({ status: "impaired" }) }, true],
])("%s: whether a database is settled", (_, change, isSo) => {
  expect(isSettled(aPlainDatabase({ masterUserSecret: aMasterUserSecret(), ...change }))).toBe(isSo);
});
