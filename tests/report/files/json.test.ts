import { expect, test } from "@jest/globals";
import { reportSchema } from "../../../lib/model/report.ts";
import { toJson } from "../../../lib/report/files/json.ts";
import { anInventory, aPlainDatabase, aTarget } from "../../support/builders.ts";
import { anIncompleteInventory, aReport, aTargetOf } from "../sample-reports.ts";

test.each([
  ["clean", anInventory()],
  ["not clean", anInventory({ targets: [aTargetOf(3)] })],
  ["incomplete", anIncompleteInventory()],
])("a %s report matches the schema and survives parsing", (_, inventory) => {
  const report = aReport(inventory);
  const text = toJson(report);
  expect(text).toMatch(/^\{\n {2}"schemaVersion": "1.0",/);
  expect(text.endsWith("}\n")).toBe(true);
  expect(reportSchema.parse(JSON.parse(text))).toEqual(report);
});

test("escapes terminal control characters without losing them", () => {
  const identifier = "a\u001b[2J\u009b31m\u202e\u007f";
  const text = toJson(aReport(anInventory({ targets: [aTarget({ databases: [aPlainDatabase({ identifier })] })] })));
  expect(text).not.toMatch(/[^\P{Cc}\n]|\u202e/u);
  expect(reportSchema.parse(JSON.parse(text)).databases[0]?.identifier).toBe(identifier);
});
