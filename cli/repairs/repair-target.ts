import { randomUUID } from "node:crypto";
import { judgeTarget } from "../../lib/audit/judge.ts";
import { observeDatabase } from "../../lib/collect/observe-database.ts";
import type { RegionPort } from "../../lib/collect/region-port.ts";
import { stateOrNone } from "../../lib/executions/state-or-none.ts";
import { type ActionName, actionNames } from "../../lib/model/action.ts";
import {
  type ClassifiedDatabase,
  type Database,
  describeDatabase,
  inExecutionName,
  toggleTagKey,
} from "../../lib/model/database.ts";
import { UsageError } from "../../lib/model/errors.ts";
import type { Inventory } from "../../lib/model/inventory.ts";
import type { Plan, PlannedAction } from "../../lib/model/plan.ts";
import type { Policy } from "../../lib/model/policy.ts";
import { type OnDemand, toRequestDatabase } from "../../lib/model/remediation-request.ts";
import type { RemediationState, Running } from "../../lib/model/remediation-state.ts";
import { ownToggleTagOf } from "../../lib/model/toggle-marker.ts";
import { makePlan, type PlanOptions } from "../../lib/plan/make-plan.ts";
import { expiredIn } from "../../lib/plan/remediation-state.ts";
import type { RepairPort } from "../../lib/remediate/repair.ts";
import type { Stored } from "../../lib/storage/update-stored.ts";
import { rules } from "../../rules/index.ts";
import { messageOf } from "../error-info.ts";
import type { Io } from "../io.ts";

/** A database to repair, with a connection to it. */
export type RequestedDatabase = {
  readonly database: Database;
  readonly port: RegionPort & RepairPort;
  /** ARN of the credentials. The person at the terminal approves what they start. */
  readonly caller: string;
};

/** A database to repair, just read, with its plan. */
export type RepairTarget = RequestedDatabase & {
  readonly database: ClassifiedDatabase;
  /** Unique to this run. */
  readonly execution: string;
  readonly inventory: Inventory;
  readonly plan: Plan;
  /** The action that comes first; null if the program has none. */
  readonly chosen: PlannedAction | null;
  /** Messages of the rules that returned INSUFFICIENT_DATA. */
  readonly unseen: readonly string[];
  /** Why the repair state cannot be read, which finishing a toggle does without; null if it was read. */
  readonly stateError: string | null;
  /** The action of an earlier run whose lease expired before it ended; null if there is none. */
  readonly unfinished: Running | null;
};

export type SurveyOptions = {
  readonly policy: Policy;
  readonly state: Stored<RemediationState>;
  /** The action that the user named. */
  readonly action: ActionName | undefined;
  /** Rotates the password whatever the rules find. */
  readonly onDemand?: OnDemand | undefined;
  /** `dry-run` changes nothing, `ask` asks the user before each action, `approved` takes `--yes` as the approval. */
  readonly mode: "dry-run" | "ask" | "approved";
  /** Identifies this run of the program. */
  readonly runId: string;
};

/** An id for one run of the program, in letters and digits. */
export function createRunId(): string {
  return randomUUID().slice(0, 8);
}

/** Gates that the plan takes as open in each mode, because the same command opens them before it changes anything. */
const assumptions = {
  "dry-run": { enabled: "add --apply to enable remediation", approved: "with --apply, you are asked to approve it" },
  ask: { approved: "you are asked to approve it before anything changes" },
  approved: {},
} as const;

/** Reads a database again and plans its repair. Throws a UsageError if the action that the user named does not fit. */
export async function survey(
  { database: { resourceId, ...named }, port, caller }: RequestedDatabase,
  { policy, state, action: wanted, onDemand: requested, mode, runId }: SurveyOptions,
  io: Pick<Io, "now">,
): Promise<RepairTarget> {
  const now = io.now().toISOString();
  const execution = `terminal-${inExecutionName({ resourceId })}-${runId}`;
  const [{ inventory, database }, stateError] = await Promise.all([
    observeDatabase(port, toRequestDatabase({ resourceId, ...named }), { policy, rules, now }),
    state.read().then(
      () => null,
      (error: unknown) => error,
    ),
  ]);
  const isLeftOff = hasToggleTag(database) && database.masterUserSecret === null;
  if (stateError !== null && !isLeftOff) throw stateError;
  const { value } = await stateOrNone(state).read();
  const always: PlanOptions = {
    ...{ policy, rules, state: value, now, execution, isEnabled: mode !== "dry-run" },
    ...{ approvedBy: mode === "approved" ? caller : null, assumptions: assumptions[mode] },
    ...{ only: new Set([database.arn]) },
  };
  const planFor = (one: ActionName) => makePlan(inventory, { ...always, action: one });
  const onDemand = requested ?? toOnDemand(database, wanted, planFor);
  const action = onDemand === null ? chooseAction(database, wanted, planFor) : null;
  const plan = makePlan(inventory, { ...always, action, onDemand });
  // An interrupted toggle comes before anything else, even if finishing it is refused for now.
  const isFirst = (one: PlannedAction) =>
    onDemand !== null || !hasToggleTag(database) || one.action === "finish-interrupted";
  const findings = inventory.targets.flatMap((target) => judgeTarget(target, policy, rules, now).findings);
  return {
    ...{ database, port, caller, execution, inventory, plan },
    stateError: stateError === null ? null : messageOf(stateError),
    chosen: plan.actions.find(isFirst) ?? null,
    unseen: findings
      .filter(({ resource, status }) => resource.arn === database.arn && status === "INSUFFICIENT_DATA")
      .map(({ message }) => message),
    unfinished: expiredIn(value, now).find((one) => one.resourceId === resourceId) ?? null,
  };
}

/** True if a toggle of the database was started and its end is unknown. */
export function hasToggleTag(database: Database): boolean {
  return ownToggleTagOf(database) !== null;
}

/** Rotates a managed password on demand if the user names `rotate`, and no finding calls for it. */
function toOnDemand(
  database: ClassifiedDatabase,
  wanted: ActionName | undefined,
  planFor: (action: ActionName) => Plan,
): OnDemand | null {
  if (wanted !== "rotate" || database.management !== "managed" || hasToggleTag(database)) return null;
  return planFor("rotate").actions.length === 0 ? { leftOut: [] } : null;
}

/** The action that the user named, if it fits. Null if the user named none, or if no repair is needed. */
function chooseAction(
  database: ClassifiedDatabase,
  wanted: ActionName | undefined,
  planFor: (action: ActionName) => Plan,
): ActionName | null {
  if (wanted === undefined) return null;
  const name = describeDatabase(database);
  if (hasToggleTag(database) && wanted !== "finish-interrupted")
    throw new UsageError(
      `${wanted} does not fit ${name}: its tag ${toggleTagKey} shows that a toggle was started. Finish that first: leave out --action.`,
    );
  const fitting = actionNames.filter((action) => planFor(action).actions.length > 0);
  if (fitting.length === 0 || fitting.includes(wanted)) return fitting.length === 0 ? null : wanted;
  throw new UsageError(`${wanted} does not fit ${name}: its findings call for ${fitting.join(" or ")}.`);
}
