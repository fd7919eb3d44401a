import { gateNames } from "../../lib/audit/gates.ts";
import { judgeTarget } from "../../lib/audit/judge.ts";
import type { ActionName } from "../../lib/model/action.ts";
import { toggleTag } from "../../lib/model/database.ts";
import type { RemediationEvent } from "../../lib/model/remediation-event.ts";
import type { RemediationState } from "../../lib/model/remediation-state.ts";
import { hoursBetween } from "../../lib/model/time.ts";
import { readTarget } from "../../lib/read-target.ts";
import { rules } from "../../rules/index.ts";
import { type AnyDatabase, arnOf } from "../../simulator/databases.ts";
import type { Secret } from "../../simulator/state.ts";
import { createInProcessRegion, type InProcessCall } from "../support/in-process-region.ts";
import type { Execution, Weather } from "./execution.ts";
import type { Life } from "./life.ts";
import { type Goal, policyFor } from "./scenarios.ts";
import { adopt, breakPromise, liveOne, markOf, type Subject, scope, targetOf, type World } from "./world.ts";

/** Every promise that is looked after, by the name that a broken one is reported under. */
export const promises = {
  marked: "while nobody knows the password, the mark is on the database",
  oneSecret: "a database never has two living secrets",
  nothingElse: "nothing but the database and its own secret is changed",
  gates: "nothing is begun against a gate that was closed before",
  approved: "nothing is begun that a person has to approve and has not",
  inWindow: "no password is changed outside of the window",
  pending: "what somebody left pending is not applied early",
  atOnce: "never more than the budget allows are at work at once",
  perDay: "never more than the budget allows are begun in 24 hours",
  circuit: "nothing is begun after too many failures in a row",
  alone: "of two executions with one store only one is at work on a database",
  noPassword: "no password is kept anywhere",
  placeFreed: "an execution that ends frees its place",
  endsWell: "no execution ends in an error",
  told: "it is told how an execution ended",
  truthful: "what is told is so",
  notLeft: "a database that is left off is told of, with what to do, and found by the audit",
  persists: "no execution ends within a day while management is off",
  onAgain: "management is on in the end",
  soon: "management is on again within four days after the last thing went wrong",
  intended: "the secret is the one that was intended",
  restored: "what the old secret had, the new one has, or it is said that it has not",
  cleanedUp: "neither mark nor keepsake nor a running entry is left",
  arnTold: "a secret's new ARN is told, or that it could not be read",
  comesToRest: "nothing is left to be done in the end",
  repaired: "the rule that asked passes in the end",
} as const;

/** Hours after which an execution that was killed does not count any more. */
const expiryHours = 50;

/** What a changing call begins; null for one that goes on with what was begun. */
function beginningOf(world: World, { step }: Life, { action, params }: InProcessCall): ActionName | null {
  if (action === "rds:AddTagsToResource") return "toggle";
  if (params.ManageMasterUserPassword === false) return "toggle";
  if (params.RotateMasterUserPassword === true) return "rotate";
  if (action === "secretsmanager:RotateSecret") return step === "turn rotation on" ? "schedule-rotation" : null;
  if (params.ManageMasterUserPassword !== true) return null;
  const subject = subjectOf(world, { action, params });
  const database = subject && liveOne(world, subject);
  return database === undefined || markOf(database) !== undefined || world.orphaned.has(subject?.arn ?? "")
    ? null
    : "enable";
}

function subjectOf({ subjects, here }: World, call: InProcessCall): Subject | undefined {
  const target = targetOf(call);
  return subjects.find(({ arn, identifier }) => {
    if (target === arn || target === identifier) return true;
    return target.startsWith("arn:aws:secretsmanager:") && here.secrets.get(target)?.owner === arn;
  });
}

/** Before a call that changes something: may it be made at all? */
export function checkChange(world: World, life: Life, call: InProcessCall): void {
  if (life.place !== "service") world.hasStrangers = true;
  const subject = subjectOf(world, call);
  // A secret that is gone already cannot be looked up, and cannot be changed either.
  const isGone = String(call.params.SecretId ?? "").includes(":secret:rds!") && !world.here.secrets.has(targetOf(call));
  if (subject === undefined) {
    if (!isGone) breakPromise(world, promises.nothingElse, `${life.by} calls ${call.action} on ${targetOf(call)}`);
    return;
  }
  const begins = beginningOf(world, life, call);
  if (begins === null) return;
  const since = life.attemptSince ?? 0;
  for (const [gate, closedSince] of world.closed.get(subject.arn) ?? [])
    if (closedSince <= since && concerns(gate, begins) && !hasPassed(world, subject, gate))
      breakPromise(world, promises.gates, `${life.by} calls ${call.action} (${begins}) although ${gate} is closed`);
  checkLeave(world, life, begins);
  const unmarkedSince = world.unmarked.get(subject.arn);
  if (call.params.ManageMasterUserPassword === false && unmarkedSince !== undefined && unmarkedSince <= since)
    breakPromise(world, promises.marked, `${life.by} turns management off, and the mark was taken off before`);
  countBeginning(world, life, subject, begins);
}

