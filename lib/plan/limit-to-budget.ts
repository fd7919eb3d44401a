import type { PlannedAction } from "../model/plan.ts";
import type { Policy } from "../model/policy.ts";
import type { RemediationState } from "../model/remediation-state.ts";
import { describeAction } from "./make-plan.ts";
import { isWithinBudget } from "./timing-gates.ts";

type BudgetOptions = { readonly policy: Policy; readonly state: RemediationState; readonly now: string };

/** Closes the budget of actions that run one after another: those before an action count against its day. */
export function limitToBudget(actions: readonly PlannedAction[], options: BudgetOptions): readonly PlannedAction[] {
  const endedByScope = new Map<string, readonly string[]>();
  return actions.map((action) => {
    if (!action.runnable) return action;
    const scope = `${action.database.account} ${action.database.region}`;
    const endedBefore = endedByScope.get(scope) ?? [];
    const { database } = action;
    const verdict = isWithinBudget({ ...options, database, execution: null, plannedBefore: [], endedBefore });
    const isLimited = !verdict.open && !action.onDemand?.leftOut.includes("within-budget");
    if (!isLimited) endedByScope.set(scope, [...endedBefore, describeAction(action)]);
    return isLimited ? { ...action, runnable: false, gates: close(action.gates, verdict.reason) } : action;
  });
}

function close(gates: PlannedAction["gates"], reason: string): PlannedAction["gates"] {
  return gates.map((one) => (one.gate === "within-budget" ? { gate: one.gate, open: false, reason } : one));
}
