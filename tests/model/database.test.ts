import { describe, expect, test } from "@jest/globals";
import { describeDatabase, resourceType } from "../../lib/model/database.ts";
import { isAtLeast } from "../../lib/model/finding.ts";
import { aPlainCluster, aPlainDatabase } from "../support/builders.ts";

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
