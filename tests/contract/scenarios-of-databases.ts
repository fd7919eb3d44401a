import { CreateKeyCommand, DisableKeyCommand } from "@aws-sdk/client-kms";
import {
  AddTagsToResourceCommand,
  CreateDBClusterCommand,
  type CreateDBClusterMessage,
  CreateDBInstanceCommand,
  type CreateDBInstanceMessage,
  CreateDBInstanceReadReplicaCommand,
  DeleteDBInstanceCommand,
  DescribeBlueGreenDeploymentsCommand,
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
  DescribeDBProxiesCommand,
  DescribeGlobalClustersCommand,
  type Filter,
  ListTagsForResourceCommand,
  ModifyDBClusterCommand,
  ModifyDBInstanceCommand,
  paginateDescribeDBClusters,
  paginateDescribeDBInstances,
  RemoveTagsFromResourceCommand,
} from "@aws-sdk/client-rds";
import { DescribeSecretCommand, ListSecretsCommand } from "@aws-sdk/client-secrets-manager";
import type { Scenario, Stage } from "./scenario.ts";

/** Not a real password: valid for every engine. */
export const password = "Throw-Away_Passw0rd.30";

type InstanceSettings = Partial<CreateDBInstanceMessage>;
type ClusterSettings = Partial<CreateDBClusterMessage>;

const managed = { ManageMasterUserPassword: true } as const;
const withPassword = { MasterUserPassword: password } as const;

const newInstance = ({ rds }: Stage, DBInstanceIdentifier: string, settings: InstanceSettings) =>
  rds.send(
    new CreateDBInstanceCommand({
      DBInstanceIdentifier,
      Engine: "postgres",
      DBInstanceClass: "db.t4g.micro",
      AllocatedStorage: 20,
      MasterUsername: "master",
      ...settings,
    }),
  );

const newCluster = ({ rds }: Stage, DBClusterIdentifier: string, settings: ClusterSettings) =>
  rds.send(
    new CreateDBClusterCommand({
      DBClusterIdentifier,
      Engine: "aurora-postgresql",
      MasterUsername: "master",
      ...settings,
    }),
  );

const newMember = ({ rds }: Stage, DBInstanceIdentifier: string, DBClusterIdentifier: string) =>
  rds.send(
    new CreateDBInstanceCommand({
      DBInstanceIdentifier,
      DBClusterIdentifier,
      Engine: "aurora-postgresql",
      DBInstanceClass: "db.r6g.large",
    }),
  );

const observe = ({ rds }: Stage, DBInstanceIdentifier: string) =>
  rds.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier }));

const observeCluster = ({ rds }: Stage, DBClusterIdentifier: string) =>
  rds.send(new DescribeDBClustersCommand({ DBClusterIdentifier }));

const secretOf = async (stage: Stage, identifier: string): Promise<string> => {
  const { DBInstances } = await observe(stage, identifier);
  return DBInstances?.[0]?.MasterUserSecret?.SecretArn ?? "none";
};

/** With versions, because moto has no default for MariaDB. */
const engines = {
  postgres: "16.8",
  mysql: "8.0.42",
  mariadb: "11.4.5",
  "sqlserver-se": "16.00.4205.1.v1",
  "oracle-ee": "19.0.0.0.ru-2025-07.rur-2025-07.r1",
};

