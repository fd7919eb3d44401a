import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Change } from "../../../lib/model/change.ts";
import { exemptionTags } from "../../../lib/model/database.ts";
import { type Severity, severities } from "../../../lib/model/finding.ts";
import type { AlertMessage, AlertOptions } from "../../../lib/report/chat/alert-message.ts";
import { toAlerts } from "../../../lib/report/chat/finding-alerts.ts";
import { expectGolden } from "../../golden/golden.ts";
import { expectSafeAlert } from "../expect-safe-alert.ts";
import { hostileChange } from "../hostile.ts";
import {
  aChange,
  aChangeOf,
  aFinding,
  anEndedExemption,
  manyNewChanges,
  show,
  threeWeeksAgo,
} from "../sample-changes.ts";

const reportUrl = "https://reports.example.com/2026-11-24.html?region=eu-west-1&page=1";
const options: AlertOptions = { threshold: "low", reportUrl, exemptionTags: true };
const notify = (changes: readonly Change[], overrides: Partial<AlertOptions> = {}) =>
  toAlerts(changes, { ...options, ...overrides });
const showAll = (messages: readonly AlertMessage[]) => messages.map(show).join("\n");

const fixed = { type: "finding.resolved", reason: "fixed" } as const;
const exempted = { type: "finding.changed", reason: "exempted" } as const;
const notEvaluated = {
  status: "INSUFFICIENT_DATA",
  rule: "secret-not-stuck",
  message:
    "The secret of DB instance orders could not be read: secretsmanager:ListSecrets failed with AccessDeniedException.",
  remediation: "Grant the permission named in the gap, then audit again.",
} as const;

/** One change for each of `count` databases. */
function changesOf(count: number, change: Partial<Change> = {}): Change[] {
  return Array.from({ length: count }, (_, index) => aChangeOf(`db-${index}`, change, { firstSeenAt: threeWeeksAgo }));
}

describe("golden alerts", () => {
  test("a new finding", () => expectGolden("alert-new", showAll(notify([aChange()]))));

  test("findings on databases with an owner, which a tag names", () => {
    const changes = changesOf(7).map((change, index) => ({
      ...change,
      finding: { ...change.finding, owner: `team ${index}` },
    }));
    expectGolden("alert-owner", showAll([...notify(changes.slice(0, 1)), ...notify(changes)]));
  });

  test("500 databases", () => expectGolden("alert-many-new", showAll(notify(manyNewChanges()))));

  test("a resolved finding", () =>
    expectGolden("alert-resolved", showAll(notify([aChange(fixed, { firstSeenAt: threeWeeksAgo })]))));

  test("80 findings that are resolved, gone or no longer audited", () => {
    const changes = changesOf(80, fixed).map((change, index) => {
      if (index % 9 !== 0) return change;
      return { ...change, reason: index % 2 === 0 ? ("not-audited" as const) : ("database-gone" as const) };
    });
    expectGolden("alert-many-resolved", showAll(notify(changes)));
  });

  test("an ended exemption, with exemption tags off", () => {
    const change = aChange(
      { type: "finding.changed", reason: "exemption-ended" },
      {
        message: `${aFinding().message} Its exemption ended on 2026-11-20.`,
        endedExemption: anEndedExemption,
        firstSeenAt: threeWeeksAgo,
      },
    );
    expectGolden("alert-exemption-ended", showAll(notify([change], { exemptionTags: false })));
  });

  test("an exempted finding", () =>
    expectGolden(
      "alert-exempted",
      showAll(notify([aChange(exempted, { exemption: { ...anEndedExemption, until: "2026-12-31" } })])),
    ));

  test("every kind of change on one database", () => {
    const changes = [
      aChange(fixed, { rule: "rotation-enabled", message: "Rotation is off.", firstSeenAt: threeWeeksAgo }),
      aChange({}, notEvaluated),
      aChange(),
      aChange(
        { type: "finding.changed", reason: "worse" },
        {
          rule: "secret-not-impaired",
          severity: "critical",
          message: "The secret of DB instance orders is impaired, and no cause is visible.",
          remediation:
            "Rotate: aws rds modify-db-instance --region eu-west-1 --db-instance-identifier orders --rotate-master-user-password --apply-immediately. " +
            "Where that is refused or does not clear it, turn management off and on, which makes a new secret.",
          firstSeenAt: threeWeeksAgo,
          evidence: { exemptionIgnored: "an exemption needs the tag rds-password-audit:exempt-until too" },
        },
      ),
    ];
    expectGolden("alert-mixed", showAll(notify(changes)));
  });
});

