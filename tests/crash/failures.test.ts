import { afterAll, describe, expect, test } from "@jest/globals";
import type { Database } from "../../lib/model/database.ts";
import { killedForGood, type Opening, replayed, runAgain } from "./openings.ts";
import { aScenario, type FaultName } from "./scenarios.ts";
import { callPoints, countSeeds, createSuite, every, fewestTrials, say } from "./suite.ts";
import { echoedPassword, killedAt, mishapAt, mishaps, outageAt, outages } from "./troubles.ts";
import type { Trouble } from "./try-out.ts";
import { createRandom } from "./world.ts";

const suite = createSuite();
afterAll(() => say("calls that fail", suite));

const scenarios = ["no rotation", "overdue rotation", "wrong key", "unmanaged", "interrupted toggle"] as const;

/** Lets each call of a scenario, or every so many of them, meet with each mishap. */
async function failEverywhere(name: FaultName, kind: Database["kind"], stride = 1): Promise<void> {
  const scenario = aScenario(name, kind);
  const numbers = callPoints(await suite.play({ scenario, opening: replayed }));
  const all = numbers.flatMap((number) => mishaps.map((mishap) => mishapAt(number, mishap)));
  for (const trouble of every(stride, all)) await suite.play({ scenario, opening: replayed, trouble });
}

describe("each call of AWS fails once, fails for days, is not answered, or is answered with what was", () => {
  test.each(["wrong key", "unmanaged", "interrupted toggle"] as const)("%s", async (name) => {
    await failEverywhere(name, "instance");
    expect(suite.report()).toBe("");
  });

  test.each([
    ["no rotation", "instance", 3],
    ["overdue rotation", "instance", 3],
    ["wrong key", "cluster", 13],
    ["wrong key", "tenant-database", 13],
    ["interrupted toggle", "cluster", 13],
    ["unmanaged", "tenant-database", 13],
    ["impaired for good", "instance", 29],
    ["wrong key, and RDS is slow", "instance", 13],
    ["wrong key, with approval", "instance", 13],
  ] as const)("%s (%s), some of them", async (name, kind, stride) => {
    // 11 mishaps and the strides have no common divisor: all of them have their turn.
    await failEverywhere(name, kind, stride);
    expect(suite.report()).toBe("");
  });
});

test.each([...scenarios, "impaired for good", "wrong key, with approval"] as const)(
  "%s: the store, or whoever is told, fails once or for days",
  async (name) => {
    const scenario = aScenario(name, "instance");
    const { points } = await suite.play({ scenario, opening: replayed });
    const troubles = points.flatMap(({ label }, index) => {
      const what = /^before (reading|writing) the state/.test(label)
        ? "store"
        : /^before notifying/.test(label)
          ? "topic"
          : null;
      return what === null ? [] : outages.map((outage) => outageAt(index + 1, what, outage));
    });
    for (const trouble of every(1, troubles)) await suite.play({ scenario, opening: replayed, trouble });
    expect(suite.report()).toBe("");
  },
);

test.each(["instance", "cluster", "tenant-database"] as const)(
  "wrong key (%s): RDS repeats the password in its refusal, and nobody hears it",
  async (kind) => {
    const trial = await suite.play({
      scenario: aScenario("wrong key", kind),
      opening: replayed,
      trouble: echoedPassword(),
    });
    expect(trial.world.passwords.size).toBeGreaterThan(1);
    expect(suite.report()).toBe("");
  },
);

test("a call fails, and then the execution is killed", async () => {
  const random = createRandom(5);
  const openings: readonly Opening[] = [replayed, killedForGood, runAgain];
  for (const name of [...scenarios, "impaired for good"] as const)
    for (const opening of openings) {
      const scenario = aScenario(name, "instance");
      const { points } = await suite.play({ scenario, opening });
      const draw = () => 1 + Math.floor(random() * points.length);
      for (const one of mishaps)
        for (let seed = 0; seed < countSeeds(1); seed += 1) {
          const [mishap, kill] = [mishapAt(draw(), one), killedAt(draw())];
          const name = `${mishap.name}, ${kill.name}`;
          const at: Trouble["at"] = (...point) => mishap.at?.(...point) ?? kill.at?.(...point);
          await suite.play({ scenario, opening, trouble: { ...mishap, name, at } });
        }
    }
  expect(suite.report()).toBe("");
});

test("no trial is lost", () => {
  expect(suite.count()).toBeGreaterThan(fewestTrials(2000));
});
