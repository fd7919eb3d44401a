import { toJson } from "./files/json.ts";
import { renderPage } from "./page/page.ts";
import { renderTable } from "./terminal/table.ts";
import type { Reporter } from "./text/reporter.ts";

/** The output formats by the name that `--format` takes. A new reporter needs one line here and none elsewhere. */
export const formats: Readonly<Record<string, Reporter>> = {
  table: renderTable,
  json: toJson,
  html: renderPage,
};
