import { silentIn } from "./audit/keep-remediation.ts";
import { concludeLost } from "./conclude-lost.ts";
import type { Inventory } from "./model/inventory.ts";
import type { Order } from "./model/order.ts";
import type { Policy } from "./model/policy.ts";
import type { RemediationEvent } from "./model/remediation-event.ts";
import type { RemediationState } from "./model/remediation-state.ts";
import type { Rule } from "./model/rule.ts";
import { startRemediations } from "./start-remediations.ts";
import type { Stored } from "./update-stored.ts";

/** What a deployment that repairs has for it. */
export type Repairs = {
  readonly state: Stored<RemediationState>;
  /** Starts an execution under a name; one that there is under that name already is left alone. */
  readonly start: (execution: string, order: Order) => Promise<void>;
  /** Tells machines and people. Throws where not both could be told. */
  readonly tell: (event: RemediationEvent) => Promise<void>;
};

export type LookAfterRequest = {
  /** Read for repair, and just now. */
  readonly inventory: Inventory;
  readonly policy: Policy;
  readonly rules: readonly Rule[];
  /** ISO 8601. */
  readonly now: string;
  readonly repairs: Repairs;
};

/**
 * What follows from an observation for repairs: executions that have been silent for too long are ended, and those that are due are
 * started. Nothing that fails stops the rest, or undoes the audit that it follows: it is answered.
 */
export async function lookAfterRepairs({ repairs, ...request }: LookAfterRequest): Promise<readonly Error[]> {
  const { now } = request;
  const failures: Error[] = [];
  const attempt = async (work: () => Promise<unknown>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      failures.push(error instanceof Error ? error : new Error(String(error)));
    }
  };
  await attempt(async () => {
    const { value } = await repairs.state.read();
    for (const running of silentIn(value, now)) {
      const how = `Nothing was heard of ${running.execution} since ${running.since}.`;
      await attempt(() => concludeLost({ ...request, ...repairs, running, how }));
    }
  });
  await attempt(async () => {
    const answer = await startRemediations({ ...request, ...repairs });
    failures.push(...answer.failures);
  });
  return failures;
}
