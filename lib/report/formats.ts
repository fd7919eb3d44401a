import { toJson } from "./files/json.ts";
import { renderPage } from "./page/page.ts";
import { renderTable } from "./terminal/table.ts";
import type { Reporter } from "./text/reporter.ts";

/** The formats by the name that `--format` takes; a new reporter needs one line here and nothing elsewhere. */
export const formats: Readonly<Record<string, Reporter>> = {
  table: renderTable,
  json: toJson,
  html: renderPage,
};
