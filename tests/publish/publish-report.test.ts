import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { auditAndPublish } from "../../lib/audit-and-publish.ts";
import type { AccountPort } from "../../lib/collect/take-inventory.ts";
import { defaultPolicy } from "../../lib/model/default-policy.ts";
import { AccessError } from "../../lib/model/errors.ts";
import { destinationNames, emptyLedger, type Ledger } from "../../lib/model/ledger.ts";
import type { Report } from "../../lib/model/report.ts";
import { type PublishRequest, publishReport, toDigest } from "../../lib/publish/publish-report.ts";
import { rules } from "../../rules/index.ts";
import { aGap, hoursFromNow, now } from "../support/builders.ts";
import { deepFreeze } from "../support/deep-freeze.ts";
import { aFindingOn, anExemption, aReportWith, changesInShort } from "../support/findings.ts";
import { createMemoryStore, type MemoryStore } from "../support/memory-store.ts";
import { createRecordingOutlet, type RecordingOutlet } from "../support/recording-destination.ts";
import { type SimulatedRegion, withSimulatedRegion } from "../support/simulated-region.ts";

const minutes = (count: number) => hoursFromNow(count / 60);
const yesterday = hoursFromNow(-24);

const finding = (...identifiers: string[]) => identifiers.map((identifier) => aFindingOn(identifier));
const aReportOn = (identifiers: readonly string[], at = now): Report =>
  aReportWith({ at, judged: ["orders", "shop", "ledger"], findings: finding(...identifiers) });
const openedBefore = (...identifiers: string[]): Ledger => ({
  ...emptyLedger,
  known: identifiers.map((identifier) => aFindingOn(identifier, { firstSeenAt: yesterday })),
});

/** A service with a store in memory and three outlets, to which reports are published under new event ids. */
function aService(ledger?: Ledger) {
  const store = createMemoryStore(ledger === undefined ? {} : { ledger });
  const [findings, alerts, securityHub] = destinationNames.map(createRecordingOutlet) as [
    RecordingOutlet,
    RecordingOutlet,
    RecordingOutlet,
  ];
  const destinations = [findings, alerts, securityHub];
  const pauses: number[] = [];
  let events = 0;
  const publish = (report: Report, request: Partial<PublishRequest> = {}) => {
    events += 1;
    return publishReport({
      report: deepFreeze(report),
      only: null,
      eventId: `event-${events}`,
      invocation: `invocation-${events}`,
      store,
      destinations,
      sleep: async (milliseconds) => pauses.push(milliseconds),
      ...request,
    });
  };
  return { store, pauses, findings, alerts, securityHub, destinations, publish };
}

const takenBy = (destinations: readonly RecordingOutlet[]) => destinations.map(({ taken }) => changesInShort(taken));
const owedTo = (store: MemoryStore) =>
  Object.fromEntries(Object.entries(store.kept().outbox).map(([name, entries]) => [name, entries.length]));
const nothingOwed = { findings: 0, alerts: 0, securityHub: 0 };
const failuresOf = ({ failures }: Awaited<ReturnType<typeof publishReport>>) =>
  failures.map(({ where, error }) => `${where}: ${error.message}`);

