import { liveOf } from "./audit/gates.ts";
import { ask, prepare } from "./audit/judge.ts";
import { forget, leave } from "./audit/keep-remediation.ts";
import { toOrdered } from "./audit/plan.ts";
import { concludeInterrupted } from "./conclude-interrupted.ts";
import { type ClassifiedDatabase, toggleTag } from "./model/database.ts";
import type { Inventory } from "./model/inventory.ts";
import type { Policy } from "./model/policy.ts";
import type { RemediationEvent } from "./model/remediation-event.ts";
import type { RemediationState, Running } from "./model/remediation-state.ts";
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

/** An execution that was killed for good, on a database as it is now. */
type Interrupted = {
  readonly running: Running;
  readonly rule: Rule;
  readonly database: ClassifiedDatabase;
  readonly context: RuleContext;
};

const what = "the state of remediation";

/**
 * Settles, before anything new is started, what nobody will come back for: executions that were killed for good are told of and taken out,
 * and what was written down for a toggle is forgotten where the database has no mark any more.
 */
export async function settleRemediations(request: SettleRequest): Promise<void> {
  const { inventory, policy, rules, state, now } = request;
  const { value } = await state.read();
  const alive = liveOf(value, now);
  const silent = value.running.filter((one) => !alive.includes(one));
  for (const target of inventory.targets)
    for (const { database, context } of prepare(target, policy, now)) {
      const isMarked = database.tags[toggleTag] !== undefined;
      for (const running of silent.filter(({ arn }) => arn === database.arn)) {
        const rule = rules.find(({ id }) => id === running.rule);
        if (rule !== undefined) await settle({ running, rule, database, context }, isMarked, request);
      }
      if (database.arn in value.keepsakes && !isMarked && !alive.some(({ arn }) => arn === database.arn))
        await updateStored(what, state, (present) => forget(present, database.arn));
    }
}

/** One whose rule passes has done its work; of the others nobody knows how far they came. */
async function settle(
  { running, rule, database: seen, context }: Interrupted,
  isMarked: boolean,
  { policy, state, now, tell }: SettleRequest,
): Promise<void> {
  const { execution, arn, account, region, action, isChanging, since } = running;
  const severity = policy.severities[rule.id] ?? rule.severity;
  const database = toOrdered(seen);
  const secretArn = seen.masterUserSecret?.secretArn ?? null;
  const hasPassed = ["COMPLIANT", "NOT_APPLICABLE"].includes(ask(rule, seen, context).message.status);
  if (hasPassed && !isMarked)
    return concludeInterrupted({ running, database, secretArn, severity, policy, state, now, tell });
  if (isChanging)
    await tell({
      ...{ type: "remediation.failed", at: now, execution, action, rule: rule.id, severity, database },
      message: `It was interrupted: ${isMarked ? "management is turned on again where it is off" : "it may be begun anew"}.`,
      ...{ secret: { before: null, after: secretArn }, keyReference: null, approvalId: null, until: null, gates: [] },
      ...{ managed: secretArn !== null, recovery: [] },
    });
  const attempt = { arn, account, region, action, rule: rule.id, startedAt: since, endedAt: now } as const;
  await updateStored(what, state, (present) =>
    leave(present, execution, {
      attempts: isChanging ? [{ ...attempt, outcome: "interrupted" }] : [],
      ...{ now, stopAfterFailures: policy.remediation.stopAfterFailures },
    }),
  );
}
