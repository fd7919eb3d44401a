import { isSettled } from "../model/database.ts";
import type { Description, Repair } from "./repair.ts";

/**
 * Waits until RDS names the old secret no more and is at rest; a database that is gone is off. False only where RDS has been at rest for
 * half an hour and still names it: it may take a while until a request shows, and a mark that is taken off too early is one that is missing.
 */
export async function awaitOff({ workflow, describe }: Repair, oldSecretArn: string | null): Promise<boolean> {
  const isOff = ({ database }: Description) => {
    const secretArn = database?.masterUserSecret?.secretArn ?? null;
    return secretArn === null || secretArn !== oldSecretArn;
  };
  const isAtRest = ({ database }: Description) => database === null || isSettled(database);
  const first = await workflow.poll("wait until management is off", describe, {
    until: (description) => isOff(description) && isAtRest(description),
    timeoutMinutes: 30,
  });
  if (first.seen !== null && (isOff(first.seen) || isAtRest(first.seen))) return isOff(first.seen);
  const last = await workflow.poll("wait until the database is at rest", describe, {
    until: (description) => isOff(description) || isAtRest(description),
    timeoutMinutes: 23 * 60,
  });
  return last.seen === null || isOff(last.seen);
}
