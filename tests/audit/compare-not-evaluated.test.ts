import { describe, expect, test } from "@jest/globals";
import { createFirstSeen, toNotEvaluated, updateNotEvaluated } from "../../lib/audit/compare-not-evaluated.ts";
import type { Finding } from "../../lib/model/finding.ts";
import type { NotEvaluated } from "../../lib/model/ledger.ts";
import { account, aGap, hoursFromNow, now, region } from "../support/builders.ts";
import { aFindingOn, aReportWith, aTargetOf } from "../support/findings.ts";

const denied = "secretsmanager:ListSecrets failed with AccessDeniedException";
const rule = "secret-not-impaired";
const yesterday = hoursFromNow(-24);
const unknown = (identifier: string, overrides: Partial<Finding> = {}) =>
  aFindingOn(identifier, { rule, status: "INSUFFICIENT_DATA", evidence: { notSeen: denied }, ...overrides });
const entry: NotEvaluated = { account, region, rule, reason: denied, firstSeenAt: yesterday };

describe("findings that could not be evaluated", () => {
  test("share one entry for each account, Region, rule and reason", () => {
    const findings = [
      unknown("orders"),
      unknown("shop", { firstSeenAt: yesterday }),
      unknown("far", { region: "us-east-1" }),
      unknown("foreign", { account: "210987654321" }),
      unknown("other", { rule: "rotation-enabled" }),
      unknown("odd", { evidence: {} }),
      aFindingOn("violation"),
    ];
    expect(toNotEvaluated(findings)).toEqual([
      entry,
      { ...entry, region: "us-east-1", firstSeenAt: now },
      { ...entry, account: "210987654321", firstSeenAt: now },
      { ...entry, rule: "rotation-enabled", firstSeenAt: now },
      { ...entry, reason: "", firstSeenAt: now },
    ]);
  });
});

describe("an entry", () => {
  const update = (report: ReturnType<typeof aReportWith>, isPartial = false) =>
    updateNotEvaluated([entry], report, { isPartial });

  test.each([
    ["stays with its date while a database misses the fact", aReportWith({ findings: [unknown("orders")] }), [entry]],
    ["goes when every database was evaluated", aReportWith({ judged: ["orders"] }), []],
    ["goes when its Region is no longer audited", aReportWith({ coverage: { targets: [aTargetOf("us-east-1")] } }), []],
    ["goes when its rule is off", aReportWith({ coverage: { rulesOff: [rule] } }), []],
    [
      "stays while the databases cannot be listed",
      aReportWith({ coverage: { gaps: [aGap({ action: "rds:DescribeDBInstances" })] } }),
      [entry],
    ],
    ["stays if it was added after the report observed it", aReportWith({ at: hoursFromNow(-25) }), [entry]],
  ])("%s", (_, report, expected) => {
    expect(update(report)).toEqual(expected);
  });

  test("stays after a recheck of one database", () => {
    expect(update(aReportWith({ judged: ["orders"] }), true)).toEqual([entry]);
  });

  test("is added for another reason", () => {
    const other = unknown("orders", { evidence: { notSeen: "another call failed" } });
    expect(update(aReportWith({ findings: [other] }))).toEqual([
      { ...entry, reason: "another call failed", firstSeenAt: now },
    ]);
  });
});

test("a finding is dated by its id, else by its entry, else by itself", () => {
  const firstSeenOf = createFirstSeen([aFindingOn("orders", { rule, firstSeenAt: hoursFromNow(-48) })], [entry]);
  expect(
    [unknown("orders"), unknown("shop"), unknown("shop", { evidence: {} }), aFindingOn("shop", { rule })].map(
      firstSeenOf,
    ),
  ).toEqual([hoursFromNow(-48), yesterday, now, now]);
});
