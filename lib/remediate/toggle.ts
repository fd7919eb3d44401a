import { type Database, toggleTag } from "../model/database.ts";
import { AwsCallError } from "../model/errors.ts";
import { formatMarker, parseMarker } from "../model/marker.ts";
import type { Keepsake } from "../model/remediation-state.ts";
import { awaitOff } from "./await-off.ts";
import { announce, begin, closedGates, refuse } from "./begin.ts";
import { finishToggle, takeMarkOff } from "./finish-toggle.ts";
import type { Outcome, Procedure, Repair, Sight } from "./repair.ts";
import { makeThrowAwayPassword } from "./throw-away-password.ts";

/** Turns management off and on, which makes a new secret, with another key if the policy wants one. */
export const toggle: Procedure = async (repair) => {
  const { gates, begun } = await begin(repair, "remember the secret, and mark the database", {
    change: (sight) => mark(repair, sight),
  });
  if (begun === null) return withdraw(repair, gates);
  const isTold = await announce(repair, "tell that it begins", {
    type: "remediation.started",
    message: "Management of the master password is about to be turned off and on: the secret will have a new ARN.",
    secret: { before: begun.oldSecretArn, after: null },
    keyReference: begun.keyReference,
  });
  if (!isTold) return giveUp(repair, "it could not be announced");
  const refusal = await turnOff(repair, begun.oldSecretArn);
  const isOff = await awaitOff(repair, begun.oldSecretArn);
  return isOff ? finishToggle(repair, begun) : giveUp(repair, refusal ?? "RDS took the request and left management on");
};

/** Writes down what the secret has, and the mark that tells everybody that a toggle was begun. */
async function mark({ aws, execution, keepsake }: Repair, { at, database, context, planned }: Sight) {
  const kept = toKeepsake(database, context);
  const keyReference = planned?.keyReference ?? null;
  await keepsake.write(kept);
  await aws.tagDatabase(database.arn, toggleTag, formatMarker({ startedAt: at, keyReference, execution }));
  return { database, keyReference, oldSecretArn: kept.secretArn, keepsake: kept };
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
function turnOff(repair: Repair, secretArn: string): Promise<string | null> {
  const asked = repair.workflow.step("turn management off", async () => {
    const sight = await repair.see();
    if (!isStillOn(sight.database, secretArn)) return null;
    const [closed] = closedGates(sight, repair);
    if (closed !== undefined) return `${closed.gate}: ${closed.reason}`;
    if (!hasMarkOf(sight.database, repair)) return `somebody has taken off the tag ${toggleTag}, or written over it`;
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
function isStillOn({ masterUserSecret, pendingChanges, status }: Database, secretArn: string): boolean {
  const isUnderWay = pendingChanges.includes("MasterUserPassword") || status === "resetting-master-credentials";
  return masterUserSecret?.secretArn === secretArn && !isUnderWay;
}

/** Nothing was begun; but a step that was killed may have left its mark. */
async function withdraw(repair: Repair, gates: Parameters<typeof refuse>[1]): Promise<Outcome> {
  await takeOwnMarkOff(repair);
  return refuse(repair, gates);
}

/** Nothing was turned off: the mark comes off again. */
async function giveUp(repair: Repair, reason: string): Promise<Outcome> {
  await takeOwnMarkOff(repair);
  return { end: "failed", reason, recovery: [], managed: true };
}

/** Takes the mark off where it is its own: that of another toggle is for whoever finishes that. */
async function takeOwnMarkOff(repair: Repair): Promise<void> {
  const look = repair.workflow.step("look for a mark of its own", async () =>
    hasMarkOf((await repair.look()).database, repair),
  );
  if (await look.catch(() => false)) await takeMarkOff(repair);
}

/** Whether the mark is there that this execution has written: without it, nobody would know what was begun. */
function hasMarkOf(database: Database | null, { execution }: Repair): boolean {
  return parseMarker(database?.tags[toggleTag] ?? "")?.execution === execution;
}
