import { describe, expect, test } from "@jest/globals";
import { assembleReport } from "../../lib/audit/assemble-report.ts";
import { activeRules } from "../../lib/audit/judge.ts";
import { isUnknown, isViolation } from "../../lib/model/finding.ts";
import type { Inventory, Target } from "../../lib/model/inventory.ts";
import type { Policy } from "../../lib/model/policy.ts";
import type { Rule } from "../../lib/model/rule.ts";
import { rules } from "../../rules/index.ts";
import {
  account,
  aGap,
  aMasterUserSecret,
  anInventory,
  aPlainCluster,
  aPlainDatabase,
  aPolicy,
  aTarget,
  databaseArn,
  now,
} from "../support/builders.ts";
import { deepFreeze } from "../support/deep-freeze.ts";

const generatedAt = "2026-11-24T12:05:00.000Z";

function report(inventory: Partial<Inventory> = {}, policy: Partial<Policy> = {}, catalogue: readonly Rule[] = rules) {
  return assembleReport(deepFreeze(anInventory(inventory)), {
    policy: aPolicy(policy),
    rules: catalogue,
    generatedAt,
    version: "1.2.3",
  });
}

const reportOf = (target: Partial<Target>, policy: Partial<Policy> = {}) =>
  report({ targets: [aTarget(target)] }, policy);
const impaired = aPlainDatabase({ masterUserSecret: aMasterUserSecret({ status: "impaired" }) });
const lists = { globalClusterMembers: [], blueGreenDeployments: [] };
const exemption = { match: { identifier: ["*"] }, owner: "ann", reason: "legacy", until: "2026-12-31" };
const crashing = (id: string): Rule => ({
  ...(rules[0] as Rule),
  id,
  check: () => {
    throw new Error("x");
  },
});

describe("a report", () => {
  test("without targets is not clean", () => {
    expect(report({ targets: [] })).toMatchObject({ clean: false, coverage: { complete: false, gaps: [] } });
  });

  test("of a healthy fleet is clean and complete", () => {
    expect(report()).toEqual({
      schemaVersion: "1.0",
      observedAt: now,
      generatedAt,
      request: null,
      hasHistory: false,
      narrowedBy: null,
      byRule: Object.fromEntries(
        activeRules(rules, aPolicy()).map(({ id }) => [id, { violations: 0, exempt: 0, insufficientData: 0 }]),
      ),
      tool: { name: "rds-password-audit", version: "1.2.3" },
      clean: true,
      coverage: {
        complete: true,
        counts: {
          ...{ expected: 1, seen: 1, gap: 0, deniedByScp: 0, regionNotEnabled: 0, accountNotActive: 0, excluded: 0 },
        },
        notSeen: [],
        targets: [{ account, region: "eu-west-1", complete: true, databases: 1, calls: 4, orphanedSecrets: [] }],
        gaps: [],
        rules: rules
          .map(({ id }) => id)
          .filter((id) => id !== "secret-not-shared")
          .sort(),
        rulesOff: [],
      },
      summary: {
        databases: 1,
        managed: 1,
        unmanaged: 0,
        inherited: 0,
        unsupported: 0,
        outOfScope: 0,
        findings: { critical: 0, high: 0, medium: 0, low: 0, exempt: 0, insufficientData: 0 },
      },
      databases: [
        {
          arn: databaseArn,
          kind: "instance",
          identifier: "orders",
          resourceId: "db-ORDERS",
          account,
          region: "eu-west-1",
          engine: "postgres",
          engineVersion: "16.3",
          status: "available",
          management: "managed",
          reason: null,
          masterUserSecret: aMasterUserSecret(),
          tags: {},
        },
      ],
      findings: [],
    });
  });

  test("with a violation is complete and not clean", () => {
    const { clean, coverage, findings } = reportOf({ databases: [impaired], resourcePolicies: [] });
    expect([clean, coverage.complete, findings.map(({ rule }) => rule)]).toEqual([
      false,
      true,
      ["secret-not-impaired"],
    ]);
  });

  test("counts databases by management, and active findings by severity", () => {
    const { summary } = reportOf({
      ...lists,
      databases: [
        aPlainDatabase({ masterUserSecret: aMasterUserSecret() }),
        aPlainDatabase({ arn: "arn:1" }),
        aPlainDatabase({ arn: "arn:2", tags: { "rds-password-audit:toggle": "now" } }),
        aPlainDatabase({ arn: "arn:3", replicationSource: "orders" }),
        aPlainDatabase({ arn: "arn:4", rdsCustom: true }),
        aPlainCluster({ arn: "arn:5", engine: "docdb" }),
        aPlainCluster({ arn: "arn:6", engine: "neptune" }),
      ],
    });
    expect(summary).toEqual({
      databases: 7,
      managed: 1,
      unmanaged: 2,
      inherited: 1,
      unsupported: 1,
      outOfScope: 2,
      findings: { critical: 1, high: 2, medium: 0, low: 0, exempt: 0, insufficientData: 0 },
    });
  });

  test("with only exempt violations is clean and counts them separately", () => {
    const { clean, summary, findings } = reportOf({ databases: [impaired] }, { exemptions: [exemption] });
    expect([clean, summary.findings.high, summary.findings.exempt, findings.length]).toEqual([true, 0, 1, 1]);
  });

  test("names the active rules and those that are off", () => {
    const off = { rulesOff: ["secret-not-stuck", "rotation-enabled", "no-such-rule"] };
    const { coverage } = reportOf({}, off);
    expect(coverage.rulesOff).toEqual(["secret-not-stuck", "rotation-enabled"]);
    expect([...coverage.rules, ...coverage.rulesOff, "secret-not-shared"].sort()).toEqual(
      rules.map(({ id }) => id).sort(),
    );
  });

  test("names a rule that is off by default only if the policy turns it on", () => {
    const { coverage } = reportOf({}, {});
    expect([...coverage.rules, ...coverage.rulesOff]).not.toContain("secret-not-shared");
    expect(reportOf({}, { rulesOn: ["secret-not-shared"] }).coverage.rules).toContain("secret-not-shared");
  });

  test("without any active rule is neither complete nor clean", () => {
    const { clean, coverage } = reportOf({}, { rulesOff: rules.map(({ id }) => id) });
    expect([clean, coverage.complete, coverage.rules]).toEqual([false, false, []]);
  });

  test("is evaluated as of the observation, not as of its generation", () => {
    const later = anInventory({ observedAt: "2026-11-29T00:00:00.000Z" });
    const { findings } = assembleReport(later, { policy: aPolicy(), rules, generatedAt, version: "1" });
    expect(findings.map(({ rule, firstSeenAt }) => [rule, firstSeenAt])).toEqual([
      ["rotation-on-schedule", "2026-11-29T00:00:00.000Z"],
    ]);
  });
});

