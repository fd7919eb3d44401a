import { leaseMinutes } from "../../lib/executions/slot.ts";
import type { ActionName } from "../../lib/model/action.ts";
import { gateNames } from "../../lib/model/gates.ts";
import type { RemediationEvent } from "../../lib/model/remediation-event.ts";
import type { RemediationState } from "../../lib/model/remediation-state.ts";
import { addMinutes } from "../../lib/model/time.ts";
import type { SimulatedDatabase } from "../../simulator/resources.ts";
import type { InProcessCall } from "../support/in-process-region.ts";
import type { Life } from "./life.ts";
import { breakPromise, promises } from "./promises.ts";
import { adopt, liveOne, livingSecretsOf, type Subject, targetOf, toggleTagOf, type World } from "./world.ts";

/** The action that a changing call starts; null if it continues one. */
function startedBy(world: World, { step }: Life, { action, params }: InProcessCall): ActionName | null {
  if (action === "rds:AddTagsToResource") return "toggle";
  if (params.ManageMasterUserPassword === false) return "toggle";
  if (params.RotateMasterUserPassword === true) return "rotate";
  if (action === "secretsmanager:RotateSecret") return step === "turn rotation on" ? "schedule-rotation" : null;
  if (params.ManageMasterUserPassword !== true) return null;
  const subject = subjectOf(world, { action, params });
  const database = subject && liveOne(world, subject);
  return database === undefined || toggleTagOf(database) !== undefined || world.orphaned.has(subject?.arn ?? "")
    ? null
    : "enable";
}

function subjectOf({ affectedDatabases, here }: World, call: InProcessCall): Subject | undefined {
  const target = targetOf(call);
  return affectedDatabases.find(({ arn, identifier }) => {
    if (target === arn || target === identifier) return true;
    return target.startsWith("arn:aws:secretsmanager:") && here.secrets.get(target)?.owner === arn;
  });
}

/** Before a call that changes something: may it be made at all? */
export function checkChange(world: World, life: Life, call: InProcessCall): void {
  const subject = subjectOf(world, call);
  // A secret that is gone already cannot be looked up, and cannot be changed either.
  const isGone = String(call.params.SecretId ?? "").includes(":secret:rds!") && !world.here.secrets.has(targetOf(call));
  if (subject === undefined) {
    // RDS takes no condition: a name that changes hands between the observation and the call in one step cannot be noticed.
    const replacedSince = world.replaced.get(targetOf(call).replace(/^arn:aws:rds:.*:db:/, "")) ?? -1;
    if (!isGone && replacedSince < (life.attemptSince ?? 0))
      breakPromise(world, promises.nothingElse, `${life.by} calls ${call.action} on ${targetOf(call)}`);
    return;
  }
  const begins = startedBy(world, life, call);
  if (begins === null) return;
  const since = life.attemptSince ?? 0;
  for (const [gate, closedSince] of world.closed.get(subject.arn) ?? [])
    if (closedSince <= since && concerns(gate, begins) && !hasPassed(world, subject, gate))
      breakPromise(world, promises.gates, `${life.by} calls ${call.action} (${begins}) although ${gate} is closed`);
  checkPermitted(world, life, begins);
  const untaggedSince = world.untagged.get(subject.arn);
  if (call.params.ManageMasterUserPassword === false && untaggedSince !== undefined && untaggedSince <= since)
    breakPromise(world, promises.tagged, `${life.by} turns management off, and the toggle tag was removed before`);
  countStart(world, life, subject, begins);
}

/** Checks approval and window. */
function checkPermitted(world: World, { by }: Life, action: ActionName): void {
  const { approval, window } = world.policy.remediation;
  if (approval.some((one) => one === action) && !world.approved.has(by) && !by.startsWith("terminal-"))
    breakPromise(world, promises.approved, `${by} starts ${action}`);
  // All databases here have the same window: on Sundays from three to four.
  const now = new Date(world.now());
  const isOpen = now.getUTCDay() === 0 && now.getUTCHours() === 3;
  if (action !== "schedule-rotation" && !window.includes("any-time") && !isOpen)
    breakPromise(world, promises.inWindow, `${by} starts ${action} at ${world.now()}`);
}

/** Which actions a gate that a person closes is for. */
function concerns(gate: string, action: ActionName): boolean {
  if (!gateNames.some((name) => name === gate)) throw new Error(`there is no gate ${gate}`);
  if (["no-proxy", "secret-not-replicated"].includes(gate)) return action === "toggle";
  if (gate === "no-proxy-with-own-secret") return action === "enable";
  if (["no-replicas", "not-stack-owned"].includes(gate)) return action === "toggle" || action === "enable";
  return true;
}

/** A pending modification blocks nothing once it is applied. */
function hasPassed(world: World, subject: Subject, gate: string): boolean {
  if (gate !== "nothing-pending") return false;
  const { field } = world.pendings.get(subject.arn) ?? {};
  return field === undefined || !(field in (liveOne(world, subject)?.PendingModifiedValues ?? {}));
}

