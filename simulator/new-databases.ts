import { isMultiAz } from "./cluster-members.ts";
import { arnPrefix, newResourceId } from "./identifiers.ts";
import { awsManagedKey } from "./keys.ts";
import type { DBCluster, DBInstance, TenantDatabase } from "./resources.ts";
import type { Region } from "./state.ts";

const engineVersions: Record<string, string> = {
  "aurora-mysql": "8.0.mysql_aurora.3.08.2",
  "aurora-postgresql": "16.8",
  docdb: "5.0.0",
  mariadb: "11.4.5",
  mysql: "8.0.42",
  neptune: "1.4.5.0",
  postgres: "16.8",
};

/** The default version of an engine. */
export function versionOf(engine: string): string {
  const known = engineVersions[engine];
  if (known) return known;
  if (engine.includes("oracle")) return "19.0.0.0.ru-2025-07.rur-2025-07.r1";
  return engine.includes("sqlserver") ? "16.00.4205.1.v1" : "11.5.9.0.sb00063198.r1";
}

function portOf(engine: string): number {
  if (engine.includes("postgres")) return 5432;
  if (engine.includes("oracle")) return 1521;
  if (engine.includes("sqlserver")) return 1433;
  if (engine.startsWith("db2")) return 50_000;
  if (engine === "docdb") return 27_017;
  return engine === "neptune" ? 8182 : 3306;
}

/** An available DB instance with default settings. */
export function newInstance(region: Region, identifier: string, engine: string, createdAt: Date): DBInstance {
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
    DbiResourceId: `db-${newResourceId(region, arn)}`,
    DBInstanceArn: arn,
    IAMDatabaseAuthenticationEnabled: false,
    DeletionProtection: false,
    TagList: [],
  };
}

/** An available DB cluster with default settings and no members. */
export function newCluster(region: Region, identifier: string, engine: string, createdAt: Date): DBCluster {
  const arn = `${arnPrefix(region, "rds")}cluster:${identifier}`;
  return {
    AllocatedStorage: 1,
    BackupRetentionPeriod: 7,
    DBClusterIdentifier: identifier,
    Status: "available",
    Endpoint: `${identifier}.cluster-simulated.${region.name}.rds.amazonaws.com`,
    ReaderEndpoint: `${identifier}.cluster-ro-simulated.${region.name}.rds.amazonaws.com`,
    MultiAZ: isMultiAz(engine, 0),
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
    DbClusterResourceId: `cluster-${newResourceId(region, arn)}`,
    DBClusterArn: arn,
    IAMDatabaseAuthenticationEnabled: false,
    ClusterCreateTime: createdAt,
    EngineMode: "provisioned",
    DeletionProtection: false,
    HttpEndpointEnabled: false,
    TagList: [],
  };
}

/** An available tenant database with default settings. */
export function newTenant(region: Region, instance: DBInstance, name: string, createdAt: Date): TenantDatabase {
  const id = newResourceId(region, `${instance.DBInstanceArn}/${name}`);
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
}