describe("a full audit", () => {
  test("publishes what changed to each outlet, with a link to the report", async () => {
    const { store, destinations, publish } = aService(openedBefore("orders", "shop"));
    const publication = await publish(aReportOn(["shop", "ledger"]));
    const changes = ["finding.opened new ledger", "finding.resolved fixed orders"];
    expect(publication).toMatchObject({ isNew: true, failures: [] });
    expect(changesInShort(publication.changes)).toEqual(changes);
    expect(takenBy(destinations)).toEqual([changes, changes, changes]);
    expect(destinations.map(({ links }) => links)).toEqual(Array(3).fill(["https://reports.example/1"]));
    expect(owedTo(store)).toEqual(nothingOwed);
  });

  test("without changes delivers nothing", async () => {
    const { destinations, publish } = aService(openedBefore("orders"));
    await publish(aReportOn(["orders"]));
    expect(destinations.flatMap(({ links }) => links)).toEqual([]);
  });

  test("keeps its report, with the days on which findings were first seen", async () => {
    const { store, publish } = aService(openedBefore("orders"));
    const { report } = await publish(aReportOn(["orders", "shop"]));
    expect(report.findings.map(({ firstSeenAt }) => firstSeenAt)).toEqual([yesterday, now]);
    expect(store.reports).toEqual([report]);
  });

  test("announces one digest, changes or not", async () => {
    const { destinations, publish } = aService(openedBefore("orders"));
    const { report } = await publish(aReportOn(["orders"]));
    for (const { digests } of destinations) expect(digests).toEqual([toDigest(report, "https://reports.example/1")]);
  });

  test("refreshes all that is wrong, what it could not see this time included, and nothing exempt or unknown", async () => {
    const ledger = openedBefore("orders", "unseen");
    const exempt = aFindingOn("shop", { exemption: anExemption });
    const unknown = aFindingOn("ledger", { status: "INSUFFICIENT_DATA" });
    const { destinations, publish } = aService({ ...ledger, known: [...ledger.known, exempt] });
    const gaps = [aGap({ action: "rds:DescribeDBInstances" })];
    await publish(aReportWith({ findings: [...finding("orders"), exempt, unknown], coverage: { gaps } }));
    for (const { refreshed } of destinations) {
      expect(refreshed.map(({ at }) => at)).toEqual([now]);
      expect(refreshed[0]?.findings.map(({ resource }) => resource.identifier)).toEqual(["orders", "unseen"]);
    }
  });

  test("that could not judge a database says so in its report and its digest, and in no message of its own", async () => {
    const { store, destinations, publish } = aService();
    const unknown = aFindingOn("orders", { status: "INSUFFICIENT_DATA" });
    const { changes, report } = await publish(aReportWith({ findings: [unknown], coverage: { gaps: [aGap()] } }));
    expect(changes).toEqual([]);
    expect(takenBy(destinations)).toEqual([[], [], []]);
    expect(destinations.map(({ digests }) => digests[0]?.complete)).toEqual([false, false, false]);
    expect(report.findings).toEqual([unknown]);
    expect(store.kept().known).toEqual([unknown]);
    await publish(aReportOn([], minutes(1)));
    expect(takenBy(destinations)).toEqual([[], [], []]);
    expect(store.kept().known).toEqual([]);
  });

  test("goes to an outlet that has neither digests nor a memory", async () => {
    const { store, publish } = aService();
    const { name, deliver } = createRecordingOutlet("alerts");
    expect((await publish(aReportOn(["orders"]), { destinations: [{ name, deliver }] })).failures).toEqual([]);
    expect(owedTo(store)).toEqual({ alerts: 0 });
  });
});

describe("a recheck", () => {
  const only = new Set(finding("orders").map(({ resource }) => resource.arn));

  test("publishes what changed about its databases, without a digest, a refresh or a report", async () => {
    const { store, destinations, publish } = aService(openedBefore("orders", "shop"));
    const { changes } = await publish(aReportWith({ judged: ["orders"] }), { only });
    expect(changesInShort(changes)).toEqual(["finding.resolved fixed orders"]);
    expect(takenBy(destinations)).toEqual(Array(3).fill(["finding.resolved fixed orders"]));
    expect(destinations.map(({ digests, refreshed, links }) => [digests, refreshed, links])).toEqual(
      Array(3).fill([[], [], [null]]),
    );
    expect(store.reports).toEqual([]);
    expect(store.kept().known.map(({ resource }) => resource.identifier)).toEqual(["shop"]);
  });

  test("delivers what was refused before", async () => {
    const { alerts, publish } = aService();
    alerts.fail.deliver = new Error("down");
    await publish(aReportOn(["shop"]));
    alerts.fail.deliver = null;
    await publish(aReportWith({ judged: ["orders"] }), { only });
    expect(changesInShort(alerts.taken)).toEqual(["finding.opened new shop"]);
  });

  test("that changes nothing, where nothing is owed, is handled with one write, and tries nothing", async () => {
    const { store, destinations, publish } = aService(openedBefore("orders"));
    expect(await publish(aReportOn(["orders"]), { only })).toMatchObject({ isNew: true, isTried: false, changes: [] });
    expect(store.writes()).toBe(1);
    expect(store.kept()).toMatchObject({
      handledEvents: ["event-1"],
      seen: Object.fromEntries([...only].map((arn) => [arn, now])),
    });
    expect(destinations.flatMap(({ links, digests }) => [...links, ...digests])).toEqual([]);
  });

  test("that changes nothing tries what is owed", async () => {
    const { alerts, publish } = aService();
    alerts.fail.deliver = new Error("no topic");
    await publish(aReportOn(["orders"]));
    expect(await publish(aReportOn(["orders"]), { only })).toMatchObject({ isTried: true, changes: [] });
  });

  test("of which an audit that began earlier knows nothing is not undone by it", async () => {
    const { alerts, publish } = aService();
    await publish(aReportWith({ at: minutes(1), findings: finding("orders") }), { only });
    const { changes } = await publish({ ...aReportOn([]), generatedAt: minutes(5) });
    expect(changes).toEqual([]);
    expect(changesInShort(alerts.taken)).toEqual(["finding.opened new orders"]);
  });
});

