import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Run } from "../../../lib/model/history.ts";
import type { Report } from "../../../lib/model/report.ts";
import { renderPage } from "../../../lib/report/page/page.ts";
import type { TableData } from "../../../lib/report/page/table-rows.ts";
import { expectGolden } from "../../golden/golden.ts";
import {
  aMasterUserSecret,
  anInventory,
  aPlainDatabase,
  aSecret,
  aTarget,
  hoursFromNow,
} from "../../support/builders.ts";
import { hostile, hostileFinding } from "../hostile.ts";
import { aFinding, anEndedExemption, threeWeeksAgo } from "../sample-changes.ts";
import { anIncompleteInventory, aReport, aTargetOf, options } from "../sample-reports.ts";

const { reasons, rules } = options();
const render = (report: Report) => renderPage(report, { reasons, rules });

/** The CPU time that some work takes, in seconds: other processes do not add to it. */
function secondsOf(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

/** The text of a page, without tags. */
function textOf(page: string): string {
  return page
    .replace(/<style>[\s\S]*<\/style>/, "")
    .replaceAll(/<[^>]*>/g, " ")
    .replaceAll(/\s+/g, " ");
}

/** What the script of a page reads. */
function dataOf(page: string): TableData {
  const [, text = ""] = /<script type="application\/octet-stream" id="data">([^<]*)</.exec(page) ?? [];
  return JSON.parse(gunzipSync(Buffer.from(text, "base64")).toString());
}

test("golden: a small fleet with every section", () => {
  const replica = aPlainDatabase({
    arn: "arn:aws:rds:eu-west-1:123456789012:db:orders-replica",
    identifier: "orders-replica",
    replicationSource: "orders",
  });
  const { targets, gaps } = anIncompleteInventory();
  const healthy = aTarget({ databases: [replica, aPlainDatabase({ masterUserSecret: aMasterUserSecret() })] });
  const report = aReport(
    anInventory({ targets: [aTargetOf(2, { account: "210987654321" }), healthy, ...targets], gaps }),
    {
      exemptions: [
        { owner: "a@example.com", reason: "It moves", match: { identifier: ["db-0001"] }, until: "2026-11-29" },
      ],
      rulesOff: ["rotation-interval-within-limit"],
    },
  );
  const findings = report.findings.map((finding) => ({ ...finding, firstSeenAt: threeWeeksAgo }));
  const page = render({ ...report, hasHistory: true, findings });
  expectGolden("page-small", page.replace(/<style>[\s\S]*<\/style>/, "<style>…</style>"));
});

test("says once what turning management on changes, with the engines that it applies to and the source", () => {
  const postgres = aTargetOf(2);
  const [plain] = aTargetOf(1, { region: "us-east-1" }).databases;
  const mysql = aTarget({
    ...{ region: "us-east-1" },
    databases: plain === undefined ? [] : [{ ...plain, kind: "cluster", engine: "aurora-mysql" }],
    globalClusterMembers: [],
    blueGreenDeployments: [],
  });
  const page = render(aReport(anInventory({ targets: [postgres, mysql] })));
  const section = /<section id="consequences"[\s\S]*?<\/section>/.exec(page)?.[0] ?? "";
  expect(textOf(section)).toContain(
    "RDS creates no new read replicas of the database while it manages the password. (",
  );
  expect(textOf(section)).toContain("every seven days by default");
  expect(section).toContain(
    '<a href="https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html"',
  );
  expect(section.split("every seven days")).toHaveLength(2);
  const managed = aTarget({ databases: [aPlainDatabase({ masterUserSecret: aMasterUserSecret() })] });
  expect(render(aReport(anInventory({ targets: [managed] })))).not.toContain('id="consequences"');
});

test("nothing is green if coverage is incomplete", () => {
  const page = render(aReport(anInventory({ targets: [], gaps: anIncompleteInventory().gaps })));
  expect(page).not.toMatch(/class="(label )?good"/);
});

test("an exempt finding is not shown as compliant", () => {
  const report = aReport(anInventory({ targets: [aTargetOf(1)] }));
  const findings = report.findings.map((finding) => ({ ...finding, exemption: anEndedExemption }));
  expect(textOf(render({ ...report, findings }))).toContain("Violations No active violations found.");
});

test("loads nothing, runs nothing and forbids both", () => {
  const page = render(aReport(anIncompleteInventory()));
  expect(page).toContain("default-src &#39;none&#39;");
  expect(page).not.toMatch(/<(script|img|iframe|object|embed|form|base)\b|@import|url\(|\son\w+=/i);
  const links = [...page.matchAll(/\b(?:href|src)="([^"]*)"/g)].map(([, link]) => link ?? "");
  const console = "https://eu-west-1.console.aws.amazon.com/rds/home?region=eu-west-1#database:id=";
  const known = new Set(["data:,", ...rules.flatMap(({ references }) => references)]);
  expect(links.filter((link) => !link.startsWith("#") && !link.startsWith(console) && !known.has(link))).toEqual([]);
  const ids = [...page.matchAll(/\bid="([^"]*)"/g)].map(([, id]) => `#${id}`);
  expect(links.filter((link) => link.startsWith("#") && !ids.includes(link))).toEqual([]);
});

test("supports screen readers: one first-level heading, landmarks, tables with captions", () => {
  const page = render(aReport(anInventory({ targets: [aTargetOf(3)] })));
  expect(page).toMatch(/^<!doctype html>\n<html lang="en">/);
  for (const landmark of ["header", "nav", "main", "footer"]) expect(page).toContain(`<${landmark}`);
  expect(page.match(/<h1/g)).toHaveLength(1);
  const levels = [...page.matchAll(/<h(\d)/g)].map(([, level]) => Number(level));
  levels.reduce((before, level) => {
    expect(level - before).toBeLessThanOrEqual(1);
    return level;
  }, 0);
  expect(page.match(/<table/g)?.length).toBe(page.match(/<caption>/g)?.length);
  expect(page).not.toMatch(/<th>/);
});

describe("the text of a page", () => {
  test("shows that a fleet is clean", () => {
    const text = textOf(render(aReport(anInventory())));
    expect(text).toContain("✓ Clean No violations found. RDS manages 1 of 1 master password.");
    expect(text).toContain("complete 1 account, 1 Region (eu-west-1), 1 database, 4 API calls.");
  });

  test("shows gaps, and that the fleet is not clean", () => {
    const text = textOf(render(aReport(anIncompleteInventory())));
    expect(text).toContain("✗ Not clean");
    expect(text).toContain("None of this counts as a pass.");
    expect(text).toContain("secretsmanager:ListSecrets failed with AccessDeniedException");
    expect(text).toContain("Allow the auditor to call secretsmanager:ListSecrets.");
  });

  test("shows the secrets that no database names, once for each Region", () => {
    const orphaned = aTarget({ databases: [], secrets: [aSecret()] });
    const text = textOf(render(aReport(anInventory({ targets: [orphaned, aTarget({ region: "us-east-1" })] }))));
    expect(text).toContain("Secrets of RDS that no database names 1 secret");
    expect(text).toContain(
      "123456789012 eu-west-1 rds!db-0123abcd-xmJRDx, created for arn:aws:rds:eu-west-1:123456789012:db:orders",
    );
  });

  test("shows an ended exemption, why another one is ignored, and since when the finding has been open", () => {
    const finding = aFinding({
      endedExemption: anEndedExemption,
      evidence: { exemptionIgnored: "a tag is missing" },
      firstSeenAt: threeWeeksAgo,
    });
    const report = { ...aReport(anInventory({ targets: [aTargetOf(1)] })), hasHistory: true, findings: [finding] };
    const text = textOf(render(report));
    expect(text).toContain("Was exempted by orders@example.com until 2026-11-20: Moves to IAM authentication first");
    expect(text).toContain("Not exempt: a tag is missing.");
    expect(text).toContain("open since 2026-11-01 , 23 days");
  });

  test("shows a finding that could not be evaluated for its own reason in full", () => {
    const finding = aFinding({ status: "INSUFFICIENT_DATA", message: "RDS reports the status odd." });
    expect(textOf(render({ ...aReport(anInventory()), findings: [finding] }))).toContain("RDS reports the status odd.");
  });

  test("lists the exemption that ends first first", () => {
    const findings = ["2026-12-31", "2026-11-25"].map((until) =>
      aFinding({ exemption: { ...anEndedExemption, until } }),
    );
    expect(textOf(render({ ...aReport(anInventory()), findings }))).toMatch(/ends in 1 day .*ends in 37 days/);
  });

  test("opens the most severe account and Region, and the next ones while they are short", () => {
    const scopes = (sizes: readonly number[]) =>
      sizes.map((size, index) => aTargetOf(size, { account: String(100_000_000_000 + index) }));
    const openIn = (sizes: readonly number[]) =>
      render(aReport(anInventory({ targets: scopes(sizes) }))).match(/<details class="fold" open>/g)?.length;
    expect(openIn([50])).toBe(1);
    expect(openIn([12, 8])).toBe(2);
    expect(openIn([12, 9])).toBe(1);
  });

  test("shows a reason code without explanation as is", () => {
    const replica = aPlainDatabase({ replicationSource: "orders" });
    const report = aReport(anInventory({ targets: [aTarget({ databases: [replica] })] }));
    expect(textOf(renderPage(report, { reasons: {}, rules }))).toContain("inherited: read-replica");
  });
});

describe("the rules with findings", () => {
  const rulesOf = (page: string) => /<section id="rules"[\s\S]*?<\/section>/.exec(page)?.[0] ?? "";
  const page = render(aReport(anInventory({ targets: [aTargetOf(2)] })));
  const rule = rules.find(({ id }) => id === "master-password-managed");

  test("are explained: what each demands, why, and where AWS documents it", () => {
    const section = rulesOf(page);
    expect(section.match(/<details/g)).toHaveLength(1);
    for (const text of [rule?.title, "master-password-managed, 2 findings", rule?.rationale])
      expect(textOf(section)).toContain(text);
    for (const url of rule?.references ?? []) expect(section).toContain(`href="${url}"`);
  });

  test("are linked from each finding, also from an exempt one", () => {
    const [linked, ...more] = new Set(page.match(/<a href="#rule-[^"]*">/g));
    expect([linked, more]).toEqual(['<a href="#rule-master-password-managed">', []]);
    expect(rulesOf(page)).toContain('id="rule-master-password-managed"');
  });

  test("that this version does not know are named, and a page without findings has no such section", () => {
    const [finding] = aReport(anInventory({ targets: [aTargetOf(1)] })).findings;
    const unknown = render({ ...aReport(anInventory()), findings: [aFinding({ ...finding, rule: "later-rule" })] });
    expect(textOf(rulesOf(unknown))).toContain("This version has no rule later-rule.");
    expect(rulesOf(render(aReport(anInventory())))).toBe("");
  });

  test("are explained in a large report too", () =>
    expect(textOf(rulesOf(render(aReport(anInventory({ targets: [aTargetOf(501)] })))))).toContain(rule?.rationale));
});

describe("the trend", () => {
  test("names days that could not be read, also if nothing else is known", () => {
    const days = ["2026-11-18", "2026-11-19", "2026-11-20", "2026-11-21", "2026-11-22", "2026-11-23"];
    const page = renderPage(aReport(anInventory()), { reasons, rules, unreadDays: days });
    expect(textOf(page)).toContain(
      "Not shown, because it could not be read: what is stored of 2026-11-18, 2026-11-19, 2026-11-20, 2026-11-21, 2026-11-22 and 1 more day.",
    );
  });

  test("has no columns for what the runs do not say", () => {
    const { generatedAt, observedAt, clean, summary } = aReport(anInventory());
    const run = { generatedAt, observedAt, clean, summary, complete: true, opened: null, resolved: null };
    const heads = (runs: readonly Run[]) =>
      [...renderPage(aReport(anInventory()), { reasons, rules, runs }).matchAll(/<th scope="col">([^<]*)/g)].map(
        ([, head]) => head,
      );
    expect(heads([run, run])).not.toContain("Resolved");
    expect(heads([run, { ...run, opened: 1, resolved: 2 }])).toContain("Resolved");
  });
});

describe("a large fleet", () => {
  const targets = Array.from({ length: 20 }, (_, index) =>
    aTargetOf(500, { account: String(100_000_000_000 + index) }),
  );
  const report = aReport(anInventory({ targets }));

  test("renders 10,000 findings in less than a second, in less than 400 kB", () => {
    const page = render(report);
    const seconds = Math.min(...[1, 2, 3].map(() => secondsOf(() => render(report))));
    expect(Buffer.byteLength(page)).toBeLessThan(400_000);
    expect(seconds).toBeLessThan(1);
  });

  test("holds every finding and every database for the script, and shows the first of them without it", () => {
    const page = render(report);
    const { findings, databases } = dataOf(page);
    expect(new Set(findings?.evidence.map(([[, arn] = ["", ""]]) => arn))).toEqual(
      new Set(report.findings.map(({ resource }) => resource.arn)),
    );
    expect(databases?.database).toEqual(report.databases.map(({ identifier }) => identifier));
    expect(textOf(page)).toContain("The first 50 of 10,000 findings.");
    expect(page.match(/<tr><th scope="row">db-\d/g)).toHaveLength(100);
  });

  test("allows exactly one script, by its hash", () => {
    const page = render(report);
    const scripts = [...page.matchAll(/<script>([\s\S]*?)<\/script>/g)].map(([, script]) => script ?? "");
    const hashes = scripts.map((script) => `sha256-${createHash("sha256").update(script).digest("base64")}`);
    expect(hashes).toHaveLength(1);
    expect(page).toContain(`script-src &#39;${hashes[0]}&#39;`);
    expect(page.match(/<script/g)).toHaveLength(2);
  });

  test.each([
    ["500 findings are shown in full", 500, false],
    ["501 findings become a table", 501, true],
  ])("%s", (_, databases, isTable) => {
    const page = render(aReport(anInventory({ targets: [aTargetOf(databases)] })));
    expect(page.includes('id="findings-table"')).toBe(isTable);
    expect(page.includes("<article")).toBe(!isTable);
  });

  test("findings that are exempt or not evaluated are marked as such in the table", () => {
    const [first, second, ...others] = report.findings;
    if (first === undefined || second === undefined) throw new Error("the report has no findings");
    const { findings } = dataOf(
      render({
        ...report,
        findings: [{ ...first, exemption: anEndedExemption }, { ...second, status: "INSUFFICIENT_DATA" }, ...others],
      }),
    );
    expect(findings?.severity.slice(0, 3)).toEqual(["exempt", "not evaluated", "high"]);
    expect(findings?.evidence[0]?.[1]).toEqual([
      "Exemption",
      "orders@example.com, ended on 2026-11-20: Moves to IAM authentication first",
    ]);
  });

  test("hostile texts stay data: the page has no markup of theirs", () =>
    fc.assert(
      fc.property(hostile, (text) => {
        const [first] = report.findings;
        if (first === undefined) throw new Error("the report has no findings");
        const page = render({
          ...report,
          findings: [{ ...first, message: text, rule: text, region: text }, ...report.findings],
        });
        const markup = page.replaceAll(/(<script[^>]*>)[\s\S]*?(?=<\/script>)/g, "$1");
        for (const [tag] of markup.matchAll(/<[^>]*>?/g)) expect(tag).toMatch(ownTag);
      }),
      { numRuns: 10 },
    ));

  test("lists up to 100 gaps of a kind", () => {
    const gaps = Array.from({ length: 150 }, (_, index) => ({
      account: String(100_000_000_000 + index),
      region: "eu-west-1",
      action: "kms:DescribeKey",
      code: "AccessDeniedException",
      message: "no",
      resource: "key",
    }));
    const coverage = { ...aReport(anInventory()).coverage, gaps };
    const page = render({ ...aReport(anInventory()), coverage });
    expect(page.match(/<li>\d+ eu-west-1 <code>key<\/code>/g)).toHaveLength(100);
    expect(textOf(page)).toContain("… and 50 more in the JSON report.");
  });
});

test("any text from AWS stays text and never becomes markup", () =>
  fc.assert(
    fc.property(hostile, fc.array(hostileFinding, { maxLength: 4 }), (text, findings) => {
      const database = aPlainDatabase({ identifier: text, engine: text, status: text, account: text, region: text });
      const gap = { account: text, region: text, action: text, code: text, message: text, resource: text };
      const report = aReport(anInventory({ targets: [aTarget({ databases: [database] })], gaps: [gap] }));
      const page = render({
        ...report,
        findings: [...report.findings, ...findings],
        tool: { name: text, version: text },
      });
      expect(page).not.toMatch(/[^\P{Cc}\n]|\u202e/u);
      for (const [tag] of page.matchAll(/<[^>]*>?/g)) expect(tag).toMatch(ownTag);
    }),
    { numRuns: 40 },
  ));

/** The elements and attributes that the page uses. No attribute value contains a quotation mark. */
const ownTag = new RegExp(
  `^<(!doctype html|/?(${[
    "html|head|meta|title|link|style|body|header|nav|main|section|article|footer|a|h[1-4]|time|div|strong|span|p|ul|li|b",
    "details|summary|code|dl|dt|dd|table|caption|thead|tbody|tr|th|td|figure|figcaption|svg|path|rect|text|i|script",
  ].join("|")})( (${[
    "lang|charset|http-equiv|content|name|rel|href|class|id|datetime|aria-[a-z]+|role|tabindex|scope|type",
    "viewBox|preserveAspectRatio|d|x|y|width|height",
  ].join("|")})="[^"]*"| open)*)/?>$`,
);

test("computes ages from the time of the report, not from the clock", () => {
  const report = aReport(anInventory({ targets: [aTargetOf(1)] }));
  const later = { ...report, hasHistory: true, generatedAt: hoursFromNow(24 * 365) };
  expect(textOf(render(later))).toContain("open since 2026-11-24 , 365 days");
});

test("without an earlier audit, a finding is not called new, and the page says that its age is not known", () => {
  const text = textOf(render(aReport(anInventory({ targets: [aTargetOf(1)] }))));
  expect(text).not.toMatch(/· new\b/);
  expect(text).toContain("Open since not known: this audit had no earlier one to compare with");
});

test("says who asked, with which command and policy, and what is left out", () => {
  const request = { callers: ["arn:aws:iam::123456789012:role/auditor"], command: "audit --policy <b>", policy: null };
  const narrowedBy = { filters: ["severity high or above"], findingsLeftOut: 3, databasesLeftOut: 0 };
  const text = textOf(render({ ...aReport(anInventory()), request, narrowedBy, clean: false }));
  expect(text).toContain(
    "Asked by arn:aws:iam::123456789012:role/auditor Command audit --policy &lt;b&gt; Policy none: the default policy",
  );
  expect(text).toContain("Shown only severity high or above: 3 findings are left out");
});
