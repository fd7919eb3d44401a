import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Change } from "../../../lib/model/change.ts";
import type { Finding } from "../../../lib/model/finding.ts";
import type { NotSeenScope, ReportSummary } from "../../../lib/model/report.ts";
import type { AlertMessage } from "../../../lib/report/chat/alert-message.ts";
import { toRunAlert, toRunUnderWayAlert } from "../../../lib/report/chat/run-alert.ts";
import { type AccountNews, createRunNews } from "../../../lib/report/chat/run-news.ts";
import { expectGolden } from "../../golden/golden.ts";
import { expectSafeAlert } from "../expect-safe-alert.ts";
import { hostileChange } from "../hostile.ts";
import { aChangeOf, manyNewChanges, show, threeWeeksAgo } from "../sample-changes.ts";

const reportUrl = "https://reports.example.com/runs/day=2026-11-24/_summary.json";
const at = "2026-11-24T12:00:00.000Z";
const idOf = (index: number) => String(300_000_000_000 + index);

const aFindingOf = (identifier: string, finding: Partial<Finding>) => aChangeOf(identifier, {}, finding).finding;

function summaryWith(notSeen: readonly NotSeenScope[] = []): Pick<ReportSummary, "coverage" | "generatedAt"> {
  return { generatedAt: at, coverage: { notSeen } } as unknown as ReportSummary;
}

function notSeen(index: number, overrides: Partial<NotSeenScope> = {}): NotSeenScope {
  const reason = "The account has no result: reading it ended before its end.";
  return { account: idOf(index), accountName: `account-${index}`, region: "*", outcome: "gap", reason, ...overrides };
}

function alertOn(news: readonly Partial<AccountNews>[], gaps: readonly NotSeenScope[] = []): AlertMessage | null {
  const collected = createRunNews("low");
  for (const [index, one] of news.entries())
    collected.add({ account: idOf(index), name: `account-${index}`, changes: [], emptied: [], reminded: [], ...one });
  return toRunAlert(collected.collected(), {
    summary: summaryWith(gaps),
    file: "runs/day=2026-11-24/account=….ndjson.gz",
    reportUrl,
    exemptionTags: true,
  });
}

const showOne = (alert: AlertMessage | null) => (alert === null ? "none" : show(alert));

/** The findings of an account: one, more in each tenth, and a critical one in each hundredth; every seventh is resolved. */
function changesOf(index: number): Change[] {
  const count = index % 10 === 0 ? 8 : 1;
  const resolved = index % 7 === 3 ? ({ type: "finding.resolved", reason: "fixed" } as const) : {};
  return Array.from({ length: count }, (_, number) =>
    aChangeOf(`db-${index}-${number}`, resolved, {
      account: idOf(index),
      firstSeenAt: threeWeeksAgo,
      ...(index % 3 === 0 && { rule: "rotation-enabled", severity: "medium", message: "Rotation is off." }),
      ...(index % 100 === 77 && { rule: "secret-key-usable", severity: "critical", message: "The key is disabled." }),
    }),
  );
}

describe("golden alerts of a run", () => {
  test("500 accounts with news, three that were not seen, Regions without databases, and a weekly reminder", () => {
    const emptied = Array.from({ length: 9 }, (_, index) => ({
      ...{ account: idOf(index), region: "eu-west-1", databases: 12 + index, findings: index },
    }));
    const reminded = Array.from({ length: 12 }, (_, index) =>
      aFindingOf(`old-${index}`, {
        account: idOf(3),
        severity: "critical",
        firstSeenAt: threeWeeksAgo,
        message: "The key of the secret is pending deletion.",
      }),
    );
    const news = Array.from({ length: 500 }, (_, index) => ({
      changes: changesOf(index),
      ...(index === 3 && { emptied, reminded }),
    }));
    const gaps = [
      notSeen(123),
      ...["eu-west-1", "eu-west-2", "eu-west-3", "us-east-1", "us-east-2"].map((region) =>
        notSeen(200, { region, reason: "rds:DescribeDBInstances failed with AccessDenied" }),
      ),
      notSeen(301, {
        region: "ap-east-1",
        outcome: "denied-by-scp",
        reason: "rds:DescribeDBInstances failed with AccessDenied",
      }),
      notSeen(400, { outcome: "account-not-active", reason: "SUSPENDED" }),
    ];
    expectGolden("alert-run-500-accounts", showOne(alertOn(news, gaps)));
  });

  test("one account with one finding", () =>
    expectGolden(
      "alert-run-one-account",
      showOne(alertOn([{ changes: [aChangeOf("orders", {}, { account: idOf(0) })] }])),
    ));

  test("a run that did not start", () => {
    const execution = `arn:aws:lambda:eu-west-1:111111111111:function:rds-password-audit-prod-auditOrganization:7/durable-execution/a/b`;
    const earlier = { id: "2026-11-23T06:00:00Z", startedAt: "2026-11-23T06:00:01.000Z", execution };
    expectGolden("alert-run-under-way", show(toRunUnderWayAlert({ id: "2026-11-24T06:00:00Z" }, earlier)));
  });
});

test("without news there is no alert, even if accounts were not seen: an alarm says that once", () => {
  expect(alertOn([{}, {}], [notSeen(0)])).toBeNull();
});

test("only notices are an alert with a title of their own", () => {
  const emptied = [{ account: idOf(0), region: "eu-west-1", databases: 3, findings: 1 }];
  expect(alertOn([{ emptied }])?.content.title).toBe("❔ 1 Region had databases at the last audit and has none now");
  const reminded = [aFindingOf("orders", { severity: "critical", firstSeenAt: threeWeeksAgo })];
  expect(alertOn([{ reminded }])?.content.title).toBe("🚨 Weekly reminder: 1 critical finding still open");
});

test("what is below the threshold is not told", () => {
  const news = createRunNews("high");
  news.add({
    ...{ account: idOf(0), name: "payments", emptied: [], reminded: [] },
    changes: [aChangeOf("orders", {}, { severity: "medium" })],
  });
  expect(news.collected()).toMatchObject({ accounts: [], rules: [], changes: { number: 0 }, databases: { number: 0 } });
});

test("it is one message within the limits and without markup of others, however many changes and whatever they contain", () => {
  fc.assert(
    fc.property(fc.array(hostileChange, { minLength: 1, maxLength: 30 }), fc.string(), (changes, name) => {
      const news = changes.map((change) => ({ name, changes: [change], reminded: [change.finding] }));
      const alert = alertOn(news, [notSeen(0, { accountName: name, reason: name })]);
      if (alert !== null) expectSafeAlert(alert, reportUrl);
    }),
  );
});

test("the worst account is first", () => {
  const news = [manyNewChanges().slice(0, 3), manyNewChanges().slice(0, 40)].map((changes) => ({ changes }));
  const description = alertOn(news)?.content.description ?? "";
  expect(description.indexOf("account-1")).toBeLessThan(description.indexOf("account-0"));
});
