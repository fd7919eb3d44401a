import { observeDatabase } from "./collect/observe-database.ts";
import {
  type Approval,
  acquireSlot,
  createRepair,
  type RepairOptions,
  renewLease,
  type Started,
  type Tried,
  toTried,
  waitingHours,
} from "./executions/create-repair.ts";
import type { ActionName } from "./model/action.ts";
import { AwsCallError } from "./model/errors.ts";
import { gatesByName } from "./model/gates.ts";
import type { GateResult } from "./model/plan.ts";
import type { Policy } from "./model/policy.ts";
import type { RemediationRequest } from "./model/remediation-request.ts";
import type { Attempt } from "./model/remediation-state.ts";
import { describeHours } from "./model/time.ts";
import { nextOpening } from "./model/window.ts";
import { makePlan } from "./plan/make-plan.ts";
import { advance, release, uncountedOf } from "./plan/remediation-state.ts";
import { windowsOf } from "./plan/window-gate.ts";
import { procedures } from "./remediate/procedures.ts";
import type { News, Observation, Outcome, Repair } from "./remediate/repair.ts";
import { announce, closedGates, overtaken, refuse } from "./remediate/start.ts";
import { updateStored } from "./storage/update-stored.ts";

export type ExecutionOptions = RepairOptions & {
  /** Of whoever stands by: it is for the ordered action, and no other. Null where somebody has to be asked. */
  readonly approval: Approval | null;
  /** Whether it waits for people and the window, and goes on after a failure; a person at a terminal is told when to come again. */
  readonly waits: boolean;
};

/** What an execution did, action by action: more than one where a rotation did not clear what a toggle may. */
export type Remediation = readonly { readonly action: ActionName; readonly outcome: Outcome }[];

/** How often gates that only time opens are waited for; a window that closes again and again is not chased for ever. */
const maxRounds = 30;

/** When a place in the budget is looked for again, while the window is open. */
const budgetPauseMinutes = 15;

/**
 * Repairs one database: waits for a person's word and for the window, runs the action's procedure, and, where it waits at all, goes on to the
 * next action that the rule names where the first was of no use. Whatever happens, its place is free at the end, and it is told how it ended.
 */
export async function remediateDatabase(options: ExecutionOptions): Promise<Remediation> {
  const { request, execution, workflow, now } = options;
  const startedAt = await workflow.step("take a place", async () => {
    const at = now();
    return (await acquireSlot(options, request.action, false)) ? at : null;
  });
  if (startedAt === null)
    return [
      { action: request.action, outcome: await refuse(createRepair(options, request.action, { done: [] }), [atWork]) },
    ];
  const done = await tryInTurn(options, startedAt);
  try {
    await workflow.step("write down how it ended", async () => {
      const at = now();
      const { stopAfterFailures } = options.policy.remediation;
      await updateStored("the state of remediation", options.state, (present) => {
        const attempts = uncountedOf(present, execution, done).flatMap((one) => toAttempt(request, one, at));
        return release(present, execution, { attempts, now: at, stopAfterFailures });
      });
    });
  } finally {
    // Above all where it could not even be written down.
    await notifyEnd(options, done);
  }
  return done.map(({ action, outcome }) => ({ action, outcome }));
}

/** The ordered action, and what follows from its failure. */
async function tryInTurn(options: ExecutionOptions, startedAt: string): Promise<readonly Tried[]> {
  const done: Tried[] = [];
  let started: Started = { action: options.request.action, startedAt };
  try {
    for (let next: Started | null = started; next !== null; next = await advanceAfter(options, done)) {
      started = next;
      done.push({ ...started, outcome: await repairOnce(options, started.action, done) });
    }
  } catch (error) {
    const isTried = done.at(-1)?.action === started.action;
    done.push({ ...started, outcome: toFailure(error, isTried ? done.pop()?.outcome : undefined) });
  }
  return done;
}

/** An error is a failure. One in looking for what else can be done does not hide the failure before it; what RDS did since was not seen. */
function toFailure(error: unknown, before: Outcome | undefined): Outcome {
  const reason = describeError(error);
  if (before?.end !== "failed") return { end: "failed", reason, recovery: [] };
  const { recovery } = before;
  return { end: "failed", reason: `${before.reason}; and what else could be done was not seen: ${reason}`, recovery };
}

