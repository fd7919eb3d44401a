import { exemptionOf } from "../audit/exempt.ts";
import { activeRules, ask, prepare, word } from "../audit/judge.ts";
import { type ActionName, actionNames, impacts } from "../model/action.ts";
import { type ClassifiedDatabase, type Database, describeDatabase } from "../model/database.ts";
import { type Exemption, severities } from "../model/finding.ts";
import type { Inventory, Target } from "../model/inventory.ts";
import type { ManualStep, Plan, PlannedAction } from "../model/plan.ts";
import type { Policy } from "../model/policy.ts";
import { toRequestDatabase } from "../model/remediation-request.ts";
import type { Attempt, RemediationState } from "../model/remediation-state.ts";
import type { Rule, RuleContext } from "../model/rule.ts";
import { nextOpening } from "../model/window.ts";
import { chooseKey } from "./choose-key.ts";
import { type Circumstances, evaluateGates, findManualBlocker, opensBy, windowsOf } from "./gates.ts";
import { toManualStep } from "./manual-step.ts";

export type PlanOptions = {
  readonly policy: Policy;
  readonly rules: readonly Rule[];
  readonly state: RemediationState;
  readonly now: string;
  readonly isEnabled: boolean;
  /** The execution that plans for itself; null for whoever only looks. */
  readonly execution?: string | null;
  /** Actions that the execution has tried in vain, by the rule that asked for them. */
  readonly tried?: readonly { readonly rule: string; readonly action: ActionName }[];
  readonly approvedBy?: string | null;
  /** Plans this action wherever a rule asks for it, instead of the first that it asks for. */
  readonly action?: ActionName | null;
  /** Plans for these databases only, by ARN. */
  readonly only?: ReadonlySet<string> | null;
};

/** Later than all instants. */
const never = "9999";

/** What a rule asks for on a database. */
type Demand = {
  readonly action: ActionName | null;
  readonly rule: Rule;
  readonly database: ClassifiedDatabase;
  readonly context: RuleContext;
  readonly target: Target;
  readonly exemption: Exemption | null;
  readonly finding: ReturnType<typeof word>;
};

/**
 * What would be done about everything that is wrong, in the order in which it would be begun, with every gate; and what is left to a person.
 * The inventory must have been read for repair, or gates that depend on more are closed. It is judged again: a verdict that is older
 * than the observation is not acted on.
 */
export function makePlan(inventory: Inventory, options: PlanOptions): Plan {
  const demands = inventory.targets.flatMap((target) => [...demandsOf(target, options)]).sort(compareDemands);
  const ahead = new Map<string, string>();
  const startedByScope = new Map<string, readonly string[]>();
  const actions: { readonly planned: PlannedAction; readonly opensAt: string }[] = [];
  const manual: ManualStep[] = [];
  for (const demand of demands) {
    const { action, rule, database } = demand;
    if (isUnknown(demand)) continue;
    if (action === null) {
      if (demand.exemption === null) manual.push(toManualStep(demand, "the service has no action for it"));
      continue;
    }
    const scope = `${database.account} ${database.region}`;
    const circumstances = toCircumstances({ ...demand, action }, options, {
      ahead: ahead.get(database.arn) ?? null,
      plannedBefore: startedByScope.get(scope) ?? [],
    });
    const planned = toPlannedAction(circumstances, demand);
    actions.push({ planned, opensAt: opening(planned, database, options) });
    if (isInLine(planned) && !ahead.has(database.arn)) ahead.set(database.arn, `${action} for ${rule.id}`);
    if (planned.runnable) startedByScope.set(scope, [...(startedByScope.get(scope) ?? []), describeAction(planned)]);
    const closed = planned.gates.filter(({ open }) => !open);
    const obstacle = closed.find((gate) => opensBy(gate) === "work");
    // What is exempt, or in the middle of something, is left alone by people too.
    const isLeftAlone = closed.some(({ gate }) => gate === "not-exempt" || gate === "not-running");
    if (obstacle !== undefined && !isLeftAlone)
      manual.push(
        toManualStep(
          demand,
          `${obstacle.gate}: ${obstacle.reason}`,
          circumstances.key,
          findManualBlocker(circumstances),
        ),
      );
  }
  return {
    schemaVersion: "1.0",
    observedAt: inventory.observedAt,
    complete: [inventory, ...inventory.targets].every(({ gaps }) => gaps.length === 0) && !demands.some(isUnknown),
    actions: actions.sort((a, b) => compare(a.opensAt, b.opensAt)).map(({ planned }) => planned),
    manual,
  };
}

/** A rule that could not judge: it may ask for something, and nobody can tell what. */
function isUnknown({ finding, exemption }: Demand): boolean {
  return finding.status === "INSUFFICIENT_DATA" && exemption === null;
}