describe("missing data never looks clean", () => {
  test("a gap in a target", () => {
    const gap = aGap({ action: "kms:DescribeKey", resource: "arn:unused" });
    const { clean, coverage, findings } = reportOf({ gaps: [gap] });
    expect(findings).toEqual([]);
    expect([clean, coverage.complete, coverage.targets[0]?.complete, coverage.gaps]).toEqual([
      false,
      false,
      false,
      [gap],
    ]);
  });

  test("a gap outside any target", () => {
    const gap = aGap({ action: "sts:AssumeRole" });
    const { clean, coverage } = report({ gaps: [gap] });
    expect([clean, coverage.complete, coverage.targets[0]?.complete, coverage.gaps]).toEqual([
      false,
      false,
      true,
      [gap],
    ]);
  });

  test("a database that could not be evaluated although no call failed", () => {
    const quarantined = aPlainDatabase({ masterUserSecret: aMasterUserSecret({ status: "quarantined" }) });
    const { clean, coverage, summary } = reportOf({ databases: [quarantined] });
    expect([clean, coverage.complete, coverage.targets[0]?.complete, coverage.gaps]).toEqual([false, false, false, []]);
    expect(summary.findings).toMatchObject({ high: 0, insufficientData: 2 });
  });

  test("an exempt database that could not be evaluated, because an exemption does not cover missing data", () => {
    const quarantined = aPlainDatabase({ masterUserSecret: aMasterUserSecret({ status: "quarantined" }) });
    const { clean, coverage, summary } = reportOf({ databases: [quarantined] }, { exemptions: [exemption] });
    expect([clean, coverage.complete, coverage.targets[0]?.complete]).toEqual([false, false, false]);
    expect(summary.findings).toMatchObject({ exempt: 2, insufficientData: 0 });
  });

  test("a rule that crashed on an exempt database", () => {
    for (const exemptions of [[], [exemption]]) {
      const { clean, coverage } = report({}, { exemptions }, [crashing("broken-rule")]);
      expect([clean, coverage.complete, coverage.targets[0]?.complete]).toEqual([false, false, false]);
      expect(coverage.gaps).toMatchObject([{ action: "rule:broken-rule", resource: databaseArn }]);
    }
  });

  test("one target of two", () => {
    const targets = [aTarget(), aTarget({ region: "us-east-1", databases: [], gaps: [aGap({ region: "us-east-1" })] })];
    const { coverage } = report({ targets });
    expect([coverage.complete, coverage.targets.map(({ complete }) => complete)]).toEqual([false, [true, false]]);
  });

  test("one target of two with a database that could not be evaluated although no call failed", () => {
    const quarantined = aPlainDatabase({
      arn: "arn:b",
      masterUserSecret: aMasterUserSecret({ status: "quarantined" }),
    });
    const { coverage } = report({ targets: [aTarget(), aTarget({ region: "us-east-1", databases: [quarantined] })] });
    expect([coverage.complete, coverage.targets.map(({ complete }) => complete)]).toEqual([false, [true, false]]);
  });

  test("a secret that does not exist is a violation, not missing data", () => {
    const { coverage, summary } = reportOf({ secrets: [] });
    expect([coverage.complete, summary.findings.high, summary.findings.insufficientData]).toEqual([true, 1, 0]);
  });
});