function describeError(error: unknown): string {
  if (error instanceof AwsCallError) return `${error.action} failed (${error.code}: ${error.message})`;
  return `an error in the program, or in what it runs on: ${error instanceof Error ? error.message : String(error)}`;
}

const atWork: GateResult = { gate: "not-running", open: false, reason: "another execution is at work on it" };

/** Waits until nothing is in the way, and then runs the procedure; what only work opens is not waited for. */
async function repairOnce(options: ExecutionOptions, action: ActionName, done: readonly Tried[]): Promise<Outcome> {
  const { request, workflow, waits } = options;
  let approval = action === request.action ? options.approval : null;
  for (let round = 1; ; round += 1) {
    const repair = createRepair(options, action, { done, approval });
    const { closed, opensAt, later, ...aim } = await evaluateGates(options, repair);
    const left = waits ? closed.filter(({ gate }) => gatesByName[gate].awaited === undefined) : closed;
    const needs = (opener: "approval" | "window") => closed.some(({ gate }) => gatesByName[gate].opensBy === opener);
    const [needsApproval, needsWindow] = [needs("approval"), needs("window")];
    if (left.length > 0 || (closed.length > 0 && round > maxRounds)) return refuse(repair, closed);
    if (needsApproval) {
      const { decision, by } = await askForApproval(options, repair, { ...aim, opensAt: needsWindow ? opensAt : null });
      if (decision === "approved") approval = { by: by ?? "somebody", ...aim };
      else return refuse(repair, [{ gate: "approved", open: false, reason: describeDecision(decision, by) }]);
    } else if (needsWindow) {
      if (opensAt === null) return refuse(repair, closed);
      await workflow.sleepUntil(`wait for the window at ${opensAt}`, opensAt);
    } else if (closed.length > 0) {
      await workflow.sleepUntil("wait for a place", later);
    } else return procedures[action](repair);
  }
}

/** What is in the way, until when that may last, and what an approval would be for. With nothing in the way the place is taken. */
type Look = Omit<Approval, "by"> & {
  readonly closed: readonly GateResult[];
  readonly opensAt: string | null;
  readonly later: string;
};

/** What cannot be looked at is not begun. */
async function evaluateGates(options: ExecutionOptions, repair: Repair): Promise<Look> {
  const { workflow, policy, waits } = options;
  const { action } = repair;
  const describe = workflow.step(`look at the gates of ${action}`, async () => {
    const observation = await repair.observe();
    const gates = closedGates(observation, repair);
    const closed = gates.length === 0 && !(await repair.acquire()) ? [overtaken] : gates;
    // This may have been killed before it could say that it had taken a place.
    if (closed.length > 0 && waits) await renewLease(options, action);
    return {
      closed,
      opensAt: openingOf(observation, policy),
      later: new Date(Date.parse(observation.at) + budgetPauseMinutes * 60_000).toISOString(),
      secretArn: observation.database.masterUserSecret?.secretArn ?? null,
      keyReference: observation.planned?.keyReference ?? null,
    };
  });
  try {
    return await describe;
  } catch (error) {
    if (!(error instanceof AwsCallError)) throw error;
    const closed: GateResult[] = [{ gate: "observed", open: false, reason: describeError(error) }];
    return { closed, opensAt: null, later: "", secretArn: null, keyReference: null };
  }
}

function describeDecision(decision: "rejected" | "timed-out", by: string | null): string {
  return decision === "rejected" ? `rejected by ${by ?? "somebody"}` : "nobody answered in time";
}

