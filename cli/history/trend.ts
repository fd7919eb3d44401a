import { type Command, Option } from "commander";
import { UsageError } from "../../lib/model/errors.ts";
import type { Run } from "../../lib/model/history.ts";
import { toJson } from "../../lib/report/files/json.ts";
import { renderTrendPage } from "../../lib/report/page/trend-page.ts";
import { renderTrend } from "../../lib/report/terminal/trend.ts";
import { exitStatus } from "../exit-status.ts";
import { oneOf } from "../input/option-values.ts";
import { type Io, write } from "../io.ts";
import { terminalOf } from "../output/terminal.ts";
import { historyOption, openExisting } from "./history-option.ts";

type TrendOptions = { readonly history: string; readonly last: number; readonly format: "table" | "json" | "html" };

const examples = `
Examples:
  rds-password-audit trend --history audits.db
  rds-password-audit trend --history audits.db --last 90 --format json
  rds-password-audit trend --history audits.db --format html > trend.html`;

/** `trend`: the runs of a history, with how many passwords are managed and how many violations are open. */
export function addTrend(program: Command, io: Io, end: (status: number) => void): void {
  program
    .command("trend")
    .description("show how managed passwords and violations changed from run to run")
    .addOption(historyOption("the history that audit --history keeps").makeOptionMandatory())
    .addOption(new Option("--last <runs>", "show the last runs only").default(30).argParser(toCount))
    .addOption(
      new Option("-f, --format <format>", "table, json or html")
        .default("table")
        .argParser(oneOf("--format", ["table", "json", "html"])),
    )
    .addHelpText("after", examples)
    .action(async (options: TrendOptions) => end(await showTrend(options, io)));
}

async function showTrend({ history, last, format }: TrendOptions, io: Io): Promise<number> {
  const file = await openExisting(history);
  try {
    const runs = file.runs().slice(-last);
    await write(io.stdout, render(runs, format, io));
  } finally {
    file.close();
  }
  return exitStatus.clean;
}

function render(runs: readonly Run[], format: TrendOptions["format"], io: Io): string {
  if (format === "json") return toJson(runs);
  return format === "html" ? renderTrendPage(runs) : renderTrend(runs, terminalOf(io.stdout, io));
}

function toCount(value: string): number {
  if (/^[1-9]\d{0,5}$/.test(value)) return Number(value);
  throw new UsageError(`--last takes a number of runs, such as 30, not "${value}".`);
}
