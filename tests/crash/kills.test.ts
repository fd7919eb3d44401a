import { afterAll, describe, expect, test } from "@jest/globals";
import { type Database, databaseKinds } from "../../lib/model/database.ts";
import {
  killedForGood,
  leftToStrangers,
  type Opening,
  overtaken,
  replayed,
  reported,
  runAgain,
  runAgainAt,
} from "./openings.ts";
import { aScenario, type FaultName, faultNames } from "./scenarios.ts";
import { countSeeds, createSuite, every, fewestTrials, say, tellingPoints } from "./suite.ts";
import { killedAt, laggingTags } from "./troubles.ts";
import type { Trouble } from "./try-out.ts";
import { createRandom } from "./world.ts";

const suite = createSuite();
afterAll(() => say("killed at every point", suite));

type Way = { readonly opening: Opening; readonly kind?: Database["kind"]; readonly stride?: number };

/** Kills the executions of a scenario at each of their points, one after another. */
async function killEverywhere(name: FaultName, { opening, kind = "instance", stride = 1 }: Way): Promise<void> {
  const scenario = aScenario(name, kind);
  const numbers = tellingPoints(await suite.play({ scenario, opening }));
  for (const number of every(stride, numbers)) await suite.play({ scenario, opening, trouble: killedAt(number) });
}

/** One scenario for each procedure. */
const procedures = ["no rotation", "overdue rotation", "wrong key", "unmanaged", "interrupted toggle"] as const;

describe.each(databaseKinds)("of the %s", (kind) => {
  test.each(faultNames)("%s: undisturbed, it is done in one go", async (name) => {
    const scenario = aScenario(name, kind);
    const { executions } = await suite.play({ scenario, opening: replayed });
    const [first, ...more] = executions;
    expect(first?.request).toMatchObject({ action: scenario.action, rule: scenario.rule });
    expect(first?.result?.at(-1)?.outcome).toEqual({ end: "repaired", remarks: [] });
    expect(more).toEqual([]);
    expect(suite.report()).toBe("");
  });

  test.each(procedures)("%s: killed at each point, it is gone on with, or found by the audits", async (name) => {
    for (const opening of [replayed, killedForGood]) await killEverywhere(name, { opening, kind });
    expect(suite.report()).toBe("");
  });
});

test.each(["wrong key", "unmanaged", "interrupted toggle"] as const)(
  "%s: killed at each point, others come between, begin anew, or know nothing of it",
  async (name) => {
    for (const opening of [overtaken, reported, runAgain, leftToStrangers]) await killEverywhere(name, { opening });
    expect(suite.report()).toBe("");
  },
);

test.each([
  ["impaired, until it is rotated", 2],
  ["impaired for good", 6],
  ["impaired for good, with approval", 6],
  ["wrong key, and RDS is slow", 3],
  ["wrong key, with approval", 3],
] as const)("%s: killed at points here and there", async (name, stride) => {
  for (const opening of [replayed, killedForGood]) await killEverywhere(name, { opening, stride });
  expect(suite.report()).toBe("");
});

test("two or three times in one trial", async () => {
  const random = createRandom(11);
  for (const name of [...procedures, "impaired for good"] as const)
    for (const opening of [replayed, killedForGood, overtaken, reported, runAgain, leftToStrangers]) {
      const scenario = aScenario(name, "instance");
      const { points } = await suite.play({ scenario, opening });
      for (let seed = 0; seed < countSeeds(8); seed += 1) {
        const later = (number: number) => number + 1 + Math.floor(random() * points.length);
        const [first, second] = [later(0), later(points.length / 2)];
        const numbers = seed % 2 === 0 ? [first, second] : [first, second, later(second)];
        await suite.play({ scenario, opening, trouble: killedAt(...numbers) });
      }
    }
  expect(suite.report()).toBe("");
});

describe.each([-20, 20])("a terminal whose clock is %i minutes ahead", (minutes) => {
  test.each(["wrong key", "unmanaged", "interrupted toggle"] as const)(
    "%s: killed at each point, and run again",
    async (name) => {
      await killEverywhere(name, { opening: runAgainAt(minutes), stride: 3 });
      expect(suite.report()).toBe("");
    },
  );
});

test.each(["wrong key", "interrupted toggle"] as const)("%s: tags show late, and it is killed", async (name) => {
  for (const minutes of [2, 12])
    for (const opening of [replayed, runAgain]) {
      const { points } = await suite.play({
        scenario: aScenario(name, "instance"),
        opening,
        trouble: laggingTags(minutes),
      });
      for (const number of every(23, [...points.keys()])) {
        const [lag, kill] = [laggingTags(minutes), killedAt(number + 1)];
        const at: Trouble["at"] = (...point) => lag.at?.(...point) ?? kill.at?.(...point);
        const trouble = { ...lag, name: `${lag.name}, ${kill.name}`, at };
        await suite.play({ scenario: aScenario(name, "instance"), opening, trouble });
      }
    }
  expect(suite.report()).toBe("");
});

test("no trial is lost", () => {
  expect(suite.count()).toBeGreaterThan(fewestTrials(1900));
});
