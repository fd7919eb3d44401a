import { turnOnCommand, untagCommand } from "../model/aws-cli.ts";
import { type Database, isSettled, isUnderWay, toggleTagKey } from "../model/database.ts";
import { AwsCallError } from "../model/errors.ts";
import type { SecretSnapshot } from "../model/remediation-state.ts";
import { formatToggleMarker, isOldSecret, secretSuffixOf } from "../model/toggle-marker.ts";
import { type NewSecret, reconcile, type ToggleInProgress, type Unfinished } from "./reconcile.ts";
import type { Observation, Outcome, Procedure, Repair } from "./repair.ts";
import { restore } from "./restore.ts";
import { closedGates, refuse, startAction, tryNotify } from "./start.ts";
import { makeTemporaryPassword } from "./temporary-password.ts";
import { verify } from "./verify.ts";
import { describeInactive } from "./waits.ts";

/** Turns management off and on again, which creates a new secret. The numbers are the steps in docs/remediation.md. */
export const toggle: Procedure = async (repair) => {
  /* 1 */ const start = await startAction(repair, "remember the secret, tag the database", {
    change: saveAndTag(repair),
  });
  if (start.result === null)
    return start.outcome.end === "failed" ? { ...start.outcome, managed: true } : start.outcome;
  /* 2 */ const isAnnounced = await announceStart(repair, start.result);
  /* 3 */ const refusal = isAnnounced ? await turnOff(repair, start.result) : "the notification could not be sent";
  /* 4 to 8 */ return finishToggle(repair, start.result, refusal ?? "RDS accepted the request but left management on");
};

/** Finishes a toggle, whatever has become of it. `refusal` is why management may still be on with the old secret. */
export async function finishToggle(
  repair: Repair,
  inProgress: ToggleInProgress,
  refusal: string,
  isAgain = false,
): Promise<Outcome> {
  const { secretSnapshot } = inProgress;
  const rule = secretSnapshot?.rule ?? repair.rule;
  /* 4, 5 */ const end = await reconcile(repair, inProgress);
  if (end.state === "still on") return endStillOn(repair, inProgress, rule, refusal);
  if (end.state !== "on") return endUnfinished(repair, inProgress, end);
  const otherKey = describeOtherKey(inProgress, end);
  const replaced = [
    "The master password is in a new secret.",
    ...otherKey,
    ...(secretSnapshot === null ? [noSnapshot] : []),
  ];
  /* 6 */ const isAnnounced = await announceSecret(repair, "secret replaced", replaced, inProgress, end);
  /* 7 */ const lost = secretSnapshot === null ? [noSnapshot] : await restore(repair, secretSnapshot, end.secretArn);
  if (secretSnapshot !== null && lost.length > 0) await announceSecret(repair, "not restored", lost, inProgress, end);
  /* 8 */ const reason = end.status === "active" ? await verify(repair, rule) : describeInactive(end.status);
  // Until the new ARN is delivered, the tag stays so that the next execution delivers it.
  const tag = isAnnounced ? await removeToggleTag(repair, inProgress) : "kept";
  // RDS may take a secret back, and one answer may be older than the last.
  const why = "it has taken the new secret back";
  if (tag === "off" && isAgain) return endUnfinished(repair, inProgress, { state: "off", why, database: null });
  if (tag === "off") return finishToggle(repair, inProgress, refusal, true);
  const remarks = [...otherKey, ...lost, ...(tag === "kept" || tag === "missing" ? [stillTagged] : [])];
  if (reason === null) return { end: "repaired", remarks };
  const all = [reason, ...remarks.map((remark) => remark.replace(/\.$/, ""))];
  return { end: "failed", reason: all.join(". "), recovery: [], ...(isCertain(tag) && { managed: true }) };
}

/** Step 1: stores what the toggle will lose, then writes the toggle tag. */
function saveAndTag({ aws, execution, rule, record }: Repair) {
  return async ({ at, database, context, planned }: Observation): Promise<ToggleInProgress> => {
    const secretSnapshot = { rule, offRequestedAt: null, ...toSecretSnapshot(database, context) };
    const keyReference = planned?.keyReference ?? null;
    const { secretArn: oldSecretArn } = secretSnapshot;
    const oldSecretSuffix = secretSuffixOf(oldSecretArn);
    const toggleTag = formatToggleMarker({ startedAt: at, keyReference, execution, oldSecretSuffix });
    await record.saveSnapshot(secretSnapshot);
    await aws.tagDatabase(database.arn, toggleTagKey, toggleTag);
    return { database, toggleTag, keyReference, oldSecretArn, oldSecretSuffix, secretSnapshot };
  };
}

function toSecretSnapshot(
  { masterUserSecret }: Database,
  { secret, resourcePolicy, rdsKey }: Observation["context"],
): Omit<SecretSnapshot, "rule" | "offRequestedAt"> {
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

/** Step 2: announces the start. Returns false if a topic does not accept the message. */
function announceStart(repair: Repair, { oldSecretArn, keyReference }: ToggleInProgress): Promise<boolean> {
  return tryNotify(repair, "started", {
    type: "remediation.started",
    message: "Management of the master password is about to be turned off and on again. The secret gets a new ARN.",
    secret: { before: oldSecretArn, after: null },
    keyReference,
  });
}

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
    if (!isStillOn(database, oldSecretArn)) return { isTagged: true, refusal: null };
    const [closed] = closedGates(observation, repair);
    if (closed !== undefined) return { isTagged: true, refusal: `${closed.gate}: ${closed.reason}` };
    // Without its tag no later execution would finish the toggle.
    if (database.tags[toggleTagKey] !== toggleTag)
      return { isTagged: false, refusal: `another caller removed or overwrote the tag ${toggleTagKey}` };
    if (!(await repair.record.requestOff()))
      return { isTagged: true, refusal: "another execution finishes the toggle" };
    return { isTagged: true, refusal: await requestOff(repair, database) };
  };
  const options = { until: ({ isTagged }: { isTagged: boolean }) => isTagged, timeoutMinutes: tagMinutes };
  const { value, error } = await repair.workflow.poll("turn management off", request, options);
  return value === null ? error : value.refusal;
}

