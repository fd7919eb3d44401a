import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Change } from "../../lib/model/change.ts";
import {
  type DestinationName,
  destinationNames,
  emptyLedger,
  type Ledger,
  ledgerSchema,
  type OutboxEntry,
} from "../../lib/model/ledger.ts";
import type { Report } from "../../lib/model/report.ts";
import { finishDelivery, recordReport } from "../../lib/publish/ledger.ts";
import { hoursFromNow, now } from "../support/builders.ts";
import { deepFreeze } from "../support/deep-freeze.ts";
import { aChangeOn, aFindingOn, anExemption, aReportWith } from "../support/findings.ts";

const minutes = (count: number) => hoursFromNow(count / 60);
const leased = minutes(20);
const before = hoursFromNow(-24);

const aLedger = (overrides: Partial<Ledger> = {}): Ledger => ({ ...emptyLedger, ...overrides });
const anEntry = (identifier: string, until: string | null = null): OutboxEntry => ({
  change: aChangeOn(identifier, { at: before }),
  lease: until === null ? null : { by: "another", until },
});
const named = (changes: readonly Change[] | undefined) => changes?.map(({ finding }) => finding.resource.identifier);
const outboxIn = ({ outbox }: Ledger, name: DestinationName) =>
  outbox[name]?.map(({ change, lease }) => [change.finding.resource.identifier, lease?.until ?? null]);

type Recording = Partial<Parameters<typeof recordReport>[1]>;
const record = (ledger: Ledger, overrides: Recording = {}) =>
  recordReport(deepFreeze(ledger), {
    report: aReportWith(),
    only: null,
    destinations: ["alerts"],
    eventId: "event",
    invocation: "this",
    ...overrides,
  });
/** Finishes a delivery; by default nothing was refused. */
const finish = (ledger: Ledger, overrides: Partial<Parameters<typeof finishDelivery>[1]> = {}) =>
  finishDelivery(deepFreeze(ledger), { due: new Map(), undelivered: new Map(), eventId: "event", ...overrides });
const opening = (...identifiers: string[]): Report =>
  aReportWith({ findings: identifiers.map((identifier) => aFindingOn(identifier)) });

describe("recording a report", () => {
  const { ledger, changes, due } = record(emptyLedger, {
    report: opening("orders"),
    destinations: ["findings", "alerts"],
  });

  test("adds its findings to the known ones", () => {
    expect(ledger.known).toEqual([aFindingOn("orders")]);
  });

  test("adds its changes to each outbox, leased for 20 minutes and due now", () => {
    expect(changes).toEqual([aChangeOn("orders")]);
    for (const name of ["findings", "alerts"] as const) {
      expect(ledger.outbox[name]).toEqual([{ change: aChangeOn("orders"), lease: { by: "this", until: leased } }]);
      expect(due.get(name)).toEqual([aChangeOn("orders")]);
    }
    expect([...due.keys()]).toEqual(["findings", "alerts"]);
    expect(ledger.outbox.securityHub).toBeUndefined();
  });

  test("produces a ledger that survives JSON", () => {
    expect(ledgerSchema.parse(JSON.parse(JSON.stringify(ledger)))).toEqual(ledger);
  });

  test("adds nothing to an outbox if nothing changed", () => {
    const again = record(ledger, {
      report: opening("orders"),
      destinations: ["findings", "alerts"],
      invocation: "another",
    });
    expect(again.changes).toEqual([]);
    expect(again.due).toEqual(
      new Map([
        ["findings", []],
        ["alerts", []],
      ]),
    );
    expect(again.ledger.outbox).toEqual(ledger.outbox);
  });
});

