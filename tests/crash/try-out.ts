import { createAccount } from "../../lib/aws/create-account.ts";
import { hoursBetween } from "../../lib/model/time.ts";
import { resume } from "../../lib/plan/remediation-state.ts";
import { startSimulator } from "../../simulator/server.ts";
import { audit, passToNextNoon } from "./audits.ts";
import { checkLeft, type Expectation } from "./check-end.ts";
import { checkKept } from "./check-work.ts";
import type { Execution } from "./execution.ts";
import { type AtPoint, createSolo, type Point } from "./life.ts";
import { type Opening, runOnce } from "./openings.ts";
import type { Sabotage, Scene } from "./run-execution.ts";
import type { Goal, Scenario } from "./scenarios.ts";
import { calm, type Weather } from "./weather.ts";
import { withoutWaiting } from "./without-waiting.ts";
import type { WorkflowOptions } from "./workflow.ts";
import { note, scope, type World } from "./world.ts";

/** What goes wrong in one trial. */
export type Trouble = {
  readonly name: string;
  /** What happens at a point; points are counted from 1, over all executions. */
  readonly at?: (point: Point & { readonly number: number }, world: World, weather: Weather) => "die" | undefined;
  /** Ends what is wrong; true where there was something to end. */
  readonly lift?: (world: World, weather: Weather) => boolean;
  /** From which day on it is ended; the third, unless said otherwise. */
  readonly liftDay?: number;
  /** What may be expected in the end, where that is less than the goal. */
  readonly expects?: () => Expectation;
  /** Whether answers have to be remembered, because one will be stale. */
  readonly remembersAnswers?: boolean;
  readonly answer?: WorkflowOptions["answer"];
};

const noTrouble: Trouble = { name: "no trouble" };

export type Play = {
  readonly scenario: Scenario;
  readonly opening: Opening;
  readonly trouble?: Trouble;
  readonly sabotage?: Sabotage | undefined;
  /** Whether AWS is called with the SDK by HTTP, instead of in this process. Only what is left in the end is checked then. */
  readonly isByHttp?: boolean;
};

/** What became of it. */
export type Trial = {
  readonly name: string;
  /** The promises that were broken, with how; none, if all is well. */
  readonly broken: readonly string[];
  /** All points that were passed: what each is called, and how much had happened by then. */
  readonly points: readonly { readonly label: string; readonly moves: number }[];
  readonly world: World;
  readonly executions: readonly Execution[];
};

/** Days on which an audit finds something to do, or something that lasts. */
const maxDays = 60;
const approval = { decision: "approved", afterHours: 2 } as const;

/** Plays a scenario with one trouble until nothing is left to do. Returns the broken promises. */
export async function tryOut({ isByHttp = false, ...play }: Play): Promise<Trial> {
  const { world, goal } = play.scenario.setUp();
  if (!isByHttp) return withoutWaiting((heard) => playIn(world, goal, play, heard));
  const simulator = await startSimulator(world.cloud, { secondsPerCall: 0.2 });
  const { endpoint } = simulator;
  const credentials = { accessKeyId: scope.account, secretAccessKey: "simulated" };
  world.port = createAccount({ name: "this account", endpoint, credentials, maxAttempts: 1 }).region(scope);
  try {
    return await playIn(world, goal, play, []);
  } finally {
    await simulator.close();
  }
}

async function playIn(
  world: World,
  goal: Goal,
  { scenario, opening, trouble = noTrouble, sabotage }: Play,
  heard: readonly string[],
): Promise<Trial> {
  if (trouble.remembersAnswers) world.answers = new Map();
  const weather = calm();
  const points: { label: string; moves: number }[] = [];
  const at: AtPoint = (point) => {
    points.push({ label: point.label, moves: world.moves });
    return trouble.at?.({ ...point, number: points.length }, world, weather);
  };
  const answer = trouble.answer ?? approval;
  const scene: Scene = { world, weather, sabotage, answer, stage: createSolo(world, at) };
  const executions: Execution[] = [...(await opening.play(scene, at))];

  const { liftDay = 3 } = trouble;
  let isAtRest = false;
  for (let day = 1; day < maxDays && !isAtRest; day += 1) {
    passOverSilence(world);
    passToNextNoon(world);
    tend(world);
    if (day >= liftDay) {
      lift(trouble, world, weather);
      await resumeAll(world.stores);
    }
    const isClear = world.cloud.faults.length === 0 && !weather.isStale;
    const found = await audit(world, weather, executions);
    executions.push(...found.due);
    for (const execution of found.due) await runOnce(execution, scene);
    isAtRest = found.isAtRest && isClear && (trouble.lift === undefined || day >= liftDay);
  }
  for (const text of heard) checkKept(world, "the console", text);
  await checkLeft(world, { goal, rule: scenario.rule, expects: trouble.expects?.() ?? "goal", isAtRest });
  const name = `${scenario.name}, ${trouble.name}, ${opening.name}`;
  return { name, broken: [...world.broken], points, world, executions };
}

/** Skips the time during which a killed execution holds its slot: audits find the same until its lease expires. */
function passOverSilence({ cloud, stores, now, last }: World): void {
  const { running } = stores.service.kept();
  const [expiresAt] = running.map((one) => one.expiresAt).sort();
  if (expiresAt === undefined || hoursBetween(last.blow, now()) < 72) return;
  cloud.advance({ hours: Math.max(0, hoursBetween(now(), expiresAt)) });
}

/** What lasts is ended. */
function lift({ lift: end }: Trouble, world: World, weather: Weather): void {
  if (!end?.(world, weather)) return;
  note(world, "the weather", "all that lasted is over");
  world.last.blow = world.now();
}

/** A person looks after the circuit breaker. */
async function resumeAll({ service }: World["stores"]): Promise<void> {
  const { value, version } = await service.read();
  if (value.stopped !== null) await service.write(resume(value), version);
}

/** A database whose rotations fail for its old secret's sake can be rotated with a new one. */
function tend({ here, affectedDatabases }: World): void {
  for (const { arn, before } of affectedDatabases)
    if (before !== null && !here.secrets.has(before.ARN)) here.failingRotations.delete(arn);
}
