import {
  CreateDBClusterCommand,
  CreateDBInstanceCommand,
  CreateDBInstanceReadReplicaCommand,
  CreateTenantDatabaseCommand,
  DBInstanceAlreadyExistsFault,
  DeleteDBClusterCommand,
  DeleteDBInstanceCommand,
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
  InvalidDBClusterStateFault,
  InvalidDBInstanceStateFault,
  KMSKeyNotAccessibleFault,
  ModifyDBClusterCommand,
  type ModifyDBClusterMessage,
  ModifyDBInstanceCommand,
  type ModifyDBInstanceMessage,
  ModifyTenantDatabaseCommand,
  StartDBInstanceCommand,
  StopDBInstanceCommand,
} from "@aws-sdk/client-rds";
import {
  DescribeSecretCommand,
  RemoveRegionsFromReplicationCommand,
  ReplicateSecretToRegionsCommand,
} from "@aws-sdk/client-secrets-manager";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { DBInstance } from "../../simulator/resources.ts";
import { type Aws, account, failure, startAws } from "./aws.ts";

const password = "Throw-Away_Passw0rd.of-30-char";

let aws: Aws;
beforeEach(async () => {
  aws = await startAws();
});
afterEach(() => aws.stop());

const modify = (changes: Omit<ModifyDBInstanceMessage, "DBInstanceIdentifier">, DBInstanceIdentifier = "orders") =>
  aws.rds.send(new ModifyDBInstanceCommand({ DBInstanceIdentifier, ...changes }));

const modifyCluster = (changes: Omit<ModifyDBClusterMessage, "DBClusterIdentifier">) =>
  aws.rds.send(new ModifyDBClusterCommand({ DBClusterIdentifier: "shop", ...changes }));

const observe = async (DBInstanceIdentifier = "orders") => {
  const { DBInstances } = await aws.rds.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier }));
  const instance = DBInstances?.[0];
  return {
    status: instance?.DBInstanceStatus,
    secret: instance?.MasterUserSecret?.SecretStatus,
    isPending: instance?.PendingModifiedValues?.MasterUserPassword !== undefined,
  };
};

const secretOf = ({ MasterUserSecret }: DBInstance) =>
  aws.secrets.send(new DescribeSecretCommand({ SecretId: MasterUserSecret?.SecretArn }));

describe("turning management on", () => {
  test("shows rotating at once, then resetting, then active", async () => {
    aws.region.addInstance({ identifier: "orders" });
    const { DBInstance: answer } = await modify({ ManageMasterUserPassword: true });
    expect(answer?.MasterUserSecret?.SecretStatus).toBe("rotating");
    expect(await observe()).toEqual({ status: "available", secret: "rotating", isPending: true });
    aws.cloud.advance({ seconds: 31 });
    expect(await observe()).toEqual({ status: "resetting-master-credentials", secret: "rotating", isPending: true });
    aws.cloud.advance({ seconds: 30 });
    expect(await observe()).toEqual({ status: "resetting-master-credentials", secret: "active", isPending: true });
    aws.cloud.advance({ minutes: 1 });
    expect(await observe()).toEqual({ status: "available", secret: "active", isPending: false });
  });

  test("without a key: Secrets Manager omits it, RDS reports the default key's ARN", async () => {
    const instance = aws.region.addInstance({ identifier: "orders" });
    await modify({ ManageMasterUserPassword: true });
    const secret = await secretOf(instance);
    expect(secret.KmsKeyId).toBeUndefined();
    expect(instance.MasterUserSecret?.KmsKeyId).toBe(
      aws.region.keys.get(aws.region.aliases.get("alias/aws/secretsmanager") ?? "")?.Arn,
    );
    expect(secret).toMatchObject({
      OwningService: "rds",
      RotationEnabled: true,
      RotationRules: { AutomaticallyAfterDays: 7 },
      NextRotationDate: new Date("2026-12-01T09:00:00Z"),
      Tags: [
        { Key: "aws:secretsmanager:owningService", Value: "rds" },
        { Key: "aws:rds:primaryDBInstanceArn", Value: instance.DBInstanceArn },
      ],
    });
    expect(secret.RotationLambdaARN).toBeUndefined();
  });

  test("with a key by alias: RDS reports its ARN", async () => {
    const instance = aws.region.addInstance({ identifier: "orders" });
    const { Arn } = aws.region.addKey({ alias: "alias/own" });
    await modify({ ManageMasterUserPassword: true, MasterUserSecretKmsKeyId: "alias/own" });
    expect(instance.MasterUserSecret?.KmsKeyId).toBe(Arn);
    expect((await secretOf(instance)).KmsKeyId).toBe("alias/own");
  });

  test("twice changes nothing", async () => {
    const instance = aws.region.addInstance({ identifier: "orders", managed: true });
    const before = { ...instance.MasterUserSecret };
    await modify({ ManageMasterUserPassword: true });
    expect(instance.MasterUserSecret).toEqual(before);
  });

  test("works for a cluster, an Oracle single-tenant CDB, and a SQL Server replica", async () => {
    aws.region.addCluster({ identifier: "shop" });
    aws.region.addInstance({ identifier: "cdb", engine: "oracle-se2-cdb", MultiTenant: false });
    aws.region.addInstance({
      identifier: "replica",
      engine: "sqlserver-ee",
      ReadReplicaSourceDBInstanceIdentifier: "x",
    });
    await modifyCluster({ ManageMasterUserPassword: true });
    await modify({ ManageMasterUserPassword: true }, "cdb");
    await modify({ ManageMasterUserPassword: true }, "replica");
    expect(aws.region.secrets.size).toBe(3);
  });
});

