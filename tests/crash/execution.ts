import { AwsCallError } from "../../lib/model/errors.ts";
import type { Order } from "../../lib/model/order.ts";
import type { RemediationEvent } from "../../lib/model/remediation-event.ts";
import type { RemediationState } from "../../lib/model/remediation-state.ts";
import { type Remediation, type RemediationRequest, remediateDatabase } from "../../lib/remediate-database.ts";
import type { Stored } from "../../lib/update-stored.ts";
import { rules } from "../../rules/index.ts";
import { createInProcessRegion, type InProcessCall, type InProcessRegion } from "../support/in-process-region.ts";
import { createLife, type Life, type Stage } from "./life.ts";
import { checkBudget, checkChange, checkEnd, checkKept, checkNow, checkPending, checkTold } from "./promises.ts";
import { createWorkflow, type Memory, type WorkflowOptions } from "./workflow.ts";
import { adopt, isRead, liveOne, note, orphan, type Place, scope, targetOf, type World } from "./world.ts";

/** What goes wrong from outside, until it is set back. */
export type Weather = {
  /** The next call that reads gets an older answer. */
  isStale: boolean;
  /** What the next call, or every one, is refused with: instead of AWS, and with what it was asked. */
  refuse: ((call: InProcessCall) => Error | null) | null;
  storeFails: (() => Error | null) | null;
  tellFails: (() => Error | null) | null;
  /** Whether the store, or whoever is told, is down for days: then neither can be expected to know how things ended. */
  isStoreDown: boolean;
  isTopicDown: boolean;
};

export const calm = (): Weather => ({
  ...{ isStale: false, refuse: null, storeFails: null, tellFails: null },
  ...{ isStoreDown: false, isTopicDown: false },
});

/** One safeguard taken away: what an execution is given, made worse. */
export type Sabotage = {
  readonly name: string;
  readonly spoil: (request: RemediationRequest, life: Life, world: World) => RemediationRequest;
};

/** One execution: what it is to do, where it keeps what it knows, and what became of it. */
export type Execution = {
  readonly name: string;
  readonly order: Order;
  readonly place: Place;
  /** A person stands by, who has approved it and does not wait for a window. */
  readonly isAtTerminal: boolean;
  readonly memory: Memory;
  lives: number;
  end: "ended" | "threw" | null;
  result: Remediation | null;
};

export function createExecution(name: string, order: Order, place: Place): Execution {
  const isAtTerminal = name.startsWith("terminal-");
  return { name, order, place, isAtTerminal, memory: { checkpoints: [] }, lives: 0, end: null, result: null };
}

export type Surroundings = {
  readonly world: World;
  readonly stage: Stage;
  readonly weather: Weather;
  readonly sabotage?: Sabotage | undefined;
  readonly answer: WorkflowOptions["answer"];
};

/** Runs an execution until it ends, or dies, with the memory that it has. */
export async function live(execution: Execution, surroundings: Surroundings): Promise<"ended" | "died"> {
  const { world, stage, weather, sabotage, answer } = surroundings;
  const { name, order, place, memory } = execution;
  const life = createLife(name, place);
  execution.lives += 1;
  note(world, name, execution.lives === 1 ? `begins: ${order.action} for ${order.rule}` : "goes on");
  const request: RemediationRequest = {
    ...{ order, rules, now: world.now },
    execution: name,
    policy: world.policy,
    isEnabled: true,
    approvedBy: execution.isAtTerminal ? "ann" : null,
    waits: !execution.isAtTerminal,
    port: createPort(world, life, stage, weather),
    state: createState(world, life, stage, weather),
    tell: createTell(world, life, stage, weather),
    workflow: createWorkflow({
      ...{ life, stage, memory, answer, now: world.now },
      hear(decision) {
        note(world, "a person", decision);
        if (decision === "approved") world.approved.add(name);
      },
      keep(text) {
        world.moves += 1;
        checkKept(world, "a checkpoint", text);
      },
    }),
  };
  const ended = remediateDatabase(sabotage?.spoil(request, life, world) ?? request).then(
    (result) => {
      execution.result = result;
      execution.end = "ended";
      return "ended" as const;
    },
    (error: Error) => {
      execution.end = "threw";
      checkKept(world, "an error", `${error.message}\n${error.stack}`);
      note(world, name, `threw ${error.message}`);
      return "ended" as const;
    },
  );
  const how = await Promise.race([ended, life.death]);
  if (how === "ended") checkEnd(world, execution, weather);
  return how;
}

