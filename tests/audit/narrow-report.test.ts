import { describe, expect, test } from "@jest/globals";
import { narrowReport, type ReportFilters } from "../../lib/audit/narrow-report.ts";
import { describeVerdict } from "../../lib/report/text/verdict.ts";
import { aReport, aTargetOf } from "../report/sample-reports.ts";
import { anInventory } from "../support/builders.ts";
import { aFindingOn } from "../support/findings.ts";

const report = aReport(
  anInventory({
    targets: [aTargetOf(1, {}, { identifier: "prod-a", arn: "arn:a", tags: { team: "blue" } })].map((target) => ({
      ...target,
      databases: [
        ...target.databases,
        ...aTargetOf(1, {}, { identifier: "test-b", arn: "arn:b", resourceId: "db-B", tags: { team: "red" } })
          .databases,
      ],
    })),
  }),
);
const idsOf = (filters: ReportFilters) =>
  narrowReport(report, filters).findings.map(({ resource }) => resource.identifier);

describe("a report is narrowed by", () => {
  test.each<[string, ReportFilters, string[]]>([
    ["severity", { severity: "critical" }, []],
    ["severity or above", { severity: "low" }, ["prod-a", "test-b"]],
    ["rule", { rules: ["rotation-enabled"] }, []],
    ["one of several rules", { rules: ["rotation-enabled", "master-password-managed"] }, ["prod-a", "test-b"]],
    ["identifier", { databases: ["prod-a"] }, ["prod-a"]],
    ["glob", { databases: ["test-*"] }, ["test-b"]],
    ["ARN", { databases: ["arn:b"] }, ["test-b"]],
    ["tag", { tags: ["team=blue"] }, ["prod-a"]],
    ["tag of any value", { tags: ["team"] }, ["prod-a", "test-b"]],
    ["tag and severity", { tags: ["team=blue"], severity: "critical" }, []],
  ])("%s", (_, filters, expected) => expect(idsOf(filters)).toEqual(expected));
});

test("without filters it is the same report", () => expect(narrowReport(report, {})).toBe(report));

test("what is left out is counted, and the totals stay those of the whole report", () => {
  const narrowed = narrowReport(report, { databases: ["prod-*"], severity: "high" });
  expect(narrowed.narrowedBy).toEqual({
    filters: ["severity high or above", "database prod-*"],
    findingsLeftOut: 1,
    databasesLeftOut: 1,
  });
  expect(narrowed.summary).toEqual(report.summary);
  expect(narrowed.byRule).toEqual(report.byRule);
});

describe("the verdict", () => {
  const clean = aReport(anInventory());

  test("of a narrowed report with violations that are left out is NOT CLEAN", () => {
    const narrowed = narrowReport(report, { severity: "critical" });
    expect(narrowed.clean).toBe(false);
    expect(describeVerdict(narrowed)).toEqual({
      word: "NOT CLEAN",
      sentence:
        "No violations shown. RDS manages 0 of 2 master passwords. Shown: only severity critical: 2 findings are left out.",
    });
  });

  test("of a clean report that is narrowed is LIMITED", () =>
    expect(describeVerdict(narrowReport(clean, { databases: ["none"] }))).toEqual({
      word: "LIMITED",
      sentence:
        "No violations shown. RDS manages 1 of 1 master password. Shown: only database none: 0 findings and 1 database are left out.",
    }));

  test("with a rule off is LIMITED, not clean", () => {
    const limited = aReport(anInventory(), { rulesOff: ["rotation-enabled"] });
    expect(limited.clean).toBe(false);
    expect(describeVerdict(limited)).toEqual({
      word: "LIMITED",
      sentence: "No violations found. RDS manages 1 of 1 master password. The policy turns off 1 rule.",
    });
  });

  test("with a violation is NOT CLEAN", () => {
    const narrowed = narrowReport({ ...clean, findings: [aFindingOn("orders")], clean: false }, { severity: "high" });
    expect(describeVerdict(narrowed).word).toBe("NOT CLEAN");
  });

  test("with incomplete coverage is NOT CLEAN", () => {
    const incomplete = { ...clean, coverage: { ...clean.coverage, complete: false } };
    expect(describeVerdict(narrowReport(incomplete, { severity: "high" })).word).toBe("NOT CLEAN");
  });
});
