import { userInfo } from "node:os";
import { type Command, Option } from "commander";
import { emptyRemediationState, type RemediationState } from "../../lib/model/remediation-state.ts";
import { liveIn, resume, stop } from "../../lib/plan/remediation-state.ts";
import { makePrintable, toPrintable } from "../../lib/report/text/printable.ts";
import { updateStored } from "../../lib/storage/update-stored.ts";
import { exitStatus } from "../exit-status.ts";
import { openAccount } from "../input/aws-environment.ts";
import { listOf, nonEmpty } from "../input/option-values.ts";
import { type Io, write } from "../io.ts";
import { addStateOption, openStateOf, type StateOptions, stateLocationOf } from "../repairs/state-option.ts";

type StopOptions = StateOptions & { readonly why: string };

/** `stop` and `resume`: pause all repairs that share a repair state, or end the pause. */
export function addStop(program: Command, io: Io, end: (status: number) => void): void {
  addStateOptions(program.command("stop").description("pause all repairs"))
    .addOption(
      new Option("--why <text>", "reason, shown with every repair that is refused")
        .default("no reason given")
        .argParser(nonEmpty("--why")),
    )
    .addHelpText(
      "after",
      `
With --state s3://BUCKET, this pauses the deployed service and every terminal that shares the bucket. Otherwise it pauses only your own terminal. A repair that has started to change a database still finishes, because an interrupted toggle is worse than a finished one.

Examples:
  rds-password-audit stop --state s3://BUCKET --why "Black Friday"
  rds-password-audit stop`,
    )
    .action(async (options: StopOptions) => end(await stopAll(options, io)));
  addStateOptions(program.command("resume").description("resume repairs after a stop"))
    .addHelpText(
      "after",
      `
This also ends a stop of the circuit breaker, and resets its count of failures.

Examples:
  rds-password-audit resume --state s3://BUCKET
  rds-password-audit resume`,
    )
    .action(async (options: StateOptions) => end(await resumeAll(options, io)));
}

function addStateOptions(command: Command): Command {
  return addStateOption(command).addOption(
    new Option("-p, --profile <name...>", "AWS profile that opens the bucket").argParser(listOf("--profile")),
  );
}

async function stopAll({ why, ...options }: StopOptions, io: Io): Promise<number> {
  const state = await openStateOf(options, io);
  const { version } = await state.read();
  const stopped = { at: io.now().toISOString(), by: await callerName(options, io), why };
  let before = null as RemediationState["stopped"];
  let present = emptyRemediationState;
  await updateStored(state, (value) => {
    before = value.stopped;
    present = stop(value, stopped);
    return present;
  });
  const lines = [
    before === null ? "Stopped" : `Stopped again; it was already stopped ${describeStop(before)}`,
    ": no repair starts until rds-password-audit resume.\n",
    describeScope(options, io),
    version === null && options.state !== undefined ? "This state is new: no repair has used it yet.\n" : "",
    describeRunning(present, stopped.at),
  ];
  await write(io.stdout, lines.join(""));
  return exitStatus.clean;
}

async function resumeAll(options: StateOptions, io: Io): Promise<number> {
  const state = await openStateOf(options, io);
  let before = null as RemediationState["stopped"];
  await updateStored(state, (value) => {
    before = value.stopped;
    return value.stopped === null ? null : resume(value);
  });
  await write(
    io.stdout,
    before !== null
      ? `Resumed: repairs start again if every other check passes. They were stopped ${describeStop(before)}.\n`
      : `Repairs were not stopped.\n${describeScope(options, io)}`,
  );
  return exitStatus.clean;
}

/** Says what the stop applies to: without the bucket, only to terminals. */
function describeScope({ state }: StateOptions, io: Io): string {
  const location = stateLocationOf(state, io.env);
  return location.startsWith("s3://")
    ? `This applies to the service and all terminals that share ${location}.\n`
    : `This applies to terminals that share ${location}, not to a deployed service: for that, give --state s3://BUCKET.\n`;
}

/** The caller's ARN for a bucket, which others share; the user's name for a file. */
async function callerName({ state, profile = [] }: StateOptions, io: Io): Promise<string> {
  const user = io.env.USER ?? userInfo().username;
  if (!state?.startsWith("s3://")) return user;
  // A stop must not depend on AWS STS.
  return openAccount(await io.loadAws(), profile[0])
    .identify()
    .then(
      ({ arn }) => arn,
      () => user,
    );
}

function describeStop(stopped: NonNullable<RemediationState["stopped"]>): string {
  const { at, by, why } = makePrintable(stopped);
  return `at ${at} by ${by} (${why})`;
}

/** Lists the running repairs: those that have changed something finish, those that only wait are refused. */
function describeRunning(state: RemediationState, now: string): string {
  const running = liveIn(state, now);
  if (running.length === 0) return "No repair is running.\n";
  const list = (isChanging: boolean, title: string): string => {
    const lines = running
      .filter((one) => one.isChanging === isChanging)
      .map(
        ({ action, arn, execution, since }) => `  ${toPrintable(`${action} of ${arn} (${execution}, since ${since})`)}`,
      );
    return lines.length === 0 ? "" : `${title}:\n${lines.join("\n")}\n`;
  };
  return list(true, "Running repairs that still finish") + list(false, "Waiting repairs that do not start");
}
