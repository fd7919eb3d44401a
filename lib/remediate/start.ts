import { AwsCallError } from "../model/errors.ts";
import type { GateResult } from "../model/plan.ts";
import type { News, Observation, Outcome, Repair } from "./repair.ts";

/** What became of a beginning: what the first change answered, or how the procedure ends without it. */
export type StartResult<T> = { readonly started: T } | { readonly started: null; readonly outcome: Outcome };

export type StartOptions<T> = {
  /** What to answer where the change is there already, made by this step before it was killed, or by somebody else; null where it is not. */
  readonly already?: (observation: Observation) => T | null;
  /** Makes the first change; its answer is remembered. */
  readonly change: (observation: Observation) => Promise<T>;
};

/**
 * The first change of a procedure. It looks anew, at every gate, and makes the change in the same step: whatever happened while somebody
 * was asked, while the window was awaited or while nothing ran at all, it is seen before anything is touched. What AWS refuses is a failure,
 * and not an error in the program: something else may do.
 */
export async function startAction<T>(
  repair: Repair,
  name: string,
  { already, change }: StartOptions<T>,
): Promise<StartResult<T>> {
  const work = repair.workflow.step(name, async () => {
    const observation = await repair.observe();
    const made = already?.(observation) ?? null;
    if (made !== null) return { gates: [], started: made };
    const gates = closedGates(observation, repair);
    if (gates.length > 0) return { gates, started: null };
    if (!(await repair.acquire())) return { gates: [overtaken], started: null };
    return { gates: [], started: await change(observation) };
  });
  try {
    const { gates, started } = await work;
    return started === null ? { started: null, outcome: await refuse(repair, gates) } : { started };
  } catch (error) {
    if (!(error instanceof AwsCallError)) throw error;
    const reason = `AWS refuses ${error.action} (${error.code}: ${error.message})`;
    return { started: null, outcome: { end: "failed", reason, recovery: [] } };
  }
}

/** The gates that are closed, of which there is one where the rule asks for nothing any more. */
export function closedGates(
  { planned }: Observation,
  { rule, action }: Pick<Repair, "rule" | "action">,
): readonly GateResult[] {
  const reason = `${rule} does not ask for ${action} any more`;
  return planned?.gates.filter(({ open }) => !open) ?? [{ gate: "requested", open: false, reason }];
}

/** What is said where somebody else took the place between the look and the beginning. */
export const overtaken: GateResult = {
  gate: "within-budget",
  open: false,
  reason: "another execution took the place: wait for its end",
};

/** Tells that nothing was changed after all, and ends so. */
export async function refuse(repair: Repair, gates: readonly GateResult[]): Promise<Outcome> {
  const reason = gates.map(({ gate, reason }) => `${gate}: ${reason}`).join("; ");
  const message = `Nothing was changed: ${reason}.`;
  await announce(repair, "tell that it was not begun", {
    type: "remediation.refused",
    message,
    gates: [...gates],
  });
  return { end: "refused", gates };
}

/** Tells something, and answers whether that went well: what was begun is not stopped because nobody could be told. */
export function announce({ workflow, notify }: Repair, name: string, news: News): Promise<boolean> {
  const notified = workflow.step(name, async () => {
    await notify(news);
    return true;
  });
  return notified.catch(() => false);
}
