import type { ActionName } from "../../lib/model/action.ts";
import { gateNames } from "../../lib/model/gates.ts";
import type { RemediationEvent } from "../../lib/model/remediation-event.ts";
import type { RemediationState } from "../../lib/model/remediation-state.ts";
import type { SimulatedDatabase } from "../../simulator/resources.ts";
import type { InProcessCall } from "../support/in-process-region.ts";
import type { Life } from "./life.ts";
import { breakPromise, promises } from "./promises.ts";
import { adopt, liveOne, livingSecretsOf, type Subject, targetOf, toggleTagOf, type World } from "./world.ts";

/** What a changing call begins; null for one that goes on with what was begun. */
function beginningOf(world: World, { step }: Life, { action, params }: InProcessCall): ActionName | null {
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
  if (!gateNames.some((name) => name === gate)) throw new Error(`there is no gate ${gate}`);
  if (["no-proxy", "secret-not-replicated"].includes(gate)) return action === "toggle";
  if (["no-replicas", "not-stack-owned"].includes(gate)) return action === "toggle" || action === "enable";
  return true;
}

/** What somebody left pending is in nobody's way once it is applied. */
function hasPassed(world: World, subject: Subject, gate: string): boolean {
  if (gate !== "nothing-pending") return false;
  const { field } = world.pendings.get(subject.arn) ?? {};
  return field === undefined || !(field in (liveOne(world, subject)?.PendingModifiedValues ?? {}));
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
  world.started.push({ by, place, at: now });
  if (place !== "service") return;
  const others = [...changing].filter(
    ([other, { until }]) => other !== name && other.startsWith(place) && (until === null || until > now),
  );
  if (others.some(([, one]) => one.arn === arn)) breakPromise(world, promises.alone, `${by} begins beside another`);
  if (others.length >= atOnce) breakPromise(world, promises.atOnce, `${by} begins beside ${others.length}`);
  const dayAgo = new Date(Date.parse(now) - 86_400_000).toISOString();
  const today = world.started.filter((one) => one.place === place && one.at > dayAgo).length;
  if (today > perDay) breakPromise(world, promises.perDay, `${by} begins ${action} as number ${today}`);
  if (world.stopped.since !== null && world.stopped.since <= (attemptSince ?? 0))
    breakPromise(world, promises.circuit, `${by} begins ${action} although all is stopped`);
}

/** After every call: what has to hold at any moment. */
export function checkNow(world: World): void {
  for (const subject of world.affectedDatabases) {
    const database = liveOne(world, subject);
    if (database === undefined) continue;
    const { arn } = subject;
    forgetRefusedOff(world, subject, database);
    const isMarked = toggleTagOf(database) !== undefined || world.unmarked.has(arn);
    if (world.orphaned.has(arn) && !isMarked) breakPromise(world, promises.marked, `${arn} is not marked`);
    if (livingSecretsOf(world, arn).length > 1) breakPromise(world, promises.oneSecret, arn);
  }
}

/** After a call that changes something: what somebody had left pending before this step looked still waits for its window. */
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

/** After every write of the state of remediation. */
export function checkBudget(world: World, { by, place }: Life, { running, stopped }: RemediationState): void {
  const now = world.now();
  if (place === "service")
    world.stopped.since = stopped === null ? null : (world.stopped.since ?? world.journal.length);
  // Whoever goes on to another action begins anew when it is at work again.
  if (!running.some(({ execution, isChanging }) => execution === by && isChanging))
    world.changing.delete(`${place} ${by}`);
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
