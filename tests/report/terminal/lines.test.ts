import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { renderLines } from "../../../lib/report/terminal/lines.ts";
import { expectGolden } from "../../golden/golden.ts";
import { anInventory } from "../../support/builders.ts";
import { allCases, hostileReport, outcomeFindings, withFindings } from "../files/cases.ts";
import { anIncompleteInventory, aReport, options } from "../sample-reports.ts";

describe("lines", () => {
  test("are one for each finding and each gap, in every case", async () => {
    for (const [name, report] of await allCases()) {
      const lines = renderLines(report, options()).split("\n").slice(0, -1);
      const extra = name === "nothing audited" ? 1 : 0;
      expect(lines).toHaveLength(report.findings.length + report.coverage.gaps.length + extra);
    }
  });

  test("start with the severity, exempt or unevaluated", () => {
    const text = renderLines(withFindings(aReport(anInventory()), outcomeFindings), options());
    expect(text.split("\n").map((line) => line.split(" ")[0])).toEqual([
      "high",
      "exempt",
      "unevaluated",
      "unevaluated",
      "",
    ]);
  });

  test("have no control characters, whatever AWS answers", () =>
    fc.assert(
      fc.property(hostileReport, (report) =>
        expect(renderLines(report, options())).not.toMatch(/[^\P{Cc}\n]|[\u202a-\u202e\u2066-\u2069]/u),
      ),
      { numRuns: 50 },
    ));

  test("are the same at every width", () => {
    const report = aReport(anIncompleteInventory());
    expect(renderLines(report, options({ width: 160 }))).toBe(renderLines(report, options({ width: 80 })));
  });

  test("golden", () =>
    expectGolden("lines", renderLines(withFindings(aReport(anIncompleteInventory()), outcomeFindings), options())));
});
