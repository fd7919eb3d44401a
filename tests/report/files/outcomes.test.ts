import { expect, test } from "@jest/globals";
import { narrowReport } from "../../../lib/audit/narrow-report.ts";
import type { Report } from "../../../lib/model/report.ts";
import { outcomeOf, outcomesByFormat } from "../../../lib/report/files/outcomes.ts";
import { formats, renderReport } from "../../../lib/report/formats.ts";
import { anInventory } from "../../support/builders.ts";
import { aFindingOn } from "../../support/findings.ts";
import { aReport, aTargetOf, options } from "../sample-reports.ts";
import { allCases, outcomeFindings, withFindings } from "./cases.ts";

const render = async (format: string, report: Report) => [...(await renderReport(format, report, options()))].join("");

test("an exemption excuses a violation, not missing data", () =>
  expect(outcomeFindings.map(outcomeOf)).toEqual(["violation", "exempt", "notEvaluated", "notEvaluated"]));

test("every format has a row in the table of outcomes", () =>
  expect(Object.keys(outcomesByFormat)).toEqual(Object.keys(formats)));

test("nothing that was not evaluated becomes a pass in any format", () => {
  for (const [format, { violation, exempt, notEvaluated, gap }] of Object.entries(outcomesByFormat))
    expect([
      format,
      [violation, exempt, notEvaluated, gap].filter((word) =>
        /pass|`COMPLIANT|satisfied`(?<!not-satisfied`)/i.test(word),
      ),
    ]).toEqual([format, []]);
});

test("what filters leave out is said in every format, so that a report without findings does not look clean", async () => {
  const report = narrowReport(aReport(anInventory({ targets: [aTargetOf(2)] })), { severity: "critical" });
  for (const format of Object.keys(formats)) {
    if (["csv-databases", "asff", "json"].includes(format)) continue;
    expect([format, (await render(format, report)).replaceAll(/\s+/g, " ")]).toEqual([
      format,
      expect.stringContaining("only severity critical: 2 findings are left out"),
    ]);
  }
});

test("the same report gives the same text in every format", async () => {
  for (const [name, report] of await allCases()) {
    if (name === "10,000 findings") continue;
    for (const format of Object.keys(formats)) expect(await render(format, report)).toBe(await render(format, report));
  }
});

test("since when a finding has been open is said only if an earlier audit is known", async () => {
  const report = withFindings(aReport(anInventory()), [
    aFindingOn("orders", { firstSeenAt: "2026-11-01T00:00:00.000Z" }),
  ]);
  const mentions = async (format: string, hasHistory: boolean) =>
    /2026-11-01|1793491200000/.test(await render(format, { ...report, hasHistory }));
  for (const format of ["csv", "sarif", "ocsf", "html"])
    expect([format, await mentions(format, true), await mentions(format, false)]).toEqual([format, true, false]);
});

test("who asked, the command and the policy are in every format that has room for them", async () => {
  const request = {
    callers: ["arn:aws:iam::123456789012:role/auditor"],
    command: "audit --region eu-west-1",
    policy: { file: "policy.yaml", sha256: "0123abcd".repeat(8) },
  };
  const report = { ...aReport(anInventory({ targets: [aTargetOf(1)] })), request };
  for (const format of ["json", "html", "markdown", "sarif", "junit", "ocsf", "oscal"]) {
    const text = (await render(format, report)).replaceAll("\\", "");
    for (const part of ["role/auditor", "audit --region eu-west-1", "policy.yaml", request.policy.sha256])
      expect([format, text.includes(part), part]).toEqual([format, true, part]);
  }
});
