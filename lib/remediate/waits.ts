import { isSettled } from "../model/database.ts";
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
 * Looks for a database that an answer lacked. Returns true if a later answer has it. If it is gone, forgets what is stored of it, because
 * nothing is left to finish.
 */
export async function findAgain({ workflow, describe, record }: Repair): Promise<boolean> {
  const until = (description: Description) => description.database !== null || isGone(description);
  const { value } = await workflow.poll("look for the database", describe, { until, timeoutMinutes: 15 });
  if (value === null || !isGone(value)) return value?.database != null;
  await workflow.step("forget the database", record.forget);
  return false;
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
