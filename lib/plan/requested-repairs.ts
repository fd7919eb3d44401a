import { exemptionOf } from "../audit/exempt.ts";
import { activeRules, applyRule, type Judgment, judge, prepare, renderJudgment } from "../audit/judge.ts";
import { type ActionName, actionNames } from "../model/action.ts";
import { compareText } from "../model/compare-text.ts";
import type { ClassifiedDatabase, Database } from "../model/database.ts";
import { type Exemption, severities } from "../model/finding.ts";
import type { Target } from "../model/inventory.ts";
import type { Policy } from "../model/policy.ts";
import type { OnDemand } from "../model/remediation-request.ts";
import type { Attempt, RemediationState } from "../model/remediation-state.ts";
import type { Rule, RuleContext } from "../model/rule.ts";

/** The repair that one rule requests for one database. */
export type RequestedRepair = {
  /** Null if the service has no action for it. */
  readonly action: ActionName | null;
  readonly rule: Rule;
  readonly database: ClassifiedDatabase;
  readonly context: RuleContext;
  readonly target: Target;
  readonly exemption: Exemption | null;
  readonly finding: Judgment;
};

export type RequestOptions = {
  readonly policy: Policy;
  readonly rules: readonly Rule[];
  readonly state: RemediationState;
  /** ISO 8601. */
  readonly now: string;
  /** Actions that the execution has tried without success, each with the rule that requested it. */
  readonly tried?: readonly { readonly rule: string; readonly action: ActionName }[];
  /** Plans only this action, wherever a rule requests it, instead of the first that each rule requests. */
  readonly action?: ActionName | null;
  /** Plans a rotation of each database, whatever the rules find. */
  readonly onDemand?: OnDemand | null;
  /** Plans only for these databases, by ARN. */
  readonly only?: ReadonlySet<string> | null;
};

/**
 * What each active rule requests for each database of a target. Of several actions that a rule names, it takes the first that has not failed.
 * Databases are judged again, because a verdict that is older than the inventory must not lead to an action.
 */
export function* requestedRepairs(
  target: Target,
  { policy, rules, now, state, tried = [], action: wanted = null, onDemand = null, only = null }: RequestOptions,
): Generator<RequestedRepair> {
  for (const { database, context } of prepare(target, policy, now)) {
    if (only !== null && !only.has(database.arn)) continue;
    if (onDemand !== null) {
      yield* rotationOnDemand({ database, context, target }, { policy, rules, now });
      continue;
    }
    for (const rule of activeRules(rules, policy)) {
      const answer = applyRule(rule, database, context);
      const repairs = answer.message.repairs ?? [];
      const { status } = answer.message;
      if (repairs.length === 0 && (status === "COMPLIANT" || status === "NOT_APPLICABLE")) continue;
      const failed = [...tried.filter((one) => one.rule === rule.id), ...failedSinceRepair(state, database, rule)];
      const isUntried = (action: ActionName) => !failed.some((one) => one.action === action);
      const fitting = repairs.filter(wanted === null ? isUntried : (one) => one === wanted);
      if (wanted !== null && fitting.length === 0) continue;
      yield {
        action: fitting[0] ?? repairs.at(-1) ?? null,
        rule,
        database,
        context,
        target,
        exemption: exemptionOf(database, rule.id, policy, now).active,
        finding: renderJudgment(answer, database, policy),
      };
    }
  }
}

/** The rule that verifies a rotation on demand: RDS can rotate the secret. */
const rotationRule = "secret-not-impaired";

/** Rotates a database without a finding. An exemption from any rule about rotation keeps its password as it is. */
function* rotationOnDemand(
  prepared: Pick<RequestedRepair, "database" | "context" | "target">,
  { policy, rules, now }: Pick<RequestOptions, "policy" | "rules" | "now">,
): Generator<RequestedRepair> {
  const { database, context } = prepared;
  const exemptions = rules
    .filter(isAboutRotation)
    .flatMap(({ id }) => exemptionOf(database, id, policy, now).active ?? []);
  const [exemption = null] = exemptions;
  for (const rule of rules.filter(({ id }) => id === rotationRule))
    yield { ...prepared, action: "rotate", rule, exemption, finding: judge(rule, database, context, policy) };
}

/** True if a repair of the rule's findings rotates the password, now or by schedule. */
function isAboutRotation({ messages }: Rule): boolean {
  return Object.values(messages).some(
    ({ repairs = [] }) => repairs.includes("rotate") || repairs.includes("schedule-rotation"),
  );
}

/** Failed attempts for a rule on a database since its last repair. Earlier failures had another cause. */
function failedSinceRepair({ attempts }: RemediationState, { resourceId }: Database, { id }: Rule): readonly Attempt[] {
  const own = attempts.filter((one) => one.resourceId === resourceId && one.rule === id);
  const repaired = own.findLastIndex(({ outcome }) => outcome === "repaired");
  return own.slice(repaired + 1).filter(({ outcome }) => outcome === "failed");
}

/** True if the rule could not decide, so that it is unknown whether it would request a repair. */
export function isUndecided({ finding, exemption }: RequestedRepair): boolean {
  return finding.status === "INSUFFICIENT_DATA" && exemption === null;
}

const byDisruption: readonly RequestedRepair["action"][] = [null, ...actionNames];

/** Interrupted toggles come first, then the highest severity, then the least disruptive action, then ARN and rule. */
export function compareRequests(a: RequestedRepair, b: RequestedRepair): number {
  const urgency = ({ action }: RequestedRepair) => (action === "finish-interrupted" ? 0 : 1);
  const severity = ({ finding }: RequestedRepair) => severities.indexOf(finding.severity);
  const disruption = ({ action }: RequestedRepair) => byDisruption.indexOf(action);
  return (
    urgency(a) - urgency(b) ||
    severity(a) - severity(b) ||
    disruption(a) - disruption(b) ||
    compareText(a.database.arn, b.database.arn) ||
    compareText(a.rule.id, b.rule.id)
  );
}
