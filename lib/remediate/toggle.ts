import { type Database, toggleTagKey } from "../model/database.ts";
import { AwsCallError } from "../model/errors.ts";
import type { SecretSnapshot } from "../model/remediation-state.ts";
import { formatToggleMarker } from "../model/toggle-marker.ts";
import { awaitOff } from "./await-off.ts";
import { finishToggle, type Interrupted, removeToggleTag } from "./finish-toggle.ts";
import type { Observation, Outcome, Procedure, Repair } from "./repair.ts";
import { announce, closedGates, startAction } from "./start.ts";
import { makeTemporaryPassword } from "./temporary-password.ts";

/** Turns management off and on, which makes a new secret, with another key if the policy wants one. */
export const toggle: Procedure = async (repair) => {
  const start = await startAction(repair, "remember the secret, and mark the database", {
    change: (observation) => writeToggleTag(repair, observation),
  });
  if (start.started === null) {
    const { outcome } = start;
    return outcome.end === "failed" ? { ...outcome, managed: true } : outcome;
  }
  const { started } = start;
  const isNotified = await announce(repair, "tell that it begins", {
    type: "remediation.started",
    message: "Management of the master password is about to be turned off and on: the secret will have a new ARN.",
    secret: { before: started.oldSecretArn, after: null },
    keyReference: started.keyReference,
  });
  if (!isNotified) return giveUp(repair, started, "it could not be announced");
  const refusal = await turnOff(repair, started);
  if (await awaitOff(repair, started.oldSecretArn)) return finishToggle(repair, started);
  return giveUp(repair, started, refusal ?? "RDS took the request and left management on");
};

/** Writes down what the secret has, and the mark that tells everybody that a toggle was begun. */
async function writeToggleTag(
  { aws, execution, secretSnapshot }: Repair,
  { at, database, context, planned }: Observation,
): Promise<Interrupted> {
  const kept = toSecretSnapshot(database, context);
  const keyReference = planned?.keyReference ?? null;
  const toggleTag = formatToggleMarker({ startedAt: at, keyReference, execution });
  await secretSnapshot.write(kept);
  await aws.tagDatabase(database.arn, toggleTagKey, toggleTag);
  return { database, toggleTag, keyReference, oldSecretArn: kept.secretArn, secretSnapshot: kept };
}

function toSecretSnapshot(
  { masterUserSecret }: Database,
  { secret, resourcePolicy, rdsKey }: Observation["context"],
): SecretSnapshot {
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
function turnOff(repair: Repair, { toggleTag, oldSecretArn }: Interrupted): Promise<string | null> {
  const asked = repair.workflow.step("turn management off", async () => {
    const observation = await repair.observe();
    if (!isStillOn(observation.database, oldSecretArn)) return null;
    const [closed] = closedGates(observation, repair);
    if (closed !== undefined) return `${closed.gate}: ${closed.reason}`;
    // Without its mark nobody would know what was begun.
    if (observation.database.tags[toggleTagKey] !== toggleTag)
      return `somebody has taken off the tag ${toggleTagKey}, or written over it`;
    await askOff(repair, observation.database);
    return null;
  });
  return asked.catch((error: Error) => error.message);
}

/** The password goes no further than this. */
async function askOff({ aws }: Repair, database: Database): Promise<void> {
  const password = makeTemporaryPassword();
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
async function giveUp(repair: Repair, started: Interrupted, reason: string): Promise<Outcome> {
  if ((await removeToggleTag(repair, started)) === "off") return finishToggle(repair, started);
  return { end: "failed", reason, recovery: [], managed: true };
}
