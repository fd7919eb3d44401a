import { type Command, Option } from "commander";
import { UsageError } from "../../lib/model/errors.ts";
import { suggest } from "../../lib/model/nearest.ts";
import { toJson } from "../../lib/report/files/json.ts";
import { renderDatabaseHistories } from "../../lib/report/terminal/database-history.ts";
import { exitStatus } from "../exit-status.ts";
import { oneOf } from "../input/option-values.ts";
import { type Io, write } from "../io.ts";
import { terminalOf } from "../output/terminal.ts";
import { historyOption, openExisting } from "./history-option.ts";

type HistoryOptions = { readonly history: string; readonly format: "table" | "json" };

const examples = `
Examples:
  rds-password-audit history orders --history audits.db
  rds-password-audit history arn:aws:rds:eu-west-1:123456789012:cluster:ledger --history audits.db`;

/** `history`: what earlier runs saw of a database, and when its findings began and ended. */
export function addHistory(program: Command, io: Io, end: (status: number) => void): void {
  program
    .command("history")
    .description("show what earlier runs saw of a database, and since when it has had its findings")
    .argument("<database>", "its name or ARN")
    .addOption(historyOption("the history that audit --history keeps").makeOptionMandatory())
    .addOption(
      new Option("-f, --format <format>", "table or json")
        .default("table")
        .argParser(oneOf("--format", ["table", "json"])),
    )
    .addHelpText("after", examples)
    .action(async (name: string, options: HistoryOptions) => end(await showHistory(name, options, io)));
}

async function showHistory(name: string, { history, format }: HistoryOptions, io: Io): Promise<number> {
  const file = await openExisting(history);
  try {
    const found = file.find(name);
    if (found.length === 0)
      throw new UsageError(`No run in ${history} saw a database "${name}"${suggest(name, file.identifiers())}.`);
    await write(
      io.stdout,
      format === "json" ? toJson(found) : renderDatabaseHistories(found, terminalOf(io.stdout, io)),
    );
  } finally {
    file.close();
  }
  return exitStatus.clean;
}