describe("turning management off and on", () => {
  test("reports the secret until the reset, then deletes it; turning it on again creates another", async () => {
    const instance = aws.region.addInstance({ identifier: "orders", managed: true });
    const former = instance.MasterUserSecret?.SecretArn;
    await modify({ ManageMasterUserPassword: false, MasterUserPassword: password });
    expect(await observe()).toEqual({ status: "available", secret: "active", isPending: true });
    aws.cloud.advance({ minutes: 2 });
    expect(await observe()).toEqual({ status: "available", secret: undefined, isPending: false });
    expect(aws.region.secrets.size).toBe(0);
    await modify({ ManageMasterUserPassword: true });
    aws.cloud.advance({ minutes: 2 });
    expect(await observe()).toEqual({ status: "available", secret: "active", isPending: false });
    expect(instance.MasterUserSecret?.SecretArn).not.toBe(former);
  });

  test("keeps the secret of another database", async () => {
    const source = aws.region.addInstance({ identifier: "source", managed: true });
    aws.region.addInstance({ identifier: "orders", MasterUserSecret: { ...source.MasterUserSecret } });
    await modify({ ManageMasterUserPassword: false, MasterUserPassword: password });
    aws.cloud.advance({ minutes: 2 });
    expect((await observe()).secret).toBeUndefined();
    expect(aws.region.secrets.size).toBe(1);
  });

  test("accepts and ignores off while a cluster's secret is replicated", async () => {
    const cluster = aws.region.addCluster({ identifier: "shop", managed: true });
    const SecretId = cluster.MasterUserSecret?.SecretArn;
    await aws.secrets.send(
      new ReplicateSecretToRegionsCommand({ SecretId, AddReplicaRegions: [{ Region: "us-east-1" }] }),
    );
    const off = () => modifyCluster({ ManageMasterUserPassword: false, MasterUserPassword: password });
    await off();
    aws.cloud.advance({ minutes: 5 });
    const { DBClusters } = await aws.rds.send(new DescribeDBClustersCommand({}));
    expect(DBClusters?.[0]).toMatchObject({ Status: "available", MasterUserSecret: { SecretArn: SecretId } });

    await aws.secrets.send(new RemoveRegionsFromReplicationCommand({ SecretId, RemoveReplicaRegions: ["us-east-1"] }));
    await off();
    aws.cloud.advance({ minutes: 5 });
    expect(cluster.MasterUserSecret).toBeUndefined();
    expect(aws.cloud.region(account, "us-east-1").secrets.size).toBe(0);
  });
});