describe("earlier entries of an outbox", () => {
  test.each([
    ["not leased", true, null],
    ["leased until a minute ago", true, minutes(-1)],
    ["leased until now", false, now],
    ["leased for another minute", false, minutes(1)],
  ])("%s: due is %p", (_, isDue, leasedUntil) => {
    const { ledger, due } = record(aLedger({ outbox: { alerts: [anEntry("orders", leasedUntil)] } }));
    expect(named(due.get("alerts"))).toEqual(isDue ? ["orders"] : []);
    expect(outboxIn(ledger, "alerts")).toEqual([["orders", isDue ? leased : leasedUntil]]);
  });

  test("come first and keep their order, leased or not", () => {
    const entries = [anEntry("first"), anEntry("second", minutes(5)), anEntry("third")];
    const { ledger, due } = record(aLedger({ outbox: { alerts: entries } }), { report: opening("new") });
    expect(named(due.get("alerts"))).toEqual(["first", "third", "new"]);
    expect(outboxIn(ledger, "alerts")).toEqual([
      ["first", leased],
      ["second", minutes(5)],
      ["third", leased],
      ["new", leased],
    ]);
  });

  test("leased by the same invocation before a retry are due", () => {
    const outbox = { alerts: [{ ...anEntry("orders"), lease: { by: "this", until: minutes(19) } }] };
    const { ledger, due } = record(aLedger({ outbox }));
    expect(named(due.get("alerts"))).toEqual(["orders"]);
    expect(outboxIn(ledger, "alerts")).toEqual([["orders", leased]]);
  });

  test("for one destination are not due for another", () => {
    const { due } = record(aLedger({ outbox: { alerts: [anEntry("orders")] } }), {
      destinations: ["alerts", "findings"],
    });
    expect(named(due.get("alerts"))).toEqual(["orders"]);
    expect(due.get("findings")).toEqual([]);
  });

  test("for a disabled destination stay until it is enabled", () => {
    const outbox = { securityHub: [anEntry("orders")] };
    const off = record(aLedger({ outbox }), { report: opening("shop"), destinations: ["alerts"] });
    expect(off.ledger.outbox.securityHub).toEqual(outbox.securityHub);
    expect(off.due.has("securityHub")).toBe(false);
    const on = record(finish(off.ledger, { due: off.due }), {
      report: opening("shop"),
      destinations: ["securityHub"],
    });
    expect(named(on.due.get("securityHub"))).toEqual(["orders"]);
  });
});

describe("a report on some databases", () => {
  const orders = aFindingOn("orders", { firstSeenAt: before });
  const shop = aFindingOn("shop", { firstSeenAt: before });
  const ledger = aLedger({ known: [orders, shop] });

  test("leaves the others unchanged", () => {
    const only = new Set([orders.resource.arn]);
    const { changes, ledger: after } = record(ledger, { report: aReportWith({ judged: ["orders"] }), only });
    expect(changes.map(({ reason, finding }) => [reason, finding])).toEqual([["fixed", orders]]);
    expect(after.known).toEqual([shop]);
  });

  test("keeps firstSeenAt of a violation that is still open", () => {
    const only = new Set([orders.resource.arn]);
    const { changes, ledger: after } = record(ledger, { report: opening("orders"), only });
    expect(changes).toEqual([]);
    expect(after.known).toEqual([shop, orders]);
  });

  test("changes nothing if it covers no database", () => {
    const { changes, ledger: after } = record(ledger, { report: aReportWith(), only: new Set() });
    expect(changes).toEqual([]);
    expect(after.known).toEqual([orders, shop]);
  });

  test("is distinguished from a report on all databases", () => {
    const { changes } = record(ledger, { report: aReportWith(), only: null });
    expect(changes.map(({ reason }) => reason)).toEqual(["database-gone", "database-gone"]);
  });
});