/** Returns the refusal of RDS, or null. Keeps the password to itself. */
async function requestOff({ aws }: Repair, database: Database): Promise<string | null> {
  const password = makeTemporaryPassword();
  try {
    await aws.turnOff(database, password);
    return null;
  } catch (error) {
    return error instanceof AwsCallError
      ? error.message.replaceAll(password, "the password")
      : "turning management off failed";
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
async function endStillOn(
  repair: Repair,
  inProgress: ToggleInProgress,
  rule: string,
  refusal: string,
): Promise<Outcome> {
  const tag = await removeToggleTag(repair, inProgress);
  if (tag === "off") return finishToggle(repair, inProgress, refusal);
  const managed = isCertain(tag) ? { managed: true } : {};
  if (tag === "kept" || tag === "missing")
    return {
      end: "failed",
      reason: `${refusal}. ${stillTagged}`,
      recovery: [untagCommand(inProgress.database)],
      ...managed,
    };
  const reason = await verify(repair, rule, { timeoutMinutes: 0 });
  if (reason === null) return { end: "repaired", remarks: ["Management had not been turned off."] };
  const why = `${refusal}, and ${reason}`;
  if (repair.action === "toggle") return { end: "failed", reason: why, recovery: [], ...managed };
  return refuse(repair, [
    { gate: "requested", open: false, reason: `${why}: the tag is removed; start the toggle anew` },
  ]);
}

/** True if no other toggle can have turned management off since the tag was removed or kept. */
function isCertain(tag: Awaited<ReturnType<typeof removeToggleTag>>): boolean {
  return tag === "removed" || tag === "kept";
}

/** Steps 4 and 5 without an end: the database is gone, another execution goes on, or two days have passed. */
async function endUnfinished(
  { workflow, record }: Repair,
  { database, keyReference }: ToggleInProgress,
  end: Unfinished,
): Promise<Outcome> {
  if (end.state === "gone") await workflow.step("delete the secret snapshot", record.forget).catch(() => {});
  // A command for people must not name a database that has the old name by now.
  const recovery = end.state === "gone" ? [] : [turnOnCommand(end.database ?? database, keyReference)];
  const reasons = {
    gone: "the database is gone",
    "taken over": "another execution has taken over and finishes it",
    off: `management is off, the master password is unknown, and RDS does not turn management on: ${end.why}`,
    unknown: `management was turned off, and whether RDS turned it on again is unknown: ${end.why}`,
  };
  return { end: "failed", reason: reasons[end.state], recovery, ...(end.state === "off" && { managed: false }) };
}

/** Steps 6 and 7: announces the old and the new ARN, and what could not be restored. */
function announceSecret(
  repair: Repair,
  what: string,
  sentences: readonly string[],
  { oldSecretArn }: ToggleInProgress,
  { secretArn, keyReference }: NewSecret,
): Promise<boolean> {
  const secret = { before: oldSecretArn, after: secretArn };
  return tryNotify(repair, what, { type: "secret.replaced", message: sentences.join(" "), secret, keyReference });
}

function describeOtherKey({ keyReference: wanted }: ToggleInProgress, { keyReference }: NewSecret): string[] {
  const isOther = wanted !== null && keyReference !== null && keyReference !== wanted;
  return isOther ? [`It is encrypted with ${keyReference} instead of ${wanted}.`] : [];
}

const noSnapshot =
  "No snapshot of the old secret exists: rotation schedule, tags and resource policy are those of a new secret.";
const stillTagged = `The tag ${toggleTagKey} is still on the database: the next repair of the database removes it.`;

/**
 * Step 8: removes the toggle tag, and the snapshot, if management is on and settled. Returns "off" if management is off: the tag stays.
 * Returns "missing" if RDS does not return the database or another toggle may be changing it, and "kept" if the old secret may still be deleted or RDS may still take the new one
 * back, and if a call fails. A tag of another toggle stays: that one may turn management off at any time.
 */
function removeToggleTag(
  { workflow, aws, describe, record }: Repair,
  { toggleTag, oldSecretSuffix }: ToggleInProgress,
): Promise<"removed" | "not its own" | "kept" | "off" | "missing"> {
  const removed = workflow.step("remove the toggle tag", async () => {
    const { database } = await describe();
    if (database === null) return "missing";
    const { arn, masterUserSecret, tags } = database;
    if (masterUserSecret === null) return "off";
    const isOwn = tags[toggleTagKey] === toggleTag;
    const isUnsettled =
      isUnderWay(masterUserSecret.status) ||
      (isOldSecret(masterUserSecret.secretArn, oldSecretSuffix) && !isSettled(database));
    // The change under way may be the other toggle's, which turns management off.
    if (isUnsettled) return isOwn ? "kept" : "missing";
    if (isOwn) await aws.untagDatabase(arn, toggleTagKey);
    await record.forget();
    return isOwn ? "removed" : "not its own";
  });
  return removed.catch(() => "kept" as const);
}
