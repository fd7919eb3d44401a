import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  toBlueGreenDeployments,
  toCluster,
  toGlobalClusterMembers,
  toInstance,
  toProxy,
  toTenantDatabase,
} from "../../lib/aws/to-database.ts";
import { toKey, toSecret } from "../../lib/aws/to-secret.ts";
import { databaseSchema } from "../../lib/model/database.ts";
import { blueGreenDeploymentSchema, proxySchema } from "../../lib/model/inventory.ts";
import { keySchema } from "../../lib/model/key.ts";
import { secretSchema } from "../../lib/model/secret.ts";

const scope = { partition: "aws", region: "eu-west-1", account: "111111111111" };
const tag = fc.record({ Key: fc.string(), Value: fc.string() }, { requiredKeys: [] });
const date = fc.oneof(fc.date(), fc.constant(new Date(Number.NaN)));
const secret = fc.record(
  { SecretArn: fc.string(), SecretStatus: fc.string(), KmsKeyId: fc.string() },
  { requiredKeys: [] },
);

/** An AWS answer with any fields missing, and unknown values. */
const answer = <T extends Record<string, fc.Arbitrary<unknown>>>(fields: T) => fc.record(fields, { requiredKeys: [] });

const text = fc.string();
const pending = answer({ AllocatedStorage: fc.nat(), EngineVersion: text, ProcessorFeatures: fc.array(tag) });
const common = {
  Engine: text,
  EngineVersion: text,
  MasterUserSecret: secret,
  TagList: fc.array(tag),
  PendingModifiedValues: pending,
  IAMDatabaseAuthenticationEnabled: fc.boolean(),
  KmsKeyId: text,
  StorageEncrypted: fc.boolean(),
  PreferredMaintenanceWindow: text,
};

describe("translates any answer to a valid value of the model", () => {
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
      ReadReplicaDBInstanceIdentifiers: fc.array(text),
      ReadReplicaDBClusterIdentifiers: fc.array(text),
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
      ReadReplicaIdentifiers: fc.array(text),
      EngineMode: text,
      ClusterScalabilityType: text,
      GlobalClusterIdentifier: text,
      GlobalWriteForwardingStatus: text,
      InternetAccessGatewayEnabled: fc.boolean(),
      VPCNetworkingEnabled: fc.boolean(),
    });
    fc.assert(fc.property(cluster, (value) => databaseSchema.parse(toCluster(value as never, scope)) !== null));
  });

  test("tenant databases, global databases, blue/green deployments and proxies", () => {
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
    const auth = answer({ SecretArn: text, AuthScheme: text });
    fc.assert(
      fc.property(
        answer({ DBProxyName: text, Auth: fc.array(auth) }),
        (value) => proxySchema.parse(toProxy(value as never)) !== null,
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
      RotationRules: answer({ AutomaticallyAfterDays: fc.integer(), ScheduleExpression: text, Duration: text }),
      NextRotationDate: date,
      DeletedDate: date,
      Tags: fc.array(tag),
      VersionIdsToStages: fc.dictionary(text, fc.array(text)),
      ReplicationStatus: fc.array(answer({ Region: text, Status: text })),
    });
    fc.assert(fc.property(listed, (value) => secretSchema.parse(toSecret(value as never)) !== null));
    const key = answer({ Arn: text, KeyState: text, KeyManager: text, DeletionDate: date });
    fc.assert(fc.property(key, (value) => keySchema.parse(toKey(value as never)) !== null));
  });
});

