import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import fc from "fast-check";
import { renderJson } from "../../../lib/report/files/json.ts";
import { allCases, caseNamed, hostileReport } from "./cases.ts";

/** The JSON Schema of the package, in a validator of others. */
const ajv = new Ajv2020();
addFormats.default(ajv as never);
const validate = ajv.compile(JSON.parse(readFileSync("docs/schemas/report.schema.json", "utf8")));
const violationsOf = (report: unknown) => (validate(report) ? [] : validate.errors);

describe("the JSON Schema of the package accepts", () => {
  test("every case", async () => {
    for (const [name, report] of await allCases()) {
      const read = JSON.parse([...renderJson(report)].join(""));
      expect([name, violationsOf(read)]).toEqual([name, []]);
      expect(read.findings).toEqual(JSON.parse(JSON.stringify(report.findings)));
    }
  });

  test("untrusted text anywhere, which survives", () =>
    fc.assert(
      fc.property(hostileReport, (report) => {
        const read = JSON.parse([...renderJson(report)].join(""));
        expect(violationsOf({ ...read, findings: [] })).toEqual([]);
        expect(read.findings).toEqual(JSON.parse(JSON.stringify(report.findings)));
      }),
      { numRuns: 50 },
    ));

  test("but not a report without coverage", async () => {
    const { coverage: _, ...report } = await caseNamed("clean");
    expect(violationsOf(report)).not.toEqual([]);
  });
});
