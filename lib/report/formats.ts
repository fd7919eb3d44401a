import { renderAsff } from "./aws/asff-file.ts";
import { renderCsv, renderDatabasesCsv } from "./files/csv.ts";
import { renderJson } from "./files/json.ts";
import { renderJunit } from "./files/junit.ts";
import { renderMarkdown } from "./files/markdown.ts";
import { renderOcsf } from "./files/ocsf.ts";
import { renderOscal } from "./files/oscal.ts";
import { renderSarif } from "./files/sarif.ts";
import { renderPage } from "./page/page.ts";
import { renderLines } from "./terminal/lines.ts";
import { renderTable } from "./terminal/table.ts";
import type { Reporter } from "./text/reporter.ts";

/** An output format, and the ends of the names of its files. */
export type Format = { readonly render: Reporter; readonly endings: readonly string[] };

/** The output formats by the name that `--format` takes. A new reporter needs one line here and none elsewhere. */
export const formats: Readonly<Record<string, Format>> = {
  table: { render: renderTable, endings: [".txt"] },
  lines: { render: renderLines, endings: [".log"] },
  json: { render: renderJson, endings: [".json"] },
  html: { render: renderPage, endings: [".html", ".htm"] },
  csv: { render: renderCsv, endings: [".csv"] },
  "csv-databases": { render: renderDatabasesCsv, endings: ["databases.csv"] },
  markdown: { render: renderMarkdown, endings: [".md", ".markdown"] },
  sarif: { render: renderSarif, endings: [".sarif", ".sarif.json"] },
  junit: { render: renderJunit, endings: [".xml"] },
  asff: { render: renderAsff, endings: [".asff.json"] },
  ocsf: { render: renderOcsf, endings: [".ocsf.json"] },
  oscal: { render: renderOscal, endings: [".oscal.json"] },
};
