import { type AnyDatabase, findCluster, findInstance, findTenant, isCluster, isInstance } from "../databases.ts";
import { changeManagement, checkModifiable, type PasswordRequest } from "../management.ts";
import { checkMasterPassword } from "../master-password.ts";
import { flagIn, numberIn, type Params, textIn } from "../params.ts";
import { SimulatedError } from "../simulated-error.ts";
import type { Region } from "../state.ts";
import type { Action } from "./service.ts";

/** What a call says about the master password; the password is checked here and goes no further. */
export const passwordRequestIn = (params: Params, engine: string, isForCluster: boolean): PasswordRequest => {
  const password = textIn(params, "MasterUserPassword");
  if (password !== undefined) checkMasterPassword(password, engine, isForCluster);
  return {
    manage: flagIn(params, "ManageMasterUserPassword"),
    kmsKeyId: textIn(params, "MasterUserSecretKmsKeyId"),
    hasPassword: password !== undefined,
    rotate: flagIn(params, "RotateMasterUserPassword"),
    applyImmediately: flagIn(params, "ApplyImmediately"),
  };
};

/** Changes that wait for the maintenance window unless they are to apply immediately, with how they are read. */
const deferrable: Readonly<Record<string, (params: Params, name: string) => unknown>> = {
  AllocatedStorage: numberIn,
  BackupRetentionPeriod: numberIn,
  DBInstanceClass: textIn,
  EngineVersion: textIn,
  MultiAZ: flagIn,
};

/** Changes that never wait. */
const immediate: Readonly<Record<string, (params: Params, name: string) => unknown>> = {
  CopyTagsToSnapshot: flagIn,
  DeletionProtection: flagIn,
  PreferredBackupWindow: textIn,
  PreferredMaintenanceWindow: textIn,
};

/** With ApplyImmediately not only this call's changes apply, but whatever was pending. */
const changeSettings = (database: AnyDatabase, params: Params): void => {
  for (const [name, read] of Object.entries(immediate))
    if (params[name] !== undefined) database[name] = read(params, name);
  const pending = database.PendingModifiedValues;
  for (const [name, read] of Object.entries(deferrable))
    if (params[name] !== undefined) pending[name] = read(params, name);
  if (flagIn(params, "ApplyImmediately") !== true) return;
  for (const [name, value] of Object.entries(pending)) {
    if (name === "MasterUserPassword") continue;
    database[name] = value;
    delete pending[name];
  }
};

const checkSwitches = (database: AnyDatabase, params: Params): void => {
  if (params.MultiTenant !== undefined && params.ManageMasterUserPassword !== undefined)
    // Wording not verified.
    throw new SimulatedError(
      "InvalidParameterCombination",
      "You can't specify ManageMasterUserPassword and MultiTenant in the same call.",
    );
  const isContainer = isInstance(database) && database.MultiTenant === true;
  if (isContainer && params.MasterUserPassword !== undefined)
    // Wording not verified.
    throw new SimulatedError(
      "InvalidParameterCombination",
      "You can't specify MasterUserPassword for a multi-tenant container database. Use ModifyTenantDatabase.",
    );
};

const modify = (region: Region, database: AnyDatabase, params: Params, engine: string): void => {
  checkModifiable(database);
  checkSwitches(database, params);
  changeManagement(region, database, passwordRequestIn(params, engine, isCluster(database)));
  changeSettings(database, params);
};

/** Changes an instance, and turns management of its master password on or off. */
export const modifyDBInstance: Action = (params, { region }) => {
  const instance = findInstance(region, textIn(params, "DBInstanceIdentifier") ?? "");
  modify(region, instance, params, instance.Engine);
  return { DBInstance: instance };
};

/** Changes a cluster, on behalf of its members. */
export const modifyDBCluster: Action = (params, { region }) => {
  const cluster = findCluster(region, textIn(params, "DBClusterIdentifier") ?? "");
  modify(region, cluster, params, cluster.Engine);
  return { DBCluster: cluster };
};

/** Changes a tenant database; its container has to be available. */
export const modifyTenantDatabase: Action = (params, { region }) => {
  const instance = findInstance(region, textIn(params, "DBInstanceIdentifier") ?? "");
  const tenant = findTenant(region, instance.DBInstanceIdentifier, textIn(params, "TenantDBName") ?? "");
  checkModifiable(instance);
  // ModifyTenantDatabase has no ApplyImmediately: it is always so.
  modify(region, tenant, { ...params, ApplyImmediately: true }, instance.Engine);
  return { TenantDatabase: tenant };
};
