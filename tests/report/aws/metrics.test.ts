import { expect, test } from "@jest/globals";
import { toMetrics, toRemediationMetrics } from "../../../lib/report/aws/metrics.ts";
import { anInventory, hoursFromNow } from "../../support/builders.ts";
import { aFinding, anEndedExemption } from "../sample-changes.ts";
import { anIncompleteInventory, aReport, aTargetOf } from "../sample-reports.ts";

const valuesOf = (metrics: ReturnType<typeof toMetrics>) =>
  Object.fromEntries(
    metrics.map(({ name, dimensions, value }) => [[name, ...Object.values(dimensions ?? {})].join(" "), value]),
  );

test("reports all metrics of a clean audit, zeros included", () =>
  expect(valuesOf(toMetrics(aReport(anInventory())))).toEqual({
    "Databases managed": 1,
    "Databases unmanaged": 0,
    "Databases inherited": 0,
    "Databases unsupported": 0,
    "Databases out-of-scope": 0,
    "Findings critical": 0,
    "Findings high": 0,
    "Findings medium": 0,
    "Findings low": 0,
    InsufficientData: 0,
    ExemptFindings: 0,
    Gaps: 0,
    OldestFindingAgeDays: 0,
    AuditCompleted: 1,
    AuditIncomplete: 0,
  }));

test("counts findings and databases", () =>
  expect(valuesOf(toMetrics(aReport(anInventory({ targets: [aTargetOf(3)] }))))).toMatchObject({
    "Databases unmanaged": 3,
    "Findings high": 3,
    AuditIncomplete: 0,
  }));

test("reports an audit with gaps as completed and incomplete", () => {
  const values = valuesOf(toMetrics(aReport(anIncompleteInventory())));
  expect(values).toMatchObject({ Gaps: 3, AuditCompleted: 1, AuditIncomplete: 1 });
  expect(values.InsufficientData).toBeGreaterThan(0);
});

test.each([
  ["no finding", [], 0],
  ["almost a day", [hoursFromNow(-23.9)], 0],
  ["a day", [hoursFromNow(-24)], 1],
  ["the oldest of several", [hoursFromNow(-24), hoursFromNow(-24 * 40), hoursFromNow(-1)], 40],
  ["a finding in the future", [hoursFromNow(48)], 0],
])("computes the age of %s", (_, dates, days) => {
  const findings = dates.map((firstSeenAt) => aFinding({ firstSeenAt }));
  expect(valuesOf(toMetrics({ ...aReport(anInventory()), findings })).OldestFindingAgeDays).toBe(days);
});

test("ignores the age of an exempt finding", () => {
  const findings = [aFinding({ firstSeenAt: hoursFromNow(-24 * 40), exemption: anEndedExemption })];
  expect(valuesOf(toMetrics({ ...aReport(anInventory()), findings })).OldestFindingAgeDays).toBe(0);
});

test("gives an age no unit, because CloudWatch has none for days", () =>
  expect(toMetrics(aReport(anInventory())).find(({ name }) => name === "OldestFindingAgeDays")?.unit).toBe("None"));

test("reports all metrics of an execution without actions", () =>
  expect(valuesOf(toRemediationMetrics([]))).toEqual({
    "Remediations repaired": 0,
    "Remediations failed": 0,
    "Remediations refused": 0,
  }));

test("counts the actions of an execution by outcome", () => {
  const done = (["failed", "repaired", "refused", "refused", "refused"] as const).map((end) => ({ outcome: { end } }));
  expect(valuesOf(toRemediationMetrics(done))).toEqual({
    "Remediations repaired": 1,
    "Remediations failed": 1,
    "Remediations refused": 3,
  });
});
