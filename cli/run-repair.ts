import { describeDatabase } from "../lib/model/database.ts";
import type { PlannedAction } from "../lib/model/plan.ts";
import type { Policy } from "../lib/model/policy.ts";
import type { RemediationEvent } from "../lib/model/remediation-event.ts";
import type { RemediationRequest } from "../lib/model/remediation-request.ts";
import type { RemediationState } from "../lib/model/remediation-state.ts";
import { describeAction } from "../lib/plan/make-plan.ts";
import { release } from "../lib/plan/remediation-state.ts";
import type { Outcome } from "../lib/remediate/repair.ts";
import { remediateDatabase } from "../lib/remediate-database.ts";
import { type Stored, updateStored } from "../lib/storage/update-stored.ts";
import { rules } from "../rules/index.ts";
import type { Io } from "./io.ts";
import { createProcessWorkflow } from "./process-workflow.ts";
import type { RepairTarget } from "./repair-target.ts";
import type { StepProgress } from "./step-progress.ts";
import { describeProgress, watchChanges } from "./watch-changes.ts";

/** What every repair of one command line has. */
export type RepairSession = {
  readonly io: Io;
  readonly policy: Policy;
  readonly state: Stored<RemediationState>;
  readonly progress: StepProgress;
  /** Given when the user wants the program to end. */
  readonly signal: AbortSignal;
  readonly notify: (event: RemediationEvent) => Promise<void>;
};

/** A repair that is under way. */
export type Work = {
  /** How it ends. Throws where it was interrupted, or where not even its end could be written down. */
  readonly ended: Promise<Outcome>;
  /** What state the database is in just now, as far as this program knows: a sentence or two. */
  readonly describe: () => string;
};

/** Repairs a database by the action that was planned first. */
export function runRepair(
  { port: direct, database, execution, caller, unfinished }: RepairTarget,
  { id: _, action, rule, severity, keyReference, database: requestDatabase }: PlannedAction,
  { io, policy, state, progress, signal, notify }: RepairSession,
): Work {
  const { port, changeLog } = watchChanges(direct, signal);
  const request: RemediationRequest = { action, rule, severity, database: requestDatabase };
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
      if (last === undefined) throw new Error(`${describeAction(request)} ended without a word`);
      return last.outcome;
    } catch (error) {
      // What was interrupted before it changed anything is no repair that somebody has to go on with.
      if (signal.aborted && changeLog.changes.length === 0 && unfinished === null) await releaseSlot();
      throw error;
    } finally {
      progress.stop();
    }
  };
  const releaseSlot = () =>
    updateStored("the state of remediation", state, (present) =>
      release(present, execution, {
        attempts: [],
        now: io.now().toISOString(),
        stopAfterFailures: policy.remediation.stopAfterFailures,
      }),
    );
  return { ended: run(), describe: () => `${describeDatabase(database)}: ${describeProgress(changeLog, action)}` };
}
