import type { Plan } from "../../model/plan.ts";
import { makePrintable } from "../text/printable.ts";
import type { ReportOptions } from "../text/reporter.ts";
import { createLayout } from "./layout.ts";
import { findSharedReasons, renderActions, renderSharedReasons, type ShownGates } from "./plan-actions.ts";
import { renderManual } from "./plan-manual.ts";
import { describePlan } from "./plan-status.ts";

/** Terminal width, color, and which gates to show. */
export type PlanTableOptions = Pick<ReportOptions, "width" | "color"> & { readonly gates: ShownGates };

const checkedAgain = " Every gate is checked again before anything changes.";

/**
 * Renders a plan for a terminal: the number of actions by status, each action with its impact and its gates, and the manual steps with
 * commands to copy. A long plan repeats the numbers at the end.
 */
export function renderPlan(untrusted: Plan, options: PlanTableOptions): string {
  const plan = { ...makePrintable(untrusted), manual: untrusted.manual };
  const layout = createLayout(options);
  const { wrap, paint } = layout;
  const answer = wrap(describePlan(plan), `${paint.strong("PLAN")}  `);
  const shared = findSharedReasons(plan.actions, options.gates);
  const sections = [
    answer,
    ...renderSharedReasons(shared, layout),
    ...renderActions(plan.actions, shared, { ...layout, gates: options.gates }),
    ...renderManual(plan.manual, shared, layout),
    wrap(paint.faint(`As of ${plan.observedAt}.${plan.actions.length === 0 ? "" : checkedAgain}`)),
  ];
  const text = sections.join("\n\n");
  const isLong = text.split("\n").length > 24;
  return `${isLong ? `${text}\n\n${answer}` : text}\n`;
}
