import { describe, expect, test } from "@jest/globals";
import {
  activeRules,
  applyRule,
  confirmationsOf,
  judge,
  judgeTarget,
  prepare,
  renderJudgment,
  toFinding,
} from "../../lib/audit/judge.ts";
import type { Database } from "../../lib/model/database.ts";
import { defineRule, type Message, type Rule, statusOf, type Verdict } from "../../lib/model/rule.ts";
import {
  aContext,
  account,
  aDatabase,
  aGap,
  aMasterUserSecret,
  aPlainCluster,
  aPlainDatabase,
  aPolicy,
  aTarget,
  databaseArn,
  now,
  region,
} from "../support/builders.ts";

/** A rule that returns the given verdict. */
const saying = (verdict: Verdict, id = "example-rule"): Rule =>
  defineRule({
    id,
    title: "An example",
    severity: "medium",
    rationale: "It serves.",
    references: [],
    reads: [],
    messages: {
      good: { status: "COMPLIANT", text: "all is well with {database}." },
      aside: { status: "NOT_APPLICABLE", text: "{database} is not judged." },
      bad: {
        status: "NON_COMPLIANT",
        text: "{database} is bad: {what}, {nothing}.",
        remedy: "Repair {what}: {modify}",
        confirm: ["secretsmanager:DescribeSecret"],
      },
      unknown: { status: "INSUFFICIENT_DATA", text: "It was not seen: {why}.", remedy: "Look again." },
      plain: { status: "NON_COMPLIANT", text: "it is bad.", remedy: "Repair it." },
    },
    check: () => verdict as Verdict<"good">,
  });

const throwing = (thrown: unknown, id = "broken-rule"): Rule => ({
  ...saying({ messageId: "good" }, id),
  check: () => {
    throw thrown;
  },
});

const database = aDatabase();
const judged = (rule: Rule, policy = aPolicy()) => judge(rule, database, aContext(), policy);
const bad = { messageId: "bad", data: { what: "this" }, evidence: { fact: 1 } };

describe("a judgment", () => {
  test("has its placeholders filled, a capital first letter and the command in the remedy", () => {
    expect(judged(saying(bad))).toEqual({
      rule: "example-rule",
      severity: "medium",
      status: "NON_COMPLIANT",
      message: "DB instance orders is bad: this, {nothing}.",
      remediation: "Repair this: aws rds modify-db-instance --region eu-west-1 --db-instance-identifier orders",
      evidence: { fact: 1 },
    });
  });

  test("fills in the database, its Region and its commands", () => {
    const remedy = "{database} in {region}: {modify}; {rotate}";
    const message = { status: "NON_COMPLIANT", text: "it is bad.", remedy } as const;
    const result = { rule: saying(bad), verdict: { messageId: "bad" }, message };
    const named = (kind: Database["kind"], identifier: string) =>
      renderJudgment(result, aDatabase({ kind, identifier }), aPolicy()).remediation;
    const orders = "aws rds modify-db-instance --region eu-west-1 --db-instance-identifier orders";
    expect(named("instance", "orders")).toBe(
      `DB instance orders in eu-west-1: ${orders}; ${orders} --rotate-master-user-password --apply-immediately`,
    );
    const tenant =
      "aws rds modify-tenant-database --region eu-west-1 --db-instance-identifier erp --tenant-db-name PDB1";
    expect(named("tenant-database", "erp/PDB1")).toBe(
      `tenant database erp/PDB1 in eu-west-1: ${tenant}; ${tenant} --rotate-master-user-password`,
    );
  });

  test("advises to start a stopped database before it is modified", () => {
    const message = saying(bad).messages.bad as Message;
    const advice = (database: Partial<Database>, modifies: boolean) =>
      renderJudgment(
        { rule: saying(bad), verdict: bad, message: modifies ? { ...message, modifiesDatabase: true } : message },
        aDatabase(database),
        aPolicy(),
      ).remediation;
    const start = "Start the database first, because RDS does not modify a stopped one: aws rds start-db-";
    for (const status of ["stopped", "stopping"]) {
      expect(advice({ status }, true)).toBe(
        `${start}instance --region eu-west-1 --db-instance-identifier orders. ${advice({}, true)}`,
      );
      expect(advice({ status }, false)).toBe(advice({}, false));
    }
    expect(advice({ status: "stopped", kind: "cluster" }, true)).toContain("start-db-cluster");
    expect(advice({ status: "stopped", kind: "tenant-database", identifier: "erp/PAY" }, true)).toContain(
      "start-db-instance --region eu-west-1 --db-instance-identifier erp. ",
    );
    expect(advice({ status: "deleting" }, true)).toBe("Take no action: DB instance orders is being deleted.");
  });

  test("of a pass has no remedy", () => {
    expect(judged(saying({ messageId: "good" }))).toMatchObject({
      status: "COMPLIANT",
      message: "All is well with DB instance orders.",
      remediation: null,
      evidence: {},
    });
  });

  test("of INSUFFICIENT_DATA has the reason in its evidence", () => {
    expect(judged(saying({ messageId: "unknown", data: { why: "denied" }, evidence: { fact: 1 } })).evidence).toEqual({
      fact: 1,
      notSeen: "denied",
    });
    expect(judged(saying({ messageId: "unknown" })).evidence).toEqual({});
    expect(judged(saying({ messageId: "plain", data: { why: "denied" } })).evidence).toEqual({});
  });

  test("has the severity that the policy sets", () => {
    expect(judged(saying(bad), aPolicy({ severities: { "example-rule": "critical" } })).severity).toBe("critical");
    expect(judged(saying(bad), aPolicy({ severities: { "another-rule": "critical" } })).severity).toBe("medium");
  });

  test("does not fill placeholders in values", () => {
    expect(judged(saying({ messageId: "bad", data: { what: "{database}" } })).message).toContain("bad: {database},");
  });

  test("has confirmations only if its message declares them", () => {
    const confirmations = (verdict: Verdict) => confirmationsOf(applyRule(saying(verdict), database, aContext()));
    expect(confirmations(bad)).toEqual(["secretsmanager:DescribeSecret"]);
    expect(confirmations({ messageId: "plain" })).toEqual([]);
    expect(confirmations({ messageId: "good" })).toEqual([]);
  });

  test("is the rendered result of the rule", () => {
    const answer = applyRule(saying(bad), database, aContext());
    expect(answer).toMatchObject({ verdict: bad, crash: null });
    expect(renderJudgment(answer, database, aPolicy())).toEqual(judged(saying(bad)));
  });
});

