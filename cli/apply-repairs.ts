import { severityOf } from "../lib/audit/judge.ts";
import { describeAction } from "../lib/plan/make-plan.ts";
import { concludeRepaired } from "../lib/executions/conclude-repaired.ts";
import { isSettled } from "../lib/model/database.ts";
import { AwsCallError } from "../lib/model/errors.ts";
import { toOrdered } from "../lib/model/remediation-request.ts";
import type { Plan, PlannedAction } from "../lib/model/plan.ts";
import type { RemediationEvent } from "../lib/model/remediation-event.ts";
import { paragraph } from "../lib/report/terminal/paragraph.ts";
import { makePrintable } from "../lib/report/text/printable.ts";
import { createSheet } from "../lib/report/terminal/layout.ts";
import { lookAtDatabase } from "../lib/collect/observe-database.ts";
import { rules } from "../rules/index.ts";
import { type Candidate, isMarked, type SurveyOptions, survey } from "./repair-target.ts";
import { confirm } from "./confirm.ts";
import { describeUnfinished, type End, joinPlans, tellObstacle, toStatus } from "./describe-repair-target.ts";
import { describeEvent } from "./describe-event.ts";
import { exitStatus } from "./exit-status.ts";
import { type Io, write } from "./io.ts";
import { showPlan } from "./plan.ts";
import { createProcessWorkflow } from "./process-workflow.ts";
import { type RemediateOptions, toGoOnCommand } from "./remediate-options.ts";
import { runRepair, type Workshop } from "./run-repair.ts";
import { screenOf } from "./terminal.ts";
import { createStepProgress } from "./step-progress.ts";
import { openTopics } from "./topics.ts";

type ApplyOptions = { readonly options: RemediateOptions; readonly surveyOptions: SurveyOptions };

/** A database that is repaired now, and how. */
type Job = { readonly candidate: Candidate; readonly chosen: PlannedAction };

/** The user wants the program to end, and was told where it stands. */
class Interrupted extends Error {}

/**
 * Repairs databases one after another, after the plan was shown and the user said yes, and says of the others what is in the way. After a
 * failure nothing more is begun. Answers with the exit status.
 */
export async function applyRepairs(
  surveyed: readonly Candidate[],
  { options, surveyOptions }: ApplyOptions,
  io: Io,
): Promise<number> {
  const controller = new AbortController();
  const progress = createStepProgress(io);
  const publish = await openTopics(options, io);
  const tell = async (event: RemediationEvent): Promise<void> => {
    await progress.say(describeEvent(event, io));
    await publish(event);
  };
  const workshop: Workshop = { ...surveyOptions, io, progress, signal: controller.signal, tell };
  const standing = { describe: () => "Nothing was changed." };
  void io.interrupted().then(() => {
    controller.abort(new Interrupted());
    progress.stop();
    io.stderr.write(
      `\nInterrupted; a call to AWS that is under way is let finish (Ctrl-C again ends at once).\n${standing.describe()}\n`,
    );
  });
  try {
    const candidates: Candidate[] = [];
    for (const one of surveyed) candidates.push(await takeUp(one, workshop, surveyOptions));
    await showPlan(joinPlans(candidates), { format: "table", isInFull: true }, io);
    const { jobs, ends } = await choose(candidates, options, workshop);
    return toStatus([...ends, ...(await work(jobs, { options, workshop, standing }))]);
  } catch (error) {
    if (controller.signal.aborted || error instanceof Interrupted) return exitStatus.interrupted;
    throw error;
  } finally {
    progress.stop();
  }
}

/** Waits for what an earlier run began, and ends what was repaired by it after all. */
async function takeUp(candidate: Candidate, workshop: Workshop, surveyOptions: SurveyOptions): Promise<Candidate> {
  const { unfinished, database, port } = candidate;
  const { io, progress, signal, policy, state, tell } = workshop;
  if (unfinished === null || isMarked(database)) return candidate;
  await progress.say(`\n${describeUnfinished(candidate)}\n`);
  let present = candidate;
  if (!isSettled(database)) {
    const workflow = createProcessWorkflow({ now: io.now, sleep: io.sleep, signal, listener: progress });
    const look = async () => ({ database: await lookAtDatabase(port, toOrdered(database)) });
    await workflow.poll("wait until RDS is done with it", look, {
      until: (seen) => seen.database === null || isSettled(seen.database),
      timeoutMinutes: 60,
    });
    present = await survey(candidate, surveyOptions, io);
  }
  const { plan, unseen } = present;
  const isAskedFor = [...plan.actions, ...plan.manual].some(({ rule }) => rule === unfinished.rule);
  const isActive = present.database.masterUserSecret?.status === "active";
  if (isAskedFor || !isActive || unseen.length > 0) return present;
  await concludeRepaired({
    ...{ running: unfinished, database: toOrdered(present.database), policy, state, tell },
    secretArn: present.database.masterUserSecret?.secretArn ?? null,
    severity: severityOf(unfinished.rule, policy, rules),
    now: io.now().toISOString(),
  });
  return survey(candidate, surveyOptions, io);
}

