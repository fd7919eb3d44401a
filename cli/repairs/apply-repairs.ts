import { readDescription } from "../../lib/collect/observe-database.ts";
import { announceSecret, reapIfRepaired } from "../../lib/executions/reap-executions.ts";
import { describeDatabase, isSettled } from "../../lib/model/database.ts";
import { AwsCallError } from "../../lib/model/errors.ts";
import type { Plan, PlannedAction } from "../../lib/model/plan.ts";
import type { RemediationEvent } from "../../lib/model/remediation-event.ts";
import { describeAction } from "../../lib/plan/make-plan.ts";
import { createLayout } from "../../lib/report/terminal/layout.ts";
import { paragraph } from "../../lib/report/terminal/paragraph.ts";
import { makePrintable } from "../../lib/report/text/printable.ts";
import { rules } from "../../rules/index.ts";
import { showPlan } from "../commands/plan.ts";
import { exitStatus } from "../exit-status.ts";
import { openTopics } from "../input/topics.ts";
import { type Io, write } from "../io.ts";
import { terminalOf } from "../output/terminal.ts";
import { confirm } from "./confirm.ts";
import { describeEvent } from "./describe-event.ts";
import { describeUnfinished, type End, joinPlans, reportObstacle, toStatus } from "./describe-repair-target.ts";
import { createProcessWorkflow } from "./process-workflow.ts";
import { isSelection, type RemediateOptions, toContinueCommand } from "./remediate-options.ts";
import { hasToggleTag, type RepairTarget, type SurveyOptions, survey } from "./repair-target.ts";
import { type RepairSession, runRepair } from "./run-repair.ts";
import { createStepProgress } from "./step-progress.ts";

type ApplyOptions = { readonly options: RemediateOptions; readonly surveyOptions: SurveyOptions };

/** A database and the action that the user approved. */
type Job = { readonly repairTarget: RepairTarget; readonly chosen: PlannedAction };

/** The user interrupted the program, and its progress was printed. */
class Interrupted extends Error {}

/**
 * Shows the plan, asks for confirmation, then repairs one database after another. Prints what blocks the others. Starts no further repair
 * after a failure, unless it is a rotation on demand. Returns the exit status.
 */
export async function applyRepairs(
  surveyed: readonly RepairTarget[],
  { options, surveyOptions }: ApplyOptions,
  io: Io,
): Promise<number> {
  const controller = new AbortController();
  const progress = createStepProgress(io);
  const publish = await openTopics(options, io);
  const notify = async (event: RemediationEvent): Promise<void> => {
    await progress.say(describeEvent(event, io));
    await publish(event);
  };
  const session: RepairSession = { ...surveyOptions, io, progress, signal: controller.signal, notify };
  const progressReport = { describe: () => "Nothing was changed." };
  void io.interrupted().then(() => {
    controller.abort(new Interrupted());
    progress.stop();
    io.stderr.write(
      `\nInterrupted. The current AWS call finishes first (press Ctrl-C again to exit at once).\n${progressReport.describe()}\n`,
    );
  });
  try {
    const repairTargets: RepairTarget[] = [];
    for (const one of surveyed) repairTargets.push(await resumeUnfinished(one, session, surveyOptions));
    await showPlan(
      joinPlans(repairTargets),
      { format: options.format ?? "table", isInFull: !isSelection(options) },
      io,
    );
    const { jobs, ends } = await choose(repairTargets, options, session);
    return toStatus([...ends, ...(await work(jobs, { options, session, progressReport }))]);
  } catch (error) {
    if (controller.signal.aborted || error instanceof Interrupted) return exitStatus.interrupted;
    throw error;
  } finally {
    progress.stop();
  }
}