describe("the same event", () => {
  test("delivered twice is published once", async () => {
    const { store, destinations, publish } = aService();
    const first = await publish(aReportOn(["orders"]), { eventId: "same" });
    const second = await publish(aReportOn(["orders", "shop"]), { eventId: "same" });
    expect([first.isNew, second.isNew]).toEqual([true, false]);
    expect(second).toMatchObject({ changes: [], failures: [], report: aReportOn(["orders", "shop"]) });
    expect(takenBy(destinations)).toEqual(Array(3).fill(["finding.opened new orders"]));
    expect(destinations.map(({ digests }) => digests.length)).toEqual([1, 1, 1]);
    expect(store.reports).toHaveLength(1);
  });

  test("delivered twice at once publishes each change once, and is remembered once", async () => {
    const { store, destinations, publish } = aService();
    const publications = await Promise.all([1, 2, 3].map(() => publish(aReportOn(["orders"]), { eventId: "same" })));
    expect(publications.flatMap(({ changes }) => changes)).toHaveLength(1);
    expect(takenBy(destinations)).toEqual(Array(3).fill(["finding.opened new orders"]));
    expect(owedTo(store)).toEqual(nothingOwed);
    expect(store.kept().handledEvents).toEqual(["same"]);
  });

  test("is not remembered while it is under way", async () => {
    const { store, alerts, publish } = aService();
    let during: readonly string[] | null = null;
    const { deliver } = alerts;
    alerts.deliver = (...args) => {
      during = store.kept().handledEvents;
      return deliver(...args);
    };
    await publish(aReportOn(["orders"]), { eventId: "same" });
    expect(during).toEqual([]);
    expect(store.kept().handledEvents).toEqual(["same"]);
  });
});

