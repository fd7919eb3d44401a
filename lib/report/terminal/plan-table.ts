import type { Plan } from "../../model/plan.ts";
import { makePrintable } from "../text/printable.ts";
import type { ReportOptions } from "../text/reporter.ts";
import { createLayout } from "./layout.ts";
import { paragraph } from "./paragraph.ts";
import { findSharedReasons, renderActions, renderSharedReasons, type ShownGates } from "./plan-actions.ts";
import { renderManual } from "./plan-manual.ts";
import { describePlan } from "./plan-status.ts";

/** Terminal width and color, and which gates to show. */
export type PlanTableOptions = Pick<ReportOptions, "width" | "color"> & { readonly gates: ShownGates };

const again = " Before anything is changed, every gate is looked at again.";

/**
 * The plan for a person at a terminal: how much is to be done, each action with what it does and what stands in its way, and what is left
 * to a person, with commands to copy. Where that is long, how much it is stands at the end again.
 */
export function renderPlan(untrusted: Plan, options: PlanTableOptions): string {
  const plan = { ...makePrintable(untrusted), manual: untrusted.manual };
  const layout = createLayout(options);
  const { width, paint } = layout;
  const answer = paragraph(describePlan(plan), { width, first: `${paint.strong("PLAN")}  ` });
  const common = findSharedReasons(plan.actions, options);
  const sections = [
    answer,
    ...renderSharedReasons(common, layout),
    ...renderActions(plan.actions, common, { ...layout, gates: options.gates }),
    ...renderManual(plan.manual, common, layout),
    paragraph(paint.faint(`As of ${plan.observedAt}.${plan.actions.length === 0 ? "" : again}`), { width }),
  ];
  const text = sections.join("\n\n");
  const isLong = text.split("\n").length > 24;
  return `${isLong ? `${text}\n\n${answer}` : text}\n`;
}