describe("a rule that crashes", () => {
  const failed = {
    rule: "broken-rule",
    severity: "medium",
    status: "INSUFFICIENT_DATA",
    remediation: "This is a defect in rds-password-audit. Report it with this message.",
    evidence: {},
  };

  test.each([
    ["an error", new RangeError("out of reach"), "out of reach"],
    ["text", "no error at all", "no error at all"],
    ["nothing", undefined, "undefined"],
  ])("does not pass, whatever it threw: %s", (_, thrown, message) => {
    expect(judged(throwing(thrown))).toEqual({
      ...failed,
      message: `The rule broken-rule failed on DB instance orders: ${message}.`,
    });
    const answer = applyRule(throwing(thrown), database, aContext());
    expect([answer.verdict.messageId, answer.crash?.message, confirmationsOf(answer)]).toEqual([
      "crashed",
      message,
      [],
    ]);
  });

  test("does not pass if it returns an unknown message id", () => {
    expect(judged(saying({ messageId: "nonsense" }, "broken-rule"))).toEqual({
      ...failed,
      message: 'The rule broken-rule failed on DB instance orders: it has no message "nonsense".',
    });
    expect(() => statusOf(saying(bad, "broken-rule"), { messageId: "nonsense" })).toThrow(
      'rule broken-rule has no message "nonsense"',
    );
  });

  test("leaves a gap, and the other rules still apply", () => {
    const rules = [throwing(new RangeError("out of reach")), saying({ messageId: "plain" })];
    const { findings, crashes } = judgeTarget(aTarget(), aPolicy(), rules, now);
    expect(crashes).toEqual([
      {
        account,
        region,
        action: "rule:broken-rule",
        code: "RangeError",
        message: "out of reach",
        resource: databaseArn,
      },
    ]);
    expect(findings.map(({ rule, status }) => [rule, status])).toEqual([
      ["broken-rule", "INSUFFICIENT_DATA"],
      ["example-rule", "NON_COMPLIANT"],
    ]);
  });

  test("leaves a gap even on an exempt database", () => {
    const policy = aPolicy({
      exemptions: [{ match: { identifier: ["orders"] }, owner: "ann", reason: "legacy", until: "2026-12-31" }],
    });
    const { findings, crashes } = judgeTarget(aTarget(), policy, [throwing(new Error("x"))], now);
    expect([findings[0]?.exemption?.owner, crashes.length]).toEqual(["ann", 1]);
  });
});

