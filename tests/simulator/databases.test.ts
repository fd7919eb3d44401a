import {
  AddTagsToResourceCommand,
  CreateDBClusterCommand,
  CreateDBInstanceCommand,
  type CreateDBInstanceMessage,
  CreateDBInstanceReadReplicaCommand,
  DBInstanceNotFoundFault,
  DeleteDBClusterCommand,
  DeleteDBInstanceCommand,
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
  InvalidDBInstanceStateFault,
  ModifyDBClusterCommand,
  ModifyDBInstanceCommand,
  type ModifyDBInstanceMessage,
  StopDBClusterCommand,
} from "@aws-sdk/client-rds";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { type Aws, account, otherAccount, startAws } from "./aws.ts";

let aws: Aws;
beforeEach(async () => {
  aws = await startAws();
});
afterEach(() => aws.stop());

const remove = async (DBInstanceIdentifier: string) => {
  await aws.rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier, SkipFinalSnapshot: true }));
  aws.cloud.advance({ minutes: 3 });
};

const clusterNamed = async (DBClusterIdentifier: string) =>
  (await aws.rds.send(new DescribeDBClustersCommand({ DBClusterIdentifier }))).DBClusters?.[0];

const instanceNamed = async (DBInstanceIdentifier: string) =>
  (await aws.rds.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier }))).DBInstances?.[0];

const create = (settings: Partial<CreateDBInstanceMessage>) =>
  aws.rds.send(
    new CreateDBInstanceCommand({
      DBInstanceIdentifier: "orders",
      DBInstanceClass: "db.t4g.micro",
      Engine: "postgres",
      MasterUsername: "app",
      ManageMasterUserPassword: true,
      ...settings,
    }),
  );

const replicate = (settings: { DBInstanceClass?: string } = {}) =>
  aws.rds.send(
    new CreateDBInstanceReadReplicaCommand({
      DBInstanceIdentifier: "orders-replica",
      SourceDBInstanceIdentifier: "orders",
      ...settings,
    }),
  );

describe("settings", () => {
  test("an instance keeps the settings of its creation", async () => {
    const settings = {
      AllocatedStorage: 400,
      BackupRetentionPeriod: 0,
      CopyTagsToSnapshot: true,
      Iops: 12_000,
      MultiAZ: true,
      PreferredBackupWindow: "05:00-05:30",
      StorageEncrypted: false,
      StorageType: "io2",
    };
    expect((await create(settings)).DBInstance).toMatchObject(settings);
  });

  test("a Multi-AZ DB cluster does too, and its storage can change", async () => {
    const settings = {
      AllocatedStorage: 100,
      BackupRetentionPeriod: 3,
      DBClusterInstanceClass: "db.m6gd.large",
      Iops: 1000,
      StorageEncrypted: false,
      StorageType: "io1",
    };
    const { DBCluster } = await aws.rds.send(
      new CreateDBClusterCommand({
        DBClusterIdentifier: "ledger",
        Engine: "mysql",
        MasterUsername: "app",
        ManageMasterUserPassword: true,
        ...settings,
      }),
    );
    expect(DBCluster).toMatchObject(settings);
    aws.cloud.advance({ minutes: 5 });
    const modified = await aws.rds.send(
      new ModifyDBClusterCommand({ DBClusterIdentifier: "ledger", Iops: 3000, ApplyImmediately: true }),
    );
    expect(modified.DBCluster?.Iops).toBe(3000);
  });

  test("a member has its cluster's engine version and master user", async () => {
    aws.region.addCluster({ identifier: "shop", members: 0, EngineVersion: "15.4", MasterUsername: "shop" });
    const { DBInstance } = await aws.rds.send(
      new CreateDBInstanceCommand({
        DBInstanceIdentifier: "shop-1",
        DBInstanceClass: "db.r6g.large",
        DBClusterIdentifier: "shop",
        Engine: "aurora-postgresql",
      }),
    );
    expect(DBInstance).toMatchObject({ EngineVersion: "15.4", MasterUsername: "shop", StorageType: "aurora" });
  });
});

