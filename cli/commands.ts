import type { Command } from "commander";
import { addApprove } from "./commands/approve.ts";
import { addAudit } from "./commands/audit.ts";
import { addCheck } from "./commands/check.ts";
import { addCompletion } from "./commands/completion.ts";
import { addConsumers } from "./commands/consumers.ts";
import { addDemo } from "./commands/demo.ts";
import { addExplain } from "./commands/explain.ts";
import { addPlan } from "./commands/plan.ts";
import { addPreflight } from "./commands/preflight.ts";
import { addPrevent } from "./commands/prevent.ts";
import { addRemediate } from "./commands/remediate.ts";
import { addRotate } from "./commands/rotate.ts";
import { addRules } from "./commands/rules.ts";
import { addStop } from "./commands/stop.ts";
import { addVerify } from "./commands/verify.ts";
import { addDiff } from "./history/diff.ts";
import { addHistory } from "./history/history.ts";
import { addTrend } from "./history/trend.ts";
import type { Io } from "./io.ts";

type AddCommand = (program: Command, io: Io, end: (status: number) => void) => void;

/** All commands, in the order of the help. */
export const commands: readonly AddCommand[] = [
  addAudit,
  addDemo,
  addRules,
  addExplain,
  addPlan,
  addPreflight,
  addConsumers,
  addRemediate,
  addRotate,
  addApprove,
  addStop,
  addVerify,
  addCheck,
  addPrevent,
  addHistory,
  addTrend,
  addDiff,
  addCompletion,
];
