import { type Command, Option } from "commander";
import { compareText } from "../../lib/model/compare-text.ts";
import { pacingGates } from "../../lib/model/gates.ts";
import type { PlannedAction } from "../../lib/model/plan.ts";
import { limitToBudget } from "../../lib/plan/limit-to-budget.ts";
import { count } from "../../lib/report/text/count.ts";
import { openDatabases } from "../input/connect-databases.ts";
import { namingDatabases } from "../input/find-database.ts";
import { oneOf, tagsOf } from "../input/option-values.ts";
import { readPolicy } from "../input/policy-file.ts";
import { checkSelection, reportSelection, selectRotations } from "../input/rotation-selection.ts";
import { addAwsOptions, checkSource, openSourceOf } from "../input/source.ts";
import { addTopicOptions } from "../input/topics.ts";
import { type Io, write } from "../io.ts";
import { applyRepairs } from "../repairs/apply-repairs.ts";
import { chooseMode, type RemediateOptions } from "../repairs/remediate-options.ts";
import { createRunId, type RepairTarget, type SurveyOptions, survey } from "../repairs/repair-target.ts";
import { showRepairs } from "../repairs/show-repairs.ts";
import { addStateOption, openStateOf } from "../repairs/state-option.ts";

const leftOut = `${pacingGates.slice(0, -1).join(", ")} and ${pacingGates.at(-1)}`;

const examples = `
Without --apply, this shows what would be done and what blocks it, and changes nothing. RDS generates a new master password and stores it in the secret, which keeps its ARN. The gates of any repair hold: the policy must allow rotate (remediation.allow) and opt in the database (remediation.optIn).
${namingDatabases}

--now is for an incident. It leaves out the gates about timing and pace: ${leftOut}. All others hold.

Examples:
  rds-password-audit rotate orders --region eu-west-1 --policy policy.yaml
  rds-password-audit rotate orders --region eu-west-1 --policy policy.yaml --apply
  rds-password-audit rotate --tag team=orders stage=prod --all-regions --policy policy.yaml --apply
  rds-password-audit rotate --all --region eu-west-1 --policy policy.yaml --now --apply

Exit status:
  0    every selected password is rotated; without --apply: nothing blocks the rotation
  1    a rotation was refused or failed, or a password must be changed by hand
  2    an option, a file or the policy is not valid, or a database does not exist or cannot be rotated
  3    everything selected is rotated, but databases may be missing because not everything could be read
  4    AWS cannot be accessed, or the program failed
  130  interrupted`;

/** Adds `rotate`, which rotates managed master passwords that no finding is about: for a leaver, or an incident. */
export function addRotate(program: Command, io: Io, end: (status: number) => void): void {
  const command = program
    .command("rotate")
    .description("rotate managed master passwords on demand; without --apply, only show what would be done")
    .argument("[database...]");
  addTopicOptions(addStateOption(addAwsOptions(command)))
    .addOption(
      new Option("--tag <key=value...>", "rotate all databases that have these tags").argParser(tagsOf("--tag")),
    )
    .option("--all", "rotate all databases of the accounts and Regions")
    .option("--now", `leave out the gates about timing and pace: ${leftOut}`)
    .addOption(
      new Option("-f, --format <format>", "print the plan as a table or JSON")
        .default("table")
        .argParser(oneOf("--format", ["table", "json"])),
    )
    .option("--apply", "make the changes, after asking for confirmation")
    .option("--yes", "skip the confirmation, for scripts")
    .addHelpText("after", examples)
    .action(async (names: readonly string[], options: Omit<RemediateOptions, "rotate" | "action">) =>
      end(await rotate(names, { ...options, rotate: true }, io)),
    );
}

async function rotate(names: readonly string[], options: RemediateOptions, io: Io): Promise<number> {
  checkSource(options);
  checkSelection(names, options);
  const mode = chooseMode(options, io);
  const policy = await readPolicy(options.policy);
  const state = await openStateOf(options, io);
  const { inventory, connect } = await openDatabases(await openSourceOf(names, options, policy, io), policy, io);
  const selection = selectRotations(inventory, names, { ...options, policy });
  const onDemand = { leftOut: options.now ? [...pacingGates] : [] };
  const surveyOptions: SurveyOptions = { policy, state, action: undefined, onDemand, mode, runId: createRunId() };
  const surveyed: RepairTarget[] = [];
  for (const one of await connect(selection.rotatable)) surveyed.push(await survey(one, surveyOptions, io));
  const { value } = await state.read();
  const actions = surveyed.flatMap(({ plan }) => plan.actions);
  const limited = limitToBudget(actions, { policy, state: value, now: io.now().toISOString() });
  const repairTargets = sortAlike(surveyed.map((one) => withActions(one, limited)));
  if (options.now) await write(io.stderr, `--now leaves out the gates ${leftOut}; all others hold.\n\n`);
  const status = options.apply
    ? await applyRepairs(repairTargets, { options, surveyOptions }, io)
    : await showRepairs(repairTargets, names, options, io);
  const paced = repairTargets.filter(({ chosen }) => chosen !== null && isOnlyPaced(chosen));
  if (paced.length > 0)
    await write(io.stderr, `\nOnly time holds up ${count(paced.length, "rotation")}. In an incident, add --now.\n`);
  return reportSelection(selection, status, io);
}

/** True if the rotation could start with `--now`. */
function isOnlyPaced({ runnable, gates }: PlannedAction): boolean {
  return !runnable && gates.every(({ open, gate }) => open || pacingGates.some((one) => one === gate));
}

/** Databases with the same closed gates in a row, those with the fewest first. */
function sortAlike(repairTargets: readonly RepairTarget[]): readonly RepairTarget[] {
  const closedGates = ({ chosen }: RepairTarget) =>
    chosen?.gates.flatMap(({ gate, open, reason }) => (open ? [] : `${gate} ${reason}`)) ?? [];
  return repairTargets.toSorted((a, b) => {
    const [one, other] = [closedGates(a), closedGates(b)];
    return one.length - other.length || compareText(one.join(), other.join());
  });
}

function withActions(repairTarget: RepairTarget, limited: readonly PlannedAction[]): RepairTarget {
  const actions = limited.filter(({ database }) => database.arn === repairTarget.database.arn);
  return { ...repairTarget, plan: { ...repairTarget.plan, actions }, chosen: actions[0] ?? null };
}