describe("a change without ApplyImmediately", () => {
  const modify = (settings: Partial<ModifyDBInstanceMessage>) =>
    aws.rds.send(new ModifyDBInstanceCommand({ DBInstanceIdentifier: "orders", ...settings }));

  test("waits for the maintenance window", async () => {
    aws.region.addInstance({ identifier: "orders" });
    aws.region.addCluster({ identifier: "shop", PreferredMaintenanceWindow: "wed:23:30-thu:00:30" });
    await modify({ AllocatedStorage: 200 });
    await modify({ DBInstanceClass: "db.r6g.2xlarge" });
    await aws.rds.send(new ModifyDBClusterCommand({ DBClusterIdentifier: "shop", EngineVersion: "16.9" }));
    aws.cloud.advance({ hours: 38, minutes: 29 });
    expect((await clusterNamed("shop"))?.PendingModifiedValues).toEqual({ EngineVersion: "16.9" });
    aws.cloud.advance({ minutes: 1 });
    expect(await clusterNamed("shop")).toMatchObject({ EngineVersion: "16.9", PendingModifiedValues: {} });
    expect((await instanceNamed("orders"))?.PendingModifiedValues).toEqual({
      AllocatedStorage: 200,
      DBInstanceClass: "db.r6g.2xlarge",
    });
    aws.cloud.advance({ days: 4 });
    expect(await instanceNamed("orders")).toMatchObject({
      AllocatedStorage: 200,
      DBInstanceClass: "db.r6g.2xlarge",
      PendingModifiedValues: {},
    });
  });

  test("waits for the new window if the window moves", async () => {
    aws.region.addInstance({ identifier: "orders" });
    await modify({ AllocatedStorage: 200 });
    await modify({ PreferredMaintenanceWindow: "mon:03:00-mon:04:00" });
    aws.cloud.advance({ days: 5 });
    expect((await instanceNamed("orders"))?.AllocatedStorage).toBe(100);
    aws.cloud.advance({ days: 1 });
    expect((await instanceNamed("orders"))?.AllocatedStorage).toBe(200);
  });

  test("applies with the next change that has ApplyImmediately", async () => {
    const instance = aws.region.addInstance({ identifier: "orders", PendingModifiedValues: { AllocatedStorage: 200 } });
    await modify({ EngineVersion: "16.9" });
    await modify({ Iops: 3000, ApplyImmediately: true });
    expect(instance).toMatchObject({ AllocatedStorage: 200, EngineVersion: "16.9", PendingModifiedValues: {} });
  });

  test("applies a built pending change, but not a master password", async () => {
    const pending = { AllocatedStorage: 200, MasterUserPassword: "****" };
    const instance = aws.region.addInstance({ identifier: "orders", PendingModifiedValues: pending });
    aws.cloud.advance({ days: 7 });
    expect(instance).toMatchObject({ AllocatedStorage: 200, PendingModifiedValues: { MasterUserPassword: "****" } });
    expect(pending.AllocatedStorage).toBe(200);
  });
});

describe("MultiAZ of a cluster", () => {
  test("is always true for a Multi-AZ DB cluster", async () => {
    aws.region.addCluster({ identifier: "ledger", engine: "mysql", members: 0 });
    expect((await clusterNamed("ledger"))?.MultiAZ).toBe(true);
  });

  test("needs two members in Aurora", async () => {
    for (const members of [0, 1, 2]) aws.region.addCluster({ identifier: `shop-${members}`, members });
    const { DBClusters = [] } = await aws.rds.send(new DescribeDBClustersCommand({}));
    expect(DBClusters.map(({ MultiAZ }) => MultiAZ)).toEqual([false, false, true]);
  });

  test("ends when the second member is deleted, and the other becomes the writer", async () => {
    aws.region.addCluster({ identifier: "shop", members: ["first", "second"] });
    await remove("first");
    expect(await clusterNamed("shop")).toMatchObject({
      MultiAZ: false,
      DBClusterMembers: [{ DBInstanceIdentifier: "second", IsClusterWriter: true }],
    });
  });
});

describe("a read replica", () => {
  test("copies its source's settings, without backups", async () => {
    const likeSource = {
      AllocatedStorage: 400,
      DBInstanceClass: "db.t4g.micro",
      EngineVersion: "15.12",
      Iops: 12_000,
      MasterUsername: "app",
      StorageType: "io2",
    };
    aws.region.addInstance({ identifier: "orders", ...likeSource });
    expect((await replicate()).DBInstance).toMatchObject({ ...likeSource, BackupRetentionPeriod: 0, MultiAZ: false });
  });

  test("keeps the settings that the call names", async () => {
    aws.region.addInstance({ identifier: "orders" });
    const settings = { DBInstanceClass: "db.r6g.4xlarge" };
    expect((await replicate(settings)).DBInstance).toMatchObject(settings);
  });

  test("has no backups if it is built", async () => {
    aws.region.addInstance({ identifier: "orders" });
    aws.region.addInstance({ identifier: "copy", ReadReplicaSourceDBInstanceIdentifier: "orders" });
    expect((await instanceNamed("copy"))?.BackupRetentionPeriod).toBe(0);
  });

  test("leaves its source's list when it is deleted", async () => {
    const source = aws.region.addInstance({ identifier: "orders" });
    await replicate();
    expect(source.ReadReplicaDBInstanceIdentifiers).toEqual(["orders-replica"]);
    await remove("orders-replica");
    expect(source.ReadReplicaDBInstanceIdentifiers).toEqual([]);
  });

  test("becomes standalone when its source is deleted", async () => {
    aws.region.addInstance({ identifier: "orders" });
    await replicate();
    aws.cloud.advance({ minutes: 5 });
    await remove("orders");
    expect((await instanceNamed("orders-replica"))?.ReadReplicaSourceDBInstanceIdentifier).toBeUndefined();
  });
});

