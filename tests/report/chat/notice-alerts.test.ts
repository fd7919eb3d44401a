import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Notice } from "../../../lib/model/notice.ts";
import { type NoticeOptions, toNoticeAlerts } from "../../../lib/report/chat/notice-alerts.ts";
import { expectGolden } from "../../golden/golden.ts";
import { hoursFromNow, now } from "../../support/builders.ts";
import { expectSafeAlert } from "../expect-safe-alert.ts";
import { hostileChange } from "../hostile.ts";
import { aChangeOf, show, threeWeeksAgo } from "../sample-changes.ts";

const reportUrl = "https://reports.example.com/1.html";
const source = { eventId: "event", at: now };
const options: NoticeOptions = { open: [], at: now, reportUrl };
const emptied = (...names: string[]): Notice => ({
  type: "regions-emptied",
  ...source,
  regions: names.map((region, index) => ({ account: "123456789012", region, databases: 12 + index, findings: index })),
});
const reminder: Notice = { type: "reminder", ...source };
const critical = (identifier: string, firstSeenAt = threeWeeksAgo, rule = "secret-key-usable") =>
  aChangeOf(
    identifier,
    {},
    {
      severity: "critical",
      rule,
      firstSeenAt,
      message: `The key of the secret of DB instance ${identifier} is pending deletion.`,
    },
  ).finding;

describe("golden alerts", () => {
  test("a Region without databases", () =>
    expectGolden(
      "alert-emptied-region",
      toNoticeAlerts([emptied("eu-west-1")], options)
        .map(show)
        .join("\n"),
    ));

  test("many Regions without databases, of two audits, in one message", () => {
    const names = Array.from({ length: 9 }, (_, index) => `eu-west-${index}`);
    const alerts = toNoticeAlerts([emptied(...names), emptied("us-east-1", ...names)], options);
    expectGolden("alert-emptied-regions", alerts.map(show).join("\n"));
  });

  test("the weekly reminder", () => {
    const open = [
      critical("orders", hoursFromNow(-24 * 8)),
      critical("shop"),
      critical("orders", hoursFromNow(-24 * 9), "toggle-not-interrupted"),
      ...Array.from({ length: 12 }, (_, index) => critical(`db-${index}`, hoursFromNow(-24 * 7 + index))),
    ];
    expectGolden(
      "alert-reminder",
      toNoticeAlerts([reminder], { ...options, open })
        .map(show)
        .join("\n"),
    );
  });
});

test("no reminder is sent if no critical finding is open", () => {
  expect(toNoticeAlerts([reminder], options)).toEqual([]);
});

test("two notices of each kind make one message of each kind", () => {
  const notices = [emptied("eu-west-1"), emptied("us-east-1"), reminder, reminder];
  expect(toNoticeAlerts(notices, { ...options, open: [critical("orders")] })).toHaveLength(2);
});

test("untrusted texts are escaped and short enough", () => {
  fc.assert(
    fc.property(fc.array(hostileChange, { minLength: 1, maxLength: 12 }), (changes) => {
      const open = changes.map(({ finding }) => finding);
      const notices = [emptied(...open.map(({ region }) => region)), reminder];
      for (const alert of toNoticeAlerts(notices, { ...options, open })) expectSafeAlert(alert, reportUrl);
    }),
    { numRuns: 50 },
  );
});
