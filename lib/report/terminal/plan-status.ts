import type { Plan, PlannedAction } from "../../model/plan.ts";
import { formatNumber } from "../text/count.ts";

/** How an action stands: what it waits for, or that nothing but work opens its gates. */
export type PlanStatus = "now" | "window" | "turn" | "approval" | "exempt" | "blocked";

/** Gates that time opens. */
const turnGates: readonly string[] = ["first-in-line", "not-running", "within-budget", "cooled-down"];

/** How an action stands; what has to be worked on counts before what only has to be waited for. */
export function planStatusOf({ gates, runnable }: Pick<PlannedAction, "gates" | "runnable">): PlanStatus {
  const closed = gates.filter(({ open }) => !open).map(({ gate }) => gate);
  if (closed.includes("not-exempt")) return "exempt";
  if (closed.some((gate) => gate !== "in-window" && gate !== "approved" && !turnGates.includes(gate))) return "blocked";
  if (closed.includes("approved")) return "approval";
  if (closed.some((gate) => turnGates.includes(gate))) return "turn";
  if (closed.includes("in-window")) return "window";
  return runnable ? "now" : "blocked";
}

/** What one, and what several of a kind do, in the order in which they are told. */
const words: Readonly<Record<PlanStatus | "manual", readonly [string, string]>> = {
  now: ["can be done now", "can be done now"],
  window: ["waits for a window", "wait for a window"],
  turn: ["waits for its turn", "wait for their turn"],
  approval: ["waits for approval", "wait for approval"],
  manual: ["is left to a person", "are left to a person"],
  exempt: ["is exempt", "are exempt"],
  blocked: ["is blocked", "are blocked"],
};

/** "2 can be done now, 3 wait for a window, 4 are left to a person": what is blocked is counted with what a person has to do about it. */
export function describePlan({ actions, manual, complete }: Pick<Plan, "actions" | "manual" | "complete">): string {
  const notified = new Set(manual.map(({ finding }) => finding));
  const kinds = actions
    .map((action) => ({ planStatus: planStatusOf(action), finding: `${action.rule}/${action.database.arn}` }))
    .filter(({ planStatus, finding }) => planStatus !== "blocked" || !notified.has(finding))
    .map(({ planStatus }) => planStatus);
  const counts = countKinds([...kinds, ...manual.map(() => "manual" as const)]);
  const unseen = complete ? "" : " Not everything could be seen.";
  return `${counts === "" ? "Nothing is to be done" : counts}.${unseen}`;
}

/** "2 can be done now, 1 waits for approval": how many there are of each kind. */
export function countKinds(kinds: readonly (keyof typeof words)[]): string {
  return Object.entries(words)
    .map(([kind, [one, several]]) => {
      const number = kinds.filter((each) => each === kind).length;
      return number === 0 ? "" : `${formatNumber(number)} ${number === 1 ? one : several}`;
    })
    .filter((part) => part !== "")
    .join(", ");
}