describe("somebody else is faster", () => {
  test.each([0, 1, 7])("%d times: what changed is published once", async (times) => {
    const { store, destinations, publish } = aService();
    store.overtake(times);
    expect((await publish(aReportOn(["orders"]))).failures).toEqual([]);
    expect(takenBy(destinations)).toEqual(Array(3).fill(["finding.opened new orders"]));
    expect(owedTo(store)).toEqual(nothingOwed);
  });

  test("eight times: what is new is told all the same, and the failure too", async () => {
    const { store, destinations, publish } = aService(openedBefore("orders"));
    store.overtake(8);
    const publication = await publish(aReportOn(["orders", "shop"]));
    expect(failuresOf(publication)).toEqual(["store: the ledger was changed by others 8 times in a row"]);
    expect(takenBy(destinations)).toEqual(Array(3).fill(["finding.opened new shop"]));
    expect(store.writes()).toBe(0);
  });

  test.each([
    [0, 0, []],
    [1, 0, [25]],
    [1, 1, [50]],
    [4, 0.5, [37.5, 75, 150, 300]],
    [8, 1, [50, 100, 200, 400, 800, 1600, 3200]],
  ])("%d times, random being %d: the pauses between the attempts are %p", async (times, random, expected) => {
    const { store, pauses, publish } = aService();
    store.overtake(times);
    await publish(aReportOn(["orders"]), { random: () => random });
    expect(pauses).toEqual(expected);
  });

  test("without anybody who says how time passes: a moment passes", async () => {
    const { store, destinations } = aService();
    store.overtake(1);
    const before = performance.now();
    await publishReport({
      report: aReportOn(["orders"]),
      only: null,
      eventId: "event",
      invocation: "one",
      store,
      destinations,
    });
    expect(performance.now() - before).toBeGreaterThanOrEqual(24);
    expect(takenBy(destinations)).toEqual(Array(3).fill(["finding.opened new orders"]));
  });

  test("whoever settles after others have entered leaves what they entered", async () => {
    const { store, alerts, publish } = aService();
    const { deliver } = alerts;
    alerts.deliver = async (...args) => {
      alerts.deliver = deliver;
      await publish(aReportOn(["orders", "shop"], minutes(1)));
      alerts.fail.deliver = new Error("down");
      await publish(aReportOn(["orders", "shop", "ledger"], minutes(2)));
      alerts.fail.deliver = null;
      return deliver(...args);
    };
    await publish(aReportOn(["orders"]));
    expect(changesInShort(alerts.taken)).toEqual(["finding.opened new shop", "finding.opened new orders"]);
    expect(store.kept().outbox.alerts?.map(({ change }) => change.finding.resource.identifier)).toEqual(["ledger"]);
  });

  test("audits at once publish each change once, whoever writes when, and whatever is refused", async () => {
    const identifiers = ["orders", "shop", "ledger"];
    const anyReports = fc.array(fc.subarray(identifiers), { minLength: 2, maxLength: 4 });
    const anyRefusals = fc.array(fc.constantFrom(null, "throws", ...identifiers), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(anyReports, anyRefusals, fc.scheduler(), async (reports, refusals, scheduler) => {
        const store = createMemoryStore({ pause: () => scheduler.schedule(Promise.resolve()) });
        const destinations = destinationNames.map(createRecordingOutlet);
        const ahead = [...refusals];
        for (const destination of destinations) {
          const { deliver } = destination;
          destination.deliver = async (...args) => {
            const refusal = ahead.pop() ?? null;
            destination.fail.deliver =
              refusal === "throws" ? new Error("down") : ({ finding }) => finding.resource.identifier === refusal;
            return deliver(...args);
          };
        }
        const publish = (found: readonly string[], minute: number) => {
          const only = new Set(finding(...found).map(({ resource }) => resource.arn));
          const report = aReportWith({ at: minutes(minute), findings: finding(...found) });
          const sleep = () => scheduler.schedule(Promise.resolve());
          return publishReport({
            report,
            only,
            eventId: String(minute),
            invocation: String(minute),
            store,
            destinations,
            sleep,
          });
        };
        const publications = await scheduler.waitFor(Promise.all(reports.map(publish)));
        ahead.length = 0;
        const last = await scheduler.waitFor(publish([], 60));
        expect(last.failures).toEqual([]);
        const opened = identifiers.filter((identifier) => reports.some((found) => found.includes(identifier)));
        expect(publications.flatMap(({ changes }) => changes)).toHaveLength(opened.length);
        const expected = opened.map((identifier) => `finding.opened new ${identifier}`).sort();
        for (const taken of takenBy(destinations)) expect(taken.sort()).toEqual(expected);
        expect(owedTo(store)).toEqual(nothingOwed);
      }),
      { numRuns: 60 },
    );
  });
});

