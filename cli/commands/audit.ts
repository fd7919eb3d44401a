import { type Command, Option } from "commander";
import { assembleReport, type RequestDetails } from "../../lib/audit/assemble-report.ts";
import { narrowReport } from "../../lib/audit/narrow-report.ts";
import { UsageError } from "../../lib/model/errors.ts";
import type { Inventory } from "../../lib/model/inventory.ts";
import type { Policy } from "../../lib/model/policy.ts";
import { toJsonParts } from "../../lib/report/files/json.ts";
import { rules } from "../../rules/index.ts";
import { describeCommand } from "../command-name.ts";
import { messageOf } from "../error-info.ts";
import { auditStatus, exitStatus, type FailOn, failOnChoices } from "../exit-status.ts";
import { historyOption } from "../history/history-option.ts";
import { compareToBaseline, openRecorder, recordRun } from "../history/record.ts";
import { addFilterOptions, type FilterOptions, toFilters } from "../input/filter-options.ts";
import { oneOf, refuseBoth } from "../input/option-values.ts";
import { addOrganizationOption, auditOrganizationOf, checkOrganization } from "../input/organization.ts";
import { readPolicyFile } from "../input/policy-file.ts";
import { readReport } from "../input/report-file.ts";
import { addSourceOptions, checkSource, openInventory, type SourceOptions } from "../input/source.ts";
import { type Io, write } from "../io.ts";
import { areSame, checkWritable, WriteError, writeElsewhere, writeWhole } from "../output/files.ts";
import { addOutputOptions, chooseOutputs, type OutputOptions, writeReport } from "../output/report-output.ts";
import { version } from "../version.ts";

type AuditOptions = SourceOptions &
  OutputOptions &
  FilterOptions & {
    readonly failOn: FailOn;
    readonly saveInventory?: string;
    readonly history?: string;
    readonly baseline?: string;
  };

const examples = `
Examples:
  rds-password-audit audit --region eu-west-1
  rds-password-audit audit --profile staging production --all-regions --policy policy.yaml
  rds-password-audit audit --region eu-west-1 --output report.json --fail-on high
  rds-password-audit audit --region eu-west-1 --format table --format sarif=rds.sarif --format html=rds.html
  rds-password-audit audit --region eu-west-1 --format lines | grep ^critical
  rds-password-audit audit --region eu-west-1 --save-inventory monday.json
  rds-password-audit audit --organization --policy policy.yaml
  rds-password-audit audit --from monday.json --policy stricter.yaml
  rds-password-audit audit --from monday.json --severity high --database "prod-*"
  rds-password-audit audit --region eu-west-1 --history audits.db
  rds-password-audit audit --region eu-west-1 --baseline accepted.json

The filters limit what is shown, not the exit status.

Exit status:
  0  no finding at or above --fail-on, and coverage is complete
  1  at least one finding at or above --fail-on that is not exempt
  2  an option, a file, the policy or a setting is invalid
  3  no finding at or above --fail-on, but coverage is incomplete
  4  AWS denied access, a file could not be written, or the program failed
  130  interrupted while reading an organization`;

/** `audit`: judges every database of some accounts and Regions. Prints a report and sets the exit status. */
export function addAudit(program: Command, io: Io, end: (status: number) => void): void {
  const command = program.command("audit").description("audit every RDS and Aurora database of an account");
  addFilterOptions(addOutputOptions(addOrganizationOption(addSourceOptions(command))))
    .addOption(
      new Option("--fail-on <severity>", `exit with 1 at this severity or above: ${failOnChoices.join(", ")}`)
        .default("low")
        .argParser(oneOf("--fail-on", failOnChoices)),
    )
    .option("--save-inventory <file>", "save what was read from AWS, to judge it again with --from")
    .addOption(historyOption("keep every run in this file, for history, trend and diff"))
    .option("--baseline <file>", "a JSON report: exit with 1 only for violations that it does not have")
    .addHelpText("after", examples)
    .action(async (options: AuditOptions) => end(await audit(options, io)));
}

async function audit(options: AuditOptions, io: Io): Promise<number> {
  const { from, saveInventory, policy: policyFile, failOn, history, baseline: baselineFile } = options;
  checkSource(options);
  checkOrganization(options);
  refuseBoth({ "--from": from, "--save-inventory": saveInventory });
  const { policy, source } = await readPolicyFile(policyFile);
  const filters = toFilters(options);
  const outputs = await chooseOutputs(options, [policyFile, from, history]);
  if (saveInventory !== undefined) {
    await checkWritable(saveInventory, "--save-inventory", [policyFile]);
    for (const { file } of outputs)
      if (file !== null && (await areSame(file, saveInventory)))
        throw new UsageError(`--save-inventory and the report name the same file, ${file}: give each its own.`);
  }
  const baseline = baselineFile === undefined ? null : await readReport(baselineFile);
  const recorder = history === undefined ? null : await openRecorder(history);
  const request = { command: describeCommand(io), policy: source };
  const audited = options.organization
    ? await auditOrganizationOf(options, policy, io, { request, keepInventory: saveInventory !== undefined })
    : await auditAccounts(options, policy, io, request);
  if (audited === null) {
    recorder?.close();
    return exitStatus.interrupted;
  }
  const { inventory } = audited;
  const { report, runs, error } =
    recorder === null ? { report: audited.report, runs: [], error: null } : recordRun(audited.report, recorder);
  // A full disk costs neither the report nor a word about what else it costs.
  await throwTogether([
    async () => {
      if (error !== null) throw error;
    },
    async () => {
      if (saveInventory !== undefined && inventory !== null) await save(inventory, saveInventory, io);
    },
    () => writeReport(narrowReport(report, filters), outputs, io, { ...options, runs }),
  ]);
  // What a filter leaves out counts.
  if (baseline === null) return auditStatus(report, failOn);
  return auditStatus({ ...report, findings: [...(await compareToBaseline(report, baseline, io))] }, failOn);
}

/** Does all of it, one after the other. If something failed, throws that, or a WriteError with all that failed. */
async function throwTogether(works: readonly (() => Promise<void>)[]): Promise<void> {
  const errors: unknown[] = [];
  for (const work of works) await work().catch((error: unknown) => errors.push(error));
  const other = errors.find((error) => !(error instanceof WriteError));
  if (other !== undefined) throw other;
  if (errors.length > 0) throw new WriteError(errors.map(messageOf).join("\n"));
}

async function auditAccounts(options: AuditOptions, policy: Policy, io: Io, request: RequestDetails) {
  const inventory = await openInventory(options, policy, io);
  if (options.from !== undefined)
    await write(io.stderr, `Judged as of ${inventory.observedAt}, when the inventory was taken.\n`);
  const report = assembleReport(inventory, {
    ...{ policy, rules, generatedAt: io.now().toISOString(), version, request },
  });
  return { report, inventory };
}

/** Throws a WriteError if the file cannot be written. The inventory is then in a temporary file, if that is possible. */
async function save(inventory: Inventory, file: string, io: Io): Promise<void> {
  // Down to the databases and secrets of each target.
  const format = () => toJsonParts(inventory, 4);
  await writeWhole(file, format()).catch(async (error: WriteError) => {
    const spare = await writeElsewhere(format(), "inventory.json").catch(() => null);
    const where =
      spare === null ? "not saved, because no temporary file could be written either" : `in ${spare} instead`;
    throw new WriteError(`${error.message} The inventory is ${where}.`, { cause: error });
  });
  await write(io.stderr, `The inventory is in ${file}.\n`);
}
