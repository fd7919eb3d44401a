import { ListRegionsCommand, paginateListRegions } from "@aws-sdk/client-account";
import {
  AddTagsToResourceCommand,
  BlueGreenDeploymentNotFoundFault,
  DBClusterNotFoundFault,
  DBInstanceNotFoundFault,
  DBProxyNotFoundFault,
  DescribeBlueGreenDeploymentsCommand,
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
  DescribeDBProxiesCommand,
  DescribeDBSnapshotsCommand,
  DescribeGlobalClustersCommand,
  DescribeTenantDatabasesCommand,
  GlobalClusterNotFoundFault,
  ListTagsForResourceCommand,
  paginateDescribeDBInstances,
  RemoveTagsFromResourceCommand,
  TenantDatabaseNotFoundFault,
} from "@aws-sdk/client-rds";
import { AssumeRoleCommand, GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { type Aws, account, failure, otherAccount, startAws } from "./aws.ts";

let aws: Aws;
beforeEach(async () => {
  aws = await startAws();
});
afterEach(() => aws.stop());

const identifiers = (instances: { DBInstanceIdentifier?: string | undefined }[] = []): (string | undefined)[] =>
  instances.map(({ DBInstanceIdentifier }) => DBInstanceIdentifier);

describe("pages", () => {
  test("returns 205 instances once each in three pages of at most 100", async () => {
    for (let index = 0; index < 205; index += 1) aws.region.addInstance({ identifier: `db-${index}` });
    const sizes: number[] = [];
    const seen = new Set<string | undefined>();
    for await (const { DBInstances = [] } of paginateDescribeDBInstances({ client: aws.rds }, {})) {
      sizes.push(DBInstances.length);
      for (const identifier of identifiers(DBInstances)) seen.add(identifier);
    }
    expect(sizes).toEqual([100, 100, 5]);
    expect(seen.size).toBe(205);
  });

  test("returns 21 proxies in two pages of at most 20", async () => {
    for (let index = 0; index < 21; index += 1) aws.region.addProxy({ name: `proxy-${index}`, secretArns: [] });
    const first = await aws.rds.send(new DescribeDBProxiesCommand({ MaxRecords: 20 }));
    const second = await aws.rds.send(new DescribeDBProxiesCommand({ MaxRecords: 20, Marker: first.Marker }));
    expect([first.DBProxies?.length, second.DBProxies?.length, second.Marker]).toEqual([20, 1, undefined]);
  });

  test("returns exactly 100 instances in one page without a marker", async () => {
    for (let index = 0; index < 100; index += 1) aws.region.addInstance({ identifier: `db-${index}` });
    const { DBInstances, Marker } = await aws.rds.send(new DescribeDBInstancesCommand({}));
    expect([DBInstances?.length, Marker]).toEqual([100, undefined]);
  });

  test.each([19, 101])("rejects MaxRecords %d", async (MaxRecords) => {
    expect(await failure(aws.rds.send(new DescribeDBInstancesCommand({ MaxRecords })))).toBe(
      `InvalidParameterValue: Invalid value ${MaxRecords} for MaxRecords. Must be between 20 and 100`,
    );
  });

  test.each([20, 100])("accepts MaxRecords %d", async (MaxRecords) => {
    await expect(aws.rds.send(new DescribeDBInstancesCommand({ MaxRecords }))).resolves.toMatchObject({
      DBInstances: [],
    });
  });

  test("rejects an unknown marker and the marker of another action", async () => {
    for (let index = 0; index < 21; index += 1) aws.region.addInstance({ identifier: `db-${index}` });
    const { Marker } = await aws.rds.send(new DescribeDBInstancesCommand({ MaxRecords: 20 }));
    expect(Marker).toBeDefined();
    expect(await failure(aws.rds.send(new DescribeDBInstancesCommand({ Marker: "nonsense" })))).toMatch(
      /^InvalidParameterValue/,
    );
    expect(await failure(aws.rds.send(new DescribeDBClustersCommand({ Marker })))).toMatch(/^InvalidParameterValue/);
  });
});

describe("Describe calls", () => {
  test("report the secret of a managed instance and none for an unmanaged one", async () => {
    const managed = aws.region.addInstance({ identifier: "orders", managed: true, tags: { team: "shop" } });
    aws.region.addInstance({ identifier: "legacy" });
    const { DBInstances } = await aws.rds.send(new DescribeDBInstancesCommand({}));
    expect(DBInstances?.[0]).toMatchObject({
      DBInstanceArn: "arn:aws:rds:eu-west-1:111111111111:db:orders",
      DBInstanceStatus: "available",
      MasterUserSecret: managed.MasterUserSecret,
      TagList: [{ Key: "team", Value: "shop" }],
    });
    expect(DBInstances?.[0]?.InstanceCreateTime).toBeInstanceOf(Date);
    expect(managed.MasterUserSecret?.SecretArn).toMatch(
      /^arn:aws:secretsmanager:eu-west-1:111111111111:secret:rds!db-[0-9a-f-]{36}-[A-Za-z0-9]{6}$/,
    );
    expect(DBInstances?.[1]?.MasterUserSecret).toBeUndefined();
  });

  test("report a cluster's secret and none for its members", async () => {
    aws.region.addCluster({ identifier: "shop", managed: true, members: 2 });
    const { DBClusters } = await aws.rds.send(new DescribeDBClustersCommand({}));
    const { DBInstances } = await aws.rds.send(new DescribeDBInstancesCommand({}));
    expect(DBClusters?.[0]?.MasterUserSecret?.SecretArn).toContain("rds!cluster-");
    expect(DBClusters?.[0]?.DBClusterMembers?.map(({ IsClusterWriter }) => IsClusterWriter)).toEqual([true, false]);
    expect(DBInstances?.map((member) => [member.DBClusterIdentifier, member.MasterUserSecret])).toEqual([
      ["shop", undefined],
      ["shop", undefined],
    ]);
  });

  test("return other fields as they were given", async () => {
    aws.region.addCluster({
      identifier: "express",
      members: 0,
      InternetAccessGatewayEnabled: true,
      VPCNetworkingEnabled: false,
      ClusterScalabilityType: "limitless",
      overrides: { RdsCustomClusterConfiguration: { ReplicaMode: "mounted" } },
    });
    const { DBClusters } = await aws.rds.send(new DescribeDBClustersCommand({}));
    expect(DBClusters?.[0]).toMatchObject({
      InternetAccessGatewayEnabled: true,
      VPCNetworkingEnabled: false,
      ClusterScalabilityType: "limitless",
      RdsCustomClusterConfiguration: { ReplicaMode: "mounted" },
    });
  });

  test("escape XML in text", async () => {
    const odd = `<a & "b" 'c'>`;
    aws.region.addInstance({ identifier: "odd", tags: { odd } });
    const { DBInstances } = await aws.rds.send(new DescribeDBInstancesCommand({}));
    expect(DBInstances?.[0]?.TagList).toEqual([{ Key: "odd", Value: odd }]);
  });

  test("include DocumentDB and Neptune", async () => {
    aws.region.addCluster({ identifier: "content", engine: "docdb", members: 1 });
    aws.region.addCluster({ identifier: "relations", engine: "neptune", members: 1 });
    const { DBClusters } = await aws.rds.send(new DescribeDBClustersCommand({}));
    expect(DBClusters?.map(({ Engine }) => Engine)).toEqual(["docdb", "neptune"]);
  });

  test("find tenant databases by container", async () => {
    const container = aws.region.addInstance({ identifier: "billing", engine: "oracle-ee-cdb", MultiTenant: true });
    aws.region.addTenantDatabase({ instance: "billing", name: "EU", managed: true });
    aws.region.addTenantDatabase({ instance: container, name: "CH" });
    const { TenantDatabases } = await aws.rds.send(
      new DescribeTenantDatabasesCommand({ DBInstanceIdentifier: "billing" }),
    );
    expect(TenantDatabases?.map((tenant) => [tenant.TenantDBName, tenant.MasterUserSecret?.SecretStatus])).toEqual([
      ["EU", "active"],
      ["CH", undefined],
    ]);
    expect(container.MasterUserSecret).toBeUndefined();
  });

  test("return a global database in every Region of its account, with writer and reader", async () => {
    const writer = aws.region.addCluster({ identifier: "primary", members: 1 });
    const reader = aws.cloud.region(account, "us-east-1").addCluster({ identifier: "secondary", members: 1 });
    aws.region.addGlobalCluster({ identifier: "world", writer, readers: [reader] });
    const elsewhere = aws.connect(account, "us-east-1");
    const { GlobalClusters } = await elsewhere.rds.send(new DescribeGlobalClustersCommand({}));
    expect(GlobalClusters?.[0]?.GlobalClusterMembers).toMatchObject([
      { DBClusterArn: writer.DBClusterArn, IsWriter: true, Readers: [reader.DBClusterArn] },
      { DBClusterArn: reader.DBClusterArn, IsWriter: false },
    ]);
    const { DBClusters } = await elsewhere.rds.send(new DescribeDBClustersCommand({}));
    expect(DBClusters?.[0]?.GlobalClusterIdentifier).toBe("world");
  });

  test("name source and target of a blue/green deployment", async () => {
    const blue = aws.region.addInstance({ identifier: "blue" });
    const green = aws.region.addInstance({ identifier: "green" });
    aws.region.addBlueGreenDeployment({ source: blue, target: green });
    const { BlueGreenDeployments } = await aws.rds.send(new DescribeBlueGreenDeploymentsCommand({}));
    expect(BlueGreenDeployments).toMatchObject([
      {
        Source: blue.DBInstanceArn,
        Target: green.DBInstanceArn,
        Status: "AVAILABLE",
        SwitchoverDetails: [{ SourceMember: blue.DBInstanceArn }],
      },
    ]);
  });

  test("name the secrets of a proxy", async () => {
    const { MasterUserSecret } = aws.region.addInstance({ identifier: "orders", managed: true });
    const own = aws.region.addSecret({ name: "prod/app" });
    const secretArns = [MasterUserSecret?.SecretArn ?? "", own.ARN];
    const proxy = aws.region.addProxy({ name: "Pool", secretArns });
    aws.region.addProxy({ name: "idle", secretArns: [], overrides: { EngineFamily: "MYSQL", Status: "creating" } });
    const { DBProxies } = await aws.rds.send(new DescribeDBProxiesCommand({}));
    expect(DBProxies).toMatchObject([
      {
        DBProxyName: "Pool",
        DBProxyArn: expect.stringMatching(/^arn:aws:rds:eu-west-1:111111111111:db-proxy:prx-[0-9a-f]{17}$/),
        Status: "available",
        EngineFamily: "POSTGRESQL",
        Auth: secretArns.map((SecretArn) => ({ AuthScheme: "SECRETS", SecretArn, IAMAuth: "DISABLED" })),
      },
      { DBProxyName: "idle", EngineFamily: "MYSQL", Status: "creating", Auth: [] },
    ]);
    const named = await aws.rds.send(new DescribeDBProxiesCommand({ DBProxyName: "pool" }));
    expect(named.DBProxies?.map(({ DBProxyArn }) => DBProxyArn)).toEqual([proxy.DBProxyArn]);
  });

  test("show tags that are added, replaced, and removed", async () => {
    const { DBInstanceArn: ResourceName } = aws.region.addInstance({ identifier: "orders", tags: { a: "1", b: "2" } });
    await aws.rds.send(
      new AddTagsToResourceCommand({
        ResourceName,
        Tags: [
          { Key: "b", Value: "3" },
          { Key: "c", Value: "4" },
        ],
      }),
    );
    await aws.rds.send(new RemoveTagsFromResourceCommand({ ResourceName, TagKeys: ["a"] }));
    const { TagList } = await aws.rds.send(new ListTagsForResourceCommand({ ResourceName }));
    expect(TagList).toEqual([
      { Key: "b", Value: "3" },
      { Key: "c", Value: "4" },
    ]);
  });
});

describe("filters", () => {
  test("by engine, cluster, identifier and resource id", async () => {
    const orders = aws.region.addInstance({ identifier: "orders", engine: "mysql" });
    aws.region.addInstance({ identifier: "legacy", engine: "postgres" });
    aws.region.addCluster({ identifier: "shop", members: 1 });
    const found = async (Name: string, ...Values: string[]) => {
      const answer = await aws.rds.send(new DescribeDBInstancesCommand({ Filters: [{ Name, Values }] }));
      return identifiers(answer.DBInstances);
    };
    expect(await found("engine", "mysql", "postgres")).toEqual(["orders", "legacy"]);
    expect(await found("db-cluster-id", "shop")).toEqual(["shop-instance-1"]);
    expect(await found("db-instance-id", orders.DBInstanceArn)).toEqual(["orders"]);
    expect(await found("dbi-resource-id", orders.DbiResourceId)).toEqual(["orders"]);
    expect(await found("db-instance-id", "nothing")).toEqual([]);
  });

  test("reject an unknown filter", async () => {
    const call = aws.rds.send(new DescribeDBInstancesCommand({ Filters: [{ Name: "colour", Values: ["red"] }] }));
    expect(await failure(call)).toBe("InvalidParameterValue: Unrecognized filter name: colour");
  });
});

describe("errors have the SDK's classes", () => {
  test("for each kind", async () => {
    aws.region.addInstance({ identifier: "billing", engine: "oracle-ee-cdb", MultiTenant: true });
    const { rds } = aws;
    await expect(rds.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: "x" }))).rejects.toThrow(
      DBInstanceNotFoundFault,
    );
    await expect(rds.send(new DescribeDBClustersCommand({ DBClusterIdentifier: "x" }))).rejects.toThrow(
      DBClusterNotFoundFault,
    );
    await expect(
      rds.send(new DescribeTenantDatabasesCommand({ DBInstanceIdentifier: "billing", TenantDBName: "x" })),
    ).rejects.toThrow(TenantDatabaseNotFoundFault);
    await expect(rds.send(new DescribeGlobalClustersCommand({ GlobalClusterIdentifier: "x" }))).rejects.toThrow(
      GlobalClusterNotFoundFault,
    );
    await expect(
      rds.send(new DescribeBlueGreenDeploymentsCommand({ BlueGreenDeploymentIdentifier: "x" })),
    ).rejects.toThrow(BlueGreenDeploymentNotFoundFault);
    await expect(rds.send(new DescribeDBProxiesCommand({ DBProxyName: "x" }))).rejects.toThrow(DBProxyNotFoundFault);
  });

  test("an unknown action is InvalidAction", async () => {
    expect(await failure(aws.rds.send(new DescribeDBSnapshotsCommand({})))).toMatch(/^InvalidAction: /);
  });
});

