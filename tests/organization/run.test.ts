import { describe, expect, test } from "@jest/globals";
import { createReaper, createWorld, type Death, idOf, type World } from "./a-run.ts";

/** Changes that were published to machines, as `type identifier`. */
function changesOf(world: World): string[] {
  return world
    .messages()
    .flatMap((message) => ("finding" in message ? [`${message.type} ${message.finding.resource.identifier}`] : []));
}

const digestsOf = (world: World) => world.messages().filter(({ type }) => type === "audit.completed");

/** Three accounts: the first with two violations, the second without databases, the third with one. */
function aWorld(): World {
  const world = createWorld(3);
  world.regions[0]?.addInstance({ identifier: "orders" });
  world.regions[0]?.addInstance({ identifier: "carts" });
  world.regions[2]?.addInstance({ identifier: "legacy" });
  return world;
}

describe("a run over an organization", () => {
  test("publishes each change to machines, one digest, one summary, and one alert to people", async () => {
    const world = aWorld();
    const { end, notStarted } = await world.run("one");
    expect(notStarted).toBeNull();
    expect(changesOf(world).sort()).toEqual(["finding.opened carts", "finding.opened legacy", "finding.opened orders"]);
    expect(digestsOf(world)).toEqual([
      expect.objectContaining({ audit: expect.objectContaining({ complete: true, gaps: 0 }) }),
    ]);
    expect(world.alertTitles()).toEqual([expect.stringMatching(/3 new findings on 3 databases in 2 accounts: 3 high/)]);
    expect(world.summaries).toHaveLength(1);
    expect(world.summaries[0]).toMatchObject({
      clean: false,
      summary: { databases: 3, unmanaged: 3, findings: { high: 3 } },
      coverage: { complete: true, counts: { expected: 3, seen: 3 } },
    });
    expect(world.summaries[0]?.accounts.map(({ account, name, findings }) => [account, name, findings.high])).toEqual([
      [idOf(0), "account-0", 2],
      [idOf(1), "account-1", 0],
      [idOf(2), "account-2", 1],
    ]);
    expect([...world.files.keys()]).toEqual([idOf(0), idOf(1), idOf(2)]);
    expect(end?.withNews).toEqual([idOf(0), idOf(2)]);
    expect(world.ledgerOf(idOf(0)).kept().outbox).toEqual({ alerts: [], findings: [] });
  });

  test("that brings nothing new publishes a digest and no alert", async () => {
    const world = aWorld();
    await world.run("one");
    world.passDay();
    await world.run("two");
    expect(changesOf(world)).toHaveLength(3);
    expect(digestsOf(world)).toHaveLength(2);
    expect(world.alertTitles()).toHaveLength(1);
  });

  test("names an account whose worker always dies, and resolves nothing in it", async () => {
    const world = aWorld();
    await world.run("one");
    world.regions[0]?.instances.clear();
    world.passDay();
    const { end } = await world.run("two", {
      onBatch: (accounts) => {
        if (accounts.includes(idOf(0))) throw new Error("out of memory");
      },
    });
    expect(end?.missing).toEqual([idOf(0)]);
    expect(world.summaries[1]?.coverage).toMatchObject({
      complete: false,
      counts: { expected: 3, seen: 2, gap: 1 },
      notSeen: [expect.objectContaining({ account: idOf(0), accountName: "account-0", region: "*", outcome: "gap" })],
    });
    expect(changesOf(world)).toHaveLength(3);
    // The next run sees it again.
    world.passDay();
    await world.run("three");
    expect(changesOf(world).slice(3).sort()).toEqual(["finding.resolved carts", "finding.resolved orders"]);
  });

  test("leaves what people were not told to the next run, if the alert was refused", async () => {
    const world = aWorld();
    const refuse = world.refuseAlerts();
    const { failures } = await world.run("one");
    expect(failures).toEqual([{ where: "alerts", message: "access denied" }]);
    refuse();
    expect(world.ledgerOf(idOf(2)).kept().outbox.alerts).toEqual([expect.objectContaining({ lease: null })]);
    world.passDay();
    await world.run("two");
    expect(world.alertTitles()).toEqual([expect.stringMatching(/3 new findings on 3 databases in 2 accounts/)]);
  });
});