const creation: readonly Scenario[] = [
  ...Object.entries(engines).flatMap(([Engine, EngineVersion]): Scenario[] =>
    [
      { kind: "managed", settings: managed },
      { kind: "unmanaged", settings: withPassword },
    ].map(({ kind, settings }) => ({
      name: `${Engine}, ${kind}`,
      async play(stage) {
        const { succeeds, settle } = stage;
        await succeeds("create", newInstance(stage, "orders", { Engine, EngineVersion, ...settings }));
        settle();
        await succeeds("describe", observe(stage, "orders"));
      },
    })),
  ),
  {
    name: "an Aurora cluster, managed, with two members",
    async play(stage) {
      const { succeeds, settle, rds } = stage;
      await succeeds("create", newCluster(stage, "shop", managed));
      settle();
      await succeeds("create the writer", newMember(stage, "shop-1", "shop"));
      await succeeds("create the reader", newMember(stage, "shop-2", "shop"));
      settle();
      await succeeds("describe the cluster", observeCluster(stage, "shop"));
      await succeeds("describe the members", rds.send(new DescribeDBInstancesCommand({})));
    },
  },
  {
    name: "an Aurora cluster, unmanaged",
    async play(stage) {
      const { succeeds, settle } = stage;
      await succeeds("create", newCluster(stage, "shop", { Engine: "aurora-mysql", ...withPassword }));
      settle();
      await succeeds("describe", observeCluster(stage, "shop"));
    },
  },
  ...[
    { kind: "managed", settings: managed },
    { kind: "unmanaged", settings: withPassword },
  ].map(
    ({ kind, settings }): Scenario => ({
      name: `a Multi-AZ DB cluster, ${kind}`,
      async play(stage) {
        const { succeeds, settle, rds } = stage;
        await succeeds(
          "create",
          newCluster(stage, "ledger", {
            Engine: "mysql",
            DBClusterInstanceClass: "db.m6gd.large",
            AllocatedStorage: 100,
            StorageType: "io1",
            Iops: 1000,
            ...settings,
          }),
        );
        settle();
        await succeeds("describe the cluster", observeCluster(stage, "ledger"));
        await succeeds("describe the members", rds.send(new DescribeDBInstancesCommand({})));
      },
    }),
  ),
  {
    name: "an instance that exists",
    async play(stage) {
      await newInstance(stage, "orders", managed);
      await stage.fails("create", newInstance(stage, "orders", managed));
      await newCluster(stage, "shop", managed);
      await stage.fails("create the cluster", newCluster(stage, "shop", managed));
    },
  },
  {
    name: "a member of a cluster that does not exist",
    play: (stage) => stage.fails("create", newMember(stage, "shop-1", "shop")),
  },
  {
    name: "neither a password nor management",
    play: (stage) => stage.fails("create", newInstance(stage, "orders", {})),
  },
  {
    name: "both a password and management",
    play: (stage) => stage.fails("create", newInstance(stage, "orders", { ...managed, ...withPassword })),
  },
  {
    name: "a key that does not exist",
    play: (stage) =>
      stage.fails(
        "create",
        newInstance(stage, "orders", { ...managed, MasterUserSecretKmsKeyId: "alias/no-such-key" }),
      ),
  },
  {
    name: "a key that is disabled",
    async play(stage) {
      const { KeyMetadata } = await stage.kms.send(new CreateKeyCommand({}));
      await stage.kms.send(new DisableKeyCommand({ KeyId: KeyMetadata?.KeyId }));
      await stage.fails(
        "create",
        newInstance(stage, "orders", { ...managed, MasterUserSecretKmsKeyId: KeyMetadata?.KeyId }),
      );
    },
  },
  {
    name: "a password that is too short",
    play: (stage) => stage.fails("create", newInstance(stage, "orders", { MasterUserPassword: "short" })),
  },
  {
    name: "a password with a forbidden character",
    play: (stage) => stage.fails("create", newInstance(stage, "orders", { MasterUserPassword: "with/slash-and-more" })),
  },
];

