import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Report } from "../../../lib/model/report.ts";
import { renderPage } from "../../../lib/report/page/page.ts";
import { expectGolden } from "../../golden/golden.ts";
import { aMasterUserSecret, anInventory, aPlainDatabase, aTarget, hoursFromNow } from "../../support/builders.ts";
import { hostile, hostileFinding } from "../hostile.ts";
import { aFinding, anEndedExemption, threeWeeksAgo } from "../sample-changes.ts";
import { aBlindInventory, aCrowd, aReport, options } from "../sample-reports.ts";

const { reasons } = options();
const render = (report: Report) => renderPage(report, { reasons });

function secondsOf(work: () => unknown): number {
  const began = performance.now();
  work();
  return (performance.now() - began) / 1_000;
}

/** What a person reads of a page, without the tags. */
function textOf(page: string): string {
  return page
    .replace(/<style>[\s\S]*<\/style>/, "")
    .replaceAll(/<[^>]*>/g, " ")
    .replaceAll(/\s+/g, " ");
}

test("golden: a small fleet with one of everything", () => {
  const replica = aPlainDatabase({
    arn: "arn:aws:rds:eu-west-1:123456789012:db:orders-replica",
    identifier: "orders-replica",
    replicationSource: "orders",
  });
  const { targets, gaps } = aBlindInventory();
  const healthy = aTarget({ databases: [replica, aPlainDatabase({ masterUserSecret: aMasterUserSecret() })] });
  const report = aReport(
    anInventory({ targets: [aCrowd(2, { account: "210987654321" }), healthy, ...targets], gaps }),
    {
      exemptions: [
        { owner: "a@example.com", reason: "It moves", match: { identifier: ["db-0001"] }, until: "2026-11-29" },
      ],
      rulesOff: ["rotation-interval-within-limit"],
    },
  );
  const findings = report.findings.map((finding) => ({ ...finding, firstSeenAt: threeWeeksAgo }));
  const page = render({ ...report, findings });
  expectGolden("page-small", page.replace(/<style>[\s\S]*<\/style>/, "<style>…</style>"));
});

test("nothing is green where not everything could be seen", () => {
  const page = render(aReport(anInventory({ targets: [], gaps: aBlindInventory().gaps })));
  expect(page).not.toMatch(/class="(label )?good"/);
});

test("an exempt finding is wrong all the same", () => {
  const report = aReport(anInventory({ targets: [aCrowd(1)] }));
  const findings = report.findings.map((finding) => ({ ...finding, exemption: anEndedExemption }));
  expect(textOf(render({ ...report, findings }))).toContain("What is wrong Nothing active that was seen is wrong.");
});

