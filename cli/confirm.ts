import type { ActionName } from "../lib/model/action.ts";
import type { PlannedAction } from "../lib/model/plan.ts";
import { describeAction } from "../lib/plan/make-plan.ts";
import { createLayout } from "../lib/report/terminal/layout.ts";
import { paragraph } from "../lib/report/terminal/paragraph.ts";
import { makePrintable } from "../lib/report/text/printable.ts";
import { type Io, write } from "./io.ts";
import { terminalOf } from "./terminal.ts";

/** What locks somebody out is not done by a key that was hit in passing: the database's name has to be typed. */
const named: readonly ActionName[] = ["toggle", "enable"];

/** Asks the person at the terminal whether to do something: `left` where they want to end it all (Ctrl-C, Ctrl-D). */
export async function confirm(untrusted: PlannedAction, signal: AbortSignal, io: Io): Promise<"yes" | "no" | "left"> {
  if (io.ask === null) return "no";
  const planned = makePrintable(untrusted);
  const { width } = createLayout(terminalOf(io.stderr, io));
  const { account, region, identifier } = planned.database;
  const what = `${describeAction(planned)} (${account} ${region}): ${planned.impact}`;
  await write(io.stderr, `\n${paragraph(what, { width })}\n`);
  const isNamed = named.includes(planned.action);
  const answer = await io.ask(isNamed ? `Type ${identifier} to do it: ` : "Do it? [y/N] ", signal);
  if (answer === null) {
    await write(io.stderr, "\n");
    return "left";
  }
  const isYes = isNamed ? answer.trim() === identifier : /^y(es)?$/i.test(answer.trim());
  return isYes ? "yes" : "no";
}
