import type { Database } from "../model/database.ts";
import type { Glimpse, Repair } from "./repair.ts";
import type { Polled } from "./workflow.ts";

/** RDS fills a secret, and rotates it, within a minute or two; an hour is for a database that is busy. */
const timeoutMinutes = 60;

/** Waits until RDS is done with the secret of a managed database: it is active, or impaired, and nothing of it is under way. */
export function awaitSettledSecret({ workflow, look }: Repair, name: string): Promise<Polled<Glimpse>> {
  const until = ({ database }: Glimpse) =>
    database === null || (database.masterUserSecret !== null && isSettled(database));
  return workflow.poll(name, look, { until, timeoutMinutes });
}

/** Whether nothing is being done to a database's master password. */
export function isSettled({ status, masterUserSecret, pendingChanges }: Database): boolean {
  const isUnderWay = ["creating", "rotating"].includes(masterUserSecret?.status ?? "active");
  return status === "available" && !isUnderWay && !pendingChanges.includes("MasterUserPassword");
}
