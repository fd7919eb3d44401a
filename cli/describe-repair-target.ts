import { describeDatabase } from "../lib/model/database.ts";
import type { Plan } from "../lib/model/plan.ts";
import { describeAction } from "../lib/plan/make-plan.ts";
import { createLayout } from "../lib/report/terminal/layout.ts";
import { paragraph } from "../lib/report/terminal/paragraph.ts";
import { makePrintable } from "../lib/report/text/printable.ts";
import { describeRefusal } from "./describe-event.ts";
import { exitStatus } from "./exit-status.ts";
import { type Io, write } from "./io.ts";
import type { RepairTarget } from "./repair-target.ts";
import { terminalOf } from "./terminal.ts";

/** What became of one database. */
export type End = "repaired" | "nothing" | "unseen" | "manual" | "refused" | "failed";

/**
 * The plans of some databases as one: each was made as if it were alone, because they are repaired one after another. Of a database in the
 * middle of a toggle nothing else is told: what else may be wrong with it, somebody might go and do.
 */
export function joinPlans(repairTargets: readonly RepairTarget[]): Plan {
  const plans = repairTargets.map(({ plan, chosen }) =>
    chosen?.action === "finish-interrupted" ? { actions: [chosen], manual: [] } : plan,
  );
  return {
    schemaVersion: "1.0",
    observedAt: repairTargets.at(-1)?.plan.observedAt ?? "",
    complete: repairTargets.every(({ plan }) => plan.complete),
    actions: plans.flatMap(({ actions }) => actions),
    manual: plans.flatMap(({ manual }) => manual),
  };
}

/** What an earlier run left undone, as a sentence; null where there is nothing of the kind. */
export function describeUnfinished({ unfinished, database }: RepairTarget): string | null {
  if (unfinished === null) return null;
  const { action, since } = makePrintable(unfinished);
  return `An earlier run began ${action} of ${makePrintable(describeDatabase(database))} at ${since}, and did not get to its end.`;
}

/** Tells why nothing is done about a database, and answers with what that comes to; null where something can be done. */
export async function reportObstacle(
  { database, chosen, plan, unseen, unfinished }: RepairTarget,
  { policy }: { readonly policy?: string },
  io: Io,
): Promise<End | null> {
  const layout = createLayout(terminalOf(io.stderr, io));
  const name = makePrintable(describeDatabase(database));
  const say = (text: string) => write(io.stderr, `\n${paragraph(makePrintable(text), { width: layout.width })}\n`);
  if (chosen !== null) {
    if (chosen.runnable) return null;
    await write(
      io.stderr,
      `\n${describeRefusal(describeAction(makePrintable(chosen)), makePrintable(chosen.gates), layout)}`,
    );
    if (policy === undefined && chosen.gates.some(({ gate, open }) => gate === "allowed" && !open))
      await say("No --policy was given, and without one nothing may be changed: it says what may be done, and where.");
    return "refused";
  }
  if (plan.manual.length > 0) {
    await say(`${name}: only a person can repair it; the plan says how.`);
    return "manual";
  }
  if (unseen.length > 0) {
    await say(`${name}: whether something is to be done cannot be told. ${unseen.join(" ")}`);
    return "unseen";
  }
  if (unfinished !== null) {
    await say(
      `${name}: ${unfinished.action} is not over, its secret is ${database.masterUserSecret?.status ?? "not there"}. Run this again later.`,
    );
    return "unseen";
  }
  const reason = database.explanation === null ? "" : `: ${database.explanation}`;
  await say(`${name}: nothing is to be done${reason}.`);
  return "nothing";
}

/** The exit status of it all. */
export function toStatus(ends: readonly End[]): number {
  if (ends.some((end) => ["failed", "refused", "manual"].includes(end))) return exitStatus.findings;
  return ends.includes("unseen") ? exitStatus.incomplete : exitStatus.clean;
}
