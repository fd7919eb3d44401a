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
import { aChange, aChangeOf, aFinding, aFlood, anEndedExemption, show, threeWeeksAgo } from "../sample-changes.ts";

const reportUrl = "https://reports.example.com/2026-11-24.html?region=eu-west-1&page=1";
const options: AlertOptions = { threshold: "low", reportUrl, exemptionTags: true };
const notify = (changes: readonly Change[], overrides: Partial<AlertOptions> = {}) =>
  toAlerts(changes, { ...options, ...overrides });
const showAll = (messages: readonly AlertMessage[]) => messages.map(show).join("\n");

const fixed = { type: "finding.resolved", reason: "fixed" } as const;
const exempted = { type: "finding.changed", reason: "exempted" } as const;
const blind = {
  status: "INSUFFICIENT_DATA",
  rule: "secret-not-stuck",
  message:
    "The secret of DB instance orders could not be read: secretsmanager:ListSecrets failed with AccessDeniedException.",
  remediation: "Give the auditor what the gap names, and audit again.",
} as const;

/** So many databases, each with a change of its own. */
function changesOf(count: number, change: Partial<Change> = {}): Change[] {
  return Array.from({ length: count }, (_, index) => aChangeOf(`db-${index}`, change, { firstSeenAt: threeWeeksAgo }));
}

