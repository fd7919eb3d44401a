import { gzipSync } from "node:zlib";
import type { Report } from "../../model/report.ts";
import { count } from "../text/count.ts";
import { browserScript } from "./browser-script.ts";
import { label, table } from "./components.ts";
import { type Html, html, trusted } from "./html.ts";
import { type Columns, type FindingRow, type TableData, toDatabaseRows, toFindingRows } from "./table-rows.ts";

/** Findings or databases from which on the page has a table to search instead of showing all of them. */
const largeFrom = 500;
/** Rows of a table that are shown without the script. */
const shownWithoutScript = 50;

/** The data of the tables that are too long to show in full; null if none is. */
export function toTableData(report: Report, reasons: Readonly<Record<string, string>>): TableData | null {
  const isLarge = (items: readonly unknown[]) => items.length > largeFrom;
  if (!isLarge(report.findings) && !isLarge(report.databases)) return null;
  return {
    findings: isLarge(report.findings) ? toColumns(toFindingRows(report)) : null,
    databases: isLarge(report.databases) ? toColumns(toDatabaseRows(report, reasons)) : null,
  };
}

function toColumns<Row extends object>(rows: readonly Row[]): Columns<Row> {
  const fields = Object.keys(rows[0] ?? {}) as (keyof Row)[];
  return Object.fromEntries(fields.map((field) => [field, rows.map((row) => row[field])])) as unknown as Columns<Row>;
}

/** The data, which is no script to the browser, and the script that reads it. */
export function renderScript(data: TableData): Html {
  const bytes = gzipSync(JSON.stringify(data), { level: 9 });
  return html`<script type="application/octet-stream" id="data">${bytes.toString("base64")}</script>
<script>${trusted(browserScript)}</script>
`;
}

/** The first findings, which the script replaces by all of them. */
export function renderFindingsTable(columns: Columns<FindingRow>): Html {
  const indexes = columns.rule.slice(0, shownWithoutScript).keys();
  const rows = [...indexes].map((index) => {
    const severity = columns.severity[index] ?? "";
    const kind = severity === "not evaluated" ? "unknown" : severity === "exempt" ? "" : severity;
    return [
      columns.database[index] ?? "",
      label(severity, kind as Parameters<typeof label>[1]),
      columns.rule[index] ?? "",
      `${columns.account[index]} ${columns.region[index]}`,
      columns.message[index] ?? "",
    ];
  });
  return renderFirst(
    "findings",
    columns.rule.length,
    table("Findings", ["Database", "Severity", "Rule", "Account and Region", "Finding"], rows),
  );
}

/** The first databases, which the script replaces by all of them. */
export function renderDatabasesTable(columns: NonNullable<TableData["databases"]>): Html {
  const rows = [...columns.database.slice(0, shownWithoutScript).keys()].map((index) => [
    columns.database[index] ?? "",
    columns.type[index] ?? "",
    columns.management[index] ?? "",
    `${columns.account[index]} ${columns.region[index]}`,
    String(columns.findings[index]),
  ]);
  return renderFirst(
    "databases",
    columns.database.length,
    table("Databases", ["Database", "Type", "Master password", "Account and Region", "Findings"], rows),
  );
}

function renderFirst(name: string, number: number, first: Html): Html {
  return html`<div id="${name}-table"><p class="muted">The first ${shownWithoutScript} of ${count(number, name.slice(0, -1))}. Turn on JavaScript to search all of them, or use the JSON report.</p>
${first}</div>`;
}
