import { impacts } from "../model/action.ts";
import { compareText } from "../model/compare-text.ts";
import { consequencesOf } from "../model/consequences.ts";
import { type ClassifiedDatabase, describeDatabase } from "../model/database.ts";
import { gatesByName, needsWork } from "../model/gates.ts";
import type { Inventory } from "../model/inventory.ts";
import type { ManualStep, Plan, PlannedAction } from "../model/plan.ts";
import { toRequestDatabase } from "../model/remediation-request.ts";
import { nextOpening } from "../model/window.ts";
import { chooseKey } from "./choose-key.ts";
import { type Assumptions, evaluateGates } from "./gates.ts";
import { toManualStep } from "./manual-step.ts";
import {
  compareRequests,
  isUndecided,
  type RequestedRepair,
  type RequestOptions,
  requestedRepairs,
} from "./requested-repairs.ts";
import { windowsOf } from "./timing-gates.ts";

export type PlanOptions = RequestOptions & {
  /** True if remediation is on: in the deployment, or at a terminal through `--apply`. */
  readonly isEnabled: boolean;
  /** The execution that plans for itself; null for a plan that is only shown. */
  readonly execution?: string | null;
  readonly approvedBy?: string | null;
  /** Gates that a dry run takes as open. Empty for a plan that is acted on. */
  readonly assumptions?: Assumptions;
};

/**
 * Plans the repair of everything that the rules find in an inventory. The plan lists each action with all its gates, in the order in which
 * the actions would start, and the steps that need manual action. The inventory must have been read for repair; otherwise gates that need
 * more data are closed.
 */
export function makePlan(inventory: Inventory, options: PlanOptions): Plan {
  const requests = inventory.targets.flatMap((target) => [...requestedRepairs(target, options)]).sort(compareRequests);
  const entries = planInOrder(
    requests.filter((request) => !isUndecided(request)),
    options,
  );
  return {
    schemaVersion: "1.0",
    observedAt: inventory.observedAt,
    complete: [inventory, ...inventory.targets].every(({ gaps }) => gaps.length === 0) && !requests.some(isUndecided),
    actions: entries
      .flatMap(({ planned, opensAt }) => (planned === null ? [] : { planned, opensAt }))
      .sort((a, b) => compareText(a.opensAt, b.opensAt))
      .map(({ planned }) => planned),
    manual: entries.flatMap(({ manual }) => manual ?? []),
  };
}

/** Later than every ISO 8601 time. */
const never = "9999";

/** What the plan has for one request. `opensAt` is the earliest time the action may start: "" for now, `never` if it is blocked. */
type PlanEntry = {
  readonly planned: PlannedAction | null;
  readonly opensAt: string;
  readonly manual: ManualStep | null;
};

/** Plans one request after another. Each depends on the actions that come before it on its database and in its account and Region. */
function planInOrder(requests: readonly RequestedRepair[], options: PlanOptions): readonly PlanEntry[] {
  const firstByDatabase = new Map<string, string>();
  const startedByScope = new Map<string, readonly string[]>();
  return requests.map((request) => {
    const { action, rule, database, context, finding } = request;
    if (action === null) {
      const manual = request.exemption === null ? toManualStep(request, "the service has no action for it") : null;
      return { planned: null, opensAt: never, manual };
    }
    const scope = `${database.account} ${database.region}`;
    const plannedBefore = startedByScope.get(scope) ?? [];
    const ahead = firstByDatabase.get(database.arn) ?? null;
    const key = chooseKey(action, database, context);
    const { execution = null, approvedBy = null } = options;
    const { gates, manualBlocker } = evaluateGates(
      { ...request, ...options, action, key, execution, approvedBy, ahead, plannedBefore },
      options.assumptions,
      options.onDemand?.leftOut,
    );
    const planned: PlannedAction = {
      id: `${action}/${rule.id}/${database.arn}`,
      action,
      rule: rule.id,
      severity: finding.severity,
      database: toRequestDatabase(database),
      gates,
      runnable: gates.every(({ open }) => open),
      impact: impacts[action],
      consequences: action === "enable" ? [...consequencesOf(database)] : [],
      keyReference: key.reference,
      ...(options.onDemand != null && { onDemand: options.onDemand }),
    };
    if (isInLine(planned) && !firstByDatabase.has(database.arn))
      firstByDatabase.set(database.arn, `${action} for ${rule.id}`);
    if (planned.runnable) startedByScope.set(scope, [...plannedBefore, describeAction(planned)]);
    // What is asked of the service needs no instructions for a person.
    const reason = planned.onDemand === undefined ? whyManual(planned) : null;
    const manual = reason === null ? null : toManualStep(request, reason, key, manualBlocker);
    return { planned, opensAt: openingOf(planned, database, options), manual };
  });
}

/** Why a person has to make the change; null if the service can start it on its own, or if a person must leave the database alone. */
function whyManual({ gates }: PlannedAction): string | null {
  const closed = gates.filter(({ open }) => !open);
  const obstacle = closed.find(({ gate }) => needsWork(gate));
  if (obstacle === undefined || closed.some(({ gate }) => gatesByName[gate].blocksManual)) return null;
  return `${obstacle.gate}: ${obstacle.reason}`;
}

/** True if the action can start without work: all its closed gates open with time or an approval. */
export function isStartable({ gates }: Pick<PlannedAction, "gates">): boolean {
  return gates.every(({ open, gate }) => open || !needsWork(gate));
}

/** True if later actions on the same database wait for this one. Shared gates hold them all up, so they do not count. */
function isInLine({ gates }: PlannedAction): boolean {
  return isStartable({ gates: gates.filter(({ gate }) => !gatesByName[gate].isShared) });
}

/** Earliest time the action may start if only time is missing. */
function openingOf(planned: PlannedAction, database: ClassifiedDatabase, { policy, now }: PlanOptions): string {
  if (planned.runnable) return "";
  if (!isStartable(planned)) return never;
  const hasWindow = planned.gates.some(({ gate }) => gatesByName[gate].opensBy === "window");
  const windows = hasWindow ? windowsOf(database, policy) : "any-time";
  return windows === "any-time" ? now : (nextOpening(windows, now) ?? never);
}

/** As in "toggle of DB instance orders". */
export function describeAction({ action, database }: Pick<PlannedAction, "action" | "database">): string {
  return `${action} of ${describeDatabase(database)}`;
}
