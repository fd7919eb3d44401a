import { describeDatabase } from "../../lib/model/database.ts";
import { gatesByName } from "../../lib/model/gates.ts";
import type { Plan } from "../../lib/model/plan.ts";
import { describeAction } from "../../lib/plan/make-plan.ts";
import { createLayout } from "../../lib/report/terminal/layout.ts";
import { paragraph } from "../../lib/report/terminal/paragraph.ts";
import { makePrintable } from "../../lib/report/text/printable.ts";
import { exitStatus } from "../exit-status.ts";
import { type Io, write } from "../io.ts";
import { terminalOf } from "../output/terminal.ts";
import { describeRefusal } from "./describe-event.ts";
import { isSelection, type RemediateOptions } from "./remediate-options.ts";
import type { RepairTarget } from "./repair-target.ts";

/** How the run ended for one database. */
export type End = "repaired" | "nothing" | "unseen" | "manual" | "refused" | "failed";

/**
 * Joins the plans of several databases. Each was made on its own, because the databases are repaired one after another. For a database in
 * the middle of a toggle, the joined plan shows only how to finish it, so that a person does not start anything else.
 */
export function joinPlans(repairTargets: readonly RepairTarget[]): Plan {
  const plans = repairTargets.map(({ plan, chosen }) =>
    chosen?.action === "finish-interrupted" ? { actions: [chosen], manual: [] } : plan,
  );
  const consumers = repairTargets.flatMap(({ plan }) => plan.consumers ?? []);
  return {
    schemaVersion: "1.0",
    observedAt: repairTargets.at(-1)?.plan.observedAt ?? "",
    complete: repairTargets.every(({ plan }) => plan.complete),
    actions: plans.flatMap(({ actions }) => actions),
    manual: plans.flatMap(({ manual }) => manual),
    ...(consumers.length > 0 && { consumers }),
  };
}

/** Says what an earlier run left unfinished; null if nothing. */
export function describeUnfinished({ unfinished, database }: RepairTarget): string | null {
  if (unfinished === null) return null;
  const { action, since } = makePrintable(unfinished);
  return `An earlier run started ${action} of ${makePrintable(describeDatabase(database))} at ${since} and did not finish.`;
}

/** Reports why a database is not repaired, and returns how its run ends; null if it can be repaired. */
export async function reportObstacle(
  { database, chosen, plan, unseen, unfinished }: RepairTarget,
  { policy, ...selection }: Pick<RemediateOptions, "policy" | "tag" | "all">,
  io: Io,
): Promise<End | null> {
  const layout = createLayout(terminalOf(io.stderr, io));
  const name = makePrintable(describeDatabase(database));
  const say = (text: string) => write(io.stderr, `\n${paragraph(makePrintable(text), { width: layout.width })}\n`);
  if (chosen !== null) {
    if (chosen.runnable) return null;
    if (isSelection(selection)) return "refused";
    await write(
      io.stderr,
      `\n${describeRefusal(describeAction(makePrintable(chosen)), makePrintable(chosen.gates), layout)}`,
    );
    if (policy === undefined && chosen.gates.some(({ gate, open }) => !open && gatesByName[gate].closedByDefault))
      await say(
        "Without a policy, nothing may be changed. Use --policy to give one that allows the action and opts in the database.",
      );
    return "refused";
  }
  if (plan.manual.length > 0) {
    await say(`${name}: needs manual action; the plan shows how.`);
    return "manual";
  }
  if (unseen.length > 0) {
    await say(`${name}: cannot determine whether a repair is needed. ${unseen.join(" ")}`);
    return "unseen";
  }
  if (unfinished !== null) {
    await say(
      `${name}: ${unfinished.action} is still in progress; the status of its secret is ${database.masterUserSecret?.status ?? "missing"}. Run this command again later.`,
    );
    return "unseen";
  }
  const reason = database.explanation === null ? "" : `: ${database.explanation}`;
  await say(`${name}: no repair is needed${reason}.`);
  return "nothing";
}

/** Exit status of the command. */
export function toStatus(ends: readonly End[]): number {
  if (ends.some((end) => ["failed", "refused", "manual"].includes(end))) return exitStatus.findings;
  return ends.includes("unseen") ? exitStatus.incomplete : exitStatus.clean;
}
