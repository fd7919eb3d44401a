import { expect, test } from "@jest/globals";
import { outcomeOf, outcomesByFormat } from "../../../lib/report/files/outcomes.ts";
import { formats } from "../../../lib/report/formats.ts";
import { options } from "../sample-reports.ts";
import { allCases, outcomeFindings } from "./cases.ts";

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

test("the same report gives the same text in every format", async () => {
  for (const [name, report] of await allCases()) {
    if (name === "10,000 findings") continue;
    for (const { render } of Object.values(formats)) expect(render(report, options())).toBe(render(report, options()));
  }
});