describe("a source reports its replicas", () => {
  test("an instance: by identifier in its Region and by ARN in others, clusters separately", async () => {
    const { DBInstanceArn } = aws.region.addInstance({ identifier: "orders" });
    const elsewhere = aws.cloud.region(account, "us-east-1");
    aws.region.addInstance({ identifier: "copy", ReadReplicaSourceDBInstanceIdentifier: "orders" });
    await replicate();
    const far = elsewhere.addInstance({ identifier: "far", ReadReplicaSourceDBInstanceIdentifier: DBInstanceArn });
    aws.region.addCluster({ identifier: "aurora", members: 0, ReplicationSourceIdentifier: DBInstanceArn });
    expect(await instanceNamed("orders")).toMatchObject({
      ReadReplicaDBInstanceIdentifiers: ["copy", "orders-replica", far.DBInstanceArn],
      ReadReplicaDBClusterIdentifiers: ["aurora"],
    });
  });

  test("a cluster: clusters, and for a Multi-AZ DB cluster also instances", async () => {
    const { DBClusterArn } = aws.region.addCluster({ identifier: "ledger", engine: "mysql", EngineVersion: "8.4.5" });
    const elsewhere = aws.cloud.region(account, "us-east-1");
    const far = elsewhere.addCluster({ identifier: "far", members: 0, ReplicationSourceIdentifier: DBClusterArn });
    aws.region.addInstance({ identifier: "copy", ReadReplicaSourceDBClusterIdentifier: "ledger" });
    const made = new CreateDBInstanceReadReplicaCommand({
      DBInstanceIdentifier: "ledger-replica",
      SourceDBClusterIdentifier: "ledger",
    });
    expect((await aws.rds.send(made)).DBInstance).toMatchObject({
      EngineVersion: "8.4.5",
      DBInstanceClass: "db.r6g.large",
      ReadReplicaSourceDBClusterIdentifier: "ledger",
    });
    expect((await clusterNamed("ledger"))?.ReadReplicaIdentifiers).toEqual([
      far.DBClusterArn,
      "copy",
      "ledger-replica",
    ]);
  });

  test("clusters that are created and deleted", async () => {
    const { DBClusterArn } = aws.region.addCluster({ identifier: "shop" });
    const made = new CreateDBClusterCommand({
      DBClusterIdentifier: "copy",
      Engine: "aurora-postgresql",
      ReplicationSourceIdentifier: DBClusterArn,
    });
    await aws.rds.send(made);
    expect((await clusterNamed("shop"))?.ReadReplicaIdentifiers).toEqual(["copy"]);
    await aws.rds.send(new DeleteDBClusterCommand({ DBClusterIdentifier: "copy", SkipFinalSnapshot: true }));
    aws.cloud.advance({ minutes: 3 });
    expect((await clusterNamed("shop"))?.ReadReplicaIdentifiers).toEqual([]);
  });

  test("ignores a source that does not exist", async () => {
    const source = `arn:aws:rds:us-east-1:${otherAccount}:cluster:gone`;
    aws.region.addCluster({ identifier: "copy", members: 0, ReplicationSourceIdentifier: source });
    expect((await clusterNamed("copy"))?.ReplicationSourceIdentifier).toBe(source);
  });
});

test("deleting a container deletes its tenant databases and their secrets", async () => {
  aws.region.addInstance({ identifier: "billing", engine: "oracle-ee-cdb", MultiTenant: true });
  aws.region.addTenantDatabase({ instance: "billing", name: "EU", managed: true });
  await remove("billing");
  expect([aws.region.tenants.size, aws.region.secrets.size]).toEqual([0, 0]);
});

test("deleting a restored copy keeps the secret of its source", async () => {
  const { MasterUserSecret } = aws.region.addInstance({ identifier: "orders", managed: true });
  aws.region.addInstance({ identifier: "restored", MasterUserSecret: { ...MasterUserSecret } });
  await remove("restored");
  expect(aws.region.secrets.has(MasterUserSecret?.SecretArn ?? "")).toBe(true);
});

test("stops no member of a cluster if one cannot be stopped", async () => {
  const cluster = aws.region.addCluster({ identifier: "shop", members: ["first", "second"] });
  const second = aws.region.instances.get("second");
  if (second) second.DBInstanceStatus = "creating";
  await expect(aws.rds.send(new StopDBClusterCommand({ DBClusterIdentifier: "shop" }))).rejects.toThrow(
    InvalidDBInstanceStateFault,
  );
  expect([cluster.Status, aws.region.instances.get("first")?.DBInstanceStatus]).toEqual(["available", "available"]);
});

test("finds nothing for an ARN of another Region or account", async () => {
  const { DBInstanceArn } = aws.region.addInstance({ identifier: "orders" });
  for (const ResourceName of [
    DBInstanceArn.replace("eu-west-1", "us-east-1"),
    DBInstanceArn.replace(account, "999999999999"),
  ]) {
    const tag = new AddTagsToResourceCommand({ ResourceName, Tags: [{ Key: "a", Value: "1" }] });
    await expect(aws.rds.send(tag)).rejects.toThrow(DBInstanceNotFoundFault);
    const describeIt = new DescribeDBInstancesCommand({ DBInstanceIdentifier: ResourceName });
    await expect(aws.rds.send(describeIt)).rejects.toThrow(DBInstanceNotFoundFault);
  }
});
