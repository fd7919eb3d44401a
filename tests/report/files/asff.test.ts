import { AwsSecurityFinding$ } from "@aws-sdk/client-securityhub";
import { describe, expect, test } from "@jest/globals";
import { NormalizedSchema } from "@smithy/core/schema";
import fc from "fast-check";
import type { Report } from "../../../lib/model/report.ts";
import { renderAsff } from "../../../lib/report/aws/asff-file.ts";
import { anInventory } from "../../support/builders.ts";
import { aReport, options } from "../sample-reports.ts";
import { allCases, hostileReport, outcomeFindings, withFindings } from "./cases.ts";

const render = (report: Report): readonly Record<string, unknown>[] => JSON.parse(renderAsff(report, options()));

/** What the AWS SDK's model of a finding does not accept: a field that it lacks, a required one that is missing, another type. */
function violationsOf(value: unknown, given: unknown = AwsSecurityFinding$, path = "finding"): readonly string[] {
  const schema = NormalizedSchema.of(given as never);
  if (schema.isStructSchema()) {
    if (!isObject(value)) return [`${path} is no object`];
    const members = new Map(schema.structIterator());
    // The required members come first, and their number last.
    const required = [...members.keys()].slice(0, Number((schema.getSchema() as readonly unknown[])[6] ?? 0));
    return [
      ...required.filter((name) => !(name in value)).map((name) => `${path} has no ${name}`),
      ...Object.entries(value).flatMap(([name, one]) => {
        const member = members.get(name);
        return member === undefined ? [`${path} must not have ${name}`] : violationsOf(one, member, `${path}.${name}`);
      }),
    ];
  }
  if (schema.isListSchema()) {
    if (!Array.isArray(value)) return [`${path} is no list`];
    return value.flatMap((one, index) => violationsOf(one, schema.getValueSchema(), `${path}[${index}]`));
  }
  if (schema.isMapSchema()) {
    if (!isObject(value)) return [`${path} is no map`];
    return Object.entries(value).flatMap(([key, one]) => violationsOf(one, schema.getValueSchema(), `${path}.${key}`));
  }
  const type = schema.isNumericSchema() ? "number" : schema.isBooleanSchema() ? "boolean" : "string";
  return typeof value === type ? [] : [`${path} is no ${type}`];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

describe("the AWS SDK's model accepts", () => {
  test("every case", async () => {
    for (const [name, report] of await allCases()) {
      const findings = render(report);
      expect([name, findings.length]).toEqual([name, report.findings.length]);
      for (const finding of findings) expect(violationsOf(finding)).toEqual([]);
    }
  });

  test("untrusted text anywhere", () =>
    fc.assert(
      fc.property(hostileReport, (report) => {
        for (const finding of render(report)) expect(violationsOf(finding)).toEqual([]);
      }),
      { numRuns: 50 },
    ));

  test("but not a field that it lacks, a missing one, or another type", () => {
    const [finding = {}] = render(withFindings(aReport(anInventory()), outcomeFindings));
    expect(violationsOf({ ...finding, Exemption: {} })).toEqual(["finding must not have Exemption"]);
    const { GeneratorId: _, ...rest } = finding;
    expect(violationsOf(rest)).toEqual(["finding has no GeneratorId"]);
    expect(violationsOf({ ...finding, Compliance: { Status: 1 } })).toEqual(["finding.Compliance.Status is no string"]);
    expect(violationsOf({ ...finding, ProductFields: [] })).toEqual(["finding.ProductFields is no map"]);
    expect(violationsOf({ ...finding, Resources: [{ Id: "a" }] })).toEqual(["finding.Resources[0] has no Type"]);
  });
});
