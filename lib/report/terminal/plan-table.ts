import type { Plan } from "../../model/plan.ts";
import { paragraph } from "./paragraph.ts";
import { findCommonplaces, renderActions, renderCommonplaces } from "./plan-actions.ts";
import { renderManual } from "./plan-manual.ts";
import { describePlan } from "./plan-status.ts";
import { makePrintable } from "../text/printable.ts";
import type { ReportOptions } from "../text/reporter.ts";
import { createSheet } from "./layout.ts";

/** Where it is read, and whether gates that are open are shown too. */
export type PlanOptions = Pick<ReportOptions, "width" | "color"> & { readonly gates: "closed" | "all" };

const again = " Before anything is changed, every gate is looked at again.";

/**
 * The plan for a person at a terminal: how much is to be done, each action with what it does and what stands in its way, and what is left
 * to a person, with commands to copy. Where that is long, how much it is stands at the end again.
 */
export function renderPlan(untrusted: Plan, options: PlanOptions): string {
  const plan = { ...makePrintable(untrusted), manual: untrusted.manual };
  const sheet = createSheet(options);
  const { width, paint } = sheet;
  const answer = paragraph(describePlan(plan), { width, first: `${paint.strong("PLAN")}  ` });
  const common = findCommonplaces(plan.actions, options);
  const sections = [
    answer,
    ...renderCommonplaces(common, sheet),
    ...renderActions(plan.actions, common, { ...sheet, gates: options.gates }),
    ...renderManual(plan.manual, common, sheet),
    paragraph(paint.faint(`As of ${plan.observedAt}.${plan.actions.length === 0 ? "" : again}`), { width }),
  ];
  const text = sections.join("\n\n");
  const isLong = text.split("\n").length > 24;
  return `${isLong ? `${text}\n\n${answer}` : text}\n`;
}
