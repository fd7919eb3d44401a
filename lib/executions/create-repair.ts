import { ask } from "../audit/judge.ts";
import { observeDatabase, readDescription } from "../collect/observe-database.ts";
import type { RegionPort } from "../collect/read-target.ts";
import type { ActionName } from "../model/action.ts";
import type { Database } from "../model/database.ts";
import type { Status } from "../model/finding.ts";
import type { GateResult, PlannedAction } from "../model/plan.ts";
import type { Policy } from "../model/policy.ts";
import { nothingMore, type RemediationEvent } from "../model/remediation-event.ts";
import type { RemediationRequest } from "../model/remediation-request.ts";
import type { RemediationState } from "../model/remediation-state.ts";
import type { Rule } from "../model/rule.ts";
import { isWithinBudget } from "../plan/budget-gate.ts";
import { makePlan } from "../plan/make-plan.ts";
import { acquire, forget, keep, renew } from "../plan/remediation-state.ts";
import type { Outcome, Repair, RepairPort } from "../remediate/repair.ts";
import type { Workflow } from "../remediate/workflow.ts";
import { type Stored, updateStored } from "../storage/update-stored.ts";

/** What every action of an execution has. */
export type RepairOptions = {
  readonly request: RemediationRequest;
  /** A name that no other execution of this database has; the same one when it goes on after it was killed. */
  readonly execution: string;
  readonly policy: Policy;
  readonly rules: readonly Rule[];
  readonly isEnabled: boolean;
  readonly port: RegionPort & RepairPort;
  readonly state: Stored<RemediationState>;
  /** Tells machines and people. Throws where not both could be told. */
  readonly notify: (event: RemediationEvent) => Promise<void>;
  readonly workflow: Workflow;
  /** ISO 8601. */
  readonly now: () => string;
};

/** Who approved what: with which key a secret is to be made (null for the default one), and which secret there was. */
export type Approval = {
  readonly by: string;
  readonly keyReference: string | null;
  readonly secretArn: string | null;
};

/** An action that an execution is at, and since when (ISO 8601). */
export type Started = { readonly action: ActionName; readonly startedAt: string };
export type Tried = Started & { readonly outcome: Outcome };

/** What an execution knows of itself beside its action, and no plan does: what it has tried before, and who approved this. */
type Itself = { readonly done: readonly Tried[]; readonly approval?: Approval | null };

/** How long an execution may be silent while it waits for an approval or a window. */
export const waitingHours = 60 * 24;
/** The same while it changes something, which takes two days and a few hours at most. */
const changingHours = 54;

/** An action of an execution: everything that its procedure may use. */
export function createRepair(options: RepairOptions, action: ActionName, { done, approval = null }: Itself): Repair {
  const { request, execution, policy, rules, isEnabled, port, state, notify, workflow, now } = options;
  const { arn } = request.database;
  const rule = rules.find(({ id }) => id === request.rule);
  const update = async (change: (present: RemediationState) => RemediationState) => {
    await updateStored("the state of remediation", state, change);
  };
  return {
    execution,
    action,
    rule: request.rule,
    workflow,
    aws: port,
    async observe() {
      const at = now();
      const { inventory, database, context } = await observeDatabase(port, request.database, {
        policy,
        rules,
        now: at,
      });
      const { value: present } = await state.read();
      const { actions } = makePlan(inventory, {
        ...{ policy, rules, isEnabled, execution, action, approvedBy: approval?.by ?? null },
        ...{ now: at, state: present, tried: toTried(request, done), only: new Set([arn]) },
      });
      const planned = actions.find((one) => one.rule === request.rule) ?? null;
      const verdict: Status = rule === undefined ? "INSUFFICIENT_DATA" : ask(rule, database, context).message.status;
      const adjusted = planned && adjust(planned, database, { state: present, done, approval });
      return { at, database, context, planned: adjusted, verdict };
    },
    describe: async () => ({ database: await readDescription(port, request.database) }),
    acquire: () => acquireSlot(options, action, true),
    secretSnapshot: {
      read: async () => (await state.read()).value.secretSnapshots[arn] ?? null,
      write: (secretSnapshot) => update((present) => keep(present, arn, secretSnapshot)),
      forget: () => update((present) => forget(present, arn)),
    },
    notify: (news) => notify({ at: now(), execution, ...request, action, ...nothingMore, ...news }),
  };
}

/** What a plan is told of what an execution has tried. */
export function toTried({ rule }: RemediationRequest, done: readonly Started[]) {
  return done.map(({ action }) => ({ rule, action }));
}

/** An execution goes on to its next action at once: what it has just tried asks for no cool-down. A yes holds for what was shown. */
function adjust(
  planned: PlannedAction,
  { masterUserSecret }: Database,
  { state: { attempts }, done, approval }: Required<Itself> & { readonly state: RemediationState },
): PlannedAction {
  const known: GateResult[] = [];
  const last = attempts.findLast(({ arn }) => arn === planned.database.arn);
  if (done.some(({ action, startedAt }) => action === last?.action && startedAt === last.startedAt)) {
    const reason = `${last?.action} was tried by this execution, which goes on`;
    known.push({ gate: "cooled-down", open: true, reason });
  }
  const present = { keyReference: planned.keyReference, secretArn: masterUserSecret?.secretArn ?? null };
  if (approval !== null && describeAim(approval) !== describeAim(present)) {
    const reason = `${approval.by} approved it for ${describeAim(approval)}; now it is for ${describeAim(present)}`;
    known.push({ gate: "approved", open: false, reason });
  }
  const gates = planned.gates.map((one) => known.find(({ gate }) => gate === one.gate) ?? one);
  return { ...planned, gates, runnable: gates.every(({ open }) => open) };
}

/** What is approved. */
function describeAim({ secretArn, keyReference }: Omit<Approval, "by">): string {
  return `${secretArn ?? "a database without a secret"} with ${keyReference ?? "the default key"}`;
}

/** Takes a place among the executions, or keeps it; false where another one is at work on the database, or has taken the last place. */
export function acquireSlot(
  { request, execution, policy, state, now }: RepairOptions,
  action: ActionName,
  isChanging: boolean,
): Promise<boolean> {
  const { arn, account, region } = request.database;
  const { stopAfterFailures } = policy.remediation;
  return updateStored("the state of remediation", state, (present) => {
    const at = now();
    const isHindered =
      isChanging &&
      action !== "finish-interrupted" &&
      (present.stopped !== null ||
        !isWithinBudget({ database: request.database, state: present, policy, now: at, execution, plannedBefore: [] })
          .open);
    if (isHindered) return null;
    const hours = isChanging ? changingHours : hoursOfWaiting(action);
    const holder = { execution, arn, account, region, action, rule: request.rule };
    return acquire(present, holder, { now: at, hours, isChanging, stopAfterFailures });
  });
}

/** Takes no place in the budget, or gives it back, and gives a sign of life. */
export async function renewLease({ execution, state, now }: RepairOptions, action: ActionName): Promise<void> {
  await updateStored("the state of remediation", state, (present) =>
    renew(present, execution, { now: now(), hours: hoursOfWaiting(action) }),
  );
}

/** An interrupted toggle waits for nothing but RDS: were its execution killed, nobody should have to wait for it for a month. */
function hoursOfWaiting(action: ActionName): number {
  return action === "finish-interrupted" ? changingHours : waitingHours;
}
