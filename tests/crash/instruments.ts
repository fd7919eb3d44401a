import type { RegionPort } from "../../lib/collect/region-port.ts";
import { leaseMinutes } from "../../lib/executions/slot.ts";
import type { RemediationEvent } from "../../lib/model/remediation-event.ts";
import type { RemediationState } from "../../lib/model/remediation-state.ts";
import { addMinutes } from "../../lib/model/time.ts";
import type { RepairPort } from "../../lib/remediate/repair.ts";
import type { Stored } from "../../lib/storage/update-stored.ts";
import { createInProcessRegion, type InProcessCall } from "../support/in-process-region.ts";
import { checkBudget, checkChange, checkEvent, checkKept, checkNow, checkPending } from "./check-work.ts";
import type { Life, Stage } from "./life.ts";
import type { Weather } from "./weather.ts";
import { adopt, isRead, liveOne, note, orphan, scope, targetOf, type World } from "./world.ts";

/** What one life of an execution is connected to the world with. */
type Connection = { readonly world: World; readonly life: Life; readonly stage: Stage; readonly weather: Weather };

/** The port of one life: each call passes a point before and after, is noted, and is looked at by the promises. */
export function createPort(connection: Connection): RegionPort & RepairPort {
  const { world, life, stage } = connection;
  if (world.port !== null) return pausing(world.port, connection);
  return createInProcessRegion(world.cloud, scope, async (call, perform) => {
    await stage.pass(life, `before ${call.action}`, call);
    const answer = meet(connection, call, perform);
    await stage.pass(life, `after ${call.action}`, call);
    if (answer instanceof Error) throw answer;
    return answer;
  });
}

const changes = [
  ...["turnOn", "turnOff", "rotate", "scheduleRotation", "tagSecret", "putResourcePolicy"],
  ...["tagDatabase", "untagDatabase"],
] as readonly (keyof RepairPort)[];

/** The real port, with a point before and after each change. */
function pausing(port: RegionPort & RepairPort, { life, stage }: Connection): RegionPort & RepairPort {
  const paused = changes.map((name) => {
    const change = async (...args: unknown[]) => {
      await stage.pass(life, `before ${name}`);
      await (port[name] as (...args: unknown[]) => Promise<void>)(...args);
      await stage.pass(life, `after ${name}`);
    };
    return [name, change];
  });
  return { ...port, ...Object.fromEntries(paused) };
}

/** Virtual seconds that a call takes. */
const secondsPerCall = 0.2;

function meet({ world, life, weather }: Connection, call: InProcessCall, perform: () => object): object | Error {
  const { journal, cloud } = world;
  life.attemptSince ??= journal.length;
  const own = world.changing.get(`${life.storeName} ${life.by}`);
  if (own !== undefined && own.until > world.now()) own.until = addMinutes(world.now(), leaseMinutes);
  if (call.params.ManageMasterUserPassword === true) life.stake.isHeld = true;
  const changes = isRead(call) ? null : targetOf(call);
  if (changes !== null) checkChange(world, life, call);
  const before = changes === null ? [] : passwordStates(world);
  let answer: object | Error;
  try {
    const refusal = weather.refuse?.(call) ?? null;
    if (refusal !== null) throw refusal;
    answer = perform();
    if (weather.change !== null) answer = weather.change(call, structuredClone(answer));
    if (changes === null) answer = recollect(world, weather, call, answer);
  } catch (error) {
    answer = error as Error;
  }
  const said = answer instanceof Error ? codeOf(answer) : "ok";
  journal.push({
    ...{ type: "call", at: world.now(), by: life.by, step: life.step },
    ...{ action: call.action, changes, answer: said },
  });
  if (changes !== null) {
    world.moves += 1;
    noteEffects(world, life, before, call);
    checkPending(world, life);
  }
  checkNow(world);
  cloud.advance({ seconds: secondsPerCall });
  return answer;
}

function codeOf(error: Error): string {
  return "code" in error ? String(error.code) : error.name;
}

