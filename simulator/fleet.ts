import { type AnyDatabase, arnOf, tenantKey, toTags } from "./databases.ts";
import { resourceIdFrom, spreadFrom, uuidFrom } from "./identifiers.ts";
import { arnPrefix, awsManagedKey, lookForKey, makeKey } from "./keys.ts";
import { nextRotationAt } from "./rotation-schedule.ts";
import { changeSecret, scheduleRotation, secretFor } from "./secret-life.ts";
import type {
  BlueGreenDeployment,
  DBCluster,
  DBInstance,
  GlobalCluster,
  Key,
  Region,
  Secret,
  Tag,
  TenantDatabase,
} from "./state.ts";

/** How a built database's password is managed; further fields override the secret's, `undefined` takes one away. */
export type Managed = boolean | { kmsKeyId?: string; status?: string; [secretField: string]: unknown };

type Tags = Readonly<Record<string, string>> | readonly Tag[];
type Overrides = Record<string, unknown>;
type FinishingOptions = { managed?: Managed | undefined; tags?: Tags; overrides?: Overrides; [field: string]: unknown };

/** What a built database is; any other field is AWS's own, in AWS's own PascalCase. */
type DatabaseOptions = {
  identifier: string;
  engine?: string;
  managed?: Managed | undefined;
  tags?: Tags;
  overrides?: Overrides;
  [field: string]: unknown;
};

/** Ways to put things into a Region as if they had been there for long. */
export type FleetBuilders = {
  addInstance: (options: DatabaseOptions) => DBInstance;
  /** `members` are that many instances, or their identifiers; the first is the writer. */
  addCluster: (options: DatabaseOptions & { members?: number | readonly string[] }) => DBCluster;
  addTenantDatabase: (options: {
    instance: string | DBInstance;
    name: string;
    managed?: Managed;
    tags?: Tags;
    [field: string]: unknown;
  }) => TenantDatabase;
  addKey: (options?: { alias?: string; state?: string; manager?: "AWS" | "CUSTOMER"; overrides?: Overrides }) => Key;
  /** `isMarked: false` leaves the clusters without `GlobalClusterIdentifier`: whether AWS always fills it is not known. */
  addGlobalCluster: (options: {
    identifier: string;
    writer?: DBCluster;
    readers?: readonly DBCluster[];
    isMarked?: boolean;
    overrides?: Overrides;
  }) => GlobalCluster;
  addBlueGreenDeployment: (options: {
    source: AnyDatabase | string;
    target?: AnyDatabase | string;
    status?: string;
    name?: string;
    overrides?: Overrides;
  }) => BlueGreenDeployment;
  /** Puts a secret that no database has: any field overrides. */
  addSecret: (options: { name: string } & Overrides) => Secret;
  /** Changes a secret behind AWS's back; `ListSecrets` lags here too. */
  editSecret: (arn: string, change: Partial<Secret> | undefined) => void;
};

const engineVersions: Record<string, string> = {
  "aurora-mysql": "8.0.mysql_aurora.3.08.2",
  "aurora-postgresql": "16.8",
  docdb: "5.0.0",
  mariadb: "11.4.5",
  mysql: "8.0.42",
  neptune: "1.4.5.0",
  postgres: "16.8",
};

const versionOf = (engine: string): string => {
  const known = engineVersions[engine];
  if (known) return known;
  if (engine.includes("oracle")) return "19.0.0.0.ru-2025-07.rur-2025-07.r1";
  return engine.includes("sqlserver") ? "16.00.4205.1.v1" : "11.5.9.0.sb00063198.r1";
};

const portOf = (engine: string): number => {
  if (engine.includes("postgres")) return 5432;
  if (engine.includes("oracle")) return 1521;
  if (engine.includes("sqlserver")) return 1433;
  if (engine.startsWith("db2")) return 50_000;
  if (engine === "docdb") return 27_017;
  return engine === "neptune" ? 8182 : 3306;
};

const hour = 3_600_000;
const day = 24 * hour;