test("a page loads nothing, runs nothing, and forbids both", () => {
  const page = render(aReport(aBlindInventory()));
  expect(page).toContain("default-src &#39;none&#39;");
  expect(page).not.toMatch(/<(script|img|iframe|object|embed|form|base)\b|@import|url\(|\son\w+=/i);
  const links = [...page.matchAll(/\b(?:href|src)="([^"]*)"/g)].map(([, link]) => link ?? "");
  expect(links.filter((link) => !link.startsWith("#") && link !== "data:,")).toEqual([]);
  const ids = [...page.matchAll(/\bid="([^"]*)"/g)].map(([, id]) => `#${id}`);
  expect(links.filter((link) => link.startsWith("#") && !ids.includes(link))).toEqual([]);
});

test("a page can be read by a screen reader: one heading of the first level, landmarks, named tables", () => {
  const page = render(aReport(anInventory({ targets: [aCrowd(3)] })));
  expect(page).toMatch(/^<!doctype html>\n<html lang="en">/);
  for (const landmark of ["header", "nav", "main", "footer"]) expect(page).toContain(`<${landmark}`);
  expect(page.match(/<h1/g)).toHaveLength(1);
  const levels = [...page.matchAll(/<h(\d)/g)].map(([, level]) => Number(level));
  levels.reduce((before, level) => {
    expect(level - before).toBeLessThanOrEqual(1);
    return level;
  }, 0);
  expect(page.match(/<table>/g)?.length).toBe(page.match(/<caption>/g)?.length);
  expect(page).not.toMatch(/<th>/);
});

describe("what a page says", () => {
  test("a clean fleet is clean at first sight", () => {
    const text = textOf(render(aReport(anInventory())));
    expect(text).toContain("✓ Clean RDS manages the one master password there is. Nothing is wrong.");
    expect(text).toContain(
      "complete 1 account, 1 Region (eu-west-1), 1 database, 4 API calls. Everything could be read.",
    );
  });

  test("a fleet that could not be seen is not", () => {
    const text = textOf(render(aReport(aBlindInventory())));
    expect(text).toContain("✗ Not clean");
    expect(text).toContain("None of this counts as a pass.");
    expect(text).toContain("secretsmanager:ListSecrets failed with AccessDeniedException");
    expect(text).toContain("Allow secretsmanager:ListSecrets to the auditor.");
  });

  test("an exemption that ended, why another one does not count, and since when it is open", () => {
    const finding = aFinding({
      endedExemption: anEndedExemption,
      evidence: { exemptionIgnored: "a tag is missing" },
      firstSeenAt: threeWeeksAgo,
    });
    const text = textOf(render({ ...aReport(anInventory({ targets: [aCrowd(1)] })), findings: [finding] }));
    expect(text).toContain("Exempted until 2026-11-20 by orders@example.com: Moves to IAM authentication first");
    expect(text).toContain("Not exempt: a tag is missing.");
    expect(text).toContain("open since 2026-11-01 , 23 days");
  });

  test("a verdict that could not be given for a reason of its own is shown in full", () => {
    const finding = aFinding({ status: "INSUFFICIENT_DATA", message: "RDS reports the status odd." });
    expect(textOf(render({ ...aReport(anInventory()), findings: [finding] }))).toContain("RDS reports the status odd.");
  });

  test("the exemption that ends first comes first", () => {
    const findings = ["2026-12-31", "2026-11-25"].map((until) =>
      aFinding({ exemption: { ...anEndedExemption, until } }),
    );
    expect(textOf(render({ ...aReport(anInventory()), findings }))).toMatch(/ends in 1 day .*ends in 37 days/);
  });

  test("the worst place is unfolded, and the next ones as long as they are short", () => {
    const scopes = (sizes: readonly number[]) =>
      sizes.map((size, index) => aCrowd(size, { account: String(100_000_000_000 + index) }));
    const openIn = (sizes: readonly number[]) =>
      render(aReport(anInventory({ targets: scopes(sizes) }))).match(/<details class="place" open>/g)?.length;
    expect(openIn([50])).toBe(1);
    expect(openIn([12, 8])).toBe(2);
    expect(openIn([12, 9])).toBe(1);
  });

  test("a reason that it was given no words for is shown by its code", () => {
    const replica = aPlainDatabase({ replicationSource: "orders" });
    const report = aReport(anInventory({ targets: [aTarget({ databases: [replica] })] }));
    expect(textOf(renderPage(report, { reasons: {} }))).toContain("inherited: read-replica");
  });
});

describe("a large fleet", () => {
  const targets = Array.from({ length: 20 }, (_, index) => aCrowd(500, { account: String(100_000_000_000 + index) }));
  const report = aReport(anInventory({ targets }));

  test("10,000 databases that are all wrong are a page of less than 10 MB, in less than a second", () => {
    const page = render(report);
    const seconds = Math.min(...[1, 2, 3].map(() => secondsOf(() => render(report))));
    expect(Buffer.byteLength(page)).toBeLessThan(10_000_000);
    expect(seconds).toBeLessThan(1);
    expect(page.match(/<article/g)).toHaveLength(1_000);
    expect(page.match(/<tr><th scope="row">db-\d/g)).toHaveLength(10_000);
    expect(textOf(page)).toContain("… and 500 more databases, each with its findings in the list of all databases");
  });

  test("calls that failed without number are listed up to a hundred", () => {
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
    expect(textOf(page)).toContain("… and 50 more, which the JSON report has.");
  });
});

test("whatever AWS sends, it is text on the page and no markup", () =>
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
      for (const [tag] of page.matchAll(/<[^>]*>?/g)) expect(tag).toMatch(own);
    }),
    { numRuns: 40 },
  ));

/** The page's own elements and attributes; no value of an attribute can hold a quotation mark. */
const own = new RegExp(
  `^<(!doctype html|/?(${[
    "html|head|meta|title|link|style|body|header|nav|main|section|article|footer|a|h[1-4]|time|div|strong|span|p|ul|li|b",
    "details|summary|code|dl|dt|dd|table|caption|thead|tbody|tr|th|td",
  ].join("|")})( (${[
    "lang|charset|http-equiv|content|name|rel|href|class|id|datetime|aria-[a-z]+|role|tabindex|scope",
  ].join("|")})="[^"]*"| open)*)>$`,
);

test("the age is told from the report's own instant, not from the clock", () => {
  const report = { ...aReport(anInventory({ targets: [aCrowd(1)] })), generatedAt: hoursFromNow(24 * 365) };
  expect(textOf(render(report))).toContain("open since 2026-11-24 , 365 days");
});