describe("a database re-evaluated while an audit is running", () => {
  const orders = aFindingOn("orders", { firstSeenAt: before });
  const { arn } = orders.resource;
  const at = (moment: string, report: Report): Report => ({ ...report, observedAt: moment, generatedAt: minutes(6) });
  const fixed = record(aLedger({ known: [orders] }), {
    report: at(minutes(5), aReportWith({ judged: ["orders"] })),
    only: new Set([arn]),
  });

  test("stays fixed, although the audit observed it earlier", () => {
    expect(fixed.changes.map(({ reason }) => reason)).toEqual(["fixed"]);
    const { changes, ledger } = record(fixed.ledger, { report: at(minutes(4), opening("orders", "shop")) });
    expect(changes).toEqual([aChangeOn("shop", { at: minutes(6) })]);
    expect(ledger.known.map(({ resource }) => resource.identifier)).toEqual(["shop"]);
  });

  test("is covered by an audit that observed it at the same time or later", () => {
    for (const moment of [minutes(5), minutes(6)])
      expect(named(record(fixed.ledger, { report: at(moment, opening("orders")) }).changes)).toEqual(["orders"]);
  });

  test("keeps its violation when the report of an earlier observation arrives late", () => {
    const only = new Set([arn]);
    const open = record(emptyLedger, { report: at(minutes(5), opening("orders")), only });
    const late = record(open.ledger, { report: at(minutes(4), aReportWith({ judged: ["orders"] })), only });
    expect(late.changes).toEqual([]);
    expect(late.ledger.seen).toEqual({ [arn]: minutes(5) });
  });

  test("is remembered for as long as an audit can run", () => {
    const later = (after: number) => {
      const report = { ...aReportWith(), observedAt: minutes(after), generatedAt: minutes(after) };
      return Object.keys(record(fixed.ledger, { report }).ledger.seen);
    };
    expect([later(25), later(26)]).toEqual([[arn], []]);
  });

  test("is not remembered for a full audit", () => {
    expect(record(emptyLedger, { report: opening("orders") }).ledger.seen).toEqual({});
  });
});

describe("handled events", () => {
  const ids = (count: number) => Array.from({ length: count }, (_, index) => `event-${index}`);
  const remembered = (count: number) => finish(aLedger({ handledEvents: ids(count) })).handledEvents;

  test("are remembered when the delivery is finished, newest last", () => {
    const before = aLedger({ handledEvents: ids(2) });
    expect(record(before, { report: opening("orders") }).ledger.handledEvents).toEqual(ids(2));
    expect(finish(before).handledEvents).toEqual(["event-0", "event-1", "event"]);
  });

  test("are remembered once, even if two invocations finish the same one", () => {
    expect(finish(finish(emptyLedger)).handledEvents).toEqual(["event"]);
  });

  test.each([
    [198, "event-0"],
    [199, "event-0"],
    [200, "event-1"],
    [500, "event-301"],
  ])("%d and one more: the oldest of 200 is %s", (count, oldest) => {
    expect(remembered(count)).toHaveLength(Math.min(count + 1, 200));
    expect(remembered(count).at(0)).toBe(oldest);
    expect(remembered(count).at(-1)).toBe("event");
  });
});

describe("finishing a delivery", () => {
  const recorded = record(emptyLedger, { report: opening("orders", "shop"), destinations: ["findings", "alerts"] });
  const changes = recorded.due.get("alerts") ?? [];
  const finishWith = (refused: [DestinationName, readonly Change[]][] = [], ledger = recorded.ledger) =>
    finish(ledger, { due: recorded.due, undelivered: new Map(refused) });

  test("removes delivered entries", () => {
    expect(finishWith().outbox).toEqual({ findings: [], alerts: [] });
  });

  test("changes nothing else but the handled events", () => {
    expect({ ...finishWith(), outbox: null }).toEqual({ ...recorded.ledger, outbox: null, handledEvents: ["event"] });
  });

  test("releases the refused entries of one destination and removes those of the others", () => {
    const { outbox } = finishWith([["alerts", changes.slice(1)]]);
    expect(outbox).toEqual({ findings: [], alerts: [{ change: changes[1], lease: null }] });
  });

  test("makes refused changes due at the next audit", () => {
    const { due } = record(finishWith([["alerts", changes]]), { report: opening("orders", "shop") });
    expect(due.get("alerts")).toEqual(changes);
  });

  test("keeps entries added meanwhile, after the refused ones", () => {
    const meanwhile = record(recorded.ledger, {
      report: aReportWith({ at: minutes(1), findings: ["orders", "shop", "new"].map((name) => aFindingOn(name)) }),
    }).ledger;
    const { outbox } = finishWith([["alerts", changes.slice(1)]], meanwhile);
    expect(
      outbox.alerts?.map(({ change, lease }) => [change.finding.resource.identifier, lease?.until ?? null]),
    ).toEqual([
      ["shop", null],
      ["new", minutes(21)],
    ]);
  });

  test("does not restore entries delivered meanwhile", () => {
    const meanwhile = { ...recorded.ledger, outbox: { findings: [], alerts: [] } };
    expect(finishWith([["alerts", changes]], meanwhile).outbox).toEqual(meanwhile.outbox);
  });

  test.each<[string, Change]>([
    ["of another type", { ...aChangeOn("orders"), type: "finding.resolved", reason: "fixed" }],
    ["at another time", aChangeOn("orders", { at: minutes(1) })],
    ["of another finding", aChangeOn("else")],
    ["of another rule", aChangeOn("orders", {}, { rule: "rotation-enabled" })],
  ])("does not remove a change %s", (_, change) => {
    const others = { change, lease: null };
    const ledger = aLedger({ outbox: { alerts: [others] } });
    expect(finish(ledger, { due: new Map([["alerts", [aChangeOn("orders")]]]) }).outbox.alerts).toEqual([others]);
  });

  test("leaves a missing outbox empty", () => {
    expect(finishWith([["alerts", changes]], emptyLedger).outbox).toEqual({ findings: [], alerts: [] });
  });

  test("keeps the outbox of a disabled destination", () => {
    const outbox = { ...recorded.ledger.outbox, securityHub: [anEntry("orders")] };
    expect(finishWith([], { ...recorded.ledger, outbox }).outbox.securityHub).toEqual(outbox.securityHub);
  });
});

