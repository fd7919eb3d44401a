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

/** A finding on orders that was known since yesterday, and the same as it is reported now. */
const known = (overrides: Partial<Finding> = {}) => aFindingOn("orders", { firstSeenAt: yesterday, ...overrides });
const reported = (overrides: Partial<Finding> = {}) => aReportWith({ findings: [aFindingOn("orders", overrides)] });

const compare = (before: readonly Finding[], report: Report) => compareReports(deepFreeze(before), deepFreeze(report));
const reasonsOf = (before: readonly Finding[], report: Report) =>
  compare(before, report).changes.map(({ type, reason }) => `${type} ${reason}`);

describe("a finding that is reported", () => {
  test("for the first time is opened, and known since the report", () => {
    const { changes, known } = compare([], reported());
    const finding = aFindingOn("orders", { firstSeenAt: now });
    expect(changes).toEqual([{ type: "finding.opened", reason: "new", at: now, finding }]);
    expect(known).toEqual([finding]);
  });

  test("at a later time than it was judged is published as of that time", () => {
    const report = { ...reported(), generatedAt: hoursFromNow(1) };
    expect(compare([], report).changes.map(({ at }) => at)).toEqual([hoursFromNow(1)]);
  });

  test("again is no news, and keeps the day on which it was first seen", () => {
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

  test("worse is published as it is now, with the day on which it was first seen", () => {
    const [change] = compare([known()], reported({ severity: "critical" })).changes;
    expect(change).toEqual({
      type: "finding.changed",
      reason: "worse",
      at: now,
      finding: aFindingOn("orders", { severity: "critical", firstSeenAt: yesterday }),
    });
  });
});

describe("what nobody could judge is known, and silent", () => {
  const silent = (before: readonly Finding[], report: Report) => {
    const { changes, known } = compare(before, report);
    expect(changes).toEqual([]);
    return known;
  };

  test("at first sight", () => {
    expect(silent([], reported(blind))).toEqual([aFindingOn("orders", blind)]);
  });

  test("again, for the reason that it has now and since the day on which it was first seen", () => {
    const again = { ...blind, severity: "critical", message: "Another call failed." } as const;
    expect(silent([known(blind)], reported(again))).toEqual([known(again)]);
  });

  test.each([
    ["its exemption begins", {}, exempt],
    ["its exemption ends", exempt, { endedExemption: anExemption }],
  ])("when %s", (_, before, after) => {
    expect(silent([known({ ...blind, ...before })], reported({ ...blind, ...after }))).toEqual([
      known({ ...blind, ...after }),
    ]);
  });

  test.each([
    ["its database passes", aReportWith({ judged: ["orders"] })],
    ["its database is gone", aReportWith()],
    ["its rule is off", aReportWith({ coverage: { rulesOff: ["master-password-managed"] } })],
  ])("when it goes because %s", (_, report) => {
    expect(silent([known(blind)], report)).toEqual([]);
  });

  test("while its list is broken, and then it stays", () => {
    const gaps = [aGap({ action: "rds:DescribeDBInstances" })];
    expect(silent([known(blind)], aReportWith({ coverage: { gaps } }))).toEqual([known(blind)]);
  });

  test("until it turns out to be wrong: that is new, and first seen now, whatever its severity was", () => {
    const finding = aFindingOn("orders", { severity: "medium", firstSeenAt: now });
    const { changes, known: after } = compare(
      [known({ ...blind, severity: "medium" })],
      reported({ severity: "medium" }),
    );
    expect(changes).toEqual([{ type: "finding.opened", reason: "new", at: now, finding }]);
    expect(after).toEqual([finding]);
  });

  test("until it turns out to be wrong and its exemption has ended: that is new, because nobody was told before", () => {
    const { changes } = compare([known({ ...blind, ...exempt })], reported({ endedExemption: anExemption }));
    expect(changesInShort(changes)).toEqual(["finding.opened new orders"]);
  });

  test("also where it turns out to be wrong, and is exempt", () => {
    expect(silent([known(blind)], reported(exempt))).toEqual([aFindingOn("orders", exempt)]);
  });

  test("also where one failed call leaves every database without a verdict, and the next audit has all of them again", () => {
    const fleet = ["orders", "shop", "ledger"];
    const before = fleet.map((name) => aFindingOn(name, { firstSeenAt: yesterday }));
    const during = silent(before, aReportWith({ findings: fleet.map((name) => aFindingOn(name, blind)) }));
    expect(during).toEqual(before);
    expect(silent(during, aReportWith({ findings: fleet.map((name) => aFindingOn(name)) }))).toEqual(before);
  });
});

describe("what is wrong stays wrong while it cannot be seen", () => {
  const { changes, known: after } = compare(
    [known({ message: "RDS does not manage it." })],
    reported({ ...blind, severity: "critical", message: "It could not be read." }),
  );

  test("nothing is published, not even that it got worse", () => {
    expect(changes).toEqual([]);
  });

  test("it is known as it was", () => {
    expect(after).toEqual([known({ message: "RDS does not manage it." })]);
  });

  test("it is fixed only when it is seen to be", () => {
    expect(reasonsOf(after, aReportWith({ judged: ["orders"] }))).toEqual(["finding.resolved fixed"]);
  });

  test("an exemption that begins or ends meanwhile is told all the same", () => {
    const begins = compare([known()], reported({ ...blind, ...exempt }));
    expect(changesInShort(begins.changes)).toEqual(["finding.changed exempted orders"]);
    expect(begins.known).toEqual([known(exempt)]);
    const ends = compare(begins.known, reported({ ...blind, endedExemption: anExemption }));
    expect(changesInShort(ends.changes)).toEqual(["finding.changed exemption-ended orders"]);
    expect(ends.known).toEqual([known({ endedExemption: anExemption })]);
  });
});

describe("an exempt finding", () => {
  test("is silent at first sight, and known", () => {
    const { changes, known: after } = compare([], reported(exempt));
    expect(changes).toEqual([]);
    expect(after).toEqual([aFindingOn("orders", exempt)]);
  });

  test("is silent while it is exempt, even where it is worse", () => {
    expect(reasonsOf([known(exempt)], reported({ ...exempt, severity: "critical" }))).toEqual([]);
  });

  test("that was not exempt before has changed", () => {
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

  test("is back when its exemption ended, as of the day on which it was first seen", () => {
    const { changes } = compare([known(exempt)], reported({ endedExemption: anExemption, severity: "critical" }));
    expect(changesInShort(changes)).toEqual(["finding.changed exemption-ended orders"]);
    expect(changes[0]?.finding).toMatchObject({ firstSeenAt: yesterday, endedExemption: anExemption });
  });

  test("that is fixed goes without a word", () => {
    const { changes, known: after } = compare([known(exempt)], aReportWith({ judged: ["orders"] }));
    expect(changes).toEqual([]);
    expect(after).toEqual([]);
  });
});

describe("a finding that is not reported any more", () => {
  /** The report has nothing on orders; what became of the finding is told by the rest of it. */
  const fateOf = (report: Report, finding = known()) => {
    const { changes, known: after } = compare([finding], report);
    expect(changes.map(({ type }) => type)).toEqual(after.length === 1 ? [] : ["finding.resolved"]);
    return changes[0]?.reason ?? "still known";
  };
  const without = (coverage: Partial<Report["coverage"]>) => aReportWith({ coverage });
  const broken = (action: string, scope: { account?: string; region?: string } = {}) =>
    without({ gaps: [aGap({ action, ...scope })] });

  test("on a database that was judged is fixed, and published as it was", () => {
    const { changes, known: after } = compare([known()], aReportWith({ judged: ["orders"] }));
    expect(changes).toEqual([{ type: "finding.resolved", reason: "fixed", at: now, finding: known() }]);
    expect(after).toEqual([]);
  });

  test("on a database that was judged is fixed although some list broke", () => {
    const gaps = [aGap({ action: "rds:DescribeDBClusters" })];
    expect(fateOf(aReportWith({ judged: ["orders"], coverage: { gaps } }))).toBe("fixed");
  });

  test("on a database that a complete list lacks is gone", () => {
    expect(fateOf(aReportWith({ judged: ["shop"] }))).toBe("database-gone");
  });

  test.each(["rds:DescribeDBInstances", "rds:DescribeDBClusters", "rds:DescribeTenantDatabases"])(
    "stays known where %s broke",
    (action) => {
      expect(fateOf(broken(action))).toBe("still known");
    },
  );

  test.each(["secretsmanager:ListSecrets", "kms:DescribeKey", "rds:DescribeGlobalClusters", "rule:rotation-enabled"])(
    "on a database that a complete list lacks is gone, whatever %s was",
    (action) => {
      expect(fateOf(broken(action))).toBe("database-gone");
    },
  );

  test("is gone although a list broke elsewhere", () => {
    expect(fateOf(broken("rds:DescribeDBInstances", { region: other }))).toBe("database-gone");
    expect(fateOf(broken("rds:DescribeDBInstances", { account: "210987654321" }))).toBe("database-gone");
  });

  test("in a Region that is not audited any more is not judged", () => {
    expect(fateOf(without({ targets: [aTargetOf(other)] }))).toBe("not-audited");
    expect(fateOf(without({ targets: [aTargetOf(region, "210987654321")] }))).toBe("not-audited");
    const gaps = [aGap({ region: other })];
    expect(fateOf(without({ targets: [aTargetOf(other)], gaps }))).toBe("not-audited");
  });

  test("stays known where its Region was not read and some account could not be entered, whichever that was", () => {
    const gaps = [aGap({ account: "profile legacy", region: "*", action: "sts:GetCallerIdentity" })];
    expect(fateOf(without({ targets: [aTargetOf(other)], gaps }))).toBe("still known");
  });

  test("is gone from a Region that was read, although some account could not be entered", () => {
    expect(fateOf(without({ gaps: [aGap({ region: "*", action: "sts:GetCallerIdentity" })] }))).toBe("database-gone");
  });

  test("of a rule that is switched off is not judged, even where its database is, or could not be read", () => {
    const rulesOff = ["master-password-managed"];
    expect(fateOf(aReportWith({ judged: ["orders"], coverage: { rulesOff } }))).toBe("not-audited");
    expect(fateOf(without({ rulesOff, gaps: [aGap({ action: "rds:DescribeDBInstances" })] }))).toBe("not-audited");
    expect(fateOf(aReportWith({ judged: ["orders"], coverage: { rulesOff: ["rotation-enabled"] } }))).toBe("fixed");
  });

  test("of a rule that the running version does not have is not judged, although its database is", () => {
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

  test("stays known as it is, exempt or not", () => {
    const findings = [known(), aFindingOn("shop", { ...exempt, firstSeenAt: yesterday })];
    expect(compare(findings, broken("rds:DescribeDBInstances"))).toEqual({ changes: [], known: findings });
  });
});

describe("several findings", () => {
  test("are told apart by rule and database", () => {
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

  test("a report compared with what it left as known changes nothing", () => {
    fc.assert(
      fc.property(anyFindings, anyReport, (before, report) => {
        const { known } = compare(before, report);
        expect(compare(known, report)).toEqual({ changes: [], known });
      }),
    );
  });

  test("nothing that is known to be wrong disappears without a word, unless it was exempt", () => {
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

  test("what is reported is known, once, and since when it was first seen as it is", () => {
    fc.assert(
      fc.property(anyFindings, anyReport, (before, report) => {
        const { known } = compare(before, report);
        const ids = known.map(({ id }) => id);
        expect(new Set(ids).size).toBe(ids.length);
        expect(ids).toEqual(expect.arrayContaining(report.findings.map(({ id }) => id)));
        const since = new Map(before.map(({ id, status, firstSeenAt }) => [`${id} ${status}`, firstSeenAt]));
        for (const { id, status, firstSeenAt } of known)
          expect(firstSeenAt).toBe(since.get(`${id} ${status}`) ?? report.observedAt);
      }),
    );
  });

  test("a report that could judge none of what it has opens nothing, and what was wrong with it is still known to be", () => {
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

  test("every change is of something wrong, and one finding changes once", () => {
    fc.assert(
      fc.property(anyFindings, anyReport, (before, report) => {
        const { changes } = compare(before, report);
        for (const { finding } of changes) expect(finding.status).toBe("NON_COMPLIANT");
        expect(new Set(changes.map(({ finding }) => finding.id)).size).toBe(changes.length);
      }),
    );
  });
});