const modification: readonly Scenario[] = [
  {
    name: "on, for an unmanaged instance",
    async play(stage) {
      const { succeeds, settle, rds, secrets } = stage;
      await newInstance(stage, "orders", withPassword);
      settle();
      await succeeds(
        "turn on",
        rds.send(new ModifyDBInstanceCommand({ DBInstanceIdentifier: "orders", ...managed, ApplyImmediately: true })),
      );
      settle();
      await succeeds("describe", observe(stage, "orders"));
      await succeeds("list secrets", secrets.send(new ListSecretsCommand({})));
    },
  },
  {
    name: "on, for an unmanaged cluster",
    async play(stage) {
      const { succeeds, settle, rds } = stage;
      await newCluster(stage, "shop", withPassword);
      settle();
      await succeeds("turn on", rds.send(new ModifyDBClusterCommand({ DBClusterIdentifier: "shop", ...managed })));
      settle();
      await succeeds("describe", observeCluster(stage, "shop"));
    },
  },
  {
    name: "off, with a password",
    async play(stage) {
      const { succeeds, fails, settle, rds, secrets } = stage;
      await newInstance(stage, "orders", managed);
      settle();
      const SecretId = await secretOf(stage, "orders");
      await succeeds(
        "turn off",
        rds.send(
          new ModifyDBInstanceCommand({
            DBInstanceIdentifier: "orders",
            ManageMasterUserPassword: false,
            ...withPassword,
          }),
        ),
      );
      settle();
      await succeeds("describe", observe(stage, "orders"));
      await fails("describe its former secret", secrets.send(new DescribeSecretCommand({ SecretId })));
      await succeeds("list secrets", secrets.send(new ListSecretsCommand({ IncludePlannedDeletion: true })));
    },
  },
  {
    name: "off, without a password",
    async play(stage) {
      await newInstance(stage, "orders", managed);
      stage.settle();
      await stage.fails(
        "turn off",
        stage.rds.send(
          new ModifyDBInstanceCommand({ DBInstanceIdentifier: "orders", ManageMasterUserPassword: false }),
        ),
      );
      await stage.succeeds("describe", observe(stage, "orders"));
    },
  },
  {
    name: "on while it is on: the secret stays",
    async play(stage) {
      const { record, settle, rds } = stage;
      await newInstance(stage, "orders", managed);
      settle();
      const before = await secretOf(stage, "orders");
      await rds.send(new ModifyDBInstanceCommand({ DBInstanceIdentifier: "orders", ...managed }));
      settle();
      record("is the same", before === (await secretOf(stage, "orders")));
    },
  },
  {
    name: "rotate an unmanaged instance",
    async play(stage) {
      await newInstance(stage, "orders", withPassword);
      stage.settle();
      await stage.fails(
        "rotate",
        stage.rds.send(
          new ModifyDBInstanceCommand({
            DBInstanceIdentifier: "orders",
            RotateMasterUserPassword: true,
            ApplyImmediately: true,
          }),
        ),
      );
    },
  },
  {
    name: "a cluster still exists after a rejected modification",
    async play(stage) {
      await newCluster(stage, "shop", managed);
      stage.settle();
      await stage.fails(
        "rotate, but not immediately",
        stage.rds.send(new ModifyDBClusterCommand({ DBClusterIdentifier: "shop", RotateMasterUserPassword: true })),
      );
      await stage.succeeds("describe", observeCluster(stage, "shop"));
    },
  },
  {
    name: "off and on: the secret is new",
    async play(stage) {
      const { succeeds, record, settle, rds } = stage;
      await newInstance(stage, "orders", managed);
      settle();
      const before = await secretOf(stage, "orders");
      const modify = (change: object) =>
        rds.send(new ModifyDBInstanceCommand({ DBInstanceIdentifier: "orders", ApplyImmediately: true, ...change }));
      await modify({ ManageMasterUserPassword: false, ...withPassword });
      settle();
      await modify(managed);
      settle();
      await succeeds("describe", observe(stage, "orders"));
      record("is another one", before !== (await secretOf(stage, "orders")));
    },
  },
  {
    name: "off and on, for a cluster",
    async play(stage) {
      const { succeeds, settle, rds } = stage;
      await newCluster(stage, "shop", managed);
      settle();
      const modify = (change: object) =>
        rds.send(new ModifyDBClusterCommand({ DBClusterIdentifier: "shop", ApplyImmediately: true, ...change }));
      await modify({ ManageMasterUserPassword: false, ...withPassword });
      settle();
      await succeeds("describe it off", observeCluster(stage, "shop"));
      await modify(managed);
      settle();
      await succeeds("describe it on", observeCluster(stage, "shop"));
    },
  },
  {
    name: "rotate",
    async play(stage) {
      const { succeeds, fails, record, settle, rds } = stage;
      await newInstance(stage, "orders", managed);
      settle();
      const before = await secretOf(stage, "orders");
      const rotate = (ApplyImmediately: boolean) =>
        rds.send(
          new ModifyDBInstanceCommand({
            DBInstanceIdentifier: "orders",
            RotateMasterUserPassword: true,
            ApplyImmediately,
          }),
        );
      await fails("not immediately", rotate(false));
      await succeeds("immediately", rotate(true));
      settle();
      await succeeds("describe", observe(stage, "orders"));
      record("is the same", before === (await secretOf(stage, "orders")));
    },
  },
  {
    name: "rotate, for a cluster",
    async play(stage) {
      const { succeeds, settle, rds } = stage;
      await newCluster(stage, "shop", managed);
      settle();
      await succeeds(
        "immediately",
        rds.send(
          new ModifyDBClusterCommand({
            DBClusterIdentifier: "shop",
            RotateMasterUserPassword: true,
            ApplyImmediately: true,
          }),
        ),
      );
      settle();
      await succeeds("describe", observeCluster(stage, "shop"));
    },
  },
  {
    name: "what does not exist",
    async play({ fails, rds }) {
      await fails("an instance", rds.send(new ModifyDBInstanceCommand({ DBInstanceIdentifier: "x", ...managed })));
      await fails("a cluster", rds.send(new ModifyDBClusterCommand({ DBClusterIdentifier: "x", ...managed })));
    },
  },
  {
    name: "deletion deletes the secret",
    async play(stage) {
      const { succeeds, fails, settle, rds, secrets } = stage;
      await newInstance(stage, "orders", managed);
      settle();
      const SecretId = await secretOf(stage, "orders");
      await rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier: "orders", SkipFinalSnapshot: true }));
      settle();
      await fails("describe", observe(stage, "orders"));
      await succeeds("describe all", rds.send(new DescribeDBInstancesCommand({})));
      await fails("describe its secret", secrets.send(new DescribeSecretCommand({ SecretId })));
    },
  },
];

