import { describe, expect, test } from "@jest/globals";
import { renderChartsSection } from "../../../lib/report/page/charts-section.ts";
import { toText } from "../../../lib/report/page/html.ts";
import { aMasterUserSecret, anInventory, aPlainDatabase, aTarget, hoursFromNow } from "../../support/builders.ts";
import { aFinding } from "../sample-changes.ts";
import { aReport, aTargetOf } from "../sample-reports.ts";

const report = aReport(anInventory({ targets: [aTargetOf(3)] }));
const chartOf = (findings = report.findings) => {
  const section = renderChartsSection({ ...report, hasHistory: true }, findings);
  return section === null ? "" : toText(section);
};

/** Labels of a chart and the numbers beside its bars. */
function barsOf(chart: string, caption: string): readonly (readonly [string, number])[] {
  const [, table = ""] = new RegExp(`<caption>${caption}</caption>([\\s\\S]*?)</table>`).exec(chart) ?? [];
  return [...table.matchAll(/<th scope="row">(.*?)<\/th>.*?<\/svg><\/td><td>([\d,]+)/g)].map(
    ([, label = "", number = ""]) => [label, Number(number.replace(",", ""))],
  );
}

test("a report without databases has no charts", () => {
  expect(renderChartsSection(aReport(anInventory({ targets: [] })), [])).toBeNull();
});

test.each([
  [[true, true, true], "100%"],
  [[true, true, false], "66%"],
  [[false], "0%"],
])("master passwords that are managed or not: %p are %s", (managed, share) => {
  const databases = managed.map((isManaged, index) =>
    aPlainDatabase({
      arn: `arn:aws:rds:eu-west-1:123456789012:db:db-${index}`,
      identifier: `db-${index}`,
      ...(isManaged && { masterUserSecret: aMasterUserSecret() }),
    }),
  );
  const section = renderChartsSection(aReport(anInventory({ targets: [aTarget({ databases })] })), []);
  expect(section === null ? "" : toText(section)).toContain(`<text y="6">${share}</text>`);
});

test("999 of 1,000 managed passwords are 99%, not 100%", () => {
  const { summary } = report;
  const section = renderChartsSection({ ...report, summary: { ...summary, managed: 999, unmanaged: 1 } }, []);
  expect(section === null ? "" : toText(section)).toContain(">99%<");
});

describe("bars", () => {
  test("the rule with the most violations is first, and its bar is as long as the scale", () => {
    const findings = ["a", "b", "b"].map((rule) => aFinding({ rule }));
    expect(barsOf(chartOf(findings), "Violations by rule")).toEqual([
      ["b", 2],
      ["a", 1],
    ]);
    expect(chartOf(findings)).toMatch(/>b<.*?x="0" width="100"/s);
  });

  test("parts of a bar stand one after another", () => {
    const findings = [aFinding({ severity: "critical" }), aFinding({ severity: "low" })];
    expect(chartOf(findings)).toContain(
      '<rect class="critical" x="0" width="50" height="10"/><rect class="low" x="50"',
    );
  });

  test("a chart shows the first twelve accounts and Regions, and says of how many", () => {
    const findings = Array.from({ length: 15 }, (_, index) => aFinding({ account: String(100_000_000_000 + index) }));
    const chart = chartOf(findings);
    expect(barsOf(chart, "Violations by account and Region, the first 12 of 15")).toHaveLength(12);
  });

  test.each([
    [0, "less than a day"],
    [-23.9, "less than a day"],
    [-24, "1 to 7 days"],
    [-24 * 7, "7 to 30 days"],
    [-24 * 30, "30 to 90 days"],
    [-24 * 90, "90 days or more"],
    [-24 * 2000, "90 days or more"],
  ])("a violation that is %p hours old counts as %s", (hours, label) => {
    const bars = barsOf(chartOf([aFinding({ firstSeenAt: hoursFromNow(hours) })]), "Age of violations");
    expect(bars.filter(([, number]) => number > 0)).toEqual([[label, 1]]);
  });
});

test("without an earlier audit, no age is charted", () => {
  const section = renderChartsSection(report, report.findings);
  expect(section === null ? "" : toText(section)).not.toContain("Age of violations");
});
