import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { compareReports } from "../../lib/audit/compare-reports.ts";
import { type Finding, isViolation, severities } from "../../lib/model/finding.ts";
import type { Report } from "../../lib/model/report.ts";
import { account, aGap, hoursFromNow, now, region } from "../support/builders.ts";
import { deepFreeze } from "../support/deep-freeze.ts";
import { aFindingOn, anExemption, aReportWith, aTargetOf, changesInShort } from "../support/findings.ts";

const yesterday = hoursFromNow(-24);
const other = "us-east-1";
const blind = { status: "INSUFFICIENT_DATA" } as const;
const exempt = { exemption: anExemption };

/** A finding on orders that has been open since yesterday, and the same finding as reported now. */
const known = (overrides: Partial<Finding> = {}) => aFindingOn("orders", { firstSeenAt: yesterday, ...overrides });
const reported = (overrides: Partial<Finding> = {}) => aReportWith({ findings: [aFindingOn("orders", overrides)] });

const compare = (before: readonly Finding[], report: Report) => compareReports(deepFreeze(before), deepFreeze(report));
const reasonsOf = (before: readonly Finding[], report: Report) =>
  compare(before, report).changes.map(({ type, reason }) => `${type} ${reason}`);

describe("a reported finding", () => {
  test("is opened the first time, with the report's date", () => {
    const { changes, known } = compare([], reported());
    const finding = aFindingOn("orders", { firstSeenAt: now });
    expect(changes).toEqual([{ type: "finding.opened", reason: "new", at: now, finding }]);
    expect(known).toEqual([finding]);
  });

  test("is published as of the generation of the report, not its observation", () => {
    const report = { ...reported(), generatedAt: hoursFromNow(1) };
    expect(compare([], report).changes.map(({ at }) => at)).toEqual([hoursFromNow(1)]);
  });

  test("is not announced again and keeps firstSeenAt", () => {
    const { changes, known: after } = compare([known({ message: "as it was" })], reported({ message: "as it is" }));
    expect(changes).toEqual([]);
    expect(after).toEqual([aFindingOn("orders", { message: "as it is", firstSeenAt: yesterday })]);
  });

  test.each([
    ["critical", "critical", []],
    ["critical", "high", []],
    ["high", "critical", ["finding.changed worse"]],
    ["high", "high", []],
    ["low", "medium", ["finding.changed worse"]],
    ["low", "low", []],
  ] as const)("with the severity %s before and %s now", (before, after, expected) => {
    expect(reasonsOf([known({ severity: before })], reported({ severity: after }))).toEqual(expected);
  });

  test("with a higher severity is published with its first-seen date", () => {
    const [change] = compare([known()], reported({ severity: "critical" })).changes;
    expect(change).toEqual({
      type: "finding.changed",
      reason: "worse",
      at: now,
      finding: aFindingOn("orders", { severity: "critical", firstSeenAt: yesterday }),
    });
  });
});

describe("INSUFFICIENT_DATA is neither kept nor announced", () => {
  const silent = (before: readonly Finding[], report: Report) => {
    const { changes, known } = compare(before, report);
    expect(changes).toEqual([]);
    return known;
  };

  test("the first time", () => {
    expect(silent([], reported(blind))).toEqual([]);
  });

  test.each([
    ["again", reported({ ...blind, severity: "critical" })],
    ["when its exemption begins", reported({ ...blind, ...exempt })],
    ["when its database passes", aReportWith({ judged: ["orders"] })],
    ["when its database is gone", aReportWith()],
    ["when its rule is off", aReportWith({ coverage: { rulesOff: ["master-password-managed"] } })],
    ["while its list fails", aReportWith({ coverage: { gaps: [aGap({ action: "rds:DescribeDBInstances" })] } })],
  ])("if an earlier version kept it: %s", (_, report) => {
    expect(silent([known(blind)], report)).toEqual([]);
  });

  test("until it becomes NON_COMPLIANT: it is new and first seen now, whatever its severity was", () => {
    const finding = aFindingOn("orders", { severity: "medium", firstSeenAt: now });
    const { changes, known: after } = compare(
      [known({ ...blind, severity: "medium" })],
      reported({ severity: "medium" }),
    );
    expect(changes).toEqual([{ type: "finding.opened", reason: "new", at: now, finding }]);
    expect(after).toEqual([finding]);
  });

  test("until it becomes NON_COMPLIANT and its exemption has ended: it is new, because it was never announced", () => {
    const { changes } = compare([known({ ...blind, ...exempt })], reported({ endedExemption: anExemption }));
    expect(changesInShort(changes)).toEqual(["finding.opened new orders"]);
  });

  test("and stays unannounced if it becomes NON_COMPLIANT and is exempt", () => {
    expect(silent([known(blind)], reported(exempt))).toEqual([aFindingOn("orders", exempt)]);
  });

  test("and one failed call that affects every database announces nothing, in this audit or the next", () => {
    const fleet = ["orders", "shop", "ledger"];
    const before = fleet.map((name) => aFindingOn(name, { firstSeenAt: yesterday }));
    const during = silent(before, aReportWith({ findings: fleet.map((name) => aFindingOn(name, blind)) }));
    expect(during).toEqual(before);
    expect(silent(during, aReportWith({ findings: fleet.map((name) => aFindingOn(name)) }))).toEqual(before);
  });
});