describe("tenant databases", () => {
  test("are managed individually, not by their container", async () => {
    aws.region.addInstance({ identifier: "billing", engine: "oracle-ee-cdb", MultiTenant: true });
    const tenant = aws.region.addTenantDatabase({ instance: "billing", name: "EU" });
    expect(await failure(modify({ ManageMasterUserPassword: true }, "billing"))).toMatch(
      /^InvalidParameterCombination/,
    );
    await aws.rds.send(
      new ModifyTenantDatabaseCommand({
        DBInstanceIdentifier: "billing",
        TenantDBName: "EU",
        ManageMasterUserPassword: true,
      }),
    );
    aws.cloud.advance({ minutes: 2 });
    expect(tenant).toMatchObject({ Status: "available", MasterUserSecret: { SecretStatus: "active" } });
  });

  test("can be created managed, rotated, and turned off", async () => {
    aws.region.addInstance({ identifier: "billing", engine: "oracle-ee-cdb", MultiTenant: true });
    const names = { DBInstanceIdentifier: "billing", TenantDBName: "US" };
    await aws.rds.send(
      new CreateTenantDatabaseCommand({ ...names, MasterUsername: "admin", ManageMasterUserPassword: true }),
    );
    aws.cloud.advance({ minutes: 6 });
    const tenant = aws.region.tenants.get("billing/us");
    expect(tenant).toMatchObject({ Status: "available", MasterUserSecret: { SecretStatus: "active" } });
    await aws.rds.send(new ModifyTenantDatabaseCommand({ ...names, RotateMasterUserPassword: true }));
    expect(tenant?.MasterUserSecret?.SecretStatus).toBe("rotating");
    aws.cloud.advance({ days: 8 });
    expect(tenant?.MasterUserSecret?.SecretStatus).toBe("active");
    await aws.rds.send(
      new ModifyTenantDatabaseCommand({ ...names, ManageMasterUserPassword: false, MasterUserPassword: password }),
    );
    aws.cloud.advance({ minutes: 2 });
    expect(tenant?.MasterUserSecret).toBeUndefined();
  });
});

describe("a multi-tenant container", () => {
  test("is created with a first tenant database, which has the password", async () => {
    await aws.rds.send(
      new CreateDBInstanceCommand({
        DBInstanceIdentifier: "billing",
        DBInstanceClass: "db.r6g.large",
        Engine: "oracle-ee-cdb",
        MultiTenant: true,
        DBName: "EU",
        ManageMasterUserPassword: true,
      }),
    );
    expect(aws.region.instances.get("billing")?.MasterUserSecret).toBeUndefined();
    expect(aws.region.tenants.get("billing/eu")?.MasterUserSecret?.SecretStatus).toBe("creating");
  });
});

