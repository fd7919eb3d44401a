import { untagCommand } from "../model/aws-cli.ts";
import { type Database, isSettled, isUnderWay, toggleTagKey } from "../model/database.ts";
import { AwsCallError, databaseNotFound, isDatabaseNotFound } from "../model/errors.ts";
import { formatToggleMarker, isOldSecret, secretSuffixOf } from "../model/toggle-marker.ts";
import { endUnfinished, type NewSecret, reconcile, type ToggleInProgress } from "./reconcile.ts";
import type { Observation, Outcome, Procedure, Repair } from "./repair.ts";
import { restore } from "./restore.ts";
import { closedGates, refuse, startAction, tryNotify, unrequested } from "./start.ts";
import { makeTemporaryPassword } from "./temporary-password.ts";
import { describeInactive, verify } from "./verify.ts";

/** Turns management off and on again, which creates a new secret. The numbers are the steps in docs/remediation.md. */
export const toggle: Procedure = async (repair) => {
  /* 1 */ const start = await startAction(repair, "remember the secret, tag the database", { change: saveAndTag });
  if (start.result === null)
    return start.outcome.end === "failed" ? { ...start.outcome, managed: true } : start.outcome;
  /* 2 */ const isAnnounced = await announceStart(repair, start.result);
  /* 3 */ const refusal = isAnnounced ? await turnOff(repair, start.result) : "the notification could not be sent";
  /* 4 to 8 */ return finishToggle(repair, refusal === null ? start.result : { ...start.result, refusal });
};

/** Finishes a toggle, whatever has become of it. */
export async function finishToggle(repair: Repair, inProgress: ToggleInProgress, isAgain = false): Promise<Outcome> {
  /* 4, 5 */ const end = await reconcile(repair, inProgress);
  if (end.state === "still on") return endStillOn(repair, inProgress);
  if (end.state === "unfinished") return end.outcome;
  const otherKey = describeOtherKey(inProgress, end);
  /* 6 */ const isAnnounced = await announceSecret(repair, inProgress, end, [inNewSecret, ...otherKey].join(" "));
  /* 7 */ const lost = await restore(repair, inProgress.secretSnapshot, end.secretArn);
  if (lost.length > 0) await announceSecret(repair, inProgress, end, lost.join(" "));
  /* 8 */ const reason = end.status === "active" ? await verify(repair, inProgress.rule) : describeInactive(end.status);
  // Until the new ARN is delivered, the tag stays so that the next execution delivers it.
  const tag = isAnnounced ? await removeToggleTag(repair, inProgress) : "kept";
  // RDS may take a secret back, and one answer may be older than the last.
  if (tag === "off" && !isAgain) return finishToggle(repair, inProgress, true);
  if (tag === "off" || tag === "gone")
    return endUnfinished(repair, inProgress, tag, "it has taken the new secret back");
  const remarks = [...otherKey, ...lost, ...(tag === "kept" ? [stillTagged] : [])];
  if (reason === null) return { end: "repaired", remarks };
  const all = [`${reason}.`, ...remarks].join(" ").replace(/\.$/, "");
  return { end: "failed", reason: all, recovery: [], ...toManaged(tag) };
}

/** Step 1: stores what the toggle will lose, then writes the toggle tag. */
async function saveAndTag(
  observation: Observation,
  { aws, execution, rule, record }: Repair,
): Promise<ToggleInProgress> {
  const { at, database, planned } = observation;
  const { secret, resourcePolicy, rdsKey } = observation.context;
  const { secretArn = null, kmsKeyId = null } = database.masterUserSecret ?? {};
  const settings = secret.seen ? secret.value : null;
  if (secretArn === null || settings === null || !resourcePolicy.seen)
    throw new Error("the secret could not be read completely");
  const isCustomerKey = rdsKey.key.seen && rdsKey.key.value?.manager === "CUSTOMER";
  const secretSnapshot = {
    ...{ rule, offRequestedAt: null, secretArn, keyReference: isCustomerKey ? kmsKeyId : null },
    ...{ rotationEnabled: settings.rotationEnabled === true, rotationRules: settings.rotationRules },
    ...{ tags: settings.tags, resourcePolicy: resourcePolicy.value },
  };
  const keyReference = planned?.keyReference ?? null;
  const oldSecretSuffix = secretSuffixOf(secretArn);
  const toggleTag = formatToggleMarker({ startedAt: at, keyReference, execution, oldSecretSuffix });
  await record.saveSnapshot(secretSnapshot);
  await aws.tagDatabase(database.arn, toggleTagKey, toggleTag);
  const refusal = "RDS accepted the request but left management on";
  const known = { rule, database, toggleTag, keyReference, oldSecretArn: secretArn, oldSecretSuffix };
  return { ...known, secretSnapshot, refusal };
}

/** Step 2: announces the start. Returns false if a topic does not accept the message. */
function announceStart(repair: Repair, { oldSecretArn, keyReference }: ToggleInProgress): Promise<boolean> {
  return tryNotify(repair, "started", {
    type: "remediation.started",
    message: "Management of the master password is about to be turned off and on again. The secret gets a new ARN.",
    secret: { before: oldSecretArn, after: null },
    keyReference,
  });
}

const untagged = `another caller removed or overwrote the tag ${toggleTagKey}`;

/** How long RDS may take to return a tag that it has accepted. */
const tagMinutes = 5;

