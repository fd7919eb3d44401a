import { resume as resumeRemediation } from "../../lib/audit/keep-remediation.ts";
import { isStartable, makePlan, type PlanOptions, toOrdered } from "../../lib/audit/plan.ts";
import { concludeInterrupted } from "../../lib/conclude-interrupted.ts";
import type { Database } from "../../lib/model/database.ts";
import type { Inventory } from "../../lib/model/inventory.ts";
import type { Order } from "../../lib/model/order.ts";
import { readTarget } from "../../lib/read-target.ts";
import { settleRemediations } from "../../lib/settle-remediations.ts";
import { startRemediations } from "../../lib/start-remediations.ts";
import { rules } from "../../rules/index.ts";
import {
  calm,
  createExecution,
  createPort,
  type Execution,
  live,
  type Sabotage,
  type Surroundings,
  type Weather,
} from "./execution.ts";
import { type AtPoint, audience, createLife, createSolo, type Point } from "./life.ts";
import { checkKept, checkLeft, countAsDead, type Expectation } from "./promises.ts";
import type { Scenario } from "./scenarios.ts";
import { withoutWaiting } from "./without-waiting.ts";
import { type Entry, note, type Place, type World } from "./world.ts";
import type { WorkflowOptions } from "./workflow.ts";

/**
 * Who executes, and how what was killed is gone on with: by a durable engine with what it remembers (`replay`), or by nobody until the
 * service's audits of the next days (`audits`); by a terminal that is run again at once and remembers nothing but its state (`terminal`),
 * or by nobody until the service finds it, which knows nothing of the terminal's state (`strangers`).
 */
export const resumptions = ["replay", "audits", "terminal", "strangers"] as const;
export type Resumption = (typeof resumptions)[number];

/** What goes wrong in one trial. */
export type Trouble = {
  readonly name: string;
  readonly at?: (point: Point, world: World, weather: Weather) => "die" | undefined;
  /** Ends what lasts, on the third day. */
  readonly lift?: (world: World, weather: Weather) => void;
  /** What may be expected in the end, where that is less than the goal. */
  readonly expects?: () => Expectation;
  /** Whether answers have to be remembered, because one will be stale. */
  readonly remembersAnswers?: boolean;
  readonly answer?: WorkflowOptions["answer"];
};

export type Trial = {
  readonly name: string;
  readonly broken: readonly string[];
  readonly points: readonly string[];
  readonly world: World;
  readonly executions: readonly Execution[];
};

export type Play = {
  readonly scenario: Scenario;
  readonly trouble: Trouble;
  readonly resumption: Resumption;
  readonly sabotage?: Sabotage | undefined;
};

const maxDays = 45;
const liftDay = 3;
const approved = { decision: "approved", afterHours: 2 } as const;
/** Seconds until somebody notices that a process died, by turns. */
const deathPauses = [1, 40, 200, 7200];

/** Plays a scenario with one trouble, until nobody has anything to do any more, and answers with the promises that were broken. */
export function tryOut({ scenario, trouble, resumption, sabotage }: Play): Promise<Trial> {
  return withoutWaiting(async (kept) => {
    const { world, goal } = scenario.setUp();
    kept((text) => checkKept(world, "the console", text));
    const weather = calm();
    if (trouble.remembersAnswers) world.answers = new Map();
    const points: string[] = [];
    const at: AtPoint = (point) => {
      points.push(point.label);
      return trouble.at?.(point, world, weather);
    };
    const stage = createSolo(world, at);
    const surroundings: Surroundings = { world, stage, weather, sabotage, answer: trouble.answer ?? approved };
    const executions: Execution[] = [];
    const run = (execution: Execution) => runToEnd(execution, surroundings, resumption);

    if (resumption === "terminal" || resumption === "strangers")
      executions.push(...(await standBy(world, run, resumption === "terminal" ? 4 : 1)));
    let isAtRest = false;
    for (let day = executions.length > 0 ? 1 : 0; day < maxDays && !isAtRest; day += 1) {
      if (day > 0) passToNextNoon(world);
      if (day === liftDay) await lift(trouble, world, weather);
      const due = await audit(world, weather, executions);
      isAtRest = due === "nothing" && (trouble.lift === undefined || day >= liftDay);
      if (due === "nothing") continue;
      for (const execution of due) {
        executions.push(execution);
        await run(execution);
      }
      tend(world);
    }
    await checkLeft(world, { goal, rule: scenario.rule, expects: trouble.expects?.() ?? "goal", isAtRest });
    return {
      name: `${scenario.name}, ${trouble.name}, then ${resumption}`,
      broken: [...world.broken],
      ...{ points, world, executions },
    };
  });
}

async function runToEnd(execution: Execution, surroundings: Surroundings, resumption: Resumption): Promise<"ended" | "died"> {
  const { world } = surroundings;
  for (;;) {
    if ((await live(execution, surroundings)) === "ended") return "ended";
    if (resumption !== "replay" || execution.lives > 5) {
      countAsDead(world, execution);
      return "died";
    }
    pauseAfterDeath(world);
  }
}

function pauseAfterDeath({ cloud, journal }: World): void {
  cloud.advance({ seconds: deathPauses[journal.length % deathPauses.length] ?? 1 });
}

/** A person at a terminal, who runs the same command again when the process died. */
async function standBy(
  world: World,
  run: (execution: Execution) => Promise<"ended" | "died">,
  times: number,
): Promise<Execution[]> {
  const begun: Execution[] = [];
  for (let time = 0; time < times; time += 1) {
    if (time > 0) pauseAfterDeath(world);
    const execution = await planAtTerminal(world);
    if (execution === null) break;
    begun.push(execution);
    if ((await run(execution)) === "ended") break;
  }
  return begun;
}

