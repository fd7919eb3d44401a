import { isDeepStrictEqual } from "node:util";
import { judgeTarget } from "../../lib/audit/judge.ts";
import { readTarget } from "../../lib/collect/read-target.ts";
import { leaseMinutes } from "../../lib/executions/slot.ts";
import { toggleTagKey } from "../../lib/model/database.ts";
import { addMinutes, hoursBetween } from "../../lib/model/time.ts";
import { rules } from "../../rules/index.ts";
import { arnOf } from "../../simulator/databases.ts";
import type { SimulatedDatabase, SimulatedSecret } from "../../simulator/resources.ts";
import { createInProcessRegion } from "../support/in-process-region.ts";
import type { Execution } from "./execution.ts";
import { breakPromise, promises } from "./promises.ts";
import { type Goal, policyFor } from "./scenarios.ts";
import type { Weather } from "./weather.ts";
import { liveOne, type Subject, scope, startAt, toggleTagOf, type World } from "./world.ts";

/** When an execution has ended, well or badly, but not by being killed. */
export function checkEnd(world: World, execution: Execution, weather: Weather): void {
  const { name, storeName, end, result } = execution;
  world.changing.delete(`${storeName} ${name}`);
  const hasChanged = world.started.some((one) => one.by === name && one.storeName === storeName);
  if (end === "threw" && !weather.isStoreDown) breakPromise(world, promises.endsWell, name);
  const { running } = world.stores[storeName].kept();
  if (!weather.isStoreDown && running.some((one) => one.execution === name))
    breakPromise(world, promises.slotFreed, name);
  for (const subject of world.affectedDatabases)
    if (isLeftOff(world, subject, execution))
      breakPromise(world, promises.persists, `${name} ended at ${world.now()}, and it is off since ${world.last.off}`);
  // An execution that started nothing only throws: its caller gets the error.
  if (weather.isTopicDown || (end === "threw" && !hasChanged)) return;
  const last = world.lastEvent.get(`${storeName} ${name}`);
  const ends = result?.map(({ outcome }) => outcome.end) ?? [];
  const expected = ends.includes("repaired") ? "succeeded" : ends.includes("failed") ? "failed" : "refused";
  const isNotified =
    end === "threw" ? /succeeded|failed/.test(last?.type ?? "") : last?.type === `remediation.${expected}`;
  if (!isNotified) breakPromise(world, promises.notified, `${name} ${end}, last event ${last?.type ?? "none"}`);
}

/** Whether an execution leaves a database off that it has turned off itself, or has tried to turn on. */
function isLeftOff(
  world: World,
  { arn, resourceId }: Subject,
  { name, storeName, request, result, stake }: Execution,
): boolean {
  // After the owner revokes the opt-in, the audit reports the database.
  if (result?.every(({ outcome }) => outcome.end === "refused")) return false;
  if (!stake.isHeld || request.database.resourceId !== resourceId || !liveOne(world, { arn })) return false;
  // Another execution that took over goes on.
  const { running } = world.stores[storeName].kept();
  if (running.some((one) => one.resourceId === resourceId && one.execution !== name)) return false;
  return world.orphaned.has(arn) && hoursBetween(world.last.off, world.now()) < 23;
}

/** When an execution was killed, and will not go on. */
export function countAsDead({ changing, cloud, last }: World, { name, storeName }: Execution): void {
  last.blow = cloud.now().toISOString();
  const entry = changing.get(`${storeName} ${name}`);
  if (entry !== undefined) entry.until = addMinutes(cloud.now().toISOString(), leaseMinutes);
}

/**
 * What may be expected of a database in the end: what was intended, no more than that it is managed, what its owner made it, or that nothing
 * is done though it is asked for again and again.
 */
export type Expectation = "goal" | "managed" | "nothing" | "untouched";

export type Left = {
  readonly goal: Goal;
  readonly rule: string;
  readonly expects: Expectation;
  readonly isAtRest: boolean;
};

type Finds = (arn: string, rule: string) => boolean;

/** Checks the world after the last execution. */
export async function checkLeft(world: World, left: Left): Promise<void> {
  const { policy, cloud, now } = world;
  const reading = { policy, rules, forRepair: true, now: now() };
  const target = await readTarget(createInProcessRegion(cloud, scope), reading);
  const { findings } = judgeTarget(target, policy, rules, now());
  const finds: Finds = (arn, rule) => findings.some((one) => one.resource.arn === arn && one.rule === rule);
  for (const subject of world.affectedDatabases) {
    const database = liveOne(world, subject);
    if (database === undefined) {
      // A killed execution, or one with another state, cannot delete the snapshot.
      const isUndisturbed = world.last.blow === startAt && !world.hasStrangers;
      if (isUndisturbed && world.stores.service.kept().secretSnapshots[subject.resourceId] !== undefined)
        breakPromise(world, promises.cleanedUp, `${subject.arn} is gone, and has a secret snapshot`);
      continue;
    }
    // What calls by HTTP do to the password is not kept account of.
    if (world.port === null) checkOrphan(world, subject, finds);
    if (left.expects === "untouched") continue;
    if (!left.isAtRest) breakPromise(world, promises.comesToRest, subject.arn);
    if (left.expects === "nothing") continue;
    checkManaged(world, subject, database, left);
    if (left.expects === "goal" && finds(subject.arn, left.rule))
      breakPromise(world, promises.repaired, `${left.rule} still finds ${subject.arn}`);
  }
  const { instances, clusters, tenants } = world.here;
  // Whether a call for a name that changed hands was allowed is checked when it is made.
  const isReplaced = (arn: string) => world.replaced.has(arn.replace(/^.*:db:/, ""));
  for (const other of [...instances.values(), ...clusters.values(), ...tenants.values()])
    if (
      !isReplaced(arnOf(other)) &&
      !world.affectedDatabases.some(({ arn }) => arn === arnOf(other)) &&
      toggleTagOf(other) !== undefined
    )
      breakPromise(world, promises.nothingElse, `${arnOf(other)} has a toggle tag`);
}

