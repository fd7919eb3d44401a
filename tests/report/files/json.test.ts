import { expect, test } from "@jest/globals";
import { reportSchema } from "../../../lib/model/report.ts";
import { toJson } from "../../../lib/report/files/json.ts";
import { anInventory, aPlainDatabase, aTarget } from "../../support/builders.ts";
import { aBlindInventory, aCrowd, aReport } from "../sample-reports.ts";

test.each([
  ["clean", anInventory()],
  ["wrong", anInventory({ targets: [aCrowd(3)] })],
  ["blind", aBlindInventory()],
])("a report that is %s comes back as it went out, and as the schema has it", (_, inventory) => {
  const report = aReport(inventory);
  const text = toJson(report);
  expect(text).toMatch(/^\{\n {2}"schemaVersion": "1.0",/);
  expect(text.endsWith("}\n")).toBe(true);
  expect(reportSchema.parse(JSON.parse(text))).toEqual(report);
});

test("characters that drive a terminal are escaped, and are still there", () => {
  const identifier = "a\u001b[2J\u009b31m\u202e\u007f";
  const text = toJson(aReport(anInventory({ targets: [aTarget({ databases: [aPlainDatabase({ identifier })] })] })));
  expect(text).not.toMatch(/[^\P{Cc}\n]|\u202e/u);
  expect(reportSchema.parse(JSON.parse(text)).databases[0]?.identifier).toBe(identifier);
});
