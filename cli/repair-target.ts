import { judgeTarget } from "../lib/audit/judge.ts";
import { observeDatabase } from "../lib/collect/observe-database.ts";
import type { RegionPort } from "../lib/collect/read-target.ts";
import { type ActionName, actionNames } from "../lib/model/action.ts";
import {
  type ClassifiedDatabase,
  type Database,
  describeDatabase,
  inExecutionName,
  toggleTagKey,
} from "../lib/model/database.ts";
import { UsageError } from "../lib/model/errors.ts";
import type { Inventory } from "../lib/model/inventory.ts";
import type { Plan, PlannedAction } from "../lib/model/plan.ts";
import type { Policy } from "../lib/model/policy.ts";
import { toRequestDatabase } from "../lib/model/remediation-request.ts";
import type { RemediationState, Running } from "../lib/model/remediation-state.ts";
import { ownToggleTagOf } from "../lib/model/toggle-marker.ts";
import { makePlan, type PlanOptions } from "../lib/plan/make-plan.ts";
import type { RepairPort } from "../lib/remediate/repair.ts";
import type { Stored } from "../lib/storage/update-stored.ts";
import { rules } from "../rules/index.ts";
import type { Io } from "./io.ts";

/** A database that somebody wants repaired, a way to it, and whose credentials those are. */
export type Wanted = {
  readonly database: Database;
  readonly port: RegionPort & RepairPort;
  /** The caller's ARN: whoever is at the terminal approves what they start. */
  readonly caller: string;
};

/** The same with all that decides what is done about it, as it was just read. */
export type RepairTarget = Wanted & {
  readonly database: ClassifiedDatabase;
  /** The same for every run from a terminal, so that one that was interrupted is gone on with. */
  readonly execution: string;
  readonly inventory: Inventory;
  readonly plan: Plan;
  /** What is done first; null where there is nothing that the program could do. */
  readonly chosen: PlannedAction | null;
  /** What could not be judged, as sentences. */
  readonly unseen: readonly string[];
  /** What an earlier run began and never ended. */
  readonly unfinished: Running | null;
};

export type SurveyOptions = {
  readonly policy: Policy;
  readonly state: Stored<RemediationState>;
  /** The action that the user named. */
  readonly action: ActionName | undefined;
};

/** Reads a database anew and plans what is done about it. Throws a UsageError where the action that the user named does not fit. */
export async function survey(
  { database: { resourceId, ...named }, port, caller }: Wanted,
  { policy, state, action: wanted }: SurveyOptions,
  io: Pick<Io, "now">,
): Promise<RepairTarget> {
  const now = io.now().toISOString();
  const execution = `terminal-${inExecutionName({ resourceId })}`;
  const ordered = toRequestDatabase({ resourceId, ...named });
  const [{ inventory, database }, { value }] = await Promise.all([
    observeDatabase(port, ordered, { policy, rules, now }),
    state.read(),
  ]);
  const options: PlanOptions = {
    ...{ policy, rules, state: value, now, isEnabled: true, execution },
    ...{ approvedBy: caller, only: new Set([database.arn]) },
  };
  const action = chooseAction(database, wanted, (one) => makePlan(inventory, { ...options, action: one }));
  const plan = makePlan(inventory, { ...options, action });
  // What was begun is finished before anything else, even where that is refused for now.
  const isFirst = (one: PlannedAction) => !hasToggleTag(database) || one.action === "finish-interrupted";
  const findings = inventory.targets.flatMap((target) => judgeTarget(target, policy, rules, now).findings);
  return {
    ...{ database, port, caller, execution, inventory, plan },
    chosen: plan.actions.find(isFirst) ?? null,
    unseen: findings
      .filter(({ resource, status }) => resource.arn === database.arn && status === "INSUFFICIENT_DATA")
      .map(({ message }) => message),
    unfinished: value.running.find((one) => one.execution === execution) ?? null,
  };
}

/** Whether a toggle of the database was begun, and nobody has seen its end. */
export function hasToggleTag(database: Database): boolean {
  return ownToggleTagOf(database) !== null;
}

/** The action that the user named, if it fits; null where it is the program's choice, or nothing fits because nothing is to be done. */
function chooseAction(
  database: ClassifiedDatabase,
  wanted: ActionName | undefined,
  planFor: (action: ActionName) => Plan,
): ActionName | null {
  if (wanted === undefined) return null;
  const name = describeDatabase(database);
  if (hasToggleTag(database) && wanted !== "finish-interrupted")
    throw new UsageError(
      `${wanted} does not fit ${name}: a toggle of it was begun, says its tag ${toggleTagKey}. That is finished first: leave --action out.`,
    );
  const fitting = actionNames.filter((action) => planFor(action).actions.length > 0);
  if (fitting.length === 0 || fitting.includes(wanted)) return fitting.length === 0 ? null : wanted;
  throw new UsageError(`${wanted} does not fit ${name}: what is wrong with it asks for ${fitting.join(" or ")}.`);
}