describe("active", () => {
  const [finding] = reportOf({ databases: [impaired] }).findings;
  const exempt = { owner: "ann", reason: "legacy", until: "2026-12-31", source: "policy" as const };

  test.each([
    ["NON_COMPLIANT", null, true, false],
    ["NON_COMPLIANT", exempt, false, false],
    ["INSUFFICIENT_DATA", null, false, true],
    ["INSUFFICIENT_DATA", exempt, false, false],
  ] as const)("%s, exempt by %j: wrong %s, unknown %s", (status, exemption, wrong, unknown) => {
    if (finding === undefined) throw new Error("no finding");
    const one = { ...finding, status, exemption };
    expect([isViolation(one), isUnknown(one)]).toEqual([wrong, unknown]);
  });
});

describe("the order", () => {
  test("of findings is by severity, then ARN, then rule", () => {
    const tags = { "rds-password-audit:toggle": "now" };
    const databases = [
      aPlainDatabase({ arn: "arn:b", tags }),
      aPlainDatabase({ arn: "arn:a" }),
      aPlainDatabase({
        arn: "arn:c",
        masterUserSecret: aMasterUserSecret({ status: "impaired", secretArn: "arn:gone" }),
      }),
      aPlainDatabase({ arn: "arn:B" }),
    ];
    const { findings } = reportOf({ ...lists, databases }, { severities: { "secret-belongs-to-database": "medium" } });
    expect(findings.map(({ severity, resource, rule }) => `${severity} ${resource.arn} ${rule}`)).toEqual([
      "critical arn:b toggle-not-interrupted",
      "high arn:B master-password-managed",
      "high arn:a master-password-managed",
      "high arn:b master-password-managed",
      "high arn:c secret-not-impaired",
      "medium arn:c secret-belongs-to-database",
    ]);
  });

  test("of findings with the same database and severity is by rule", () => {
    const tied = { ...(rules[0] as Rule), check: () => ({ messageId: "unmanaged" }) };
    const three = ["b-rule", "c-rule", "a-rule"].map((id) => ({ ...tied, id }));
    expect(report({}, {}, three).findings.map(({ rule }) => rule)).toEqual(["a-rule", "b-rule", "c-rule"]);
  });

  test("of databases is by ARN, of targets by account and Region", () => {
    const targets = [
      aTarget({ account: "222222222222", region: "a", databases: [aPlainDatabase({ arn: "arn:c" })] }),
      aTarget({ account: "111111111111", region: "b", databases: [aPlainDatabase({ arn: "arn:a" })] }),
      aTarget({ account: "111111111111", region: "a", databases: [aPlainDatabase({ arn: "arn:b" })] }),
    ];
    const { databases, coverage } = report({ targets });
    expect(databases.map(({ arn }) => arn)).toEqual(["arn:a", "arn:b", "arn:c"]);
    expect(coverage.targets.map(({ account, region }) => `${account} ${region}`)).toEqual([
      "111111111111 a",
      "111111111111 b",
      "222222222222 a",
    ]);
  });

  test("of gaps is by account, Region, action, resource, code and message", () => {
    const gaps = [
      aGap({ account: "1", region: "a", action: "a", resource: null, code: "a", message: "a" }),
      aGap({ account: "1", region: "a", action: "a", resource: null, code: "a", message: "b" }),
      aGap({ account: "1", region: "a", action: "a", resource: null, code: "b", message: "a" }),
      aGap({ account: "1", region: "a", action: "a", resource: "a", code: "a", message: "a" }),
      aGap({ account: "1", region: "a", action: "b", resource: null, code: "a", message: "a" }),
      aGap({ account: "1", region: "b", action: "a", resource: null, code: "a", message: "a" }),
      aGap({ account: "2", region: "a", action: "a", resource: null, code: "a", message: "a" }),
    ];
    expect(report({ gaps: gaps.toReversed() }).coverage.gaps).toEqual(gaps);
    expect(report({ gaps: [...gaps.slice(3), ...gaps.slice(0, 3)] }).coverage.gaps).toEqual(gaps);
  });
});