describe("an instance rejects", () => {
  const managed = { managed: true };
  const rejected: [string, Record<string, unknown>, Omit<ModifyDBInstanceMessage, "DBInstanceIdentifier">, string][] = [
    [
      "off without a password",
      managed,
      { ManageMasterUserPassword: false },
      "InvalidParameterCombination: MasterUserPassword is required when ManageMasterUserPassword is false",
    ],
    [
      "off when it is off",
      {},
      { ManageMasterUserPassword: false, MasterUserPassword: password },
      "InvalidParameterCombination: You cannot set ManageMasterUserPassword to false because the master user password is not currently managed by RDS",
    ],
    [
      "on with a password",
      {},
      { ManageMasterUserPassword: true, MasterUserPassword: password },
      "InvalidParameterCombination: ",
    ],
    ["a password while managed", managed, { MasterUserPassword: password }, "InvalidParameterCombination: "],
    [
      "a key without Manage",
      {},
      { MasterUserSecretKmsKeyId: "alias/own" },
      "InvalidParameterCombination: A ManageMasterUserPassword value is required when MasterUserSecretKmsKeyId is specified.",
    ],
    [
      "another key while managed",
      managed,
      { ManageMasterUserPassword: true, MasterUserSecretKmsKeyId: "alias/own" },
      "InvalidParameterCombination: You can't change the KMS key",
    ],
    [
      "rotation not at once",
      managed,
      { RotateMasterUserPassword: true },
      "InvalidParameterCombination: You must specify apply immediately when rotating the master user password.",
    ],
    [
      "rotation when not managed",
      {},
      { RotateMasterUserPassword: true, ApplyImmediately: true },
      "InvalidParameterCombination: ",
    ],
    [
      "on with a key that is not enabled",
      {},
      { ManageMasterUserPassword: true, MasterUserSecretKmsKeyId: "alias/disabled" },
      "KMSKeyNotAccessibleFault: ",
    ],
    [
      "on with a key that is not there",
      {},
      { ManageMasterUserPassword: true, MasterUserSecretKmsKeyId: "alias/nothing" },
      "KMSKeyNotAccessibleFault: ",
    ],
    [
      "any change while stopped",
      { DBInstanceStatus: "stopped" },
      { ManageMasterUserPassword: true },
      "InvalidDBInstanceStateFault: Database instance is not in available state.",
    ],
    [
      "anything while creating",
      { DBInstanceStatus: "creating" },
      { ManageMasterUserPassword: true },
      "InvalidDBInstanceStateFault: ",
    ],
    [
      "on for a read replica",
      { ReadReplicaSourceDBInstanceIdentifier: "x" },
      { ManageMasterUserPassword: true },
      "InvalidParameterValue: ManageMasterUserPassword isn't supported for read replica",
    ],
    [
      "a password for a read replica",
      { ReadReplicaSourceDBInstanceIdentifier: "x" },
      { MasterUserPassword: password },
      "InvalidParameterCombination: Cannot change master user password on an RDS postgres Read Replica because it uses physical replication and therefore cannot differ from its parent.",
    ],
    [
      "on for a cluster's member",
      { DBClusterIdentifier: "x" },
      { ManageMasterUserPassword: true },
      "InvalidParameterCombination: ",
    ],
    [
      "a password for a cluster's member",
      { DBClusterIdentifier: "x" },
      { MasterUserPassword: password },
      "InvalidParameterCombination: ",
    ],
    [
      "on for RDS Custom",
      { engine: "custom-sqlserver-ee" },
      { ManageMasterUserPassword: true },
      "InvalidParameterValue: ",
    ],
    [
      "on together with MultiTenant",
      { engine: "oracle-ee-cdb" },
      { ManageMasterUserPassword: true, MultiTenant: true },
      "InvalidParameterCombination: ",
    ],
    [
      "a password that is too short",
      {},
      { MasterUserPassword: "Short-1" },
      "InvalidParameterValue: The parameter MasterUserPassword is not a valid password because it is shorter than 8 characters.",
    ],
    ["a password with a slash", {}, { MasterUserPassword: "with/slash" }, "InvalidParameterValue: "],
    [
      "31 characters for Oracle",
      { engine: "oracle-ee" },
      { MasterUserPassword: `${password}1` },
      "InvalidParameterValue: ",
    ],
  ];

  test.each(rejected)("%s", async (_case, fields, changes, expected) => {
    aws.region.addKey({ alias: "alias/own" });
    aws.region.addKey({ alias: "alias/disabled", state: "Disabled" });
    const instance = aws.region.addInstance({ identifier: "orders", ...fields });
    const before = structuredClone(instance);
    expect(await failure(modify(changes))).toContain(expected);
    expect(instance).toEqual(before);
  });

  test("a second change while the first is in progress", async () => {
    aws.region.addInstance({ identifier: "orders", managed: true });
    await modify({ ManageMasterUserPassword: false, MasterUserPassword: password });
    await expect(modify({ ManageMasterUserPassword: true })).rejects.toThrow(InvalidDBInstanceStateFault);
  });

  test("on during a blue/green deployment", async () => {
    const source = aws.region.addInstance({ identifier: "orders" });
    aws.region.addBlueGreenDeployment({ source });
    await expect(modify({ ManageMasterUserPassword: true })).rejects.toThrow(InvalidDBInstanceStateFault);
  });

  test("an unusable key with KMSKeyNotAccessibleFault", async () => {
    aws.region.addInstance({ identifier: "orders" });
    await expect(modify({ ManageMasterUserPassword: true, MasterUserSecretKmsKeyId: "alias/nothing" })).rejects.toThrow(
      KMSKeyNotAccessibleFault,
    );
  });

  test("on if the caller cannot create secrets or describe the key", async () => {
    aws.region.addInstance({ identifier: "orders" });
    const allow = aws.cloud.fault({ action: "secretsmanager:CreateSecret", kind: "deny" });
    expect(await failure(modify({ ManageMasterUserPassword: true }))).toMatch(
      /^AccessDenied: .*secretsmanager:CreateSecret/,
    );
    allow();
    aws.cloud.fault({ action: "kms:DescribeKey", kind: "deny" });
    await expect(modify({ ManageMasterUserPassword: true })).rejects.toThrow(KMSKeyNotAccessibleFault);
  });
});