/** What the user says yes to, all before anything is begun; the others are told what is in the way. */
async function choose(
  candidates: readonly Candidate[],
  options: RemediateOptions,
  { io, signal }: Workshop,
): Promise<{ readonly jobs: readonly Job[]; readonly ends: readonly End[] }> {
  const jobs: Job[] = [];
  const ends: End[] = [];
  for (const candidate of candidates) {
    const { chosen } = candidate;
    const end = await tellObstacle(candidate, options, io);
    if (end !== null || chosen === null) {
      ends.push(end ?? "nothing");
      continue;
    }
    const answer = options.yes ? "yes" : await confirm(chosen, signal, io);
    if (answer === "left") {
      await write(io.stderr, "Nothing was changed.\n");
      throw new Interrupted();
    }
    if (answer === "yes") jobs.push({ candidate, chosen });
    else {
      await write(io.stderr, `That is a no: ${makePrintable(describeAction(chosen))} is not begun.\n`);
      ends.push("refused");
    }
  }
  return { jobs, ends };
}

/** One repair after another. */
async function work(
  jobs: readonly Job[],
  {
    options,
    workshop,
    standing,
  }: { options: RemediateOptions; workshop: Workshop; standing: { describe: () => string } },
): Promise<readonly End[]> {
  const { io, progress, signal } = workshop;
  const ends: End[] = [];
  for (const [index, { candidate, chosen }] of jobs.entries()) {
    signal.throwIfAborted();
    const { account, region, arn } = chosen.database;
    await progress.say(`\n${makePrintable(describeAction(chosen))} (${account} ${region})\n`);
    const repair = runRepair(candidate, chosen, workshop);
    const command = toGoOnCommand(arn, options, io);
    standing.describe = () => `${repair.describe()}\nGo on with:\n\n  ${command}\n${listLater(jobs.slice(index + 1))}`;
    const outcome = await repair.ended.catch(async (error: unknown) => {
      if (!signal.aborted) await write(io.stderr, `\n${standing.describe()}\n`);
      throw error;
    });
    signal.throwIfAborted();
    ends.push(outcome.end);
    if (outcome.end === "repaired") await tellRest(candidate, workshop);
    if (outcome.end !== "failed") continue;
    await tellNext(candidate, chosen, workshop);
    const rest = jobs.slice(index + 1);
    await progress.say(`\nWhen the cause is gone, go on with:\n\n  ${command}\n${listLater(rest)}`);
    return [...ends, ...rest.map((): End => "refused")];
  }
  return ends;
}

/** What the plan has after an action that failed: nobody said yes to it, so it is not begun. */
async function tellNext(candidate: Candidate, failed: PlannedAction, workshop: Workshop): Promise<void> {
  const { io, progress } = workshop;
  const plan = await planAnew(candidate, workshop);
  const next = plan?.actions.find(({ rule }) => rule === failed.rule);
  if (next === undefined || next.action === failed.action) return;
  const { width } = createSheet(screenOf(io.stderr, io));
  const closed = next.gates.filter(({ open }) => !open).map(({ gate, reason }) => `${gate}: ${reason}.`);
  const text = [
    `${failed.action} failed. Next for ${failed.rule} would be ${next.action}, which is not begun without being asked for.`,
    closed.length === 0 ? "The command below asks for it." : `Not now: ${closed.join(" ")}`,
  ].join(" ");
  await progress.say(`\n${paragraph(makePrintable(text), { width })}\n`);
}

/** What is still wrong with a database after a repair: one thing is done at a time. */
async function tellRest(candidate: Candidate, workshop: Workshop): Promise<void> {
  const plan = await planAnew(candidate, workshop);
  if (plan === null) return;
  const rest = plan.actions.map(({ rule, action }) => `${rule} (${action})`);
  const manual = plan.manual.filter(({ rule }) => !plan.actions.some((one) => one.rule === rule));
  const all = [...rest, ...manual.map(({ rule }) => `${rule} (by hand)`)];
  if (all.length > 0) await workshop.progress.say(`Still wrong with it: ${makePrintable(all).join(", ")}.\n`);
}

/** The plan of a database after something was done on it; null where it cannot be read any more. */
async function planAnew(
  candidate: Candidate,
  { io, policy, state }: Pick<Workshop, "io" | "policy" | "state">,
): Promise<Plan | null> {
  try {
    return (await survey(candidate, { policy, state, action: undefined }, io)).plan;
  } catch (error) {
    if (!(error instanceof AwsCallError)) throw error;
    return null;
  }
}

function listLater(jobs: readonly Job[]): string {
  return jobs.map(({ chosen }) => `Not begun: ${makePrintable(describeAction(chosen))}.\n`).join("");
}
