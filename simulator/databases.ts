import { arnPrefix } from "./identifiers.ts";
import type { DatabaseFields, DBCluster, DBInstance, SimulatedDatabase, Tag, TenantDatabase } from "./resources.ts";
import { SimulatedError } from "./simulated-error.ts";
import type { Region } from "./state.ts";

export function isInstance(database: DatabaseFields): database is DBInstance {
  return "DBInstanceStatus" in database;
}

/** `DBInstanceIdentifier` does not tell: a tenant database has that of its container. */
function isTenant(database: DatabaseFields): database is TenantDatabase {
  return "TenantDBName" in database;
}

export function isCluster(database: DatabaseFields): database is DBCluster {
  return "DBClusterArn" in database;
}

export function arnOf(database: SimulatedDatabase): string {
  if (isInstance(database)) return database.DBInstanceArn;
  return isTenant(database) ? database.TenantDatabaseARN : database.DBClusterArn;
}

export function statusOf(database: SimulatedDatabase): string {
  return isInstance(database) ? database.DBInstanceStatus : database.Status;
}

export function setStatus(database: SimulatedDatabase, status: string): void {
  if (isInstance(database)) database.DBInstanceStatus = status;
  else database.Status = status;
}

/** The key of a tenant database in `Region.tenants`. */
export function tenantKey(instance: string, name: string): string {
  return `${instance.toLowerCase()}/${name.toLowerCase()}`;
}

/** The map key for an identifier, which is case-insensitive, or an ARN; empty for an ARN of another Region or kind. */
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

/** The database with this ARN in this Region, or undefined. */
export function databaseWithArn(region: Region, arn: string): SimulatedDatabase | undefined {
  return (
    region.instances.get(identifierIn(region, arn, "db")) ??
    region.clusters.get(identifierIn(region, arn, "cluster")) ??
    [...region.tenants.values()].find(({ TenantDatabaseARN }) => TenantDatabaseARN === arn)
  );
}

/** True if the database is stopped or stopping: RDS can neither modify it nor set its password. */
export function isStopped(database: SimulatedDatabase): boolean {
  return ["stopped", "stopping"].includes(statusOf(database));
}

/** Adds tags, replacing those of the same key. */
export function withTags(tags: readonly Tag[], added: readonly Tag[]): Tag[] {
  return [...tags.filter(({ Key }) => !added.some((tag) => tag.Key === Key)), ...added];
}

/** Converts tags from an object to AWS's list. */
export function toTags(tags: Readonly<Record<string, string>> | readonly Tag[] = {}): Tag[] {
  return Array.isArray(tags)
    ? [...tags]
    : Object.entries(tags as Record<string, string>).map(([Key, Value]) => ({ Key, Value }));
}