describe("a key that the caller cannot use", () => {
  test.each(["kms:DescribeKey", "kms:Decrypt", "kms:GenerateDataKey", "kms:CreateGrant"])(
    "without %s is rejected; another key is accepted",
    async (action) => {
      const instance = aws.region.addInstance({ identifier: "orders" });
      const denied = aws.region.addKey({ alias: "alias/denied" });
      const own = aws.region.addKey();
      aws.cloud.fault({ action, matching: denied.KeyId, kind: "deny" });
      const turnOn = (MasterUserSecretKmsKeyId: string) =>
        modify({ ManageMasterUserPassword: true, MasterUserSecretKmsKeyId });
      for (const name of [denied.KeyId, "alias/denied"])
        await expect(turnOn(name)).rejects.toThrow(KMSKeyNotAccessibleFault);
      expect(instance.MasterUserSecret).toBeUndefined();
      await turnOn(own.Arn);
      expect(instance.MasterUserSecret?.KmsKeyId).toBe(own.Arn);
    },
  );

  test("is irrelevant for the default key, whose policy allows its use", async () => {
    const instance = aws.region.addInstance({ identifier: "orders" });
    for (const action of ["kms:Decrypt", "kms:GenerateDataKey", "kms:CreateGrant"])
      aws.cloud.fault({ action, kind: "deny" });
    await modify({ ManageMasterUserPassword: true });
    expect(instance.MasterUserSecret).toBeDefined();
  });
});

describe("a cluster rejects", () => {
  test.each([
    ["a global database", { GlobalClusterIdentifier: "world" }],
    ["Serverless v1", { EngineMode: "serverless" }],
    ["Limitless", { ClusterScalabilityType: "limitless" }],
    ["express configuration", { InternetAccessGatewayEnabled: true }],
    ["a replica cluster", { ReplicationSourceIdentifier: "arn:aws:rds:us-east-1:111111111111:cluster:x" }],
  ])("on for %s", async (_case, fields) => {
    aws.region.addCluster({ identifier: "shop", ...fields });
    expect(await failure(modifyCluster({ ManageMasterUserPassword: true }))).toMatch(/^InvalidParameterValue/);
  });

  test("on for a member of a global database without GlobalClusterIdentifier", async () => {
    const writer = aws.region.addCluster({ identifier: "shop" });
    aws.region.addGlobalCluster({ identifier: "world", writer, isNamedByMembers: false });
    expect(writer.GlobalClusterIdentifier).toBeUndefined();
    expect(await failure(modifyCluster({ ManageMasterUserPassword: true }))).toMatch(/^InvalidParameterValue/);
  });

  test("any change while stopped", async () => {
    aws.region.addCluster({ identifier: "shop", Status: "stopped" });
    await expect(modifyCluster({ ManageMasterUserPassword: true })).rejects.toThrow(InvalidDBClusterStateFault);
  });
});

describe("ApplyImmediately", () => {
  test("applies all pending changes with a rotation", async () => {
    const instance = aws.region.addInstance({ identifier: "orders", managed: true });
    await modify({ DBInstanceClass: "db.r6g.2xlarge" });
    expect(instance).toMatchObject({
      DBInstanceClass: "db.r6g.large",
      PendingModifiedValues: { DBInstanceClass: "db.r6g.2xlarge" },
    });
    await modify({ RotateMasterUserPassword: true, ApplyImmediately: true });
    expect(instance).toMatchObject({ DBInstanceClass: "db.r6g.2xlarge", PendingModifiedValues: {} });
  });
});

