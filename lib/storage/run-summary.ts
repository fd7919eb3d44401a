import * as z from "zod/mini";
import type { Run } from "../model/history.ts";
import { summarySchema } from "../model/report.ts";
import { runKeys } from "./run-files.ts";
import type { StoredFile } from "./stored-file.ts";

/** What a trend takes from a summary. */
const runSummarySchema = z.object({
  generatedAt: z.iso.datetime(),
  observedAt: z.iso.datetime(),
  clean: z.boolean(),
  coverage: z.object({ complete: z.boolean() }),
  summary: summarySchema,
});

/** The summary of a day's run; null if there was no run. */
export function summaryFileOf(day: string): StoredFile<z.infer<typeof runSummarySchema> | null> {
  return {
    name: runKeys.summary(day),
    what: "run summary",
    schema: z.nullable(runSummarySchema),
    empty: null,
    whatToDo: "restore an earlier version, or delete it",
  };
}

/** A point of the trend. A summary does not say what was new or resolved. */
export function toRun({ generatedAt, observedAt, clean, coverage, summary }: z.infer<typeof runSummarySchema>): Run {
  return { generatedAt, observedAt, clean, summary, complete: coverage.complete, opened: null, resolved: null };
}
