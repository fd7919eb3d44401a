import { Cron } from "croner";
import type { SimulatedDatabase } from "./resources.ts";
import type { Region } from "./state.ts";

/** When a window like `sun:03:00-sun:04:00` (UTC) begins next; one that has begun does not count. */
function nextStartOf(window: string, after: Date): Date | undefined {
  const [, weekday, hour, minute] = /^(sun|mon|tue|wed|thu|fri|sat):([01]\d|2[0-3]):([0-5]\d)-/i.exec(window) ?? [];
  if (!weekday) return undefined;
  return new Cron(`${minute} ${hour} * * ${weekday}`, { timezone: "UTC" }).nextRun(after) ?? undefined;
}

/** Applies all that is pending; a master password is on its own way. */
export function applyPending(database: SimulatedDatabase): void {
  const { MasterUserPassword, ...changes } = database.PendingModifiedValues;
  Object.assign(database, changes);
  database.PendingModifiedValues = { ...(MasterUserPassword !== undefined && { MasterUserPassword }) };
}

/** Lets what is pending be applied when the maintenance window begins, unless the window has been moved by then. */
export function scheduleMaintenance({ account }: Region, database: SimulatedDatabase): void {
  const { PreferredMaintenanceWindow: window, PendingModifiedValues: pending } = database;
  if (typeof window !== "string" || Object.keys(pending).length === 0) return;
  const { clock } = account.cloud;
  const startsAt = nextStartOf(window, clock.now());
  if (!startsAt) return;
  clock.at(startsAt, () => {
    if (database.PreferredMaintenanceWindow === window) applyPending(database);
  });
}