describe("a violation stays open while it cannot be checked", () => {
  const { changes, known: after } = compare(
    [known({ message: "RDS does not manage it." })],
    reported({ ...blind, severity: "critical", message: "It could not be read." }),
  );

  test("publishes nothing, even if its severity rises", () => {
    expect(changes).toEqual([]);
  });

  test("keeps it unchanged", () => {
    expect(after).toEqual([known({ message: "RDS does not manage it." })]);
  });

  test("resolves it only after it passes", () => {
    expect(reasonsOf(after, aReportWith({ judged: ["orders"] }))).toEqual(["finding.resolved fixed"]);
  });

  test("announces an exemption that starts or ends meanwhile", () => {
    const begins = compare([known()], reported({ ...blind, ...exempt }));
    expect(changesInShort(begins.changes)).toEqual(["finding.changed exempted orders"]);
    expect(begins.known).toEqual([known(exempt)]);
    const ends = compare(begins.known, reported({ ...blind, endedExemption: anExemption }));
    expect(changesInShort(ends.changes)).toEqual(["finding.changed exemption-ended orders"]);
    expect(ends.known).toEqual([known({ endedExemption: anExemption })]);
  });
});

describe("an exempt finding", () => {
  test("is kept and not announced", () => {
    const { changes, known: after } = compare([], reported(exempt));
    expect(changes).toEqual([]);
    expect(after).toEqual([aFindingOn("orders", exempt)]);
  });

  test("is not announced while it is exempt, even with a higher severity", () => {
    expect(reasonsOf([known(exempt)], reported({ ...exempt, severity: "critical" }))).toEqual([]);
  });

  test("that was not exempt before is announced as changed", () => {
    const { changes } = compare([known()], reported(exempt));
    expect(changes).toEqual([
      {
        type: "finding.changed",
        reason: "exempted",
        at: now,
        finding: aFindingOn("orders", { ...exempt, firstSeenAt: yesterday }),
      },
    ]);
  });

  test("is announced when its exemption ends, with its first-seen date", () => {
    const { changes } = compare([known(exempt)], reported({ endedExemption: anExemption, severity: "critical" }));
    expect(changesInShort(changes)).toEqual(["finding.changed exemption-ended orders"]);
    expect(changes[0]?.finding).toMatchObject({ firstSeenAt: yesterday, endedExemption: anExemption });
  });

  test("that passes is removed without an announcement", () => {
    const { changes, known: after } = compare([known(exempt)], aReportWith({ judged: ["orders"] }));
    expect(changes).toEqual([]);
    expect(after).toEqual([]);
  });
});