/** A database left off with an unknown password is found; by another rule if a person removed the toggle tag. */
function checkOrphan(world: World, { arn }: Subject, finds: Finds): void {
  const rule = world.untagged.has(arn) ? "master-password-managed" : "toggle-not-interrupted";
  if (world.orphaned.has(arn) && !finds(arn, rule))
    breakPromise(world, promises.notLeft, `${rule} does not find ${arn}`);
}

function checkManaged(world: World, subject: Subject, database: SimulatedDatabase, { goal, expects }: Left): void {
  const { arn, resourceId } = subject;
  const { MasterUserSecret } = database;
  if (MasterUserSecret === undefined) {
    breakPromise(world, promises.onAgain, `${arn} is not managed`);
    return;
  }
  const { off, onAgain, blow } = world.last;
  const offHours = Math.min(hoursBetween(off, onAgain), hoursBetween(blow, onAgain));
  if (expects === "goal" && offHours > 96)
    breakPromise(world, promises.soon, `${arn} was off from ${off} until ${onAgain}`);
  if (expects === "goal") checkSecret(world, subject, MasterUserSecret, goal);
  const { secretSnapshots, running } = world.stores.service.kept();
  const left = [
    ...(toggleTagOf(database) === undefined ? [] : [`the tag ${toggleTagKey}`]),
    ...(secretSnapshots[resourceId] === undefined ? [] : ["a secret snapshot"]),
    ...(running.some((one) => one.resourceId === resourceId) ? ["a slot"] : []),
  ];
  if (left.length > 0) breakPromise(world, promises.cleanedUp, `${arn} has ${left.join(" and ")}`);
}

function checkSecret(
  world: World,
  { arn, resourceId, before }: Subject,
  { SecretArn, KmsKeyId }: NonNullable<SimulatedDatabase["MasterUserSecret"]>,
  goal: Goal,
): void {
  const { here, notified } = world;
  const wrong = (how: string) => breakPromise(world, promises.intended, `${how}: ${SecretArn}`);
  const secret = here.secrets.get(SecretArn);
  if (secret === undefined) {
    wrong("the secret does not exist");
    return;
  }
  if (secret.owner !== arn || secret.DeletedDate !== undefined) wrong("the secret is not its own");
  const isOtherKeySaid = notified.some(({ message }) => message.includes(`instead of ${goal.keyArn}`));
  if (KmsKeyId !== goal.keyArn && (goal.isKeyRequired || !isOtherKeySaid))
    wrong(`the key is ${KmsKeyId}, not ${goal.keyArn}`);
  const isSame = SecretArn === before?.ARN;
  if (goal.secret === (isSame ? "new" : "same")) wrong(isSame ? "the secret was not replaced" : "it was replaced");
  if (before !== null && !isSame && here.secrets.has(before.ARN)) wrong("the old secret is there");
  if (!isSame && !isArnSaid(world, resourceId, SecretArn)) breakPromise(world, promises.arnNotified, SecretArn);
  // Only an execution with another state, or whose state cannot be read, may lack the snapshot.
  const excuse =
    world.hasStrangers || world.hasLostState
      ? /could not be restored|No snapshot of the old secret/
      : /could not be restored/;
  if (notified.some(({ message }) => excuse.test(message))) return;
  const lost = describeLost(secret, goal);
  if (lost.length > 0) breakPromise(world, promises.restored, lost.join(", "));
}

/** Only the state of a terminal knows what its killed process enabled: its next run reports it. */
function isArnSaid({ notified, stores: { terminal, laptop } }: World, resourceId: string, secretArn: string): boolean {
  if ([terminal, laptop].some((store) => resourceId in store.kept().unannounced)) return true;
  return notified.some(({ secret, message }) => secret.after === secretArn || /ARN could not be read/.test(message));
}

/** What a secret does not have that it should. */
function describeLost(
  { ARN, RotationEnabled, RotationRules, Tags, resourcePolicy }: SimulatedSecret,
  goal: Goal,
): string[] {
  const schedule = JSON.stringify(RotationRules);
  const isOnSchedule = RotationEnabled === true && isDeepStrictEqual(RotationRules, goal.rotationRules);
  return [
    ...(isOnSchedule ? [] : [`the schedule is ${RotationEnabled ? schedule : "none"}`]),
    ...goal.tags.flatMap(({ Key, Value }) =>
      Tags.some((tag) => tag.Key === Key && tag.Value === Value) ? [] : [`the tag ${Key} is missing`],
    ),
    ...(goal.hasResourcePolicy && resourcePolicy !== policyFor(ARN) ? ["the policy is another"] : []),
  ];
}
