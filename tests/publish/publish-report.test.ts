import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { auditAndPublish } from "../../lib/audit-and-publish.ts";
import type { AccountPort } from "../../lib/collect/choose-targets.ts";
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
import { createRecordingDestination, type RecordingDestination } from "../support/recording-destination.ts";
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

/** A service with an in-memory store and three destinations. Each report gets a new event id. */
function aService(ledger?: Ledger) {
  const store = createMemoryStore(ledger === undefined ? {} : { ledger });
  const [findings, alerts, securityHub] = destinationNames.map(createRecordingDestination) as [
    RecordingDestination,
    RecordingDestination,
    RecordingDestination,
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

const takenBy = (destinations: readonly RecordingDestination[]) =>
  destinations.map(({ taken }) => changesInShort(taken));
const outboxSizes = (store: MemoryStore) =>
  Object.fromEntries(Object.entries(store.kept().outbox).map(([name, entries]) => [name, entries.length]));
const emptyOutboxes = { findings: 0, alerts: 0, securityHub: 0 };
const failuresOf = ({ failures }: Awaited<ReturnType<typeof publishReport>>) =>
  failures.map(({ where, error }) => `${where}: ${error.message}`);

describe("a full audit", () => {
  test("delivers its changes to each destination, with a link to the report", async () => {
    const { store, destinations, publish } = aService(openedBefore("orders", "shop"));
    const publication = await publish(aReportOn(["shop", "ledger"]));
    const changes = ["finding.opened new ledger", "finding.resolved fixed orders"];
    expect(publication).toMatchObject({ isNew: true, failures: [] });
    expect(changesInShort(publication.changes)).toEqual(changes);
    expect(takenBy(destinations)).toEqual([changes, changes, changes]);
    expect(destinations.map(({ links }) => links)).toEqual(Array(3).fill(["https://reports.example/1"]));
    expect(outboxSizes(store)).toEqual(emptyOutboxes);
  });

  test("delivers nothing without changes", async () => {
    const { destinations, publish } = aService(openedBefore("orders"));
    await publish(aReportOn(["orders"]));
    expect(destinations.flatMap(({ links }) => links)).toEqual([]);
  });

  test("stores its report with firstSeenAt from the ledger", async () => {
    const { store, publish } = aService(openedBefore("orders"));
    const { report } = await publish(aReportOn(["orders", "shop"]));
    expect(report.findings.map(({ firstSeenAt }) => firstSeenAt)).toEqual([yesterday, now]);
    expect(report.hasHistory).toBe(true);
    expect(store.reports).toEqual([report]);
  });

  test("sends one digest, changes or not", async () => {
    const { destinations, publish } = aService(openedBefore("orders"));
    const { report } = await publish(aReportOn(["orders"]));
    for (const { digests } of destinations)
      expect(digests).toEqual([toDigest(report, "https://reports.example/1", [])]);
  });

  test("refreshes all violations, unreadable ones included, and no exempt or not evaluated findings", async () => {
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

  test("reports a finding that could not be evaluated in the report and the digest only", async () => {
    const { store, destinations, publish } = aService();
    const unknown = aFindingOn("orders", { status: "INSUFFICIENT_DATA" });
    const { changes, report } = await publish(aReportWith({ findings: [unknown], coverage: { gaps: [aGap()] } }));
    expect(changes).toEqual([]);
    expect(takenBy(destinations)).toEqual([[], [], []]);
    expect(destinations.map(({ digests }) => digests[0]?.complete)).toEqual([false, false, false]);
    expect(report.findings).toEqual([unknown]);
    const { account, region, rule } = unknown;
    expect(store.kept()).toMatchObject({ known: [], notEvaluated: [{ account, region, rule, firstSeenAt: now }] });
    await publish(aReportOn([], minutes(1)));
    expect(takenBy(destinations)).toEqual([[], [], []]);
    expect(store.kept().notEvaluated).toEqual([]);
  });

  test("supports a destination without digest and refresh", async () => {
    const { store, publish } = aService();
    const { name, isDivisible, deliver } = createRecordingDestination("alerts");
    expect((await publish(aReportOn(["orders"]), { destinations: [{ name, isDivisible, deliver }] })).failures).toEqual(
      [],
    );
    expect(outboxSizes(store)).toEqual({ alerts: 0 });
  });
});

describe("a recheck", () => {
  const only = new Set(finding("orders").map(({ resource }) => resource.arn));

  test("delivers the changes of its databases without digest, refresh or report", async () => {
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

  test("links to the report of the last full audit", async () => {
    const { findings, publish } = aService();
    await publish(aReportOn(["shop"]));
    await publish(aReportWith({ at: minutes(1), findings: finding("orders") }), { only });
    await publish(aReportWith({ at: minutes(2), judged: ["orders"] }), { only });
    expect(findings.links).toEqual(Array(3).fill("https://reports.example/1"));
  });

  test("delivers changes refused earlier", async () => {
    const { alerts, publish } = aService();
    alerts.fail.deliver = new Error("down");
    await publish(aReportOn(["shop"]));
    alerts.fail.deliver = null;
    await publish(aReportWith({ judged: ["orders"] }), { only });
    expect(changesInShort(alerts.taken)).toEqual(["finding.opened new shop"]);
  });

  test("without changes and with empty outboxes writes once and calls no destination", async () => {
    const { store, destinations, publish } = aService(openedBefore("orders"));
    expect(await publish(aReportOn(["orders"]), { only })).toMatchObject({
      isNew: true,
      isAttempted: false,
      changes: [],
    });
    expect(store.writes()).toBe(1);
    expect(store.kept()).toMatchObject({
      handledEvents: ["event-1"],
      seen: Object.fromEntries([...only].map((arn) => [arn, now])),
    });
    expect(destinations.flatMap(({ links, digests }) => [...links, ...digests])).toEqual([]);
  });

  test("without changes delivers the outboxes", async () => {
    const { alerts, publish } = aService();
    alerts.fail.deliver = new Error("no topic");
    await publish(aReportOn(["orders"]));
    expect(await publish(aReportOn(["orders"]), { only })).toMatchObject({ isAttempted: true, changes: [] });
  });

  test("is not undone by an audit that started earlier", async () => {
    const { alerts, publish } = aService();
    await publish(aReportWith({ at: minutes(1), findings: finding("orders") }), { only });
    const { changes } = await publish({ ...aReportOn([]), generatedAt: minutes(5) });
    expect(changes).toEqual([]);
    expect(changesInShort(alerts.taken)).toEqual(["finding.opened new orders"]);
  });
});

describe("the same event", () => {
  test("is published once if delivered twice", async () => {
    const { store, destinations, publish } = aService();
    const first = await publish(aReportOn(["orders"]), { eventId: "same" });
    const second = await publish(aReportOn(["orders", "shop"]), { eventId: "same" });
    expect([first.isNew, second.isNew]).toEqual([true, false]);
    expect(second).toMatchObject({ changes: [], failures: [], report: aReportOn(["orders", "shop"]) });
    expect(takenBy(destinations)).toEqual(Array(3).fill(["finding.opened new orders"]));
    expect(destinations.map(({ digests }) => digests.length)).toEqual([1, 1, 1]);
    expect(store.reports).toHaveLength(1);
  });

  test("delivered concurrently publishes each change once and is remembered once", async () => {
    const { store, destinations, publish } = aService();
    const publications = await Promise.all([1, 2, 3].map(() => publish(aReportOn(["orders"]), { eventId: "same" })));
    expect(publications.flatMap(({ changes }) => changes)).toHaveLength(1);
    expect(takenBy(destinations)).toEqual(Array(3).fill(["finding.opened new orders"]));
    expect(outboxSizes(store)).toEqual(emptyOutboxes);
    expect(store.kept().handledEvents).toEqual(["same"]);
  });

  test("is not remembered before the delivery is finished", async () => {
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

describe("a conflicting write of the ledger", () => {
  test.each([0, 1, 7])("%d times: changes are published once", async (times) => {
    const { store, destinations, publish } = aService();
    store.overtake(times);
    expect((await publish(aReportOn(["orders"]))).failures).toEqual([]);
    expect(takenBy(destinations)).toEqual(Array(3).fill(["finding.opened new orders"]));
    expect(outboxSizes(store)).toEqual(emptyOutboxes);
  });

  test("eight times: changes are published and the failure is reported", async () => {
    const { store, destinations, publish } = aService(openedBefore("orders"));
    store.overtake(8);
    const publication = await publish(aReportOn(["orders", "shop"]));
    expect(failuresOf(publication)).toEqual(["store: memory was changed by another writer 8 times in a row"]);
    expect(takenBy(destinations)).toEqual(Array(3).fill(["finding.opened new shop"]));
    expect(store.writes()).toBe(0);
  });

  test.each([
    [0, 0, []],
    [1, 0, [25]],
    [1, 1, [50]],
    [4, 0.5, [37.5, 75, 150, 300]],
    [8, 1, [50, 100, 200, 400, 800, 1600, 3200]],
  ])("%d times, random %d: pauses of %p ms between attempts", async (times, random, expected) => {
    const { store, pauses, publish } = aService();
    store.overtake(times);
    await publish(aReportOn(["orders"]), { random: () => random });
    expect(pauses).toEqual(expected);
  });

  test("pauses for real by default", async () => {
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

  test("while delivering leaves the entries of other invocations", async () => {
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

  test("concurrent audits publish each change once, in any order of writes and refusals", async () => {
    const identifiers = ["orders", "shop", "ledger"];
    const anyReports = fc.array(fc.subarray(identifiers), { minLength: 2, maxLength: 4 });
    const anyRefusals = fc.array(fc.constantFrom(null, "throws", ...identifiers), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(anyReports, anyRefusals, fc.scheduler(), async (reports, refusals, scheduler) => {
        const store = createMemoryStore({ pause: () => scheduler.schedule(Promise.resolve()) });
        const destinations = destinationNames.map(createRecordingDestination);
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
        expect(outboxSizes(store)).toEqual(emptyOutboxes);
      }),
      { numRuns: 60 },
    );
  });
});

describe("a delivery of many changes", () => {
  const many = Array.from({ length: 1200 }, (_, index) => `db-${index}`);

  test("leaves the ledger part by part, so that a crash sends no delivered part again", async () => {
    const { store, findings, alerts, publish } = aService();
    const left: (number | undefined)[] = [];
    const { deliver } = findings;
    findings.deliver = (...args) => {
      left.push(store.kept().outbox.findings?.length);
      return deliver(...args);
    };
    await publish(aReportOn(many));
    expect(left).toEqual([1200, 700, 200]);
    expect(findings.taken).toHaveLength(1200);
    expect(alerts.links).toHaveLength(1);
    expect(outboxSizes(store)).toEqual(emptyOutboxes);
  });

  test("has at most five parts, because each rewrites the ledger", async () => {
    const { findings, publish } = aService();
    await publish(aReportOn(Array.from({ length: 4001 }, (_, index) => `db-${index}`)));
    expect(findings.links).toHaveLength(5);
    expect(findings.taken).toHaveLength(4001);
  });

  test("keeps refused changes and the parts after a failure for the next time", async () => {
    const { store, findings, publish } = aService();
    findings.fail.deliver = ({ finding }) => finding.resource.identifier === "db-3";
    const { deliver } = findings;
    findings.deliver = (changes, context) => {
      if (changes[0]?.finding.resource.identifier === "db-500") throw new Error("down");
      return deliver(changes, context);
    };
    const publication = await publish(aReportOn(many));
    expect(failuresOf(publication).sort()).toEqual([
      "findings: 1 of 1200 changes were refused. First reason: it is too large",
      "findings: down",
    ]);
    expect(store.kept().outbox.findings).toHaveLength(701);
    expect(store.kept().outbox.findings?.filter(({ lease }) => lease !== null)).toEqual([]);
    findings.fail.deliver = null;
    findings.deliver = deliver;
    await publish(aReportOn(many, minutes(1)));
    expect(findings.taken).toHaveLength(1200);
    expect(new Set(findings.taken.map(({ finding }) => finding.id)).size).toBe(1200);
  });
});

describe("a destination", () => {
  test.each(destinationNames)(
    "%s that fails stops no other and gets its changes with the next audit, in order",
    async (name) => {
      const { store, destinations, publish } = aService();
      const failing = destinations.find((destination) => destination.name === name) as RecordingDestination;
      failing.fail = { deliver: new Error("down"), sendDigest: new Error("dumb"), refresh: new Error("deaf") };
      const publication = await publish(aReportOn(["orders"]));
      expect(failuresOf(publication)).toEqual([`${name}: down`, `${name}: dumb`, `${name}: deaf`]);
      expect(changesInShort(publication.changes)).toEqual(["finding.opened new orders"]);
      for (const destination of destinations)
        expect(changesInShort(destination.taken)).toEqual(destination === failing ? [] : ["finding.opened new orders"]);
      expect(outboxSizes(store)).toEqual({ ...emptyOutboxes, [name]: 1 });

      failing.fail = {};
      expect((await publish(aReportOn(["shop"], minutes(1)))).failures).toEqual([]);
      const all = ["finding.opened new orders", "finding.opened new shop", "finding.resolved fixed orders"];
      expect(takenBy(destinations)).toEqual([all, all, all]);
      expect(outboxSizes(store)).toEqual(emptyOutboxes);
    },
  );

  test("that refuses some changes gets those again", async () => {
    const { store, alerts, findings, publish } = aService();
    alerts.fail.deliver = (change) => change.finding.resource.identifier === "shop";
    const publication = await publish(aReportOn(["orders", "shop"]));
    expect(failuresOf(publication)).toEqual(["alerts: 1 of 2 changes were refused. First reason: it is too large"]);
    expect(changesInShort(alerts.taken)).toEqual(["finding.opened new orders"]);
    expect(outboxSizes(store)).toEqual({ ...emptyOutboxes, alerts: 1 });

    alerts.fail.deliver = null;
    const next = await publish(aReportOn(["orders", "shop"], minutes(1)));
    expect(next.changes).toEqual([]);
    const both = ["finding.opened new orders", "finding.opened new shop"];
    expect(takenBy([alerts, findings])).toEqual([both, both]);
    expect(outboxSizes(store)).toEqual(emptyOutboxes);
  });

  test("that throws a value that is not an Error is reported", async () => {
    const { alerts, publish } = aService();
    alerts.deliver = () => Promise.reject("no reason");
    expect(failuresOf(await publish(aReportOn(["orders"])))).toEqual(["alerts: no reason"]);
  });

  test("that throws synchronously stops no other", async () => {
    const { alerts, destinations, publish } = aService();
    alerts.deliver = () => {
      throw new Error("at once");
    };
    expect(failuresOf(await publish(aReportOn(["orders"])))).toEqual(["alerts: at once"]);
    expect(destinations.map(({ taken }) => taken.length)).toEqual([1, 0, 1]);
  });

  test("whose digest fails does not get that digest again", async () => {
    const { findings, publish } = aService();
    findings.fail.sendDigest = new Error("dumb");
    await publish(aReportOn([]));
    findings.fail = {};
    await publish(aReportOn([], minutes(1)));
    expect(findings.digests.map(({ generatedAt }) => generatedAt)).toEqual([minutes(1)]);
  });
});

describe("a failing store", () => {
  const down = new Error("no such bucket");

  test("cannot be read: everything is published, because silence would look healthy", async () => {
    const { store, destinations, publish } = aService(openedBefore("orders"));
    store.fail.read = down;
    const publication = await publish(aReportOn(["orders"]));
    expect(failuresOf(publication)).toEqual(["store: no such bucket"]);
    expect(publication.isNew).toBe(true);
    expect(takenBy(destinations)).toEqual(Array(3).fill(["finding.opened new orders"]));
    expect(destinations.map(({ digests }) => digests.length)).toEqual([1, 1, 1]);
    expect(store.kept()).toEqual(openedBefore("orders"));
  });

  test("cannot be written: new changes are published, with firstSeenAt from the ledger", async () => {
    const { store, destinations, publish } = aService(openedBefore("orders"));
    store.fail.write = down;
    const { report, ...publication } = await publish(aReportOn(["orders", "shop"]));
    expect(publication.failures).toEqual([{ where: "store", error: down }]);
    expect(takenBy(destinations)).toEqual(Array(3).fill(["finding.opened new shop"]));
    expect(report.findings.map(({ firstSeenAt }) => firstSeenAt)).toEqual([yesterday, now]);
  });

  test("cannot store the report: changes are delivered without a link", async () => {
    const { store, destinations, publish } = aService();
    store.fail.writeReport = down;
    expect(failuresOf(await publish(aReportOn(["orders"])))).toEqual(["store: no such bucket"]);
    expect(destinations.map(({ links, taken }) => [links, taken.length])).toEqual(Array(3).fill([[null], 1]));
    expect(destinations.map(({ digests }) => digests[0]?.reportUrl)).toEqual([null, null, null]);
    expect(outboxSizes(store)).toEqual(emptyOutboxes);
  });

  test("fails together with all destinations: each failure is reported and nothing is thrown", async () => {
    const { store, destinations, publish } = aService();
    store.fail = { read: down, write: down, writeReport: down };
    for (const destination of destinations) destination.fail = { deliver: down, sendDigest: down, refresh: down };
    const publication = await publish(aReportOn(["orders"]));
    expect(publication.failures.map(({ where }) => where).sort()).toEqual(
      [...destinationNames, ...destinationNames, ...destinationNames, "store", "store"].sort(),
    );
  });

  test("fails between recording and finishing: changes are delivered again and none is lost", async () => {
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
    expect(outboxSizes(store)).toEqual(emptyOutboxes);
  });

  test("fails while finishing: the event is not remembered and its redelivery publishes", async () => {
    const { store, alerts, publish } = aService();
    alerts.fail.deliver = new Error("down");
    const { sendDigest } = alerts;
    alerts.sendDigest = (...args) => {
      store.fail.write = down;
      return sendDigest(...args);
    };
    await publish(aReportOn(["orders"]), { eventId: "same" });
    alerts.sendDigest = sendDigest;
    alerts.fail.deliver = null;
    store.fail = {};
    expect(store.kept().handledEvents).toEqual([]);
    expect((await publish(aReportOn(["orders"], minutes(21)), { eventId: "same" })).isNew).toBe(true);
    expect(changesInShort(alerts.taken)).toEqual(["finding.opened new orders"]);
    expect(store.kept().handledEvents).toEqual(["same"]);
    expect(outboxSizes(store)).toEqual(emptyOutboxes);
  });
});

describe("a crash between recording and delivering", () => {
  /** Stops publishing after the first write of the ledger. */
  const crash = async ({ store, publish }: ReturnType<typeof aService>) => {
    const never = new Promise<never>(() => undefined);
    const silent = destinationNames.map((name) => ({ name, isDivisible: false, deliver: () => never }));
    void publish(aReportOn(["orders"]), { destinations: silent, eventId: "crashed", invocation: "crashed" });
    while (store.writes() === 0) await new Promise((resolve) => setImmediate(resolve));
  };

  test.each([
    ["is still leased", 19, []],
    ["is still leased", 20, []],
    ["is published by the next audit", 21, ["finding.opened new orders"]],
  ])("its change %s after %d minutes", async (_, after, expected) => {
    const service = aService();
    await crash(service);
    await service.publish(aReportOn(["orders"], minutes(after)));
    expect(takenBy(service.destinations)).toEqual([expected, expected, expected]);
  });

  test("is published once, with later changes", async () => {
    const service = aService();
    await crash(service);
    await service.publish(aReportOn([], minutes(30)));
    await service.publish(aReportOn([], minutes(60)));
    const both = ["finding.opened new orders", "finding.resolved fixed orders"];
    expect(takenBy(service.destinations)).toEqual([both, both, both]);
  });

  test("is published once, immediately, by its own retry", async () => {
    const service = aService();
    await crash(service);
    const retry = { eventId: "crashed", invocation: "crashed" };
    expect(await service.publish(aReportOn(["orders"], minutes(1)), retry)).toMatchObject({
      isNew: true,
      failures: [],
    });
    expect((await service.publish(aReportOn(["orders"], minutes(2)), retry)).isNew).toBe(false);
    expect(takenBy(service.destinations)).toEqual(Array(3).fill(["finding.opened new orders"]));
    expect(outboxSizes(service.store)).toEqual(emptyOutboxes);
  });

  test("its event redelivered immediately to another invocation: stores the report and sends the digest, the change is still leased", async () => {
    const service = aService();
    await crash(service);
    const again = await service.publish(aReportOn(["orders"], minutes(1)), { eventId: "crashed" });
    expect(again).toMatchObject({ isNew: true, changes: [], failures: [] });
    expect(service.store.reports.at(-1)).toEqual(again.report);
    expect(service.destinations.map(({ digests }) => digests.length)).toEqual([1, 1, 1]);
    expect(service.destinations.flatMap(({ taken }) => taken)).toEqual([]);
  });

  test("its event redelivered after the lease: publishes the change once and is handled", async () => {
    const service = aService();
    await crash(service);
    await service.publish(aReportOn(["orders"], minutes(21)), { eventId: "crashed" });
    const third = await service.publish(aReportOn(["orders"], minutes(22)), { eventId: "crashed" });
    expect(third.isNew).toBe(false);
    expect(takenBy(service.destinations)).toEqual(Array(3).fill(["finding.opened new orders"]));
    expect(outboxSizes(service.store)).toEqual(emptyOutboxes);
  });
});

describe("a digest", () => {
  const oldest = aFindingOn("shop", { firstSeenAt: yesterday });
  const older = aFindingOn("old", { firstSeenAt: hoursFromNow(-48), exemption: anExemption });
  const report = (...findings: Report["findings"]): Report => ({ ...aReportWith(), findings });

  test("has the counts and a link to the report", () => {
    const gaps = [aGap(), aGap({ action: "kms:DescribeKey" })];
    const whole = aReportWith({ findings: finding("orders"), coverage: { gaps } });
    const { generatedAt, clean, summary } = whole;
    const emptied = { account: "123456789012", region: "eu-west-1", databases: 3, findings: 2 };
    expect(toDigest(whole, "https://reports.example/1", [emptied])).toEqual({
      generatedAt,
      clean,
      summary,
      complete: false,
      gaps: 2,
      oldestFirstSeenAt: now,
      emptiedRegions: [emptied],
      reportUrl: "https://reports.example/1",
    });
  });

  test("has firstSeenAt of the oldest active violation, in any order", () => {
    expect(toDigest(report(aFindingOn("orders"), oldest, older), null, []).oldestFirstSeenAt).toBe(yesterday);
    expect(toDigest(report(oldest, aFindingOn("orders")), null, []).oldestFirstSeenAt).toBe(yesterday);
  });

  test("has no oldest violation if none is active", () => {
    expect(toDigest(report(older), null, []).oldestFirstSeenAt).toBeNull();
    expect(toDigest(report(), null, []).oldestFirstSeenAt).toBeNull();
  });
});

describe("an audit from AWS to the destinations", () => {
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

  test("is evaluated at its start time and published with its end time", () =>
    withSimulatedRegion(async (simulated) => {
      simulated.here.addInstance({ identifier: "orders" });
      const service = aService();
      const { report, changes } = await audit(service, [accountOf(simulated)], 0);
      expect([report.observedAt, report.generatedAt]).toEqual([now, hoursFromNow(1)]);
      expect(changes.map(({ at, finding }) => [at, finding.firstSeenAt])).toEqual([[hoursFromNow(1), now]]);
    }));

  test("resolves nothing after a partial scan, and everything gone after the next full one", () =>
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

  test("says that a Region with findings no longer has databases, once", () =>
    withSimulatedRegion(async (simulated) => {
      const { here } = simulated;
      here.addInstance({ identifier: "orders" });
      here.addInstance({ identifier: "shop" });
      const service = aService();
      expect((await audit(service, [accountOf(simulated)], 0)).emptiedRegions).toEqual([]);
      here.instances.delete("shop");
      expect((await audit(service, [accountOf(simulated)], 1)).emptiedRegions).toEqual([]);
      here.instances.clear();
      const emptied = [{ account: simulated.port.account, region: simulated.port.region, databases: 1, findings: 1 }];
      expect((await audit(service, [accountOf(simulated)], 2)).emptiedRegions).toEqual(emptied);
      expect(service.alerts.digests.at(-1)).toMatchObject({ emptiedRegions: emptied });
      expect((await audit(service, [accountOf(simulated)], 3)).emptiedRegions).toEqual([]);
    }));

  test("says that a Region whose databases passed every rule no longer has databases, once", () =>
    withSimulatedRegion(async (simulated) => {
      const { here, cloud } = simulated;
      for (const identifier of ["orders", "shop", "ledger"]) here.addInstance({ identifier, managed: true });
      const service = aService();
      expect((await audit(service, [accountOf(simulated)], 0)).report.clean).toBe(true);
      here.instances.clear();
      const repair = cloud.fault({ action: "rds:Describe*", kind: "deny" });
      expect((await audit(service, [accountOf(simulated)], 1)).emptiedRegions).toEqual([]);
      repair();
      const { account, region } = simulated.port;
      const emptied = [{ account, region, databases: 3, findings: 0 }];
      expect((await audit(service, [accountOf(simulated)], 2)).emptiedRegions).toEqual(emptied);
      expect(service.alerts.digests.at(-1)).toMatchObject({ emptiedRegions: emptied });
      expect(service.alerts.notices).toMatchObject([{ type: "regions-emptied", regions: emptied }]);
      expect((await audit(service, [accountOf(simulated)], 3)).emptiedRegions).toEqual([]);
      expect(service.alerts.notices).toHaveLength(1);
    }));

  test("knows each finding as it was, after no secret could be listed", () =>
    withSimulatedRegion(async (simulated) => {
      const { here, cloud } = simulated;
      here.addInstance({ identifier: "orders" });
      here.addInstance({ identifier: "shop", managed: true });
      here.addInstance({ identifier: "ledger", managed: true });
      const service = aService();
      const before = await audit(service, [accountOf(simulated)], 0);
      const { known } = service.store.kept();
      const repair = cloud.fault({ action: "secretsmanager:ListSecrets", kind: "deny" });
      const during = await audit(service, [accountOf(simulated)], 0.1);
      const unknown = during.report.findings.filter(({ status }) => status === "INSUFFICIENT_DATA");
      const rulesOfUnknown = new Set(unknown.map(({ rule }) => rule));
      expect(unknown.length).toBe(2 * rulesOfUnknown.size);
      expect(service.store.kept().notEvaluated.map(({ rule }) => rule)).toEqual([...rulesOfUnknown]);
      const again = await audit(service, [accountOf(simulated)], 0.2);
      const sinceOf = ({ report }: typeof again) =>
        report.findings.filter(({ status }) => status === "INSUFFICIENT_DATA").map(({ firstSeenAt }) => firstSeenAt);
      expect(new Set(sinceOf(again))).toEqual(new Set([during.report.observedAt]));
      repair();
      const after = await audit(service, [accountOf(simulated)], 0.3);
      expect([during, again, after].map(({ changes }) => changes)).toEqual([[], [], []]);
      expect(service.store.kept()).toMatchObject({ known, notEvaluated: [] });
      expect(after.report.findings).toEqual(before.report.findings);
    }));

  test("throws if no account can be accessed, and publishes and records nothing", async () => {
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
