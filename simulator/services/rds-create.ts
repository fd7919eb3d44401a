import {
  type AnyDatabase,
  findCluster,
  findInstance,
  isCluster,
  setStatus,
  statusOf,
  tenantKey,
  toTags,
} from "../databases.ts";
import { joinCluster, newCluster, newInstance, newTenant } from "../fleet.ts";
import { attachSecret, checkRequest, invalidState } from "../management.ts";
import { flagIn, listIn, type Params, textIn } from "../params.ts";
import { changeSecret } from "../secret-life.ts";
import { SimulatedError } from "../simulated-error.ts";
import type { DBInstance, Region, Tag } from "../state.ts";
import { passwordRequestIn } from "./rds-modify.ts";
import type { Action } from "./service.ts";

const combination = (message: string): SimulatedError => new SimulatedError("InvalidParameterCombination", message);

const requiredIn = (params: Params, name: string): string => {
  const value = textIn(params, name);
  // Wording not verified.
  if (!value) throw new SimulatedError("MissingParameter", `The request must contain the parameter ${name}.`);
  return value;
};

/** The password of a database that has its own: managed or given, one of the two. */
const setFirstPassword = (region: Region, database: AnyDatabase, params: Params, engine: string): void => {
  // An explicit `false` says no more than nothing at creation.
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
    throw new SimulatedError(
      "InvalidParameterValue",
      "The parameter MasterUserPassword must be provided and must not be blank.",
    );
  }
};

/** `creating` for a while, then `available`. */
const bringUp = (region: Region, database: AnyDatabase): void => {
  const { clock, timing } = region.account.cloud;
  setStatus(database, "creating");
  clock.after(timing.createSeconds, () => {
    if (statusOf(database) === "creating") setStatus(database, "available");
  });
};

const applySettings = (database: AnyDatabase, params: Params): void => {
  database.TagList = toTags(listIn<Tag>(params, "Tags"));
  for (const name of ["EngineVersion", "DBInstanceClass", "MasterUsername", "PreferredMaintenanceWindow", "EngineMode"])
    if (params[name] !== undefined) database[name] = textIn(params, name);
  for (const name of ["DeletionProtection", "MultiTenant"])
    if (params[name] !== undefined) database[name] = flagIn(params, name);
};

const checkNewInstance = (region: Region, identifier: string): void => {
  if (region.instances.has(identifier.toLowerCase()))
    throw new SimulatedError("DBInstanceAlreadyExists", "DB instance already exists");
};

/** A multi-tenant container has no master password: the one that the call gives it belongs to its first tenant database. */
const addFirstTenant = (region: Region, container: DBInstance, params: Params): void => {
  const name = textIn(params, "DBName") ?? "ORCL";
  const tenant = newTenant(region, container, name, region.account.cloud.now());
  setFirstPassword(region, tenant, params, container.Engine);
  bringUp(region, tenant);
  region.tenants.set(tenantKey(container.DBInstanceIdentifier, name), tenant);
};

