import { type Command, Option } from "commander";
import { assembleReport } from "../../lib/audit/assemble-report.ts";
import { UsageError } from "../../lib/model/errors.ts";
import type { Plan } from "../../lib/model/plan.ts";
import type { Report } from "../../lib/model/report.ts";
import { makePlan } from "../../lib/plan/make-plan.ts";
import { toJson } from "../../lib/report/files/json.ts";
import { renderConsumers } from "../../lib/report/terminal/consumers.ts";
import { renderPlan } from "../../lib/report/terminal/plan-table.ts";
import { makePrintable } from "../../lib/report/text/printable.ts";
import { listScopes } from "../../lib/report/text/scopes.ts";
import { rules } from "../../rules/index.ts";
import { exitStatus } from "../exit-status.ts";
import { addConsumersTo } from "../input/add-consumers.ts";
import { findDatabase, namingDatabases } from "../input/find-database.ts";
import { oneOf, refuseBoth } from "../input/option-values.ts";
import { readPolicy } from "../input/policy-file.ts";
import { addSourceOptions, checkSource, openInventory, openSourceOf, type SourceOptions } from "../input/source.ts";
import { type Io, write } from "../io.ts";
import { checkWritable, WriteError, writeWhole } from "../output/files.ts";
import { formatOfFile } from "../output/format-of-file.ts";
import { terminalOf } from "../output/terminal.ts";
import { addStateOption, openStateOf, type StateOptions } from "../repairs/state-option.ts";
import { version } from "../version.ts";

type PlanCommandOptions = SourceOptions &
  StateOptions & { readonly format?: PlanFormat; readonly output?: string; readonly consumers?: true };

const planFormats = { table: { endings: [".txt"] }, json: { endings: [".json"] } } as const;
type PlanFormat = keyof typeof planFormats;

const examples = `
Shows the repairs that would start if remediation were enabled, and what blocks the others. Named databases are shown with every gate; otherwise only closed gates are shown.
${namingDatabases}

Examples:
  rds-password-audit plan --region eu-west-1 --policy policy.yaml
  rds-password-audit plan orders ledger --region eu-west-1 --policy policy.yaml
  rds-password-audit plan orders --region eu-west-1 --policy policy.yaml --consumers
  rds-password-audit plan --all-regions --policy policy.yaml --state s3://BUCKET --format json
  rds-password-audit plan --from monday.json --policy stricter.yaml

Exit status:
  0  everything was read
  2  an option, a file or the policy is not valid, or the database does not exist
  3  not everything could be read: repairs or consumers may be missing from the plan
  4  AWS cannot be accessed, or the program failed`;

/** Adds `plan`, which shows the repairs in their order and what blocks them. */
export function addPlan(program: Command, io: Io, end: (status: number) => void): void {
  const command = program
    .command("plan")
    .description("show planned repairs and what blocks them, without changing anything")
    .argument("[database...]", "plan only for these databases (default: all)");
  addStateOption(addSourceOptions(command))
    .addOption(
      new Option(
        "-f, --format <format>",
        "print a table or JSON (default: from the name of --output, else table)",
      ).argParser(oneOf("--format", ["table", "json"])),
    )
    .option("-o, --output <file>", "write the plan to a file (default: standard output)")
    .option("--consumers", consumersOption)
    .addHelpText("after", examples)
    .action(async (names: readonly string[], options: PlanCommandOptions) => end(await plan(names, options, io)));
}

/** The description of `--consumers`, here and in `remediate`. */
export const consumersOption = "also show what may stop working after enable and toggle, as the command consumers does";

/** The gate that a plan takes as open, because it changes nothing. */
export const assumptions = {
  enabled:
    'remediation is on. This plan changes nothing; to turn remediation on, run remediate --apply, or deploy with remediation: "on"',
};

async function plan(names: readonly string[], options: PlanCommandOptions, io: Io): Promise<number> {
  checkSource(options);
  const { from, output, account, roleArn, consumers } = options;
  for (const [name, value] of Object.entries({ "--from": from, "--account": account, "--role-arn": roleArn }))
    refuseBoth({ "--consumers": consumers, [name]: value });
  if (consumers && names.length === 0)
    throw new UsageError("--consumers needs the names of databases, because it takes up to a minute for each.");
  const policy = await readPolicy(options.policy);
  if (output !== undefined) await checkWritable(output, "--output", [options.policy, from]);
  const format = options.format ?? (output === undefined ? "table" : formatOfFile(output, planFormats));
  const { value: state } = await (await openStateOf(options, io)).read();
  const inventory = await openInventory(options, policy, io, { names, forRepair: true });
  const named = names.map((name) => findDatabase(name, inventory).database.arn);
  const bare = makePlan(inventory, {
    ...{ policy, rules, state, now: inventory.observedAt, isEnabled: false, assumptions },
    only: named.length === 0 ? null : new Set(named),
  });
  const made = consumers
    ? await addConsumersTo(bare, inventory, await openSourceOf(names, options, policy, io), options, io)
    : bare;
  if (from !== undefined)
    await write(io.stderr, `Planned as of ${inventory.observedAt}, when the inventory was taken.\n`);
  await showPlan(made, { format, output, isInFull: named.length > 0 }, io);
  const report = assembleReport(inventory, { policy, rules, generatedAt: inventory.observedAt, version });
  if (!report.coverage.complete)
    await write(
      io.stderr,
      `Not everything could be read, so repairs may be missing from the plan: ${describeUnseen(report)}.\n`,
    );
  const isComplete = report.coverage.complete && (made.consumers ?? []).every(({ gaps }) => gaps.length === 0);
  return isComplete ? exitStatus.clean : exitStatus.incomplete;
}

/** The calls that failed and where. If no call failed, the rules that returned INSUFFICIENT_DATA. */
function describeUnseen({ coverage, findings }: Report): string {
  const calls = [...Map.groupBy(coverage.gaps, ({ action, code }) => `${action} (${code})`)];
  const unjudged = findings.filter(({ status }) => status === "INSUFFICIENT_DATA").map(({ rule }) => rule);
  return calls.length > 0
    ? calls.map(([call, gaps]) => `${call} in ${listScopes(gaps)}`).join(", ")
    : `${[...new Set(unjudged)].join(", ")} could not be evaluated`;
}

/** Prints a plan, or writes it to a file. */
export async function showPlan(
  made: Plan,
  { format, output, isInFull }: { format: PlanFormat; output?: string | undefined; isInFull: boolean },
  io: Io,
): Promise<void> {
  const terminal = terminalOf(output === undefined ? io.stdout : null, io);
  const consumers = (made.consumers ?? []).map((one) => `\n${renderConsumers(makePrintable(one), terminal)}`);
  const table = () => renderPlan(made, { ...terminal, gates: isInFull ? "all" : "closed" });
  const text = format === "json" ? toJson(made) : [table(), ...consumers].join("");
  if (output === undefined) return write(io.stdout, text);
  await writeWhole(output, text).catch(async (error: WriteError) => {
    await write(io.stdout, text);
    throw new WriteError(`${error.message} The plan is on standard output instead.`, { cause: error });
  });
  await write(io.stderr, `Wrote the plan to ${output}.\n`);
}
