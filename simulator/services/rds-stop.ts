import { arnOf, findCluster, findInstance, isInstance, setStatus, statusOf } from "../databases.ts";
import { recordEvent } from "../events.ts";
import { type Params, requiredIn } from "../params.ts";
import { invalidCombination, invalidState } from "../rds-errors.ts";
import type { DBCluster, DBInstance, SimulatedDatabase } from "../resources.ts";
import { startRotation } from "../secret-life.ts";
import type { Region } from "../state.ts";
import type { CallContext } from "./service.ts";

/** Rejects the call unless all databases have the status. */
function checkAll(databases: readonly SimulatedDatabase[], status: "available" | "stopped"): void {
  for (const database of databases)
    if (statusOf(database) !== status)
      throw invalidState(database, `Instance ${arnOf(database).split(":").at(-1)} is not in ${status} state.`);
}

function stop(region: Region, databases: readonly (DBInstance | DBCluster)[]): void {
  checkAll(databases, "available");
  const { clock, timing } = region.account.cloud;
  for (const database of databases) {
    setStatus(database, "stopping");
    clock.after(timing.startSeconds, () => {
      if (statusOf(database) === "stopping") setStatus(database, "stopped");
    });
  }
}

/** Starts databases, and rotates secrets whose rotation date passed while the database was stopped. */
function start(region: Region, databases: readonly (DBInstance | DBCluster)[]): void {
  checkAll(databases, "stopped");
  const { clock, now, timing } = region.account.cloud;
  for (const database of databases) {
    setStatus(database, "starting");
    clock.after(timing.startSeconds, () => {
      if (statusOf(database) !== "starting") return;
      setStatus(database, "available");
      recordEvent(region, database, `DB ${isInstance(database) ? "instance" : "cluster"} started.`);
      const secret = region.secrets.get(database.MasterUserSecret?.SecretArn ?? "");
      if (secret?.RotationEnabled && secret.NextRotationDate && secret.NextRotationDate <= now())
        startRotation(region, database);
    });
  }
}

function standaloneIn(params: Params, region: Region): DBInstance {
  const instance = findInstance(region, requiredIn(params, "DBInstanceIdentifier"));
  if (instance.DBClusterIdentifier !== undefined)
    throw invalidCombination("DB instances in a DB cluster are stopped and started with the DB cluster.");
  return instance;
}

function clusterIn(params: Params, region: Region): { cluster: DBCluster; members: DBInstance[] } {
  const cluster = findCluster(region, requiredIn(params, "DBClusterIdentifier"));
  const members = [...region.instances.values()].filter(
    ({ DBClusterIdentifier }) => DBClusterIdentifier === cluster.DBClusterIdentifier,
  );
  return { cluster, members };
}

/** Stops a standalone instance. */
export function stopDBInstance(params: Params, { region }: CallContext): object {
  const instance = standaloneIn(params, region);
  stop(region, [instance]);
  return { DBInstance: instance };
}

/** Starts a standalone instance. */
export function startDBInstance(params: Params, { region }: CallContext): object {
  const instance = standaloneIn(params, region);
  start(region, [instance]);
  return { DBInstance: instance };
}

/** Stops a cluster and its members. */
export function stopDBCluster(params: Params, { region }: CallContext): object {
  const { cluster, members } = clusterIn(params, region);
  stop(region, [cluster, ...members]);
  return { DBCluster: cluster };
}

/** Starts a cluster and its members. */
export function startDBCluster(params: Params, { region }: CallContext): object {
  const { cluster, members } = clusterIn(params, region);
  start(region, [cluster, ...members]);
  return { DBCluster: cluster };
}