/** Waits until RDS finishes what an interrupted run started, then ends that run if its rule passes. */
async function resumeUnfinished(
  repairTarget: RepairTarget,
  session: RepairSession,
  surveyOptions: SurveyOptions,
): Promise<RepairTarget> {
  const { unfinished, database, port } = repairTarget;
  const { io, progress, signal, policy, state, notify } = session;
  if (repairTarget.stateError !== null) {
    const why = `The repair state cannot be read (${repairTarget.stateError}). Management of ${describeDatabase(database)} is off, so the toggle is finished without the state: the settings of the old secret are not restored.`;
    await progress.say(
      `\n${paragraph(makePrintable(why), { width: createLayout(terminalOf(io.stderr, io)).width })}\n`,
    );
    return repairTarget;
  }
  const reaping = { policy, rules, state, notify, now: io.now().toISOString() };
  await announceSecret(reaping, database);
  if (unfinished === null || hasToggleTag(database)) return repairTarget;
  await progress.say(`\n${describeUnfinished(repairTarget)}\n`);
  let present = repairTarget;
  if (!isSettled(database)) {
    const workflow = createProcessWorkflow({ now: io.now, sleep: io.sleep, signal, listener: progress });
    const describe = async () => ({ database: await readDescription(port, database) });
    await workflow.poll("wait until RDS finishes its changes", describe, {
      until: (description) => description.database === null || isSettled(description.database),
      timeoutMinutes: 60,
    });
    present = await survey(repairTarget, surveyOptions, io);
  }
  const { inventory } = present;
  const { onDemand } = surveyOptions;
  // The rule of a rotation on demand passes without it.
  if (onDemand !== undefined && !isRotatedSince(present, unfinished.since)) return present;
  const options = { ...reaping, running: unfinished, inventory, now: io.now().toISOString() };
  if (!(await reapIfRepaired(options))) return present;
  return onDemand === undefined ? survey(repairTarget, surveyOptions, io) : toDone(present);
}

/** True if the secret was rotated after this time (ISO 8601). */
function isRotatedSince({ inventory, database: { masterUserSecret } }: RepairTarget, since: string): boolean {
  const secret = inventory.targets
    .flatMap(({ secrets }) => secrets ?? [])
    .find(({ arn }) => arn === masterUserSecret?.secretArn);
  return (secret?.lastRotatedAt ?? "") > since;
}

/** A database of which nothing is left to do. */
function toDone(repairTarget: RepairTarget): RepairTarget {
  return { ...repairTarget, plan: { ...repairTarget.plan, actions: [] }, chosen: null, unfinished: null };
}

/** Asks for each confirmation before the first repair starts. Prints what blocks the other databases. */
async function choose(
  repairTargets: readonly RepairTarget[],
  options: RemediateOptions,
  { io, signal }: RepairSession,
): Promise<{ readonly jobs: readonly Job[]; readonly ends: readonly End[] }> {
  const jobs: Job[] = [];
  const ends: End[] = [];
  let isAllConfirmed = options.yes ?? false;
  for (const [index, repairTarget] of repairTargets.entries()) {
    const { chosen } = repairTarget;
    const end = await reportObstacle(repairTarget, options, io);
    if (end !== null || chosen === null) {
      ends.push(end ?? "nothing");
      continue;
    }
    const rotations = repairTargets.slice(index).filter((one) => one.chosen?.runnable && one.chosen.onDemand).length;
    const answer = isAllConfirmed ? "yes" : await confirm(chosen, { rotations, signal }, io);
    if (answer === "left") {
      await write(io.stderr, "Nothing was changed.\n");
      throw new Interrupted();
    }
    isAllConfirmed ||= answer === "all";
    if (answer !== "no") jobs.push({ repairTarget, chosen });
    else {
      await write(io.stderr, `Not confirmed: ${makePrintable(describeAction(chosen))} is skipped.\n`);
      ends.push("refused");
    }
  }
  return { jobs, ends };
}

