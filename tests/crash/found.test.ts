import { afterAll, expect, test } from "@jest/globals";
import { leftToStrangers, type Opening, overtaken, replayed, runAgain } from "./openings.ts";
import { deeds } from "./people.ts";
import { aScenario, type FaultName } from "./scenarios.ts";
import { createSuite, say } from "./suite.ts";
import { deedAt, killedAt, mishapAt, mishaps } from "./troubles.ts";
import type { Trouble } from "./try-out.ts";

/** Cases that only the thorough run had found, around the points at which it found them. */
const suite = createSuite();
afterAll(() => say("found before", suite));

const deedNamed = (name: string) => deeds.find((deed) => deed.name === name);
const mishapNamed = (name: string) => mishaps.find((mishap) => mishap.name === name);

/** The numbers of the points from the first with this label on, one of so many. */
async function pointsFrom(
  name: FaultName,
  opening: Opening,
  label: string,
  stride: number,
): Promise<readonly number[]> {
  const { points } = await suite.play({ scenario: aScenario(name, "instance"), opening });
  const first = points.findIndex((point) => point.label.startsWith(label));
  expect(first).toBeGreaterThan(0);
  const numbers = points.map((_, index) => index + 1).slice(first);
  return numbers.filter((_, index) => index % stride === 0);
}

const playAll = async (name: FaultName, opening: Opening, troubles: readonly Trouble[]) => {
  for (const trouble of troubles) await suite.play({ scenario: aScenario(name, "instance"), opening, trouble });
};

test.each([
  ["the database is renamed", runAgain],
  ["the database is renamed", leftToStrangers],
  ["the database is switched over: another one gets its name", runAgain],
  ["the database is switched over: another one gets its name", leftToStrangers],
])("enable, %s, and it is killed: the ARN is announced", async (name, opening) => {
  const deed = deedNamed(name);
  const numbers = await pointsFrom("unmanaged", opening, "after rds:ModifyDBInstance", 4);
  await playAll("unmanaged", opening, deed === undefined ? [] : numbers.map((at) => deedAt(at, deed, at + 9)));
  expect(suite.report()).toBe("");
});

test.each([
  ["is denied from then on", replayed, -1],
  ["is answered with what was", runAgain, 3],
] as const)("enable is killed, and a call %s: the ARN is announced", async (what, opening, later) => {
  const numbers = await pointsFrom("unmanaged", opening, "after rds:ModifyDBInstance", 1);
  const mishap = mishapNamed(what);
  const troubles = numbers.flatMap((number): Trouble[] => {
    if (mishap === undefined) return [];
    const [one, kill] = [mishapAt(number, mishap), killedAt(number + later)];
    const at: Trouble["at"] = (...point) => one.at?.(...point) ?? kill.at?.(...point);
    return [{ ...one, name: `${one.name}, ${kill.name}`, at }];
  });
  await playAll("unmanaged", opening, troubles);
  expect(suite.report()).toBe("");
});

test.each([replayed, overtaken])("an interrupted toggle, and its database is deleted: $name", async (opening) => {
  const deed = deedNamed("the database is deleted");
  const numbers = await pointsFrom("interrupted toggle", opening, "before rds:DescribeDBInstances", 1);
  const kills = (at: number) => [at + 1, at + 6];
  const troubles = numbers
    .slice(0, 30)
    .flatMap((at) => (deed === undefined ? [] : kills(at).map((kill) => deedAt(at, deed, kill))));
  await playAll("interrupted toggle", opening, troubles);
  expect(suite.report()).toBe("");
});

test("an interrupted toggle is killed while it is verified, and its database is deleted: its snapshot goes too", async () => {
  const deed = deedNamed("the database is deleted");
  const numbers = await pointsFrom("interrupted toggle", replayed, "after notifying secret.replaced", 1);
  const kills = (at: number) => [at + 8, at + 15, at + 22];
  const troubles = numbers
    .slice(0, 10)
    .flatMap((at) => (deed === undefined ? [] : kills(at).map((kill) => deedAt(at, deed, kill))));
  await playAll("interrupted toggle", replayed, troubles);
  expect(suite.report()).toBe("");
});

test("a terminal leaves a database off, and the execution that asks for approval dies: it does not wait for a week", async () => {
  const numbers = await pointsFrom("wrong key", leftToStrangers, "after rds:ModifyDBInstance", 9);
  const troubles = numbers.map((number): Trouble => {
    let hasDied = false;
    return {
      name: `killed at ${number}, and after the request for approval`,
      at({ number: present, label }) {
        if (present === number) return "die";
        if (hasDied || label !== "after notifying remediation.approval-requested") return undefined;
        hasDied = true;
        return "die";
      },
    };
  });
  await playAll("wrong key", leftToStrangers, troubles);
  expect(suite.report()).toBe("");
});

test("no trial is lost", () => {
  expect(suite.count()).toBeGreaterThan(120);
});
