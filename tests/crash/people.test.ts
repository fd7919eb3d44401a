import { afterAll, describe, expect, test } from "@jest/globals";
import type { Database } from "../../lib/model/database.ts";
import { killedForGood, leftToStrangers, type Opening, overtaken, replayed, runAgain } from "./openings.ts";
import { deeds } from "./people.ts";
import { aScenario, type FaultName } from "./scenarios.ts";
import { callPoints, countSeeds, createSuite, every, fewestTrials, say } from "./suite.ts";
import { deedAt } from "./troubles.ts";
import type { Trial } from "./try-out.ts";
import { createRandom } from "./world.ts";

const suite = createSuite();
afterAll(() => say("people in between", suite));

/** The undisturbed trials, which each deed is put into. */
const undisturbed = new Map<string, Trial>();

async function playUndisturbed(name: FaultName, kind: Database["kind"], opening: Opening): Promise<Trial> {
  const key = [name, kind, opening.name].join();
  const trial = undisturbed.get(key) ?? (await suite.play({ scenario: aScenario(name, kind), opening }));
  undisturbed.set(key, trial);
  return trial;
}

describe.each(deeds.map((deed) => [deed.name, deed] as const))("%s", (_, deed) => {
  test.each<[FaultName, Database["kind"], number]>([
    ["wrong key", "instance", 2],
    ["interrupted toggle", "instance", 3],
    ["unmanaged", "instance", 3],
    ["overdue rotation", "instance", 5],
    ["no rotation", "instance", 5],
    ["wrong key", "cluster", 7],
    ["wrong key", "tenant-database", 7],
    ["impaired for good", "instance", 19],
    ["wrong key, and RDS is slow", "instance", 9],
    ["wrong key, with approval", "instance", 9],
  ])("%s (%s), before one in %i calls", async (name, kind, stride) => {
    const scenario = aScenario(name, kind);
    const numbers = callPoints(await playUndisturbed(name, kind, replayed));
    for (const number of every(stride, numbers, deeds.indexOf(deed)))
      await suite.play({ scenario, opening: replayed, trouble: deedAt(number, deed) });
    expect(suite.report()).toBe("");
  });

  test("and the execution is killed, before or after", async () => {
    const random = createRandom(deeds.indexOf(deed));
    for (const name of ["wrong key", "interrupted toggle", "unmanaged", "impaired for good"] as const)
      for (const opening of [replayed, killedForGood, overtaken, runAgain, leftToStrangers]) {
        const scenario = aScenario(name, "instance");
        const { points } = await playUndisturbed(name, "instance", opening);
        const draw = (length: number) => 1 + Math.floor(random() * length);
        for (let seed = 0; seed < countSeeds(1); seed += 1) {
          const trouble = deedAt(draw(points.length), deed, draw(points.length * 1.5));
          await suite.play({ scenario, opening, trouble });
        }
      }
    expect(suite.report()).toBe("");
  });
});

test.each(["rejected", "timed-out"] as const)(
  "a person is asked, and the answer is %s: nothing is done",
  async (decision) => {
    const { world } = await suite.play({
      scenario: aScenario("wrong key, with approval", "instance"),
      opening: replayed,
      trouble: { name: decision, answer: { decision, afterHours: 72 }, expects: () => "untouched" },
    });
    expect(world.started).toEqual([]);
    expect(suite.report()).toBe("");
  },
);

test("no trial is lost", () => {
  expect(suite.count()).toBeGreaterThan(fewestTrials(2200));
});
