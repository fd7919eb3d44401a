import { expect, test } from "@jest/globals";
import { createSimulator } from "./emulators.ts";
import { notInMoto } from "./known-differences.ts";
import { play } from "./scenario.ts";
import { scenarios } from "./scenarios.ts";

const simulator = createSimulator();

// Whether moto answers alike is asked by `npm run test:moto`, which needs moto; that the simulator answers at all needs nothing.
test.each(scenarios)("the simulator can hold the conversation: $name", async (scenario) => {
  const aws = await simulator.open();
  try {
    expect(Object.keys(await play(scenario, aws)).length).toBeGreaterThan(0);
  } finally {
    await aws.close();
  }
});

test("every scenario has a name of its own", () => {
  expect(new Set(scenarios.map(({ name }) => name)).size).toBe(scenarios.length);
});

test("what moto cannot do is named by scenarios that there are", () => {
  const names = new Set(scenarios.map(({ name }) => name));
  expect(notInMoto.filter(({ scenario }) => !names.has(scenario))).toEqual([]);
});
