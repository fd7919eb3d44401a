import { afterAll, expect, test } from "@jest/globals";
import { crowded, raced, replayed, rivals } from "./openings.ts";
import { type Deed, deeds } from "./people.ts";
import { promises } from "./promises.ts";
import { type SabotageName, sabotages } from "./sabotages.ts";
import { aScenario, type FaultName } from "./scenarios.ts";
import { callPoints, createSuite, say } from "./suite.ts";
import { deedAt, mishapAt, mishaps, nothingTurnsOff } from "./troubles.ts";
import { type Play, tryOut } from "./try-out.ts";

/** Not asked whether promises hold: each sabotage has to break one. */
const suite = createSuite();
/** The trials that broke a promise, without the sabotage: they must break none, or the sabotage would not be the cause. */
const honest = createSuite();
afterAll(() => {
  say("sabotaged", suite);
  say("the same without sabotage", honest);
});

const wrongKey = aScenario("wrong key", "instance");
const numbersOf = async (name: FaultName, points: typeof callPoints) =>
  points(await tryOut({ scenario: aScenario(name, "instance"), opening: replayed }));

/** Nothing goes wrong but the sabotage. */
const undisturbed = (name: FaultName, opening = replayed) =>
  async function* (): AsyncGenerator<Play> {
    yield { scenario: aScenario(name, "instance"), opening };
  };

const disturbed = (name: FaultName, ...changes: readonly Partial<Deed>[]) =>
  async function* (): AsyncGenerator<Play> {
    for (const number of await numbersOf(name, callPoints))
      for (const change of changes) {
        const deed = deeds.find((one) => one.name === change.name);
        if (deed === undefined) throw new Error(`unknown deed ${change.name}`);
        const trouble = deedAt(number, { ...deed, ...change });
        yield { scenario: aScenario(name, "instance"), opening: replayed, trouble };
      }
  };

const failing = (name: FaultName) =>
  async function* (): AsyncGenerator<Play> {
    for (const number of await numbersOf(name, callPoints))
      for (const mishap of mishaps)
        yield { scenario: aScenario(name, "instance"), opening: replayed, trouble: mishapAt(number, mishap) };
  };

async function* racing(): AsyncGenerator<Play> {
  for (let seed = 1; seed <= 20; seed += 1) yield { scenario: wrongKey, opening: raced(seed, rivals[1]) };
}

async function* crowding(): AsyncGenerator<Play> {
  const scenario = aScenario("wrong key", "instance", { databases: 6 });
  for (let seed = 1; seed <= 100; seed += 1) yield { scenario, opening: crowded(seed) };
}

async function* stopping(): AsyncGenerator<Play> {
  const remediation = { budget: { atOnce: 2, perDay: 9 }, stopAfterFailures: 2 };
  const scenario = aScenario("wrong key", "instance", { databases: 6, remediation });
  for (let seed = 1; seed <= 20; seed += 1) yield { scenario, opening: crowded(seed), trouble: nothingTurnsOff() };
}

/** For each sabotage, trials among which one finds it out, and a promise that is broken then. */
const cases: Record<SabotageName, readonly [() => AsyncGenerator<Play>, ...(keyof typeof promises)[]]> = {
  "the toggle tag is not written": [undisturbed("wrong key"), "repaired"],
  "the toggle tag is not checked before management is turned off": [
    disturbed("wrong key", { name: "the toggle tag is removed" }),
    "tagged",
  ],
  "an action starts on an earlier observation": [disturbed("wrong key", { name: "the opt-in is taken back" }), "gates"],
  "the gates are not checked again before management is turned off": [
    disturbed("wrong key", { name: "a proxy is given the secret" }),
    "gates",
  ],
  "management is turned on only once": [undisturbed("wrong key"), "truthful"],
  "turning off is requested again, and its refusal believed": [failing("wrong key"), "persists"],
  // Management is not turned off then.
  "no secret snapshot is stored": [undisturbed("wrong key"), "repaired"],
  "an execution takes no slot": [racing, "alone"],
  "an execution keeps its slot": [undisturbed("overdue rotation"), "slotFreed"],
  // Each execution looks twice: that one was written over shows when it wants to leave.
  "the state is written without a version check": [crowding, "slotFreed"],
  "an execution has a budget of its own": [crowding, "atOnce", "perDay"],
  "an execution ignores the circuit breaker": [stopping, "circuit"],
  "no approval is requested": [undisturbed("wrong key, with approval"), "approved"],
  "no window is waited for": [undisturbed("wrong key, with approval"), "inWindow"],
  "no other key is tried": [
    disturbed("wrong key", { name: "the key is disabled", undo: () => {}, expects: "managed" }),
    "onAgain",
  ],
  "pending modifications are applied early": [
    disturbed("wrong key", { name: "a modification is left pending" }),
    "pending",
  ],
  "nothing is restored": [undisturbed("wrong key"), "restored"],
  "what was done is not verified": [undisturbed("impaired for good"), "comesToRest"],
  "nothing is notified": [undisturbed("wrong key"), "notified"],
  "failures are not notified": [
    disturbed("wrong key", { name: "a read replica is added" }, { name: "the database is stopped" }),
    "notified",
  ],
  "the toggle tag stays": [undisturbed("wrong key"), "cleanedUp"],
  "a step remembers the password": [undisturbed("wrong key"), "noPassword"],
  "the password is logged": [undisturbed("wrong key"), "noPassword"],
  "another database is touched": [undisturbed("overdue rotation"), "nothingElse"],
};

/** What a sabotage breaks, in all trials up to the one with which everything wanted is broken. */
async function findOut(
  name: SabotageName,
  plays: () => AsyncGenerator<Play>,
  wanted: readonly string[],
): Promise<string[]> {
  const broken = new Set<string>();
  for await (const play of plays()) {
    const trial = await suite.play({ ...play, sabotage: { name, spoil: sabotages[name] } });
    if (trial.broken.length > 0) await honest.play(play);
    for (const one of trial.broken) broken.add(one.split(": ")[0] ?? one);
    if (wanted.every((promise) => broken.has(promise))) break;
  }
  return [...broken];
}

test.each(Object.entries(cases) as [SabotageName, (typeof cases)[SabotageName]][])(
  "%s",
  async (name, [plays, ...broken]) => {
    const wanted = broken.map((promise) => promises[promise]);
    expect(await findOut(name, plays, wanted)).toEqual(expect.arrayContaining(wanted));
    expect(honest.report()).toBe("");
  },
);
