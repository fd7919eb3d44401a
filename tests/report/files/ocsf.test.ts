import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Report } from "../../../lib/model/report.ts";
import { renderOcsf } from "../../../lib/report/files/ocsf.ts";
import { anInventory } from "../../support/builders.ts";
import { aReport, options } from "../sample-reports.ts";
import { allCases, caseNamed, hostileReport, outcomeFindings, withFindings } from "./cases.ts";
import { publishedSchema } from "./published-schema.ts";

type Event = {
  readonly class_uid: number;
  readonly severity_id: number;
  readonly status_id?: number;
  readonly finding_info: { readonly uid: string };
  readonly compliance: { readonly status_id: number; readonly status: string; readonly status_code: string };
};

const render = (report: Report): readonly Event[] => JSON.parse(renderOcsf(report, options()));

const schema = publishedSchema("ocsf-compliance_finding-1.5.0.json");

describe("the schema of OCSF 1.5.0 accepts", () => {
  test("every case", async () => {
    for (const [, report] of await allCases()) for (const event of render(report)) expect(schema(event)).toEqual([]);
  });

  test("but not an event without finding_info, with a field of another class, or with an unknown status", () => {
    const [event] = render(withFindings(aReport(anInventory()), outcomeFindings));
    expect(schema({ ...event, finding_info: undefined })).toEqual([" must have required property 'finding_info'"]);
    expect(schema({ ...event, vulnerabilities: [] })).toEqual([" must NOT have additional properties"]);
    expect(schema({ ...event, compliance: { ...event?.compliance, status_id: 7 } })).toEqual([
      "/compliance/status_id must be equal to one of the allowed values",
    ]);
  });
});

test("the schema accepts untrusted text anywhere", () =>
  fc.assert(
    fc.property(hostileReport, (report) => {
      for (const event of render(report)) expect(schema(event)).toEqual([]);
    }),
    { numRuns: 50 },
  ));

test("each outcome has a status, and none is a pass", () =>
  expect(
    render(withFindings(aReport(anInventory()), outcomeFindings)).map(({ compliance, status_id, severity_id }) => [
      compliance.status_id,
      compliance.status,
      compliance.status_code,
      status_id ?? null,
      severity_id,
    ]),
  ).toEqual([
    [3, "Fail", "NON_COMPLIANT", null, 4],
    [3, "Fail", "NON_COMPLIANT", 3, 4],
    [2, "Warning", "INSUFFICIENT_DATA", null, 4],
    [2, "Warning", "INSUFFICIENT_DATA", null, 4],
  ]));

test("a gap is an event without a result", async () => {
  const report = await caseNamed("gaps only");
  expect(render(report).map(({ compliance }) => compliance.status)).toEqual(["Warning"]);
});

test("every event is a Compliance Finding with a uid of its own", async () => {
  for (const [name, report] of await allCases()) {
    const events = render(report);
    expect(events.every(({ class_uid }) => class_uid === 2003)).toBe(true);
    if (name !== "hostile names")
      expect(new Set(events.map(({ finding_info }) => finding_info.uid)).size).toBe(events.length);
  }
});
