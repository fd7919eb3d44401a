import { arnOf, databaseWithArn, isCluster, isInstance } from "./databases.ts";
import { arnPrefix } from "./identifiers.ts";
import type { SimulatedDatabase } from "./resources.ts";
import type { Region } from "./state.ts";

/** The source that a database names, by identifier or ARN, as an ARN. */
function sourceArnOf(region: Region, database: SimulatedDatabase): string | undefined {
  const { ReadReplicaSourceDBInstanceIdentifier: instance, ReadReplicaSourceDBClusterIdentifier: cluster } = database;
  const source = instance ?? cluster ?? database.ReplicationSourceIdentifier;
  if (typeof source !== "string" || source.startsWith("arn:")) return source as string | undefined;
  return `${arnPrefix(region, "rds")}${instance === undefined ? "cluster" : "db"}:${source}`;
}

/** Changes the list in which a replica's source has it, where there is such a source. */
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
  // Elsewhere a replica is known by its ARN; for clusters in the same Region this is not verified.
  const name = home === region ? (arnOf(replica).split(":").at(-1) ?? "") : arnOf(replica);
  source[list] = change((source[list] ?? []) as string[], name);
}

/** Lets a new replica's source, which must be there already, report it. */
export function addToSource(region: Region, replica: SimulatedDatabase): void {
  changeList(region, replica, (names, name) => [...new Set([...names, name])]);
}

/** Lets the source of a replica that is gone forget it. */
export function removeFromSource(region: Region, replica: SimulatedDatabase): void {
  changeList(region, replica, (names, name) => names.filter((one) => one !== name));
}
