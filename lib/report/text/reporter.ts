import type { Report } from "../../model/report.ts";

/** What a reporter is told of where its text will be read. JSON needs none of it. */
export type ReportOptions = {
  /** Columns that a line may take; a word or a command's token that is longer still stays whole. */
  readonly width: number;
  /** Whether the reader's terminal shows colours. */
  readonly color: boolean;
  /** What the reason codes of databases that are not judged say; a code that is not here is shown as it is. */
  readonly reasons: Readonly<Record<string, string>>;
};

/** One output format: the whole text, with a newline at its end. */
export type Reporter = (report: Report, options: ReportOptions) => string;