/** A new instance: on its own, or as the next member of a cluster. */
export const createDBInstance: Action = (params, { region }) => {
  const identifier = requiredIn(params, "DBInstanceIdentifier");
  checkNewInstance(region, identifier);
  const engine = requiredIn(params, "Engine");
  const instance = newInstance(region, identifier, engine, region.account.cloud.now());
  applySettings(instance, params);
  const clusterIdentifier = textIn(params, "DBClusterIdentifier");
  if (clusterIdentifier !== undefined) {
    if (params.MasterUserPassword !== undefined || params.ManageMasterUserPassword !== undefined)
      // Wording not verified.
      throw combination(
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
};

/** A new cluster without members. */
export const createDBCluster: Action = (params, { region }) => {
  const identifier = requiredIn(params, "DBClusterIdentifier");
  if (region.clusters.has(identifier.toLowerCase()))
    throw new SimulatedError("DBClusterAlreadyExistsFault", "DB Cluster already exists");
  const engine = requiredIn(params, "Engine");
  const cluster = newCluster(region, identifier, engine, region.account.cloud.now());
  applySettings(cluster, params);
  const source = textIn(params, "ReplicationSourceIdentifier");
  if (source !== undefined) {
    if (flagIn(params, "ManageMasterUserPassword"))
      throw new SimulatedError("InvalidParameterValue", "ManageMasterUserPassword isn't supported for read replica");
    cluster.ReplicationSourceIdentifier = source;
  } else {
    setFirstPassword(region, cluster, params, engine);
  }
  bringUp(region, cluster);
  region.clusters.set(identifier.toLowerCase(), cluster);
  return { DBCluster: cluster };
};

/** A new tenant database in a multi-tenant container. */
export const createTenantDatabase: Action = (params, { region }) => {
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
};

/** A new read replica in the source's Region. */
export const createDBInstanceReadReplica: Action = (params, { region }) => {
  const identifier = requiredIn(params, "DBInstanceIdentifier");
  checkNewInstance(region, identifier);
  const source = findInstance(region, requiredIn(params, "SourceDBInstanceIdentifier"));
  if (source.MasterUserSecret && !source.Engine.startsWith("sqlserver"))
    throw new SimulatedError(
      "InvalidParameterValue",
      `Creating read replicas for source instance with engine ${source.Engine} where ManageMasterUserPassword is enabled is not supported.`,
    );
  const replica = newInstance(region, identifier, source.Engine, region.account.cloud.now());
  applySettings(replica, params);
  replica.ReadReplicaSourceDBInstanceIdentifier = source.DBInstanceIdentifier;
  replica.MasterUsername = source.MasterUsername;
  source.ReadReplicaDBInstanceIdentifiers.push(identifier);
  bringUp(region, replica);
  region.instances.set(identifier.toLowerCase(), replica);
  return { DBInstance: replica };
};

/** `deleting` for a while, then gone, with the managed secret. */
const takeDown = (region: Region, database: AnyDatabase, remove: () => void): void => {
  const { clock, timing } = region.account.cloud;
  setStatus(database, "deleting");
  clock.after(timing.deleteSeconds, () => {
    remove();
    const arn = database.MasterUserSecret?.SecretArn;
    if (arn !== undefined && region.secrets.has(arn)) changeSecret(region, arn, undefined);
  });
};

const checkDeletable = (database: AnyDatabase, kind: "Instance" | "Cluster"): void => {
  if (database.DeletionProtection === true)
    throw combination(
      `Cannot delete protected ${kind === "Instance" ? "DB Instance" : "Cluster"}, please disable deletion protection and try again.`,
    );
  if (statusOf(database) === "deleting") throw invalidState(database, `${kind} is already being deleted.`);
};

/** Deletes an instance without a final snapshot, whatever is asked for. */
export const deleteDBInstance: Action = (params, { region }) => {
  const instance = findInstance(region, requiredIn(params, "DBInstanceIdentifier"));
  checkDeletable(instance, "Instance");
  takeDown(region, instance, () => {
    region.instances.delete(instance.DBInstanceIdentifier.toLowerCase());
    const cluster = region.clusters.get(instance.DBClusterIdentifier?.toLowerCase() ?? "");
    if (cluster)
      cluster.DBClusterMembers = cluster.DBClusterMembers.filter(
        (member) => member.DBInstanceIdentifier !== instance.DBInstanceIdentifier,
      );
  });
  return { DBInstance: instance };
};

/** Deletes a cluster whose members are gone or going. */
export const deleteDBCluster: Action = (params, { region }) => {
  const cluster = findCluster(region, requiredIn(params, "DBClusterIdentifier"));
  checkDeletable(cluster, "Cluster");
  const isInhabited = cluster.DBClusterMembers.some(
    ({ DBInstanceIdentifier }) =>
      region.instances.get(DBInstanceIdentifier.toLowerCase())?.DBInstanceStatus !== "deleting",
  );
  if (isInhabited)
    throw invalidState(cluster, "Cluster cannot be deleted, it still contains DB instances in non-deleting state.");
  takeDown(region, cluster, () => region.clusters.delete(cluster.DBClusterIdentifier.toLowerCase()));
  return { DBCluster: cluster };
};