describe("a finding that is no longer reported", () => {
  /** The report has no finding on orders; its coverage decides why. */
  const fateOf = (report: Report, finding = known()) => {
    const { changes, known: after } = compare([finding], report);
    expect(changes.map(({ type }) => type)).toEqual(after.length === 1 ? [] : ["finding.resolved"]);
    return changes[0]?.reason ?? "still known";
  };
  const without = (coverage: Partial<Report["coverage"]>) => aReportWith({ coverage });
  const broken = (action: string, scope: { account?: string; region?: string } = {}) =>
    without({ gaps: [aGap({ action, ...scope })] });

  test("on an audited database is fixed and published as it was", () => {
    const { changes, known: after } = compare([known()], aReportWith({ judged: ["orders"] }));
    expect(changes).toEqual([{ type: "finding.resolved", reason: "fixed", at: now, finding: known() }]);
    expect(after).toEqual([]);
  });

  test("on an audited database is fixed although a list failed", () => {
    const gaps = [aGap({ action: "rds:DescribeDBClusters" })];
    expect(fateOf(aReportWith({ judged: ["orders"], coverage: { gaps } }))).toBe("fixed");
  });

  test("on a database that a complete list does not contain is gone", () => {
    expect(fateOf(aReportWith({ judged: ["shop"] }))).toBe("database-gone");
  });

  test.each(["rds:DescribeDBInstances", "rds:DescribeDBClusters", "rds:DescribeTenantDatabases"])(
    "stays known where %s broke",
    (action) => {
      expect(fateOf(broken(action))).toBe("still known");
    },
  );

  test.each(["secretsmanager:ListSecrets", "kms:DescribeKey", "rds:DescribeGlobalClusters", "rule:rotation-enabled"])(
    "on a database that a complete list does not contain is gone, whatever %s was",
    (action) => {
      expect(fateOf(broken(action))).toBe("database-gone");
    },
  );

  test("is gone although a list failed in another Region", () => {
    expect(fateOf(broken("rds:DescribeDBInstances", { region: other }))).toBe("database-gone");
    expect(fateOf(broken("rds:DescribeDBInstances", { account: "210987654321" }))).toBe("database-gone");
  });

  test("in a Region that is no longer audited is not audited", () => {
    expect(fateOf(without({ targets: [aTargetOf(other)] }))).toBe("not-audited");
    expect(fateOf(without({ targets: [aTargetOf(region, "210987654321")] }))).toBe("not-audited");
    const gaps = [aGap({ region: other })];
    expect(fateOf(without({ targets: [aTargetOf(other)], gaps }))).toBe("not-audited");
  });

  test("is kept if its Region was not read and any account could not be accessed", () => {
    const gaps = [aGap({ account: "profile legacy", region: "*", action: "sts:GetCallerIdentity" })];
    expect(fateOf(without({ targets: [aTargetOf(other)], gaps }))).toBe("still known");
  });

  test("is gone from a Region that was read, although an account could not be accessed", () => {
    expect(fateOf(without({ gaps: [aGap({ region: "*", action: "sts:GetCallerIdentity" })] }))).toBe("database-gone");
  });

  test("of a rule that is off is not audited, whether or not its database was read", () => {
    const rulesOff = ["master-password-managed"];
    expect(fateOf(aReportWith({ judged: ["orders"], coverage: { rulesOff } }))).toBe("not-audited");
    expect(fateOf(without({ rulesOff, gaps: [aGap({ action: "rds:DescribeDBInstances" })] }))).toBe("not-audited");
    expect(fateOf(aReportWith({ judged: ["orders"], coverage: { rulesOff: ["rotation-enabled"] } }))).toBe("fixed");
  });

  test("of a rule that this version does not have is not audited", () => {
    expect(fateOf(aReportWith({ judged: ["orders"], coverage: { rules: ["rotation-enabled"] } }))).toBe("not-audited");
  });

  test.each([
    [hoursFromNow(-1), "fixed"],
    [now, "fixed"],
    [hoursFromNow(1), "still known"],
  ])("and was first seen at %s, when the report looked at noon: %s", (firstSeenAt, fate) => {
    const late = { ...aReportWith({ judged: ["orders"] }), generatedAt: hoursFromNow(2) };
    expect(fateOf(late, known({ firstSeenAt }))).toBe(fate);
  });

  test("is kept as it is, exempt or not", () => {
    const findings = [known(), aFindingOn("shop", { ...exempt, firstSeenAt: yesterday })];
    expect(compare(findings, broken("rds:DescribeDBInstances"))).toEqual({ changes: [], known: findings });
  });
});

describe("several findings", () => {
  test("are distinguished by rule and database", () => {
    const before = [known(), known({ rule: "rotation-enabled", id: "rotation-enabled/orders" })];
    const report = aReportWith({ findings: [known(), aFindingOn("shop")] });
    expect(changesInShort(compare(before, report).changes)).toEqual([
      "finding.opened new shop",
      "finding.resolved fixed orders",
    ]);
  });
});

