import type { ActionName } from "../lib/model/action.ts";
import type { PlannedAction } from "../lib/model/plan.ts";
import { describeAction } from "../lib/plan/make-plan.ts";
import { createLayout } from "../lib/report/terminal/layout.ts";
import { paragraph } from "../lib/report/terminal/paragraph.ts";
import { makePrintable } from "../lib/report/text/printable.ts";
import { type Io, write } from "./io.ts";
import { terminalOf } from "./terminal.ts";

/** Actions that lock users out. To confirm them, the user types the name of the database. */
const typedActions: readonly ActionName[] = ["toggle", "enable"];

/** Asks the user to confirm an action. Returns `left` if the user ends the command (Ctrl-C, Ctrl-D). */
export async function confirm(untrusted: PlannedAction, signal: AbortSignal, io: Io): Promise<"yes" | "no" | "left"> {
  if (io.ask === null) return "no";
  const planned = makePrintable(untrusted);
  const { width } = createLayout(terminalOf(io.stderr, io));
  const { account, region, identifier } = planned.database;
  const what = `${describeAction(planned)} (${account} ${region}): ${planned.impact}`;
  await write(io.stderr, `\n${paragraph(what, { width })}\n`);
  const isTyped = typedActions.includes(planned.action);
  const answer = await io.ask(isTyped ? `Type ${identifier} to confirm: ` : "Continue? [y/N] ", signal);
  if (answer === null) {
    await write(io.stderr, "\n");
    return "left";
  }
  // An identifier that cannot be printed is empty, and Enter confirms nothing.
  const isYes = isTyped ? answer.trim() !== "" && answer.trim() === identifier : /^y(es)?$/i.test(answer.trim());
  return isYes ? "yes" : "no";
}
