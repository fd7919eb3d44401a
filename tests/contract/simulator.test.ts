import { expect, test } from "@jest/globals";
import { createSimulator } from "./emulators.ts";
import { notInMoto } from "./known-differences.ts";
import { play } from "./scenario.ts";
import { scenarios } from "./scenarios.ts";

const simulator = createSimulator();

// `npm run test:moto` compares moto's responses; it needs moto. Running the simulator alone needs nothing.
test.each(scenarios)("the simulator runs the scenario: $name", async (scenario) => {
  const aws = await simulator.open();
  try {
    expect(Object.keys(await play(scenario, aws)).length).toBeGreaterThan(0);
  } finally {
    await aws.close();
  }
});

test("scenario names are unique", () => {
  expect(new Set(scenarios.map(({ name }) => name)).size).toBe(scenarios.length);
});

test("scenarios that moto cannot run exist", () => {
  const names = new Set(scenarios.map(({ name }) => name));
  expect(notInMoto.filter(({ scenario }) => !names.has(scenario))).toEqual([]);
});
