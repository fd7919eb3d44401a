import type { InProcessCall } from "../support/in-process-region.ts";
import { createRandom, type StoreName, type World } from "./world.ts";

/** One life of an execution: from its start, or from a replay, until it ends or is killed. */
export type Life = {
  /** The execution's name. */
  readonly by: string;
  readonly storeName: StoreName;
  /** What its execution has to do with management being off, in this life or another. */
  readonly stake: Stake;
  /** What the workflow is at. */
  step: string;
  /** Where in the journal the present attempt of the present step made its first call; null before that. */
  attemptSince: number | null;
  /** Starts an attempt of a step. */
  start(step: string): void;
  readonly isDead: () => boolean;
  die(): void;
  readonly death: Promise<"died">;
};

/** Whether an execution has turned management off, or tried to turn it on. */
export type Stake = { isHeld: boolean };

export function createLife(by: string, storeName: StoreName, stake: Stake = { isHeld: false }): Life {
  let isDead = false;
  let tellDeath: (how: "died") => void = () => {};
  const death = new Promise<"died">((resolve) => {
    tellDeath = resolve;
  });
  const life: Life = {
    ...{ by, storeName, death, stake },
    step: "",
    attemptSince: null,
    start(step) {
      life.step = step;
      life.attemptSince = null;
    },
    isDead: () => isDead,
    die() {
      isDead = true;
      tellDeath("died");
    },
  };
  return life;
}

/** A point at which an execution can be killed: before and after everything visible from outside. */
export type Point = {
  readonly label: string;
  readonly life: Life;
  /** The AWS call that is about to be made, or has just been made. */
  readonly call: InProcessCall | null;
};

/** What happens at a point, before the execution goes on, if it does. */
export type AtPoint = (point: Point) => "die" | undefined;

/** Whether an execution dies at a point; it is noted. */
function diesAt({ journal, now }: World, at: AtPoint, point: Point): boolean {
  const { life, label } = point;
  if (at(point) !== "die") return false;
  journal.push({ type: "note", at: now(), by: life.by, what: `is killed ${label}` });
  life.die();
  return true;
}

/** Schedules executions, one at a time, and advances the clock. A dead execution never continues. */
export type Stage = {
  pass(life: Life, label: string, call?: InProcessCall): Promise<void>;
  sleep(life: Life, milliseconds: number): Promise<void>;
};

const never = new Promise<never>(() => {});

/** For executions that run one after another: time passes while one of them sleeps. */
export function createSolo(world: World, at: AtPoint): Stage {
  return {
    async pass(life, label, call) {
      if (life.isDead() || diesAt(world, at, { life, label, call: call ?? null })) await never;
    },
    async sleep(life, milliseconds) {
      if (life.isDead()) await never;
      world.moves += 1;
      world.cloud.advance({ seconds: milliseconds / 1000 });
    },
  };
}

type Ticket = Point & { readonly go: () => void };
type Sleeper = { readonly wakesAt: number; readonly wake: () => void };

export type Troupe = Stage & {
  /** Runs all executions to their end, in an order that the seed decides. */
  play(): Promise<void>;
};

/**
 * For executions that run at the same time: each waits at each of its points until it is drawn. `stallsPerMille` is how often time passes
 * although an execution could continue: a process may be slow, or suspended.
 */
export function createTroupe(
  world: World,
  { seed, at = () => undefined, stallsPerMille = 20 }: { seed: number; at?: AtPoint; stallsPerMille?: number },
): Troupe {
  const random = createRandom(seed);
  const tickets: Ticket[] = [];
  const sleepers: Sleeper[] = [];
  const draw = <T>(from: T[]): T => from.splice(Math.floor(random() * from.length), 1)[0] as T;

  function wakeNext(): void {
    const next = sleepers.reduce((first, one) => (one.wakesAt < first.wakesAt ? one : first));
    sleepers.splice(sleepers.indexOf(next), 1);
    const seconds = Math.max(0, (next.wakesAt - world.cloud.now().getTime()) / 1000);
    world.cloud.advance({ seconds });
    next.wake();
  }

  return {
    pass: (life, label, call) =>
      new Promise((go) => {
        tickets.push({ life, label, call: call ?? null, go });
      }),
    sleep: (_life, milliseconds) =>
      new Promise((wake) => {
        sleepers.push({ wakesAt: world.cloud.now().getTime() + milliseconds, wake });
      }),
    async play() {
      for (;;) {
        // Everybody runs until they wait at their next point.
        await new Promise((resolve) => setImmediate(resolve));
        const isStalled = sleepers.length > 0 && random() * 1000 < stallsPerMille;
        if (tickets.length === 0 || isStalled) {
          if (sleepers.length === 0) return;
          wakeNext();
          continue;
        }
        const { go, ...point } = draw(tickets);
        if (!point.life.isDead() && !diesAt(world, at, point)) go();
      }
    },
  };
}

/** For reads outside of a trial: no points, no sleep. */
export const audience: Stage = { pass: async () => {}, sleep: async () => {} };
