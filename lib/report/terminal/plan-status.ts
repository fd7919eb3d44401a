import { type GateOpener, gatesByName } from "../../model/gates.ts";
import type { Plan, PlannedAction } from "../../model/plan.ts";
import { formatNumber } from "../text/count.ts";

/** Whether an action can start, and if not, what it waits for. `blocked` needs work first. */
export type PlanStatus = "now" | "window" | "turn" | "approval" | "exempt" | "blocked";

/** The status of an action with a closed gate. With several closed gates, the first of these counts. */
const statusByOpener: Readonly<Record<GateOpener, PlanStatus>> = {
  exemption: "exempt",
  work: "blocked",
  approval: "approval",
  turn: "turn",
  window: "window",
};

export function planStatusOf({ gates, runnable }: Pick<PlannedAction, "gates" | "runnable">): PlanStatus {
  const closed = gates.filter(({ open }) => !open).map(({ gate }) => statusByOpener[gatesByName[gate].opensBy]);
  return Object.values(statusByOpener).find((status) => closed.includes(status)) ?? (runnable ? "now" : "blocked");
}

/** Singular and plural phrase for each status, in the order in which they are listed. */
const phrases: Readonly<Record<PlanStatus | "manual", readonly [string, string]>> = {
  now: ["can start now", "can start now"],
  window: ["waits for a window", "wait for a window"],
  turn: ["waits for its turn", "wait for their turn"],
  approval: ["waits for approval", "wait for approval"],
  manual: ["needs manual action", "need manual action"],
  exempt: ["is exempt", "are exempt"],
  blocked: ["is blocked", "are blocked"],
};

/** "can start now", "is blocked". */
export function describeStatus(status: PlanStatus): string {
  return phrases[status][0];
}

/** "2 can start now, 3 wait for a window, 4 need manual action." A blocked action with a manual step counts once, as the manual step. */
export function describePlan({ actions, manual, complete }: Pick<Plan, "actions" | "manual" | "complete">): string {
  const withManualStep = new Set(manual.map(({ finding }) => finding));
  const isManual = ({ rule, database }: PlannedAction) => withManualStep.has(`${rule}/${database.arn}`);
  const automatic = actions.filter((action) => planStatusOf(action) !== "blocked" || !isManual(action));
  const counts = countStatuses([...automatic.map(planStatusOf), ...manual.map(() => "manual" as const)]);
  const incomplete = complete ? "" : " Not everything could be read, so repairs may be missing.";
  return `${counts === "" ? "No repair is needed" : counts}.${incomplete}`;
}

/** "2 can start now, 1 waits for approval": how many actions have each status. */
export function countStatuses(statuses: readonly (keyof typeof phrases)[]): string {
  return Object.entries(phrases)
    .map(([status, [one, several]]) => {
      const number = statuses.filter((each) => each === status).length;
      return number === 0 ? "" : `${formatNumber(number)} ${number === 1 ? one : several}`;
    })
    .filter((part) => part !== "")
    .join(", ");
}