describe("an outlet", () => {
  test.each(destinationNames)(
    "%s that fails stops no other, and gets it with the next audit, in order",
    async (name) => {
      const { store, destinations, publish } = aService();
      const failing = destinations.find((destination) => destination.name === name) as RecordingOutlet;
      failing.fail = { deliver: new Error("down"), announce: new Error("dumb"), refresh: new Error("deaf") };
      const publication = await publish(aReportOn(["orders"]));
      expect(failuresOf(publication)).toEqual([`${name}: down`, `${name}: dumb`, `${name}: deaf`]);
      expect(changesInShort(publication.changes)).toEqual(["finding.opened new orders"]);
      for (const destination of destinations)
        expect(changesInShort(destination.taken)).toEqual(destination === failing ? [] : ["finding.opened new orders"]);
      expect(owedTo(store)).toEqual({ ...nothingOwed, [name]: 1 });

      failing.fail = {};
      expect((await publish(aReportOn(["shop"], minutes(1)))).failures).toEqual([]);
      const all = ["finding.opened new orders", "finding.opened new shop", "finding.resolved fixed orders"];
      expect(takenBy(destinations)).toEqual([all, all, all]);
      expect(owedTo(store)).toEqual(nothingOwed);
    },
  );

  test("that refuses some gets those again, and they are counted", async () => {
    const { store, alerts, findings, publish } = aService();
    alerts.fail.deliver = (change) => change.finding.resource.identifier === "shop";
    const publication = await publish(aReportOn(["orders", "shop"]));
    expect(failuresOf(publication)).toEqual([
      "alerts: 1 of 2 changes were refused, the first because: it is too large",
    ]);
    expect(changesInShort(alerts.taken)).toEqual(["finding.opened new orders"]);
    expect(owedTo(store)).toEqual({ ...nothingOwed, alerts: 1 });

    alerts.fail.deliver = null;
    const next = await publish(aReportOn(["orders", "shop"], minutes(1)));
    expect(next.changes).toEqual([]);
    const both = ["finding.opened new orders", "finding.opened new shop"];
    expect(takenBy([alerts, findings])).toEqual([both, both]);
    expect(owedTo(store)).toEqual(nothingOwed);
  });

  test("that throws something that is no error is named all the same", async () => {
    const { alerts, publish } = aService();
    alerts.deliver = () => Promise.reject("no reason");
    expect(failuresOf(await publish(aReportOn(["orders"])))).toEqual(["alerts: no reason"]);
  });

  test("that throws before it promises anything stops no other", async () => {
    const { alerts, destinations, publish } = aService();
    alerts.deliver = () => {
      throw new Error("at once");
    };
    expect(failuresOf(await publish(aReportOn(["orders"])))).toEqual(["alerts: at once"]);
    expect(destinations.map(({ taken }) => taken.length)).toEqual([1, 0, 1]);
  });

  test("whose digest fails is not told it again", async () => {
    const { findings, publish } = aService();
    findings.fail.announce = new Error("dumb");
    await publish(aReportOn([]));
    findings.fail = {};
    await publish(aReportOn([], minutes(1)));
    expect(findings.digests.map(({ generatedAt }) => generatedAt)).toEqual([minutes(1)]);
  });
});

describe("a store", () => {
  const down = new Error("no such bucket");

  test("that cannot be read: everything is told, because silence would look like health", async () => {
    const { store, destinations, publish } = aService(openedBefore("orders"));
    store.fail.read = down;
    const publication = await publish(aReportOn(["orders"]));
    expect(failuresOf(publication)).toEqual(["store: no such bucket"]);
    expect(publication.isNew).toBe(true);
    expect(takenBy(destinations)).toEqual(Array(3).fill(["finding.opened new orders"]));
    expect(destinations.map(({ digests }) => digests.length)).toEqual([1, 1, 1]);
    expect(store.kept()).toEqual(openedBefore("orders"));
  });

  test("that cannot be written: what is new is told, as of the day on which it was first seen", async () => {
    const { store, destinations, publish } = aService(openedBefore("orders"));
    store.fail.write = down;
    const { report, ...publication } = await publish(aReportOn(["orders", "shop"]));
    expect(publication.failures).toEqual([{ where: "store", error: down }]);
    expect(takenBy(destinations)).toEqual(Array(3).fill(["finding.opened new shop"]));
    expect(report.findings.map(({ firstSeenAt }) => firstSeenAt)).toEqual([yesterday, now]);
  });

  test("that takes no reports: the changes are told without a link", async () => {
    const { store, destinations, publish } = aService();
    store.fail.writeReport = down;
    expect(failuresOf(await publish(aReportOn(["orders"])))).toEqual(["store: no such bucket"]);
    expect(destinations.map(({ links, taken }) => [links, taken.length])).toEqual(Array(3).fill([[null], 1]));
    expect(destinations.map(({ digests }) => digests[0]?.reportUrl)).toEqual([null, null, null]);
    expect(owedTo(store)).toEqual(nothingOwed);
  });

  test("that fails in every way, and all outlets with it: each failure is reported, and nothing is thrown", async () => {
    const { store, destinations, publish } = aService();
    store.fail = { read: down, write: down, writeReport: down };
    for (const destination of destinations) destination.fail = { deliver: down, announce: down, refresh: down };
    const publication = await publish(aReportOn(["orders"]));
    expect(publication.failures.map(({ where }) => where).sort()).toEqual(
      [...destinationNames, ...destinationNames, ...destinationNames, "store", "store"].sort(),
    );
  });

  test("that fails between recording and settling: what was delivered is delivered once more, and nothing is lost", async () => {
    const { store, alerts, publish } = aService();
    const { deliver } = alerts;
    alerts.deliver = (...args) => {
      store.fail.write = down;
      return deliver(...args);
    };
    expect(failuresOf(await publish(aReportOn(["orders"])))).toEqual(["store: no such bucket"]);
    alerts.deliver = deliver;
    store.fail = {};
    await publish(aReportOn(["orders"], minutes(21)));
    expect(changesInShort(alerts.taken)).toEqual(["finding.opened new orders", "finding.opened new orders"]);
    expect(owedTo(store)).toEqual(nothingOwed);
  });

  test("that fails while settling: the event is not remembered, and its next delivery makes up for it", async () => {
    const { store, alerts, publish } = aService();
    alerts.fail.deliver = new Error("down");
    const { announce } = alerts;
    alerts.announce = (...args) => {
      store.fail.write = down;
      return announce(...args);
    };
    await publish(aReportOn(["orders"]), { eventId: "same" });
    alerts.announce = announce;
    alerts.fail.deliver = null;
    store.fail = {};
    expect(store.kept().handledEvents).toEqual([]);
    expect((await publish(aReportOn(["orders"], minutes(21)), { eventId: "same" })).isNew).toBe(true);
    expect(changesInShort(alerts.taken)).toEqual(["finding.opened new orders"]);
    expect(store.kept().handledEvents).toEqual(["same"]);
    expect(owedTo(store)).toEqual(nothingOwed);
  });
});

