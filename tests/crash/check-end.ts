import { judgeTarget } from "../../lib/audit/judge.ts";
import { readTarget } from "../../lib/collect/read-target.ts";
import { toggleTagKey } from "../../lib/model/database.ts";
import { hoursBetween } from "../../lib/model/time.ts";
import { rules } from "../../rules/index.ts";
import { type AnyDatabase, arnOf } from "../../simulator/databases.ts";
import type { Secret } from "../../simulator/state.ts";
import { createInProcessRegion } from "../support/in-process-region.ts";
import type { Execution } from "./execution.ts";
import { breakPromise, promises } from "./promises.ts";
import { type Goal, policyFor } from "./scenarios.ts";
import type { Weather } from "./weather.ts";
import { liveOne, type Subject, scope, startAt, toggleTagOf, type World } from "./world.ts";

/** Hours after which an execution that was killed does not count any more. */
const expiryHours = 54;

/** When an execution has ended, well or badly, but not by being killed. */
export function checkEnd(world: World, execution: Execution, weather: Weather): void {
  const { name, place, end, result } = execution;
  world.changing.delete(`${place} ${name}`);
  const hasChanged = world.started.some((one) => one.by === name && one.place === place);
  if (end === "threw" && !weather.isStoreDown) breakPromise(world, promises.endsWell, name);
  const { running } = world.stores[place].kept();
  if (!weather.isStoreDown && running.some((one) => one.execution === name))
    breakPromise(world, promises.placeFreed, name);
  for (const subject of world.affectedDatabases)
    if (isLeftOff(world, subject, execution))
      breakPromise(world, promises.persists, `${name} ended at ${world.now()}, and it is off since ${world.last.off}`);
  // Where nothing was begun, an error is all that there is to be told, and whoever started the execution is told it.
  if (weather.isTopicDown || (end === "threw" && !hasChanged)) return;
  const last = world.lastTold.get(`${place} ${name}`);
  const ends = result?.map(({ outcome }) => outcome.end) ?? [];
  const expected = ends.includes("repaired") ? "succeeded" : ends.includes("failed") ? "failed" : "refused";
  const isNotified =
    end === "threw" ? /succeeded|failed/.test(last?.type ?? "") : last?.type === `remediation.${expected}`;
  if (!isNotified) breakPromise(world, promises.notified, `${name} ${end}, and told ${last?.type ?? "nothing"}`);
}

/** Whether an execution leaves a database off that it has turned off itself, or has tried to turn on. */
function isLeftOff(world: World, { arn }: Subject, { request, result, stake }: Execution): boolean {
  // Whoever is not let near it any more, because its owner took the opt-in back, leaves it to the audit.
  if (result?.every(({ outcome }) => outcome.end === "refused")) return false;
  if (!stake.isHeld || request.database.arn !== arn || !liveOne(world, { arn })) return false;
  return world.orphaned.has(arn) && hoursBetween(world.last.off, world.now()) < 23;
}

