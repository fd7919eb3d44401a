import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Pauses } from "../../lib/storage/back-off.ts";
import { updateStored } from "../../lib/storage/update-stored.ts";
import { createMemoryStored, type MemoryStored } from "../support/memory-stored.ts";

type Count = { readonly count: number };

const empty: Count = { count: 0 };
const aStored = (first?: Count) => createMemoryStored<Count>({ empty, first });
const addOne = ({ count }: Count): Count => ({ count: count + 1 });

/** Updates, and records the pauses instead of waiting. */
function update(
  stored: MemoryStored<Count>,
  change: (value: Count) => Count | null = addOne,
  random: NonNullable<Pauses["random"]> = () => 1,
) {
  const pauses: number[] = [];
  const sleep = async (milliseconds: number) => pauses.push(milliseconds);
  return { pauses, done: updateStored(stored, change, { sleep, random }) };
}

describe("a change", () => {
  test.each([
    ["of an existing value", { count: 4 }, 5],
    ["of a value that was never written", undefined, 1],
  ])("%s is written without a pause", async (_, first, expected) => {
    const stored = aStored(first);
    const { pauses, done } = update(stored);
    expect(await done).toBe(true);
    expect(stored.kept()).toEqual({ count: expected });
    expect(stored.writes()).toBe(1);
    expect(pauses).toEqual([]);
  });

  test("that is null writes nothing and returns false", async () => {
    const stored = aStored({ count: 4 });
    expect(await update(stored, () => null).done).toBe(false);
    expect(stored.writes()).toBe(0);
    expect(stored.kept()).toEqual({ count: 4 });
  });

  test("is applied again to the new value if another writer was faster", async () => {
    const stored = aStored();
    const seen: number[] = [];
    const other = updateStored(stored, () => ({ count: 10 }));
    const { done, pauses } = update(stored, (value) => {
      seen.push(value.count);
      return addOne(value);
    });
    expect(await Promise.all([done, other])).toEqual([true, true]);
    expect(seen).toEqual([0, 10]);
    expect(stored.kept()).toEqual({ count: 11 });
    expect(pauses).toHaveLength(1);
  });

  test("may be null in the second attempt", async () => {
    const stored = aStored();
    stored.overtake(1);
    let asked = 0;
    const change = (value: Count) => {
      asked += 1;
      return asked === 1 ? addOne(value) : null;
    };
    expect(await update(stored, change).done).toBe(false);
    expect(stored.writes()).toBe(0);
  });
});

describe("between two attempts", () => {
  test.each([
    ["at most all of it", 1, [50, 100, 200, 400, 800, 1600, 3200]],
    ["at least half of it", 0, [25, 50, 100, 200, 400, 800, 1600]],
  ])("the pause doubles: %s", async (_, random, expected) => {
    const stored = aStored();
    stored.overtake(7);
    const { pauses, done } = update(stored, addOne, () => random);
    expect(await done).toBe(true);
    expect(pauses).toEqual(expected);
    expect(stored.kept()).toEqual({ count: 1 });
  });

  test("real time passes by default", async () => {
    const stored = aStored();
    stored.overtake(1);
    const from = performance.now();
    expect(await updateStored(stored, addOne)).toBe(true);
    expect(performance.now() - from).toBeGreaterThan(20);
  });
});

describe("gives up", () => {
  test("after eight attempts, naming what was updated", async () => {
    const stored = aStored();
    stored.overtake(8);
    const { pauses, done } = update(stored);
    await expect(done).rejects.toThrow("memory was changed by another writer 8 times in a row");
    expect(pauses).toHaveLength(7);
    expect(stored.writes()).toBe(0);
  });

  test.each(["read", "write"] as const)("at once if it cannot %s", async (method) => {
    const stored = aStored();
    stored.fail[method] = new Error("the bucket is gone");
    const { pauses, done } = update(stored);
    await expect(done).rejects.toThrow("the bucket is gone");
    expect(pauses).toEqual([]);
  });

  test("if the change throws, and writes nothing", async () => {
    const stored = aStored();
    const fails = () => {
      throw new Error("it broke");
    };
    await expect(update(stored, fails).done).rejects.toThrow("it broke");
    expect(stored.writes()).toBe(0);
  });
});

test("no change of concurrent writers is lost, and only one gets the last slot", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 6 }), fc.scheduler(), async (writers, scheduler) => {
      const stored = createMemoryStored<Count>({ empty, pause: () => scheduler.schedule(Promise.resolve()) });
      const takeLast = ({ count }: Count) => (count < writers - 1 ? { count: count + 1 } : null);
      const done = Promise.all(Array.from({ length: writers }, () => update(stored, takeLast).done));
      await scheduler.waitFor(done);
      expect((await done).filter(Boolean)).toHaveLength(writers - 1);
      expect(stored.kept().count).toBe(writers - 1);
    }),
    { numRuns: 50 },
  );
});
