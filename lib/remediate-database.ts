import { observeDatabase } from "./collect/observe-database.ts";
import { awaitGates, type ExecutionOptions } from "./executions/await-gates.ts";
import { createRepair, type StartedAction, type TriedAction, toTried } from "./executions/create-repair.ts";
import { acquireSlot, advanceSlot, releaseSlot } from "./executions/slot.ts";
import { stateOrNone } from "./executions/state-or-none.ts";
import type { ActionName } from "./model/action.ts";
import { gatesByName } from "./model/gates.ts";
import type { RemediationRequest } from "./model/remediation-request.ts";
import type { Attempt } from "./model/remediation-state.ts";
import { makePlan } from "./plan/make-plan.ts";
import { uncounted } from "./plan/remediation-state.ts";
import { procedures } from "./remediate/procedures.ts";
import type { Outcome, RepairNotification } from "./remediate/repair.ts";
import { describeError, refuse, tryNotify } from "./remediate/start.ts";

/** The actions that an execution tried: more than one if a rotation did not clear what a toggle may. */
export type Remediation = readonly { readonly action: ActionName; readonly outcome: Outcome }[];

/**
 * Repairs one database, from start to end: reserves a slot, waits for gates, approval and window, runs the procedure of the action, and, if it
 * waits at all, of the next action after a failure. Then records and publishes the outcome. Always frees its slot.
 */
export async function remediateDatabase(given: ExecutionOptions): Promise<Remediation> {
  const { request, workflow, now } = given;
  const options = request.action === "finish-interrupted" ? { ...given, state: stateOrNone(given.state) } : given;
  const startedAt = await workflow.step("reserve a slot", async () => {
    const at = now();
    return (await acquireSlot(options, request.action, "reserving")) ? at : null;
  });
  if (startedAt === null) return [{ action: request.action, outcome: await refuseRunning(options) }];
  const tried = await tryActions(options, startedAt);
  try {
    await workflow.step("record the outcome", async () => {
      const at = now();
      await releaseSlot(options, at, (state) =>
        uncounted(state, options.execution, tried).flatMap((one) => toAttempts(request, one, at)),
      );
    });
  } finally {
    // Above all if it could not be recorded.
    await notifyOutcome(options, tried);
  }
  return tried.map(({ action, outcome }) => ({ action, outcome }));
}

function refuseRunning(options: ExecutionOptions): Promise<Outcome> {
  const reason = "another execution is repairing this database";
  const repair = createRepair(options, options.request.action, []);
  return refuse(repair, [{ gate: "not-running", open: false, reason }]);
}

/** Tries the requested action, then, while one fails, the next. An error is a failure. */
async function tryActions(options: ExecutionOptions, startedAt: string): Promise<readonly TriedAction[]> {
  const tried: TriedAction[] = [];
  let started: StartedAction = { action: options.request.action, startedAt };
  try {
    for (let next: StartedAction | null = started; next !== null; next = await advance(options, tried)) {
      started = next;
      tried.push({ ...started, outcome: await tryAction(options, started.action, tried) });
    }
  } catch (error) {
    const isTried = tried.at(-1)?.action === started.action;
    tried.push({ ...started, outcome: toFailure(error, isTried ? tried.pop()?.outcome : undefined) });
  }
  return tried;
}

async function tryAction(
  options: ExecutionOptions,
  action: ActionName,
  done: readonly TriedAction[],
): Promise<Outcome> {
  const gates = await awaitGates(options, action, done);
  return gates.repair === null ? gates.outcome : procedures[action](gates.repair);
}

/** Moves on to the next action after a failure. Null if there is none, if the execution does not wait, or if its lease has expired. */
async function advance(options: ExecutionOptions, tried: readonly TriedAction[]): Promise<StartedAction | null> {
  const { request, waits, workflow, now } = options;
  const last = tried.at(-1);
  if (last?.outcome.end !== "failed" || !waits) return null;
  const action = await chooseNext(options, tried);
  if (action === null) return null;
  return workflow.step(`advance from ${last.action} to ${action}`, async () => {
    const at = now();
    const isHeld = await advanceSlot(options, toAttempt(request, last, "failed", at), action);
    return isHeld ? { action, startedAt: at } : null;
  });
}

/** Plans again without the actions that failed. Null if the rule requires no other. */
function chooseNext(options: ExecutionOptions, tried: readonly TriedAction[]): Promise<ActionName | null> {
  const { request, policy, rules, port, workflow, now, state, isEnabled } = options;
  return workflow.step("choose the next action", async () => {
    const at = now();
    const { inventory, database } = await observeDatabase(port, request.database, { policy, rules, now: at });
    const { actions } = makePlan(inventory, {
      ...{ policy, rules, isEnabled, now: at, state: (await state.read()).value },
      ...{ tried: toTried(request, tried), only: new Set([database.arn]) },
    });
    const next = actions.find(({ rule }) => rule === request.rule)?.action ?? null;
    return tried.some(({ action }) => action === next) ? null : next;
  });
}

/** Keeps the failure of the action itself if choosing the next one failed; whether management is on is then unknown. */
function toFailure(error: unknown, before: Outcome | undefined): Outcome {
  const reason = describeError(error);
  if (before?.end !== "failed") return { end: "failed", reason, recovery: [] };
  const { recovery } = before;
  return { end: "failed", reason: `${before.reason}; choosing the next action failed: ${reason}`, recovery };
}

/** What counts: no refusal, except a rejection, so that the action is not requested again the next day. */
function toAttempts(request: RemediationRequest, tried: TriedAction, endedAt: string): readonly Attempt[] {
  const { outcome } = tried;
  if (outcome.end !== "refused") return [toAttempt(request, tried, outcome.end, endedAt)];
  // If another gate is closed too, approval was not requested.
  const isRejected =
    outcome.gates.length > 0 && outcome.gates.every(({ gate }) => gatesByName[gate].opensBy === "approval");
  return isRejected ? [toAttempt(request, tried, "rejected", endedAt)] : [];
}

function toAttempt(
  { rule, database: { resourceId, arn, account, region } }: RemediationRequest,
  { action, startedAt }: StartedAction,
  outcome: Attempt["outcome"],
  endedAt: string,
): Attempt {
  return { resourceId, arn, account, region, action, rule, startedAt, endedAt, outcome };
}

/** Publishes the last outcome that is no refusal. A refusal was published when it was made. */
async function notifyOutcome(options: ExecutionOptions, tried: readonly TriedAction[]): Promise<void> {
  const last = tried.findLast(({ outcome }) => outcome.end !== "refused");
  if (last === undefined || last.outcome.end === "refused") return;
  const { outcome } = last;
  const notification: RepairNotification =
    outcome.end === "repaired"
      ? { type: "remediation.succeeded", message: ["Repaired and verified.", ...outcome.remarks].join(" ") }
      : {
          type: "remediation.failed",
          message: `Not repaired: ${outcome.reason}.`,
          recovery: [...outcome.recovery],
          managed: outcome.managed ?? null,
        };
  await tryNotify(createRepair(options, last.action, tried), "outcome", notification);
}
