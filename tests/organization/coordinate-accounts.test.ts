import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { type Coordination, coordinateAccounts } from "../../lib/organization/coordinate-accounts.ts";

const idsOf = (count: number) => Array.from({ length: count }, (_, index) => String(300_000_000_000 + index));

type Worker = (batch: readonly string[]) => void;

/** An engine in the process, which keeps checkpoints, counts operations, and is killed before or after a given call. */
function anEngine(worker: Worker = () => {}, killAt = Number.POSITIVE_INFINITY) {
  const checkpoints = new Map<string, unknown>();
  let calls = 0;
  let operations = 0;
  const reach = () => {
    calls += 1;
    if (calls === killAt) throw new Error("killed");
  };
  const keep = async <T>(key: string, work: () => Promise<T>): Promise<T> => {
    if (!checkpoints.has(key)) {
      reach();
      const result = await work();
      reach();
      checkpoints.set(key, structuredClone(result));
      operations += 1;
    }
    return checkpoints.get(key) as T;
  };
  const invokeOne = async (batch: readonly string[]) => {
    try {
      worker(batch);
      return true;
    } catch {
      return false;
    }
  };
  const workflow: Coordination = {
    step: (name, work) => keep(name, work),
    invokeAll: (name, events) =>
      keep(name, async () => {
        const ended: boolean[] = [];
        for (const [index, { accounts }] of events.entries()) {
          ended.push(await keep(`${name} ${index}`, () => invokeOne(accounts)));
          operations += 1;
        }
        return ended;
      }),
  };
  return { workflow, calls: () => calls, operations: () => operations };
}

const toEvent = (accounts: readonly string[]) => ({ accounts });

/** A run over so many accounts: which were read, and which were not. */
async function aRun(count: number, worker: Worker = () => {}) {
  const read: string[] = [];
  const engine = anEngine((batch) => {
    worker(batch);
    read.push(...batch);
  });
  const unanswered = await coordinateAccounts(engine.workflow, idsOf(count), toEvent);
  return { read, unanswered, operations: engine.operations() };
}

const die = () => {
  throw new Error("out of memory");
};

describe("a worker that fails", () => {
  test("once costs nothing: its accounts are read one by one", async () => {
    let dies = 1;
    const { read, unanswered } = await aRun(500, (batch) => {
      if (batch.includes("300000000123") && dies-- > 0) die();
    });
    expect(unanswered).toEqual([]);
    expect(read.toSorted()).toEqual(idsOf(500));
  });

  test("always, because of one account, costs that account alone, and its ID is returned", async () => {
    const { read, unanswered } = await aRun(500, (batch) => {
      if (batch.includes("300000000123")) die();
    });
    expect(unanswered).toEqual(["300000000123"]);
    expect(read.toSorted()).toEqual(idsOf(500).filter((id) => id !== "300000000123"));
  });
});

describe("operations", () => {
  test.each([
    [0, 0],
    [1, 3],
    [500, 201],
    [5_000, 1_001],
  ])("%d accounts cost %d", async (count, operations) => {
    expect((await aRun(count)).operations).toBe(operations);
  });

  test.each([1, 500, 600, 601, 5_000, 50_000])(
    "%d accounts cost at most 2,500 with the six steps of a run, even if every worker dies",
    async (count) => {
      const { operations, unanswered } = await aRun(count, die);
      expect(operations + 6).toBeLessThanOrEqual(2_500);
      expect(unanswered).toEqual(idsOf(count));
    },
  );
});

test("every account is either read or unanswered, whichever workers die", async () => {
  const anyDeaths = fc.array(fc.boolean(), { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 60 }), anyDeaths, async (count, deaths) => {
      const { read, unanswered } = await aRun(count, () => deaths.pop() && die());
      expect([...read, ...unanswered].toSorted()).toEqual(idsOf(count));
    }),
  );
});

test("a coordinator that is killed before or after any call continues, and no worker that ended runs again", async () => {
  for (let killAt = 1; ; killAt += 1) {
    const runs = new Map<string, number>();
    const engine = anEngine((batch) => {
      runs.set(batch.join(), (runs.get(batch.join()) ?? 0) + 1);
      if (batch.includes("300000000003")) die();
    }, killAt);
    const run = () => coordinateAccounts(engine.workflow, idsOf(12), toEvent);
    const unanswered = await run().catch(run);
    expect(unanswered).toEqual(["300000000003"]);
    // Only the one that was under way when the coordinator was killed.
    expect([...runs.values()].filter((times) => times > 1).length).toBeLessThanOrEqual(1);
    if (engine.calls() < killAt) break;
  }
});
