import { arnOf, isInstance } from "./databases.ts";
import type { DBCluster, DBInstance, SimulatedEvent } from "./resources.ts";
import type { Region } from "./state.ts";

/** Records an event of RDS about a DB instance or DB cluster, by default as of now. */
export function recordEvent(
  region: Region,
  database: DBInstance | DBCluster,
  Message: string,
  at: Date = region.account.cloud.now(),
): SimulatedEvent {
  const event: SimulatedEvent = {
    SourceIdentifier: isInstance(database) ? database.DBInstanceIdentifier : database.DBClusterIdentifier,
    SourceType: isInstance(database) ? "db-instance" : "db-cluster",
    Message,
    EventCategories: ["notification"],
    Date: at,
    SourceArn: arnOf(database),
  };
  region.events.push(event);
  return event;
}
