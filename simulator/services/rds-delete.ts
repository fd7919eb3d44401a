import { leaveCluster } from "../cluster-members.ts";
import { findCluster, findInstance, setStatus, statusOf } from "../databases.ts";
import { type Params, requiredIn } from "../params.ts";
import { invalidCombination, invalidState } from "../rds-errors.ts";
import { removeFromSource } from "../replicas.ts";
import type { DBInstance, SimulatedDatabase } from "../resources.ts";
import { removeSecret } from "../secret-life.ts";
import type { Region } from "../state.ts";
import type { CallContext } from "./service.ts";

/** Sets the status to `deleting`, then removes the database and its managed secret. */
function takeDown(region: Region, database: SimulatedDatabase, remove: () => void): void {
  const { clock, timing } = region.account.cloud;
  setStatus(database, "deleting");
  clock.after(timing.deleteSeconds, () => {
    remove();
    removeSecret(region, database);
  });
}

function checkDeletable(database: SimulatedDatabase, kind: "Instance" | "Cluster"): void {
  if (database.DeletionProtection === true)
    throw invalidCombination(
      `Cannot delete protected ${kind === "Instance" ? "DB Instance" : "Cluster"}, please disable deletion protection and try again.`,
    );
  if (statusOf(database) === "deleting") throw invalidState(database, `${kind} is already being deleted.`);
}

/** Removes an instance from its cluster, its source, and its replicas, and removes its tenant databases. */
function removeInstance(region: Region, instance: DBInstance): void {
  const { DBInstanceIdentifier: identifier } = instance;
  region.instances.delete(identifier.toLowerCase());
  const cluster = region.clusters.get(instance.DBClusterIdentifier?.toLowerCase() ?? "");
  if (cluster) leaveCluster(cluster, instance);
  removeFromSource(region, instance);
  for (const other of region.instances.values()) {
    // RDS promotes a replica in the source's Region.
    if (other.ReadReplicaSourceDBInstanceIdentifier === identifier) delete other.ReadReplicaSourceDBInstanceIdentifier;
  }
  for (const [key, tenant] of region.tenants) {
    if (tenant.DBInstanceIdentifier !== identifier) continue;
    region.tenants.delete(key);
    removeSecret(region, tenant);
  }
}

/** Deletes an instance, always without a final snapshot. */
export function deleteDBInstance(params: Params, { region }: CallContext): object {
  const instance = findInstance(region, requiredIn(params, "DBInstanceIdentifier"));
  checkDeletable(instance, "Instance");
  takeDown(region, instance, () => removeInstance(region, instance));
  return { DBInstance: instance };
}

/** Deletes a cluster whose members are all deleted or deleting. */
export function deleteDBCluster(params: Params, { region }: CallContext): object {
  const cluster = findCluster(region, requiredIn(params, "DBClusterIdentifier"));
  checkDeletable(cluster, "Cluster");
  const hasMembers = cluster.DBClusterMembers.some(
    ({ DBInstanceIdentifier }) =>
      region.instances.get(DBInstanceIdentifier.toLowerCase())?.DBInstanceStatus !== "deleting",
  );
  if (hasMembers)
    throw invalidState(cluster, "Cluster cannot be deleted, it still contains DB instances in non-deleting state.");
  takeDown(region, cluster, () => {
    region.clusters.delete(cluster.DBClusterIdentifier.toLowerCase());
    removeFromSource(region, cluster);
  });
  return { DBCluster: cluster };
}
