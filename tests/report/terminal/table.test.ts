import { describe, expect, test } from "@jest/globals";
import { severities } from "../../../lib/model/finding.ts";
import { renderTable } from "../../../lib/report/terminal/table.ts";
import { expectGolden } from "../../golden/golden.ts";
import {
  aMasterUserSecret,
  anInventory,
  aPlainDatabase,
  aSecret,
  aTarget,
  hoursFromNow,
  secretArn,
} from "../../support/builders.ts";
import { anIncompleteInventory, aReport, aTargetOf, options } from "../sample-reports.ts";

const exempt = {
  owner: "orders@example.com",
  reason: "Moves to IAM authentication first",
  rules: ["master-password-managed"],
};

describe("golden tables", () => {
  test("a clean fleet", () => expectGolden("table-clean", renderTable(aReport(anInventory()), options())));
  test("no databases", () =>
    expectGolden(
      "table-empty",
      renderTable(aReport(anInventory({ targets: [aTarget({ databases: [], secrets: null })] })), options()),
    ));
  test("no violations, incomplete coverage", () =>
    expectGolden("table-incomplete", renderTable(aReport(anIncompleteInventory()), options())));
  test("only exempt findings", () => {
    const policy = {
      exemptions: [{ ...exempt, match: { identifier: ["db-*"] }, until: hoursFromNow(5 * 24).slice(0, 10) }],
    };
    expectGolden("table-exempt", renderTable(aReport(anInventory({ targets: [aTargetOf(2)] }), policy), options()));
  });
  test("an ended exemption, and a severity and a rule changed by the policy", () => {
    const policy = {
      exemptions: [{ ...exempt, match: { identifier: ["db-0000"] }, until: "2026-11-20" }],
      severities: { "master-password-managed": "critical" as const },
      rulesOff: ["rotation-enabled"],
    };
    expectGolden(
      "table-exemption-ended",
      renderTable(aReport(anInventory({ targets: [aTargetOf(1)] }), policy), options()),
    );
  });
  test("thousands of databases in many accounts", () => {
    const targets = Array.from({ length: 60 }, (_, index) =>
      aTargetOf(100, { account: String(100_000_000_000 + index) }),
    );
    const text = renderTable(aReport(anInventory({ targets })), options());
    expect(text.split("\n").length).toBeLessThan(2_000);
    expectGolden("table-many-databases", text);
  });
  test("in color", () =>
    expectGolden(
      "table-color",
      renderTable(aReport(anInventory({ targets: [aTargetOf(1)] })), options({ color: true })),
    ));
});

