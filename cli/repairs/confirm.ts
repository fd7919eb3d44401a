import type { ActionName } from "../../lib/model/action.ts";
import type { PlannedAction } from "../../lib/model/plan.ts";
import { describeAction } from "../../lib/plan/make-plan.ts";
import { createLayout } from "../../lib/report/terminal/layout.ts";
import { paragraph } from "../../lib/report/terminal/paragraph.ts";
import { makePrintable } from "../../lib/report/text/printable.ts";
import { type Io, write } from "../io.ts";
import { terminalOf } from "../output/terminal.ts";

/** Actions that lock users out. To confirm them, the user types the name of the database. */
const typedActions: readonly ActionName[] = ["toggle", "enable"];

/** The user's answer. `all` confirms the rotations that follow, too; `left` ends the command (Ctrl-C, Ctrl-D). */
export type Answer = "yes" | "no" | "all" | "left";

/** Asks the user to confirm an action. Of several rotations on demand, one answer can confirm this one and those that follow. */
export async function confirm(
  untrusted: PlannedAction,
  { rotations, signal }: { readonly rotations: number; readonly signal: AbortSignal },
  io: Io,
): Promise<Answer> {
  if (io.ask === null) return "no";
  const planned = makePrintable(untrusted);
  const { width } = createLayout(terminalOf(io.stderr, io));
  const { account, region, identifier } = planned.database;
  const what = `${describeAction(planned)} (${account} ${region}): ${planned.impact}`;
  await write(io.stderr, `\n${paragraph(what, { width })}\n`);
  const isTyped = typedActions.includes(planned.action);
  const isOffered = planned.onDemand !== undefined && rotations > 1;
  const choices = isOffered ? `[y = yes, N = no, a = yes to all ${rotations}]` : "[y/N]";
  const answer = await io.ask(isTyped ? `Type ${identifier} to confirm: ` : `Continue? ${choices} `, signal);
  if (answer === null) {
    await write(io.stderr, "\n");
    return "left";
  }
  if (isOffered && /^a(ll)?$/i.test(answer.trim())) return "all";
  // An identifier that cannot be printed is empty, and Enter confirms nothing.
  const isYes = isTyped ? answer.trim() !== "" && answer.trim() === identifier : /^y(es)?$/i.test(answer.trim());
  return isYes ? "yes" : "no";
}
