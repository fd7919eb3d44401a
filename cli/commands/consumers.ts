import { type Command, Option } from "commander";
import { takeInventory } from "../../lib/collect/take-inventory.ts";
import { databaseLists } from "../../lib/model/rule-guards.ts";
import { toJson } from "../../lib/report/files/json.ts";
import { renderConsumers } from "../../lib/report/terminal/consumers.ts";
import { makePrintable } from "../../lib/report/text/printable.ts";
import { rules } from "../../rules/index.ts";
import { exitStatus } from "../exit-status.ts";
import { readConsumers } from "../input/add-consumers.ts";
import { findDatabaseForSure, namingDatabases } from "../input/find-database.ts";
import { oneOf } from "../input/option-values.ts";
import { readPolicy } from "../input/policy-file.ts";
import { addAwsOptions, checkSource, openSourceOf, type SourceOptions } from "../input/source.ts";
import { type Io, write } from "../io.ts";
import { terminalOf } from "../output/terminal.ts";

type ConsumersOptions = Omit<SourceOptions, "from"> & { readonly format: "table" | "json" };

const examples = `
${namingDatabases}
Only names are shown: no value of an environment variable, and no value of a secret is read.

Examples:
  rds-password-audit consumers orders --region eu-west-1
  rds-password-audit consumers arn:aws:rds:eu-west-1:123456789012:cluster:ledger --format json

Exit status:
  0  everything was read
  2  an option, a file, the policy or a setting is invalid, or there is no such database
  3  something could not be read: there may be more consumers
  4  AWS denied access, or the program failed`;

/** `consumers`: shows what may stop working when the master password of a database changes. */
export function addConsumers(program: Command, io: Io, end: (status: number) => void): void {
  addAwsOptions(
    program
      .command("consumers")
      .description("show what may stop working when the master password of a database changes")
      .argument("<database-name>"),
  )
    .addOption(
      new Option("-f, --format <format>", "table or json")
        .default("table")
        .argParser(oneOf("--format", ["table", "json"])),
    )
    .addHelpText("after", examples)
    .action(async (name: string, options: ConsumersOptions) => end(await consumers(name, options, io)));
}

async function consumers(name: string, options: ConsumersOptions, io: Io): Promise<number> {
  checkSource(options);
  const policy = await readPolicy(options.policy);
  const source = await openSourceOf([name], options, policy, io);
  const inventory = await takeInventory({ ...source, policy, rules: listingRules, now: io.now().toISOString() });
  const { database, target } = findDatabaseForSure(name, inventory);
  const report = await readConsumers({ database, target }, source, options, io);
  await write(
    io.stdout,
    options.format === "json" ? toJson(report) : renderConsumers(makePrintable(report), terminalOf(io.stdout, io)),
  );
  return report.gaps.length === 0 ? exitStatus.clean : exitStatus.incomplete;
}

/** The rules that read nothing but the lists of databases, which is all that is needed to find one. */
const listingRules = rules.filter(({ reads }) =>
  (reads as readonly string[]).every((action) => (databaseLists as readonly string[]).includes(action)),
);
