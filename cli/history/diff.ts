import { type Command, Option } from "commander";
import { compareReports } from "../../lib/audit/compare-reports.ts";
import { UsageError } from "../../lib/model/errors.ts";
import type { Report } from "../../lib/model/report.ts";
import { toJson } from "../../lib/report/files/json.ts";
import { renderDiff } from "../../lib/report/terminal/diff.ts";
import { exitStatus } from "../exit-status.ts";
import { oneOf } from "../input/option-values.ts";
import { readReport } from "../input/report-file.ts";
import { type Io, write } from "../io.ts";
import { terminalOf } from "../output/terminal.ts";
import { historyOption, openExisting } from "./history-option.ts";

type DiffOptions = { readonly history?: string; readonly format: "table" | "json" };

const examples = `
Examples:
  rds-password-audit diff monday.json tuesday.json
  rds-password-audit diff --history audits.db

Exit status:
  0  no violation is new, more severe, or no longer exempt
  1  at least one is
  2  an option or a file is invalid`;

const worseReasons = new Set(["new", "worse", "exemption-ended"]);

/** `diff`: what changed between two JSON reports, or between the last two runs of a history. */
export function addDiff(program: Command, io: Io, end: (status: number) => void): void {
  program
    .command("diff")
    .description("show which violations are new, worse, exempt or gone from one report to another")
    .argument("[reports...]", "the earlier and the later JSON report")
    .addOption(historyOption("compare the last two runs of the history that audit --history keeps"))
    .addOption(
      new Option("-f, --format <format>", "table or json")
        .default("table")
        .argParser(oneOf("--format", ["table", "json"])),
    )
    .addHelpText("after", examples)
    .action(async (files: readonly string[], options: DiffOptions) => end(await showDiff(files, options, io)));
}

async function showDiff(files: readonly string[], { history, format }: DiffOptions, io: Io): Promise<number> {
  const [earlier, later] = await readReports(files, history);
  if (later.observedAt < earlier.observedAt)
    throw new UsageError(
      `The first report is of ${earlier.observedAt}, after the second one (${later.observedAt}): give the earlier one first.`,
    );
  const { changes } = compareReports(earlier.findings, later);
  const difference = {
    from: earlier.generatedAt,
    to: later.generatedAt,
    complete: earlier.coverage.complete && later.coverage.complete,
    changes,
  };
  await write(io.stdout, format === "json" ? toJson(difference) : renderDiff(difference, terminalOf(io.stdout, io)));
  return changes.some(({ reason }) => worseReasons.has(reason)) ? exitStatus.findings : exitStatus.clean;
}

async function readReports(files: readonly string[], history: string | undefined): Promise<readonly [Report, Report]> {
  const [one, other, ...more] = files;
  if (history === undefined) {
    if (one === undefined || other === undefined || more.length > 0)
      throw new UsageError("diff takes two JSON reports, or --history for the last two runs.");
    return [await readReport(one), await readReport(other)];
  }
  if (one !== undefined) throw new UsageError("diff takes two JSON reports or --history, not both.");
  const file = await openExisting(history);
  try {
    const [earlier, later] = file.lastReports(2);
    if (earlier === undefined || later === undefined)
      throw new UsageError(`${history} has fewer than two runs to compare.`);
    return [earlier, later];
  } finally {
    file.close();
  }
}
