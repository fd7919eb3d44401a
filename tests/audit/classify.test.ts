import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  type ClassificationContext,
  classify,
  findReason,
  isActiveBlueGreen,
  reasons,
} from "../../lib/audit/classify.ts";
import type { Database } from "../../lib/model/database.ts";
import { managements } from "../../lib/model/database.ts";
import { anyDatabase } from "../support/arbitraries.ts";
import { aMasterUserSecret, aPlainCluster, aPlainDatabase } from "../support/builders.ts";
import { deepFreeze } from "../support/deep-freeze.ts";

const empty = { arns: new Set<string>(), gap: null, doubts: new Map<string, string>() };
const notSeen = (gap: string) => ({ ...empty, gap });

function classificationContext(overrides: Partial<ClassificationContext> = {}): ClassificationContext {
  return {
    globalClusterMembers: empty,
    blueGreenDatabases: empty,
    sources: { names: new Set<string>(), gap: null },
    support: { oracleCdb: "supported", iamDbAuth: [] },
    ...overrides,
  };
}

const instance = aPlainDatabase();
const cluster = aPlainCluster();
const listing = ({ arn }: Database) => ({ ...empty, arns: new Set([arn]) });
const withoutCdb = classificationContext({ support: { oracleCdb: "unsupported", iamDbAuth: [] } });
const withIam = classificationContext({ support: { oracleCdb: "supported", iamDbAuth: [{ tags: { login: "iam" } }] } });
const iamTag = { iamAuthentication: true, tags: { login: "iam" } };

type Case = {
  readonly code: string;
  readonly management: string;
  /** Databases to which the reason applies. */
  readonly to: readonly [Database, ClassificationContext?][];
  /** Similar databases to which it does not apply. */
  readonly not: readonly [Database, ClassificationContext?][];
};

