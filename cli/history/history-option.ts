import { Option } from "commander";
import { nonEmpty } from "../input/option-values.ts";

/** `--history`: the file in which `audit` keeps its runs. */
export function historyOption(description: string): Option {
  return new Option("--history <file>", description).argParser(nonEmpty("--history"));
}

/** Opens a history to read. Loads SQLite only here, because few commands need it. */
export async function openExisting(file: string) {
  const { openHistory } = await import("./history-file.ts");
  return openHistory(file);
}
