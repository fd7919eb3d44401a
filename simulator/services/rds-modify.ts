import { findCluster, findInstance, findTenant, isCluster, isInstance } from "../databases.ts";
import { changeManagement, checkModifiable } from "../management.ts";
import { passwordRequestIn } from "../master-password.ts";
import { type Params, requiredIn } from "../params.ts";
import { invalidCombination } from "../rds-errors.ts";
import type { SimulatedDatabase } from "../resources.ts";
import type { Region } from "../state.ts";
import { changeSettings } from "./rds-settings.ts";
import type { CallContext } from "./service.ts";

function checkSwitches(database: SimulatedDatabase, params: Params): void {
  if (params.MultiTenant !== undefined && params.ManageMasterUserPassword !== undefined)
    // Wording not verified.
    throw invalidCombination("You can't specify ManageMasterUserPassword and MultiTenant in the same call.");
  const isContainer = isInstance(database) && database.MultiTenant === true;
  if (isContainer && params.MasterUserPassword !== undefined)
    // Wording not verified.
    throw invalidCombination(
      "You can't specify MasterUserPassword for a multi-tenant container database. Use ModifyTenantDatabase.",
    );
}

function modify(region: Region, database: SimulatedDatabase, params: Params, engine: string): void {
  checkModifiable(database);
  checkSwitches(database, params);
  changeManagement(region, database, passwordRequestIn(params, engine, isCluster(database)));
  changeSettings(region, database, params);
}

/** Modifies an instance, including the management of its master password. */
export function modifyDBInstance(params: Params, { region }: CallContext): object {
  const instance = findInstance(region, requiredIn(params, "DBInstanceIdentifier"));
  modify(region, instance, params, instance.Engine);
  return { DBInstance: instance };
}

/** Modifies a cluster. */
export function modifyDBCluster(params: Params, { region }: CallContext): object {
  const cluster = findCluster(region, requiredIn(params, "DBClusterIdentifier"));
  modify(region, cluster, params, cluster.Engine);
  return { DBCluster: cluster };
}

/** Modifies a tenant database, whose container must be available. */
export function modifyTenantDatabase(params: Params, { region }: CallContext): object {
  const instance = findInstance(region, requiredIn(params, "DBInstanceIdentifier"));
  const tenant = findTenant(region, instance.DBInstanceIdentifier, requiredIn(params, "TenantDBName"));
  checkModifiable(instance);
  // ModifyTenantDatabase has no ApplyImmediately parameter and always applies immediately.
  modify(region, tenant, { ...params, ApplyImmediately: true }, instance.Engine);
  return { TenantDatabase: tenant };
}
