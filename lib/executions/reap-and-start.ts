import { type ReapRequest, reapExecutions } from "./reap-executions.ts";
import { type StartRequest, startExecutions } from "./start-executions.ts";

/** What a deployment with repairs provides. */
export type Repairs = Pick<StartRequest, "state" | "start"> & Pick<ReapRequest, "notify">;

export type ReapAndStartRequest = Omit<ReapRequest, keyof Repairs> & { readonly repairs: Repairs };

/** Ends dead executions, then starts those that are due. Returns errors instead of throwing them: they do not undo the audit. */
export async function reapAndStart({ repairs, ...request }: ReapAndStartRequest): Promise<readonly Error[]> {
  const failures: Error[] = [];
  const keep = (error: unknown) => {
    failures.push(error instanceof Error ? error : new Error(String(error)));
  };
  await reapExecutions({ ...request, ...repairs }).catch(keep);
  await startExecutions({ ...request, ...repairs }).then((result) => result.failures.forEach(keep), keep);
  return failures;
}
