import { type Command, Option } from "commander";
import { recordCallers } from "../../lib/collect/record-callers.ts";
import { type InventoryRequest, type Progress, takeInventory } from "../../lib/collect/take-inventory.ts";
import { UsageError } from "../../lib/model/errors.ts";
import type { Inventory } from "../../lib/model/inventory.ts";
import type { Policy } from "../../lib/model/policy.ts";
import { memberRoleArn } from "../../lib/organization/member-role-arn.ts";
import { rules } from "../../rules/index.ts";
import type { Aws, AwsAccount, Io } from "../io.ts";
import { createProgressBar } from "../output/progress-bar.ts";
import { createSlownessNotice } from "../output/slowness-notice.ts";
import { openAccount, openAws } from "./aws-environment.ts";
import { chooseRegions } from "./choose-regions.ts";
import { regionIn } from "./find-database.ts";
import { readInventory } from "./inventory-file.ts";
import { listOf, nonEmpty, refuseBoth, secondsOf } from "./option-values.ts";
import { policyOption } from "./policy-file.ts";
import { warnOfPolicy } from "./policy-warnings.ts";

/** What to judge: AWS, or a saved inventory. */
export type SourceOptions = {
  readonly region?: readonly string[];
  readonly allRegions?: true;
  readonly profile?: readonly string[];
  readonly account?: readonly string[];
  readonly roleArn?: readonly string[];
  readonly organization?: true;
  readonly policy?: string;
  readonly from?: string;
  readonly timeout?: number;
};

/** The accounts and Regions to read. */
export type Source = { readonly accounts: readonly AwsAccount[]; readonly regions: readonly string[] | "all" };

/** Adds the options that say what to judge. */
export function addSourceOptions(command: Command): Command {
  return addAwsOptions(command)
    .addOption(
      new Option(
        "--account <id...>",
        "accounts to read, each with the role and the external ID of the policy's organization",
      ).argParser(listOf("--account")),
    )
    .addOption(
      new Option("--role-arn <arn...>", "roles to assume, one for each account to read").argParser(
        listOf("--role-arn"),
      ),
    )
    .addOption(
      new Option(
        "--from <file>",
        "judge an inventory saved with --save-inventory, or standard input (-); needs no credentials",
      ).argParser(nonEmpty("--from")),
    )
    .addOption(
      new Option(
        "--timeout <seconds>",
        "stop reading AWS after this time, and report the rest as not seen (default: no limit)",
      ).argParser(secondsOf("--timeout")),
    );
}

/** Adds the options that say what to read in AWS, and the policy. */
export function addAwsOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        "-r, --region <region...>",
        "Regions to read (default: the policy's, else the one in the AWS configuration)",
      ).argParser(listOf("--region")),
    )
    .option("--all-regions", "read every Region that is enabled for the account")
    .addOption(
      new Option(
        "-p, --profile <name...>",
        "AWS profiles, one for each account (default: the AWS configuration's credentials)",
      ).argParser(listOf("--profile")),
    )
    .addOption(policyOption("policy file, YAML or JSON (default: built-in rules, any key)"));
}

/** Throws a UsageError if options contradict each other. */
export function checkSource({ region, allRegions, profile, account, roleArn, from, timeout }: SourceOptions): void {
  refuseBoth({ "--region": region, "--all-regions": allRegions });
  refuseBoth({ "--from": from, "--region": region });
  refuseBoth({ "--from": from, "--all-regions": allRegions });
  refuseBoth({ "--from": from, "--profile": profile });
  refuseBoth({ "--from": from, "--timeout": timeout });
  refuseBoth({ "--from": from, "--account": account });
  refuseBoth({ "--from": from, "--role-arn": roleArn });
  for (const id of account ?? [])
    if (!/^\d{12}$/.test(id)) throw new UsageError(`--account takes an account ID of 12 digits, not "${id}".`);
  for (const arn of roleArn ?? [])
    if (!/^arn:[\w-]+:iam::\d{12}:role\/./.test(arn))
      throw new UsageError(
        `--role-arn takes the ARN of an IAM role, such as arn:aws:iam::123456789012:role/auditor, not "${arn}".`,
      );
  if ((profile ?? []).length > 1 && (account ?? roleArn) !== undefined)
    throw new UsageError("--account and --role-arn take one --profile: the one whose credentials assume the roles.");
}

