import { isSettled } from "../model/database.ts";
import type { Description, Repair } from "./repair.ts";
import type { Polled } from "./workflow.ts";

/** RDS fills a secret, and rotates it, within a minute or two; an hour is for a database that is busy. */
const timeoutMinutes = 60;

/** Waits until RDS is done with the secret of a managed database: it is active, or impaired, and nothing of it is under way. */
export function awaitSettledSecret({ workflow, describe }: Repair, name: string): Promise<Polled<Description>> {
  const until = ({ database }: Description) =>
    database === null || (database.masterUserSecret !== null && isSettled(database));
  return workflow.poll(name, describe, { until, timeoutMinutes });
}

/** Waits until the new secret of a database whose management was turned on is active, or the database is gone. */
export function awaitActiveSecret({ workflow, describe }: Repair, name: string): Promise<Polled<Description>> {
  const until = ({ database }: Description) => database === null || database.masterUserSecret?.status === "active";
  return workflow.poll(name, describe, { until, timeoutMinutes });
}

/** Why a new secret is not what was wanted; its status is null where it could not be read. */
export function describeUnfilled(status: string | null): string {
  return status === "impaired"
    ? "the new secret is impaired"
    : `RDS was not seen to put a password into the new secret for an hour: its status is ${status ?? "not known"}`;
}
