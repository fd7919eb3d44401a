import { gatesByName } from "../model/gates.ts";
import type { Inventory } from "../model/inventory.ts";
import type { GateResult } from "../model/plan.ts";
import type { Policy } from "../model/policy.ts";
import type { RemediationRequest } from "../model/remediation-request.ts";
import type { RemediationState } from "../model/remediation-state.ts";
import type { Rule } from "../model/rule.ts";
import { makePlan } from "../plan/make-plan.ts";
import { countWithoutSlot, liveIn, nextExecution } from "../plan/remediation-state.ts";
import { type Stored, updateStored } from "../storage/update-stored.ts";
import { stateOrNone } from "./state-or-none.ts";

export type StartRequest = {
  /** Read just now, for repair. */
  readonly inventory: Inventory;
  readonly policy: Policy;
  readonly rules: readonly Rule[];
  readonly state: Stored<RemediationState>;
  /** ISO 8601. */
  readonly now: string;
  /** Starts an execution under a name. Returns false if an execution of that name exists, whatever has become of it. */
  readonly start: (execution: string, request: RemediationRequest) => Promise<boolean>;
};

/**
 * Starts an execution for each planned action that waits for nothing but its window and an approval. If the state cannot be read, only those that
 * finish a toggle.
 */
export async function startExecutions(
  request: StartRequest,
): Promise<{ readonly started: readonly RemediationRequest[]; readonly failures: readonly Error[] }> {
  const { inventory, policy, rules, state, now } = request;
  const failures: Error[] = [];
  const fail = (error: unknown) => {
    failures.push(error instanceof Error ? error : new Error(String(error)));
  };
  await state.read().catch(fail);
  const isReadable = failures.length === 0;
  const { value } = await stateOrNone(state).read();
  const { actions } = makePlan(inventory, { policy, rules, state: value, now, isEnabled: true });
  const started: RemediationRequest[] = [];
  for (const { action, rule, severity, database, gates } of actions) {
    if (!gates.every(isOpenOrAwaited) || (!isReadable && action !== "finish-interrupted")) continue;
    const next: RemediationRequest = { action, rule, severity, database };
    await startNext(next, value, request).then(() => void started.push(next), fail);
  }
  return { started, failures };
}

/** Starts the next execution of a database. One that exists under its name counts only if it is running; otherwise it is passed over. */
async function startNext(
  request: RemediationRequest,
  planned: RemediationState,
  { state, now, start }: StartRequest,
): Promise<void> {
  const execution = nextExecution(planned, request.database, now);
  if (await start(execution, request)) return;
  const { value } = await state.read();
  if (liveIn(value, now).some((running) => running.execution === execution)) return;
  await updateStored(state, (present) => countWithoutSlot(present, execution));
  const next = nextExecution((await state.read()).value, request.database, now);
  if (!(await start(next, request))) throw new Error(`the execution ${next} exists, but it is not running`);
}

/** An execution waits for its window and for approval. Any other closed gate would end it at once. */
function isOpenOrAwaited(gate: GateResult): boolean {
  return gate.open || gatesByName[gate.gate].awaited === "before-start";
}