describe("an execution that crashes after it recorded and before it delivered", () => {
  /** Publishing ends in the middle: nothing after the first write of the ledger happens. */
  const crash = async ({ store, publish }: ReturnType<typeof aService>) => {
    const never = new Promise<never>(() => undefined);
    const silent = destinationNames.map((name) => ({ name, deliver: () => never }));
    void publish(aReportOn(["orders"]), { destinations: silent, eventId: "crashed", invocation: "crashed" });
    while (store.writes() === 0) await new Promise((resolve) => setImmediate(resolve));
  };

  test.each([
    ["is still on its way", 19, []],
    ["is still on its way", 20, []],
    ["is told by the next audit", 21, ["finding.opened new orders"]],
  ])("what it found %s after %d minutes", async (_, after, expected) => {
    const service = aService();
    await crash(service);
    await service.publish(aReportOn(["orders"], minutes(after)));
    expect(takenBy(service.destinations)).toEqual([expected, expected, expected]);
  });

  test("is told with what changed since, once", async () => {
    const service = aService();
    await crash(service);
    await service.publish(aReportOn([], minutes(30)));
    await service.publish(aReportOn([], minutes(60)));
    const both = ["finding.opened new orders", "finding.resolved fixed orders"];
    expect(takenBy(service.destinations)).toEqual([both, both, both]);
  });

  test("is told by its own retry, at once and once", async () => {
    const service = aService();
    await crash(service);
    const retry = { eventId: "crashed", invocation: "crashed" };
    expect(await service.publish(aReportOn(["orders"], minutes(1)), retry)).toMatchObject({
      isNew: true,
      failures: [],
    });
    expect((await service.publish(aReportOn(["orders"], minutes(2)), retry)).isNew).toBe(false);
    expect(takenBy(service.destinations)).toEqual(Array(3).fill(["finding.opened new orders"]));
    expect(owedTo(service.store)).toEqual(nothingOwed);
  });

  test("its event comes again at once, in another invocation: the report and the digest are there, and what it found is still on its way", async () => {
    const service = aService();
    await crash(service);
    const again = await service.publish(aReportOn(["orders"], minutes(1)), { eventId: "crashed" });
    expect(again).toMatchObject({ isNew: true, changes: [], failures: [] });
    expect(service.store.reports.at(-1)).toEqual(again.report);
    expect(service.destinations.map(({ digests }) => digests.length)).toEqual([1, 1, 1]);
    expect(service.destinations.flatMap(({ taken }) => taken)).toEqual([]);
  });

  test("its event comes again when the claim is over: all that it found is told, once, and it is handled", async () => {
    const service = aService();
    await crash(service);
    await service.publish(aReportOn(["orders"], minutes(21)), { eventId: "crashed" });
    const third = await service.publish(aReportOn(["orders"], minutes(22)), { eventId: "crashed" });
    expect(third.isNew).toBe(false);
    expect(takenBy(service.destinations)).toEqual(Array(3).fill(["finding.opened new orders"]));
    expect(owedTo(service.store)).toEqual(nothingOwed);
  });
});