/** Whether a person, and the clock, let it be begun. */
function checkLeave(world: World, { by }: Life, action: ActionName): void {
  const { approval, window } = world.policy.remediation;
  if (approval.some((one) => one === action) && !world.approved.has(by) && !by.startsWith("terminal-"))
    breakPromise(world, promises.approved, `${by} begins ${action}`);
  // All databases here have the same window: on Sundays from three to four.
  const now = new Date(world.now());
  const isOpen = now.getUTCDay() === 0 && now.getUTCHours() === 3;
  if (action !== "schedule-rotation" && !window.includes("any-time") && !isOpen)
    breakPromise(world, promises.inWindow, `${by} begins ${action} at ${world.now()}`);
}

/** Which actions a gate that a person closes is for. */
function concerns(gate: string, action: ActionName): boolean {
  if (!gateNames.includes(gate)) throw new Error(`there is no gate ${gate}`);
  if (["no-proxy", "secret-not-replicated"].includes(gate)) return action === "toggle";
  if (["no-replicas", "not-stack-owned"].includes(gate)) return action === "toggle" || action === "enable";
  return true;
}

/** What somebody left pending is in nobody's way once it is applied. */
function hasPassed(world: World, subject: Subject, gate: string): boolean {
  if (gate !== "nothing-pending") return false;
  return Object.keys(liveOne(world, subject)?.PendingModifiedValues ?? {}).length === 0;
}

function countBeginning(world: World, { by, place, attemptSince }: Life, { arn }: Subject, action: ActionName): void {
  const { changing, policy } = world;
  const now = world.now();
  const name = `${place} ${by}`;
  const known = changing.get(name);
  if (known !== undefined) {
    known.until = null;
    return;
  }
  const { atOnce, perDay } = policy.remediation.budget;
  changing.set(name, { arn, until: null });
  world.begun.push({ by, place, at: now });
  if (place !== "service") return;
  const others = [...changing].filter(
    ([other, { until }]) => other !== name && other.startsWith(place) && (until === null || until > now),
  );
  if (others.some(([, one]) => one.arn === arn)) breakPromise(world, promises.alone, `${by} begins beside another`);
  if (others.length >= atOnce) breakPromise(world, promises.atOnce, `${by} begins beside ${others.length}`);
  const dayAgo = new Date(Date.parse(now) - 86_400_000).toISOString();
  const today = world.begun.filter((one) => one.place === place && one.at > dayAgo).length;
  if (today > perDay) breakPromise(world, promises.perDay, `${by} begins ${action} as number ${today}`);
  if (world.stopped.since !== null && world.stopped.since <= (attemptSince ?? 0))
    breakPromise(world, promises.circuit, `${by} begins ${action} although all is stopped`);
}

/** After every call: what has to hold at any moment. */
export function checkNow(world: World): void {
  for (const subject of world.subjects) {
    const database = liveOne(world, subject);
    if (database === undefined) continue;
    const { arn } = subject;
    forgetRefusedOff(world, subject, database);
    const isMarked = markOf(database) !== undefined || world.unmarked.has(arn);
    if (world.orphaned.has(arn) && !isMarked) breakPromise(world, promises.marked, `${arn} is not marked`);
    if (secretsOf(world, arn).length > 1) breakPromise(world, promises.oneSecret, arn);
  }
}

/** After a call that changes something: what somebody had left pending before this step looked still waits for its window. */
export function checkPending(world: World, { by, attemptSince }: Life): void {
  for (const subject of world.subjects) {
    const pending = world.pendings.get(subject.arn);
    const database = liveOne(world, subject);
    if (pending === undefined || database?.[pending.field] !== pending.value || world.now() >= pending.notBefore) continue;
    world.pendings.delete(subject.arn);
    if (pending.since < (attemptSince ?? 0))
      breakPromise(world, promises.pending, `${by} applied ${pending.field} before ${pending.notBefore}`);
  }
}

/** RDS may take a request and do nothing: its secret is there when all is over. */
function forgetRefusedOff(world: World, { arn }: Subject, { MasterUserSecret, PendingModifiedValues }: AnyDatabase): void {
  if (MasterUserSecret !== undefined && PendingModifiedValues.MasterUserPassword === undefined) adopt(world, arn);
}

function secretsOf({ here }: World, arn: string): Secret[] {
  return [...here.secrets.values()].filter(({ owner, DeletedDate }) => owner === arn && DeletedDate === undefined);
}

