import { arnPrefix } from "./keys.ts";
import { SimulatedError } from "./simulated-error.ts";
import type { Database, DBCluster, DBInstance, Region, Tag, TenantDatabase } from "./state.ts";

/** One of the three things that may own a master password. */
export type AnyDatabase = DBInstance | DBCluster | TenantDatabase;

/** A DB instance, member of a cluster or not. */
export const isInstance = (database: Database): database is DBInstance => "DBInstanceStatus" in database;
/** A tenant database: it too has a `DBInstanceIdentifier`, that of its container. */
const isTenant = (database: Database): database is TenantDatabase => "TenantDBName" in database;
/** A DB cluster, Aurora or Multi-AZ. */
export const isCluster = (database: Database): database is DBCluster => "DBClusterArn" in database;

/** The ARN, which each kind keeps in a field of its own. */
export const arnOf = (database: AnyDatabase): string => {
  if (isInstance(database)) return database.DBInstanceArn;
  return isTenant(database) ? database.TenantDatabaseARN : database.DBClusterArn;
};

/** The status of the database itself, not of its secret. */
export const statusOf = (database: AnyDatabase): string =>
  isInstance(database) ? database.DBInstanceStatus : database.Status;

/** Changes what {@link statusOf} says. */
export const setStatus = (database: AnyDatabase, status: string): void => {
  if (isInstance(database)) database.DBInstanceStatus = status;
  else database.Status = status;
};

/** The key of a tenant database in its Region's map. */
export const tenantKey = (instance: string, name: string): string => `${instance.toLowerCase()}/${name.toLowerCase()}`;

/** Identifiers are case-insensitive, and may be given as ARNs. */
const identifierIn = (nameOrArn: string): string =>
  (nameOrArn.startsWith("arn:") ? nameOrArn.split(":").slice(6).join(":") : nameOrArn).toLowerCase();

/** @throws SimulatedError `DBInstanceNotFound` */
export const findInstance = (region: Region, nameOrArn: string): DBInstance => {
  const found = region.instances.get(identifierIn(nameOrArn));
  if (!found) throw new SimulatedError("DBInstanceNotFound", `DBInstance ${nameOrArn} not found.`, 404);
  return found;
};

/** @throws SimulatedError `DBClusterNotFoundFault` */
export const findCluster = (region: Region, nameOrArn: string): DBCluster => {
  const found = region.clusters.get(identifierIn(nameOrArn));
  if (!found) throw new SimulatedError("DBClusterNotFoundFault", `DBCluster ${nameOrArn} not found.`, 404);
  return found;
};

/** @throws SimulatedError `DBInstanceNotFound`, `TenantDatabaseNotFound` */
export const findTenant = (region: Region, instance: string, name: string): TenantDatabase => {
  const found = region.tenants.get(tenantKey(findInstance(region, instance).DBInstanceIdentifier, name));
  // Wording not verified.
  if (!found) throw new SimulatedError("TenantDatabaseNotFound", `Tenant database ${name} not found.`, 404);
  return found;
};

/** The database with this ARN in this Region, if there is one. */
export const databaseWithArn = (region: Region, arn: string): AnyDatabase | undefined => {
  if (arn.startsWith(`${arnPrefix(region, "rds")}db:`)) return region.instances.get(identifierIn(arn));
  if (arn.startsWith(`${arnPrefix(region, "rds")}cluster:`)) return region.clusters.get(identifierIn(arn));
  return [...region.tenants.values()].find(({ TenantDatabaseARN }) => TenantDatabaseARN === arn);
};

/** A stopped database can neither be modified nor given a new password. */
export const isStopped = (database: AnyDatabase): boolean => ["stopped", "stopping"].includes(statusOf(database));

/** Adds tags, replacing those of the same key. */
export const withTags = (tags: readonly Tag[], added: readonly Tag[]): Tag[] => [
  ...tags.filter(({ Key }) => !added.some((tag) => tag.Key === Key)),
  ...added,
];

/** Tags written as an object or as AWS has them. */
export const toTags = (tags: Readonly<Record<string, string>> | readonly Tag[] = {}): Tag[] =>
  Array.isArray(tags)
    ? [...tags]
    : Object.entries(tags as Record<string, string>).map(([Key, Value]) => ({ Key, Value }));
