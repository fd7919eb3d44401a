import { expect, test } from "@jest/globals";
import type { Report } from "../../lib/model/report.ts";
import { type PublishRequest, publishReport } from "../../lib/publish/publish-report.ts";
import { readResult, settleAlerts } from "../../lib/publish/run-outbox.ts";
import { now } from "../support/builders.ts";
import { aFindingOn, aReportWith, changesInShort } from "../support/findings.ts";
import { createMemoryStore } from "../support/memory-store.ts";
import { createRecordingDestination } from "../support/recording-destination.ts";

const findings = [aFindingOn("orders"), aFindingOn("carts")];
const hoursLater = (hours: number) => new Date(Date.parse(now) + hours * 3_600_000).toISOString();

function setUp() {
  const store = createMemoryStore();
  const machines = createRecordingDestination("findings");
  const people = createRecordingDestination("alerts");
  const publish = (report: Report, request: Partial<PublishRequest>) =>
    publishReport({
      ...{ report, only: null, eventId: "run", invocation: "run", store, destinations: [machines] },
      ...request,
    });
  const audit = (report = aReportWith({ findings }), eventId = "run") =>
    publish(report, { eventId, invocation: eventId, isOfRun: true });
  /** A recheck of the other database, which is new. */
  const recheck = (at: string) => {
    const report = aReportWith({ at, findings: [aFindingOn("legacy", { firstSeenAt: at })] });
    const only = new Set(report.findings.map(({ resource }) => resource.arn));
    return publish(report, { only, eventId: "event", invocation: "recheck", destinations: [machines, people] });
  };
  return { store, machines, people, audit, recheck };
}

test("an account of a run publishes to machines, without a digest, and leaves people to the end of the run", async () => {
  const { store, machines, audit } = setUp();
  await audit();
  expect(changesInShort(machines.taken)).toHaveLength(2);
  expect(machines.digests).toEqual([]);
  const result = readResult(store.kept(), "run");
  expect(result.changes.map(({ finding }) => finding.resource.identifier)).toEqual(["orders", "carts"]);
  expect(result).toMatchObject({
    summary: { generatedAt: now, coverage: { complete: true } },
    oldestFirstSeenAt: now,
    isUndelivered: false,
  });
  expect(readResult(store.kept(), "another run")).toMatchObject({ summary: null, changes: [] });
});

test("a recheck in between does not take over what the run has for people; the next day it would", async () => {
  const first = setUp();
  await first.audit();
  await first.recheck(hoursLater(1));
  expect(first.people.taken.map(({ finding }) => finding.resource.identifier)).toEqual(["legacy"]);
  expect(readResult(first.store.kept(), "run").changes).toHaveLength(2);

  const second = setUp();
  await second.audit();
  await second.recheck(hoursLater(21));
  expect(second.people.taken.map(({ finding }) => finding.resource.identifier)).toEqual(["orders", "carts", "legacy"]);
});

test("what people were told is removed, and what they were not told is there for the next run", async () => {
  const { store, audit } = setUp();
  await audit();
  const told = settleAlerts(store.kept(), "run", { isDelivered: true });
  expect(told.outbox.alerts).toEqual([]);
  expect(settleAlerts(told, "run", { isDelivered: true })).toEqual(told);

  const version = (await store.ledger.read()).version;
  await store.ledger.write(settleAlerts(store.kept(), "run", { isDelivered: false }), version);
  await audit(aReportWith({ at: hoursLater(1), findings }), "next run");
  expect(readResult(store.kept(), "next run").changes).toHaveLength(2);
});

test("an account whose destination for machines refused a change counts as undelivered", async () => {
  const { store, machines, audit } = setUp();
  machines.fail = { deliver: new Error("access denied") };
  await audit();
  expect(readResult(store.kept(), "run").isUndelivered).toBe(true);
});