describe("accounts and Regions", () => {
  test("are isolated from each other", async () => {
    aws.region.addInstance({ identifier: "orders" });
    aws.cloud.region(account, "us-east-1").addInstance({ identifier: "orders-us" });
    aws.cloud.region(otherAccount, "eu-west-1").addInstance({ identifier: "orders-other" });
    const seen = async (id: string, region: string) =>
      identifiers((await aws.connect(id, region).rds.send(new DescribeDBInstancesCommand({}))).DBInstances);
    expect(await seen(account, "eu-west-1")).toEqual(["orders"]);
    expect(await seen(account, "us-east-1")).toEqual(["orders-us"]);
    expect(await seen(otherAccount, "eu-west-1")).toEqual(["orders-other"]);
    expect(await seen(otherAccount, "us-east-1")).toEqual([]);
  });

  test("a role gives access to another account, and errors name its session", async () => {
    aws.cloud.account(otherAccount, { roles: ["Audit"] });
    const assume = (role: string, id = otherAccount) =>
      aws.sts.send(new AssumeRoleCommand({ RoleArn: `arn:aws:iam::${id}:role/${role}`, RoleSessionName: "night" }));
    const { Credentials } = await assume("Audit");
    expect(Credentials?.Expiration?.getTime()).toBeGreaterThan(Date.now());
    const { sts } = aws.connect(Credentials?.AccessKeyId, "eu-west-1", Credentials?.SessionToken);
    expect(await sts.send(new GetCallerIdentityCommand({}))).toMatchObject({
      Account: otherAccount,
      Arn: `arn:aws:sts::${otherAccount}:assumed-role/Audit/night`,
    });
    expect(await failure(assume("Admin"))).toMatch(
      /^AccessDenied: .*not authorized to perform: sts:AssumeRole on resource: .*Admin$/,
    );
    expect(await failure(assume("Audit", "999999999999"))).toMatch(/^AccessDenied: /);
  });

  test("a call to a global service enables no Region", async () => {
    const { enabledRegions, regions } = aws.cloud.account(otherAccount, { regions: ["eu-west-1"] });
    const { sts, account: management } = aws.connect(otherAccount, "us-east-1");
    await sts.send(new GetCallerIdentityCommand({}));
    await management.send(new ListRegionsCommand({}));
    expect([[...enabledRegions], regions.size]).toEqual([["eu-west-1"], 0]);
  });

  test("lists enabled Regions in pages, and rejects calls in others", async () => {
    aws.cloud.account(otherAccount, { regions: ["eu-west-1", "us-east-1", "eu-south-2"] });
    const client = aws.connect(otherAccount, "us-east-1").account;
    const names: (string | undefined)[] = [];
    const input = { RegionOptStatusContains: ["ENABLED" as const, "ENABLED_BY_DEFAULT" as const], MaxResults: 2 };
    for await (const { Regions = [] } of paginateListRegions({ client }, input))
      names.push(...Regions.map(({ RegionName }) => RegionName));
    expect(names).toEqual(["eu-south-2", "eu-west-1", "us-east-1"]);
    const { Regions = [] } = await client.send(new ListRegionsCommand({ RegionOptStatusContains: ["DISABLED"] }));
    expect(Regions.length).toBeGreaterThan(10);
    expect(await failure(aws.connect(otherAccount, "eu-north-1").rds.send(new DescribeDBInstancesCommand({})))).toMatch(
      /^InvalidClientTokenId/,
    );
  });
});
