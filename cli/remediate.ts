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
import { type RepairTarget, survey, type Wanted } from "./repair-target.ts";
import { addAwsOptions, checkSource, openSourceOf, takeInventoryWithProgress } from "./source.ts";
import { addStateOption, openStateOf } from "./state-option.ts";
import { topicArn } from "./topics.ts";

const examples = `
Without --apply it changes nothing, and shows what it would do and what stands in the way. What may be done, and on which
databases, is for the policy to say (remediation.allow, remediation.optIn); by default that is nothing.
${namingDatabases}

It can be interrupted (Ctrl-C) and run again at any point: it looks at the database, and goes on from there.

Examples:
  rds-password-audit remediate orders --region eu-west-1 --policy policy.yaml
  rds-password-audit remediate orders --region eu-west-1 --policy policy.yaml --apply
  rds-password-audit remediate orders ledger --region eu-west-1 --policy policy.yaml --action rotate --apply --yes
  rds-password-audit remediate arn:aws:rds:eu-west-1:123456789012:cluster:ledger --policy policy.yaml --state s3://BUCKET --apply

Exit status:
  0    everything is repaired, or nothing was to be done; without --apply: nothing stands in the way
  1    something was refused or failed, or is for a person to do
  2    an option, a file or the policy cannot be used, there is no such database, or the action does not fit
  3    nothing was to be done, but not everything was seen
  4    AWS cannot be entered, or the program failed
  130  it was interrupted`;

/** `remediate`: repairs databases by name, one after another, while a person stands by. */
export function addRemediate(program: Command, io: Io, end: (status: number) => void): void {
  const command = program
    .command("remediate")
    .description("repair databases that the policy lets be repaired; without --apply it only says what it would do")
    .argument("<database...>");
  addStateOption(addAwsOptions(command))
    .addOption(
      new Option("--action <action>", `what to do (default: what fits best): ${actionNames.join(", ")}`).argParser(
        oneOf("--action", actionNames),
      ),
    )
    .option("--apply", "do it, after asking")
    .option("--yes", "do not ask: for scripts")
    .addOption(
      new Option("--findings-topic <arn>", "publish the news to this SNS topic too, for machines").argParser(
        topicArn("--findings-topic"),
      ),
    )
    .addOption(
      new Option("--alerts-topic <arn>", "publish the news to this SNS topic too, for people").argParser(
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
    throw new UsageError("--apply asks before it changes anything, and there is no terminal to ask at: give --yes.");
  const policy = await readPolicy(options.policy);
  const state = await openStateOf(options, io);
  const wanted = await findWanted(names, options, policy, io);
  const surveyOptions = { policy, state, action: options.action };
  const repairTargets: RepairTarget[] = [];
  for (const one of wanted) repairTargets.push(await survey(one, surveyOptions, io));
  if (apply) return applyRepairs(repairTargets, { options, surveyOptions }, io);
  await showPlan(joinPlans(repairTargets), { format: "table", isInFull: true }, io);
  const ends: End[] = [];
  for (const repairTarget of repairTargets) {
    const unfinished = describeUnfinished(repairTarget);
    if (unfinished !== null) await write(io.stderr, `\n${unfinished} With --apply that is gone on with.\n`);
    ends.push((await reportObstacle(repairTarget, options, io)) ?? "repaired");
  }
  if (repairTargets.some(({ chosen }) => chosen?.runnable === true))
    await write(
      io.stderr,
      `\nNothing was changed. To do it:\n\n  ${toCommand(names, { ...options, apply: true }, io)}\n`,
    );
  return toStatus(ends);
}

/** The databases that the names mean, each once, with the credentials of the account that it is in. */
async function findWanted(
  names: readonly string[],
  options: RemediateOptions,
  policy: Policy,
  io: Io,
): Promise<readonly Wanted[]> {
  const { accounts, regions } = await openSourceOf(names, options, policy, io);
  const known = accounts.map(rememberIdentity);
  const inventory = await takeInventoryWithProgress({ accounts: known, regions, policy }, io);
  const found = new Map(
    names.map((name) => findDatabaseForSure(name, inventory)).map((one) => [one.database.arn, one]),
  );
  const wanted: Wanted[] = [];
  for (const { database, target } of found.values())
    for (const account of known) {
      const identity = await account.identify().catch(() => null);
      if (identity?.account !== target.account) continue;
      const port = account.region({ ...identity, region: target.region });
      wanted.push({ database, port, caller: identity.arn });
      break;
    }
  return wanted;
}

/** Asks once who some credentials are. */
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
