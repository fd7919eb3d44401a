import type {
  BlueGreenDeployment as AwsBlueGreenDeployment,
  DBProxy as AwsDBProxy,
  DBProxyTarget as AwsDBProxyTarget,
  Event as AwsEvent,
  GlobalCluster,
  Tag,
  TenantDatabase,
} from "@aws-sdk/client-rds";
import { type Arn, makeArn } from "../model/arn.ts";
import { type Database, unknown } from "../model/database.ts";
import type { DatabaseEvent } from "../model/database-event.ts";
import type { BlueGreenDeployment, DBProxy } from "../model/inventory.ts";
import type { ReadCluster, ReadInstance } from "./read-page.ts";

/** Where an answer came from, for ARNs that the answer leaves out. */
export type RegionScope = Pick<Arn, "partition" | "region" | "account">;

/** Translates a DB instance. What AWS leaves out is null or `unknown`; an empty identifier counts as left out. */
export function toInstance(instance: ReadInstance, scope: RegionScope): Database {
  return {
    ...toCommon(instance, scope),
    kind: "instance",
    arn: instance.DBInstanceArn ?? arnOf(scope, "db", instance.DBInstanceIdentifier),
    identifier: instance.DBInstanceIdentifier ?? unknown,
    resourceId: instance.DbiResourceId ?? unknown,
    status: instance.DBInstanceStatus ?? unknown,
    createdAt: toInstant(instance.InstanceCreateTime),
    maintenanceWindow: instance.PreferredMaintenanceWindow ?? null,
    replicas: [
      ...(instance.ReadReplicaDBInstanceIdentifiers ?? []),
      ...(instance.ReadReplicaDBClusterIdentifiers ?? []),
    ],
    clusterIdentifier: instance.DBClusterIdentifier || null,
    replicationSource:
      instance.ReadReplicaSourceDBInstanceIdentifier || instance.ReadReplicaSourceDBClusterIdentifier || null,
    multiTenant: instance.MultiTenant ?? false,
  };
}

/** Translates a DB cluster. `globalWriteForwarding` is true only for the statuses that mean it. */
export function toCluster(cluster: ReadCluster, scope: RegionScope): Database {
  return {
    ...toCommon(cluster, scope),
    kind: "cluster",
    arn: cluster.DBClusterArn ?? arnOf(scope, "cluster", cluster.DBClusterIdentifier),
    identifier: cluster.DBClusterIdentifier ?? unknown,
    resourceId: cluster.DbClusterResourceId ?? unknown,
    status: cluster.Status ?? unknown,
    createdAt: toInstant(cluster.ClusterCreateTime),
    maintenanceWindow: cluster.PreferredMaintenanceWindow ?? null,
    replicas: cluster.ReadReplicaIdentifiers ?? [],
    replicationSource: cluster.ReplicationSourceIdentifier || null,
    engineMode: cluster.EngineMode ?? null,
    scalabilityType: cluster.ClusterScalabilityType ?? null,
    globalClusterIdentifier: cluster.GlobalClusterIdentifier || null,
    globalWriteForwarding: ["enabled", "enabling", "disabling"].includes(cluster.GlobalWriteForwardingStatus ?? ""),
    rdsCustom: cluster.RdsCustomClusterConfiguration !== undefined,
    expressConfiguration: cluster.InternetAccessGatewayEnabled === true || cluster.VPCNetworkingEnabled === false,
  };
}

/** Translates an Oracle tenant database. Its engine is unknown here: AWS reports it only for the container. */
export function toTenantDatabase(tenant: TenantDatabase, scope: RegionScope): Database {
  const container = tenant.DBInstanceIdentifier ?? unknown;
  const name = tenant.TenantDBName ?? unknown;
  return {
    ...toCommon(tenant, scope),
    kind: "tenant-database",
    arn: tenant.TenantDatabaseARN ?? arnOf(scope, "tenant-database", tenant.TenantDatabaseResourceId),
    identifier: `${container}/${name}`,
    resourceId: tenant.TenantDatabaseResourceId ?? unknown,
    status: tenant.Status ?? unknown,
    createdAt: toInstant(tenant.TenantDatabaseCreateTime),
    containerArn: arnOf(scope, "db", container),
  };
}