/** What an RDS instance looks like a while after it was made. */
export const newInstance = (region: Region, identifier: string, engine: string, createdAt: Date): DBInstance => {
  const arn = `${arnPrefix(region, "rds")}db:${identifier}`;
  return {
    DBInstanceIdentifier: identifier,
    DBInstanceClass: engine.startsWith("custom-") ? "db.m5.xlarge" : "db.r6g.large",
    Engine: engine,
    DBInstanceStatus: "available",
    MasterUsername: engine.includes("postgres") ? "postgres" : "admin",
    Endpoint: { Address: `${identifier}.simulated.${region.name}.rds.amazonaws.com`, Port: portOf(engine) },
    AllocatedStorage: 100,
    InstanceCreateTime: createdAt,
    PreferredBackupWindow: "01:00-01:30",
    BackupRetentionPeriod: 7,
    AvailabilityZone: `${region.name}a`,
    PreferredMaintenanceWindow: "sun:03:00-sun:04:00",
    PendingModifiedValues: {},
    MultiAZ: false,
    EngineVersion: versionOf(engine),
    AutoMinorVersionUpgrade: true,
    ReadReplicaDBInstanceIdentifiers: [],
    PubliclyAccessible: false,
    StorageType: "gp3",
    StorageEncrypted: true,
    KmsKeyId: awsManagedKey(region, "rds").Arn,
    DbiResourceId: `db-${resourceIdFrom(arn)}`,
    DBInstanceArn: arn,
    IAMDatabaseAuthenticationEnabled: false,
    DeletionProtection: false,
    TagList: [],
  };
};

/** What a DB cluster looks like a while after it was made. */
export const newCluster = (region: Region, identifier: string, engine: string, createdAt: Date): DBCluster => {
  const arn = `${arnPrefix(region, "rds")}cluster:${identifier}`;
  return {
    AllocatedStorage: 1,
    BackupRetentionPeriod: 7,
    DBClusterIdentifier: identifier,
    Status: "available",
    Endpoint: `${identifier}.cluster-simulated.${region.name}.rds.amazonaws.com`,
    ReaderEndpoint: `${identifier}.cluster-ro-simulated.${region.name}.rds.amazonaws.com`,
    MultiAZ: true,
    Engine: engine,
    EngineVersion: versionOf(engine),
    Port: portOf(engine),
    MasterUsername: engine.includes("postgres") ? "postgres" : "admin",
    PreferredBackupWindow: "01:00-01:30",
    PreferredMaintenanceWindow: "sun:03:00-sun:04:00",
    PendingModifiedValues: {},
    ReadReplicaIdentifiers: [],
    DBClusterMembers: [],
    StorageEncrypted: true,
    KmsKeyId: awsManagedKey(region, "rds").Arn,
    DbClusterResourceId: `cluster-${resourceIdFrom(arn)}`,
    DBClusterArn: arn,
    IAMDatabaseAuthenticationEnabled: false,
    ClusterCreateTime: createdAt,
    EngineMode: "provisioned",
    DeletionProtection: false,
    HttpEndpointEnabled: false,
    TagList: [],
  };
};

/** What a tenant database looks like a while after it was made. */
export const newTenant = (region: Region, instance: DBInstance, name: string, createdAt: Date): TenantDatabase => {
  const id = resourceIdFrom(`${instance.DBInstanceArn}/${name}`);
  return {
    TenantDatabaseCreateTime: createdAt,
    DBInstanceIdentifier: instance.DBInstanceIdentifier,
    TenantDBName: name,
    Status: "available",
    MasterUsername: "admin",
    DbiResourceId: instance.DbiResourceId,
    TenantDatabaseResourceId: `tdb-${id}`,
    TenantDatabaseARN: `${arnPrefix(region, "rds")}tenant-database:tdb-${id.toLowerCase()}`,
    CharacterSetName: "AL32UTF8",
    DeletionProtection: false,
    PendingModifiedValues: {},
    TagList: [],
  };
};