async function work(
  jobs: readonly Job[],
  {
    options,
    session,
    progressReport,
  }: { options: RemediateOptions; session: RepairSession; progressReport: { describe: () => string } },
): Promise<readonly End[]> {
  const { io, progress, signal } = session;
  const ends: End[] = [];
  for (const [index, { repairTarget, chosen }] of jobs.entries()) {
    signal.throwIfAborted();
    const { account, region } = chosen.database;
    await progress.say(`\n${makePrintable(describeAction(chosen))} (${account} ${region})\n`);
    const repair = runRepair(repairTarget, chosen, session);
    const command = toContinueCommand(chosen, options, io);
    progressReport.describe = () =>
      `${repair.describe()}\nContinue with:\n\n  ${command}\n${listLater(jobs.slice(index + 1))}`;
    const outcome = await repair.ended.catch(async (error: unknown) => {
      if (!signal.aborted) await write(io.stderr, `\n${progressReport.describe()}\n`);
      throw error;
    });
    signal.throwIfAborted();
    ends.push(outcome.end);
    if (outcome.end === "repaired") await reportRest(repairTarget, session);
    if (outcome.end !== "failed") continue;
    // Rotations on demand do not wait for the cause of one failure; the circuit breaker ends them.
    if (chosen.onDemand !== undefined && index < jobs.length - 1) {
      await progress.say(`\nTo try again, run:\n\n  ${command}\n`);
      continue;
    }
    await reportNext(repairTarget, chosen, session);
    const rest = jobs.slice(index + 1);
    await progress.say(`\nFix the cause, then continue with:\n\n  ${command}\n${listLater(rest)}`);
    return [...ends, ...rest.map((): End => "refused")];
  }
  return ends;
}

/** Prints the action that the plan has after a failed one. It was not confirmed, so it is not started. */
async function reportNext(repairTarget: RepairTarget, failed: PlannedAction, session: RepairSession): Promise<void> {
  const { io, progress } = session;
  const plan = await planAgain(repairTarget, session);
  const next = plan?.actions.find(({ rule }) => rule === failed.rule);
  if (next === undefined || next.action === failed.action) return;
  const { width } = createLayout(terminalOf(io.stderr, io));
  const closed = next.gates.filter(({ open }) => !open).map(({ gate, reason }) => `${gate}: ${reason}.`);
  const text = [
    `${failed.action} failed. The next action for ${failed.rule} is ${next.action}, which needs a confirmation of its own.`,
    closed.length === 0 ? "Run the command below to start it." : `It is blocked: ${closed.join(" ")}`,
  ].join(" ");
  await progress.say(`\n${paragraph(makePrintable(text), { width })}\n`);
}

/** Prints the remaining violations of a repaired database. One repair fixes one of them. */
async function reportRest(repairTarget: RepairTarget, session: RepairSession): Promise<void> {
  const plan = await planAgain(repairTarget, session);
  if (plan === null) return;
  const rest = plan.actions.map(({ rule, action }) => `${rule} (${action})`);
  const manual = plan.manual.filter(({ rule }) => !plan.actions.some((one) => one.rule === rule));
  const all = [...rest, ...manual.map(({ rule }) => `${rule} (by hand)`)];
  if (all.length > 0) await session.progress.say(`Remaining violations: ${makePrintable(all).join(", ")}.\n`);
}

/** Plans again after a repair. Null if the database or the repair state cannot be read. */
async function planAgain(
  repairTarget: RepairTarget,
  { io, policy, state, runId }: Pick<RepairSession, "io" | "policy" | "state" | "runId">,
): Promise<Plan | null> {
  if (repairTarget.stateError !== null) return null;
  try {
    return (await survey(repairTarget, { policy, state, action: undefined, mode: "ask", runId }, io)).plan;
  } catch (error) {
    if (!(error instanceof AwsCallError)) throw error;
    return null;
  }
}

function listLater(jobs: readonly Job[]): string {
  return jobs.map(({ chosen }) => `Not started: ${makePrintable(describeAction(chosen))}.\n`).join("");
}
