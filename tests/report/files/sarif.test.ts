import { beforeAll, describe, expect, test } from "@jest/globals";
import sarifMatchers from "@microsoft/jest-sarif";
import fc from "fast-check";
import type { Report } from "../../../lib/model/report.ts";
import { renderSarif } from "../../../lib/report/files/sarif.ts";
import { rules } from "../../../rules/index.ts";
import { anInventory } from "../../support/builders.ts";
import { aReport, options } from "../sample-reports.ts";
import { allCases, caseNamed, hostileReport, outcomeFindings, withFindings } from "./cases.ts";

type Sarif = { readonly runs: readonly [{ readonly tool: { driver: { rules: SarifRule[] } }; results: Result[] }] };
type SarifRule = {
  readonly id: string;
  readonly fullDescription: { text: string };
  readonly help: { text: string };
  readonly properties: Record<string, unknown>;
};
type Result = {
  readonly ruleId: string;
  readonly ruleIndex: number;
  readonly kind: string;
  readonly level: string;
  readonly message: { text: string };
  readonly suppressions?: unknown[];
  readonly partialFingerprints: Record<string, string>;
  readonly locations: { physicalLocation: { artifactLocation: { uri: string }; region: { startLine: number } } }[];
};

const render = (report: Report): Sarif => JSON.parse(renderSarif(report, options()));

beforeAll(() => {
  const { toBeValidSarifLog } = sarifMatchers as unknown as Record<string, never>;
  expect.extend({ toBeValidSarifLog: toBeValidSarifLog as never });
});

/** By the schema of OASIS, in Microsoft's package. */
const expectValid = (log: unknown) => (expect(log) as unknown as { toBeValidSarifLog(): void }).toBeValidSarifLog();

/** What GitHub code scanning requires. Source: https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning */
function expectAcceptedByGithub({ runs: [{ tool, results }] }: Sarif) {
  for (const rule of tool.driver.rules) {
    expect(rule.fullDescription.text).not.toBe("");
    expect(rule.help.text).not.toBe("");
    expect(Number(rule.properties["security-severity"])).toBeGreaterThan(0);
  }
  for (const { ruleId, ruleIndex, message, locations, partialFingerprints } of results) {
    expect(tool.driver.rules[ruleIndex]?.id).toBe(ruleId);
    expect(message.text).not.toBe("");
    const [location, ...others] = locations;
    expect(others).toEqual([]);
    expect(location?.physicalLocation.region.startLine).toBe(1);
    expect(location?.physicalLocation.artifactLocation.uri).toMatch(/^[\w!'()*.~%-][\w!'()*.~%/-]*$/);
    expect(partialFingerprints.primaryLocationLineHash).toMatch(/^[0-9a-f]{16}:1$/);
  }
  expect(new Set(results.map((result) => JSON.stringify(result.partialFingerprints))).size).toBe(results.length);
}

describe("OASIS's schema and GitHub's rules accept", () => {
  test("every case", async () => {
    for (const [, report] of await allCases()) {
      const log = render(report);
      expectValid(log);
      expectAcceptedByGithub(log);
      expect(log.runs[0].results.length).toBeGreaterThanOrEqual(report.findings.length);
    }
  });

  test("untrusted text anywhere", () => {
    fc.assert(
      fc.property(hostileReport, (report) => expectValid(render(report))),
      { numRuns: 50 },
    );
  });

  test("but not a log with a wrong level", () => {
    const log = JSON.parse(JSON.stringify(render(withFindings(aReport(anInventory()), outcomeFindings))));
    log.runs[0].results[0].level = "catastrophe";
    expect(() => expectValid(log)).toThrow();
  });
});

test("each outcome has a kind, and none is a pass", () => {
  const [{ results }] = render(withFindings(aReport(anInventory()), outcomeFindings)).runs;
  expect(results.map(({ kind, level, suppressions }) => [kind, level, suppressions?.length ?? 0])).toEqual([
    ["fail", "error", 0],
    ["fail", "error", 1],
    ["open", "none", 0],
    ["open", "none", 0],
  ]);
});

test("a gap is a result of the rule coverage-complete, and the invocation was not successful", async () => {
  const report = await caseNamed("gaps only");
  const log = JSON.parse(renderSarif(report, options()));
  expect(log.runs[0].results).toEqual([
    expect.objectContaining({ ruleId: "coverage-complete", kind: "open", level: "none" }),
  ]);
  expect(log.runs[0].invocations[0].executionSuccessful).toBe(false);
});

test("names every rule that was evaluated, so that GitHub closes what is fixed", () => {
  expect(
    render(aReport(anInventory()))
      .runs[0].tool.driver.rules.map(({ id }) => id)
      .sort(),
  ).toEqual(
    rules
      .filter(({ offByDefault }) => offByDefault !== true)
      .map(({ id }) => id)
      .sort(),
  );
});

test("the severity of a rule is the policy's", () => {
  const report = withFindings(
    aReport(anInventory()),
    outcomeFindings.map((finding) => ({ ...finding, severity: "low" })),
  );
  const rule = render(report).runs[0].tool.driver.rules.find(({ id }) => id === "master-password-managed");
  expect(rule?.properties["security-severity"]).toBe("3.0");
});
