import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { findOrphanedSecrets } from "../../lib/audit/orphaned-secrets.ts";
import type { Database } from "../../lib/model/database.ts";
import type { Target } from "../../lib/model/inventory.ts";
import type { Secret } from "../../lib/model/secret.ts";
import { anyTarget } from "../support/arbitraries.ts";
import {
  aGap,
  aMasterUserSecret,
  aPlainCluster,
  aPlainDatabase,
  aSecret,
  aTarget,
  databaseArn,
  hoursFromNow,
  now,
  secretArn,
} from "../support/builders.ts";
import { deepFreeze } from "../support/deep-freeze.ts";

const orphanArn = secretArn.replace("0123abcd", "99999999");
const orphan = (overrides: Partial<Secret> = {}) =>
  aSecret({ arn: orphanArn, name: "rds!db-99999999", primaryArns: [`${databaseArn}-deleted`], ...overrides });

/** The ARNs of the orphans in a Region with a managed database, its secret, and these. */
function orphansIn(target: Partial<Target>) {
  return findOrphanedSecrets(deepFreeze(aTarget(target)), now)?.map(({ arn }) => arn) ?? null;
}
const among = (...secrets: readonly Secret[]) => orphansIn({ secrets: [aSecret(), ...secrets] });
const beside = (...databases: readonly Database[]) =>
  orphansIn({ databases: [...databases], secrets: [orphan({ primaryArns: [databaseArn] })] });

describe("an orphaned secret", () => {
  test("is one that RDS created and no database names", () => {
    expect(among(orphan())).toEqual([orphanArn]);
    expect(among()).toEqual([]);
  });

  test("is the former secret of a database that names another", () => {
    expect(beside(aPlainDatabase({ masterUserSecret: aMasterUserSecret() }))).toEqual([orphanArn]);
  });

  test("is the secret of a database that is not managed", () => {
    expect(beside(aPlainDatabase())).toEqual([orphanArn]);
  });

  test.each<[string, Partial<Secret>]>([
    ["is scheduled for deletion", { deletedAt: hoursFromNow(-1) }],
    ["is five minutes old", { createdAt: hoursFromNow(-5 / 60) }],
    ["has no creation date", { createdAt: null }],
    ["is a replica of another Region's secret", { primaryRegion: "us-east-1" }],
    ["has no owning service", { owningService: null }],
    ["is of another service", { owningService: "redshift", name: "redshift!orders" }],
    ["has a name that RDS does not give", { name: "prod/orders" }],
  ])("is none that %s", (_, overrides) => {
    expect(among(orphan(overrides))).toEqual([]);
  });

  test.each<[string, Partial<Secret>]>([
    ["is older than five minutes", { createdAt: hoursFromNow(-6 / 60) }],
    ["names this Region as its primary one", { primaryRegion: "eu-west-1" }],
    ["has no tag", { primaryArns: [] }],
  ])("is one that %s", (_, overrides) => {
    expect(among(orphan(overrides))).toEqual([orphanArn]);
  });

  test("is none of a database in creation or deletion, or of a service whose secrets RDS may not report", () => {
    for (const status of ["creating", "deleting"]) expect(beside(aPlainDatabase({ status }))).toEqual([]);
    expect(beside(aPlainCluster({ arn: databaseArn, engine: "docdb" }))).toEqual([]);
  });

  test("is none that a cluster or a tenant database names", () => {
    const masterUserSecret = aMasterUserSecret({ secretArn: orphanArn });
    for (const kind of ["cluster", "tenant-database"] as const)
      expect(beside(aPlainDatabase({ kind, masterUserSecret }))).toEqual([]);
  });

  test("is none that does not exist, or that could not be confirmed", () => {
    const secrets = [aSecret(), orphan()];
    expect(orphansIn({ secrets, missingSecrets: [orphanArn] })).toEqual([]);
    const gaps = [aGap({ action: "secretsmanager:DescribeSecret", resource: orphanArn })];
    expect(orphansIn({ secrets, gaps })).toEqual([]);
  });
});

describe("orphaned secrets are unknown", () => {
  test.each([
    "rds:DescribeDBInstances",
    "rds:DescribeDBClusters",
    "rds:DescribeTenantDatabases",
    "secretsmanager:ListSecrets",
  ])("if %s failed", (action) => {
    expect(orphansIn({ secrets: [aSecret(), orphan()], gaps: [aGap({ action })] })).toBeNull();
  });

  test("if the secrets were not listed", () => {
    expect(orphansIn({ secrets: null })).toBeNull();
  });
});

test("no secret that a database names is ever an orphan", () => {
  fc.assert(
    fc.property(anyTarget, (target) => {
      const named = target.databases.map(({ masterUserSecret }) => masterUserSecret?.secretArn);
      for (const { arn } of findOrphanedSecrets(target, now) ?? []) expect(named).not.toContain(arn);
    }),
  );
});