/**
 * Step 3: checks the gates again, then turns management off with a password that is not kept. Does nothing if RDS is turning it off already.
 * Returns why not, or null; step 4 observes, because a call may take effect although its answer is lost.
 */
async function turnOff(repair: Repair, { toggleTag, oldSecretArn }: ToggleInProgress): Promise<string | null> {
  const request = async () => {
    const observation = await repair.observe();
    const { database } = observation;
    if (!isStillOn(database, oldSecretArn)) return null;
    const [closed] = closedGates(observation, repair);
    if (closed !== undefined) return `${closed.gate}: ${closed.reason}`;
    // Without its tag no later execution would finish the toggle.
    if (database.tags[toggleTagKey] !== toggleTag) return untagged;
    if (!(await repair.record.requestOff())) return "another execution finishes the toggle";
    return requestOff(repair, database);
  };
  const until = (refusal: string | null) => refusal !== untagged;
  const { value, error } = await repair.workflow.poll("turn management off", request, {
    until,
    timeoutMinutes: tagMinutes,
  });
  return value ?? error;
}

/** Returns the refusal of RDS, or null. Keeps the password to itself. */
async function requestOff({ aws }: Repair, database: Database): Promise<string | null> {
  const password = makeTemporaryPassword();
  try {
    await aws.turnOff(database, password);
    return null;
  } catch (error) {
    if (!(error instanceof AwsCallError)) return "turning management off failed";
    return error.message.replaceAll(password, "the password");
  }
}

/** True if RDS manages the password with this secret and is not about to change that. */
function isStillOn({ masterUserSecret, pendingChanges, status }: Database, oldSecretArn: string | null): boolean {
  const isChanging = pendingChanges.includes("MasterUserPassword") || status === "resetting-master-credentials";
  return masterUserSecret?.secretArn === oldSecretArn && !isChanging;
}

/**
 * Steps 4 and 8 if management was not turned off: removes the tag. Ends as repaired only if the rule that required the toggle passes.
 * Finishing an interrupted toggle changed nothing then, and the toggle can start anew.
 */
async function endStillOn(repair: Repair, inProgress: ToggleInProgress): Promise<Outcome> {
  const { refusal, rule, database } = inProgress;
  const tag = await removeToggleTag(repair, inProgress);
  if (tag === "gone") return endUnfinished(repair, inProgress, tag, "");
  if (tag === "off") return finishToggle(repair, inProgress);
  const failed = { end: "failed", recovery: [], ...toManaged(tag) } as const;
  if (tag === "kept") return { ...failed, reason: `${refusal}. ${stillTagged}`, recovery: [untagCommand(database)] };
  const violation = await verify(repair, rule, { timeoutMinutes: 0 });
  if (violation === null) return { end: "repaired", remarks: ["Management had not been turned off."] };
  const reason = `${refusal}, and ${violation}`;
  if (repair.action === "toggle") return { ...failed, reason };
  return refuse(repair, [{ ...unrequested, reason: `${reason}: the tag is removed; start the toggle anew` }]);
}

/** Steps 6 and 7: announces the old and the new ARN, and what could not be restored. */
function announceSecret(repair: Repair, toggle: ToggleInProgress, end: NewSecret, message: string): Promise<boolean> {
  const { secretArn, keyReference } = end;
  const secret = { before: toggle.oldSecretArn, after: secretArn };
  return tryNotify(repair, "secret replaced", { type: "secret.replaced", message, secret, keyReference });
}

function describeOtherKey({ keyReference: wanted }: ToggleInProgress, { keyReference }: NewSecret): string[] {
  const isOther = wanted !== null && keyReference !== null && keyReference !== wanted;
  return isOther ? [`It is encrypted with ${keyReference} instead of ${wanted}.`] : [];
}

const inNewSecret = "The master password is in a new secret.";
const stillTagged = `The tag ${toggleTagKey} is still on the database: the next repair of the database removes it.`;

/** `unknown`: the tag of this toggle is not there, so another toggle may turn management off. */
type TagRemoval = "removed" | "kept" | "unknown" | "off" | "gone";

/**
 * Step 8: removes the toggle tag, and the snapshot, if management is on and settled. The tag stays while management is off, while the old
 * secret may still be deleted or RDS may still take the new one back, and if a call fails.
 */
async function removeToggleTag(repair: Repair, inProgress: ToggleInProgress): Promise<TagRemoval> {
  const { workflow, aws, describe, record } = repair;
  const { toggleTag, oldSecretSuffix } = inProgress;
  const removed = workflow.step("remove the toggle tag", async () => {
    const { database } = await describe();
    if (database === null) throw databaseNotFound(inProgress.database);
    const { arn, masterUserSecret, tags } = database;
    if (masterUserSecret === null) return "off";
    const isOwn = tags[toggleTagKey] === toggleTag;
    const isOld = isOldSecret(masterUserSecret.secretArn, oldSecretSuffix);
    // The change under way may be the other toggle's, which turns management off.
    if (isUnderWay(masterUserSecret.status) || (isOld && !isSettled(database))) return isOwn ? "kept" : "unknown";
    if (isOwn) await aws.untagDatabase(arn, toggleTagKey);
    await record.forget();
    return isOwn ? "removed" : "unknown";
  });
  return removed.catch((error) => (isDatabaseNotFound(error) ? "gone" : "kept"));
}

/** Management is on for sure unless another toggle can turn it off. */
function toManaged(tag: TagRemoval): { managed: true } | Record<string, never> {
  return tag === "removed" || tag === "kept" ? { managed: true } : {};
}
