import type { OrganizationRun } from "../model/organization-run.ts";

/** The run that wants to start: the event, and the durable execution that asks. */
type Starting = Pick<OrganizationRun, "id" | "execution">;

/** `answered`: the same event started a run before, which ends or ended as one. `under-way`: an earlier run has not ended. */
export type StartVerdict = "start" | "answered" | "under-way";

/**
 * Decides whether a run may start after the last one. A run that died does not count: one of the same event continues it. `isRunning` says
 * whether Lambda still runs the execution of the last one.
 */
export function judgeStart(
  last: OrganizationRun | null,
  { id, execution }: Starting,
  isRunning: boolean,
): StartVerdict {
  if (last === null || last.execution === execution) return "start";
  const isAlive = last.endedAt === null && isRunning;
  if (last.id === id && (isAlive || last.endedAt !== null)) return "answered";
  return isAlive ? "under-way" : "start";
}
