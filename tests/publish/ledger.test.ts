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
import { recordReport, settle } from "../../lib/publish/ledger.ts";
import { hoursFromNow, now } from "../support/builders.ts";
import { deepFreeze } from "../support/deep-freeze.ts";
import { aChangeOn, aFindingOn, anExemption, aReportWith } from "../support/findings.ts";

const minutes = (count: number) => hoursFromNow(count / 60);
const leased = minutes(20);
const before = hoursFromNow(-24);

const aLedger = (overrides: Partial<Ledger> = {}): Ledger => ({ ...emptyLedger, ...overrides });
const aDebt = (identifier: string, until: string | null = null): OutboxEntry => ({
  change: aChangeOn(identifier, { at: before }),
  lease: until === null ? null : { by: "another", until },
});
const named = (changes: readonly Change[] | undefined) => changes?.map(({ finding }) => finding.resource.identifier);
const owedIn = ({ outbox }: Ledger, name: DestinationName) =>
  outbox[name]?.map(({ change, lease }) => [change.finding.resource.identifier, lease?.until ?? null]);

type Entering = Partial<Parameters<typeof recordReport>[1]>;
const record = (ledger: Ledger, entering: Entering = {}) =>
  recordReport(deepFreeze(ledger), {
    report: aReportWith(),
    only: null,
    destinations: ["alerts"],
    invocation: "this",
    ...entering,
  });
/** Settles with nothing refused, unless said otherwise. */
const settleAll = (ledger: Ledger, settling: Partial<Parameters<typeof settle>[1]> = {}) =>
  settle(deepFreeze(ledger), { due: new Map(), refused: new Map(), eventId: "event", ...settling });
const opening = (...identifiers: string[]): Report =>
  aReportWith({ findings: identifiers.map((identifier) => aFindingOn(identifier)) });