/** After every write of the state of remediation. */
export function checkBudget(world: World, { by, place }: Life, { running, stopped }: RemediationState): void {
  const now = world.now();
  if (place === "service") world.stopped.since = stopped === null ? null : (world.stopped.since ?? world.journal.length);
  if (!running.some(({ execution }) => execution === by)) world.changing.delete(`${place} ${by}`);
  const { atOnce } = world.policy.remediation.budget;
  const changing = running.filter(
    ({ isChanging, expiresAt, action }) => isChanging && expiresAt > now && action !== "finish-interrupted",
  );
  if (changing.length > atOnce) breakPromise(world, promises.atOnce, `${changing.length} are entered (${place})`);
  const alive = running.filter(({ expiresAt }) => expiresAt > now);
  if (new Set(alive.map(({ arn }) => arn)).size < alive.length)
    breakPromise(world, promises.alone, `a database has two entries (${place})`);
}

/** Whatever is written anywhere: no password that was ever used is in it, however it is spelled. */
export function checkKept(world: World, where: string, text: string): void {
  for (const password of world.passwords) {
    const spellings = [password, encodeURIComponent(password), Buffer.from(password).toString("base64")];
    // Said without the password: this text is kept too.
    if (spellings.some((one) => text.includes(one))) breakPromise(world, promises.noPassword, `${where} has one`);
  }
}

/** Whether management is on is told only as it is at that moment. */
export function checkTold(world: World, { managed, database: { arn }, message }: RemediationEvent): void {
  const database = liveOne(world, { arn });
  if (managed !== null && database !== undefined && managed !== (database.MasterUserSecret !== undefined))
    breakPromise(world, promises.truthful, `"${message}" says managed: ${managed}`);
}

/** When an execution has ended, well or badly, but not by being killed. */
export function checkEnd(world: World, execution: Execution, weather: Weather): void {
  const { name, place, end, result } = execution;
  world.changing.delete(`${place} ${name}`);
  const hasChanged = world.begun.some((one) => one.by === name && one.place === place);
  if (end === "threw" && !weather.isStoreDown) breakPromise(world, promises.endsWell, name);
  const { running } = world.stores[place].kept();
  if (!weather.isStoreDown && running.some((one) => one.execution === name))
    breakPromise(world, promises.placeFreed, name);
  for (const subject of world.subjects)
    if (isLeftOff(world, subject, execution))
      breakPromise(world, promises.persists, `${name} ended at ${world.now()}, and it is off since ${world.last.off}`);
  // Where nothing was begun, an error is all that there is to be told, and whoever started the execution is told it.
  if (weather.isTopicDown || (end === "threw" && !hasChanged)) return;
  const last = world.lastTold.get(`${place} ${name}`);
  const ends = result?.map(({ outcome }) => outcome.end) ?? [];
  const expected = ends.includes("repaired") ? "succeeded" : ends.includes("failed") ? "failed" : "refused";
  const isTold = end === "threw" ? /succeeded|failed/.test(last?.type ?? "") : last?.type === `remediation.${expected}`;
  if (!isTold) breakPromise(world, promises.told, `${name} ${end}, and told ${last?.type ?? "nothing"}`);
}

/** Whether an execution leaves a database off that it has turned off itself, or has tried to turn on. */
function isLeftOff(world: World, { arn }: Subject, { name, place, order, result }: Execution): boolean {
  // Whoever is not let near it any more, because its owner took the opt-in back, leaves it to the audit.
  if (result?.every(({ outcome }) => outcome.end === "refused")) return false;
  if (!world.orphaned.has(arn) || !liveOne(world, { arn }) || order.database.arn !== arn) return false;
  if (hoursBetween(world.last.off, world.now()) >= 23) return false;
  const hasTried = world.journal.some((entry) => entry.type === "call" && entry.by === name && entry.step === "turn management on");
  return hasTried || world.last.offBy === `${place} ${name}`;
}

