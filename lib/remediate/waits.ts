import { isSettled } from "../model/database.ts";
import { isOldSecret } from "../model/toggle-marker.ts";
import type { Description, Repair } from "./repair.ts";
import type { PollResult } from "./workflow.ts";

/** RDS fills or rotates a secret within a minute or two; an hour allows for a busy database. */
const secretMinutes = 60;

/** Complete answers in a row that must lack a database before it counts as gone. One answer may lack a database that exists. */
const answersUntilGone = 3;

/** True if the database does not exist any longer, under any name. */
export function isGone({ missing }: Pick<Description, "missing">): boolean {
  return missing >= answersUntilGone;
}

/**
 * Waits until RDS no longer names the old secret and has finished its changes. A database that is gone counts as off. Returns false only if RDS
 * still names the secret after half an hour without a change: a request may take a while to show, and removing the toggle tag too early
 * would lose it.
 */
export async function awaitOff({ workflow, describe }: Repair, oldSecretSuffix: string | null): Promise<boolean> {
  const isOff = (description: Description) =>
    description.database === null
      ? isGone(description)
      : !isOldSecret(description.database.masterUserSecret?.secretArn ?? null, oldSecretSuffix);
  const isAtRest = (description: Description) =>
    description.database === null ? isGone(description) : isSettled(description.database);
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
  const until = (description: Description) => {
    const { database } = description;
    return database === null ? isGone(description) : database.masterUserSecret !== null && isSettled(database);
  };
  return workflow.poll(name, describe, { until, timeoutMinutes: secretMinutes });
}

/** Waits until the secret of a database is active, or the database is gone. */
export function awaitActiveSecret({ workflow, describe }: Repair, name: string): Promise<PollResult<Description>> {
  const until = (description: Description) =>
    isGone(description) || description.database?.masterUserSecret?.status === "active";
  return workflow.poll(name, describe, { until, timeoutMinutes: secretMinutes });
}

/** Why a new secret cannot be used yet. `status` is null if it could not be read. */
export function describeInactive(status: string | null): string {
  return status === "impaired"
    ? "the new secret is impaired"
    : `RDS did not put a password into the new secret within an hour: its status is ${status ?? "unknown"}`;
}
