import { joinCluster } from "../cluster-members.ts";
import { findCluster, findInstance, isCluster, setStatus, statusOf, tenantKey } from "../databases.ts";
import { attachSecret, checkRequest } from "../management.ts";
import { passwordRequestIn } from "../master-password.ts";
import { newCluster, newInstance, newTenant } from "../new-databases.ts";
import { flagIn, type Params, requiredIn, textIn } from "../params.ts";
import { invalidCombination, invalidState, invalidValue } from "../rds-errors.ts";
import { addToSource } from "../replicas.ts";
import type { DBInstance, SimulatedDatabase } from "../resources.ts";
import { SimulatedError } from "../simulated-error.ts";
import type { Region } from "../state.ts";
import { applySettings, inheritSettings } from "./rds-settings.ts";
import type { CallContext } from "./service.ts";

/** Sets the first master password, which is either managed or given. */
function setFirstPassword(region: Region, database: SimulatedDatabase, params: Params, engine: string): void {
  // At creation, an explicit `false` is the same as an absent parameter.
  const request = { ...passwordRequestIn(params, engine, isCluster(database)), rotate: undefined };
  const manage = request.manage === true ? true : undefined;
  checkRequest({ ...request, manage }, false);
  if (manage) {
    const { createSeconds } = region.account.cloud.timing;
    attachSecret(region, database, {
      kmsKeyId: request.kmsKeyId,
      status: "creating",
      activeAfterSeconds: createSeconds,
    });
  } else if (!request.hasPassword) {
    throw invalidValue("The parameter MasterUserPassword must be provided and must not be blank.");
  }
}

/** Sets the status to `creating`, then to `available`. */
function bringUp(region: Region, database: SimulatedDatabase): void {
  const { clock, timing } = region.account.cloud;
  setStatus(database, "creating");
  clock.after(timing.createSeconds, () => {
    if (statusOf(database) === "creating") setStatus(database, "available");
  });
}

function checkNewInstance(region: Region, identifier: string): void {
  if (region.instances.has(identifier.toLowerCase()))
    throw new SimulatedError("DBInstanceAlreadyExists", "DB instance already exists");
}

/** A multi-tenant container has no master password: the call's password belongs to its first tenant database. */
function addFirstTenant(region: Region, container: DBInstance, params: Params): void {
  const name = textIn(params, "DBName") ?? "ORCL";
  const tenant = newTenant(region, container, name, region.account.cloud.now());
  setFirstPassword(region, tenant, params, container.Engine);
  bringUp(region, tenant);
  region.tenants.set(tenantKey(container.DBInstanceIdentifier, name), tenant);
}

/** Creates an instance, standalone or as the next member of a cluster. */
export function createDBInstance(params: Params, { region }: CallContext): object {
  const identifier = requiredIn(params, "DBInstanceIdentifier");
  checkNewInstance(region, identifier);
  const engine = requiredIn(params, "Engine");
  const instance = newInstance(region, identifier, engine, region.account.cloud.now());
  applySettings(instance, params);
  const clusterIdentifier = textIn(params, "DBClusterIdentifier");
  if (clusterIdentifier !== undefined) {
    if (params.MasterUserPassword !== undefined || params.ManageMasterUserPassword !== undefined)
      // Wording not verified.
      throw invalidCombination(
        "The requested DB Instance will be a member of a DB Cluster. Set master user password for the DB Cluster.",
      );
    joinCluster(findCluster(region, clusterIdentifier), instance);
  } else if (instance.MultiTenant === true) {
    addFirstTenant(region, instance, params);
  } else {
    setFirstPassword(region, instance, params, engine);
  }
  bringUp(region, instance);
  region.instances.set(identifier.toLowerCase(), instance);
  return { DBInstance: instance };
}

/** Creates a cluster without members. */
export function createDBCluster(params: Params, { region }: CallContext): object {
  const identifier = requiredIn(params, "DBClusterIdentifier");
  if (region.clusters.has(identifier.toLowerCase()))
    throw new SimulatedError("DBClusterAlreadyExistsFault", "DB Cluster already exists");
  const engine = requiredIn(params, "Engine");
  const cluster = newCluster(region, identifier, engine, region.account.cloud.now());
  applySettings(cluster, params);
  const source = textIn(params, "ReplicationSourceIdentifier");
  if (source !== undefined) {
    if (flagIn(params, "ManageMasterUserPassword"))
      throw invalidValue("ManageMasterUserPassword isn't supported for read replica");
    cluster.ReplicationSourceIdentifier = source;
  } else {
    setFirstPassword(region, cluster, params, engine);
  }
  bringUp(region, cluster);
  region.clusters.set(identifier.toLowerCase(), cluster);
  addToSource(region, cluster);
  return { DBCluster: cluster };
}

/** Creates a tenant database in a multi-tenant container. */
export function createTenantDatabase(params: Params, { region }: CallContext): object {
  const instance = findInstance(region, requiredIn(params, "DBInstanceIdentifier"));
  const name = requiredIn(params, "TenantDBName");
  const key = tenantKey(instance.DBInstanceIdentifier, name);
  if (region.tenants.has(key))
    throw new SimulatedError("TenantDatabaseAlreadyExists", `Tenant database ${name} already exists`);
  if (instance.MultiTenant !== true)
    // Wording not verified.
    throw invalidState(instance, "The DB instance isn't in the multi-tenant configuration.");
  const tenant = newTenant(region, instance, name, region.account.cloud.now());
  applySettings(tenant, params);
  setFirstPassword(region, tenant, params, instance.Engine);
  bringUp(region, tenant);
  region.tenants.set(key, tenant);
  return { TenantDatabase: tenant };
}

/** Creates a read replica of an instance or Multi-AZ DB cluster, in the source's Region. */
export function createDBInstanceReadReplica(params: Params, { region }: CallContext): object {
  const identifier = requiredIn(params, "DBInstanceIdentifier");
  checkNewInstance(region, identifier);
  const clusterName = textIn(params, "SourceDBClusterIdentifier");
  const source =
    clusterName === undefined
      ? findInstance(region, requiredIn(params, "SourceDBInstanceIdentifier"))
      : findCluster(region, clusterName);
  if (source.MasterUserSecret && !source.Engine.startsWith("sqlserver"))
    throw invalidValue(
      `Creating read replicas for source instance with engine ${source.Engine} where ManageMasterUserPassword is enabled is not supported.`,
    );
  const replica = newInstance(region, identifier, source.Engine, region.account.cloud.now());
  inheritSettings(replica, source);
  applySettings(replica, params);
  if (isCluster(source)) replica.ReadReplicaSourceDBClusterIdentifier = source.DBClusterIdentifier;
  else replica.ReadReplicaSourceDBInstanceIdentifier = source.DBInstanceIdentifier;
  bringUp(region, replica);
  region.instances.set(identifier.toLowerCase(), replica);
  addToSource(region, replica);
  return { DBInstance: replica };
}
