import { randomUUID } from "node:crypto";
import { type Command, Option } from "commander";
import { actionNames } from "../lib/model/action.ts";
import { UsageError } from "../lib/model/errors.ts";
import type { Policy } from "../lib/model/policy.ts";
import { applyRepairs } from "./apply-repairs.ts";
import { describeUnfinished, type End, joinPlans, reportObstacle, toStatus } from "./describe-repair-target.ts";
import { findDatabaseForSure, namingDatabases } from "./find-database.ts";
import { type AwsAccount, type Io, write } from "./io.ts";
import { oneOf } from "./option-values.ts";
import { showPlan } from "./plan.ts";
import { readPolicy } from "./policy-file.ts";
import { type RemediateOptions, toCommand } from "./remediate-options.ts";
import { type RepairTarget, type RequestedDatabase, type SurveyOptions, survey } from "./repair-target.ts";
import { addAwsOptions, checkSource, openSourceOf, takeInventoryWithProgress } from "./source.ts";
import { addStateOption, openStateOf } from "./state-option.ts";
import { topicArn } from "./topics.ts";

const examples = `
Without --apply, this shows what would be done and what blocks it, and changes nothing. The policy decides which actions are allowed (remediation.allow), and on which databases (remediation.optIn). By default, it allows nothing.
${namingDatabases}

You can interrupt it (Ctrl-C) and run it again at any time: it reads the database again and continues from there.

Examples:
  rds-password-audit remediate orders --region eu-west-1 --policy policy.yaml
  rds-password-audit remediate orders --region eu-west-1 --policy policy.yaml --apply
  rds-password-audit remediate orders ledger --region eu-west-1 --policy policy.yaml --action rotate --apply --yes
  rds-password-audit remediate arn:aws:rds:eu-west-1:123456789012:cluster:ledger --policy policy.yaml --state s3://BUCKET --apply

Exit status:
  0    everything is repaired, or no repair is needed; without --apply: nothing blocks the repair
  1    a repair was refused or failed, or needs manual action
  2    an option, a file or the policy is not valid, the database does not exist, or the action does not fit
  3    no repair is needed as far as could be read, but not everything could be
  4    AWS cannot be accessed, or the program failed
  130  interrupted`;

/** Adds `remediate`, which repairs named databases one after another, attended by a person. */
export function addRemediate(program: Command, io: Io, end: (status: number) => void): void {
  const command = program
    .command("remediate")
    .description("repair databases as the policy allows; without --apply, only show what would be done")
    .argument("<database...>");
  addStateOption(addAwsOptions(command))
    .addOption(
      new Option("--action <action>", `run this action (default: the best fit): ${actionNames.join(", ")}`).argParser(
        oneOf("--action", actionNames),
      ),
    )
    .option("--apply", "make the changes, after asking for confirmation")
    .option("--yes", "skip the confirmation, for scripts")
    .addOption(
      new Option("--findings-topic <arn>", "also publish events for machines to this SNS topic").argParser(
        topicArn("--findings-topic"),
      ),
    )
    .addOption(
      new Option("--alerts-topic <arn>", "also publish alerts for people to this SNS topic").argParser(
        topicArn("--alerts-topic"),
      ),
    )
    .addHelpText("after", examples)
    .action(async (names: readonly string[], options: RemediateOptions) => end(await remediate(names, options, io)));
}

async function remediate(names: readonly string[], options: RemediateOptions, io: Io): Promise<number> {
  checkSource(options);
  const { apply = false, yes = false } = options;
  if (apply && !yes && io.ask === null)
    throw new UsageError("--apply asks for confirmation, but there is no terminal: add --yes to skip it.");
  const policy = await readPolicy(options.policy);
  const state = await openStateOf(options, io);
  const requested = await findRequested(names, options, policy, io);
  const mode = !apply ? "dry-run" : yes ? "approved" : "ask";
  const surveyOptions: SurveyOptions = { policy, state, action: options.action, mode, runId: randomUUID().slice(0, 8) };
  const repairTargets: RepairTarget[] = [];
  for (const one of requested) repairTargets.push(await survey(one, surveyOptions, io));
  if (apply) return applyRepairs(repairTargets, { options, surveyOptions }, io);
  await showPlan(joinPlans(repairTargets), { format: "table", isInFull: true }, io);
  const ends: End[] = [];
  for (const repairTarget of repairTargets) {
    const unfinished = describeUnfinished(repairTarget);
    if (unfinished !== null) await write(io.stderr, `\n${unfinished} Run with --apply to continue it.\n`);
    ends.push((await reportObstacle(repairTarget, options, io)) ?? "repaired");
  }
  if (repairTargets.some(({ chosen }) => chosen?.runnable === true))
    await write(
      io.stderr,
      `\nNothing was changed. To make the changes, run:\n\n  ${toCommand(names, { ...options, apply: true }, io)}\n`,
    );
  return toStatus(ends);
}

/** Finds the named databases, each once, with the credentials of its account. */
async function findRequested(
  names: readonly string[],
  options: RemediateOptions,
  policy: Policy,
  io: Io,
): Promise<readonly RequestedDatabase[]> {
  const { accounts, regions } = await openSourceOf(names, options, policy, io);
  const known = accounts.map(rememberIdentity);
  const inventory = await takeInventoryWithProgress({ accounts: known, regions, policy }, io);
  const found = new Map(
    names.map((name) => findDatabaseForSure(name, inventory)).map((one) => [one.database.arn, one]),
  );
  const requested: RequestedDatabase[] = [];
  for (const { database, target } of found.values())
    for (const account of known) {
      const identity = await account.identify().catch(() => null);
      if (identity?.account !== target.account) continue;
      const port = account.region({ ...identity, region: target.region });
      requested.push({ database, port, caller: identity.arn });
      break;
    }
  return requested;
}

/** Identifies the credentials only once. */
function rememberIdentity(account: AwsAccount): AwsAccount {
  let known: ReturnType<AwsAccount["identify"]> | undefined;
  return {
    ...account,
    identify(region) {
      known ??= account.identify(region);
      return known;
    },
  };
}