const replicas: readonly Scenario[] = [
  {
    name: "of an unmanaged instance",
    async play(stage) {
      const { succeeds, settle, rds } = stage;
      await newInstance(stage, "orders", withPassword);
      settle();
      await succeeds(
        "create",
        rds.send(
          new CreateDBInstanceReadReplicaCommand({
            DBInstanceIdentifier: "orders-replica",
            SourceDBInstanceIdentifier: "orders",
          }),
        ),
      );
      settle();
      await succeeds("describe the replica", observe(stage, "orders-replica"));
      await succeeds("describe the source", observe(stage, "orders"));
    },
  },
  {
    name: "of a managed instance",
    async play(stage) {
      await newInstance(stage, "orders", managed);
      stage.settle();
      await stage.fails(
        "create",
        stage.rds.send(
          new CreateDBInstanceReadReplicaCommand({
            DBInstanceIdentifier: "orders-replica",
            SourceDBInstanceIdentifier: "orders",
          }),
        ),
      );
    },
  },
  {
    name: "of what does not exist",
    play: ({ fails, rds }) =>
      fails(
        "create",
        rds.send(
          new CreateDBInstanceReadReplicaCommand({
            DBInstanceIdentifier: "orders-replica",
            SourceDBInstanceIdentifier: "orders",
          }),
        ),
      ),
  },
];