/** When an execution was killed, and will not go on. */
export function countAsDead({ changing, cloud, last }: World, { name, place }: Execution): void {
  last.blow = cloud.now().toISOString();
  const entry = changing.get(`${place} ${name}`);
  if (entry !== undefined) entry.until = new Date(cloud.now().getTime() + expiryHours * 3_600_000).toISOString();
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

/** When nobody is at work any more: how was everything left? */
export async function checkLeft(world: World, left: Left): Promise<void> {
  const { policy, cloud, now } = world;
  const reading = { policy, rules, forRepair: true, now: now() };
  const target = await readTarget(createInProcessRegion(cloud, scope), reading);
  const { findings } = judgeTarget(target, policy, rules, now());
  const finds: Finds = (arn, rule) => findings.some((one) => one.resource.arn === arn && one.rule === rule);
  for (const subject of world.affectedDatabases) {
    const database = liveOne(world, subject);
    if (database === undefined) {
      // Whoever was killed before, or has another state, cannot forget what was written down for it.
      const isUndisturbed = world.last.blow === startAt && !world.hasStrangers;
      if (isUndisturbed && world.stores.service.kept().secretSnapshots[subject.arn] !== undefined)
        breakPromise(world, promises.cleanedUp, `${subject.arn} is gone, and has a keepsake`);
      continue;
    }
    checkOrphan(world, subject, finds);
    if (left.expects === "untouched") continue;
    if (!left.isAtRest) breakPromise(world, promises.comesToRest, subject.arn);
    if (left.expects === "nothing") continue;
    checkManaged(world, subject, database, left);
    if (left.expects === "goal" && finds(subject.arn, left.rule))
      breakPromise(world, promises.repaired, `${left.rule} still finds ${subject.arn}`);
  }
  const { instances, clusters, tenants } = world.here;
  for (const other of [...instances.values(), ...clusters.values(), ...tenants.values()])
    if (!world.affectedDatabases.some(({ arn }) => arn === arnOf(other)) && toggleTagOf(other) !== undefined)
      breakPromise(world, promises.nothingElse, `${arnOf(other)} has a mark`);
}

/** One that was left off, with a password that nobody knows, is found; by another rule where a person has taken the mark off. */
function checkOrphan(world: World, { arn }: Subject, finds: Finds): void {
  const rule = world.unmarked.has(arn) ? "master-password-managed" : "toggle-not-interrupted";
  if (world.orphaned.has(arn) && !finds(arn, rule))
    breakPromise(world, promises.notLeft, `${rule} does not find ${arn}`);
}

function checkManaged(world: World, subject: Subject, database: AnyDatabase, { goal, expects }: Left): void {
  const { arn } = subject;
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
    ...(secretSnapshots[arn] === undefined ? [] : ["a keepsake"]),
    ...(running.some((one) => one.arn === arn) ? ["a running entry"] : []),
  ];
  if (left.length > 0) breakPromise(world, promises.cleanedUp, `${arn} has ${left.join(" and ")}`);
}

function checkSecret(
  world: World,
  { arn, before }: Subject,
  { SecretArn, KmsKeyId }: NonNullable<AnyDatabase["MasterUserSecret"]>,
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
  if (!isSame && !isArnSaid(world, arn, SecretArn)) breakPromise(world, promises.arnTold, SecretArn);
  // Only a stranger to whoever turned management off may not know what there was.
  const excuse = world.hasStrangers ? /could not be restored|No snapshot of the old secret/ : /could not be restored/;
  if (notified.some(({ message }) => excuse.test(message))) return;
  const lost = describeLost(secret, goal);
  if (lost.length > 0) breakPromise(world, promises.restored, lost.join(", "));
}

/** What was enabled at a terminal, by a process that was killed, only the state of that terminal knows: whoever runs it again is told. */
function isArnSaid({ notified, stores: { terminal, laptop } }: World, arn: string, secretArn: string): boolean {
  const unfinished = [terminal, laptop].flatMap((store) => store.kept().running);
  if (unfinished.some((one) => one.arn === arn && one.action === "enable")) return true;
  return notified.some(({ secret, message }) => secret.after === secretArn || /ARN could not be read/.test(message));
}

/** What a secret does not have that it should. */
function describeLost({ ARN, RotationEnabled, RotationRules, Tags, resourcePolicy }: Secret, goal: Goal): string[] {
  const schedule = JSON.stringify(RotationRules);
  const isOnSchedule = RotationEnabled === true && schedule === JSON.stringify(goal.rotationRules);
  return [
    ...(isOnSchedule ? [] : [`the schedule is ${RotationEnabled ? schedule : "none"}`]),
    ...goal.tags.flatMap(({ Key, Value }) =>
      Tags.some((tag) => tag.Key === Key && tag.Value === Value) ? [] : [`the tag ${Key} is missing`],
    ),
    ...(goal.hasResourcePolicy && resourcePolicy !== policyFor(ARN) ? ["the policy is another"] : []),
  ];
}