/** What a terminal would begin on the first database; its executions are always called the same. */
export async function planAtTerminal(world: World): Promise<Execution | null> {
  const inventory = await observe(world, calm());
  const [subject] = world.subjects;
  const database = inventory.targets[0]?.databases.find(({ arn }) => arn === subject?.arn);
  if (database === undefined) return null;
  const { arn, resourceId } = database;
  const execution = `terminal-${resourceId}`;
  const options = { ...planOptions(world, "terminal"), execution, approvedBy: "ann", only: new Set([arn]) };
  const first = makePlan(inventory, options).actions.find(({ gates }) => gates.every(({ open }) => open));
  if (first !== undefined) return createExecution(execution, toOrder(first), "terminal");
  await conclude(world, database, execution);
  return null;
}

/** What was begun by a process that died, and is repaired after all, is told. */
async function conclude(world: World, database: Database, execution: string): Promise<void> {
  const running = world.stores.terminal.kept().running.find((one) => one.execution === execution);
  if (running === undefined) return;
  await concludeInterrupted({
    ...{ running, database: toOrdered(database), policy: world.policy, state: world.stores.terminal, now: world.now() },
    secretArn: database.masterUserSecret?.secretArn ?? null,
    severity: "high",
    tell: async (event) => {
      world.told.push(event);
    },
  });
}

function toOrder({ action, rule, severity, database }: Order): Order {
  return { action, rule, severity, database };
}

function planOptions(world: World, place: Place): PlanOptions {
  const { policy } = world;
  return { policy, rules, state: world.stores[place].kept(), now: world.now(), isEnabled: true };
}

async function observe(world: World, weather: Weather): Promise<Inventory> {
  const port = createPort(world, createLife("audit", "service"), audience, weather);
  const target = await readTarget(port, { policy: world.policy, rules, now: world.now(), forRepair: true });
  return { schemaVersion: "1.0", observedAt: world.now(), targets: [target], gaps: [] };
}

/** The daily audit: executions that are to be started, by names that were never started before; or that nothing is left to be done. */
async function audit(world: World, weather: Weather, executions: readonly Execution[]): Promise<Execution[] | "nothing"> {
  const inventory = await observe(world, weather);
  const due: Execution[] = [];
  const { policy, stores } = world;
  await settleRemediations({
    ...{ inventory, policy, rules },
    state: stores.service,
    now: world.now(),
    tell: async (event) => {
      world.told.push(event);
    },
  });
  await startRemediations({
    ...{ inventory, policy, rules },
    state: stores.service,
    now: world.now(),
    async start(name, order) {
      if (![...executions, ...due].some((execution) => execution.name === name))
        due.push(createExecution(name, order, "service"));
    },
  });
  const { actions } = makePlan(inventory, planOptions(world, "service"));
  const isBusy = stores.service.kept().running.length > 0;
  return due.length === 0 && !isBusy && !actions.some(isStartable) ? "nothing" : due;
}

/** Audits take place at noon. */
function passToNextNoon({ cloud }: World): void {
  const day = 86_400_000;
  const next = (Math.floor(cloud.now().getTime() / day - 0.5) + 1.5) * day;
  cloud.advance({ seconds: (next - cloud.now().getTime()) / 1000 });
}

/** What was wrong is over; and a person has looked, should the circuit breaker have stopped everything. */
async function lift(trouble: Trouble, world: World, weather: Weather): Promise<void> {
  if (trouble.lift === undefined) return;
  note(world, "the weather", "all that lasted is over");
  world.last.blow = world.now();
  world.cloud.faults.splice(0);
  Object.assign(weather, calm());
  trouble.lift(world, weather);
  const { value, version } = await world.stores.service.read();
  if (value.stopped !== null) await world.stores.service.write(resumeRemediation(value), version);
}

/** A database whose rotations failed for its old secret's sake can be rotated with a new one. */
function tend({ here, subjects }: World): void {
  for (const { arn, before } of subjects)
    if (before !== null && !here.secrets.has(before.ARN)) here.failingRotations.delete(arn);
}

/** Everything that happened, for whoever has to find out why a promise was broken. */
export function describeTrial({ name, broken, world }: Trial): string {
  const lines: string[] = [];
  let reads = "";
  for (const entry of world.journal) {
    const line = describeEntry(entry);
    const isMore = entry.type === "call" && entry.changes === null && reads === `${entry.by} ${entry.step}`;
    if (isMore) lines.push(`${lines.pop()}, ${describeAnswer(entry)}`);
    else lines.push(line);
    reads = entry.type === "call" && entry.changes === null ? `${entry.by} ${entry.step}` : "";
  }
  return [name, ...broken.map((promise) => `BROKEN ${promise}`), ...lines].join("\n");
}

function describeEntry(entry: Entry): string {
  const { at, by } = entry;
  return `${at} ${by}: ${entry.type === "note" ? entry.what : `[${entry.step}] ${describeAnswer(entry)}`}`;
}

function describeAnswer({ action, changes, answer }: Extract<Entry, { type: "call" }>): string {
  if (changes !== null) return `${action} on ${changes}: ${answer}`;
  return answer === "ok" || answer === "DryRunOperationException" ? (action.split(":")[1] ?? "") : `${action}: ${answer}`;
}