describe("laws", () => {
  const identifiers = ["orders", "shop", "ledger"];
  const anyDestinations = fc.subarray([...destinationNames]);
  const anyFindings = fc
    .subarray(identifiers)
    .chain((names) =>
      fc.tuple(
        ...names.map((name) => fc.constantFrom(null, anExemption).map((exemption) => aFindingOn(name, { exemption }))),
      ),
    );
  /** An audit: its findings, the enabled destinations, whether it crashes before it finishes the delivery, and the refused databases. */
  const anyAudit = fc.record({
    findings: anyFindings,
    destinations: anyDestinations,
    isCrash: fc.boolean(),
    refused: fc.subarray(identifiers),
    afterMinutes: fc.constantFrom(1, 20, 21, 60),
  });

  test("every change reaches every destination enabled at the time, in order, or stays in its outbox", () => {
    fc.assert(
      fc.property(fc.array(anyAudit, { maxLength: 8 }), (audits) => {
        let ledger = emptyLedger;
        let clock = 0;
        const published = new Map<DestinationName, Change[]>(destinationNames.map((name) => [name, []]));
        const delivered = new Map<DestinationName, Change[]>(destinationNames.map((name) => [name, []]));
        for (const [index, { findings, destinations, isCrash, refused, afterMinutes }] of audits.entries()) {
          clock += afterMinutes;
          const report = aReportWith({ at: minutes(clock), judged: identifiers, findings });
          const recorded = record(ledger, { report, destinations });
          ledger = recorded.ledger;
          for (const name of destinations) published.get(name)?.push(...recorded.changes);
          if (isCrash) continue;
          const left = new Map(
            destinations.map((name) => {
              const isRefused = ({ finding }: Change) => refused.includes(finding.resource.identifier);
              const due = recorded.due.get(name) ?? [];
              delivered.get(name)?.push(...due.filter((change) => !isRefused(change)));
              return [name, due.filter(isRefused)] as const;
            }),
          );
          ledger = finish(ledger, { due: recorded.due, undelivered: left, eventId: String(index) });
        }
        for (const name of destinationNames) {
          const outbox = (ledger.outbox[name] ?? []).map(({ change }) => change);
          const got = delivered.get(name) ?? [];
          expect(new Set([...got, ...outbox])).toEqual(new Set(published.get(name)));
          expect(got.length + outbox.length).toBe(published.get(name)?.length);
          expect(outbox.map(({ at }) => at)).toEqual(outbox.map(({ at }) => at).toSorted());
        }
      }),
    );
  });
});