const description: readonly Scenario[] = [
  {
    name: "what does not exist",
    async play(stage) {
      await stage.fails("an instance", observe(stage, "x"));
      await stage.fails("a cluster", observeCluster(stage, "x"));
      await stage.fails("a proxy", stage.rds.send(new DescribeDBProxiesCommand({ DBProxyName: "x" })));
    },
  },
  {
    name: "nothing at all",
    async play({ record, rds }) {
      record("instances", (await rds.send(new DescribeDBInstancesCommand({}))).DBInstances?.length);
      record("clusters", (await rds.send(new DescribeDBClustersCommand({}))).DBClusters?.length);
      record("proxies", (await rds.send(new DescribeDBProxiesCommand({}))).DBProxies?.length);
      record("global clusters", (await rds.send(new DescribeGlobalClustersCommand({}))).GlobalClusters?.length);
      record("blue/green", (await rds.send(new DescribeBlueGreenDeploymentsCommand({}))).BlueGreenDeployments?.length);
    },
  },
  {
    name: "blue/green deployments in pages",
    async play({ record, rds }) {
      const answer = await rds.send(new DescribeBlueGreenDeploymentsCommand({ MaxRecords: 100 }));
      record("deployments", answer.BlueGreenDeployments?.length);
    },
  },
  {
    name: "a page that is too small",
    play: ({ fails, rds }) => fails("19", rds.send(new DescribeDBInstancesCommand({ MaxRecords: 19 }))),
  },
  {
    name: "global clusters and blue/green deployments that do not exist",
    async play({ fails, rds }) {
      await fails(
        "a global cluster",
        rds.send(new DescribeGlobalClustersCommand({ GlobalClusterIdentifier: "world" })),
      );
      await fails(
        "a deployment",
        rds.send(new DescribeBlueGreenDeploymentsCommand({ BlueGreenDeploymentIdentifier: "bgd-nothing" })),
      );
    },
  },
  {
    name: "45 instances in pages of 20",
    async play(stage) {
      const { record, rds } = stage;
      for (let number = 10; number < 55; number += 1) await newInstance(stage, `db-${number}`, managed);
      const pages: string[][] = [];
      for await (const { DBInstances = [] } of paginateDescribeDBInstances({ client: rds, pageSize: 20 }, {}))
        pages.push(DBInstances.map(({ DBInstanceIdentifier = "" }) => DBInstanceIdentifier));
      record(
        "sizes",
        pages.map((page) => page.length),
      );
      record("all, in order", pages.flat().sort());
      const { Marker } = await rds.send(new DescribeDBInstancesCommand({ MaxRecords: 20 }));
      record("the first page ends with a marker", Marker !== undefined);
      const last = await rds.send(new DescribeDBInstancesCommand({ MaxRecords: 45 }));
      record("a page for all has none", last.Marker === undefined);
    },
  },
  {
    name: "21 clusters in pages of 20",
    async play(stage) {
      const { record, rds } = stage;
      for (let number = 10; number < 31; number += 1) await newCluster(stage, `shop-${number}`, managed);
      const sizes: number[] = [];
      for await (const { DBClusters = [] } of paginateDescribeDBClusters({ client: rds, pageSize: 20 }, {}))
        sizes.push(DBClusters.length);
      record("sizes", sizes);
    },
  },
  {
    name: "with filters",
    async play(stage) {
      const { record, rds, settle } = stage;
      await newInstance(stage, "orders", withPassword);
      await newInstance(stage, "legacy", { Engine: "mysql", ...withPassword });
      await newCluster(stage, "shop", managed);
      settle();
      await newMember(stage, "shop-1", "shop");
      settle();
      const find = async (step: string, ...Filters: Filter[]) => {
        const { DBInstances = [] } = await rds.send(new DescribeDBInstancesCommand({ Filters }));
        record(step, DBInstances.map(({ DBInstanceIdentifier }) => DBInstanceIdentifier).sort());
      };
      await find("one engine", { Name: "engine", Values: ["mysql"] });
      await find("two engines", { Name: "engine", Values: ["mysql", "postgres"] });
      await find("no such engine", { Name: "engine", Values: ["db2-se"] });
      await find("db-cluster-id", { Name: "db-cluster-id", Values: ["shop"] });
      await find("db-instance-id", { Name: "db-instance-id", Values: ["orders", "legacy"] });
      await find(
        "two filters",
        { Name: "engine", Values: ["postgres"] },
        { Name: "db-instance-id", Values: ["orders", "legacy"] },
      );
      const { DBInstances } = await observe(stage, "orders");
      await find("dbi-resource-id", { Name: "dbi-resource-id", Values: [DBInstances?.[0]?.DbiResourceId ?? ""] });
      await find("db-instance-id as an ARN", {
        Name: "db-instance-id",
        Values: [DBInstances?.[0]?.DBInstanceArn ?? ""],
      });
      const findCluster = async (step: string, ...Filters: Filter[]) => {
        const { DBClusters = [] } = await rds.send(new DescribeDBClustersCommand({ Filters }));
        record(step, DBClusters.map(({ DBClusterIdentifier }) => DBClusterIdentifier).sort());
      };
      await findCluster("clusters by id", { Name: "db-cluster-id", Values: ["shop"] });
      await findCluster("clusters by engine", { Name: "engine", Values: ["aurora-mysql"] });
      await stage.fails("an unknown filter", rds.send(new DescribeDBInstancesCommand({ Filters: [colour] })));
    },
  },
  {
    name: "a filter for one identifier, a cluster's by its ARN",
    async play(stage) {
      const { record, rds, settle } = stage;
      await newCluster(stage, "shop", managed);
      settle();
      await newMember(stage, "shop-1", "shop");
      const { DBClusters } = await observeCluster(stage, "shop");
      const { DBClusterArn = "" } = DBClusters?.[0] ?? {};
      const byArn = await rds.send(new DescribeDBClustersCommand({ DBClusterIdentifier: DBClusterArn }));
      record("by ARN", byArn.DBClusters?.length);
    },
  },
];