/** When an execution was killed, and will not go on. */
export function countAsDead({ changing, cloud, last }: World, { name, place }: Execution): void {
  last.blow = cloud.now().toISOString();
  const entry = changing.get(`${place} ${name}`);
  if (entry !== undefined)
    entry.until = new Date(cloud.now().getTime() + expiryHours * 3_600_000).toISOString();
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

/** When nobody is at work any more: how was everything left? */
export async function checkLeft(world: World, left: Left): Promise<void> {
  const { told, here, stores } = world;
  const target = await readTarget(createInProcessRegion(world.cloud, scope), {
    ...{ policy: world.policy, rules, forRepair: true },
    now: world.now(),
  });
  const { findings } = judgeTarget(target, world.policy, rules, world.now());
  const isFound = (arn: string, rule: string) =>
    findings.some((finding) => finding.resource.arn === arn && finding.rule === rule);
  for (const subject of world.subjects) {
    const { arn } = subject;
    const database = liveOne(world, subject);
    if (database === undefined) continue;
    const { MasterUserSecret: secret } = database;
    if (world.orphaned.has(arn)) {
      const isTold = told.some(
        (event) => event.database.arn === arn && event.type === "remediation.failed" && event.recovery.length > 0,
      );
      if (!isFound(arn, "toggle-not-interrupted") && !world.unmarked.has(arn))
        breakPromise(world, promises.notLeft, `no finding says that ${arn} is off (${isTold ? "told" : "not told"})`);
    }
    if (left.expects === "untouched") continue;
    if (!left.isAtRest) breakPromise(world, promises.comesToRest, arn);
    if (left.expects === "nothing") continue;
    if (secret === undefined) {
      breakPromise(world, promises.onAgain, `${arn} is not managed`);
      continue;
    }
    const { off, onAgain, blow } = world.last;
    if (left.expects === "goal" && hoursBetween(off > blow ? off : blow, onAgain) > 96)
      breakPromise(world, promises.soon, `${arn} was off from ${off} until ${onAgain}`);
    if (left.expects === "goal") checkSecret(world, subject, secret, left.goal);
    if (left.expects === "goal" && isFound(arn, left.rule))
      breakPromise(world, promises.repaired, `${left.rule} still finds ${arn}`);
    const { keepsakes, running } = stores.service.kept();
    const live = running.filter((one) => one.arn === arn && one.expiresAt > world.now());
    if (markOf(database) !== undefined) breakPromise(world, promises.cleanedUp, `${arn} has the tag ${toggleTag}`);
    if (keepsakes[arn] !== undefined) breakPromise(world, promises.cleanedUp, `the keepsake of ${arn} is left`);
    if (live.length > 0) breakPromise(world, promises.cleanedUp, `${arn} has a running entry`);
  }
  for (const other of [...here.instances.values(), ...here.clusters.values(), ...here.tenants.values()]) {
    const { TagList } = other;
    if (!world.subjects.some(({ arn }) => arn === arnOf(other)) && TagList.some(({ Key }) => Key === toggleTag))
      breakPromise(world, promises.nothingElse, `${arnOf(other)} has a mark`);
  }
}

function checkSecret(
  world: World,
  { arn, before }: Subject,
  { SecretArn, KmsKeyId }: { SecretArn: string; KmsKeyId?: string },
  goal: Goal,
): void {
  const { here, told } = world;
  const wrong = (how: string) => breakPromise(world, promises.intended, `${how}: ${SecretArn}`);
  const secret = here.secrets.get(SecretArn);
  if (secret === undefined) return wrong("the secret does not exist");
  if (secret.owner !== arn || secret.DeletedDate !== undefined) wrong("the secret is not its own");
  const isOtherKeySaid = told.some(({ message }) => message.includes(`did not take the key ${goal.keyArn}`));
  if (KmsKeyId !== goal.keyArn && (goal.isKeyRequired || !isOtherKeySaid))
    wrong(`the key is ${KmsKeyId}, not ${goal.keyArn}`);
  if (goal.secret === "same" && SecretArn !== before?.ARN) wrong("the secret was replaced");
  if (goal.secret === "new" && SecretArn === before?.ARN) wrong("the secret was not replaced");
  if (before !== null && SecretArn !== before.ARN && here.secrets.has(before.ARN)) wrong("the old secret is there");
  // What was enabled at a terminal, by a process that was killed, only the state of that terminal knows: whoever runs it again is told.
  const { terminal, laptop } = world.stores;
  const unfinished = [terminal, laptop].flatMap((store) => store.kept().running);
  const isTerminals = unfinished.some((one) => one.arn === arn && one.action === "enable");
  const isArnSaid =
    isTerminals ||
    told.some((event) => event.secret.after === SecretArn || /ARN could not be read/.test(event.message));
  if (SecretArn !== before?.ARN && !isArnSaid) breakPromise(world, promises.arnTold, SecretArn);
  // Only a stranger to whoever turned management off may not know what there was.
  const excuse = world.hasStrangers ? /could not be restored|Nobody wrote down/ : /could not be restored/;
  if (told.some(({ message }) => excuse.test(message))) return;
  const lost = [
    ...(secret.RotationEnabled && JSON.stringify(secret.RotationRules) === JSON.stringify(goal.rotationRules)
      ? []
      : [`the schedule is ${JSON.stringify(secret.RotationRules)}`]),
    ...goal.tags.flatMap(({ Key, Value }) =>
      secret.Tags.some((tag) => tag.Key === Key && tag.Value === Value) ? [] : [`the tag ${Key} is missing`],
    ),
    ...(goal.hasResourcePolicy && secret.resourcePolicy !== policyFor(SecretArn) ? ["the policy is another"] : []),
  ];
  if (lost.length > 0) breakPromise(world, promises.restored, lost.join(", "));
}
