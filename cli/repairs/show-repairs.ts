import { showPlan } from "../commands/plan.ts";
import { type Io, write } from "../io.ts";
import { describeUnfinished, type End, joinPlans, reportObstacle, toStatus } from "./describe-repair-target.ts";
import { isSelection, type RemediateOptions, toCommand } from "./remediate-options.ts";
import type { RepairTarget } from "./repair-target.ts";

/** Prints a dry run: the plan, what blocks it, and the command that makes the changes. Returns the exit status. */
export async function showRepairs(
  repairTargets: readonly RepairTarget[],
  names: readonly string[],
  options: RemediateOptions,
  io: Io,
): Promise<number> {
  await showPlan(joinPlans(repairTargets), { format: options.format ?? "table", isInFull: !isSelection(options) }, io);
  const ends: End[] = [];
  for (const repairTarget of repairTargets) {
    const unfinished = describeUnfinished(repairTarget);
    if (unfinished !== null) await write(io.stderr, `\n${unfinished} Run with --apply to continue it.\n`);
    ends.push((await reportObstacle(repairTarget, options, io)) ?? "repaired");
  }
  if (repairTargets.some(({ chosen }) => chosen?.runnable === true))
    await write(
      io.stderr,
      `\nNothing was changed. To make the changes, run:\n\n  ${toCommand(names, { ...options, apply: true }, io)}\n`,
    );
  return toStatus(ends);
}