describe("laws", () => {
  const scopes = [
    { account, region },
    { account, region: other },
    { account: "210987654321", region },
  ];
  const anyFinding: fc.Arbitrary<Finding> = fc
    .record({
      identifier: fc.constantFrom("orders", "shop"),
      scope: fc.constantFrom(...scopes),
      rule: fc.constantFrom("master-password-managed", "rotation-enabled"),
      status: fc.constantFrom("NON_COMPLIANT" as const, "INSUFFICIENT_DATA" as const),
      severity: fc.constantFrom(...severities),
      exemption: fc.constantFrom(null, anExemption),
      firstSeenAt: fc.constantFrom(yesterday, now, hoursFromNow(1)),
    })
    .map(({ identifier, scope, ...finding }) => aFindingOn(identifier, { ...scope, ...finding }));
  const anyFindings = fc.uniqueArray(anyFinding, { selector: ({ id }) => id, maxLength: 8 });
  const anyGapOfLists = fc.record({
    action: fc.constantFrom("rds:DescribeDBInstances", "secretsmanager:ListSecrets", "sts:GetCallerIdentity"),
    region: fc.constantFrom(region, other, "*"),
  });
  const anyReport: fc.Arbitrary<Report> = fc
    .record({
      findings: anyFindings,
      judged: fc.subarray(["orders", "shop"]),
      targets: fc.subarray(scopes.map(({ account, region }) => aTargetOf(region, account))),
      gaps: fc.array(anyGapOfLists.map(aGap), { maxLength: 2 }),
      rulesOff: fc.subarray(["rotation-enabled"]),
    })
    .map(({ findings, judged, ...coverage }) => {
      const on = findings.filter(({ rule }) => !coverage.rulesOff.includes(rule));
      return aReportWith({ findings: on, judged, coverage });
    });

  test("a report compared with its own result changes nothing", () => {
    fc.assert(
      fc.property(anyFindings, anyReport, (before, report) => {
        const { known } = compare(before, report);
        expect(compare(known, report)).toEqual({ changes: [], known });
      }),
    );
  });

  test("an active violation never disappears without a change", () => {
    fc.assert(
      fc.property(anyFindings, anyReport, (before, report) => {
        const { changes, known } = compare(before, report);
        const notified = new Set(
          changes.filter(({ type }) => type === "finding.resolved").map(({ finding }) => finding.id),
        );
        const left = new Set(known.map(({ id }) => id));
        for (const finding of before) {
          expect(left.has(finding.id) && notified.has(finding.id)).toBe(false);
          if (isViolation(finding)) expect(left.has(finding.id) || notified.has(finding.id)).toBe(true);
        }
      }),
    );
  });

  test("each reported finding is kept once, with its first-seen date", () => {
    fc.assert(
      fc.property(anyFindings, anyReport, (before, report) => {
        const { known } = compare(before, report);
        const ids = known.map(({ id }) => id);
        expect(new Set(ids).size).toBe(ids.length);
        const reported = report.findings.filter(({ status }) => status === "NON_COMPLIANT");
        expect(ids).toEqual(expect.arrayContaining(reported.map(({ id }) => id)));
        const since = new Map(before.map(({ id, status, firstSeenAt }) => [`${id} ${status}`, firstSeenAt]));
        for (const { id, status, firstSeenAt } of known)
          expect(firstSeenAt).toBe(since.get(`${id} ${status}`) ?? report.observedAt);
      }),
    );
  });

  test("a report with only INSUFFICIENT_DATA opens nothing and keeps every violation", () => {
    fc.assert(
      fc.property(anyFindings, anyReport, (before, report) => {
        const findings = report.findings.map((finding) => ({ ...finding, ...blind, exemption: null }));
        const { changes, known } = compare(before, { ...report, findings });
        const wrong = before.filter(
          ({ id, status }) => status === "NON_COMPLIANT" && findings.some((one) => one.id === id),
        );
        expect(known).toEqual(
          expect.arrayContaining(wrong.map(({ id }) => expect.objectContaining({ id, status: "NON_COMPLIANT" }))),
        );
        expect(changes.filter(({ type }) => type === "finding.opened")).toEqual([]);
      }),
    );
  });

  test("every change is of a violation, and each finding changes once", () => {
    fc.assert(
      fc.property(anyFindings, anyReport, (before, report) => {
        const { changes } = compare(before, report);
        for (const { finding } of changes) expect(finding.status).toBe("NON_COMPLIANT");
        expect(new Set(changes.map(({ finding }) => finding.id)).size).toBe(changes.length);
      }),
    );
  });
});