describe("a run that is started twice", () => {
  test("by the same event publishes once, at the same time or later", async () => {
    const world = aWorld();
    const twice = await Promise.all([world.run("one"), world.run("one", { execution: "another" })]);
    expect(twice.map(({ notStarted }) => notStarted).sort()).toEqual(["answered", null]);
    expect((await world.run("one", { execution: "late" })).notStarted).toBe("answered");
    expect([changesOf(world).length, digestsOf(world).length, world.alertTitles().length]).toEqual([3, 1, 1]);
  });

  test("by another event on the same day does not overtake the first: people are told", async () => {
    const world = aWorld();
    let second: ReturnType<World["run"]> | undefined;
    const first = await world.run("one", {
      onBatch: async () => {
        second = world.run("two");
        await second;
      },
    });
    expect([first.notStarted, (await second)?.notStarted]).toEqual([null, "under-way"]);
    expect([changesOf(world).length, digestsOf(world).length]).toEqual([3, 1]);
    expect(world.alertTitles().sort()).toEqual([
      "⏳ An audit of the organization was not started, because an earlier one still runs",
      expect.stringMatching(/3 new findings/),
    ]);
  });

  test("after the first died continues it", async () => {
    const world = aWorld();
    const reaper = createReaper();
    await aWorld().run("one", { reaper });
    // In the middle of the end of the run.
    const death = { at: reaper.calls() - 12, when: "after" } as const;
    const died = world.run("one", { reaper: createReaper(death), restarts: 0 });
    await expect(died).rejects.toThrow("killed");
    const again = await world.run("one", { execution: "again" });
    expect(again.notStarted).toBeNull();
    expect(again.unfinished).toMatchObject({ id: "one" });
    expect(world.alertTitles()).toEqual([expect.stringMatching(/3 new findings on 3 databases in 2 accounts/)]);
  });
});

describe("a process that is killed at any call", () => {
  /** A world on its second day: one finding is new, one is resolved, one is open, and one account is not seen. */
  async function aSecondDay() {
    const world = aWorld();
    world.regions[1]?.addInstance({ identifier: "hidden" });
    await world.run("one");
    world.passDay();
    const [first, second, third] = world.regions;
    first?.instances.delete("carts");
    first?.addInstance({ identifier: "fresh" });
    third?.addInstance({ identifier: "later" });
    second?.instances.clear();
    world.denied.add(idOf(1));
    return world;
  }

  async function tryOut(death: Death): Promise<boolean> {
    const world = await aSecondDay();
    const before = world.messages().length;
    const reaper = createReaper(death);
    await world.run("two", { reaper });
    const isReached = reaper.calls() >= death.at;
    world.passDay();
    await world.run("three");
    const said = `killed ${death.when} call ${death.at}`;
    const news = world.messages().slice(before);
    const changes = news.flatMap((message) => ("finding" in message ? [message] : []));
    const expected = ["finding.opened fresh", "finding.opened later", "finding.resolved carts"];
    expect([said, [...new Set(changesOf(world).slice(4))].sort()]).toEqual([said, expected]);
    // Each was recorded once: every message about it is the same change.
    const recorded = new Set(changes.map(({ type, at, finding }) => `${type} ${at} ${finding.id}`));
    expect([said, recorded.size]).toEqual([said, expected.length]);
    const alerts = world.published.alerts
      .slice(1)
      .map(({ body }) => body)
      .join();
    expect([said, ["fresh", "later", "carts"].filter((name) => !alerts.includes(`*${name}*`))]).toEqual([said, []]);
    for (const account of [idOf(0), idOf(1), idOf(2)]) {
      const { known, outbox } = world.ledgerOf(account).kept();
      expect([said, Object.values(outbox).flat()]).toEqual([said, []]);
      expect(new Set(known.map(({ id }) => id)).size).toBe(known.length);
    }
    expect(
      world
        .ledgerOf(idOf(1))
        .kept()
        .known.map(({ resource }) => resource.identifier),
    ).toEqual(["hidden"]);
    return isReached;
  }

  test.each(["before", "after"] as const)(
    "%s its effect: each change is published and recorded once, and nothing unseen is resolved",
    async (when) => {
      let at = 1;
      while (await tryOut({ at, when })) at += 1;
      // The coordinator and its workers make some 45 calls.
      expect(at).toBeGreaterThan(40);
    },
    60_000,
  );
});
