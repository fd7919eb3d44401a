import { isWithinBudget, opensBy, windowsOf } from "./audit/gates.ts";
import { ask } from "./audit/judge.ts";
import { enter, forget, goOn, keep, leave, rest, uncountedOf } from "./audit/keep-remediation.ts";
import { makePlan } from "./audit/plan.ts";
import type { ActionName } from "./model/action.ts";
import { AwsCallError } from "./model/errors.ts";
import type { Status } from "./model/finding.ts";
import type { Order } from "./model/order.ts";
import type { GateResult, PlannedAction } from "./model/plan.ts";
import type { Policy } from "./model/policy.ts";
import type { RemediationEvent } from "./model/remediation-event.ts";
import type { Attempt, RemediationState } from "./model/remediation-state.ts";
import type { Rule } from "./model/rule.ts";
import { describeHours } from "./model/time.ts";
import { nextOpening } from "./model/window.ts";
import type { RegionPort } from "./read-target.ts";
import { announce, closedGates, overtaken, refuse } from "./remediate/begin.ts";
import { procedures } from "./remediate/procedures.ts";
import type { News, Outcome, Repair, RepairPort, Sight } from "./remediate/repair.ts";
import type { Workflow } from "./remediate/workflow.ts";
import { lookAtDatabase, seeDatabase } from "./see-database.ts";
import { type Stored, updateStored } from "./update-stored.ts";

export type RemediationRequest = {
  readonly order: Order;
  /** A name that no other execution of this database has; the same one when it goes on after it was killed. */
  readonly execution: string;
  readonly policy: Policy;
  readonly rules: readonly Rule[];
  readonly isEnabled: boolean;
  /** Who stands by and has approved the ordered action, and no other, already; null where somebody has to be asked. */
  readonly approvedBy: string | null;
  /** Whether it waits for people and the window, and goes on after a failure; a person at a terminal is told when to come again. */
  readonly waits: boolean;
  readonly port: RegionPort & RepairPort;
  readonly state: Stored<RemediationState>;
  /** Tells machines and people. Throws where not both could be told. */
  readonly tell: (event: RemediationEvent) => Promise<void>;
  readonly workflow: Workflow;
  /** ISO 8601. */
  readonly now: () => string;
};

/** What an execution did, action by action: more than one where a rotation did not clear what a toggle may. */
export type Remediation = readonly { readonly action: ActionName; readonly outcome: Outcome }[];

/**
 * How long an execution may be silent: while it waits for an approval or a window, and while it changes something, which takes
 * two days and a few hours at most.
 */
const waitingHours = 60 * 24;
const changingHours = 54;

/** How often gates that only time opens are waited for; a window that closes again and again is not chased for ever. */
const maxRounds = 30;

/** When a place in the budget is looked for again, while the window is open. */
const budgetPauseMinutes = 15;

/** An action that an execution is at, and since when (ISO 8601). */
type Begun = { readonly action: ActionName; readonly startedAt: string };
type Tried = Begun & { readonly outcome: Outcome };

/** Who approved, and with which key (null for the default one); without it where they stand by, and see the plan. */
type Approval = { readonly by: string; readonly keyReference?: string | null };

/**
 * Repairs one database: waits for a person's word and for the window, runs the action's procedure, and, where it waits at all, goes on to the
 * next action that the rule names where the first was of no use. Whatever happens, its place is free at the end, and it is told how it ended.
 */
export async function remediateDatabase(request: RemediationRequest): Promise<Remediation> {
  const { order, execution, workflow, now } = request;
  const startedAt = await workflow.step("take a place", async () => {
    const at = now();
    return (await takePlace(request, order.action, false)) ? at : null;
  });
  if (startedAt === null)
    return [{ action: order.action, outcome: await refuse(createRepair(request, order.action, []), [atWork]) }];
  const done = await tryInTurn(request, startedAt);
  try {
    await workflow.step("write down how it ended", async () => {
      const at = now();
      const { stopAfterFailures } = request.policy.remediation;
      await updateStored("the state of remediation", request.state, (present) => {
        const attempts = uncountedOf(present, execution, done).flatMap((one) => toAttempt(order, one, at));
        return leave(present, execution, { attempts, now: at, stopAfterFailures });
      });
    });
  } finally {
    // Above all where it could not even be written down.
    await tellEnd(request, done);
  }
  return done.map(({ action, outcome }) => ({ action, outcome }));
}