const colour = { Name: "colour", Values: ["red"] };

const tags: readonly Scenario[] = [
  {
    name: "of an instance and of a cluster",
    async play(stage) {
      const { succeeds, settle, rds } = stage;
      const Tags = [
        { Key: "team", Value: "Müller + Söhne" },
        { Key: "stage", Value: "production" },
      ];
      const instance = await newInstance(stage, "orders", { ...managed, Tags });
      const cluster = await newCluster(stage, "shop", { ...managed, Tags });
      settle();
      for (const [kind, ResourceName] of [
        ["instance", instance.DBInstance?.DBInstanceArn],
        ["cluster", cluster.DBCluster?.DBClusterArn],
      ] as const) {
        const list = () => rds.send(new ListTagsForResourceCommand({ ResourceName }));
        await succeeds(`${kind}: list`, list());
        await rds.send(
          new AddTagsToResourceCommand({
            ResourceName,
            Tags: [
              { Key: "stage", Value: "test" },
              { Key: "owner", Value: "" },
            ],
          }),
        );
        await succeeds(`${kind}: list after adding`, list());
        await rds.send(new RemoveTagsFromResourceCommand({ ResourceName, TagKeys: ["team"] }));
        await succeeds(`${kind}: list after removing`, list());
      }
      await succeeds("described with the instance", observe(stage, "orders"));
      await succeeds("described with the cluster", observeCluster(stage, "shop"));
    },
  },
];

const chapter = (title: string, scenarios: readonly Scenario[]): readonly Scenario[] =>
  scenarios.map((scenario) => ({ ...scenario, name: `${title}: ${scenario.name}` }));

/** The scenarios of RDS. */
export const scenariosOfDatabases: readonly Scenario[] = [
  ...chapter("create", creation),
  ...chapter("modify", modification),
  ...chapter("read replica", replicas),
  ...chapter("describe", description),
  ...chapter("tags", tags),
];
