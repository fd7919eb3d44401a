import { describe, expect, test } from "@jest/globals";
import { emptyLedger, type Ledger, ledgerSchema, type RegionCount } from "../../lib/model/ledger.ts";
import type { Report } from "../../lib/model/report.ts";
import { recordReport } from "../../lib/publish/ledger.ts";
import { publishReport } from "../../lib/publish/publish-report.ts";
import { account, aGap, hoursFromNow, now, region } from "../support/builders.ts";
import { deepFreeze } from "../support/deep-freeze.ts";
import { aFindingOn, anExemption, aReportWith, aTargetOf } from "../support/findings.ts";
import { createMemoryStore } from "../support/memory-store.ts";
import { createRecordingDestination } from "../support/recording-destination.ts";

const other = "us-east-1";
const record = (ledger: Ledger, report: Report, only: ReadonlySet<string> | null = null) =>
  recordReport(deepFreeze(ledger), {
    report,
    only,
    destinations: ["alerts"],
    eventId: `event ${report.generatedAt}`,
    invocation: `invocation ${report.generatedAt}`,
  });

describe("a Region without databases", () => {
  const aCount = (databases: number, of = region): RegionCount => ({
    account,
    region: of,
    databases,
    observedAt: hoursFromNow(-24),
  });
  const having = (...regions: RegionCount[]): Ledger => ({ ...emptyLedger, regions });
  const targetWith = (databases: number, of = region) => ({ ...aTargetOf(of), databases });
  const reportOf = (...targets: Report["coverage"]["targets"]) => aReportWith({ coverage: { targets } });
  const emptiedBy = (ledger: Ledger, report: Report) =>
    record(ledger, report).emptiedRegions.map(
      ({ region, databases, findings }) => `${region} ${databases} ${findings}`,
    );

  test.each([
    ["that had 12", [aCount(12)], [`${region} 12 0`]],
    ["that had 1", [aCount(1)], [`${region} 1 0`]],
    ["that had none", [aCount(0)], []],
    ["that was not audited before", [], []],
    ["while another had 12", [aCount(0), aCount(12, other)], []],
  ])("is said if it is one %s", (_, counts, expected) => {
    expect(emptiedBy(having(...counts), reportOf(targetWith(0), targetWith(12, other)))).toEqual(expected);
  });

  test("says the number of the last audit, when databases are deleted one by one", () => {
    let ledger = emptyLedger;
    const said = [3, 2, 1, 0, 0].map((databases, day) => {
      const report = {
        ...reportOf(targetWith(databases)),
        observedAt: hoursFromNow(24 * day),
        generatedAt: hoursFromNow(24 * day),
      };
      const emptied = emptiedBy(ledger, report);
      ({ ledger } = record(ledger, report));
      return emptied;
    });
    expect(said).toEqual([[], [], [], [`${region} 1 0`], []]);
    expect(ledger.regions.map(({ databases }) => databases)).toEqual([0]);
  });

  test("is not said, and keeps its count, while its lists of databases fail", () => {
    const gaps = [aGap({ action: "rds:DescribeDBInstances" })];
    const { ledger, emptiedRegions } = record(
      having(aCount(12)),
      aReportWith({ coverage: { targets: [{ ...targetWith(0), complete: false }], gaps } }),
    );
    expect([emptiedRegions, ledger.regions]).toEqual([[], [aCount(12)]]);
  });

  test("is said although its secrets cannot be listed", () => {
    const gaps = [aGap({ action: "secretsmanager:ListSecrets" })];
    const targets = [{ ...targetWith(0), complete: false }];
    expect(emptiedBy(having(aCount(12)), aReportWith({ coverage: { targets, gaps } }))).toEqual([`${region} 12 0`]);
  });

  test("that is no longer audited is not said, and forgotten", () => {
    const { ledger, emptiedRegions } = record(having(aCount(12)), reportOf(targetWith(1, other)));
    expect(emptiedRegions).toEqual([]);
    expect(ledger.regions.map(({ region }) => region)).toEqual([other]);
    expect(emptiedBy(ledger, reportOf(targetWith(0), targetWith(1, other)))).toEqual([]);
  });

  test("of an account that cannot be accessed keeps its count", () => {
    const gaps = [aGap({ account: "profile legacy", region: "*", action: "sts:GetCallerIdentity" })];
    const { ledger } = record(having(aCount(12)), aReportWith({ coverage: { targets: [targetWith(1, other)], gaps } }));
    expect(ledger.regions).toContainEqual(aCount(12));
  });

  test("is not said by an audit that observed it before the last one", () => {
    const report = { ...reportOf(targetWith(0)), observedAt: hoursFromNow(-25) };
    expect(emptiedBy(having(aCount(12)), report)).toEqual([]);
  });

  test("is not said by a recheck, which reads only some databases", () => {
    const { emptiedRegions, ledger } = record(having(aCount(12)), reportOf(targetWith(0)), new Set(["arn"]));
    expect([emptiedRegions, ledger.regions]).toEqual([[], [aCount(12)]]);
  });

  test("is known from the findings in a ledger of an earlier version, which has no counts", () => {
    const { regions, notices, remindedAt, notEvaluated, ...earlier } = emptyLedger;
    const known = [aFindingOn("orders"), aFindingOn("orders", { rule: "rotation-enabled" }), aFindingOn("shop")];
    const ledger = ledgerSchema.parse(JSON.parse(JSON.stringify({ ...earlier, known })));
    expect(emptiedBy(ledger, reportOf(targetWith(0)))).toEqual([`${region} 2 3`]);
  });
});

