/** The script of a large report: replaces the first rows of each table by a table to search, filter and sort. */
import { html, render } from "htm/preact";
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { splitCommands } from "../../text/commands.ts";
import type { Columns, DatabaseRow, FindingRow, TableData } from "../table-rows.ts";
import { DataTable } from "./data-table.ts";
import { formatViews, parseView, type TableRow, type View } from "./view.ts";

/** Rows of a page of a table: on a display, and on paper. */
const rowsPerPage = { display: 50, print: 500 };

const severityRanks = { severity: ["critical", "high", "medium", "low", "not evaluated", "exempt"] };

const tables = {
  findings: {
    noun: "findings",
    ranks: severityRanks,
    columns: [
      { field: "database", title: "Database" },
      { field: "severity", title: "Severity", filter: true },
      { field: "rule", title: "Rule", filter: true },
      { field: "account", title: "Account", filter: true },
      { field: "region", title: "Region", filter: true },
      { field: "since", title: "Open since" },
    ],
    renderDetail: (row: TableRow) => renderFinding(row as FindingRow),
  },
  databases: {
    noun: "databases",
    ranks: {},
    columns: [
      { field: "database", title: "Database" },
      { field: "type", title: "Type" },
      { field: "management", title: "Master password", filter: true },
      { field: "account", title: "Account", filter: true },
      { field: "region", title: "Region", filter: true },
      { field: "findings", title: "Findings" },
    ],
    renderDetail: (row: TableRow) => renderDatabase(row as DatabaseRow),
  },
} as const;

type TableName = keyof typeof tables;

const views: Record<string, View> = {};
void readData().then(start);

function start(data: TableData): void {
  const rowsByTable = Object.entries(data).flatMap(([name, columns]) =>
    columns === null ? [] : [{ name: name as TableName, rows: toRows(columns) }],
  );
  const show = (limit: number) => {
    for (const { name, rows } of rowsByTable) {
      const parent = document.querySelector(`#${name}-table`);
      if (parent !== null)
        render(
          html`<${StoredTable} name=${name} rows=${rows} limit=${limit} key=${location.hash} />`,
          parent as HTMLElement,
        );
    }
  };
  for (const { name } of rowsByTable) document.querySelector(`#${name}-table`)?.replaceChildren();
  show(rowsPerPage.display);
  addEventListener("beforeprint", () => show(rowsPerPage.print));
  addEventListener("afterprint", () => show(rowsPerPage.display));
  // A link to a view. Links to sections have no "=".
  addEventListener("hashchange", () => {
    if (!location.hash.includes("=")) return;
    show(rowsPerPage.display);
    document.querySelector(location.hash.startsWith("#findings.") ? "#findings" : "#databases")?.scrollIntoView();
  });
}

/** A table whose view is in the URL, so that a link shows the same rows. */
function StoredTable({ name, rows, limit }: { name: TableName; rows: readonly TableRow[]; limit: number }): VNode {
  const [view, setView] = useState(() => parseView(location.hash, name));
  views[name] = view;
  const store = (changed: View) => {
    views[name] = changed;
    history.replaceState(null, "", formatViews(views) || location.pathname + location.search);
    setView(changed);
  };
  return html`<${DataTable} ...${tables[name]} name=${name} rows=${rows} renderCell=${renderCell} view=${view} onView=${store} rowsPerPage=${limit} />`;
}

async function readData(): Promise<TableData> {
  const text = document.querySelector("#data")?.textContent ?? "";
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).json();
}

function toRows(columns: Columns<TableRow>): readonly TableRow[] {
  const fields = Object.entries(columns);
  const [[, first] = ["", []]] = fields;
  return first.map((_, index) => Object.fromEntries(fields.map(([field, values]) => [field, values[index]])));
}

function renderCell(row: TableRow, field: string): unknown {
  const value = row[field];
  return field === "severity"
    ? html`<span class="label ${String(value).replace("not evaluated", "unknown")}">${value}</span>`
    : value;
}

function renderFinding({ message, remediation, evidence, link, type, rule }: FindingRow): VNode {
  return html`<p>${message}</p>
  ${remediation !== "" && html`<p>→ ${splitCommands(remediation).map(({ kind, text }) => (kind === "command" ? renderCommand(text) : kind === "mention" ? html`<code class="mention">${text}</code>` : text))}</p>`}
  <dl><dt>Type</dt><dd>${type}</dd>${evidence.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>
  ${renderLink(link)}<p><a href=${`#rule-${rule}`}>Why ${rule} matters</a></p>`;
}

function renderDatabase({ reason, secret, link, database }: DatabaseRow): VNode {
  const toFindings = formatViews({ findings: { words: database, values: {}, sort: "", descending: false, page: 0 } });
  return html`<dl><dt>Secret</dt><dd>${secret}</dd>${reason !== "" && html`<dt>Reason</dt><dd>${reason}</dd>`}</dl>
  ${"findings" in views && html`<p><a href=${toFindings}>Show findings of ${database}</a></p>`}${renderLink(link)}`;
}

function renderLink(link: string | null): VNode | null {
  return link === null
    ? null
    : html`<p><a href=${link} rel="noreferrer" target="_blank">Open in the RDS console</a></p>`;
}

function renderCommand(command: string): VNode {
  return html`<span class="copy"><code class="command">${command}</code><${CopyButton} text=${command} /></span>`;
}

function CopyButton({ text }: { text: string }): VNode {
  const [label, setLabel] = useState("Copy");
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => setLabel("Copied"),
      () => setLabel("Press Ctrl+C"),
    );
  return html`<button type="button" onClick=${copy}>${label}</button>`;
}