/** The member role of the policy. Throws a UsageError without an external ID, which keeps others from using the auditor to enter the accounts. */
export function memberRoleOf({ organization }: Policy, option: string): { roleName: string; externalId: string } {
  const { roleName, externalId } = organization;
  if (externalId !== undefined) return { roleName, externalId };
  throw new UsageError(
    `${option} needs organization.externalId in the policy (--policy): the external ID that the role ${roleName} requires.`,
  );
}

/** Reads the inventory file, or takes an inventory of AWS, and says what in the policy fits nothing in it. `names` are databases that it must cover. */
export async function openInventory(
  options: SourceOptions,
  policy: Policy,
  io: Io,
  { names = [], forRepair = false }: { names?: readonly string[]; forRepair?: boolean } = {},
): Promise<Inventory> {
  const { from } = options;
  const inventory =
    from === undefined
      ? await takeInventoryWithProgress({ ...(await openSourceOf(names, options, policy, io)), policy, forRepair }, io)
      : await readInventory(from, io);
  if (names.length === 0) await warnOfPolicy(policy, inventory, io);
  return inventory;
}

/** The accounts and Regions of the options. Without Region options, ARNs among `names` add their Regions, or replace the default. */
export async function openSourceOf(
  names: readonly string[],
  options: Omit<SourceOptions, "from" | "policy">,
  policy: Policy,
  io: Io,
): Promise<Source> {
  const regions = names.flatMap((name) => regionIn(name) ?? []);
  const hasRegions = options.region !== undefined || options.allRegions !== undefined;
  if (hasRegions || regions.length === 0) return openSource(options, policy, io);
  if (regions.length === names.length) return openSource({ ...options, region: regions }, policy, io);
  const source = await openSource(options, policy, io);
  return source.regions === "all" ? source : { ...source, regions: [...new Set([...source.regions, ...regions])] };
}

async function openSource(
  { region, allRegions, profile = [], account, roleArn, timeout }: Omit<SourceOptions, "from" | "policy">,
  policy: Policy,
  io: Io,
): Promise<Source> {
  const profiles = [...new Set(profile)];
  const aws = await openAws(io, profiles);
  const signal =
    timeout === undefined
      ? undefined
      : aws.startTimeLimit(timeout * 1000, `the time of --timeout (${timeout} s) was over`);
  const roles = await rolesOf({ account, roleArn, profile: profiles[0] }, aws, policy);
  const accounts =
    roles.length > 0
      ? roles.map((role) => aws.openRole({ ...role, signal, ...(profiles[0] && { profile: profiles[0] }) }))
      : (profiles.length === 0 ? [undefined] : profiles).map((name) => openAccount(aws, name, signal));
  if (allRegions) return { accounts, regions: "all" };
  const settings = { regions: region ?? policy.regions, profiles, remedy: "--region or --all-regions" };
  return { accounts, regions: await chooseRegions(settings, aws, accounts) };
}

/** The roles to assume, and what their trust policies require as external ID. */
async function rolesOf(
  {
    account = [],
    roleArn = [],
    profile,
  }: {
    account: readonly string[] | undefined;
    roleArn: readonly string[] | undefined;
    profile: string | undefined;
  },
  aws: Aws,
  policy: Policy,
): Promise<readonly { roleArn: string; externalId: string | undefined }[]> {
  const given = roleArn.map((arn) => ({ roleArn: arn, externalId: policy.organization.externalId }));
  if (account.length === 0) return given;
  const { roleName, externalId } = memberRoleOf(policy, "--account");
  const { partition } = await openAccount(aws, profile).identify();
  const roles = account.map((id) => ({ roleArn: memberRoleArn(id, partition, { roleName }), externalId }));
  return [...given, ...roles];
}

/** Takes an inventory; shows the progress on a terminal, and says so if it takes long. */
export async function takeInventoryWithProgress(
  request: Pick<InventoryRequest, "regions" | "policy" | "forRepair"> & Pick<Source, "accounts">,
  io: Io,
): Promise<Inventory> {
  const { accounts, callers } = recordCallers(request.accounts);
  const progressBar = createProgressBar(io.stderr);
  const notice = createSlownessNotice(io.stderr);
  const onProgress = (progress: Progress) => {
    progressBar.show(progress);
    notice.show(progress);
  };
  try {
    const inventory = await takeInventory({ ...request, accounts, rules, now: io.now().toISOString(), onProgress });
    return { ...inventory, callers: callers() };
  } finally {
    notice.stop();
    progressBar.stop();
  }
}