const cases: readonly Case[] = [
  {
    code: "docdb",
    management: "out-of-scope",
    to: [[aPlainCluster({ engine: "docdb" })], [aPlainDatabase({ engine: "docdb", clusterIdentifier: "documents" })]],
    not: [[aPlainCluster({ engine: "docdb2" })]],
  },
  {
    code: "neptune",
    management: "out-of-scope",
    to: [[aPlainCluster({ engine: "neptune" })], [aPlainDatabase({ engine: "neptune", clusterIdentifier: "graph" })]],
    not: [[aPlainCluster({ engine: "neptune-x" })]],
  },
  {
    code: "cluster-member",
    management: "inherited",
    to: [[aPlainDatabase({ engine: "aurora-mysql", clusterIdentifier: "ledger" })]],
    not: [[instance], [aPlainCluster({ clusterIdentifier: "ledger" })]],
  },
  {
    code: "multi-tenant-container",
    management: "unsupported",
    to: [[aPlainDatabase({ engine: "oracle-ee-cdb", multiTenant: true })]],
    not: [
      [aPlainDatabase({ engine: "oracle-ee-cdb", multiTenant: false })],
      [aPlainDatabase({ kind: "tenant-database", engine: "oracle-ee-cdb", multiTenant: true })],
    ],
  },
  {
    code: "read-replica",
    management: "inherited",
    to: [
      [aPlainDatabase({ replicationSource: "orders-primary" })],
      [aPlainDatabase({ engine: "mysql", replicationSource: "a" })],
    ],
    not: [[aPlainDatabase({ engine: "sqlserver-ee", replicationSource: "orders-primary" })], [instance]],
  },
  {
    code: "rds-custom",
    management: "unsupported",
    to: [[aPlainDatabase({ rdsCustom: true })], [aPlainDatabase({ engine: "custom-oracle-ee" })]],
    not: [[aPlainDatabase({ engine: "oracle-custom-ee" })], [instance]],
  },
  {
    code: "oracle-cdb",
    management: "unsupported",
    to: [
      [aPlainDatabase({ engine: "oracle-ee-cdb" }), withoutCdb],
      [aPlainDatabase({ engine: "oracle-se2-cdb" }), withoutCdb],
    ],
    not: [
      [aPlainDatabase({ engine: "oracle-ee-cdb" })],
      [aPlainDatabase({ engine: "oracle-ee" }), withoutCdb],
      [aPlainDatabase({ engine: "oracle-ee-cdb-x" }), withoutCdb],
      [aPlainDatabase({ engine: "my-oracle-ee-cdb" }), withoutCdb],
    ],
  },
  {
    code: "serverless-v1",
    management: "unsupported",
    to: [[aPlainCluster({ engineMode: "serverless" })]],
    not: [[aPlainCluster({ engineMode: "provisioned" })], [cluster]],
  },
  {
    code: "limitless",
    management: "unsupported",
    to: [[aPlainCluster({ scalabilityType: "limitless" })]],
    not: [[aPlainCluster({ scalabilityType: "standard" })], [cluster]],
  },
  {
    code: "express-configuration",
    management: "unsupported",
    to: [[aPlainCluster({ expressConfiguration: true })]],
    not: [[cluster]],
  },
  {
    code: "iam-db-auth",
    management: "unsupported",
    to: [
      [aPlainDatabase(iamTag), withIam],
      [aPlainCluster(iamTag), withIam],
    ],
    not: [
      [aPlainDatabase(iamTag)],
      [aPlainDatabase({ ...iamTag, tags: {} }), withIam],
      [aPlainDatabase({ ...iamTag, iamAuthentication: false }), withIam],
      [aPlainDatabase({ ...iamTag, engine: "mysql" }), withIam],
      [aPlainCluster({ ...iamTag, engine: "aurora-mysql" }), withIam],
    ],
  },
  {
    code: "replica-cluster",
    management: "unsupported",
    to: [[aPlainCluster({ replicationSource: "arn:aws:rds:us-east-1:123456789012:cluster:ledger" })]],
    not: [[cluster], [aPlainDatabase({ engine: "sqlserver-ee", replicationSource: "orders-primary" })]],
  },
  {
    code: "global-database",
    management: "unsupported",
    to: [
      [aPlainCluster({ globalClusterIdentifier: "world" })],
      [aPlainCluster({ globalWriteForwarding: true })],
      [cluster, classificationContext({ globalClusterMembers: listing(cluster) })],
      [cluster, classificationContext({ globalClusterMembers: { ...listing(cluster), gap: "a later page failed" } })],
    ],
    not: [
      [cluster],
      [aPlainDatabase({ engine: "aurora-postgresql", globalClusterIdentifier: "world" })],
      [aPlainCluster({ engine: "mysql", globalClusterIdentifier: "world" })],
      [aPlainCluster({ engine: "mysql" }), classificationContext({ globalClusterMembers: notSeen("denied") })],
      [cluster, classificationContext({ globalClusterMembers: listing(instance) })],
    ],
  },
  {
    code: "blue-green-deployment",
    management: "unsupported",
    to: [
      [instance, classificationContext({ blueGreenDatabases: listing(instance) })],
      [cluster, classificationContext({ blueGreenDatabases: listing(cluster) })],
      [instance, classificationContext({ blueGreenDatabases: { ...listing(instance), gap: "a later page failed" } })],
    ],
    not: [[instance], [instance, classificationContext({ blueGreenDatabases: listing(cluster) })]],
  },
];