describe("a ledger of an earlier version with INSUFFICIENT_DATA findings", () => {
  const unknown = (identifier: string, day: number, notSeen = "secretsmanager:ListSecrets failed") =>
    aFindingOn(identifier, {
      rule: "secret-not-impaired",
      status: "INSUFFICIENT_DATA",
      evidence: { notSeen },
      firstSeenAt: hoursFromNow(24 * day),
    });
  const known = [
    unknown("orders", -2),
    unknown("shop", -3),
    unknown("ledger", -1, "something else"),
    aFindingOn("old"),
  ];
  const gaps = [aGap({ action: "secretsmanager:ListSecrets" })];
  const findings = [unknown("orders", 0), unknown("shop", 0), aFindingOn("old")];
  const recorded = record({ ...emptyLedger, known }, aReportWith({ findings, coverage: { gaps } }));

  test("publishes nothing", () => {
    expect(recorded.changes).toEqual([]);
  });

  test("keeps one entry for each rule and reason, with the earliest date", () => {
    const entry = { account, region, rule: "secret-not-impaired", reason: "secretsmanager:ListSecrets failed" };
    expect(recorded.ledger.notEvaluated).toEqual([{ ...entry, firstSeenAt: hoursFromNow(-72) }]);
    expect(recorded.ledger.known).toEqual([aFindingOn("old")]);
  });
});

describe("the weekly reminder", () => {
  const critical = (daysAgo: number, overrides = {}) =>
    aFindingOn("orders", { severity: "critical", firstSeenAt: hoursFromNow(-24 * daysAgo), ...overrides });
  const isDue = (known: Ledger["known"], remindedAt: string | null = null) => {
    const report = aReportWith({ findings: known });
    return record({ ...emptyLedger, known, remindedAt }, report).dueNotices.map(({ type }) => type);
  };

  test.each([
    ["opened 8 days ago", critical(8), ["reminder"]],
    ["opened 7 days ago, less the seconds that an audit may be early", critical(6.99), ["reminder"]],
    ["opened 6 days ago", critical(6), []],
    ["of high severity", critical(8, { severity: "high" }), []],
    ["that is exempt", critical(8, { exemption: anExemption }), []],
  ])("with one violation %s", (_, finding, expected) => {
    expect(isDue([finding])).toEqual(expected);
  });

  test.each([
    [8, ["reminder"]],
    [6, []],
  ])("%d days after the last one", (days, expected) => {
    expect(isDue([critical(30)], hoursFromNow(-24 * days))).toEqual(expected);
  });

  test("is not due without critical violations", () => {
    expect(isDue([], hoursFromNow(-24 * 30))).toEqual([]);
  });

  test("is due once a week with daily audits, and not by a recheck", () => {
    let ledger: Ledger = emptyLedger;
    const days: number[] = [];
    for (let day = 0; day < 22; day += 1) {
      const report = aReportWith({ at: hoursFromNow(24 * day), findings: [critical(0)] });
      const recorded = record(ledger, report);
      if (recorded.dueNotices.length > 0) days.push(day);
      ledger = { ...recorded.ledger, notices: [] };
      const recheck = aReportWith({ at: hoursFromNow(24 * day + 1), findings: [critical(0)] });
      expect(record(ledger, recheck, new Set([critical(0).resource.arn])).dueNotices).toEqual([]);
    }
    expect(days).toEqual([7, 14, 21]);
  });

  const aService = () => {
    const store = createMemoryStore({ ledger: { ...emptyLedger, known: [critical(10)] } });
    const alerts = createRecordingDestination("alerts");
    const publish = (minutes: number, id = `event ${minutes}`, destinations = [alerts]) =>
      publishReport({
        report: aReportWith({ at: hoursFromNow(minutes / 60), findings: [critical(0)] }),
        only: null,
        eventId: id,
        invocation: id,
        store,
        destinations,
      });
    return { store, alerts, publish };
  };

  test("is sent once", async () => {
    const { store, alerts, publish } = aService();
    await publish(0);
    await publish(1);
    expect(alerts.notices).toEqual([{ type: "reminder", eventId: "event 0", at: now }]);
    expect(store.kept()).toMatchObject({ notices: [], remindedAt: now });
  });

  test("that is refused is sent by the next audit, and the failure is reported", async () => {
    const { store, alerts, publish } = aService();
    alerts.fail.notify = new Error("down");
    expect((await publish(0)).failures.map(({ where, error }) => `${where}: ${error.message}`)).toEqual([
      "alerts: down",
    ]);
    expect(store.kept().notices).toMatchObject([{ lease: null }]);
    alerts.fail = {};
    await publish(1);
    expect(alerts.notices).toHaveLength(1);
    expect(store.kept().notices).toEqual([]);
  });

  test.each([
    ["by its own retry", 1, "crashed", 1],
    ["by no other invocation while it is leased", 19, "another", 0],
    ["by the next audit after its lease", 21, "another", 1],
  ])("is sent after a crash %s", async (_, minutes, id, times) => {
    const { store, alerts, publish } = aService();
    const silent = { ...createRecordingDestination("alerts"), notify: () => new Promise<never>(() => undefined) };
    void publish(0, "crashed", [silent]);
    while (store.writes() === 0) await new Promise((resolve) => setImmediate(resolve));
    await publish(minutes, id);
    expect(alerts.notices).toHaveLength(times);
  });
});
