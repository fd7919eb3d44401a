import { gatesByName } from "../model/gates.ts";
import type { Inventory } from "../model/inventory.ts";
import type { GateResult } from "../model/plan.ts";
import type { Policy } from "../model/policy.ts";
import type { RemediationRequest } from "../model/remediation-request.ts";
import type { RemediationState } from "../model/remediation-state.ts";
import type { Rule } from "../model/rule.ts";
import { makePlan } from "../plan/make-plan.ts";
import { nextExecution } from "../plan/remediation-state.ts";
import type { Stored } from "../storage/update-stored.ts";

export type StartRequest = {
  /** Read just now, for repair. */
  readonly inventory: Inventory;
  readonly policy: Policy;
  readonly rules: readonly Rule[];
  readonly state: Stored<RemediationState>;
  /** ISO 8601. */
  readonly now: string;
  /** Starts an execution under a name. Idempotent by name. */
  readonly start: (execution: string, request: RemediationRequest) => Promise<void>;
};

/** Starts an execution for each planned action that waits for nothing but its window and an approval. */
export async function startExecutions({
  inventory,
  policy,
  rules,
  state,
  now,
  start,
}: StartRequest): Promise<{ readonly started: readonly RemediationRequest[]; readonly failures: readonly Error[] }> {
  const { value } = await state.read();
  const { actions } = makePlan(inventory, { policy, rules, state: value, now, isEnabled: true });
  const started: RemediationRequest[] = [];
  const failures: Error[] = [];
  for (const { action, rule, severity, database, gates } of actions) {
    if (!gates.every(isOpenOrAwaited)) continue;
    const request: RemediationRequest = { action, rule, severity, database };
    try {
      await start(`${nextExecution(value, database)}-${now.slice(0, 10).replaceAll("-", "")}`, request);
      started.push(request);
    } catch (error) {
      failures.push(error instanceof Error ? error : new Error(String(error)));
    }
  }
  return { started, failures };
}

/** An execution waits for its window and for approval. Any other closed gate would end it at once. */
function isOpenOrAwaited(gate: GateResult): boolean {
  return gate.open || gatesByName[gate.gate].awaited === "before-start";
}
