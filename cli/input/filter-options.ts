import { type Command, Option } from "commander";
import type { ReportFilters } from "../../lib/audit/narrow-report.ts";
import { UsageError } from "../../lib/model/errors.ts";
import { type Severity, severities } from "../../lib/model/finding.ts";
import { isGlob } from "../../lib/model/glob.ts";
import { rules } from "../../rules/index.ts";
import { listOf, oneOf } from "./option-values.ts";

/** What to show of a report. */
export type FilterOptions = {
  readonly severity?: Severity;
  readonly rule?: readonly string[];
  readonly database?: readonly string[];
  readonly tag?: readonly string[];
};

/** Adds the options that limit what is shown. */
export function addFilterOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        "--severity <severity>",
        `show findings at this severity or above: ${severities.join(", ")}`,
      ).argParser(oneOf("--severity", severities)),
    )
    .addOption(new Option("--rule <rule...>", "show findings of these rules").argParser(listOf("--rule")))
    .addOption(
      new Option("--database <name...>", "show these databases: identifiers, with * and ?, or ARNs").argParser(
        listOf("--database"),
      ),
    )
    .addOption(
      new Option("--tag <tag...>", "show databases with one of these tags: key=value, or key").argParser(
        listOf("--tag"),
      ),
    );
}

/** The filters of the options. Throws a UsageError for a rule that does not exist, or a name that is not a glob. */
export function toFilters({ severity, rule, database, tag }: FilterOptions): ReportFilters {
  const ids = rules.map(({ id }) => id);
  const checkedRules = rule?.map(oneOf("--rule", ids));
  const invalid = database?.find((name) => !isGlob(name));
  if (invalid !== undefined) throw new UsageError(`--database ${invalid} is not a valid pattern: close its brackets.`);
  return {
    ...(severity !== undefined && { severity }),
    ...(checkedRules !== undefined && { rules: checkedRules }),
    ...(database !== undefined && { databases: database }),
    ...(tag !== undefined && { tags: tag }),
  };
}