describe("missing and unknown values", () => {
  test("a database without a name, engine or ARN has the value unknown", () => {
    expect(toInstance({}, scope)).toMatchObject({
      identifier: "unknown",
      engine: "unknown",
      arn: expect.stringContaining(":db:unknown"),
    });
  });

  test("an unknown status is kept", () => {
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

  test("a secret without a key has the default key; an empty string counts as none", () => {
    expect(toSecret({}).kmsKeyId).toBeNull();
    expect(toSecret({ KmsKeyId: "" }).kmsKeyId).toBeNull();
  });

  test("a cluster with write forwarding turned off is not a member of a global database", () => {
    expect(toCluster({ GlobalWriteForwardingStatus: "disabled" }, scope).globalWriteForwarding).toBe(false);
    expect(toCluster({ GlobalWriteForwardingStatus: "enabled" }, scope).globalWriteForwarding).toBe(true);
  });

  test("only the gateway or the missing network means express configuration", () => {
    expect(toCluster({}, scope).expressConfiguration).toBe(false);
    expect(
      toCluster({ VPCNetworkingEnabled: true, InternetAccessGatewayEnabled: false }, scope).expressConfiguration,
    ).toBe(false);
    expect(toCluster({ InternetAccessGatewayEnabled: true }, scope).expressConfiguration).toBe(true);
    expect(toCluster({ VPCNetworkingEnabled: false }, scope).expressConfiguration).toBe(true);
  });
});

test("an empty identifier does not make an instance a member or a replica", () => {
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

describe("the facts that repairs need", () => {
  test("pending modifications are names; an empty list is not a modification", () => {
    const PendingModifiedValues = {
      DBInstanceClass: "db.t4g.large",
      MultiAZ: false,
      BackupRetentionPeriod: 0,
      MasterUserPassword: "****",
      ProcessorFeatures: [],
      EngineVersion: undefined,
    };
    expect(toInstance({ PendingModifiedValues }, scope).pendingChanges).toEqual([
      "DBInstanceClass",
      "MultiAZ",
      "BackupRetentionPeriod",
      "MasterUserPassword",
    ]);
    const logs = { PendingCloudwatchLogsExports: { LogTypesToEnable: ["audit"] } };
    expect(toCluster({ PendingModifiedValues: logs }, scope).pendingChanges).toEqual(["PendingCloudwatchLogsExports"]);
    expect(toTenantDatabase({ PendingModifiedValues: { TenantDBName: "PAY" } }, scope).pendingChanges).toEqual([
      "TenantDBName",
    ]);
  });

  test.each([undefined, {}, { ProcessorFeatures: [] }, { EngineVersion: undefined }])(
    "of %j nothing waits",
    (PendingModifiedValues) => {
      const answer = PendingModifiedValues === undefined ? {} : { PendingModifiedValues };
      expect(toInstance(answer as never, scope).pendingChanges).toEqual([]);
      expect(toCluster(answer as never, scope).pendingChanges).toEqual([]);
      expect(toTenantDatabase(answer as never, scope).pendingChanges).toEqual([]);
    },
  );

  test("replicas come from three fields: two of an instance, and one of a cluster", () => {
    const instance = {
      ReadReplicaDBInstanceIdentifiers: ["orders-copy", "arn:aws:rds:us-east-1:111111111111:db:orders-far"],
      ReadReplicaDBClusterIdentifiers: ["orders-aurora"],
    };
    expect(toInstance(instance, scope).replicas).toEqual([
      "orders-copy",
      "arn:aws:rds:us-east-1:111111111111:db:orders-far",
      "orders-aurora",
    ]);
    expect(toInstance({ ReadReplicaDBClusterIdentifiers: ["orders-aurora"] }, scope).replicas).toEqual([
      "orders-aurora",
    ]);
    expect(toCluster({ ReadReplicaIdentifiers: ["ledger-copy"] }, scope).replicas).toEqual(["ledger-copy"]);
    for (const database of [toInstance({}, scope), toCluster({}, scope), toTenantDatabase({}, scope)])
      expect(database.replicas).toEqual([]);
  });

  test("the maintenance window is kept as it is; a tenant database has none", () => {
    const answer = { PreferredMaintenanceWindow: "sun:03:00-sun:04:00" };
    expect(toInstance(answer, scope).maintenanceWindow).toBe("sun:03:00-sun:04:00");
    expect(toCluster(answer, scope).maintenanceWindow).toBe("sun:03:00-sun:04:00");
    for (const database of [toInstance({}, scope), toCluster({}, scope), toTenantDatabase(answer as never, scope)])
      expect(database.maintenanceWindow).toBeNull();
  });

  test("a secret's own tags are kept, and AWS's tags only for the databases that they name", () => {
    const Tags = [
      { Key: "team", Value: "orders" },
      { Key: "aws:rds:primaryDBInstanceArn", Value: "arn:aws:rds:eu-west-1:111111111111:db:orders" },
      { Key: "aws:secretsmanager:owningService", Value: "rds" },
      { Key: "awsome", Value: "yes" },
      { Key: "empty" },
      { Value: "nameless" },
    ];
    expect(toSecret({ Tags })).toMatchObject({
      tags: { team: "orders", awsome: "yes", empty: "" },
      primaryArns: ["arn:aws:rds:eu-west-1:111111111111:db:orders"],
    });
    expect(toSecret({}).tags).toEqual({});
  });

  test("a secret's tag named __proto__ is a tag like any other", () => {
    const { tags } = toSecret({ Tags: [{ Key: "__proto__", Value: "polluted" }] });
    expect(Object.keys(tags)).toEqual(["__proto__"]);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  test("replicas of a secret are unknown from a list, and empty from a description without them", () => {
    expect(toSecret({ SecretVersionsToStages: { v1: ["AWSCURRENT"] } }).replicaRegions).toBeNull();
    const description = { VersionIdsToStages: { v1: ["AWSCURRENT"] } };
    expect(toSecret(description).replicaRegions).toEqual([]);
    expect(toSecret({ ...description, ReplicationStatus: [] }).replicaRegions).toEqual([]);
    const ReplicationStatus = [{ Region: "us-east-1", Status: "InSync" as const }, {}, { Region: "eu-north-1" }];
    expect(toSecret({ ...description, ReplicationStatus }).replicaRegions).toEqual(["us-east-1", "eu-north-1"]);
  });

  test("a rotation schedule is kept in full, so that it can be restored", () => {
    const RotationRules = { AutomaticallyAfterDays: 7, ScheduleExpression: "rate(7 days)", Duration: "3h" };
    expect(toSecret({ RotationRules }).rotationRules).toEqual({
      automaticallyAfterDays: 7,
      scheduleExpression: "rate(7 days)",
      duration: "3h",
    });
    expect(toSecret({ RotationRules: {} }).rotationRules).toEqual({
      automaticallyAfterDays: null,
      scheduleExpression: null,
      duration: null,
    });
    expect(toSecret({}).rotationRules).toBeNull();
  });

  test("a proxy has a name and the secrets that it uses", () => {
    const Auth = [{ SecretArn: "arn:secret:1" }, { AuthScheme: "SECRETS" as const }, { SecretArn: "arn:secret:2" }];
    expect(toProxy({ DBProxyName: "web", Auth })).toEqual({
      name: "web",
      secretArns: ["arn:secret:1", "arn:secret:2"],
    });
    expect(toProxy({})).toEqual({ name: "unknown", secretArns: [] });
  });
});

describe("the KMS key of the storage", () => {
  const KmsKeyId = "arn:aws:kms:eu-west-1:111111111111:key/11111111-2222-3333-4444-555555555555";

  test.each([
    ["is the one that RDS reports", { KmsKeyId, StorageEncrypted: true }, KmsKeyId],
    ["is null for storage that is not encrypted", { StorageEncrypted: false }, null],
    [
      "is null for storage that an AWS owned key encrypts",
      { StorageEncrypted: false, StorageEncryptionType: "sse-rds" } as const,
      null,
    ],
    ["is unknown if RDS leaves it out", { StorageEncrypted: true }, "unknown"],
    ["is unknown in an answer without encryption", {}, "unknown"],
  ])("%s", (_, fields, expected) => {
    expect(toInstance(fields, scope).storageKmsKeyId).toBe(expected);
    expect(toCluster(fields, scope).storageKmsKeyId).toBe(expected);
  });
});
