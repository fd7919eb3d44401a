/**
 * The page in a real browser: Debian's chromium, or the one that CHROMIUM names. Without a browser these tests are skipped, and their
 * names say so.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Result } from "axe-core";
import puppeteer, { type Browser, type Page } from "puppeteer-core";
import type { Run } from "../../../lib/model/history.ts";
import type { Report } from "../../../lib/model/report.ts";
import { renderPage } from "../../../lib/report/page/page.ts";
import { renderTrendPage } from "../../../lib/report/page/trend-page.ts";
import { anInventory } from "../../support/builders.ts";
import { caseNamed } from "../files/cases.ts";
import { aFinding } from "../sample-changes.ts";
import { anIncompleteInventory, aReport, aTargetOf, options } from "../sample-reports.ts";

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const hasBrowser = existsSync(executablePath);
const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const small = aReport(anIncompleteInventory());
const large = aReport(
  anInventory({
    targets: Array.from({ length: 20 }, (_, index) =>
      aTargetOf(500, { account: String(100_000_000_000 + index), region: index % 2 ? "us-east-1" : "eu-west-1" }),
    ),
  }),
);

const suite = hasBrowser ? describe : describe.skip;
suite(hasBrowser ? "in chromium" : `skipped: there is no browser at ${executablePath}`, () => {
  const folder = mkdtempSync(join(tmpdir(), "page-"));
  let browser: Browser;
  beforeAll(async () => {
    browser = await puppeteer.launch({
      executablePath,
      args: "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-sync".split(
        " ",
      ),
    });
  });
  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true });
  });

  /** Opens a report from a file. `problems` has what the console says and what the page requests besides itself. */
  async function open(report: Report, { width = 1280, scheme = "light", hash = "", runs = [] as readonly Run[] } = {}) {
    const opened = await openText(renderPage(report, options({ runs })), { width, scheme, hash });
    if (report.findings.length > 500) await opened.page.waitForSelector("#findings-table table.data");
    return opened;
  }

  async function openText(text: string, { width = 1280, scheme = "light", hash = "" } = {}) {
    const file = join(folder, `${crypto.randomUUID()}.html`);
    writeFileSync(file, text);
    const page = await browser.newPage();
    const problems: string[] = [];
    page.on("console", (message) => problems.push(message.text()));
    page.on("pageerror", (error) => problems.push(String(error)));
    page.on("request", (request) => request.url().startsWith(pathToFileURL(file).href) || problems.push(request.url()));
    await page.setViewport({ width, height: 900 });
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    await page.goto(`${pathToFileURL(file).href}${hash}`);
    return { page, problems };
  }

  /** Violations of WCAG that axe calls serious or critical: rule and first element. */
  async function findBarriers(page: Page): Promise<readonly string[]> {
    await page.evaluate(axeSource);
    const { violations } = (await page.evaluate("axe.run()")) as { violations: Result[] };
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
  }

  const count = (page: Page) => page.$eval("#findings-table .count", ({ textContent }) => textContent);
  const names = (page: Page) =>
    page.$$eval("#findings-table tbody th", (cells) => cells.map(({ textContent }) => textContent));

  const sizes = [
    ["a desktop, light", 1280, "light"],
    ["a desktop, dark", 1280, "dark"],
    ["a telephone, light", 390, "light"],
    ["a telephone, dark", 390, "dark"],
  ] as const;
  const expectGood = async (report: Report, width: number, scheme: string) => {
    const { page, problems } = await open(report, { width, scheme });
    expect(await findBarriers(page)).toEqual([]);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
    expect(problems).toEqual([]);
    await page.close();
  };

  describe.each(sizes)("on %s: no barrier, no sideways scrolling, no error, no request", (_, width, scheme) => {
    test("the demo", async () => expectGood(await caseNamed("the demo"), width, scheme));
    test("10,000 findings", () => expectGood(large, width, scheme));
  });

  test.each(["an empty account", "gaps only", "incomplete", "every outcome", "hostile names"])(
    "%s: the same, on a telephone",
    async (name) => expectGood(await caseNamed(name), 390, "light"),
  );

  test.each([
    [1280, "light"],
    [390, "dark"],
  ])("a trend of 60 runs, %s wide, %s: no barrier, no sideways scrolling, no error", async (width, scheme) => {
    const runs = Array.from({ length: 60 }, (_, index) => aRun(index));
    const { page, problems } = await open(small, { width, scheme, runs });
    await page.evaluate("document.querySelector('#trend details').open = true");
    expect(await findBarriers(page)).toEqual([]);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
    expect(problems).toEqual([]);
    const [area] = await page.$$eval("#trend svg", (drawings) =>
      drawings.map((drawing) => drawing.getBoundingClientRect().width),
    );
    expect(area).toBeGreaterThan(200);
    await page.close();
  });

  test.each(sizes)("the page of a trend alone, on %s", async (_, width, scheme) => {
    const runs = Array.from({ length: 60 }, (_, index) => aRun(index));
    const { page, problems } = await openText(renderTrendPage(runs), { width, scheme });
    expect(await findBarriers(page)).toEqual([]);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
    expect(problems).toEqual([]);
    await page.close();
  });

  test("a table of 10,000 findings has fewer than 2,000 elements", async () => {
    const { page } = await open(large);
    expect(await page.$$eval("*", ({ length }) => length)).toBeLessThan(2_000);
    await page.close();
  });

  test("search and filters narrow the table, the URL keeps them, and a link shows the same rows", async () => {
    const { page } = await open(large);
    await page.type("#findings-table input[type=search]", "db-0499");
    expect(await count(page)).toBe("20 of 10,000 findings");
    await page.select("#findings-table .filters label:nth-of-type(5) select", "us-east-1");
    expect(await count(page)).toBe("10 of 10,000 findings");
    const hash = await page.evaluate("location.hash");
    expect(hash).toBe("#findings.q=db-0499&findings.region=us-east-1");
    const { page: other } = await open(large, { hash: String(hash) });
    expect(await count(other)).toBe("10 of 10,000 findings");
    await Promise.all([page.close(), other.close()]);
  });

  test("a click on a heading sorts, a second one the other way round, and pages go on", async () => {
    const { page } = await open(large);
    const heading = "#findings-table thead th:first-child button";
    await page.click(heading);
    expect((await names(page))[0]).toBe("db-0000");
    await page.click(heading);
    expect((await names(page))[0]).toBe("db-0499");
    const [, next] = await page.$$("#findings-table .pages button");
    await next?.click();
    expect(await page.$eval("#findings-page", ({ textContent }) => textContent)).toBe("Page 2 of 200");
    await page.close();
  });

  test("a row opens with the keyboard and shows its command, which a button copies", async () => {
    const { page } = await open(large);
    await page.focus("#findings-table tbody button");
    await page.keyboard.press("Enter");
    const command = await page.$eval(".detail code.command", ({ textContent }) => textContent);
    expect(command).toMatch(/^aws rds modify-db-instance .*--manage-master-user-password$/);
    await page.evaluate(
      "Object.defineProperty(navigator, 'clipboard', { value: { writeText: (text) => ((window.copied = text), Promise.resolve()) } })",
    );
    await page.click(".detail .copy button");
    expect(await page.evaluate("window.copied")).toBe(command);
    await page.close();
  });

  test("a link to a rule opens its explanation, from a finding and from a row of the table", async () => {
    const isOpen = (page: Page) =>
      page.$eval("#rule-master-password-managed", (rule) => rule.closest("details[open]") !== null);
    const { page } = await open(aReport(anInventory({ targets: [aTargetOf(2)] })));
    expect(await isOpen(page)).toBe(false);
    await page.click('.finding a[href^="#rule-"]');
    expect(await isOpen(page)).toBe(true);
    const { page: table } = await open(large);
    await table.click("#findings-table tbody button");
    await table.click('.detail a[href^="#rule-"]');
    expect(await isOpen(table)).toBe(true);
    await Promise.all([page.close(), table.close()]);
  });

  test("hostile texts are shown as they are", async () => {
    const hostile = `<img src=x onerror=alert(1)>"'&</script>`;
    const [first] = large.findings;
    const findings = [aFinding({ ...first, message: hostile, rule: hostile, region: hostile }), ...large.findings];
    const { page, problems } = await open({ ...large, findings });
    await page.click("#findings-table tbody button");
    expect(await page.$eval(".detail p", ({ textContent }) => textContent)).toBe(hostile);
    expect(problems).toEqual([]);
    await page.close();
  });

  test("without JavaScript the first findings are there, and it says that there are more", async () => {
    const page = await browser.newPage();
    await page.setJavaScriptEnabled(false);
    const file = join(folder, "plain.html");
    writeFileSync(file, renderPage(large, options()));
    await page.goto(pathToFileURL(file).href);
    const text = await page.$eval("#findings-table", ({ textContent }) => textContent);
    expect(text).toContain("The first 50 of 10,000 findings.");
    expect(text).toContain("db-0049");
    await page.close();
  });

  test("the demo prints on at most 6 pages", async () => {
    const { page } = await open(await caseNamed("the demo"));
    expect((await page.$$(".finding")).length).toBeGreaterThan(20);
    const pdf = Buffer.from(await page.pdf({ format: "A4" })).toString("latin1");
    expect(pdf.match(/\/Type\s*\/Page\b/g)?.length).toBeLessThanOrEqual(6);
    await page.close();
  });

  test("10,000 findings print on at most 15 pages: the summary, and the first 500 findings of the view", async () => {
    const { page } = await open(large);
    const pdf = Buffer.from(await page.pdf({ format: "A4" })).toString("latin1");
    expect(pdf.match(/\/Type\s*\/Page\b/g)?.length).toBeLessThanOrEqual(15);
    await page.close();
  });
});

/** A run on a day of its own; every tenth one is incomplete. */
function aRun(index: number): Run {
  const at = new Date(Date.UTC(2026, 8, 1 + index)).toISOString();
  const findings = {
    ...small.summary.findings,
    critical: index % 7 === 0 ? 2 : 1,
    high: 40 - Math.floor(index / 2),
    medium: 5,
  };
  const summary = { ...small.summary, databases: 100, managed: 40 + index, unmanaged: 60 - index, findings };
  return {
    ...{ generatedAt: at, observedAt: at, clean: false, summary },
    complete: index % 10 !== 5,
    opened: 1,
    resolved: 2,
  };
}