describe("the messages", () => {
  test("are none without changes", () => expect(notify([])).toEqual([]));

  test.each([
    ["critical", 1],
    ["high", 2],
    ["medium", 3],
    ["low", 4],
  ] as const)("at the threshold %s cover %i of four severities", (threshold, notified) => {
    const changes = severities.map((severity) => aChangeOf(severity, {}, { severity }));
    expect(notify(changes, { threshold })).toHaveLength(notified);
  });

  test("omit findings resolved below the threshold", () =>
    expect(notify([aChange(fixed, { severity: "low" })], { threshold: "medium" })).toEqual([]));

  test("are one for each of five databases, each in its own thread", () => {
    const messages = notify(changesOf(5));
    expect(messages.map(({ metadata }) => metadata.threadId)).toEqual(
      [0, 1, 2, 3, 4].map((index) => `arn:aws:rds:eu-west-1:123456789012:db:db-${index}`),
    );
  });

  test("are a summary for six databases", () => {
    const messages = notify(changesOf(6));
    expect(messages.map(({ content }) => content.title)).toEqual(["🔴 6 new findings on 6 databases: 6 high"]);
  });

  test("combine the findings on one database", () =>
    expect(notify([aChange(), aChange({}, notEvaluated)])).toHaveLength(1));

  test("use the last of several changes to a finding", () =>
    expect(notify([aChange(), aChange(fixed)]).map(({ content }) => content.title)).toEqual([
      "✅ Resolved: DB instance orders, master-password-managed",
    ]));

  test("separate a new finding from many resolved ones", () => {
    const titles = notify([...changesOf(40, fixed), aChange()]).map(({ content }) => content.title);
    expect(titles).toEqual([
      "🔴 High: RDS does not manage the master password of DB instance orders.",
      "✅ 40 findings on 40 databases: 40 resolved",
    ]);
  });

  test("separate a resolved finding from many new ones", () =>
    expect(notify([...changesOf(40), aChange(fixed)]).map(({ content }) => content.title)).toEqual([
      "🔴 40 new findings on 40 databases: 40 high",
      "✅ Resolved: DB instance orders, master-password-managed",
    ]));

  test("list the most severe database first, then the one with more findings", () => {
    const changes = [
      aChangeOf("a", {}, { severity: "low" }),
      aChangeOf("b"),
      aChangeOf("c"),
      aChangeOf("c", {}, { rule: "secret-not-impaired" }),
      aChangeOf("d", {}, { severity: "critical" }),
      aChangeOf("e", {}, notEvaluated),
      aChangeOf("f", {}, { severity: "medium" }),
    ];
    const [message] = notify(changes);
    const names = [...(message?.content.description.matchAll(/^• \S+ \*(\w)\*/gm) ?? [])].map(([, name]) => name);
    expect(names).toEqual(["d", "c", "b", "f", "a", "e"]);
    expect(message?.content.title).toBe(
      "🚨 7 new findings on 6 databases: 1 critical, 3 high, 1 medium, 1 low, 1 not evaluated",
    );
  });
});

