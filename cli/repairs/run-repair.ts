import { releaseSlot } from "../../lib/executions/slot.ts";
import { stateOrNone } from "../../lib/executions/state-or-none.ts";
import { describeDatabase } from "../../lib/model/database.ts";
import type { PlannedAction } from "../../lib/model/plan.ts";
import type { Policy } from "../../lib/model/policy.ts";
import type { RemediationEvent } from "../../lib/model/remediation-event.ts";
import type { RemediationRequest } from "../../lib/model/remediation-request.ts";
import type { RemediationState } from "../../lib/model/remediation-state.ts";
import { describeAction } from "../../lib/plan/make-plan.ts";
import { markLost } from "../../lib/plan/remediation-state.ts";
import type { Outcome } from "../../lib/remediate/repair.ts";
import { remediateDatabase } from "../../lib/remediate-database.ts";
import { type Stored, updateStored } from "../../lib/storage/update-stored.ts";
import { rules } from "../../rules/index.ts";
import type { Io } from "../io.ts";
import { createProcessWorkflow } from "./process-workflow.ts";
import type { RepairTarget } from "./repair-target.ts";
import type { StepProgress } from "./step-progress.ts";
import { describeProgress, watchChanges } from "./watch-changes.ts";

/** What all repairs of one command share. */
export type RepairSession = {
  readonly io: Io;
  readonly policy: Policy;
  readonly state: Stored<RemediationState>;
  readonly runId: string;
  readonly progress: StepProgress;
  /** Aborted when the user interrupts the program. */
  readonly signal: AbortSignal;
  readonly notify: (event: RemediationEvent) => Promise<void>;
};

/** A running repair. */
export type RunningRepair = {
  /** Rejects if the repair is interrupted or its outcome cannot be recorded. */
  readonly ended: Promise<Outcome>;
  /** The present state of the database, as far as this program knows, in one or two sentences. */
  readonly describe: () => string;
};

/** Starts the repair of a database with the chosen action, which the user approved. */
export function runRepair(
  { port: direct, database, execution, caller, unfinished }: RepairTarget,
  { id: _, action, rule, severity, keyReference, database: requestDatabase, onDemand }: PlannedAction,
  { io, policy, state: stored, progress, signal, notify }: RepairSession,
): RunningRepair {
  const state = action === "finish-interrupted" ? stateOrNone(stored) : stored;
  const { port, changeLog } = watchChanges(direct, signal);
  const request: RemediationRequest = { action, rule, severity, database: requestDatabase, onDemand };
  const run = async (): Promise<Outcome> => {
    try {
      const done = await remediateDatabase({
        ...{ request, execution, policy, rules, port, state, notify },
        isEnabled: true,
        approval: { by: caller, keyReference, secretArn: database.masterUserSecret?.secretArn ?? null },
        waits: false,
        workflow: createProcessWorkflow({ now: io.now, sleep: io.sleep, signal, listener: progress }),
        now: () => io.now().toISOString(),
      });
      const last = done.at(-1);
      if (last === undefined) throw new Error(`${describeAction(request)} ended without an outcome`);
      return last.outcome;
    } catch (error) {
      const now = io.now().toISOString();
      // If nothing was changed, there is nothing for the next run to finish. Otherwise it need not wait until the lease expires.
      if (signal.aborted && changeLog.changes.length === 0 && unfinished === null)
        await releaseSlot({ execution, policy, state }, now);
      else await updateStored(state, (present) => markLost(present, execution, now));
      throw error;
    } finally {
      progress.stop();
    }
  };
  return { ended: run(), describe: () => `${describeDatabase(database)}: ${describeProgress(changeLog, action)}` };
}
