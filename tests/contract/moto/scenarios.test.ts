import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { comparable, namesOf } from "../compare.ts";
import { createSimulator, type Emulator, startMoto } from "../emulators.ts";
import { knownDifferences, notInMoto } from "../known-differences.ts";
import { play, type Responses, type Scenario } from "../scenario.ts";
import { scenarios } from "../scenarios.ts";
import { describeWith } from "./when-installed.ts";

const reasons = new Map(notInMoto.map(({ scenario, reason }) => [scenario, reason]));
const shared = scenarios.filter(({ name }) => !reasons.has(name));

describeWith(["moto_server"], "the simulator and moto answer alike", () => {
  let moto: Emulator;
  const simulator = createSimulator();
  const met = new Set<string>();
  beforeAll(async () => {
    moto = await startMoto();
  });
  afterAll(() => moto?.stop());

  async function playOn(emulator: Emulator, scenario: Scenario): Promise<Responses> {
    const aws = await emulator.open();
    try {
      return await play(scenario, aws);
    } finally {
      await aws.close();
    }
  }

  test.each(shared)("$name", async (scenario) => {
    const responses = [await playOn(simulator, scenario), await playOn(moto, scenario)] as const;
    const [here, there] = comparable(scenario.name, responses, knownDifferences, met);
    expect(here).toEqual(there);
  });

  test.each(notInMoto)("$scenario: not in moto, because $reason", async ({ scenario: name }) => {
    const scenario = scenarios.find((one) => one.name === name);
    if (scenario === undefined) throw new Error(`There is no scenario "${name}"`);
    await expect(playOn(simulator, scenario)).resolves.toBeDefined();
    await expect(playOn(moto, scenario)).rejects.toThrow();
  });

  test("every known difference still exists", () => {
    expect(namesOf(knownDifferences).filter((name) => !met.has(name))).toEqual([]);
  });
});