/** ARNs of the DB clusters of a global database: writers and readers. */
export function toGlobalClusterMembers(globalCluster: GlobalCluster): readonly string[] {
  return (globalCluster.GlobalClusterMembers ?? []).flatMap(({ DBClusterArn, Readers }) => [
    ...(DBClusterArn === undefined ? [] : [DBClusterArn]),
    ...(Readers ?? []),
  ]);
}

/** Translates a blue/green deployment; an empty list if AWS names no source. */
export function toBlueGreenDeployments(deployment: AwsBlueGreenDeployment): readonly BlueGreenDeployment[] {
  if (deployment.Source === undefined) return [];
  return [{ source: deployment.Source, target: deployment.Target ?? null, status: deployment.Status ?? unknown }];
}

/** Translates an RDS Proxy to its name and the secrets that it uses. */
export function toProxy({ DBProxyName, Auth }: AwsDBProxy): DBProxy {
  return { name: DBProxyName ?? unknown, secretArns: (Auth ?? []).flatMap(({ SecretArn }) => SecretArn ?? []) };
}

/** The DB instance and the DB cluster of a proxy's target. */
export function toProxyTargets({ RdsResourceId, TrackedClusterId }: AwsDBProxyTarget): readonly string[] {
  return [RdsResourceId, TrackedClusterId].filter((one) => one !== undefined);
}

/** Translates an event about a database. */
export function toEvent({ Message, Date: at }: AwsEvent): DatabaseEvent {
  return { message: Message ?? "", at: toInstant(at) };
}

type Common = Pick<
  ReadInstance,
  | "Engine"
  | "EngineVersion"
  | "IAMDatabaseAuthenticationEnabled"
  | "KmsKeyId"
  | "MasterUserSecret"
  | "StorageEncrypted"
  | "TagList"
> & {
  readonly PendingModifiedValues?: object | undefined;
};

/** The fields that have the same name for every kind, and the values of those that only some kinds have. */
function toCommon(source: Common, { account, region }: RegionScope) {
  const {
    SecretArn: secretArn = null,
    SecretStatus: status = null,
    KmsKeyId: kmsKeyId = null,
  } = source.MasterUserSecret ?? {};
  return {
    account,
    region,
    engine: source.Engine ?? unknown,
    engineVersion: source.EngineVersion ?? null,
    masterUserSecret: source.MasterUserSecret === undefined ? null : { secretArn, status, kmsKeyId },
    tags: toTags(source.TagList),
    pendingChanges: toPendingChanges(source.PendingModifiedValues),
    maintenanceWindow: null,
    replicas: [],
    clusterIdentifier: null,
    replicationSource: null,
    multiTenant: false,
    containerArn: null,
    engineMode: null,
    scalabilityType: null,
    globalClusterIdentifier: null,
    globalWriteForwarding: false,
    rdsCustom: false,
    expressConfiguration: false,
    iamAuthentication: source.IAMDatabaseAuthenticationEnabled ?? false,
    storageKmsKeyId: source.KmsKeyId || (source.StorageEncrypted === false ? null : unknown),
  };
}

/** Names of the settings in `PendingModifiedValues`; an empty list among them is not a change. */
function toPendingChanges(pending: object | undefined): string[] {
  const isChange = (value: unknown) => value !== undefined && !(Array.isArray(value) && value.length === 0);
  return Object.entries(pending ?? {}).flatMap(([name, value]) => (isChange(value) ? [name] : []));
}

/** A tag without a value has an empty one. */
export function toTags(tags: readonly Partial<Tag>[] | undefined): Record<string, string> {
  return Object.fromEntries((tags ?? []).flatMap(({ Key, Value }) => (Key === undefined ? [] : [[Key, Value ?? ""]])));
}

function arnOf(scope: RegionScope, type: string, name: string | undefined): string {
  return makeArn({ ...scope, service: "rds", resource: `${type}:${name ?? unknown}` });
}

/** ISO 8601; null for a date that is missing, invalid, or outside the years 0 to 9999. */
export function toInstant(date: Date | undefined): string | null {
  if (date === undefined || Number.isNaN(date.getTime())) return null;
  const year = date.getUTCFullYear();
  return year < 0 || year > 9999 ? null : date.toISOString();
}
