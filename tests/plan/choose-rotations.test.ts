import { describe, expect, test } from "@jest/globals";
import type { Database } from "../../lib/model/database.ts";
import { defaultPolicy } from "../../lib/model/default-policy.ts";
import { chooseRotations } from "../../lib/plan/choose-rotations.ts";
import { aMasterUserSecret, anInventory, aPlainDatabase, aTarget } from "../support/builders.ts";

const managed = { masterUserSecret: aMasterUserSecret() };

const aDatabaseCalled = (identifier: string, fields: Partial<Database> = {}) =>
  aPlainDatabase({
    ...{ identifier, resourceId: `db-${identifier}`, masterUserSecret: null },
    arn: `arn:aws:rds:eu-west-1:123456789012:${fields.kind === "cluster" ? "cluster" : "db"}:${identifier}`,
    ...fields,
  });

/** What is chosen, and what is listed as not rotated. */
function choose(databases: readonly Database[], tags = {}) {
  const targets = [aTarget({ databases: [...databases], blueGreenDeployments: [], globalClusterMembers: [] })];
  const { rotatable, others } = chooseRotations(anInventory({ targets }), { policy: defaultPolicy, tags });
  return {
    rotated: rotatable.map(({ database }) => database.identifier),
    others: others.map(({ database }) => database.identifier),
  };
}

describe("a database that has the password of another is neither rotated nor listed", () => {
  test.each<[string, Partial<Database>]>([
    ["a member of a cluster", { clusterIdentifier: "ledger" }],
    ["a replica", { replicationSource: "orders" }],
    ["a replica of a replica", { replicationSource: "orders-replica" }],
    ["a replica of a cluster in the same Region", { replicationSource: "ledger" }],
    ["a replica of a member", { replicationSource: "ledger-1" }],
    ["a replica that names its source by ARN", { replicationSource: "arn:aws:rds:eu-west-1:123456789012:db:orders" }],
  ])("%s", (_, fields) => {
    const databases = [
      aDatabaseCalled("orders", managed),
      aDatabaseCalled("orders-replica", { replicationSource: "orders" }),
      aDatabaseCalled("ledger", { kind: "cluster", engine: "aurora-mysql", ...managed }),
      aDatabaseCalled("ledger-1", { clusterIdentifier: "ledger" }),
      aDatabaseCalled("copy", fields),
    ];
    expect(choose(databases)).toEqual({ rotated: ["orders", "ledger"], others: [] });
  });

  test("but it is listed if its owner is not selected", () => {
    const tags = { team: "shop" };
    const databases = [
      aDatabaseCalled("orders", { ...managed, tags: { team: "shop" } }),
      aDatabaseCalled("ledger", { kind: "cluster", engine: "aurora-mysql", ...managed }),
      aDatabaseCalled("ledger-1", { clusterIdentifier: "ledger", tags }),
    ];
    expect(choose(databases, tags)).toEqual({ rotated: ["orders"], others: ["ledger-1"] });
  });

  test("two replicas of each other end", () => {
    const databases = [
      aDatabaseCalled("one", { replicationSource: "two" }),
      aDatabaseCalled("two", { replicationSource: "one" }),
    ];
    expect(choose(databases)).toEqual({ rotated: [], others: ["one", "two"] });
  });
});

test("a database without a master password is not listed", () => {
  const databases = [
    aDatabaseCalled("prototype", { kind: "cluster", engine: "aurora-postgresql", expressConfiguration: true }),
    aDatabaseCalled("content", { kind: "cluster", engine: "docdb" }),
  ];
  expect(choose(databases)).toEqual({ rotated: [], others: [] });
});

test("what RDS does not manage is listed", () => {
  const databases = [aDatabaseCalled("orders"), aDatabaseCalled("scada", { engine: "custom-sqlserver-ee" })];
  expect(choose(databases)).toEqual({ rotated: [], others: ["orders", "scada"] });
});