/** Gives a database a secret that has been rotated for long; the fleet is spread over the week. */
const manage = (region: Region, database: AnyDatabase, createdAt: Date, managed: Managed | undefined): void => {
  if (!managed) return;
  const { kmsKeyId, status = "active", ...fields } = managed === true ? {} : managed;
  const { clock } = region.account.cloud;
  const defaultKey = awsManagedKey(region, "secretsmanager");
  const keyArn = kmsKeyId === undefined ? defaultKey.Arn : (lookForKey(region, kmsKeyId)?.Arn ?? kmsKeyId);
  const drawn = secretFor(region, database, keyArn === defaultKey.Arn ? undefined : kmsKeyId, createdAt);
  const rules = fields.RotationRules ?? drawn.RotationRules ?? {};
  const rotatedAt = new Date(clock.now().getTime() - spreadFrom(arnOf(database), 167) * hour);
  const secret: Secret = {
    ...drawn,
    LastRotatedDate: rotatedAt,
    LastChangedDate: rotatedAt,
    NextRotationDate: nextRotationAt(rules, rotatedAt),
    ...fields,
  };
  // Not by changeSecret: what is built has been there for long, so no lag hides it.
  region.secrets.set(secret.ARN, secret);
  database.MasterUserSecret = { SecretArn: secret.ARN, SecretStatus: status, KmsKeyId: keyArn };
  const isDue = (secret.NextRotationDate?.getTime() ?? 0) > clock.now().getTime();
  if (secret.RotationEnabled && status === "active" && isDue) scheduleRotation(region, secret);
};

const memberIdentifiers = (cluster: string, members: number | readonly string[]): readonly string[] =>
  typeof members === "number"
    ? Array.from({ length: members }, (_, index) => `${cluster}-instance-${index + 1}`)
    : members;

/** Puts an instance into its cluster; the first one writes. */
export const joinCluster = (cluster: DBCluster, instance: DBInstance): void => {
  instance.DBClusterIdentifier = cluster.DBClusterIdentifier;
  instance.MasterUsername = cluster.MasterUsername;
  if (cluster.Engine.startsWith("aurora")) instance.StorageType = "aurora";
  cluster.DBClusterMembers.push({
    DBInstanceIdentifier: instance.DBInstanceIdentifier,
    IsClusterWriter: cluster.DBClusterMembers.length === 0,
  });
};

const arnIn = (database: AnyDatabase | string): string => (typeof database === "string" ? database : arnOf(database));

