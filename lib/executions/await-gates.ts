import type { ActionName } from "../model/action.ts";
import { AwsCallError, toCallError } from "../model/errors.ts";
import { gatesByName } from "../model/gates.ts";
import type { GateResult } from "../model/plan.ts";
import type { Policy } from "../model/policy.ts";
import { addMinutes, describeHours } from "../model/time.ts";
import { nextOpening } from "../model/window.ts";
import { renew } from "../plan/remediation-state.ts";
import { windowsOf } from "../plan/timing-gates.ts";
import type { Observation, Outcome, Repair } from "../remediate/repair.ts";
import { refuse, refuseUnread, takeSlot } from "../remediate/start.ts";
import { updateStored } from "../storage/update-stored.ts";
import { createRepair, type GrantedApproval, type RepairOptions, type TriedAction } from "./create-repair.ts";
import { resumingMinutes } from "./slot.ts";

export type ExecutionOptions = RepairOptions & {
  /** Approval of the requested action, given at a terminal. Null if approval has to be requested. */
  readonly approval: GrantedApproval | null;
};

/** How often to wait for gates that time opens. A window may close again before its turn. */
const maxRounds = 30;

/** Pause before checking for a free slot again while the window is open. */
const slotPauseMinutes = 15;

/** An approval to finish a toggle is requested anew by each daily audit: a request whose execution died must not leave a database off for days. */
const longestApprovalHours = { "finish-interrupted": 20 } as Partial<Record<ActionName, number>>;

/** Waits until every gate of an action is open and a slot in the budget is taken. Refuses if a gate is closed that neither time nor approval opens. */
export async function awaitGates(options: ExecutionOptions, action: ActionName, done: readonly TriedAction[]) {
  const { request, workflow, waits } = options;
  let approval = action === request.action ? options.approval : null;
  for (let round = 1; ; round += 1) {
    const repair = createRepair(options, action, done, approval);
    const end = async (outcome: Promise<Outcome>) => ({ repair: null, outcome: await outcome });
    const check = await checkGates(options, repair).catch(toCallError);
    if (check instanceof AwsCallError) return end(refuseUnread(repair, check));
    const { closed, opensAt, retryAt, ...aim } = check;
    if (closed.length === 0) return { repair };
    const isFinal = ({ gate }: GateResult) => !waits || gatesByName[gate].awaited === undefined;
    const needsWindow = opensBy("window", closed);
    if (closed.some(isFinal) || round > maxRounds) return end(refuse(repair, closed));
    if (opensBy("approval", closed)) {
      const answer = await requestApproval(options, repair, aim, needsWindow ? opensAt : null);
      const by = answer.by ?? "an unknown caller";
      const reason = answer.decision === "rejected" ? `rejected by ${by}` : "the request was not answered in time";
      if (answer.decision !== "approved") return end(refuse(repair, [{ gate: "approved", open: false, reason }]));
      approval = { by, ...aim };
    } else if (!needsWindow) await workflow.sleepUntil("wait for a slot", retryAt);
    else if (opensAt === null) return end(refuse(repair, closed));
    else await workflow.sleepUntil(`wait for the window at ${opensAt}`, opensAt);
  }
}

/** True if one of the closed gates opens by an approval, or in a window. */
function opensBy(opener: "approval" | "window", closed: readonly GateResult[]): boolean {
  return closed.some(({ gate }) => gatesByName[gate].opensBy === opener);
}

/** What an approval is for. */
type Aim = Omit<GrantedApproval, "by">;

/**
 * Returns the closed gates, when the window opens (null if never), when to look for a slot again, and what an approval would be for. Takes a
 * slot if no gate is closed. Throws an AwsCallError if the database cannot be read.
 */
function checkGates(options: ExecutionOptions, repair: Repair) {
  const { workflow, policy, waits, state, execution } = options;
  const { action } = repair;
  return workflow.step(`check the gates of ${action}`, async () => {
    const observation = await repair.observe();
    const closed = await takeSlot(observation, repair);
    const opensAt = openingOf(observation, policy);
    const retryAt = addMinutes(observation.at, slotPauseMinutes);
    const askedUntil = addMinutes(observation.at, 60 * approvalHoursOf(options, action));
    const until = opensBy("approval", closed) ? askedUntil : opensBy("window", closed) ? opensAt : retryAt;
    // A killed run of this step may have taken a slot already.
    const expiresAt = addMinutes(until ?? retryAt, resumingMinutes);
    if (closed.length > 0 && waits) await updateStored(state, (present) => renew(present, execution, expiresAt));
    const secretArn = observation.database.masterUserSecret?.secretArn ?? null;
    return { closed, opensAt, retryAt, secretArn, keyReference: observation.planned?.keyReference ?? null };
  });
}

/** When the window opens: now if it is open, null if never. */
function openingOf({ at, database }: Observation, policy: Policy): string | null {
  const windows = windowsOf(database, policy);
  return windows === "any-time" ? at : nextOpening(windows, at);
}

function approvalHoursOf({ policy }: ExecutionOptions, action: ActionName): number {
  return Math.min(policy.remediation.approvalHours, longestApprovalHours[action] ?? Number.POSITIVE_INFINITY);
}

/** Requests an approval. `opensAt` is when the window opens, or null if it is not waited for. */
function requestApproval(options: ExecutionOptions, { notify, action }: Repair, aim: Aim, opensAt: string | null) {
  const { workflow, now } = options;
  const approvalHours = approvalHoursOf(options, action);
  const within = `Approve it within ${describeHours(approvalHours)}.`;
  const send = (approvalId: string) =>
    notify({
      type: "remediation.approval-requested",
      message:
        opensAt === null ? within : `${within} Once approved, it waits for its window, which opens at ${opensAt}.`,
      secret: { before: aim.secretArn, after: null },
      ...{ keyReference: aim.keyReference, approvalId, until: addMinutes(now(), 60 * approvalHours) },
    });
  return workflow.ask(`request approval of ${action}`, send, { timeoutHours: approvalHours });
}
