import { arnOf, databaseWithArn, isCluster, isInstance } from "./databases.ts";
import { arnPrefix } from "./identifiers.ts";
import type { SimulatedDatabase } from "./resources.ts";
import type { Region } from "./state.ts";

/** The ARN of a replica's source, or undefined. */
function sourceArnOf(region: Region, database: SimulatedDatabase): string | undefined {
  const { ReadReplicaSourceDBInstanceIdentifier: instance, ReadReplicaSourceDBClusterIdentifier: cluster } = database;
  const source = instance ?? cluster ?? database.ReplicationSourceIdentifier;
  if (typeof source !== "string" || source.startsWith("arn:")) return source as string | undefined;
  return `${arnPrefix(region, "rds")}${instance === undefined ? "cluster" : "db"}:${source}`;
}

/** Changes the source's list of replicas, if the source exists. */
function changeList(
  region: Region,
  replica: SimulatedDatabase,
  change: (names: string[], name: string) => string[],
): void {
  const sourceArn = sourceArnOf(region, replica);
  const [, , , regionName = "", accountId = ""] = sourceArn?.split(":") ?? [];
  const home = region.account.cloud.accounts.get(accountId)?.regions.get(regionName);
  const source = home && databaseWithArn(home, sourceArn ?? "");
  if (!source) return;
  const ofInstance = isInstance(replica) ? "ReadReplicaDBInstanceIdentifiers" : "ReadReplicaDBClusterIdentifiers";
  const list = isCluster(source) ? "ReadReplicaIdentifiers" : ofInstance;
  // A source in another Region lists the replica by ARN. For clusters in the same Region this is not verified.
  const name = home === region ? (arnOf(replica).split(":").at(-1) ?? "") : arnOf(replica);
  source[list] = change((source[list] ?? []) as string[], name);
}

/** Adds a new replica to its source's list. The source must exist. */
export function addToSource(region: Region, replica: SimulatedDatabase): void {
  changeList(region, replica, (names, name) => [...new Set([...names, name])]);
}

/** Removes a deleted replica from its source's list. */
export function removeFromSource(region: Region, replica: SimulatedDatabase): void {
  changeList(region, replica, (names, name) => names.filter((one) => one !== name));
}