/** The builders of a Region, which `regionOf` gives when they are used. */
export const fleetBuilders = (regionOf: () => Region): FleetBuilders => {
  const now = (): Date => regionOf().account.cloud.now();
  const longAgo = (seed: string): Date => new Date(now().getTime() - (60 + spreadFrom(seed, 900)) * day);

  const finish = <T extends AnyDatabase>(database: T, createdAt: Date, options: FinishingOptions): T => {
    const { managed, tags, overrides, ...fields } = options;
    database.TagList = toTags(tags);
    Object.assign(database, fields, overrides);
    manage(regionOf(), database, createdAt, managed);
    return database;
  };

  const addInstance: FleetBuilders["addInstance"] = ({ identifier, engine = "postgres", ...options }) => {
    const region = regionOf();
    const createdAt = longAgo(identifier);
    const instance = finish(newInstance(region, identifier, engine, createdAt), createdAt, options);
    region.instances.set(identifier.toLowerCase(), instance);
    const source = region.instances.get(instance.ReadReplicaSourceDBInstanceIdentifier?.toLowerCase() ?? "");
    source?.ReadReplicaDBInstanceIdentifiers.push(identifier);
    return instance;
  };

  return {
    addInstance,
    addCluster: ({ identifier, engine = "aurora-postgresql", members = 2, ...options }) => {
      const region = regionOf();
      const createdAt = longAgo(identifier);
      const cluster = finish(newCluster(region, identifier, engine, createdAt), createdAt, options);
      region.clusters.set(identifier.toLowerCase(), cluster);
      for (const member of memberIdentifiers(identifier, members)) {
        const { EngineVersion, DBClusterIdentifier } = cluster;
        joinCluster(cluster, addInstance({ identifier: member, engine, EngineVersion, DBClusterIdentifier }));
      }
      return cluster;
    },
    addTenantDatabase: ({ instance, name, ...options }) => {
      const region = regionOf();
      const container = typeof instance === "string" ? region.instances.get(instance.toLowerCase()) : instance;
      if (!container) throw new Error(`There is no instance ${String(instance)} to put ${name} into`);
      const createdAt = longAgo(name);
      const tenant = finish(newTenant(region, container, name, createdAt), createdAt, options);
      region.tenants.set(tenantKey(container.DBInstanceIdentifier, name), tenant);
      return tenant;
    },
    addKey: ({ alias, state = "Enabled", manager = "CUSTOMER", overrides } = {}) => {
      const key = makeKey(regionOf(), {
        KeyState: state,
        KeyManager: manager,
        CreationDate: longAgo(alias ?? state),
        ...(state === "PendingDeletion" && { DeletionDate: new Date(now().getTime() + 7 * day) }),
        ...overrides,
      });
      if (alias !== undefined) regionOf().aliases.set(alias.startsWith("alias/") ? alias : `alias/${alias}`, key.KeyId);
      return key;
    },
    addGlobalCluster: ({ identifier, writer, readers = [], isMarked = true, overrides }) => {
      const { account } = regionOf();
      const members = [...(writer ? [writer] : []), ...readers];
      const globalCluster: GlobalCluster = {
        GlobalClusterIdentifier: identifier,
        GlobalClusterResourceId: `cluster-${resourceIdFrom(identifier).slice(0, 16).toLowerCase()}`,
        GlobalClusterArn: `arn:${account.partition}:rds::${account.id}:global-cluster:${identifier}`,
        Status: "available",
        Engine: members[0]?.Engine ?? "aurora-postgresql",
        EngineVersion: members[0]?.EngineVersion ?? versionOf("aurora-postgresql"),
        StorageEncrypted: true,
        DeletionProtection: false,
        GlobalClusterMembers: members.map((cluster) => ({
          DBClusterArn: cluster.DBClusterArn,
          IsWriter: cluster === writer,
          Readers: cluster === writer ? readers.map(({ DBClusterArn }) => DBClusterArn) : [],
          ...(cluster !== writer && { GlobalWriteForwardingStatus: "disabled" }),
        })),
        ...overrides,
      };
      for (const cluster of members) if (isMarked) cluster.GlobalClusterIdentifier = identifier;
      account.globalClusters.set(identifier.toLowerCase(), globalCluster);
      return globalCluster;
    },
    addBlueGreenDeployment: ({ source, target, status = "AVAILABLE", name = "upgrade", overrides }) => {
      const region = regionOf();
      const deployment: BlueGreenDeployment = {
        BlueGreenDeploymentIdentifier: `bgd-${resourceIdFrom(`${arnIn(source)}/${name}`)
          .slice(0, 16)
          .toLowerCase()}`,
        BlueGreenDeploymentName: name,
        Source: arnIn(source),
        ...(target && { Target: arnIn(target) }),
        SwitchoverDetails: [
          { SourceMember: arnIn(source), ...(target && { TargetMember: arnIn(target) }), Status: status },
        ],
        Tasks: [{ Name: "CREATING_READ_REPLICA_OF_SOURCE", Status: "COMPLETED" }],
        Status: status,
        CreateTime: now(),
        TagList: [],
        ...overrides,
      };
      region.blueGreenDeployments.set(deployment.BlueGreenDeploymentIdentifier, deployment);
      return deployment;
    },
    addSecret: ({ name, ...fields }) => {
      const region = regionOf();
      const arn = `${arnPrefix(region, "secretsmanager")}secret:${name}-${uuidFrom(name).slice(0, 6)}`;
      const createdAt = longAgo(name);
      const secret: Secret = {
        ARN: arn,
        Name: name,
        CreatedDate: createdAt,
        LastChangedDate: createdAt,
        Tags: [],
        version: 1,
        ...fields,
      };
      region.secrets.set(secret.ARN, secret);
      return secret;
    },
    editSecret: (arn, change) => {
      changeSecret(regionOf(), arn, change);
      const secret = regionOf().secrets.get(arn);
      const isDue = (secret?.NextRotationDate?.getTime() ?? 0) > now().getTime();
      if (secret && change?.NextRotationDate && isDue) scheduleRotation(regionOf(), secret);
    },
  };
};
