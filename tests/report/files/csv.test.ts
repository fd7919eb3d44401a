import { expect, test } from "@jest/globals";
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { renderCsv, renderDatabasesCsv } from "../../../lib/report/files/csv.ts";
import { toPrintable } from "../../../lib/report/text/printable.ts";
import { anInventory } from "../../support/builders.ts";
import { aReport, aTargetOf, options } from "../sample-reports.ts";
import { allCases, caseNamed, hostileReport, outcomeFindings, tenThousand, withFindings } from "./cases.ts";

const read = (text: string): Record<string, string>[] => parse(text, { columns: true });

/** What a spreadsheet shows: without the quote that makes a formula text. */
const shown = (value = "") => value.replace(/^'(?=[=+\-@\t\r\uff1d\uff0b\uff0d\uff20])/, "");

test("has one line for each finding, and each value survives parsing", async () => {
  for (const [, report] of await allCases()) {
    const rows = read(renderCsv(report, options())).filter(({ rule }) => rule !== "coverage-complete");
    expect(rows.map(({ message, identifier, status }) => [shown(message), shown(identifier), status])).toEqual(
      report.findings.map(({ message, resource, status }) => [
        toPrintable(message).toWellFormed(),
        toPrintable(resource.identifier).toWellFormed(),
        status,
      ]),
    );
  }
});

test("no cell starts like a formula, and every row is one line", () => {
  fc.assert(
    fc.property(hostileReport, (report) => {
      const text = renderCsv(report, options());
      const rows = read(text);
      expect(rows.flatMap((row) => Object.values(row)).filter((value) => /^[=+\-@\t\r]/.test(value))).toEqual([]);
      expect(text.trimEnd().split("\n")).toHaveLength(rows.length + 1);
    }),
    { numRuns: 50 },
  );
});

test("a gap is a line without data, so that a report of gaps is not empty", async () => {
  const report = await caseNamed("gaps only");
  expect(read(renderCsv(report, options()))).toEqual([
    expect.objectContaining({
      status: "INSUFFICIENT_DATA",
      rule: "coverage-complete",
      message: "secretsmanager:ListSecrets failed with AccessDeniedException: not authorized",
      remediation: "Allow the auditor to call secretsmanager:ListSecrets.",
    }),
  ]);
});

test("an exempt finding keeps its status and has its exemption", () => {
  const report = withFindings(aReport(anInventory()), outcomeFindings);
  expect(read(renderCsv(report, options())).map(({ status, exemptUntil }) => [status, exemptUntil])).toEqual([
    ["NON_COMPLIANT", ""],
    ["NON_COMPLIANT", "2026-12-31"],
    ["INSUFFICIENT_DATA", ""],
    ["INSUFFICIENT_DATA", "2026-12-31"],
  ]);
});

test("csv-databases has one line for each database, findings or not", () => {
  const rows = read(renderDatabasesCsv(aReport(anInventory({ targets: [aTargetOf(3)] })), options()));
  expect(rows.map(({ identifier, management, violations }) => [identifier, management, violations])).toEqual([
    ["db-0000", "unmanaged", "1"],
    ["db-0001", "unmanaged", "1"],
    ["db-0002", "unmanaged", "1"],
  ]);
  expect(read(renderDatabasesCsv(aReport(anInventory()), options()))).toEqual([
    expect.objectContaining({ identifier: "orders", management: "managed", secretStatus: "active", violations: "0" }),
  ]);
});

test("csv-databases has each database in every case, and each value survives parsing", async () => {
  for (const [, report] of await allCases())
    expect(read(renderDatabasesCsv(report, options())).map(({ arn, management }) => [arn, management])).toEqual(
      report.databases.map(({ arn, management }) => [arn, management]),
    );
});

test("renders 10,000 findings", () => {
  expect(renderCsv(tenThousand(), options()).split("\n")).toHaveLength(10_002);
});
