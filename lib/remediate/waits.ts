import { isSettled } from "../model/database.ts";
import type { Description, Repair } from "./repair.ts";
import type { PollResult } from "./workflow.ts";

/** RDS fills or rotates a secret within a minute or two; an hour allows for a busy database. */
const secretMinutes = 60;

/**
 * Waits until RDS no longer names the old secret and has finished its changes. A deleted database counts as off. Returns false only if RDS
 * still names the secret after half an hour without a change: a request may take a while to show, and removing the toggle tag too early
 * would lose it.
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
  if (first.value !== null && (isOff(first.value) || isAtRest(first.value))) return isOff(first.value);
  const last = await workflow.poll("wait until RDS finishes its changes", describe, {
    until: (description) => isOff(description) || isAtRest(description),
    timeoutMinutes: 23 * 60,
  });
  return last.value === null || isOff(last.value);
}

/** Waits until the secret of a managed database is active or impaired and nothing is in progress, or the database is gone. */
export function awaitSettledSecret({ workflow, describe }: Repair, name: string): Promise<PollResult<Description>> {
  const until = ({ database }: Description) =>
    database === null || (database.masterUserSecret !== null && isSettled(database));
  return workflow.poll(name, describe, { until, timeoutMinutes: secretMinutes });
}

/** Waits until the secret of a database is active, or the database is gone. */
export function awaitActiveSecret({ workflow, describe }: Repair, name: string): Promise<PollResult<Description>> {
  const until = ({ database }: Description) => database === null || database.masterUserSecret?.status === "active";
  return workflow.poll(name, describe, { until, timeoutMinutes: secretMinutes });
}

/** Why a new secret cannot be used yet. `status` is null if it could not be read. */
export function describeInactive(status: string | null): string {
  return status === "impaired"
    ? "the new secret is impaired"
    : `RDS did not put a password into the new secret within an hour: its status is ${status ?? "unknown"}`;
}