describe("a digest", () => {
  const oldest = aFindingOn("shop", { firstSeenAt: yesterday });
  const older = aFindingOn("old", { firstSeenAt: hoursFromNow(-48), exemption: anExemption });
  const report = (...findings: Report["findings"]): Report => ({ ...aReportWith(), findings });

  test("says what was found, and where to read it", () => {
    const gaps = [aGap(), aGap({ action: "kms:DescribeKey" })];
    const whole = aReportWith({ findings: finding("orders"), coverage: { gaps } });
    const { generatedAt, clean, summary } = whole;
    expect(toDigest(whole, "https://reports.example/1")).toEqual({
      generatedAt,
      clean,
      summary,
      complete: false,
      gaps: 2,
      oldestFirstSeenAt: now,
      reportUrl: "https://reports.example/1",
    });
  });

  test("says since when the oldest active finding is open, in whatever order they are", () => {
    expect(toDigest(report(aFindingOn("orders"), oldest, older), null).oldestFirstSeenAt).toBe(yesterday);
    expect(toDigest(report(oldest, aFindingOn("orders")), null).oldestFirstSeenAt).toBe(yesterday);
  });

  test("has no oldest where nothing is active", () => {
    expect(toDigest(report(older), null).oldestFirstSeenAt).toBeNull();
    expect(toDigest(report(), null).oldestFirstSeenAt).toBeNull();
  });
});

describe("an audit from AWS to the outlets", () => {
  const accountOf = ({ port }: SimulatedRegion): AccountPort => ({
    name: "the account",
    identify: async () => ({ account: port.account, partition: port.partition }),
    listRegions: async () => [port.region],
    region: () => port,
  });
  const audit = (service: ReturnType<typeof aService>, accounts: readonly AccountPort[], day: number) => {
    let asked = 0;
    return auditAndPublish({
      accounts,
      regions: "all",
      policy: defaultPolicy,
      rules,
      version: "0.0.0",
      store: service.store,
      destinations: service.destinations,
      eventId: `day ${day}`,
      invocation: `day ${day}`,
      now: () => hoursFromNow(24 * day + asked++),
    });
  };

  test("is judged as of when it began, and published as of when it ended", () =>
    withSimulatedRegion(async (simulated) => {
      simulated.here.addInstance({ identifier: "orders" });
      const service = aService();
      const { report, changes } = await audit(service, [accountOf(simulated)], 0);
      expect([report.observedAt, report.generatedAt]).toEqual([now, hoursFromNow(1)]);
      expect(changes.map(({ at, finding }) => [at, finding.firstSeenAt])).toEqual([[hoursFromNow(1), now]]);
    }));

  test("a partial scan clears nothing, and the next whole one does", () =>
    withSimulatedRegion(async (simulated) => {
      const { here, cloud } = simulated;
      here.addInstance({ identifier: "orders" });
      here.addCluster({ identifier: "ledger", members: 0 });
      const service = aService();
      await audit(service, [accountOf(simulated)], 0);
      expect(changesInShort(service.alerts.taken)).toEqual(["finding.opened new ledger", "finding.opened new orders"]);
      here.instances.clear();
      const repair = cloud.fault({ action: "rds:Describe*", kind: "deny" });
      expect((await audit(service, [accountOf(simulated)], 1)).changes).toEqual([]);
      expect(service.alerts.digests.at(-1)).toMatchObject({ complete: false, clean: false });
      repair();
      const { changes } = await audit(service, [accountOf(simulated)], 2);
      expect(changesInShort(changes)).toEqual(["finding.resolved database-gone orders"]);
    }));

  test("that can enter no account throws, and nothing is published or recorded", async () => {
    const service = aService(openedBefore("orders"));
    const closed: AccountPort = {
      name: "the account",
      identify: () => Promise.reject(new AccessError("The session has expired.")),
      listRegions: async () => [],
      region: () => {
        throw new Error("it was not entered");
      },
    };
    await expect(audit(service, [closed], 0)).rejects.toThrow(AccessError);
    expect(service.store.kept()).toEqual(openedBefore("orders"));
    expect(service.destinations.flatMap(({ taken, digests }) => [...taken, ...digests])).toEqual([]);
  });
});