/** The ordered action, and what follows from its failure. */
async function tryInTurn(request: RemediationRequest, startedAt: string): Promise<readonly Tried[]> {
  const done: Tried[] = [];
  let begun: Begun = { action: request.order.action, startedAt };
  try {
    for (let next: Begun | null = begun; next !== null; next = await goOnAfter(request, done)) {
      begun = next;
      done.push({ ...begun, outcome: await repairOnce(request, begun.action, done) });
    }
  } catch (error) {
    const isTried = done.at(-1)?.action === begun.action;
    done.push({ ...begun, outcome: toFailure(error, isTried ? done.pop()?.outcome : undefined) });
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

/** What an execution waits for by itself. */
const awaited: readonly string[] = ["in-window", "within-budget"];

const atWork: GateResult = { gate: "not-running", open: false, reason: "another execution is at work on it" };

/** Waits until nothing but closed gates that only work opens is in the way, or nothing at all, and then runs the procedure. */
async function repairOnce(request: RemediationRequest, action: ActionName, done: readonly Tried[]): Promise<Outcome> {
  const { order, workflow, policy, waits } = request;
  const standsBy = action === order.action ? request.approvedBy : null;
  let approval: Approval | null = standsBy === null ? null : { by: standsBy };
  for (let round = 1; ; round += 1) {
    const repair = createRepair(request, action, done, approval);
    const { closed, opensAt, later, ...asked } = await workflow.step(`look at the gates of ${action}`, async () => {
      const sight = await repair.see();
      const closed = closedGates(sight, repair);
      // This may have been killed before it could say that a place was taken.
      if (closed.length > 0) await keepWaiting(request, action);
      return {
        closed: closed.length === 0 && !(await repair.enter()) ? [overtaken] : closed,
        opensAt: openingOf(sight, policy),
        later: new Date(Date.parse(sight.at) + budgetPauseMinutes * 60_000).toISOString(),
        secretArn: sight.database.masterUserSecret?.secretArn ?? null,
        keyReference: sight.planned?.keyReference ?? null,
      };
    });
    const left = closed.filter((gate) => opensBy(gate) !== "approval" && !(waits && awaited.includes(gate.gate)));
    const needsApproval = closed.some((gate) => opensBy(gate) === "approval");
    const needsWindow = closed.some(({ gate }) => gate === "in-window");
    if (left.length > 0 || (closed.length > 0 && round > maxRounds)) return refuse(repair, closed);
    if (needsApproval) {
      const { decision, by } = await askForApproval(request, repair, {
        ...asked,
        opensAt: needsWindow ? opensAt : null,
      });
      if (decision === "approved") approval = { by: by ?? "somebody", keyReference: asked.keyReference };
      else return refuse(repair, [{ gate: "approved", open: false, reason: describeDecision(decision, by) }]);
    } else if (needsWindow) {
      if (opensAt === null) return refuse(repair, closed);
      await workflow.sleepUntil(`wait for the window at ${opensAt}`, opensAt);
    } else if (closed.length > 0) {
      await workflow.sleepUntil("wait for a place", later);
    } else return procedures[action](repair);
  }
}

function describeDecision(decision: "rejected" | "timed-out", by: string | null): string {
  return decision === "rejected" ? `rejected by ${by ?? "somebody"}` : "nobody answered in time";
}

function askForApproval(
  { workflow, policy, now }: RemediationRequest,
  repair: Repair,
  { secretArn, keyReference, opensAt }: Record<"secretArn" | "keyReference" | "opensAt", string | null>,
) {
  const { approvalHours } = policy.remediation;
  const within = `Somebody has to approve it within ${describeHours(approvalHours)}.`;
  const send = (approvalId: string) =>
    repair.tell({
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
function openingOf({ at, database }: Sight, policy: Policy): string | null {
  const windows = windowsOf(database, policy);
  return windows === "any-time" ? at : nextOpening(windows, at);
}

/**
 * The next action after one that was of no use. While it waits, the failure is counted, and no place in the budget is taken. Null where there
 * is none, where nobody waits, and where the execution was silent for so long that it counts as interrupted.
 */
async function goOnAfter(request: RemediationRequest, done: readonly Tried[]): Promise<Begun | null> {
  const { order, execution, policy, waits, workflow, state, now } = request;
  const last = done.at(-1);
  if (last?.outcome.end !== "failed" || !waits) return null;
  const action = await nextAction(request, done);
  if (action === null) return null;
  return workflow.step(`go on from ${last.action} to ${action}`, async () => {
    const at = now();
    const attempt = { ...toAttempted(order, last, at), outcome: "failed" } as const;
    const { stopAfterFailures } = policy.remediation;
    const isIn = await updateStored("the state of remediation", state, (present) =>
      goOn(present, execution, { attempt, next: action, hours: waitingHours, now: at, stopAfterFailures }),
    );
    return isIn ? { action, startedAt: at } : null;
  });
}

/** What the rule asks for now that something was tried in vain; null where that is nothing else. */
function nextAction(request: RemediationRequest, done: readonly Tried[]): Promise<ActionName | null> {
  const { order, policy, rules, port, workflow, now, state, isEnabled } = request;
  return workflow.step("look for what else can be done", async () => {
    const at = now();
    const { target } = await seeDatabase(port, order.database, { policy, rules, now: at });
    const { actions } = makePlan(
      { schemaVersion: "1.0", observedAt: at, targets: [target], gaps: [] },
      {
        policy,
        rules,
        state: (await state.read()).value,
        now: at,
        isEnabled,
        tried: toTried(order, done),
        only: new Set([order.database.arn]),
      },
    );
    const next = actions.find(({ rule }) => rule === order.rule)?.action ?? null;
    return done.some(({ action }) => action === next) ? null : next;
  });
}

function toTried({ rule }: Order, done: readonly Begun[]) {
  return done.map(({ action }) => ({ rule, action }));
}

/** Takes a place among the executions, or keeps it; false where another one is at work on the database, or has taken the last place. */
function takePlace(
  { order, execution, policy, state, now }: RemediationRequest,
  action: ActionName,
  isChanging: boolean,
): Promise<boolean> {
  const { arn, account, region } = order.database;
  const { stopAfterFailures } = policy.remediation;
  return updateStored("the state of remediation", state, (present) => {
    const at = now();
    const isHindered =
      isChanging &&
      action !== "finish-interrupted" &&
      (present.stopped !== null ||
        !isWithinBudget({ database: order.database, state: present, policy, now: at, execution, plannedBefore: [] })
          .open);
    if (isHindered) return null;
    const hours = isChanging ? changingHours : hoursOfWaiting(action);
    const entrant = { execution, arn, account, region, action, rule: order.rule };
    return enter(present, entrant, { now: at, hours, isChanging, stopAfterFailures });
  });
}

/** Takes no place in the budget, or gives it back, and gives a sign of life. */
async function keepWaiting({ execution, policy, state, now }: RemediationRequest, action: ActionName): Promise<void> {
  const { stopAfterFailures } = policy.remediation;
  await updateStored("the state of remediation", state, (present) =>
    rest(present, execution, { now: now(), hours: hoursOfWaiting(action), stopAfterFailures }),
  );
}

/** An interrupted toggle waits for nothing but RDS: were its execution killed, nobody should have to wait for it for a month. */
function hoursOfWaiting(action: ActionName): number {
  return action === "finish-interrupted" ? changingHours : waitingHours;
}

/** Everything that a procedure may use. */
function createRepair(
  request: RemediationRequest,
  action: ActionName,
  done: readonly Tried[],
  approval: Approval | null = null,
): Repair {
  const { order, execution, policy, rules, isEnabled, port, state, tell, workflow, now } = request;
  const { arn } = order.database;
  const rule = rules.find(({ id }) => id === order.rule);
  const update = async (change: (present: RemediationState) => RemediationState) => {
    await updateStored("the state of remediation", state, change);
  };
  return {
    execution,
    action,
    rule: order.rule,
    workflow,
    aws: port,
    async see() {
      const at = now();
      const { target, database, context } = await seeDatabase(port, order.database, { policy, rules, now: at });
      const { value: present } = await state.read();
      const { actions } = makePlan(
        { schemaVersion: "1.0", observedAt: at, targets: [target], gaps: [] },
        {
          ...{ policy, rules, isEnabled, execution, action },
          approvedBy: approval?.by ?? null,
          ...{ now: at, state: present, tried: toTried(order, done), only: new Set([arn]) },
        },
      );
      const planned = actions.find((one) => one.rule === order.rule) ?? null;
      const verdict: Status = rule === undefined ? "INSUFFICIENT_DATA" : ask(rule, database, context).message.status;
      return {
        at,
        database,
        context,
        planned: planned && adjust(planned, { state: present, done, approval }),
        verdict,
      };
    },
    look: async () => ({ database: await lookAtDatabase(port, order.database) }),
    enter: () => takePlace(request, action, true),
    keepsake: {
      read: async () => (await state.read()).value.keepsakes[arn] ?? null,
      write: (keepsake) => update((present) => keep(present, arn, keepsake)),
      forget: () => update((present) => forget(present, arn)),
    },
    tell: (news) => tell(toEvent(request, action, news)),
  };
}

/** What an execution knows of itself, and the plan does not. */
type Itself = {
  readonly state: RemediationState;
  readonly done: readonly Tried[];
  readonly approval: Approval | null;
};

/** An execution goes on to its next action at once: what it has just tried asks for no cool-down. A yes holds for the key that was shown. */
function adjust(planned: PlannedAction, { state: { attempts }, done, approval }: Itself): PlannedAction {
  const last = attempts.findLast(({ arn }) => arn === planned.database.arn);
  const isOwn = done.some(({ action, startedAt }) => action === last?.action && startedAt === last.startedAt);
  const isOtherKey = approval?.keyReference !== undefined && approval.keyReference !== planned.keyReference;
  const known: GateResult[] = [];
  if (isOwn)
    known.push({
      gate: "cooled-down",
      open: true,
      reason: `${last?.action} was tried by this execution, which goes on`,
    });
  if (isOtherKey)
    known.push({
      gate: "key-usable",
      open: false,
      reason: `it was approved with ${approval.keyReference ?? defaultKey}, and would have ${planned.keyReference ?? defaultKey} now: ask again`,
    });
  const gates = planned.gates.map((one) => known.find(({ gate }) => gate === one.gate) ?? one);
  return { ...planned, gates, runnable: gates.every(({ open }) => open) };
}

const defaultKey = "the default key";

function toEvent({ order, execution, now }: RemediationRequest, action: ActionName, news: News): RemediationEvent {
  return {
    at: now(),
    execution,
    ...order,
    action,
    secret: { before: null, after: null },
    keyReference: null,
    approvalId: null,
    until: null,
    gates: [],
    managed: null,
    recovery: [],
    ...news,
  };
}

function toAttempt(order: Order, tried: Tried, endedAt: string): Attempt[] {
  const { outcome } = tried;
  const attempted = toAttempted(order, tried, endedAt);
  if (outcome.end !== "refused") return [{ ...attempted, outcome: outcome.end }];
  // Somebody who said no is not asked again tomorrow. Where something else is in the way too, nobody was asked.
  const isRejected = outcome.gates.length > 0 && outcome.gates.every(({ gate }) => gate === "approved");
  return isRejected ? [{ ...attempted, outcome: "rejected" }] : [];
}

function toAttempted({ rule, database }: Order, { action, startedAt }: Begun, endedAt: string) {
  const { arn, account, region } = database;
  return { arn, account, region, action, rule, startedAt, endedAt };
}

/** Tells how it ended, for the last that was not refused: a refusal was told when it was made. */
async function tellEnd(request: RemediationRequest, done: readonly Tried[]): Promise<void> {
  const last = done.findLast(({ outcome }) => outcome.end !== "refused");
  if (last === undefined || last.outcome.end === "refused") return;
  const repair = createRepair(request, last.action, done);
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
