import { type Database, toggleTag } from "../model/database.ts";
import { AwsCallError } from "../model/errors.ts";
import { formatMarker } from "../model/toggle-marker.ts";
import type { Keepsake } from "../model/remediation-state.ts";
import { awaitOff } from "./await-off.ts";
import { announce, begin, closedGates } from "./start.ts";
import { finishToggle, type Interrupted, takeMarkOff } from "./finish-toggle.ts";
import type { Outcome, Procedure, Repair, Sight } from "./repair.ts";
import { makeThrowAwayPassword } from "./temporary-password.ts";

/** Turns management off and on, which makes a new secret, with another key if the policy wants one. */
export const toggle: Procedure = async (repair) => {
  const beginning = await begin(repair, "remember the secret, and mark the database", {
    change: (sight) => writeMark(repair, sight),
  });
  if (beginning.begun === null) {
    const { outcome } = beginning;
    return outcome.end === "failed" ? { ...outcome, managed: true } : outcome;
  }
  const { begun } = beginning;
  const isTold = await announce(repair, "tell that it begins", {
    type: "remediation.started",
    message: "Management of the master password is about to be turned off and on: the secret will have a new ARN.",
    secret: { before: begun.oldSecretArn, after: null },
    keyReference: begun.keyReference,
  });
  if (!isTold) return giveUp(repair, begun, "it could not be announced");
  const refusal = await turnOff(repair, begun);
  if (await awaitOff(repair, begun.oldSecretArn)) return finishToggle(repair, begun);
  return giveUp(repair, begun, refusal ?? "RDS took the request and left management on");
};

/** Writes down what the secret has, and the mark that tells everybody that a toggle was begun. */
async function writeMark(
  { aws, execution, keepsake }: Repair,
  { at, database, context, planned }: Sight,
): Promise<Interrupted> {
  const kept = toKeepsake(database, context);
  const keyReference = planned?.keyReference ?? null;
  const mark = formatMarker({ startedAt: at, keyReference, execution });
  await keepsake.write(kept);
  await aws.tagDatabase(database.arn, toggleTag, mark);
  return { database, mark, keyReference, oldSecretArn: kept.secretArn, keepsake: kept };
}

function toKeepsake({ masterUserSecret }: Database, { secret, resourcePolicy, rdsKey }: Sight["context"]): Keepsake {
  const value = secret.seen ? secret.value : null;
  if (masterUserSecret?.secretArn == null || value === null || !resourcePolicy.seen)
    throw new Error("the secret was not read in full");
  const isCustomerKey = rdsKey.key.seen && rdsKey.key.value?.manager === "CUSTOMER";
  return {
    secretArn: masterUserSecret.secretArn,
    keyReference: isCustomerKey ? masterUserSecret.kmsKeyId : null,
    rotationEnabled: value.rotationEnabled === true,
    rotationRules: value.rotationRules,
    tags: value.tags,
    resourcePolicy: resourcePolicy.value,
  };
}

/**
 * Turns management off with a password that nobody will know. Before it does, it looks at every gate once more; where RDS is at it already,
 * it does nothing. Answers with why it was not done, or null; whether it was is for the wait that follows to find out, because a call may
 * do its work although nobody hears of it.
 */
function turnOff(repair: Repair, { mark, oldSecretArn }: Interrupted): Promise<string | null> {
  const asked = repair.workflow.step("turn management off", async () => {
    const sight = await repair.see();
    if (!isStillOn(sight.database, oldSecretArn)) return null;
    const [closed] = closedGates(sight, repair);
    if (closed !== undefined) return `${closed.gate}: ${closed.reason}`;
    // Without its mark nobody would know what was begun.
    if (sight.database.tags[toggleTag] !== mark)
      return `somebody has taken off the tag ${toggleTag}, or written over it`;
    await askOff(repair, sight.database);
    return null;
  });
  return asked.catch((error: Error) => error.message);
}

/** The password goes no further than this. */
async function askOff({ aws }: Repair, database: Database): Promise<void> {
  const password = makeThrowAwayPassword();
  try {
    await aws.turnOff(database, password);
  } catch (error) {
    if (!(error instanceof AwsCallError)) throw new Error("turning management off failed");
    throw new AwsCallError(error.action, error.code, error.message.replaceAll(password, "the password"));
  }
}

/** Whether RDS manages the password with this secret, and is not about to change that. */
function isStillOn({ masterUserSecret, pendingChanges, status }: Database, oldSecretArn: string | null): boolean {
  const isUnderWay = pendingChanges.includes("MasterUserPassword") || status === "resetting-master-credentials";
  return masterUserSecret?.secretArn === oldSecretArn && !isUnderWay;
}

/** Nothing was turned off, as far as anybody has seen: the mark comes off again. */
async function giveUp(repair: Repair, begun: Interrupted, reason: string): Promise<Outcome> {
  if ((await takeMarkOff(repair, begun)) === "off") return finishToggle(repair, begun);
  return { end: "failed", reason, recovery: [], managed: true };
}
