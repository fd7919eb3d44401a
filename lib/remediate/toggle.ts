import { type Database, toggleTagKey } from "../model/database.ts";
import { AwsCallError } from "../model/errors.ts";
import type { SecretSnapshot } from "../model/remediation-state.ts";
import { formatToggleMarker, secretSuffixOf } from "../model/toggle-marker.ts";
import { finishToggle, removeToggleTag, type ToggleInProgress } from "./finish-toggle.ts";
import type { Observation, Outcome, Procedure, Repair } from "./repair.ts";
import { closedGates, startAction, tryNotify } from "./start.ts";
import { makeTemporaryPassword } from "./temporary-password.ts";
import { awaitOff } from "./waits.ts";

/** Turns management off and on again, which creates a new secret, with another key if the policy requires one. */
export const toggle: Procedure = async (repair) => {
  const start = await startAction(repair, "remember the secret, tag the database", {
    change: (observation) => startToggle(repair, observation),
  });
  if (start.result === null)
    return start.outcome.end === "failed" ? { ...start.outcome, managed: true } : start.outcome;
  const inProgress = start.result;
  const isNotified = await tryNotify(repair, "started", {
    type: "remediation.started",
    message: "Management of the master password is about to be turned off and on again. The secret gets a new ARN.",
    secret: { before: inProgress.oldSecretArn, after: null },
    keyReference: inProgress.keyReference,
  });
  if (!isNotified) return giveUp(repair, inProgress, "the notification could not be sent");
  const refusal = await turnOff(repair, inProgress);
  if (await awaitOff(repair, inProgress.oldSecretSuffix)) return finishToggle(repair, inProgress);
  return giveUp(repair, inProgress, refusal ?? "RDS accepted the request but left management on");
};

/** Stores the snapshot of the secret, then writes the toggle tag. */
async function startToggle(
  { aws, execution, secretSnapshot }: Repair,
  { at, database, context, planned }: Observation,
): Promise<ToggleInProgress> {
  const snapshot = toSecretSnapshot(database, context);
  const keyReference = planned?.keyReference ?? null;
  const { secretArn: oldSecretArn } = snapshot;
  const oldSecretSuffix = secretSuffixOf(oldSecretArn);
  const toggleTag = formatToggleMarker({ startedAt: at, keyReference, execution, oldSecretSuffix });
  await secretSnapshot.save(snapshot);
  await aws.tagDatabase(database.arn, toggleTagKey, toggleTag);
  return { database, toggleTag, keyReference, oldSecretArn, oldSecretSuffix, secretSnapshot: snapshot };
}

function toSecretSnapshot(
  { masterUserSecret }: Database,
  { secret, resourcePolicy, rdsKey }: Observation["context"],
): SecretSnapshot {
  const value = secret.seen ? secret.value : null;
  if (masterUserSecret?.secretArn == null || value === null || !resourcePolicy.seen)
    throw new Error("the secret could not be read completely");
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
 * Rechecks the gates, then turns management off with a password that is not kept. Does nothing if RDS is turning it off already. Returns why
 * not, or null; the wait that follows confirms, because a call may take effect although its answer is lost.
 */
function turnOff(repair: Repair, { toggleTag, oldSecretArn }: ToggleInProgress): Promise<string | null> {
  const requested = repair.workflow.step("turn management off", async () => {
    const observation = await repair.observe();
    if (!isStillOn(observation.database, oldSecretArn)) return null;
    const [closed] = closedGates(observation, repair);
    if (closed !== undefined) return `${closed.gate}: ${closed.reason}`;
    // Without its tag no later execution would finish the toggle.
    if (observation.database.tags[toggleTagKey] !== toggleTag)
      return `another caller removed or overwrote the tag ${toggleTagKey}`;
    await requestOff(repair, observation.database);
    return null;
  });
  return requested.catch((error: Error) => error.message);
}

/** Keeps the password to itself, errors included. */
async function requestOff({ aws }: Repair, database: Database): Promise<void> {
  const password = makeTemporaryPassword();
  try {
    await aws.turnOff(database, password);
  } catch (error) {
    if (!(error instanceof AwsCallError)) throw new Error("turning management off failed");
    throw error.withMessage(error.message.replaceAll(password, "the password"));
  }
}

/** True if RDS manages the password with this secret and is not about to change that. */
function isStillOn({ masterUserSecret, pendingChanges, status }: Database, oldSecretArn: string | null): boolean {
  const isUnderWay = pendingChanges.includes("MasterUserPassword") || status === "resetting-master-credentials";
  return masterUserSecret?.secretArn === oldSecretArn && !isUnderWay;
}

/** Removes the tag, unless management turns out to be off after all. */
async function giveUp(repair: Repair, inProgress: ToggleInProgress, reason: string): Promise<Outcome> {
  const result = await removeToggleTag(repair, inProgress);
  if (result === "off") return finishToggle(repair, inProgress);
  return { end: "failed", reason, recovery: [], ...(result !== "missing" && { managed: true }) };
}
