import { addMinutes } from "../../lib/model/time.ts";
import { audit, passToNextNoon, planAll, planAtTerminal } from "./audits.ts";
import { countAsDead } from "./check-end.ts";
import type { Execution } from "./execution.ts";
import { type AtPoint, createTroupe, type Troupe } from "./life.ts";
import { live, type Scene } from "./run-execution.ts";
import type { StoreName, World } from "./world.ts";

/** How a trial starts: who executes what, and how a killed execution continues. Daily audits follow. */
export type Opening = {
  readonly name: string;
  readonly play: (scene: Scene, at: AtPoint) => Promise<readonly Execution[]>;
};

/** Seconds until a dead process is noticed, in turn. */
const deathPauses = [1, 40, 200, 7200];

function pauseAfterDeath({ cloud, journal }: World): void {
  cloud.advance({ seconds: deathPauses[journal.length % deathPauses.length] ?? 1 });
}

const maxLives = 6;

/** Runs an execution, and runs it again with what it remembers while it is killed; `between` is what others do meanwhile. */
async function replay(execution: Execution, scene: Scene, between = async () => {}): Promise<void> {
  while ((await live(execution, scene)) === "died") {
    if (execution.lives >= maxLives) return countAsDead(scene.world, execution);
    pauseAfterDeath(scene.world);
    await between();
  }
}

/** Runs an execution once. */
export async function runOnce(execution: Execution, scene: Scene): Promise<"ended" | "died"> {
  const how = await live(execution, scene);
  if (how === "died") countAsDead(scene.world, execution);
  return how;
}

/** A person at a terminal starts a repair, and starts it again when the process died. */
async function standBy(scene: Scene, times: number): Promise<Execution[]> {
  const { world, weather, skewMinutes = 0 } = scene;
  const started: Execution[] = [];
  for (let time = 0; time < times; time += 1) {
    if (time > 0) pauseAfterDeath(world);
    const [subject] = world.affectedDatabases;
    if (time > 0) waitForLease(world, skewMinutes);
    const now = addMinutes(world.now(), skewMinutes);
    const execution = subject && (await planAtTerminal(world, subject, { storeName: "terminal", weather, now }));
    if (!execution) break;
    started.push(execution);
    if ((await runOnce(execution, scene)) === "ended") break;
  }
  return started;
}

/** The person reads when the lease of the dead run expires, and starts again then. */
function waitForLease({ cloud, stores, now }: World, skewMinutes: number): void {
  const present = addMinutes(now(), skewMinutes);
  const [expiresAt = present] = stores.terminal.kept().running.map((one) => one.expiresAt);
  cloud.advance({ seconds: Math.max(0, (Date.parse(expiresAt) - Date.parse(present)) / 1000) });
}

async function auditFirst({ world, weather }: Scene): Promise<readonly Execution[]> {
  return (await audit(world, weather, [])).due;
}

/** The execution of an audit is killed for good. Only later audits continue it. */
export const killedForGood: Opening = {
  name: "killed for good",
  async play(scene) {
    const due = await auditFirst(scene);
    for (const execution of due) await runOnce(execution, scene);
    return due;
  },
};

/** AWS reports each death, and an audit follows on it at once. */
export const reported: Opening = {
  name: "reported dead",
  async play(scene) {
    const { world, weather } = scene;
    const all = [...(await auditFirst(scene))];
    for (const execution of all) {
      if ((await runOnce(execution, scene)) === "ended" || all.length >= maxLives) continue;
      pauseAfterDeath(world);
      all.push(...(await audit(world, weather, all, execution)).due);
    }
    return all;
  },
};

/** A durable engine goes on where it was, with what it remembers. */
export const replayed: Opening = {
  name: "replayed",
  async play(scene) {
    const due = await auditFirst(scene);
    for (const execution of due) await replay(execution, scene);
    return due;
  },
};

/** The same, after a terminal with a state of its own tried. */
export const overtaken: Opening = {
  name: "overtaken by a terminal, and replayed",
  async play(scene) {
    const due = await auditFirst(scene);
    for (const execution of due) await replay(execution, scene, async () => void (await standBy(scene, 1)));
    return due;
  },
};

/** A terminal, which remembers nothing but its state, is run again at once. */
export const runAgain: Opening = { name: "run again at a terminal", play: (scene) => standBy(scene, 4) };

/** The same with a clock that is wrong. */
export const runAgainAt = (skewMinutes: number): Opening => ({
  name: `run again at a terminal whose clock is ${skewMinutes} minutes ahead`,
  play: (scene) => standBy({ ...scene, skewMinutes }, 4),
});

/** A terminal is not run again: what it left is found by the service's audits, which do not know its state. */
export const leftToStrangers: Opening = { name: "left to strangers by a terminal", play: (scene) => standBy(scene, 1) };

/** Who is at work at the same time as the service, and where they keep what they know. */
export const rivals = [
  { name: "a terminal with a state of its own", storeNames: ["terminal"] },
  { name: "a terminal with the service's state", storeNames: ["service"] },
  { name: "two terminals with one state", storeNames: ["terminal", "terminal"] },
  { name: "two terminals with a state each", storeNames: ["terminal", "laptop"] },
] as const satisfies readonly { name: string; storeNames: readonly StoreName[] }[];
export type Rival = (typeof rivals)[number];

/** The service and terminals start at the same time, from the same observation. */
export function raced(seed: number, { name, storeNames }: Rival): Opening {
  return {
    name: `the service and ${name} at once (seed ${seed})`,
    async play(scene, at) {
      const { world, weather } = scene;
      const due = await auditFirst(scene);
      const [subject] = world.affectedDatabases;
      const cast = [...due];
      for (const storeName of storeNames) {
        const terminal = subject && (await planAtTerminal(world, subject, { storeName, weather }));
        if (terminal) cast.push(terminal);
      }
      await playTogether(cast, { ...scene, stage: createTroupe(world, { seed, at }) });
      return due;
    },
  };
}

/** Executions for all databases start at the same time. */
export function crowded(seed: number): Opening {
  return {
    name: `all at once (seed ${seed})`,
    async play(scene, at) {
      const { world, weather } = scene;
      const cast = await planAll(world, weather);
      await playTogether(cast, { ...scene, stage: createTroupe(world, { seed, at }) });
      return cast;
    },
  };
}

/** What was given up for dead comes back after days, when another execution is about to finish its work. */
export function cameBack(seed: number): Opening {
  return {
    name: `came back after days, beside its successor (seed ${seed})`,
    async play(scene, at) {
      const { world, weather } = scene;
      const dead = await auditFirst(scene);
      for (const execution of dead) await runOnce(execution, scene);
      for (let day = 1; day < 40; day += 1) {
        passToNextNoon(world);
        const { due } = await audit(world, weather, dead);
        if (due.length === 0) continue;
        const cast = [...dead.filter(({ end }) => end === null), ...due];
        await playTogether(cast, { ...scene, stage: createTroupe(world, { seed, at }) });
        return [...dead, ...due];
      }
      return dead;
    },
  };
}

/** Runs executions at the same time; those of the service are replayed when they are killed. */
async function playTogether(cast: readonly Execution[], scene: Scene & { stage: Troupe }): Promise<void> {
  const runs = cast.map((execution) => (execution.isAtTerminal ? runOnce(execution, scene) : replay(execution, scene)));
  await Promise.all([scene.stage.play(), ...runs]);
}
