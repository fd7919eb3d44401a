import { createHash } from "node:crypto";
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { reportSchema } from "../../../lib/model/report.ts";
import { digestOf, renderJson, toCanonicalJson, toJson, toJsonParts } from "../../../lib/report/files/json.ts";
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

test("the parts of a report are the whole text, and none is much longer than 100,000 characters", () => {
  const report = aReport(anInventory({ targets: [aTargetOf(500)] }));
  const parts = [...renderJson(report)];
  expect(parts.length).toBeGreaterThan(3);
  expect(Math.max(...parts.map(({ length }) => length))).toBeLessThan(110_000);
  expect(parts.join("")).toBe(toJson({ ...report, digest: digestOf(report) }));
});

test("a part is not made before it is asked for", () => {
  const report = aReport(anInventory({ targets: [aTargetOf(500)] }));
  let made = 0;
  const databases = report.databases.map((database) => ({
    ...database,
    toJSON() {
      made += 1;
      return database;
    },
  }));
  const parts = toJsonParts({ ...report, databases }, 2);
  for (let index = 0; index < 2; index += 1) parts.next();
  expect(made).toBeGreaterThan(0);
  expect(made).toBeLessThan(databases.length);
});

test("the parts of any JSON are the text of JSON.stringify, to any depth, and its digest that of the canonical text", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.nat({ max: 5 }), (value, depth) => {
      expect([...toJsonParts(value, depth)].join("")).toBe(toJson(value));
      const { digest: _, ...content } = value;
      const sha256 = createHash("sha256").update(toCanonicalJson(content)).digest("hex");
      expect(digestOf(value)).toBe(`sha256:${sha256}`);
    }),
  );
});
