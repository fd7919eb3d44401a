import { type Command, Option } from "commander";
import { activeRules } from "../../lib/audit/judge.ts";
import {
  type ActionName,
  type AllowableAction,
  actionNames,
  allowableActions,
  permissionFor,
} from "../../lib/model/action.ts";
import { UsageError } from "../../lib/model/errors.ts";
import type { Policy } from "../../lib/model/policy.ts";
import type { Preflight } from "../../lib/model/preflight.ts";
import { listPermissionNeeds } from "../../lib/preflight/permission-needs.ts";
import { runPreflight } from "../../lib/preflight/run-preflight.ts";
import { toJson } from "../../lib/report/files/json.ts";
import { renderPreflight } from "../../lib/report/terminal/preflight.ts";
import { makePrintable } from "../../lib/report/text/printable.ts";
import { rules } from "../../rules/index.ts";
import { exitStatus } from "../exit-status.ts";
import { openAws } from "../input/aws-environment.ts";
import { oneOf } from "../input/option-values.ts";
import { readPolicy } from "../input/policy-file.ts";
import { addAwsOptions, checkSource, openSourceOf, type SourceOptions } from "../input/source.ts";
import { type Io, write } from "../io.ts";
import { terminalOf } from "../output/terminal.ts";

type PreflightOptions = Omit<SourceOptions, "from"> & {
  readonly repair?: readonly AllowableAction[];
  readonly deployment?: true;
  readonly format: "table" | "json";
};

const examples = `
Nothing is changed: permissions to read are tried with calls that read, permissions to change by dry runs and by the simulation of your IAM policies (iam:SimulatePrincipalPolicy, and iam:GetRole for a role).

Examples:
  rds-password-audit preflight --region eu-west-1
  rds-password-audit preflight --region eu-west-1 --repair rotate toggle
  rds-password-audit preflight --region eu-west-1 --policy policy.yaml --deployment
  rds-password-audit preflight --profile staging production --all-regions --format json

Exit status:
  0  everything needed is there
  1  a permission or a prerequisite is missing
  2  an option, a file, the policy or a setting is invalid
  3  nothing is known to be missing, but something cannot be told
  4  no account could be opened, or the program failed`;

/** `preflight`: tries the permissions that an audit and repairs need, without changing anything. */
export function addPreflight(program: Command, io: Io, end: (status: number) => void): void {
  addAwsOptions(
    program
      .command("preflight")
      .description("try the permissions that an audit and repairs need, without changing anything"),
  )
    .addOption(
      new Option(
        "--repair <action...>",
        `repairs to check: ${allowableActions.join(", ")} (default: those that the policy allows)`,
      ).argParser(toActions),
    )
    .option("--deployment", "also check what a deployment of the service needs")
    .addOption(
      new Option("-f, --format <format>", "table or json")
        .default("table")
        .argParser(oneOf("--format", ["table", "json"])),
    )
    .addHelpText("after", examples)
    .action(async (options: PreflightOptions) => end(await preflight(options, io)));
}

async function preflight(options: PreflightOptions, io: Io): Promise<number> {
  checkSource(options);
  const policy = await readPolicy(options.policy);
  const repairs = toRepairs(options.repair ?? policy.remediation.allow);
  const { accounts, regions } = await openSourceOf([], options, policy, io);
  const profiles = [...new Set(options.profile ?? [])];
  const aws = await openAws(io, profiles);
  const result = await runPreflight(
    accounts.map((account, index) => {
      const profile = profiles[index];
      const caller = profile === undefined ? {} : { profile };
      return {
        account,
        openSimulation: (region) => aws.openSimulation(region === undefined ? caller : { ...caller, region }),
        openPrerequisites: (region) => aws.openPrerequisites({ ...caller, region }),
      };
    }),
    {
      regions,
      needs: listPermissionNeeds(activeRules(rules, policy), repairs),
      requiredKeys: toRequiredKeys(policy),
      forDeployment: options.deployment ? { hasRepairs: repairs.length > 0 } : null,
    },
    io.now().toISOString(),
  );
  await write(
    io.stdout,
    options.format === "json" ? toJson(result) : renderPreflight(makePrintable(result), terminalOf(io.stdout, io)),
  );
  return statusOf(result);
}

/** The actions that these permissions of a policy allow, `finish-interrupted` included. */
function toRepairs(allowed: readonly AllowableAction[]): readonly ActionName[] {
  return actionNames.filter((action) => allowed.includes(permissionFor(action)));
}

function toRequiredKeys({ keys }: Policy): readonly string[] {
  return [...new Set(keys.flatMap(({ require }) => require))];
}

function statusOf({ permissions, prerequisites, unopened }: Preflight): number {
  const needed = prerequisites?.filter(({ isOptional }) => !isOptional) ?? [];
  const statuses = [...permissions, ...needed].map(({ status }) => status);
  if (statuses.includes("lack")) return exitStatus.findings;
  return statuses.includes("unknown") || unopened.length > 0 ? exitStatus.incomplete : exitStatus.clean;
}

function toActions(value: string, previous: readonly AllowableAction[] = []): readonly AllowableAction[] {
  const names = value.split(",").map((name) => name.trim());
  if (names.includes("")) throw new UsageError("--repair is empty: give it an action, or omit the option.");
  return [...previous, ...names.map(oneOf("--repair", allowableActions))];
}
