import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Report } from "../../../lib/model/report.ts";
import { renderOscal } from "../../../lib/report/files/oscal.ts";
import { anInventory } from "../../support/builders.ts";
import { aReport, options } from "../sample-reports.ts";
import { allCases, caseNamed, hostileReport, outcomeFindings, withFindings } from "./cases.ts";
import { publishedSchema } from "./published-schema.ts";

type Result = {
  readonly findings?: readonly {
    readonly uuid: string;
    readonly target: { readonly status: { readonly state: string; readonly reason: string } };
    readonly "related-risks": readonly { readonly "risk-uuid": string }[];
    readonly "related-observations": readonly { readonly "observation-uuid": string }[];
  }[];
  readonly risks?: readonly { readonly uuid: string; readonly status: string }[];
  readonly observations?: readonly { readonly uuid: string; readonly subjects: { "subject-uuid": string }[] }[];
  readonly "local-definitions"?: { readonly "inventory-items": readonly { readonly uuid: string }[] };
};

const render = (report: Report) => JSON.parse(renderOscal(report, options()));
const resultOf = (report: Report): Result => render(report)["assessment-results"].results[0];

const schema = publishedSchema("oscal_assessment-results_schema.json");

describe("the schema of OSCAL 1.2.1 accepts", () => {
  test("every case", async () => {
    for (const [, report] of await allCases()) expect(schema(render(report))).toEqual([]);
  });

  test("but not results without metadata", () => {
    const { metadata: _, ...results } = render(aReport(anInventory()))["assessment-results"];
    expect(schema({ "assessment-results": results })).not.toEqual([]);
  });
});

test("the schema accepts untrusted text anywhere", () =>
  fc.assert(
    fc.property(hostileReport, (report) => expect(schema(render(report))).toEqual([])),
    { numRuns: 50 },
  ));

test("each outcome is not satisfied; an exempt one has an approved deviation", () => {
  const { findings = [], risks = [] } = resultOf(withFindings(aReport(anInventory()), outcomeFindings));
  expect(
    findings.map(({ target }, index) => [target.status.state, target.status.reason, risks[index]?.status]),
  ).toEqual([
    ["not-satisfied", "fail", "open"],
    ["not-satisfied", "fail", "deviation-approved"],
    ["not-satisfied", "other", "open"],
    ["not-satisfied", "other", "open"],
  ]);
});

test("a gap is an objective that is not satisfied", async () => {
  const report = await caseNamed("gaps only");
  expect(resultOf(report).findings?.map(({ target }) => target.status.reason)).toEqual(["other"]);
});

test("every reference has its object, and every UUID is used once", async () => {
  for (const [, report] of await allCases()) {
    const { findings = [], risks = [], observations = [], "local-definitions": local } = resultOf(report);
    const items = local?.["inventory-items"] ?? [];
    const uuids = [...findings, ...risks, ...observations, ...items].map(({ uuid }) => uuid);
    const known = new Set(uuids);
    expect(known.size).toBe(uuids.length);
    const references = [
      ...findings.flatMap((finding) => finding["related-risks"].map((risk) => risk["risk-uuid"])),
      ...findings.flatMap((finding) => finding["related-observations"].map((one) => one["observation-uuid"])),
      ...observations.flatMap(({ subjects }) => subjects.map((subject) => subject["subject-uuid"])),
    ];
    expect(references.filter((uuid) => !known.has(uuid))).toEqual([]);
  }
});

test("the same report has the same UUIDs", () => {
  const report = aReport(anInventory());
  expect(renderOscal(report, options())).toBe(renderOscal(report, options()));
});