/** Whether only time and a person's word are in the way of an action. */
export function isStartable({ gates }: Pick<PlannedAction, "gates">): boolean {
  return gates.every((gate) => gate.open || opensBy(gate) !== "work");
}

/** Whether what comes after it on the same database has to wait for it. What is in everybody's way changes nothing in the order. */
function isInLine({ gates }: PlannedAction): boolean {
  const inTheWayOfAll = ["enabled", "not-stopped"];
  return isStartable({ gates: gates.filter(({ gate }) => !inTheWayOfAll.includes(gate)) });
}

/** What each active rule asks for on each database of a target. */
function* demandsOf(
  target: Target,
  { policy, rules, now, state, tried = [], action: wanted = null, only = null }: PlanOptions,
) {
  for (const { database, context } of prepare(target, policy, now)) {
    if (only !== null && !only.has(database.arn)) continue;
    for (const rule of activeRules(rules, policy)) {
      const answer = ask(rule, database, context);
      const repairs = answer.message.repairs ?? [];
      const { status } = answer.message;
      if (repairs.length === 0 && (status === "COMPLIANT" || status === "NOT_APPLICABLE")) continue;
      const inVain = [...tried.filter((one) => one.rule === rule.id), ...failedSince(state, database, rule)];
      const isVain = (action: ActionName) => inVain.some((one) => one.action === action);
      const fitting = wanted === null ? repairs.filter((one) => !isVain(one)) : repairs.filter((one) => one === wanted);
      if (wanted !== null && fitting.length === 0) continue;
      yield {
        action: fitting[0] ?? repairs.at(-1) ?? null,
        rule,
        database,
        context,
        target,
        exemption: exemptionOf(database, rule.id, policy, now).active,
        finding: word(answer, database, policy),
      } satisfies Demand;
    }
  }
}

/** What was tried for a rule on a database and failed, since it was last repaired: what is wrong after that is another matter. */
function failedSince({ attempts }: RemediationState, { arn }: Database, { id }: Rule): readonly Attempt[] {
  const own = attempts.filter((one) => one.arn === arn && one.rule === id);
  const repaired = own.findLastIndex(({ outcome }) => outcome === "repaired");
  return own.slice(repaired + 1).filter(({ outcome }) => outcome === "failed");
}

function toCircumstances(
  { action, database, context, target, exemption }: Demand & { action: ActionName },
  { policy, state, now, isEnabled, execution = null, approvedBy = null }: PlanOptions,
  sequence: Pick<Circumstances, "ahead" | "plannedBefore">,
): Circumstances {
  const key = chooseKey(action, database, context);
  return {
    action,
    database,
    context,
    target,
    policy,
    exemption,
    key,
    state,
    now,
    isEnabled,
    execution,
    approvedBy,
    ...sequence,
  };
}

function toPlannedAction(circumstances: Circumstances, { rule: { id: rule }, finding }: Demand): PlannedAction {
  const { action, database, key } = circumstances;
  const gates = [...evaluateGates(circumstances)];
  return {
    id: `${action}/${rule}/${database.arn}`,
    action,
    rule,
    severity: finding.severity,
    database: toRequestDatabase(database),
    gates,
    runnable: gates.every(({ open }) => open),
    impact: impacts[action],
    keyReference: key.reference,
  };
}

/** When time alone could let an action begin: before all others where it may begin now, and never where something else is in the way. */
function opening(planned: PlannedAction, database: ClassifiedDatabase, { policy, now }: PlanOptions): string {
  if (planned.runnable) return "";
  if (!isStartable(planned)) return never;
  const hasWindow = planned.gates.some(({ gate }) => gate === "in-window");
  const windows = hasWindow ? windowsOf(database, policy) : "any-time";
  return windows === "any-time" ? now : (nextOpening(windows, now) ?? never);
}

const byDisruption: readonly Demand["action"][] = [null, ...actionNames];

/** What was left undone comes first; then the worst, then the least disruptive, then by name. */
function compareDemands(a: Demand, b: Demand): number {
  const urgency = ({ action }: Demand) => (action === "finish-interrupted" ? 0 : 1);
  const severity = ({ finding }: Demand) => severities.indexOf(finding.severity);
  const disruption = ({ action }: Demand) => byDisruption.indexOf(action);
  return (
    urgency(a) - urgency(b) ||
    severity(a) - severity(b) ||
    disruption(a) - disruption(b) ||
    compare(a.database.arn, b.database.arn) ||
    compare(a.rule.id, b.rule.id)
  );
}

function compare(a: string, b: string): number {
  return Number(a > b) - Number(a < b);
}

/** As a sentence has it: "toggle of DB instance orders". */
export function describeAction({ action, database }: Pick<PlannedAction, "action" | "database">): string {
  return `${action} of ${describeDatabase(database)}`;
}