function countStart(world: World, { by, storeName, attemptSince }: Life, { arn }: Subject, action: ActionName): void {
  const { changing, policy } = world;
  const now = world.now();
  const name = `${storeName} ${by}`;
  const known = changing.get(name);
  if (known !== undefined) {
    known.hasLapsed ||= known.until <= now;
    known.until = addMinutes(now, leaseMinutes);
    return;
  }
  const { atOnce, perDay } = policy.remediation.budget;
  changing.set(name, { arn, until: addMinutes(now, leaseMinutes), hasLapsed: false });
  world.started.push({ by, storeName, at: now });
  if (storeName !== "service") return;
  const others = [...changing].filter(
    ([other, { until }]) => other !== name && other.startsWith(storeName) && until > now,
  );
  if (others.some(([, one]) => one.arn === arn)) breakPromise(world, promises.alone, `${by} starts beside another`);
  const counted = others.filter(([, { hasLapsed }]) => !hasLapsed);
  if (counted.length >= atOnce) breakPromise(world, promises.atOnce, `${by} starts beside ${counted.length}`);
  const dayAgo = new Date(Date.parse(now) - 86_400_000).toISOString();
  const today = world.started.filter((one) => one.storeName === storeName && one.at > dayAgo).length;
  if (today > perDay) breakPromise(world, promises.perDay, `${by} starts ${action} as number ${today}`);
  if (world.stopped.since !== null && world.stopped.since <= (attemptSince ?? 0))
    breakPromise(world, promises.circuit, `${by} starts ${action} although all is stopped`);
}

/** After every call: what has to hold at any moment. */
export function checkNow(world: World): void {
  for (const subject of world.affectedDatabases) {
    const database = liveOne(world, subject);
    if (database === undefined) continue;
    const { arn } = subject;
    forgetRefusedOff(world, subject, database);
    const isTagged = toggleTagOf(database) !== undefined || world.untagged.has(arn);
    if (world.orphaned.has(arn) && !isTagged) breakPromise(world, promises.tagged, `${arn} is not tagged`);
    if (livingSecretsOf(world, arn).length > 1) breakPromise(world, promises.oneSecret, arn);
  }
}

/** After a changing call: a modification that was pending before this step read still waits for its window. */
export function checkPending(world: World, { by, attemptSince }: Life): void {
  for (const subject of world.affectedDatabases) {
    const pending = world.pendings.get(subject.arn);
    const database = liveOne(world, subject);
    if (pending === undefined || database?.[pending.field] !== pending.value || world.now() >= pending.notBefore)
      continue;
    world.pendings.delete(subject.arn);
    if (pending.since < (attemptSince ?? 0))
      breakPromise(world, promises.pending, `${by} applied ${pending.field} before ${pending.notBefore}`);
  }
}

/** RDS may take a request and do nothing: its secret is there when all is over. */
function forgetRefusedOff(
  world: World,
  { arn }: Subject,
  { MasterUserSecret, PendingModifiedValues }: SimulatedDatabase,
): void {
  if (MasterUserSecret !== undefined && PendingModifiedValues.MasterUserPassword === undefined) adopt(world, arn);
}

function hasLapsed({ changing, now }: World, name: string): boolean {
  const known = changing.get(name);
  return known !== undefined && (known.hasLapsed || known.until <= now());
}

/** After every write of the state of remediation. */
export function checkBudget(world: World, { by, storeName }: Life, { running, stopped }: RemediationState): void {
  const now = world.now();
  if (storeName === "service")
    world.stopped.since = stopped === null ? null : (world.stopped.since ?? world.journal.length);
  // An execution that advances to its next action starts again.
  if (!hasLapsed(world, `${storeName} ${by}`) && !running.some((one) => one.execution === by && one.isChanging))
    world.changing.delete(`${storeName} ${by}`);
  const { atOnce } = world.policy.remediation.budget;
  const changing = running.filter(
    ({ execution, isChanging, expiresAt, action }) =>
      isChanging &&
      expiresAt > now &&
      action !== "finish-interrupted" &&
      !hasLapsed(world, `${storeName} ${execution}`),
  );
  if (changing.length > atOnce) breakPromise(world, promises.atOnce, `${changing.length} hold slots (${storeName})`);
  const alive = running.filter(({ expiresAt }) => expiresAt > now);
  if (new Set(alive.map(({ arn }) => arn)).size < alive.length)
    breakPromise(world, promises.alone, `a database has two slots (${storeName})`);
}

/** Whatever is written anywhere: no password that was ever used is in it, however it is spelled. */
export function checkKept(world: World, where: string, text: string): void {
  for (const password of world.passwords) {
    const spellings = [password, encodeURIComponent(password), Buffer.from(password).toString("base64")];
    // Said without the password: this text is kept too.
    if (spellings.some((one) => text.includes(one))) breakPromise(world, promises.noPassword, `${where} has one`);
  }
}

/** An event must be true about management at that moment. */
export function checkEvent(world: World, { managed, database: { resourceId }, message }: RemediationEvent): void {
  const subject = world.affectedDatabases.find((one) => one.resourceId === resourceId);
  const database = subject && liveOne(world, subject);
  if (managed !== null && database !== undefined && managed !== (database.MasterUserSecret !== undefined))
    breakPromise(world, promises.truthful, `"${message}" says managed: ${managed}`);
}
