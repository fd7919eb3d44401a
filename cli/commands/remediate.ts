import { type Command, Option } from "commander";
import { actionNames } from "../../lib/model/action.ts";
import { addConsumersTo } from "../input/add-consumers.ts";
import { openDatabases } from "../input/connect-databases.ts";
import { findDatabaseForSure, namingDatabases } from "../input/find-database.ts";
import { oneOf } from "../input/option-values.ts";
import { readPolicy } from "../input/policy-file.ts";
import { addAwsOptions, checkSource, openSourceOf } from "../input/source.ts";
import { addTopicOptions } from "../input/topics.ts";
import type { Io } from "../io.ts";
import { applyRepairs } from "../repairs/apply-repairs.ts";
import { chooseMode, type RemediateOptions } from "../repairs/remediate-options.ts";
import { createRunId, type RepairTarget, type SurveyOptions, survey } from "../repairs/repair-target.ts";
import { showRepairs } from "../repairs/show-repairs.ts";
import { addStateOption, openStateOf } from "../repairs/state-option.ts";
import { consumersOption } from "./plan.ts";

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
  addTopicOptions(addStateOption(addAwsOptions(command)))
    .addOption(
      new Option("--action <action>", `run this action (default: the best fit): ${actionNames.join(", ")}`).argParser(
        oneOf("--action", actionNames),
      ),
    )
    .option("--consumers", consumersOption)
    .option("--apply", "make the changes, after asking for confirmation")
    .option("--yes", "skip the confirmation, for scripts")
    .addHelpText("after", examples)
    .action(async (names: readonly string[], options: RemediateOptions) => end(await remediate(names, options, io)));
}

async function remediate(names: readonly string[], options: RemediateOptions, io: Io): Promise<number> {
  checkSource(options);
  const mode = chooseMode(options, io);
  const policy = await readPolicy(options.policy);
  const state = await openStateOf(options, io);
  const source = await openSourceOf(names, options, policy, io);
  const { inventory, connect } = await openDatabases(source, policy, io);
  const requested = await connect(names.map((name) => findDatabaseForSure(name, inventory)));
  const surveyOptions: SurveyOptions = { policy, state, action: options.action, mode, runId: createRunId() };
  const repairTargets: RepairTarget[] = [];
  for (const one of requested) {
    const surveyed = await survey(one, surveyOptions, io);
    const plan = options.consumers
      ? await addConsumersTo(surveyed.plan, inventory, source, options, io)
      : surveyed.plan;
    repairTargets.push({ ...surveyed, plan });
  }
  if (options.apply) return applyRepairs(repairTargets, { options, surveyOptions }, io);
  return showRepairs(repairTargets, names, options, io);
}