describe("a message", () => {
  const [message] = notify([aChange()]);

  test("has the whole command as code", () =>
    expect(message?.content.description).toContain(
      "```aws rds modify-db-instance --region eu-west-1 --db-instance-identifier orders --manage-master-user-password```",
    ));

  test("names the exemption tags and a date in 30 days", () => {
    const steps = message?.content.nextSteps.join("\n");
    for (const tag of Object.values(exemptionTags)) expect(steps).toContain(`\`${tag}\``);
    expect(steps).toContain("`2026-12-24`");
  });

  test.each([
    ["resolved", aChange(fixed)],
    ["exempted", aChange(exempted)],
  ])("has no next steps for a finding that is %s", (_, change) =>
    expect(notify([change])[0]?.content.nextSteps).toEqual([]),
  );

  test("does not offer to exempt a finding that could not be evaluated", () =>
    expect(notify([aChange({}, notEvaluated)])[0]?.content.nextSteps.join()).not.toContain("exempt"));

  test("does not present a rule that is no longer audited as resolved", () =>
    expect(notify([aChange({ ...fixed, reason: "not-audited" })])[0]?.content.title).toBe(
      "⏸️ No longer audited: DB instance orders, master-password-managed",
    ));

  test("omits a command that is too long instead of truncating it", () => {
    const remediation = `Then turn it on: aws rds modify-db-instance --db-instance-identifier ${"x".repeat(2_000)}`;
    const [long] = notify([aChange({}, { remediation })]);
    expect(long?.content.description).not.toContain("aws rds");
    expect(long?.content.description).toContain("see the report");
    const [summary] = notify(
      changesOf(6).map((change) => ({ ...change, finding: { ...change.finding, remediation } })),
    );
    expect(summary?.content.nextSteps[0]).toBe("Start with *db-0*: see the report for what to do.");
  });

  test("disables a link in a text that looks like a command", () => {
    const remediation = "Run: aws rds x --url https://evil.example";
    const description = notify([aChange({}, { remediation })])[0]?.content.description;
    expect(description).toContain("https:// evil.example");
    expect(description).not.toContain("```");
  });

  test.each([
    ["is missing", null],
    ["is not HTTPS", "http://example.com"],
    ["contains markup", "https://example.com/<x|y>"],
    ["is too long", `https://example.com/${"x".repeat(1_000)}`],
  ])("omits a link that %s", (_, url) =>
    expect(notify([aChange()], { reportUrl: url })[0]?.content.description).not.toContain("Report:"),
  );
});

describe("the length limits of Amazon Q", () => {
  test.each([250, 251])("apply to a title of %i characters", (length) => {
    const head = "🔴 High: ".length;
    const [message] = notify([aChange({}, { message: "x".repeat(length - head) })]);
    expect(message?.content.title).toHaveLength(250);
    expect(message?.content.title.endsWith("…")).toBe(length === 251);
  });

  test("omit and count findings that do not fit", () => {
    const changes = Array.from({ length: 40 }, (_, index) =>
      aChange({}, { rule: `rule-${index}`, message: `${index} ${"word ".repeat(100)}` }),
    );
    const [message] = notify(changes);
    expect(message?.content.description).toMatch(/\n\n… and \d+ more, see the report\.\n\nARN:/);
    expect(message?.content.description.length).toBeLessThanOrEqual(8_000);
    expect(message?.content.description.length).toBeGreaterThan(7_000);
  });

  test("count accounts and Regions beyond the listed ones", () => {
    const changes = Array.from({ length: 300 }, (_, index) =>
      aChangeOf(`db-${index}`, {}, { account: String(100_000_000_000 + index) }),
    );
    expect(notify(changes)[0]?.content.description).toContain("• … and 288 more: 288 high");
  });

  test("apply to a link with its escapes", () => {
    const url = `https://example.com/?${"&".repeat(900)}`;
    expect(notify([aChange()], { reportUrl: url })[0]?.content.description).not.toContain("Report:");
  });

  test("hold for 200,000 changes", () => {
    const change = aChange();
    const changes = Array.from({ length: 200_000 }, (_, index) => {
      const resource = { ...change.finding.resource, arn: `arn:${index}` };
      const region = index === 0 ? "us-east-1" : "eu-west-1";
      return { ...change, finding: { ...change.finding, id: String(index), resource, region } };
    });
    expect(notify(changes)[0]?.content.title).toBe("🔴 200,000 new findings on 200,000 databases: 200,000 high");
  });

  test("hold for any data from AWS, which never becomes markup", () =>
    fc.assert(
      fc.property(
        fc.array(hostileChange, { maxLength: 9 }),
        fc.constantFrom<Severity>("low", "critical"),
        fc.boolean(),
        (changes, threshold, tags) => {
          for (const message of notify(changes, { threshold, exemptionTags: tags }))
            expectSafeAlert(message, reportUrl);
        },
      ),
      { numRuns: 60 },
    ));
});
