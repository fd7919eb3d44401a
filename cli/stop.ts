import { userInfo } from "node:os";
import type { Command } from "commander";
import { emptyRemediationState, type RemediationState } from "../lib/model/remediation-state.ts";
import { liveIn, resume, stop } from "../lib/plan/remediation-state.ts";
import { makePrintable, toPrintable } from "../lib/report/text/printable.ts";
import { updateStored } from "../lib/storage/update-stored.ts";
import { exitStatus } from "./exit-status.ts";
import { type Io, openAccount, write } from "./io.ts";
import { toStateLocation } from "./state-file.ts";
import { addStateOption, openStateOf, type StateOptions } from "./state-option.ts";

type StopOptions = StateOptions & { readonly why?: string };

const what = "the state of remediation";

/** `stop` and `resume`: whether anything is begun at all, on whatever shares the state. */
export function addStop(program: Command, io: Io, end: (status: number) => void): void {
  addStateOptions(program.command("stop").description("let no repair be begun any more"))
    .option("--why <text>", "what is said to whoever meets it", "somebody said so")
    .addHelpText(
      "after",
      `
It holds for everything that shares the state: with --state s3://BUCKET for the deployed service, else for your own terminal.
What is begun is finished, because a toggle that is left in the middle is worse than one that is done.

Examples:
  rds-password-audit stop --state s3://BUCKET --why "Black Friday"
  rds-password-audit stop`,
    )
    .action(async (options: StopOptions) => end(await stopAll(options, io)));
  addStateOptions(program.command("resume").description("let repairs be begun again"))
    .addHelpText(
      "after",
      `
It takes back a stop, that of the circuit breaker too, and failures are counted anew.

Examples:
  rds-password-audit resume --state s3://BUCKET
  rds-password-audit resume`,
    )
    .action(async (options: StateOptions) => end(await resumeAll(options, io)));
}

function addStateOptions(command: Command): Command {
  return addStateOption(command).option("-p, --profile <name...>", "AWS profile that opens the bucket");
}

async function stopAll({ why = "", ...options }: StopOptions, io: Io): Promise<number> {
  const state = await openStateOf(options, io);
  const stopped = { at: io.now().toISOString(), by: await whoAmI(options, io), why };
  let before = null as RemediationState["stopped"];
  let present = null as RemediationState | null;
  await updateStored(what, state, (value) => {
    before = value.stopped;
    present = stop(value, stopped);
    return present;
  });
  await write(
    io.stdout,
    `${before === null ? "Stopped" : `Stopped, as it was ${describe(before)}`}: nothing new is begun until rds-password-audit resume.\n${describeLocation(options, io)}${describeRunning(present, stopped.at)}`,
  );
  return exitStatus.clean;
}

async function resumeAll(options: StateOptions, io: Io): Promise<number> {
  const state = await openStateOf(options, io);
  let before = null as RemediationState["stopped"];
  await updateStored(what, state, (value) => {
    before = value.stopped;
    return value.stopped === null ? null : resume(value);
  });
  await write(
    io.stdout,
    before !== null
      ? `Resumed: repairs are begun again where nothing else is in the way. It was stopped ${describe(before)}.\n`
      : `Nothing was stopped.\n${describeLocation(options, io)}`,
  );
  return exitStatus.clean;
}

/** What it holds for: who forgets the bucket has stopped nothing but a terminal. */
function describeLocation({ state }: StateOptions, io: Io): string {
  const location = toStateLocation(state, io.env);
  return location.startsWith("s3://")
    ? `That holds for all that share ${location}.\n`
    : `That holds for terminals that share ${location}, not for a deployed service: that has --state s3://BUCKET.\n`;
}

/** Who shares a state is told whose word it was: by the caller's ARN in a bucket, by the user's name in a file of their own. */
async function whoAmI({ state, profile = [] }: StateOptions, io: Io): Promise<string> {
  const user = io.env.USER ?? userInfo().username;
  if (!state?.startsWith("s3://")) return user;
  // To be stopped it must not depend on a second service.
  return openAccount(await io.loadAws(), profile[0])
    .identify()
    .then(
      ({ arn }) => arn,
      () => user,
    );
}

function describe(stopped: NonNullable<RemediationState["stopped"]>): string {
  const { at, by, why } = makePrintable(stopped);
  return `since ${at} by ${by} (${why})`;
}

/** What is under way: what has changed something is finished, what only waits is refused when it wakes. */
function describeRunning(state: RemediationState | null, now: string): string {
  const running = liveIn(state ?? emptyRemediationState, now);
  if (running.length === 0) return "Nothing is under way.\n";
  const list = (isChanging: boolean, what: string): string => {
    const lines = running
      .filter((one) => one.isChanging === isChanging)
      .map(
        ({ action, arn, execution, since }) => `  ${toPrintable(`${action} of ${arn} (${execution}, since ${since})`)}`,
      );
    return lines.length === 0 ? "" : `${what}:\n${lines.join("\n")}\n`;
  };
  return list(true, "What is begun is finished") + list(false, "What only waits will not begin");
}
