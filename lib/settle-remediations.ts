import { liveOf } from "./audit/gates.ts";
import { ask, prepare } from "./audit/judge.ts";
import { forget } from "./audit/keep-remediation.ts";
import { toOrdered } from "./audit/plan.ts";
import { concludeInterrupted } from "./conclude-interrupted.ts";
import { type ClassifiedDatabase, toggleTag } from "./model/database.ts";
import type { Inventory } from "./model/inventory.ts";
import type { Policy } from "./model/policy.ts";
import type { RemediationEvent } from "./model/remediation-event.ts";
import type { RemediationState } from "./model/remediation-state.ts";
import type { Rule, RuleContext } from "./model/rule.ts";
import { type Stored, updateStored } from "./update-stored.ts";

export type SettleRequest = {
  /** Read just now. */
  readonly inventory: Inventory;
  readonly policy: Policy;
  readonly rules: readonly Rule[];
  readonly state: Stored<RemediationState>;
  readonly now: string;
  readonly tell: (event: RemediationEvent) => Promise<void>;
};

/**
 * Settles what nobody will come back for: an execution that was killed and whose rule passes all the same is told of and taken out, and what
 * was written down for a toggle is forgotten where the database has no mark any more. A database with a mark is left to
 * `finish-interrupted`, one whose rule does not pass to the next execution.
 */
export async function settleRemediations({ inventory, policy, rules, state, now, tell }: SettleRequest): Promise<void> {
  const { value } = await state.read();
  const alive = liveOf(value, now);
  const silent = value.running.filter((one) => !alive.includes(one));
  for (const target of inventory.targets)
    for (const { database, context } of prepare(target, policy, now)) {
      if (database.tags[toggleTag] !== undefined || alive.some(({ arn }) => arn === database.arn)) continue;
      for (const running of silent.filter(({ arn }) => arn === database.arn)) {
        const rule = rules.find(({ id }) => id === running.rule);
        if (rule === undefined || !passes(rule, database, context)) continue;
        await concludeInterrupted({
          ...{ running, database: toOrdered(database), policy, state, now, tell },
          secretArn: database.masterUserSecret?.secretArn ?? null,
          severity: policy.severities[rule.id] ?? rule.severity,
        });
      }
      if (database.arn in value.keepsakes)
        await updateStored("the state of remediation", state, (present) => forget(present, database.arn));
    }
}

function passes(rule: Rule, database: ClassifiedDatabase, context: RuleContext): boolean {
  return ["COMPLIANT", "NOT_APPLICABLE"].includes(ask(rule, database, context).message.status);
}