describe("a report that is entered", () => {
  const { ledger, changes, due } = record(emptyLedger, {
    report: opening("orders"),
    destinations: ["findings", "alerts"],
  });

  test("is known", () => {
    expect(ledger.known).toEqual([aFindingOn("orders")]);
  });

  test("is owed to each outlet, claimed for twenty minutes, and due now", () => {
    expect(changes).toEqual([aChangeOn("orders")]);
    for (const name of ["findings", "alerts"] as const) {
      expect(ledger.outbox[name]).toEqual([{ change: aChangeOn("orders"), lease: { by: "this", until: leased } }]);
      expect(due.get(name)).toEqual([aChangeOn("orders")]);
    }
    expect([...due.keys()]).toEqual(["findings", "alerts"]);
    expect(ledger.outbox.securityHub).toBeUndefined();
  });

  test("is a ledger that can be written and read again", () => {
    expect(ledgerSchema.parse(JSON.parse(JSON.stringify(ledger)))).toEqual(ledger);
  });

  test("and changes nothing owes nothing", () => {
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

describe("what was owed before", () => {
  test.each([
    ["is free", true, null],
    ["was claimed until a minute ago", true, minutes(-1)],
    ["is claimed until this very moment", false, now],
    ["is claimed for another minute", false, minutes(1)],
  ])("and %s: due is %p", (_, isDue, claimedUntil) => {
    const { ledger, due } = record(aLedger({ outbox: { alerts: [aDebt("orders", claimedUntil)] } }));
    expect(named(due.get("alerts"))).toEqual(isDue ? ["orders"] : []);
    expect(owedIn(ledger, "alerts")).toEqual([["orders", isDue ? leased : claimedUntil]]);
  });

  test("is told first, in the order in which it happened, whoever has claimed some of it", () => {
    const entries = [aDebt("first"), aDebt("second", minutes(5)), aDebt("third")];
    const { ledger, due } = record(aLedger({ outbox: { alerts: entries } }), { report: opening("new") });
    expect(named(due.get("alerts"))).toEqual(["first", "third", "new"]);
    expect(owedIn(ledger, "alerts")).toEqual([
      ["first", leased],
      ["second", minutes(5)],
      ["third", leased],
      ["new", leased],
    ]);
  });

  test("and was claimed by the same invocation is its own: it crashed, and was begun anew", () => {
    const outbox = { alerts: [{ ...aDebt("orders"), lease: { by: "this", until: minutes(19) } }] };
    const { ledger, due } = record(aLedger({ outbox }));
    expect(named(due.get("alerts"))).toEqual(["orders"]);
    expect(owedIn(ledger, "alerts")).toEqual([["orders", leased]]);
  });

  test("to one outlet is not due to another", () => {
    const { due } = record(aLedger({ outbox: { alerts: [aDebt("orders")] } }), {
      destinations: ["alerts", "findings"],
    });
    expect(named(due.get("alerts"))).toEqual(["orders"]);
    expect(due.get("findings")).toEqual([]);
  });

  test("to an outlet that is off stays owed, until it is on again", () => {
    const outbox = { securityHub: [aDebt("orders")] };
    const off = record(aLedger({ outbox }), { report: opening("shop"), destinations: ["alerts"] });
    expect(off.ledger.outbox.securityHub).toEqual(outbox.securityHub);
    expect(off.due.has("securityHub")).toBe(false);
    const on = record(settleAll(off.ledger, { due: off.due }), {
      report: opening("shop"),
      destinations: ["securityHub"],
    });
    expect(named(on.due.get("securityHub"))).toEqual(["orders"]);
  });
});

describe("a report on a few databases", () => {
  const orders = aFindingOn("orders", { firstSeenAt: before });
  const shop = aFindingOn("shop", { firstSeenAt: before });
  const ledger = aLedger({ known: [orders, shop] });

  test("leaves the others alone", () => {
    const only = new Set([orders.resource.arn]);
    const { changes, ledger: after } = record(ledger, { report: aReportWith({ judged: ["orders"] }), only });
    expect(changes.map(({ reason, finding }) => [reason, finding])).toEqual([["fixed", orders]]);
    expect(after.known).toEqual([shop]);
  });

  test("keeps what is still wrong with them, as of the day on which it was first seen", () => {
    const only = new Set([orders.resource.arn]);
    const { changes, ledger: after } = record(ledger, { report: opening("orders"), only });
    expect(changes).toEqual([]);
    expect(after.known).toEqual([shop, orders]);
  });

  test("says nothing where none was found", () => {
    const { changes, ledger: after } = record(ledger, { report: aReportWith(), only: new Set() });
    expect(changes).toEqual([]);
    expect(after.known).toEqual([orders, shop]);
  });

  test("is not taken for one on all", () => {
    const { changes } = record(ledger, { report: aReportWith(), only: null });
    expect(changes.map(({ reason }) => reason)).toEqual(["database-gone", "database-gone"]);
  });
});

describe("a database that somebody looked at while an audit was on its way", () => {
  const orders = aFindingOn("orders", { firstSeenAt: before });
  const { arn } = orders.resource;
  const at = (moment: string, report: Report): Report => ({ ...report, observedAt: moment, generatedAt: minutes(6) });
  const fixed = record(aLedger({ known: [orders] }), {
    report: at(minutes(5), aReportWith({ judged: ["orders"] })),
    only: new Set([arn]),
  });

  test("is fixed, and stays so, although the audit saw it as it was before", () => {
    expect(fixed.changes.map(({ reason }) => reason)).toEqual(["fixed"]);
    const { changes, ledger } = record(fixed.ledger, { report: at(minutes(4), opening("orders", "shop")) });
    expect(changes).toEqual([aChangeOn("shop", { at: minutes(6) })]);
    expect(ledger.known.map(({ resource }) => resource.identifier)).toEqual(["shop"]);
  });

  test("is judged by an audit that looked at the same moment, or later", () => {
    for (const moment of [minutes(5), minutes(6)])
      expect(named(record(fixed.ledger, { report: at(moment, opening("orders")) }).changes)).toEqual(["orders"]);
  });

  test("stays wrong, although another event's look was older", () => {
    const only = new Set([arn]);
    const wrong = record(emptyLedger, { report: at(minutes(5), opening("orders")), only });
    const late = record(wrong.ledger, { report: at(minutes(4), aReportWith({ judged: ["orders"] })), only });
    expect(late.changes).toEqual([]);
    expect(late.ledger.seen).toEqual({ [arn]: minutes(5) });
  });

  test("is remembered for as long as a report can take", () => {
    const later = (after: number) => {
      const report = { ...aReportWith(), observedAt: minutes(after), generatedAt: minutes(after) };
      return Object.keys(record(fixed.ledger, { report }).ledger.seen);
    };
    expect([later(25), later(26)]).toEqual([[arn], []]);
  });

  test("is not remembered of an audit of all", () => {
    expect(record(emptyLedger, { report: opening("orders") }).ledger.seen).toEqual({});
  });
});

describe("the events that were handled", () => {
  const ids = (count: number) => Array.from({ length: count }, (_, index) => `event-${index}`);
  const remembered = (count: number) => settleAll(aLedger({ handledEvents: ids(count) })).handledEvents;

  test("are remembered when they are settled, the newest last", () => {
    const before = aLedger({ handledEvents: ids(2) });
    expect(record(before, { report: opening("orders") }).ledger.handledEvents).toEqual(ids(2));
    expect(settleAll(before).handledEvents).toEqual(["event-0", "event-1", "event"]);
  });

  test("are remembered once, also where two executions settle the same", () => {
    expect(settleAll(settleAll(emptyLedger)).handledEvents).toEqual(["event"]);
  });

  test.each([
    [198, "event-0"],
    [199, "event-0"],
    [200, "event-1"],
    [500, "event-301"],
  ])("%d of them and one more: the oldest of 200 is %s", (count, oldest) => {
    expect(remembered(count)).toHaveLength(Math.min(count + 1, 200));
    expect(remembered(count).at(0)).toBe(oldest);
    expect(remembered(count).at(-1)).toBe("event");
  });
});

describe("when a delivery is settled", () => {
  const recorded = record(emptyLedger, { report: opening("orders", "shop"), destinations: ["findings", "alerts"] });
  const changes = recorded.due.get("alerts") ?? [];
  const settleWith = (refused: [DestinationName, readonly Change[]][] = [], ledger = recorded.ledger) =>
    settleAll(ledger, { due: recorded.due, refused: new Map(refused) });

  test("what was delivered is not owed any more", () => {
    expect(settleWith().outbox).toEqual({ findings: [], alerts: [] });
  });

  test("all else stays as it is", () => {
    expect({ ...settleWith(), outbox: null }).toEqual({ ...recorded.ledger, outbox: null, handledEvents: ["event"] });
  });

  test("what one outlet refused is free, and the others have theirs", () => {
    const { outbox } = settleWith([["alerts", changes.slice(1)]]);
    expect(outbox).toEqual({ findings: [], alerts: [{ change: changes[1], lease: null }] });
  });

  test("what was refused is due at the next audit", () => {
    const { due } = record(settleWith([["alerts", changes]]), { report: opening("orders", "shop") });
    expect(due.get("alerts")).toEqual(changes);
  });

  test("what others entered meanwhile stays, behind what was refused", () => {
    const meanwhile = record(recorded.ledger, {
      report: aReportWith({ at: minutes(1), findings: ["orders", "shop", "new"].map((name) => aFindingOn(name)) }),
    }).ledger;
    const { outbox } = settleWith([["alerts", changes.slice(1)]], meanwhile);
    expect(
      outbox.alerts?.map(({ change, lease }) => [change.finding.resource.identifier, lease?.until ?? null]),
    ).toEqual([
      ["shop", null],
      ["new", minutes(21)],
    ]);
  });

  test("what others delivered meanwhile is not owed again", () => {
    const meanwhile = { ...recorded.ledger, outbox: { findings: [], alerts: [] } };
    expect(settleWith([["alerts", changes]], meanwhile).outbox).toEqual(meanwhile.outbox);
  });

  test.each<[string, Change]>([
    ["of another type", { ...aChangeOn("orders"), type: "finding.resolved", reason: "fixed" }],
    ["at another time", aChangeOn("orders", { at: minutes(1) })],
    ["of another finding", aChangeOn("else")],
    ["of another rule", aChangeOn("orders", {}, { rule: "rotation-enabled" })],
  ])("a change %s is another change", (_, change) => {
    const others = { change, lease: null };
    const ledger = aLedger({ outbox: { alerts: [others] } });
    expect(settleAll(ledger, { due: new Map([["alerts", [aChangeOn("orders")]]]) }).outbox.alerts).toEqual([others]);
  });

  test("an outlet of which the ledger has nothing owes nothing", () => {
    expect(settleWith([["alerts", changes]], emptyLedger).outbox).toEqual({ findings: [], alerts: [] });
  });

  test("the debts of an outlet that was off are not touched", () => {
    const outbox = { ...recorded.ledger.outbox, securityHub: [aDebt("orders")] };
    expect(settleWith([], { ...recorded.ledger, outbox }).outbox.securityHub).toEqual(outbox.securityHub);
  });
});

describe("laws", () => {
  const identifiers = ["orders", "shop", "ledger"];
  const anyOutlets = fc.subarray([...destinationNames]);
  const anyFindings = fc
    .subarray(identifiers)
    .chain((names) =>
      fc.tuple(
        ...names.map((name) => fc.constantFrom(null, anExemption).map((exemption) => aFindingOn(name, { exemption }))),
      ),
    );
  /** An audit: what it finds, which outlets are on, whether it crashes before it settles, and what is refused. */
  const anyAudit = fc.record({
    findings: anyFindings,
    destinations: anyOutlets,
    isCrash: fc.boolean(),
    refused: fc.subarray(identifiers),
    afterMinutes: fc.constantFrom(1, 20, 21, 60),
  });

  test("every change reaches every outlet that was on when it happened, in order, or is still owed to it", () => {
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
          ledger = settleAll(ledger, { due: recorded.due, refused: left, eventId: String(index) });
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
