import { expect, test } from "@jest/globals";
import { toMetrics, toRemediationMetrics } from "../../../lib/report/aws/metrics.ts";
import { anInventory, hoursFromNow } from "../../support/builders.ts";
import { aFinding, anEndedExemption } from "../sample-changes.ts";
import { aBlindInventory, aCrowd, aReport } from "../sample-reports.ts";

const valuesOf = (metrics: ReturnType<typeof toMetrics>) =>
  Object.fromEntries(
    metrics.map(({ name, dimensions, value }) => [[name, ...Object.values(dimensions ?? {})].join(" "), value]),
  );

test("a clean audit says so in numbers, zeros included", () =>
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

test("findings and databases are counted", () =>
  expect(valuesOf(toMetrics(aReport(anInventory({ targets: [aCrowd(3)] }))))).toMatchObject({
    "Databases unmanaged": 3,
    "Findings high": 3,
    AuditIncomplete: 0,
  }));

test("an audit that could not see everything is incomplete, and has completed", () => {
  const values = valuesOf(toMetrics(aReport(aBlindInventory())));
  expect(values).toMatchObject({ Gaps: 3, AuditCompleted: 1, AuditIncomplete: 1 });
  expect(values.InsufficientData).toBeGreaterThan(0);
});

test.each([
  ["nothing", [], 0],
  ["23 hours and more", [hoursFromNow(-23.9)], 0],
  ["a day", [hoursFromNow(-24)], 1],
  ["several, of which the oldest counts", [hoursFromNow(-24), hoursFromNow(-24 * 40), hoursFromNow(-1)], 40],
  ["a clock that is behind", [hoursFromNow(48)], 0],
])("the age of %s", (_, dates, days) => {
  const findings = dates.map((firstSeenAt) => aFinding({ firstSeenAt }));
  expect(valuesOf(toMetrics({ ...aReport(anInventory()), findings })).OldestFindingAgeDays).toBe(days);
});

test("an exempt finding has no age that counts", () => {
  const findings = [aFinding({ firstSeenAt: hoursFromNow(-24 * 40), exemption: anEndedExemption })];
  expect(valuesOf(toMetrics({ ...aReport(anInventory()), findings })).OldestFindingAgeDays).toBe(0);
});

test("CloudWatch knows no days", () =>
  expect(toMetrics(aReport(anInventory())).find(({ name }) => name === "OldestFindingAgeDays")?.unit).toBe("None"));

test("an execution that did nothing says so in numbers", () =>
  expect(valuesOf(toRemediationMetrics([]))).toEqual({
    "Remediations repaired": 0,
    "Remediations failed": 0,
    "Remediations refused": 0,
  }));

test("each action of an execution is counted by how it ended", () => {
  const done = (["failed", "repaired", "refused", "refused", "refused"] as const).map((end) => ({ outcome: { end } }));
  expect(valuesOf(toRemediationMetrics(done))).toEqual({
    "Remediations repaired": 1,
    "Remediations failed": 1,
    "Remediations refused": 3,
  });
});
