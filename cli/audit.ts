import { type Command, Option } from "commander";
import { assembleReport } from "../lib/audit/assemble-report.ts";
import { UsageError } from "../lib/model/errors.ts";
import { toJson } from "../lib/report/files/json.ts";
import { rules } from "../rules/index.ts";
import { oneOf, refuseBoth } from "./choices.ts";
import { auditStatus, type FailOn, failOnChoices } from "./exit-status.ts";
import { areSame, checkWritable, writeWhole } from "./files.ts";
import { type Io, write } from "./io.ts";
import { readPolicy } from "./policy-file.ts";
import { addOutputOptions, checkOutput, type OutputOptions, writeReport } from "./report-output.ts";
import { addSourceOptions, checkSource, openInventory, type SourceOptions } from "./source.ts";
import { version } from "./version.ts";

type AuditOptions = SourceOptions & OutputOptions & { readonly failOn: FailOn; readonly saveInventory?: string };

const examples = `
Examples:
  rds-password-audit audit --region eu-west-1
  rds-password-audit audit --profile staging production --all-regions --policy policy.yaml
  rds-password-audit audit --region eu-west-1 --format json --output report.json --fail-on high
  rds-password-audit audit --region eu-west-1 --save-inventory monday.json
  rds-password-audit audit --from monday.json --policy stricter.yaml

Exit status:
  0  clean, or nothing at or above --fail-on and everything was seen
  1  a finding at or above --fail-on that is not exempt
  2  an option, a file or the policy cannot be used
  3  nothing at or above --fail-on, but not everything was seen
  4  AWS cannot be entered, or the program failed`;

/** `audit`: judges every database in some accounts and Regions, and answers with a report and an exit status. */
export function addAudit(program: Command, io: Io, end: (status: number) => void): void {
  const command = program.command("audit").description("judge every RDS and Aurora database of an account");
  addOutputOptions(addSourceOptions(command))
    .addOption(
      new Option("--fail-on <severity>", `exit with 1 from this severity on: ${failOnChoices.join(", ")}`)
        .default("low")
        .argParser(oneOf("--fail-on", failOnChoices)),
    )
    .option("--save-inventory <file>", "save what was read, to judge it again with --from")
    .addHelpText("after", examples)
    .action(async (options: AuditOptions) => end(await audit(options, io)));
}

async function audit(options: AuditOptions, io: Io): Promise<number> {
  const { from, saveInventory, output, policy: policyFile, failOn } = options;
  checkSource(options);
  refuseBoth({ "--from": from, "--save-inventory": saveInventory });
  const policy = await readPolicy(policyFile);
  await checkOutput(options, [policyFile, from]);
  if (saveInventory !== undefined) {
    await checkWritable(saveInventory, "--save-inventory", [policyFile]);
    if (output !== undefined && (await areSame(output, saveInventory)))
      throw new UsageError("--save-inventory and --output cannot be the same file.");
  }
  const inventory = await openInventory(options, policy, io);
  if (saveInventory !== undefined) await writeWhole(saveInventory, toJson(inventory));
  if (from !== undefined)
    await write(io.stderr, `Judged as of ${inventory.observedAt}, when the inventory was taken.\n`);
  const report = assembleReport(inventory, { policy, rules, generatedAt: io.now().toISOString(), version });
  await writeReport(report, options, io);
  return auditStatus(report, failOn);
}
