import type { Run } from "../../model/history.ts";
import type { Report } from "../../model/report.ts";
import type { Rule } from "../../model/rule.ts";

/** What a format says about a rule besides its findings. */
export type RuleDescription = Pick<Rule, "id" | "title" | "severity" | "rationale" | "references">;

/** Where the text is read. JSON ignores all of it. */
export type ReportOptions = {
  /** Columns of a line. A word or a command's token that is longer stays whole. */
  readonly width: number;
  /** Whether the terminal shows colors. */
  readonly color: boolean;
  /** Explanations by reason code, for databases to which no rule applies. A code that is missing here is shown as is. */
  readonly reasons: Readonly<Record<string, string>>;
  /** Descriptions of the rules. A rule that is missing here is described by its id. */
  readonly rules: readonly RuleDescription[];
  /** Whether the table names every account and Region that was not seen. Default: the first of each kind. */
  readonly coverageByName?: boolean;
  /** The runs of the history, oldest first and this one last, for a page with a trend. Default: none. */
  readonly runs?: readonly Run[];
  /** Days that the trend lacks because what is stored of them could not be read. Default: none. */
  readonly unreadDays?: readonly string[];
};

/** One output format: renders a report to a whole text that ends with a newline. */
export type Reporter = (report: Report, options: ReportOptions) => string;