describe("each reason", () => {
  // AWS documents no engine version and no Region without the feature: tests/model/availability.test.ts has the cases.
  test("is in the table once, in this order, and has a case", () => {
    expect(reasons.map(({ code }) => code)).toEqual([...cases.map(({ code }) => code), "not-available"]);
  });

  test.each(reasons)("$code has an explanation, a source and a date", ({ explanation, source, asOf }) => {
    expect(explanation).toMatch(/^[a-zA-Z].*[^.]$/);
    expect(source).toMatch(/^https:\/\/docs\.aws\.amazon\.com\/AmazonRDS\//);
    expect(asOf).toMatch(/^20\d\d-(0[1-9]|1[0-2])$/);
  });

  for (const { code, management, to, not } of cases) {
    const { explanation = "", details = () => "" } = reasons.find((reason) => reason.code === code) ?? {};
    test.each(to)(`${code} applies (%#)`, (database, around = classificationContext()) => {
      deepFreeze(database);
      const classified = {
        ...database,
        management,
        reason: code,
        explanation: explanation + details(database, around),
        doubt: null,
      };
      expect(classify(database, around)).toEqual(classified);
    });

    test.each(not)(
      `${code} does not apply to a similar database (%#)`,
      (database, around = classificationContext()) => {
        expect(classify(database, around).reason).not.toBe(code);
      },
    );
  }
});

describe("a database that reports a secret", () => {
  const withSecret = (database: Database) => ({ ...database, masterUserSecret: aMasterUserSecret() });

  test("is managed", () => {
    expect(classify(withSecret(instance), classificationContext())).toEqual({
      ...withSecret(instance),
      management: "managed",
      reason: null,
      explanation: null,
      doubt: null,
    });
  });

  const wins = ["docdb", "neptune", "cluster-member", "multi-tenant-container", "read-replica"];
  for (const { code, to } of cases) {
    const [[database, around = classificationContext()] = [instance]] = to;
    const expected = wins.includes(code) ? code : null;
    test(`${code}: ${expected === null ? "is managed, because AWS reports the secret" : "is not audited"}`, () => {
      expect(classify(withSecret(database), around).reason).toBe(expected);
    });
  }

  test("has no doubts, whatever was not seen", () => {
    const blind = classificationContext({
      globalClusterMembers: notSeen("denied"),
      blueGreenDatabases: notSeen("denied"),
    });
    expect(classify(withSecret(cluster), blind)).toMatchObject({ management: "managed", doubt: null });
  });
});

describe("the first reason wins", () => {
  test("a member of a DocumentDB cluster is out of scope, not inherited", () => {
    expect(
      classify(aPlainDatabase({ engine: "docdb", clusterIdentifier: "documents" }), classificationContext()).management,
    ).toBe("out-of-scope");
  });

  test("a read replica of RDS Custom inherits", () => {
    expect(classify(aPlainDatabase({ rdsCustom: true, replicationSource: "a" }), classificationContext()).reason).toBe(
      "read-replica",
    );
  });

  test("a replica that is a container has its own tenant databases", () => {
    const replica = aPlainDatabase({ engine: "oracle-ee-cdb", multiTenant: true, replicationSource: "erp" });
    expect(classify(replica, classificationContext()).reason).toBe("multi-tenant-container");
  });
});

describe("the explanation of a read replica names its source", () => {
  const inRegion = (account: string, region: string) => `arn:aws:rds:${region}:${account}:db:main`;
  const { account, region } = instance;

  test.each([
    ["that was read", "main", "main"],
    ["that was not read", "gone", "gone, which could not be read (it was denied)"],
    [
      "in another Region",
      inRegion(account, "us-east-1"),
      `${inRegion(account, "us-east-1")}, in another Region: it is audited only if us-east-1 is`,
    ],
    [
      "in another account",
      inRegion("999999999999", region),
      `${inRegion("999999999999", region)}, in another account: it is audited only if account 999999999999 is`,
    ],
    [
      "in this Region, by ARN",
      inRegion(account, region),
      `${inRegion(account, region)}, which could not be read (it was denied)`,
    ],
  ])("%s", (_, replicationSource, described) => {
    const around = classificationContext({ sources: { names: new Set(["main"]), gap: "it was denied" } });
    expect(classify(aPlainDatabase({ replicationSource }), around).explanation).toBe(
      `it is a read replica and has the master password of its source, ${described}`,
    );
  });
});

test("an engine that the table does not contain is neither unsupported nor certainly unmanaged", () => {
  expect(classify(aPlainDatabase({ engine: "postgres-next" }), classificationContext())).toMatchObject({
    management: "unmanaged",
    reason: null,
    doubt: "this version of rds-password-audit does not know the engine postgres-next",
  });
});

test("a version that cannot be parsed stays a violation, because AWS excludes no version", () => {
  expect(classify(aPlainDatabase({ engineVersion: "next" }), classificationContext())).toMatchObject({
    management: "unmanaged",
    doubt: null,
  });
});

describe("what was not seen", () => {
  const noGlobal = classificationContext({
    globalClusterMembers: notSeen("rds:DescribeGlobalClusters failed with AccessDenied"),
  });
  const noBlueGreen = classificationContext({
    blueGreenDatabases: notSeen("rds:DescribeBlueGreenDeployments was not read"),
  });

  test("an unmanaged Aurora cluster may be a member of a global database", () => {
    expect(classify(cluster, noGlobal)).toMatchObject({
      management: "unmanaged",
      reason: null,
      explanation: null,
      doubt: "rds:DescribeGlobalClusters failed with AccessDenied",
    });
  });

  test("an unmanaged instance cannot be a member and has no doubts", () => {
    expect(classify(instance, noGlobal)).toMatchObject({ management: "unmanaged", doubt: null });
  });

  test("every unmanaged database may be in a blue/green deployment", () => {
    expect(classify(instance, noBlueGreen)).toMatchObject({
      management: "unmanaged",
      doubt: "rds:DescribeBlueGreenDeployments was not read",
    });
  });

  test("lists all doubts", () => {
    const blind = { ...noGlobal, blueGreenDatabases: noBlueGreen.blueGreenDatabases };
    expect(classify(cluster, blind).doubt).toBe(
      "rds:DescribeGlobalClusters failed with AccessDenied; rds:DescribeBlueGreenDeployments was not read",
    );
    expect(findReason(cluster, blind).doubts).toHaveLength(2);
  });

  test("a certain reason removes the doubts before it", () => {
    const around = { ...noGlobal, blueGreenDatabases: listing(cluster) };
    expect(classify(cluster, around)).toMatchObject({ reason: "blue-green-deployment", doubt: null });
    expect(findReason(cluster, around).doubts).toEqual([]);
  });
});

describe("a blue/green deployment", () => {
  test.each(["PROVISIONING", "AVAILABLE", "SWITCHOVER_IN_PROGRESS", "SWITCHOVER_FAILED", "INVALID_CONFIGURATION"])(
    "%s is under way",
    (status) => {
      expect(isActiveBlueGreen(status)).toBe(true);
    },
  );

  test.each(["SWITCHOVER_COMPLETED", "DELETING"])("%j is not: it excuses no database", (status) => {
    expect(isActiveBlueGreen(status)).toBe(false);
  });

  test.each(["available", "", "PAUSED_SINCE_2027"])("%j is unknown", (status) => {
    expect(isActiveBlueGreen(status)).toBeNull();
  });

  test("in an unknown state makes it uncertain whether RDS can manage its databases, and no others", () => {
    const doubt = "rds:DescribeBlueGreenDeployments reports the unknown status PAUSED";
    const around = classificationContext({
      blueGreenDatabases: { ...empty, doubts: new Map([[instance.arn, doubt]]) },
    });
    expect(classify(instance, around)).toMatchObject({ management: "unmanaged", doubt });
    expect(classify(cluster, around)).toMatchObject({ management: "unmanaged", doubt: null });
  });
});

test("every database gets one management, and a reason if and only if it is not audited", () => {
  fc.assert(
    fc.property(anyDatabase, (database) => {
      const { management, reason, explanation } = classify(deepFreeze(database), classificationContext());
      expect(managements).toContain(management);
      expect(reason === null).toBe(management === "managed" || management === "unmanaged");
      expect(explanation === null).toBe(reason === null);
      if (management === "managed") expect(database.masterUserSecret).not.toBeNull();
      if (management === "unmanaged") expect(database.masterUserSecret).toBeNull();
    }),
  );
});