describe("the table", () => {
  test("removes terminal escape sequences from AWS data", () => {
    const evil = "ord\u001b[2Jers\u001b]8;;http://evil\u0007x\u009b31m\u0008\u202e\r\nCLEAN";
    const database = aPlainDatabase({
      identifier: evil,
      engine: evil,
      status: evil,
      tags: { "rds-password-audit:toggle": evil },
    });
    const text = renderTable(
      aReport(anInventory({ targets: [aTarget({ databases: [database], gaps: [] })], gaps: [] })),
      options(),
    );
    expect(text).not.toMatch(/[^\P{Cc}\n]|[\u202a-\u202e\u2066-\u2069]/u);
    expect(text).not.toMatch(/^CLEAN/m);
    expect(text).toContain("NOT CLEAN");
  });

  test("shows secrets that no database names once for each Region, and counts those that are too many", () => {
    const targets = Array.from({ length: 8 }, (_, index) => {
      const secrets = Array.from({ length: 5 }, (_, number) =>
        aSecret({ arn: `${secretArn}${number}`, primaryArns: [] }),
      );
      return aTarget({ account: `11111111111${index}`, databases: [], secrets: [...secrets] });
    });
    const text = renderTable(aReport(anInventory({ targets })), options({ width: 160 }));
    expect(text).toContain("40 secrets of RDS that no database names:");
    expect(text).toContain(
      "rds!db-0123abcd-xmJRDx0; rds!db-0123abcd-xmJRDx1; rds!db-0123abcd-xmJRDx2; and 2 more (111111111110 eu-west-1)",
    );
    expect(text).toContain("… and in 2 more Regions, see --format json");
    expect(text).not.toContain("111111111116 eu-west-1");
    expect(text).toMatch(/^CLEAN/m);
  });

  test("shows findings that could not be evaluated once for each cause", () => {
    const databases = Array.from({ length: 50 }, (_, index) =>
      aPlainDatabase({ identifier: `db-${index}`, arn: `arn:${index}`, masterUserSecret: aMasterUserSecret() }),
    );
    const [target] = anIncompleteInventory().targets;
    const text = renderTable(
      aReport(anInventory({ targets: [{ ...aTarget(), ...target, databases }] })),
      options({ width: 160 }),
    );
    expect(text).toContain("on 50 databases: secretsmanager:ListSecrets failed with AccessDeniedException");
    expect(text.split("\n").length).toBeLessThan(20);
  });

  test.each([80, 100, 160])("fits %i columns", (width) => {
    const text = renderTable(aReport(anInventory({ targets: [aTargetOf(30)] })), options({ width }));
    for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(width);
  });

  test("wraps long names", () => {
    const database = { identifier: "x".repeat(55), engine: "aurora-postgresql", status: "storage-optimization" };
    const text = renderTable(aReport(anInventory({ targets: [aTargetOf(1, {}, database)] })), options());
    for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  });

  test("wraps long counts", () => {
    const { findings, ...report } = aReport(anInventory({ targets: [aTargetOf(120, { region: "ap-southeast-2" })] }));
    const bySeverity = severities.flatMap((severity) => findings.map((finding) => ({ ...finding, severity })));
    const inAccounts = Array.from({ length: 2 }, () => bySeverity).flatMap((all, index) =>
      all.map((finding) => ({ ...finding, account: `${index + 1}`.repeat(12) })),
    );
    const repeated = Array.from({ length: 12 }, () => inAccounts).flat();
    const scopes = Array.from({ length: 6 }, (_, index) =>
      repeated.map((finding) => ({ ...finding, account: String(100_000_000_000 + index) })),
    );
    const text = renderTable({ ...report, findings: scopes.flat() }, options());
    expect(text).toContain("Other accounts and Regions");
    for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  });

  test("groups the digits of large numbers", () => {
    const report = aReport(anInventory({ targets: [aTargetOf(1)] }));
    const summary = { ...report.summary, managed: 1_500, unmanaged: 500 };
    expect(renderTable({ ...report, summary }, options({ width: 160 }))).toContain(
      "RDS manages 1,500 of 2,000 master passwords.",
    );
  });

  test("labels an exempt finding that could not be evaluated as not evaluated", () => {
    const report = aReport(anInventory({ targets: [aTargetOf(1)] }));
    const exemption = { owner: "a@example.com", reason: "It moves", until: "2026-12-01", source: "policy" as const };
    const findings = report.findings.map((finding) => ({
      ...finding,
      status: "INSUFFICIENT_DATA" as const,
      exemption,
    }));
    expect(renderTable({ ...report, findings }, options())).toContain(
      "master-password-managed, not evaluated, ends in",
    );
  });

  test.each([
    [20, 80],
    [500, 160],
  ])("treats %i columns as %i", (given, taken) => {
    const report = aReport(anIncompleteInventory());
    expect(renderTable(report, options({ width: given }))).toBe(renderTable(report, options({ width: taken })));
  });

  test("shows a reason code without explanation as is", () => {
    const replica = aPlainDatabase({ replicationSource: "orders" });
    const report = aReport(anInventory({ targets: [aTarget({ databases: [replica] })] }));
    expect(renderTable(report, options({ reasons: {} }))).toMatch(/1 {2}read-replica/);
  });
});
