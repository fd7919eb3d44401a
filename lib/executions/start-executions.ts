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
  /** Read for repair, and just now. */
  readonly inventory: Inventory;
  readonly policy: Policy;
  readonly rules: readonly Rule[];
  readonly state: Stored<RemediationState>;
  readonly now: string;
  /** Starts an execution under a name; one that there is under that name already is left alone. */
  readonly start: (execution: string, request: RemediationRequest) => Promise<void>;
};

/**
 * Starts an execution for each database on which something is to be done and nothing but its window and a person's word is in the way.
 * Answers with the orders that were given, and what could not be started.
 */
export async function startRemediations({
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
  for (const planned of actions) {
    if (!planned.gates.every(isOpenOrAwaited)) continue;
    const { action, rule, severity, database } = planned;
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

/** An execution waits for its window and for a person; at any other closed gate it would turn back at once. */
function isOpenOrAwaited(gate: GateResult): boolean {
  return gate.open || gatesByName[gate.gate].awaited === "before-start";
}