describe("creating and deleting", () => {
  const create = {
    DBInstanceIdentifier: "new",
    DBInstanceClass: "db.t4g.micro",
    Engine: "postgres",
    MasterUsername: "app",
  };

  test("a managed instance and its secret are creating, then ready", async () => {
    const { DBInstance: made } = await aws.rds.send(
      new CreateDBInstanceCommand({ ...create, ManageMasterUserPassword: true }),
    );
    expect(made).toMatchObject({ DBInstanceStatus: "creating", MasterUserSecret: { SecretStatus: "creating" } });
    aws.cloud.advance({ minutes: 5 });
    expect(await observe("new")).toMatchObject({ status: "available", secret: "active" });
    await expect(
      aws.rds.send(new CreateDBInstanceCommand({ ...create, ManageMasterUserPassword: true })),
    ).rejects.toThrow(DBInstanceAlreadyExistsFault);
  });

  test("requires either management or a password", async () => {
    expect(await failure(aws.rds.send(new CreateDBInstanceCommand(create)))).toMatch(
      /^InvalidParameterValue: .*must be provided/,
    );
    const both = { ...create, ManageMasterUserPassword: true, MasterUserPassword: password };
    expect(await failure(aws.rds.send(new CreateDBInstanceCommand(both)))).toMatch(/^InvalidParameterCombination/);
    await aws.rds.send(new CreateDBInstanceCommand({ ...create, MasterUserPassword: password }));
    expect((await observe("new")).secret).toBeUndefined();
  });

  test("a cluster has the secret; its members cannot have one", async () => {
    const shop = { DBClusterIdentifier: "shop", Engine: "aurora-mysql", MasterUsername: "admin" };
    await aws.rds.send(new CreateDBClusterCommand({ ...shop, ManageMasterUserPassword: true }));
    const member = {
      DBInstanceIdentifier: "m",
      DBInstanceClass: "db.r6g.large",
      Engine: "aurora-mysql",
      DBClusterIdentifier: "shop",
    };
    expect(
      await failure(aws.rds.send(new CreateDBInstanceCommand({ ...member, ManageMasterUserPassword: true }))),
    ).toMatch(/^InvalidParameterCombination/);
    await aws.rds.send(new CreateDBInstanceCommand(member));
    await expect(aws.rds.send(new DeleteDBClusterCommand({ DBClusterIdentifier: "shop" }))).rejects.toThrow(
      InvalidDBClusterStateFault,
    );
    const replica = {
      ...shop,
      DBClusterIdentifier: "r",
      ReplicationSourceIdentifier: "arn:x",
      ManageMasterUserPassword: true,
    };
    expect(await failure(aws.rds.send(new CreateDBClusterCommand(replica)))).toBe(
      "InvalidParameterValue: ManageMasterUserPassword isn't supported for read replica",
    );
  });

  test("rejects a read replica of a managed source, except for SQL Server", async () => {
    aws.region.addInstance({ identifier: "orders", engine: "mysql", managed: true });
    aws.region.addInstance({ identifier: "erp", engine: "sqlserver-ee", managed: true });
    const replicate = (SourceDBInstanceIdentifier: string) =>
      aws.rds.send(
        new CreateDBInstanceReadReplicaCommand({
          DBInstanceIdentifier: `${SourceDBInstanceIdentifier}-r`,
          SourceDBInstanceIdentifier,
        }),
      );
    expect(await failure(replicate("orders"))).toBe(
      "InvalidParameterValue: Creating read replicas for source instance with engine mysql where ManageMasterUserPassword is enabled is not supported.",
    );
    await replicate("erp");
    expect(aws.region.instances.get("erp")?.ReadReplicaDBInstanceIdentifiers).toEqual(["erp-r"]);
  });

  test("deleting a database deletes its secret; deletion protection prevents it", async () => {
    aws.region.addInstance({ identifier: "orders", managed: true });
    aws.region.addInstance({ identifier: "kept", DeletionProtection: true });
    const remove = (DBInstanceIdentifier: string) =>
      aws.rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier, SkipFinalSnapshot: true }));
    await remove("orders");
    expect((await observe()).status).toBe("deleting");
    aws.cloud.advance({ minutes: 3 });
    expect([aws.region.instances.has("orders"), aws.region.secrets.size]).toEqual([false, 0]);
    expect(await failure(remove("kept"))).toMatch(/^InvalidParameterCombination: Cannot delete protected DB Instance/);
  });
});

describe("stopping and starting", () => {
  test("a rotation that becomes due while stopped runs after the start", async () => {
    const instance = aws.region.addInstance({ identifier: "orders", managed: true });
    await aws.rds.send(new StopDBInstanceCommand({ DBInstanceIdentifier: "orders" }));
    aws.cloud.advance({ days: 10 });
    expect(await observe()).toMatchObject({ status: "stopped", secret: "active" });
    expect((await secretOf(instance)).NextRotationDate?.getTime()).toBeLessThan(aws.cloud.now().getTime());
    await aws.rds.send(new StartDBInstanceCommand({ DBInstanceIdentifier: "orders" }));
    aws.cloud.advance({ minutes: 10 });
    expect(await observe()).toMatchObject({ status: "available", secret: "active" });
    expect((await secretOf(instance)).NextRotationDate?.getTime()).toBeGreaterThan(aws.cloud.now().getTime());
  });
});