describe("the active rules", () => {
  const rules = [saying(bad, "one"), saying(bad, "two"), saying(bad, "three")];

  test("are those that the policy does not turn off", () => {
    expect(activeRules(rules, aPolicy())).toEqual(rules);
    expect(activeRules(rules, aPolicy({ rulesOff: ["two"] })).map(({ id }) => id)).toEqual(["one", "three"]);
  });

  test("are the only ones applied", () => {
    const { findings } = judgeTarget(aTarget(), aPolicy({ rulesOff: ["one", "three"] }), rules, now);
    expect(findings.map(({ rule }) => rule)).toEqual(["two"]);
  });
});

describe("a finding", () => {
  const judgment = judged(saying({ messageId: "plain", evidence: { fact: 1 } }));

  test("is created for NON_COMPLIANT and INSUFFICIENT_DATA", () => {
    expect(toFinding(judgment, database, aPolicy(), now)).toEqual({
      id: `example-rule/${databaseArn}`,
      rule: "example-rule",
      status: "NON_COMPLIANT",
      severity: "medium",
      resource: { arn: databaseArn, type: "AWS::RDS::DBInstance", identifier: "orders", resourceId: "db-ORDERS" },
      account,
      region,
      owner: null,
      message: "It is bad.",
      evidence: { fact: 1 },
      remediation: "Repair it.",
      exemption: null,
      endedExemption: null,
      firstSeenAt: now,
    });
    expect(toFinding(judged(saying({ messageId: "unknown" })), database, aPolicy(), now)?.status).toBe(
      "INSUFFICIENT_DATA",
    );
  });

  test("is not created for a pass", () => {
    expect(toFinding(judged(saying({ messageId: "good" })), database, aPolicy(), now)).toBeNull();
    expect(toFinding(judged(saying({ messageId: "aside" })), database, aPolicy(), now)).toBeNull();
  });

  const exempt = (until: string) =>
    aPolicy({ exemptions: [{ match: { identifier: ["orders"] }, owner: "ann", reason: "legacy", until }] });

  test("that is exempt names the exemption and keeps its status", () => {
    const finding = toFinding(judgment, database, exempt("2026-11-24"), now);
    expect(finding).toMatchObject({
      status: "NON_COMPLIANT",
      message: "It is bad.",
      exemption: { owner: "ann", reason: "legacy", until: "2026-11-24", source: "policy" },
      endedExemption: null,
    });
  });

  test("whose exemption ended is active again and says so", () => {
    const finding = toFinding(judgment, database, exempt("2026-11-23"), now);
    expect(finding).toMatchObject({
      message: "It is bad. Its exemption ended on 2026-11-23.",
      exemption: null,
      endedExemption: { owner: "ann", until: "2026-11-23" },
    });
  });

  test("explains in its evidence why exemption tags are ignored", () => {
    const tagged = aDatabase({ tags: { "rds-password-audit:exempt-owner": "bob" } });
    expect(toFinding(judgment, tagged, aPolicy({ exemptionTags: true }), now)?.evidence).toEqual({
      fact: 1,
      exemptionIgnored:
        "an exemption also needs the tag rds-password-audit:exempt-reason and rds-password-audit:exempt-until",
    });
  });

  test("of a judgment without a remedy has an empty remediation", () => {
    expect(toFinding({ ...judgment, remediation: null }, database, aPolicy(), now)?.remediation).toBe("");
  });
});

describe("a target", () => {
  const target = aTarget({
    databases: [aPlainDatabase({ masterUserSecret: aMasterUserSecret() }), aPlainCluster()],
    globalClusterMembers: [],
    blueGreenDeployments: [],
  });

  test("yields each database classified, with its context", () => {
    const prepared = [...prepare(target, aPolicy(), now)];
    expect(
      prepared.map(({ database, context }) => [database.identifier, database.management, context.secret.seen]),
    ).toEqual([
      ["orders", "managed", true],
      ["ledger", "unmanaged", false],
    ]);
  });

  test("has every rule applied to every database", () => {
    const { databases, findings, crashes } = judgeTarget(
      target,
      aPolicy(),
      [saying({ messageId: "plain" }), saying({ messageId: "good" }, "pass")],
      now,
    );
    expect(databases.map(({ identifier }) => identifier)).toEqual(["orders", "ledger"]);
    expect(findings.map(({ rule, resource }) => `${rule} ${resource.identifier}`)).toEqual([
      "example-rule orders",
      "example-rule ledger",
    ]);
    expect(crashes).toEqual([]);
  });

  test("with a failed list yields databases with doubts", () => {
    const gaps = [aGap({ action: "rds:DescribeGlobalClusters", code: "AccessDenied" })];
    const [, cluster] = [...prepare({ ...target, gaps }, aPolicy(), now)];
    expect(cluster?.database.doubt).toBe("rds:DescribeGlobalClusters failed with AccessDenied");
  });
});