/** Each database's secret, and whether its password is about to change. */
function passwordStates(world: World) {
  return world.affectedDatabases.map((subject) => {
    const database = liveOne(world, subject);
    return {
      arn: subject.arn,
      secretArn: database?.MasterUserSecret?.SecretArn,
      isPending: database?.PendingModifiedValues.MasterUserPassword !== undefined,
    };
  });
}

/** Updates whose password is unknown, by what happened and not by what was answered. */
function noteEffects(
  world: World,
  life: Life,
  before: ReturnType<typeof passwordStates>,
  { action, params }: InProcessCall,
): void {
  if (action === "rds:AddTagsToResource") world.untagged.delete(String(params.ResourceName));
  if (typeof params.MasterUserPassword === "string") world.passwords.add(params.MasterUserPassword);
  for (const [index, { arn, secretArn, isPending }] of passwordStates(world).entries()) {
    if (!isPending || before[index]?.isPending) continue;
    if (params.ManageMasterUserPassword === false) {
      orphan(world, arn);
      life.stake.isHeld = true;
    }
    if (secretArn !== undefined && secretArn !== before[index]?.secretArn) adopt(world, arn);
  }
}

/** Remembers what was answered, where that is wanted; where a stale answer is due, the last one that was different. */
function recollect({ answers }: World, weather: Weather, { action, params }: InProcessCall, answer: object): object {
  if (answers === null) return answer;
  const question = `${action} ${JSON.stringify(params)}`;
  const text = JSON.stringify(answer);
  const before = answers.get(question) ?? [];
  if (before.at(-1)?.text !== text) answers.set(question, [...before.slice(-1), { text, answer }]);
  if (!weather.isStale) return answer;
  weather.isStale = false;
  return before.findLast((one) => one.text !== text)?.answer ?? answer;
}

/** An execution whose lease expired finishes what it started, although others may have taken its slot in the budget. */
function noteLapse(world: World, { by, storeName }: Life): void {
  const { running } = world.stores[storeName].kept();
  const known = world.changing.get(`${storeName} ${by}`);
  const own = running.find(({ execution }) => execution === by);
  if (known !== undefined && (own === undefined || own.expiresAt <= world.now())) known.hasLapsed = true;
}

/** The store of one life, as S3 is: each read and write passes a point before and after. */
export function createState({ world, life, stage, weather }: Connection): Stored<RemediationState> {
  const stored = world.stores[life.storeName];
  let conflicts = 0;
  return {
    name: stored.name,
    async read() {
      await stage.pass(life, "before reading the state");
      const outage = weather.storeFails?.() ?? null;
      if (outage !== null && weather.isStoreDown) world.hasLostState = true;
      const read = await stored.read();
      await stage.pass(life, "after reading the state");
      if (outage !== null) throw outage.error;
      return read;
    },
    async write(value, version) {
      await stage.pass(life, "before writing the state");
      const outage = weather.storeFails?.() ?? null;
      world.moves += 1;
      noteLapse(world, life);
      const isWritten = outage?.isDone !== false && (await stored.write(value, version));
      checkKept(world, "the state", JSON.stringify(value));
      checkBudget(world, life, stored.kept());
      await stage.pass(life, "after writing the state");
      if (outage !== null) throw outage.error;
      conflicts = isWritten ? 0 : conflicts + 1;
      // As long as the program pauses: without pauses six executions may overtake one of them eight times.
      if (!isWritten) await stage.sleep(life, 25 * 2 ** conflicts);
      return isWritten;
    },
  };
}

/** The notifier of one life. */
export function createNotify({ world, life, stage, weather }: Connection) {
  return async (event: RemediationEvent): Promise<void> => {
    await stage.pass(life, `before notifying ${event.type}`);
    const outage = weather.notifyFails?.() ?? null;
    world.moves += 1;
    if (outage?.isDone !== false) {
      checkKept(world, "a message", JSON.stringify(event));
      checkEvent(world, event);
      world.notified.push(event);
      world.lastEvent.set(`${life.storeName} ${life.by}`, event);
      note(world, life.by, `notified ${event.type}: ${event.message}`);
    }
    await stage.pass(life, `after notifying ${event.type}`);
    if (outage !== null) throw outage.error;
  };
}