describe("golden alerts", () => {
  test("a new finding on one database", () => expectGolden("alert-new", showAll(notify([aChange()]))));

  test("500 databases at once", () => expectGolden("alert-flood", showAll(notify(aFlood()))));

  test("a finding is resolved", () =>
    expectGolden("alert-resolved", showAll(notify([aChange(fixed, { firstSeenAt: threeWeeksAgo })]))));

  test("80 findings are resolved, gone, or not audited any more", () => {
    const changes = changesOf(80, fixed).map((change, index) => {
      if (index % 9 !== 0) return change;
      return { ...change, reason: index % 2 === 0 ? ("not-audited" as const) : ("database-gone" as const) };
    });
    expectGolden("alert-resolved-crowd", showAll(notify(changes)));
  });

  test("an exemption ended, where tags cannot exempt", () => {
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

  test("a finding was exempted", () =>
    expectGolden(
      "alert-exempted",
      showAll(notify([aChange(exempted, { exemption: { ...anEndedExemption, until: "2026-12-31" } })])),
    ));

  test("all that can happen to one database at once", () => {
    const changes = [
      aChange(fixed, { rule: "rotation-enabled", message: "Rotation is off.", firstSeenAt: threeWeeksAgo }),
      aChange({}, blind),
      aChange(),
      aChange(
        { type: "finding.changed", reason: "worse" },
        {
          rule: "secret-not-impaired",
          severity: "critical",
          message: "The secret of DB instance orders is impaired, and no cause can be seen.",
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

describe("who is told what", () => {
  test("no changes, no messages", () => expect(notify([])).toEqual([]));

  test.each([
    ["critical", 1],
    ["high", 2],
    ["medium", 3],
    ["low", 4],
  ] as const)("at the threshold %s, %i of four severities are told", (threshold, notified) => {
    const changes = severities.map((severity) => aChangeOf(severity, {}, { severity }));
    expect(notify(changes, { threshold })).toHaveLength(notified);
  });

  test("what is resolved below the threshold is not told either", () =>
    expect(notify([aChange(fixed, { severity: "low" })], { threshold: "medium" })).toEqual([]));

  test("five databases get a message each, in a thread of their own", () => {
    const messages = notify(changesOf(5));
    expect(messages.map(({ metadata }) => metadata.threadId)).toEqual(
      [0, 1, 2, 3, 4].map((index) => `arn:aws:rds:eu-west-1:123456789012:db:db-${index}`),
    );
  });

  test("six get one for all", () => {
    const messages = notify(changesOf(6));
    expect(messages.map(({ content }) => content.title)).toEqual(["🔴 6 new findings on 6 databases: 6 high"]);
  });

  test("several findings on one database are one message", () =>
    expect(notify([aChange(), aChange({}, blind)])).toHaveLength(1));

  test("of a finding that was opened and resolved before anybody could be told, only the last is told", () =>
    expect(notify([aChange(), aChange(fixed)]).map(({ content }) => content.title)).toEqual([
      "✅ Resolved: DB instance orders, master-password-managed",
    ]));

  test("what is new stays apart from the many that are resolved", () => {
    const titles = notify([...changesOf(40, fixed), aChange()]).map(({ content }) => content.title);
    expect(titles).toEqual([
      "🔴 High: DB instance orders has a master password that RDS does not manage.",
      "✅ 40 findings on 40 databases: 40 resolved",
    ]);
  });

  test("one resolved among many that are new is a message of its own", () =>
    expect(notify([...changesOf(40), aChange(fixed)]).map(({ content }) => content.title)).toEqual([
      "🔴 40 new findings on 40 databases: 40 high",
      "✅ Resolved: DB instance orders, master-password-managed",
    ]));

  test("the worst comes first, of equals the database with more", () => {
    const changes = [
      aChangeOf("a", {}, { severity: "low" }),
      aChangeOf("b"),
      aChangeOf("c"),
      aChangeOf("c", {}, { rule: "secret-not-impaired" }),
      aChangeOf("d", {}, { severity: "critical" }),
      aChangeOf("e", {}, blind),
      aChangeOf("f", {}, { severity: "medium" }),
    ];
    const [message] = notify(changes);
    const names = [...(message?.content.description.matchAll(/^• \S+ \*(\w)\*/gm) ?? [])].map(([, name]) => name);
    expect(names).toEqual(["d", "c", "b", "f", "a", "e"]);
    expect(message?.content.title).toBe(
      "🚨 7 new findings on 6 databases: 1 critical, 3 high, 1 medium, 1 low, 1 not judged",
    );
  });
});

describe("what a message says", () => {
  const [message] = notify([aChange()]);

  test("the command can be copied as a whole", () =>
    expect(message?.content.description).toContain(
      "```aws rds modify-db-instance --region eu-west-1 --db-instance-identifier orders --manage-master-user-password```",
    ));

  test("the tags are those that the audit reads, and the date is in thirty days", () => {
    const steps = message?.content.nextSteps.join("\n");
    for (const tag of Object.values(exemptionTags)) expect(steps).toContain(`\`${tag}\``);
    expect(steps).toContain("`2026-12-24`");
  });

  test.each([
    ["resolved", aChange(fixed)],
    ["exempted", aChange(exempted)],
  ])("nobody has to do anything about what is %s", (_, change) =>
    expect(notify([change])[0]?.content.nextSteps).toEqual([]),
  );

  test("what could not be judged cannot be exempted away", () =>
    expect(notify([aChange({}, blind)])[0]?.content.nextSteps.join()).not.toContain("exempt"));

  test("a rule that is not audited any more is no good news", () =>
    expect(notify([aChange({ ...fixed, reason: "not-audited" })])[0]?.content.title).toBe(
      "⏸️ Not audited any more: DB instance orders, master-password-managed",
    ));

  test("a command that is too long is left out, not cut", () => {
    const remediation = `Then turn it on: aws rds modify-db-instance --db-instance-identifier ${"x".repeat(2_000)}`;
    const [long] = notify([aChange({}, { remediation })]);
    expect(long?.content.description).not.toContain("aws rds");
    expect(long?.content.description).toContain("the report says it");
    const [crowd] = notify(changesOf(6).map((change) => ({ ...change, finding: { ...change.finding, remediation } })));
    expect(crowd?.content.nextSteps[0]).toBe("Begin with *db-0*: the report says what to do.");
  });

  test("what only looks like a command does not carry a link", () => {
    const remediation = "Run: aws rds x --url https://evil.example";
    const description = notify([aChange({}, { remediation })])[0]?.content.description;
    expect(description).toContain("https:// evil.example");
    expect(description).not.toContain("```");
  });

  test.each([
    ["is missing", null],
    ["is no https", "http://example.com"],
    ["could be markup", "https://example.com/<x|y>"],
    ["is longer than the rest of the message", `https://example.com/${"x".repeat(1_000)}`],
  ])("a link that %s is left out", (_, url) =>
    expect(notify([aChange()], { reportUrl: url })[0]?.content.description).not.toContain("Report:"),
  );
});

describe("every length limit of Amazon Q", () => {
  test.each([250, 251])("a title of %i characters", (length) => {
    const head = "🔴 High: ".length;
    const [message] = notify([aChange({}, { message: "x".repeat(length - head) })]);
    expect(message?.content.title).toHaveLength(250);
    expect(message?.content.title.endsWith("…")).toBe(length === 251);
  });

  test("more findings on one database than fit are counted", () => {
    const changes = Array.from({ length: 40 }, (_, index) =>
      aChange({}, { rule: `rule-${index}`, message: `${index} ${"word ".repeat(100)}` }),
    );
    const [message] = notify(changes);
    expect(message?.content.description).toMatch(/\n\n… and \d+ more, which the report has\.\n\nARN:/);
    expect(message?.content.description.length).toBeLessThanOrEqual(8_000);
    expect(message?.content.description.length).toBeGreaterThan(7_000);
  });

  test("accounts and Regions without number are counted", () => {
    const changes = Array.from({ length: 300 }, (_, index) =>
      aChangeOf(`db-${index}`, {}, { account: String(100_000_000_000 + index) }),
    );
    expect(notify(changes)[0]?.content.description).toContain("• … and 288 more places: 288 high");
  });

  test("a link is as long as it is written, escapes included", () => {
    const url = `https://example.com/?${"&".repeat(900)}`;
    expect(notify([aChange()], { reportUrl: url })[0]?.content.description).not.toContain("Report:");
  });

  test("more changes than a function takes arguments", () => {
    const change = aChange();
    const changes = Array.from({ length: 200_000 }, (_, index) => {
      const resource = { ...change.finding.resource, arn: `arn:${index}` };
      const region = index === 0 ? "us-east-1" : "eu-west-1";
      return { ...change, finding: { ...change.finding, id: String(index), resource, region } };
    });
    expect(notify(changes)[0]?.content.title).toBe("🔴 200,000 new findings on 200,000 databases: 200,000 high");
  });

  test("whatever AWS sends, nothing is too long, and nothing is markup", () =>
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
