import { Cron } from "croner";
import type { SimulatedDatabase } from "./resources.ts";
import type { Region } from "./state.ts";

/** The next start of a window such as `sun:03:00-sun:04:00` (UTC) after an instant. */
function nextStartOf(window: string, after: Date): Date | undefined {
  const [, weekday, hour, minute] = /^(sun|mon|tue|wed|thu|fri|sat):([01]\d|2[0-3]):([0-5]\d)-/i.exec(window) ?? [];
  if (!weekday) return undefined;
  return new Cron(`${minute} ${hour} * * ${weekday}`, { timezone: "UTC" }).nextRun(after) ?? undefined;
}

/** Applies all pending changes except a master password, which has its own schedule. */
export function applyPending(database: SimulatedDatabase): void {
  const { MasterUserPassword, ...changes } = database.PendingModifiedValues;
  Object.assign(database, changes);
  database.PendingModifiedValues = { ...(MasterUserPassword !== undefined && { MasterUserPassword }) };
}

/** Schedules pending changes for the next maintenance window, unless the window is moved before. */
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