function askForApproval(
  { workflow, policy, now }: ExecutionOptions,
  repair: Repair,
  { secretArn, keyReference, opensAt }: Record<"secretArn" | "keyReference" | "opensAt", string | null>,
) {
  const { approvalHours } = policy.remediation;
  const within = `Somebody has to approve it within ${describeHours(approvalHours)}.`;
  const send = (approvalId: string) =>
    repair.notify({
      type: "remediation.approval-requested",
      message:
        opensAt === null ? within : `${within} Once approved, it waits for its window, which opens at ${opensAt}.`,
      secret: { before: secretArn, after: null },
      keyReference,
      approvalId,
      until: new Date(Date.parse(now()) + approvalHours * 3_600_000).toISOString(),
    });
  return workflow.ask(`ask for approval of ${repair.action}`, send, { timeoutHours: approvalHours });
}

/** When the window opens, if it is not open. */
function openingOf({ at, database }: Observation, policy: Policy): string | null {
  const windows = windowsOf(database, policy);
  return windows === "any-time" ? at : nextOpening(windows, at);
}

/**
 * The next action after one that was of no use. While it waits, the failure is counted, and no place in the budget is taken. Null where there
 * is none, where nobody waits, and where the execution was silent for so long that it counts as interrupted.
 */
async function advanceAfter(options: ExecutionOptions, done: readonly Tried[]): Promise<Started | null> {
  const { request, execution, policy, waits, workflow, state, now } = options;
  const last = done.at(-1);
  if (last?.outcome.end !== "failed" || !waits) return null;
  const action = await nextAction(options, done);
  if (action === null) return null;
  return workflow.step(`go on from ${last.action} to ${action}`, async () => {
    const at = now();
    const attempt = { ...toAttempted(request, last, at), outcome: "failed" } as const;
    const { stopAfterFailures } = policy.remediation;
    const isIn = await updateStored("the state of remediation", state, (present) =>
      advance(present, execution, { attempt, next: action, hours: waitingHours, now: at, stopAfterFailures }),
    );
    return isIn ? { action, startedAt: at } : null;
  });
}

/** What the rule asks for now that something was tried in vain; null where that is nothing else. */
function nextAction(options: ExecutionOptions, done: readonly Tried[]): Promise<ActionName | null> {
  const { request, policy, rules, port, workflow, now, state, isEnabled } = options;
  return workflow.step("look for what else can be done", async () => {
    const at = now();
    const { inventory } = await observeDatabase(port, request.database, { policy, rules, now: at });
    const { actions } = makePlan(inventory, {
      ...{ policy, rules, isEnabled, now: at, state: (await state.read()).value },
      ...{ tried: toTried(request, done), only: new Set([request.database.arn]) },
    });
    const next = actions.find(({ rule }) => rule === request.rule)?.action ?? null;
    return done.some(({ action }) => action === next) ? null : next;
  });
}

function toAttempt(request: RemediationRequest, tried: Tried, endedAt: string): Attempt[] {
  const { outcome } = tried;
  const attempted = toAttempted(request, tried, endedAt);
  if (outcome.end !== "refused") return [{ ...attempted, outcome: outcome.end }];
  // Somebody who said no is not asked again tomorrow. Where something else is in the way too, nobody was asked.
  const isRejected =
    outcome.gates.length > 0 && outcome.gates.every(({ gate }) => gatesByName[gate].opensBy === "approval");
  return isRejected ? [{ ...attempted, outcome: "rejected" }] : [];
}

function toAttempted({ rule, database }: RemediationRequest, { action, startedAt }: Started, endedAt: string) {
  const { arn, account, region } = database;
  return { arn, account, region, action, rule, startedAt, endedAt };
}

/** Tells how it ended, for the last that was not refused: a refusal was told when it was made. */
async function notifyEnd(options: ExecutionOptions, done: readonly Tried[]): Promise<void> {
  const last = done.findLast(({ outcome }) => outcome.end !== "refused");
  if (last === undefined || last.outcome.end === "refused") return;
  const repair = createRepair(options, last.action, { done });
  const news: News =
    last.outcome.end === "repaired"
      ? { type: "remediation.succeeded", message: ["It is repaired, and verified.", ...last.outcome.remarks].join(" ") }
      : {
          type: "remediation.failed",
          message: `It is not repaired: ${last.outcome.reason}.`,
          recovery: [...last.outcome.recovery],
          managed: last.outcome.managed ?? null,
        };
  await announce(repair, "tell how it ended", news);
}
