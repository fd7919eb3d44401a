import { arnPrefix } from "./identifiers.ts";
import type { DatabaseFields, DBCluster, DBInstance, SimulatedDatabase, Tag, TenantDatabase } from "./resources.ts";
import { SimulatedError } from "./simulated-error.ts";
import type { Region } from "./state.ts";

/** A DB instance, member of a cluster or not. */
export function isInstance(database: DatabaseFields): database is DBInstance {
  return "DBInstanceStatus" in database;
}

/** A tenant database: it too has a `DBInstanceIdentifier`, that of its container. */
function isTenant(database: DatabaseFields): database is TenantDatabase {
  return "TenantDBName" in database;
}

/** A DB cluster, Aurora or Multi-AZ. */
export function isCluster(database: DatabaseFields): database is DBCluster {
  return "DBClusterArn" in database;
}

/** The ARN, which each kind keeps in a field of its own. */
export function arnOf(database: SimulatedDatabase): string {
  if (isInstance(database)) return database.DBInstanceArn;
  return isTenant(database) ? database.TenantDatabaseARN : database.DBClusterArn;
}

/** The status of the database itself, not of its secret. */
export function statusOf(database: SimulatedDatabase): string {
  return isInstance(database) ? database.DBInstanceStatus : database.Status;
}

/** Changes what {@link statusOf} says. */
export function setStatus(database: SimulatedDatabase, status: string): void {
  if (isInstance(database)) database.DBInstanceStatus = status;
  else database.Status = status;
}

/** The key of a tenant database in its Region's map. */
export function tenantKey(instance: string, name: string): string {
  return `${instance.toLowerCase()}/${name.toLowerCase()}`;
}

/** Identifiers are case-insensitive, and may be given as ARNs; one of elsewhere, or of another kind, names nothing here. */
function identifierIn(region: Region, nameOrArn: string, kind: "db" | "cluster"): string {
  if (!nameOrArn.startsWith("arn:")) return nameOrArn.toLowerCase();
  const prefix = `${arnPrefix(region, "rds")}${kind}:`;
  return nameOrArn.startsWith(prefix) ? nameOrArn.slice(prefix.length).toLowerCase() : "";
}

/** @throws SimulatedError `DBInstanceNotFound` */
export function findInstance(region: Region, nameOrArn: string): DBInstance {
  const found = region.instances.get(identifierIn(region, nameOrArn, "db"));
  if (!found) throw new SimulatedError("DBInstanceNotFound", `DBInstance ${nameOrArn} not found.`, 404);
  return found;
}

/** @throws SimulatedError `DBClusterNotFoundFault` */
export function findCluster(region: Region, nameOrArn: string): DBCluster {
  const found = region.clusters.get(identifierIn(region, nameOrArn, "cluster"));
  if (!found) throw new SimulatedError("DBClusterNotFoundFault", `DBCluster ${nameOrArn} not found.`, 404);
  return found;
}

/** @throws SimulatedError `DBInstanceNotFound`, `TenantDatabaseNotFound` */
export function findTenant(region: Region, instance: string, name: string): TenantDatabase {
  const found = region.tenants.get(tenantKey(findInstance(region, instance).DBInstanceIdentifier, name));
  // Wording not verified.
  if (!found) throw new SimulatedError("TenantDatabaseNotFound", `Tenant database ${name} not found.`, 404);
  return found;
}

/** The database with this ARN in this Region, if there is one. */
export function databaseWithArn(region: Region, arn: string): SimulatedDatabase | undefined {
  return (
    region.instances.get(identifierIn(region, arn, "db")) ??
    region.clusters.get(identifierIn(region, arn, "cluster")) ??
    [...region.tenants.values()].find(({ TenantDatabaseARN }) => TenantDatabaseARN === arn)
  );
}

/** A stopped database can neither be modified nor given a new password. */
export function isStopped(database: SimulatedDatabase): boolean {
  return ["stopped", "stopping"].includes(statusOf(database));
}

/** Adds tags, replacing those of the same key. */
export function withTags(tags: readonly Tag[], added: readonly Tag[]): Tag[] {
  return [...tags.filter(({ Key }) => !added.some((tag) => tag.Key === Key)), ...added];
}

/** Tags written as an object or as AWS has them. */
export function toTags(tags: Readonly<Record<string, string>> | readonly Tag[] = {}): Tag[] {
  return Array.isArray(tags)
    ? [...tags]
    : Object.entries(tags as Record<string, string>).map(([Key, Value]) => ({ Key, Value }));
}
