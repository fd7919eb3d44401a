import type { Report } from "../model/report.ts";
import type { Reporter, ReportOptions } from "./text/reporter.ts";

/** A reporter that renders a report to the parts of a text. */
type PartReporter = (report: Report) => Iterable<string>;

/** An output format: its reporter, which is loaded when it is used, and the ends of the names of its files. */
export type Format = { readonly load: () => Promise<Reporter | PartReporter>; readonly endings: readonly string[] };

/** The output formats by the name that `--format` takes. A new reporter needs one line here and none elsewhere. */
export const formats: Readonly<Record<string, Format>> = {
  table: { load: async () => (await import("./terminal/table.ts")).renderTable, endings: [".txt"] },
  lines: { load: async () => (await import("./terminal/lines.ts")).renderLines, endings: [".log"] },
  json: { load: async () => (await import("./files/json.ts")).renderJson, endings: [".json"] },
  html: { load: async () => (await import("./page/page.ts")).renderPage, endings: [".html", ".htm"] },
  csv: { load: async () => (await import("./files/csv.ts")).renderCsv, endings: [".csv"] },
  "csv-databases": {
    load: async () => (await import("./files/csv.ts")).renderDatabasesCsv,
    endings: ["databases.csv"],
  },
  markdown: { load: async () => (await import("./files/markdown.ts")).renderMarkdown, endings: [".md", ".markdown"] },
  sarif: { load: async () => (await import("./files/sarif.ts")).renderSarif, endings: [".sarif", ".sarif.json"] },
  junit: { load: async () => (await import("./files/junit.ts")).renderJunit, endings: [".xml"] },
  asff: { load: async () => (await import("./aws/asff-file.ts")).renderAsff, endings: [".asff.json"] },
  ocsf: { load: async () => (await import("./files/ocsf.ts")).renderOcsf, endings: [".ocsf.json"] },
  oscal: { load: async () => (await import("./files/oscal.ts")).renderOscal, endings: [".oscal.json"] },
};

/** Renders a report as the parts of a text, which are made one after the other while they are read. Most formats have one part. */
export async function renderReport(format: string, report: Report, options: ReportOptions): Promise<Iterable<string>> {
  const reporter = await formats[format]?.load();
  if (reporter === undefined) throw new Error(`there is no format ${format}`);
  const rendered = reporter(report, options);
  return typeof rendered === "string" ? [rendered] : rendered;
}
