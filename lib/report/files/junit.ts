import { XMLBuilder } from "fast-xml-parser";
import type { Finding } from "../../model/finding.ts";
import type { Report } from "../../model/report.ts";
import { type CoverageProblem, coverageRule, describeCoverageProblems } from "../text/coverage-problems.ts";
import { describeResource } from "../text/describe-database.ts";
import { describeRequest } from "../text/describe-request.ts";
import { groupBy } from "../text/group.ts";
import { makePrintable } from "../text/printable.ts";
import type { Reporter } from "../text/reporter.ts";
import { describeScope } from "../text/scopes.ts";
import { describeVerdict } from "../text/verdict.ts";
import { outcomeOf, outcomes } from "./outcomes.ts";

type TestCase = { readonly name: string; readonly classname: string } & (
  | { readonly result: "failure" | "error"; readonly message: string; readonly type: string; readonly text: string }
  | { readonly result: "skipped"; readonly text: string }
  | { readonly result: "passed" }
);

const attribute = "@";

/**
 * Renders JUnit XML as Jenkins, GitLab and Azure DevOps read it. One suite for each account and Region: a test for its coverage, which passes
 * only if all of it was read and judged, and one for each finding.
 */
export const renderJunit: Reporter = (untrusted) => {
  const report = makePrintable(untrusted);
  const suites = groupByScope(report);
  const cases = suites.flatMap(([, tests]) => tests);
  const builder = new XMLBuilder({
    ignoreAttributes: false,
    attributeNamePrefix: attribute,
    format: true,
    suppressEmptyNode: true,
  });
  const { word, sentence } = describeVerdict(report);
  const facts = [["Verdict", `${word}: ${sentence}`] as const, ...describeRequest(report)];
  return builder.build({
    "?xml": withAttributes({ version: "1.0", encoding: "UTF-8" }),
    testsuites: {
      ...withAttributes({ name: report.tool.name, ...countsOf(cases) }),
      testsuite: suites.map(([scope, all]) => ({
        ...withAttributes({
          name: scope,
          timestamp: report.observedAt,
          ...countsOf(all),
          skipped: numberOf(all, "skipped"),
        }),
        properties: {
          property: facts.map(([name, value]) => withAttributes({ name, value })),
        },
        testcase: all.map(toElement),
      })),
    },
  });
};

function groupByScope(report: Report): readonly (readonly [string, readonly TestCase[]])[] {
  const all = [
    ...report.coverage.targets.map((target) => [describeScope(target), toCoverageTest(target)] as const),
    ...describeCoverageProblems(report).map((problem) => [describeScope(problem), toProblemTest(problem)] as const),
    ...report.findings.map((finding) => [describeScope(finding), toFindingTest(finding)] as const),
  ];
  return groupBy(all, ([scope]) => scope).map(([scope, tests]) => [scope, tests.map(([, test]) => test)] as const);
}

function toCoverageTest(target: Report["coverage"]["targets"][number]): TestCase {
  const named = { name: "Everything was read and judged", classname: toClass(coverageRule, target) };
  if (target.complete) return { ...named, result: "passed" };
  const message = `${describeScope(target)} was not read and judged completely.`;
  return { ...named, result: "error", type: "INSUFFICIENT_DATA", message, text: "" };
}

function toProblemTest({ message, remediation, resource, ...scope }: CoverageProblem): TestCase {
  const name = resource === null ? "Coverage gap" : `Coverage gap: ${resource}`;
  const { junit: result } = outcomes.notEvaluated;
  return {
    name,
    classname: toClass(coverageRule, scope),
    result,
    type: "INSUFFICIENT_DATA",
    message,
    text: remediation,
  };
}

function toFindingTest(finding: Finding): TestCase {
  const { rule, resource, severity, status, message, remediation, exemption } = finding;
  const named = { name: describeResource(resource), classname: toClass(rule, finding) };
  const { junit: result } = outcomes[outcomeOf(finding)];
  if (result === "skipped")
    return {
      ...named,
      result,
      text: `Exempted by ${exemption?.owner} until ${exemption?.until}: ${exemption?.reason}. ${message}`,
    };
  return { ...named, result, type: result === "error" ? status : severity, message, text: remediation };
}

/** Jenkins groups tests by the parts of the class name. */
function toClass(rule: string, { account, region }: { account: string; region: string }): string {
  return [account, region, rule].filter((part) => part !== "" && part !== "*").join(".");
}

function toElement(testCase: TestCase) {
  const { name, classname, result } = testCase;
  const element = withAttributes({ name, classname });
  if (result === "passed") return element;
  if (result === "skipped") return { ...element, skipped: toXmlText(testCase.text) };
  const { message, type, text } = testCase;
  return { ...element, [result]: { ...withAttributes({ message, type }), "#text": toXmlText(text) } };
}

function countsOf(cases: readonly TestCase[]) {
  return { tests: cases.length, failures: numberOf(cases, "failure"), errors: numberOf(cases, "error") };
}

function numberOf(cases: readonly TestCase[], result: TestCase["result"]): number {
  return cases.filter((one) => one.result === result).length;
}

function withAttributes(attributes: Readonly<Record<string, string | number>>) {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [`${attribute}${name}`, toXmlText(String(value))]),
  );
}

/** Replaces what XML 1.0 cannot contain even escaped; control characters are gone already. */
function toXmlText(text: string): string {
  return text.toWellFormed().replaceAll(/[\ufffe\uffff]/g, "\u{fffd}");
}
