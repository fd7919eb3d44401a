import { toJson } from "./json.ts";
import { renderPage } from "./page.ts";
import type { Reporter } from "./reporter.ts";
import { renderTable } from "./table.ts";

/** The formats by the name that `--format` takes; a new reporter needs one line here and nothing elsewhere. */
export const formats: Readonly<Record<string, Reporter>> = {
  table: renderTable,
  json: toJson,
  html: renderPage,
};