/** The port of one life: each call passes a point before and after, is noted, and is looked at by the promises. */
export function createPort(world: World, life: Life, stage: Stage, weather: Weather): InProcessRegion {
  return createInProcessRegion(world.cloud, scope, async (call, perform) => {
    await stage.pass(life, `before ${call.action}`, call);
    const answer = meet(world, life, weather, call, perform);
    await stage.pass(life, `after ${call.action}`, call);
    if (answer instanceof Error) throw answer;
    return answer;
  });
}

/** Virtual seconds that a call takes. */
const secondsPerCall = 0.2;

function meet(world: World, life: Life, weather: Weather, call: InProcessCall, perform: () => object): object | Error {
  const { journal, cloud } = world;
  life.attemptSince ??= journal.length;
  const changes = isRead(call) ? null : targetOf(call);
  if (changes !== null) checkChange(world, life, call);
  const before = changes === null ? [] : passwordStates(world);
  let answer: object | Error;
  try {
    const refusal = weather.refuse?.(call) ?? null;
    if (refusal !== null) throw refusal;
    answer = perform();
    if (changes === null) answer = recollect(world, weather, call, answer);
  } catch (error) {
    answer = error as Error;
  }
  const said = answer instanceof Error ? codeOf(answer) : "ok";
  journal.push({ type: "call", at: world.now(), by: life.by, step: life.step, action: call.action, changes, answer: said });
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
  return world.subjects.map((subject) => {
    const database = liveOne(world, subject);
    return {
      arn: subject.arn,
      secretArn: database?.MasterUserSecret?.SecretArn,
      isPending: database?.PendingModifiedValues.MasterUserPassword !== undefined,
    };
  });
}

/** Whose password nobody knows any more, or somebody does again: by what happened, whatever the caller was told. */
function noteEffects(
  world: World,
  life: Life,
  before: ReturnType<typeof passwordStates>,
  { action, params }: InProcessCall,
): void {
  if (action === "rds:AddTagsToResource") world.unmarked.delete(String(params.ResourceName));
  if (typeof params.MasterUserPassword === "string") world.passwords.add(params.MasterUserPassword);
  for (const [index, { arn, secretArn, isPending }] of passwordStates(world).entries()) {
    if (!isPending || before[index]?.isPending) continue;
    if (params.ManageMasterUserPassword === false) orphan(world, arn, `${life.place} ${life.by}`);
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

/** The store of one life, as S3 is: each read and write passes a point before and after. */
function createState(world: World, life: Life, stage: Stage, weather: Weather): Stored<RemediationState> {
  const stored = world.stores[life.place];
  return {
    async read() {
      await stage.pass(life, "before reading the state");
      const failure = weather.storeFails?.() ?? null;
      const read = await stored.read();
      await stage.pass(life, "after reading the state");
      if (failure !== null) throw failure;
      return read;
    },
    async write(value, version) {
      await stage.pass(life, "before writing the state");
      const failure = weather.storeFails?.() ?? null;
      world.moves += 1;
      const isWritten = failure === null && (await stored.write(value, version));
      checkKept(world, "the state", JSON.stringify(value));
      checkBudget(world, life, stored.kept());
      await stage.pass(life, "after writing the state");
      if (failure !== null) throw failure;
      return isWritten;
    },
  };
}

function createTell(world: World, life: Life, stage: Stage, weather: Weather) {
  return async (event: RemediationEvent): Promise<void> => {
    await stage.pass(life, `before telling ${event.type}`);
    const failure = weather.tellFails?.() ?? null;
    world.moves += 1;
    if (failure === null) {
      checkKept(world, "a message", JSON.stringify(event));
      checkTold(world, event);
      world.told.push(event);
      world.lastTold.set(`${life.place} ${life.by}`, event);
      note(world, life.by, `told ${event.type}: ${event.message}`);
    }
    await stage.pass(life, `after telling ${event.type}`);
    if (failure !== null) throw failure;
  };
}

/** As S3 fails, for now or for good. */
export function storeError(isTransient: boolean): Error {
  return new AwsCallError("s3:PutObject", isTransient ? "InternalError" : "AccessDenied", "the store is not there");
}
