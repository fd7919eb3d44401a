import type { RemediationEvent } from "../model/remediation-event.ts";
import type { RemediationRequest } from "../model/remediation-request.ts";
import type { RemediationState } from "../model/remediation-state.ts";
import type { Stored } from "../storage/update-stored.ts";
import { type SettleRequest, settleRemediations } from "./settle-remediations.ts";
import { startRemediations } from "./start-executions.ts";

/** What a deployment that repairs has for it. */
export type Repairs = {
  readonly state: Stored<RemediationState>;
  /** Starts an execution under a name; one that there is under that name already is left alone. */
  readonly start: (execution: string, request: RemediationRequest) => Promise<void>;
  /** Tells machines and people. Throws where not both could be told. */
  readonly notify: (event: RemediationEvent) => Promise<void>;
};

export type LookAfterRequest = Omit<SettleRequest, keyof Repairs> & { readonly repairs: Repairs };

/**
 * What follows from an observation for repairs: executions of which nobody will hear any more are ended, and those that are due are
 * started. Nothing that fails undoes the audit that it follows: it is answered.
 */
export async function lookAfterRepairs({ repairs, ...request }: LookAfterRequest): Promise<readonly Error[]> {
  const failures: Error[] = [];
  const attempt = async (work: () => Promise<unknown>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      failures.push(error instanceof Error ? error : new Error(String(error)));
    }
  };
  await attempt(() => settleRemediations({ ...request, ...repairs }));
  await attempt(async () => {
    failures.push(...(await startRemediations({ ...request, ...repairs })).failures);
  });
  return failures;
}
