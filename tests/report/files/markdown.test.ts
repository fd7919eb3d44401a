import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { marked } from "marked";
import type { Report } from "../../../lib/model/report.ts";
import { renderMarkdown } from "../../../lib/report/files/markdown.ts";
import { expectGolden } from "../../golden/golden.ts";
import { anInventory } from "../../support/builders.ts";
import { aReport, aTargetOf, options } from "../sample-reports.ts";
import { allCases, caseNamed, hostileReport, outcomeFindings, tenThousand, withFindings } from "./cases.ts";

const render = (report: Report) => renderMarkdown(report, options());

/** The elements of the page that a GitHub-flavored Markdown parser makes of it. */
const elementsOf = (markdown: string) =>
  new Set(
    [...marked.parse(markdown, { async: false, gfm: true }).matchAll(/<([a-z][\w-]*)/gi)].map(([, name]) => name),
  );
const expected = ["h1", "h2", "p", "table", "thead", "tbody", "tr", "th", "td", "ul", "li", "strong", "code"];

describe("a Markdown parser", () => {
  test("finds tables, text and code only, in every case", async () => {
    for (const [, report] of await allCases())
      expect([...elementsOf(render(report))].filter((element) => !expected.includes(element ?? ""))).toEqual([]);
  });

  test("finds no link, image, script or other markup in untrusted text", () => {
    fc.assert(
      fc.property(hostileReport, (report) => {
        expect([...elementsOf(render(report))].filter((element) => !expected.includes(element ?? ""))).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });

  test.each(["x<https://evil.example|Report>", "x\\|<https://evil.example>", "a|b"])(
    "keeps %j in a command in its cell, and makes no link of it",
    (argument) => {
      const [finding] = outcomeFindings;
      if (finding === undefined) throw new Error("there is no finding");
      const remediation = `Run: aws rds delete-db-instance --db-instance-identifier ${argument}`;
      const report = withFindings(aReport(anInventory()), [{ ...finding, remediation }]);
      const html = marked.parse(render(report), { async: false });
      expect([...elementsOf(render(report))].filter((element) => !expected.includes(element ?? ""))).toEqual([]);
      expect(html).toContain(argument.replaceAll("<", "&lt;").replaceAll(">", "&gt;"));
    },
  );

  test("finds as many rows as there are findings", async () => {
    for (const [name, report] of await allCases()) {
      if (name === "10,000 findings" || report.findings.length === 0) continue;
      const html = marked.parse(render(report), { async: false });
      const rows = html.split("<tbody>").map((table) => (table.split("</tbody>")[0] ?? "").split("<tr>").length - 1);
      const inTables = rows.slice(2).reduce((sum, number) => sum + number, 0);
      expect([name, inTables]).toEqual([name, report.findings.length + report.coverage.gaps.length]);
    }
  });
});

test("10,000 findings fit a job summary of 1 MiB, and the rest is counted", () => {
  const text = render(tenThousand());
  expect(Buffer.byteLength(text)).toBeLessThan(1024 * 1024);
  expect(Buffer.byteLength(text)).toBeGreaterThan(900_000);
  expect(text).toMatch(/… and [\d,]+ more, which do not fit here: see the JSON report\./);
});

test("each outcome has a section", () => {
  const text = render(withFindings(aReport(anInventory()), outcomeFindings));
  expect(text.match(/^## .*$/gm)).toEqual([
    "## Violations (1)",
    "## Could not be evaluated (1)",
    "## Exempt (2)",
    "## Coverage",
  ]);
});

test("a report of gaps is not clean", async () => {
  const report = await caseNamed("gaps only");
  expect(render(report)).toMatch(/^# ❌ RDS master passwords: not clean\n/);
  expect(render(report)).toContain("## Coverage gaps (1)");
});

test("golden", () => expectGolden("markdown-small", render(aReport(anInventory({ targets: [aTargetOf(3)] })))));
