import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  toBlueGreenDeployments,
  toCluster,
  toGlobalClusterMembers,
  toInstance,
  toTenantDatabase,
} from "../../lib/aws/to-database.ts";
import { toKey } from "../../lib/aws/to-key.ts";
import { toSecret } from "../../lib/aws/to-secret.ts";
import { databaseSchema } from "../../lib/model/database.ts";
import { blueGreenDeploymentSchema } from "../../lib/model/inventory.ts";
import { keySchema } from "../../lib/model/key.ts";
import { secretSchema } from "../../lib/model/secret.ts";

const scope = { partition: "aws", region: "eu-west-1", account: "111111111111" };
const tag = fc.record({ Key: fc.string(), Value: fc.string() }, { requiredKeys: [] });
const date = fc.oneof(fc.date(), fc.constant(new Date(Number.NaN)));
const secret = fc.record(
  { SecretArn: fc.string(), SecretStatus: fc.string(), KmsKeyId: fc.string() },
  { requiredKeys: [] },
);

/** An answer of AWS with any of its fields missing, and values that nobody has seen yet. */
const answer = <T extends Record<string, fc.Arbitrary<unknown>>>(fields: T) => fc.record(fields, { requiredKeys: [] });

const text = fc.string();
const common = { Engine: text, EngineVersion: text, MasterUserSecret: secret, TagList: fc.array(tag) };

describe("any answer translates into what the model knows", () => {
  test("DB instances", () => {
    const instance = answer({
      ...common,
      DBInstanceArn: text,
      DBInstanceIdentifier: text,
      DbiResourceId: text,
      DBInstanceStatus: text,
      InstanceCreateTime: date,
      DBClusterIdentifier: text,
      ReadReplicaSourceDBInstanceIdentifier: text,
      MultiTenant: fc.boolean(),
    });
    fc.assert(fc.property(instance, (value) => databaseSchema.parse(toInstance(value as never, scope)) !== null));
  });

  test("DB clusters", () => {
    const cluster = answer({
      ...common,
      DBClusterArn: text,
      DBClusterIdentifier: text,
      Status: text,
      ClusterCreateTime: date,
      ReplicationSourceIdentifier: text,
      EngineMode: text,
      ClusterScalabilityType: text,
      GlobalClusterIdentifier: text,
      GlobalWriteForwardingStatus: text,
      InternetAccessGatewayEnabled: fc.boolean(),
      VPCNetworkingEnabled: fc.boolean(),
    });
    fc.assert(fc.property(cluster, (value) => databaseSchema.parse(toCluster(value as never, scope)) !== null));
  });

  test("tenant databases, global databases and blue/green deployments", () => {
    const tenant = answer({
      ...common,
      DBInstanceIdentifier: text,
      TenantDBName: text,
      TenantDatabaseCreateTime: date,
    });
    fc.assert(fc.property(tenant, (value) => databaseSchema.parse(toTenantDatabase(value as never, scope)) !== null));
    const member = answer({ DBClusterArn: text, Readers: fc.array(text) });
    fc.assert(
      fc.property(answer({ GlobalClusterMembers: fc.array(member) }), (value) =>
        toGlobalClusterMembers(value as never).every((arn) => typeof arn === "string"),
      ),
    );
    fc.assert(
      fc.property(answer({ Source: text, Target: text, Status: text }), (value) =>
        toBlueGreenDeployments(value as never).every((one) => blueGreenDeploymentSchema.safeParse(one).success),
      ),
    );
  });

  test("secrets and keys", () => {
    const listed = answer({
      ARN: text,
      Name: text,
      OwningService: text,
      KmsKeyId: text,
      RotationEnabled: fc.boolean(),
      RotationRules: answer({ AutomaticallyAfterDays: fc.integer(), ScheduleExpression: text }),
      NextRotationDate: date,
      DeletedDate: date,
      Tags: fc.array(tag),
    });
    fc.assert(fc.property(listed, (value) => secretSchema.parse(toSecret(value as never)) !== null));
    const key = answer({ Arn: text, KeyState: text, KeyManager: text, DeletionDate: date });
    fc.assert(fc.property(key, (value) => keySchema.parse(toKey(value as never)) !== null));
  });
});

describe("what AWS leaves out or adds", () => {
  test("a database without a name, engine or ARN is unknown, not gone", () => {
    expect(toInstance({}, scope)).toMatchObject({
      identifier: "unknown",
      engine: "unknown",
      arn: expect.stringContaining(":db:unknown"),
    });
  });

  test("a status that nobody knows yet is kept as it is", () => {
    const { masterUserSecret } = toInstance({ MasterUserSecret: { SecretStatus: "quarantined" } }, scope);
    expect(masterUserSecret).toEqual({ secretArn: null, status: "quarantined", kmsKeyId: null });
  });

  test("10,000 tags, some without key or value", () => {
    const TagList = [
      {},
      { Key: "empty" },
      ...Array.from({ length: 10_000 }, (_, index) => ({ Key: `k${index}`, Value: "v" })),
    ];
    expect(Object.keys(toInstance({ TagList }, scope).tags)).toHaveLength(10_001);
  });

  test("a tag named __proto__ is a tag like any other", () => {
    const { tags } = toInstance({ TagList: [{ Key: "__proto__", Value: "polluted" }] }, scope);
    expect(Object.keys(tags)).toEqual(["__proto__"]);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  test("a secret without a key has the default one; an empty string is no key either", () => {
    expect(toSecret({}).kmsKeyId).toBeNull();
    expect(toSecret({ KmsKeyId: "" }).kmsKeyId).toBeNull();
  });

  test("write forwarding that is off does not make a cluster a member of a global database", () => {
    expect(toCluster({ GlobalWriteForwardingStatus: "disabled" }, scope).globalWriteForwarding).toBe(false);
    expect(toCluster({ GlobalWriteForwardingStatus: "enabled" }, scope).globalWriteForwarding).toBe(true);
  });

  test("express configuration is told by the gateway or by the missing network, and by nothing else", () => {
    expect(toCluster({}, scope).expressConfiguration).toBe(false);
    expect(
      toCluster({ VPCNetworkingEnabled: true, InternetAccessGatewayEnabled: false }, scope).expressConfiguration,
    ).toBe(false);
    expect(toCluster({ InternetAccessGatewayEnabled: true }, scope).expressConfiguration).toBe(true);
    expect(toCluster({ VPCNetworkingEnabled: false }, scope).expressConfiguration).toBe(true);
  });
});

test("a name that AWS leaves empty is none: it excuses no instance as a member or a replica", () => {
  const instance = {
    DBClusterIdentifier: "",
    ReadReplicaSourceDBInstanceIdentifier: "",
    ReadReplicaSourceDBClusterIdentifier: "",
  };
  expect(toInstance(instance, scope)).toMatchObject({ clusterIdentifier: null, replicationSource: null });
  expect(toInstance({ ...instance, ReadReplicaSourceDBClusterIdentifier: "ledger" }, scope)).toMatchObject({
    replicationSource: "ledger",
  });
});
