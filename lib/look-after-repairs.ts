import { silentIn } from "./audit/keep-remediation.ts";
import { concludeLost } from "./conclude-lost.ts";
import type { Inventory } from "./model/inventory.ts";
import type { Order } from "./model/order.ts";
import type { Policy } from "./model/policy.ts";
import type { RemediationEvent } from "./model/remediation-event.ts";
import type { RemediationState, Running } from "./model/remediation-state.ts";
import type { Rule } from "./model/rule.ts";
import { settleRemediations } from "./settle-remediations.ts";
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
  /** Whether what is not in the inventory is not there, or could not be read; else it was not looked at. */
  readonly isFull: boolean;
  readonly policy: Policy;
  readonly rules: readonly Rule[];
  /** ISO 8601. */
  readonly now: string;
  readonly repairs: Repairs;
  /** An execution of which is known that it was killed, and how, as a sentence. */
  readonly lost?: { readonly execution: string; readonly how: string } | null;
};

/**
 * What follows from an observation for repairs: executions that have been silent for too long are ended, and those that are due are
 * started. Nothing that fails stops the rest, or undoes the audit that it follows: it is answered.
 */
export async function lookAfterRepairs(request: LookAfterRequest): Promise<readonly Error[]> {
  const failures: Error[] = [];
  const attempt = async (work: () => Promise<unknown>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      failures.push(error instanceof Error ? error : new Error(String(error)));
    }
  };
  const { repairs, now, inventory, isFull, lost = null } = request;
  const isSeen = ({ arn }: Running) =>
    inventory.targets.some(({ databases }) => databases.some((database) => database.arn === arn));
  await attempt(async () => {
    const { value } = await repairs.state.read();
    const unseen = isFull ? silentIn(value, now).filter((one) => !isSeen(one)) : [];
    const killed = value.running.filter(({ execution }) => execution === lost?.execution);
    for (const running of new Set([...killed, ...unseen])) {
      const how = running.execution === lost?.execution ? lost.how : describeSilence(running);
      await attempt(() => concludeLost({ ...request, ...repairs, running, how }));
    }
  });
  await attempt(() => settleRemediations({ ...request, ...repairs }));
  await attempt(async () => {
    failures.push(...(await startRemediations({ ...request, ...repairs })).failures);
  });
  return failures;
}

function describeSilence({ execution, since }: Running): string {
  return `Nothing was heard of the execution ${execution}, which began at ${since}.`;
}
