import { applyRule } from "../audit/judge.ts";
import { observeDatabase, readDescription } from "../collect/observe-database.ts";
import type { RegionPort } from "../collect/region-port.ts";
import type { ActionName } from "../model/action.ts";
import type { Database } from "../model/database.ts";
import type { Status } from "../model/finding.ts";
import type { GateResult, PlannedAction } from "../model/plan.ts";
import { noDetails, type RemediationEvent } from "../model/remediation-event.ts";
import { type RemediationRequest, toRequestDatabase } from "../model/remediation-request.ts";
import type { RemediationState } from "../model/remediation-state.ts";
import type { Rule } from "../model/rule.ts";
import { addMinutes } from "../model/time.ts";
import { makePlan } from "../plan/make-plan.ts";
import { forget, recordOffRequest, recordUnannounced, saveSnapshot } from "../plan/remediation-state.ts";
import type { Outcome, Repair, RepairPort } from "../remediate/repair.ts";
import type { Workflow } from "../remediate/workflow.ts";
import { updateStored } from "../storage/update-stored.ts";
import { acquireSlot, type SlotOptions } from "./slot.ts";

/** What all actions of an execution share. */
export type RepairOptions = SlotOptions & {
  readonly rules: readonly Rule[];
  readonly isEnabled: boolean;
  readonly port: RegionPort & RepairPort;
  /** Publishes to both topics. Throws if one of them fails. */
  readonly notify: (event: RemediationEvent) => Promise<void>;
  readonly workflow: Workflow;
};

/** Who approved what: the key of the new secret (null for the default key), and the secret at that time. */
export type GrantedApproval = Readonly<Record<"keyReference" | "secretArn", string | null>> & { readonly by: string };

/** An action of an execution, and when it started (ISO 8601). */
export type StartedAction = { readonly action: ActionName; readonly startedAt: string };
export type TriedAction = StartedAction & { readonly outcome: Outcome };

/** Creates what the procedure of an action may use. `done` is what the execution did before, and `approval` who approved this action. */
export function createRepair(
  options: RepairOptions,
  action: ActionName,
  done: readonly TriedAction[],
  approval: GrantedApproval | null = null,
): Repair {
  const { request, execution, policy, rules, isEnabled, port, state, notify, workflow, now } = options;
  const { resourceId } = request.database;
  const update = (change: (present: RemediationState) => RemediationState | null) => updateStored(state, change);
  let renewAt = "";
  /** Renews the lease. Returns false if another execution has taken the database over; a state that fails takes nothing away. */
  const renewLease = async (at: string, phase: "renewing" | "keeping"): Promise<boolean> => {
    if (at < renewAt) return true;
    const isHeld = await acquireSlot(options, action, phase).catch(() => true);
    renewAt = addMinutes(at, 1);
    return isHeld;
  };
  return {
    execution,
    action,
    rule: request.rule,
    workflow,
    aws: port,
    async observe() {
      const at = now();
      await renewLease(at, "keeping");
      const observed = await observeDatabase(port, request.database, { policy, rules, now: at });
      const { inventory, database, context } = observed;
      const { value: present } = await state.read();
      const { actions } = makePlan(inventory, {
        ...{ policy, rules, isEnabled, execution, action, approvedBy: approval?.by ?? null },
        ...{ now: at, state: present, tried: toTried(request, done), only: new Set([database.arn]) },
        onDemand: request.onDemand ?? null,
      });
      const planned = actions.find((one) => one.rule === request.rule) ?? null;
      const verdictOf = (id: string): Status => {
        const rule = rules.find((one) => one.id === id);
        return rule === undefined ? "INSUFFICIENT_DATA" : applyRule(rule, database, context).message.status;
      };
      const adjusted = planned && adjustGates(planned, database, present.attempts, done, approval);
      return { at, database, context, planned: adjusted, verdictOf };
    },
    async describe(last = null) {
      const at = now();
      const database = await readDescription(port, request.database);
      const isHeld = await renewLease(at, "renewing");
      return { at, database, missing: database === null ? (last?.missing ?? 0) + 1 : 0, isHeld };
    },
    acquireSlot: () => acquireSlot(options, action, "starting"),
    record: {
      snapshot: async () => (await state.read()).value.secretSnapshots[resourceId] ?? null,
      saveSnapshot: async (snapshot) => void (await update((present) => saveSnapshot(present, resourceId, snapshot))),
      requestOff: () => update((present) => recordOffRequest(present, { execution, resourceId, now: now() })),
      unannounced: async () =>
        void (await update((present) => recordUnannounced(present, resourceId, { execution, rule: request.rule }))),
      forget: async () => void (await update((present) => forget(present, resourceId))),
    },
    async notify(notification) {
      // The database may have been renamed.
      const found = await readDescription(port, request.database).catch(() => null);
      const database = found === null ? request.database : toRequestDatabase(found);
      await notify({ at: now(), execution, ...request, database, action, ...noDetails, ...notification });
    },
  };
}

/** The actions that the plan must not choose again. */
export function toTried({ rule }: RemediationRequest, done: readonly StartedAction[]) {
  return done.map(({ action }) => ({ rule, action }));
}

/** Opens the cool-down after an attempt of this execution itself. Closes the approval of a secret or key that has changed since. */
function adjustGates(
  planned: PlannedAction,
  { masterUserSecret }: Database,
  attempts: RemediationState["attempts"],
  done: readonly TriedAction[],
  approval: GrantedApproval | null,
): PlannedAction {
  const known: GateResult[] = [];
  const last = attempts.findLast(({ resourceId }) => resourceId === planned.database.resourceId);
  if (done.some(({ action, startedAt }) => action === last?.action && startedAt === last.startedAt)) {
    const reason = `this execution tried ${last?.action} itself and continues`;
    known.push({ gate: "cooled-down", open: true, reason });
  }
  const present = { keyReference: planned.keyReference, secretArn: masterUserSecret?.secretArn ?? null };
  if (approval !== null && describeApproved(approval) !== describeApproved(present)) {
    const reason = `${approval.by} approved it for ${describeApproved(approval)}; now it is for ${describeApproved(present)}`;
    known.push({ gate: "approved", open: false, reason });
  }
  const gates = planned.gates.map((one) => known.find(({ gate }) => gate === one.gate) ?? one);
  return { ...planned, gates, runnable: gates.every(({ open }) => open) };
}

function describeApproved({ secretArn, keyReference }: Omit<GrantedApproval, "by">): string {
  return `${secretArn ?? "a database without a secret"} with ${keyReference ?? "the default key"}`;
}
