import type { ActionName } from "../../model/action.ts";
import type { GateResult, Plan, PlannedAction } from "../../model/plan.ts";
import { count, formatNumber } from "../text/count.ts";
import { groupBy } from "../text/group.ts";
import { makePrintable } from "../text/printable.ts";
import type { ReportOptions } from "../text/reporter.ts";
import { createLayout, type Layout } from "./layout.ts";
import { pad, paragraph, widest } from "./paragraph.ts";
import { renderManual } from "./plan-manual.ts";
import { renderByScope } from "./plan-scopes.ts";
import { countStatuses, describePlan, type PlanStatus, planStatusOf } from "./plan-status.ts";

/** Terminal width, color, and which gates of an action to show: only the closed ones, or all. */
export type PlanTableOptions = Pick<ReportOptions, "width" | "color"> & { readonly gates: "closed" | "all" };

const checkedAgain = " Every gate is checked again before anything changes.";

/**
 * Renders a plan for a terminal: the number of actions by status, each action with its impact and its gates, and the manual steps with
 * commands to copy. A long plan repeats the numbers at the end.
 */
export function renderPlan(untrusted: Plan, options: PlanTableOptions): string {
  const plan = { ...makePrintable(untrusted), manual: untrusted.manual };
  const layout = createLayout(options);
  const { width, paint } = layout;
  const answer = paragraph(describePlan(plan), { width, first: `${paint.strong("PLAN")}  ` });
  const shared = findSharedReasons(plan.actions, options.gates);
  const sections = [
    answer,
    ...renderSharedReasons(shared, layout),
    ...renderByScope(plan.actions, layout, {
      render: (ofDatabase) =>
        ofDatabase.map((one) => renderAction(one, shared, { ...layout, gates: options.gates })).join("\n"),
      summarize: (rest) => countStatuses(rest.map(planStatusOf)),
    }),
    ...renderConsequences(plan.actions, layout),
    ...renderManual(plan.manual, shared.gates, layout),
    paragraph(paint.faint(`As of ${plan.observedAt}.${plan.actions.length === 0 ? "" : checkedAgain}`), { width }),
  ];
  const text = sections.join("\n\n");
  const isLong = text.split("\n").length > 24;
  return `${isLong ? `${text}\n\n${answer}` : text}\n`;
}

/** Renders what turning management on changes, each consequence once, with the databases that it applies to unless it applies to all. */
function renderConsequences(actions: readonly PlannedAction[], { width, paint }: Layout): string[] {
  const enabled = actions.filter(({ consequences }) => consequences.length > 0);
  if (enabled.length === 0) return [];
  const all = enabled.flatMap(({ consequences, database }) =>
    consequences.map(({ text }) => ({ text, identifier: database.identifier })),
  );
  const lines = groupBy(all, ({ text }) => text).map(([text, same]) => {
    const names = same.map(({ identifier }) => identifier);
    const more = names.length > 3 ? ` and ${formatNumber(names.length - 3)} more` : "";
    const only = names.length === enabled.length ? "" : ` (${names.slice(0, 3).join(", ")}${more})`;
    return paragraph(`${text}${paint.faint(only)}`, { width, first: "  - " });
  });
  return [[paint.strong("WHAT TURNING MANAGEMENT ON CHANGES"), ...lines].join("\n")];
}

/** A reason that this many actions share is shown once, above them. */
const sharedFrom = 3;

/** What is shown once for many actions: assumed gates, closed gates by name and reason, impacts by action. */
type SharedReasons = {
  readonly assumed: readonly GateResult[];
  readonly gates: ReadonlyMap<string, { readonly gate: GateResult; readonly actions: number }>;
  readonly impacts: ReadonlyMap<ActionName, string>;
};

const labels: Readonly<Record<PlanStatus, string>> = {
  now: "NOW",
  window: "WAITS",
  turn: "WAITS",
  approval: "APPROVAL",
  exempt: "EXEMPT",
  blocked: "BLOCKED",
};

const hang = " ".repeat(14);

/** A gate with its reason, in the form in which the reason of a manual step has it. */
function toText({ gate, reason }: Pick<GateResult, "gate" | "reason">): string {
  return `${gate}: ${reason}`;
}

/** Finds the reasons that many actions share. With all gates shown, every action lists its own. */
function findSharedReasons(actions: readonly PlannedAction[], shown: PlanTableOptions["gates"]): SharedReasons {
  const gates = shown === "all" ? [] : actions.flatMap(({ gates }) => gates);
  const assumed = gates.filter((gate) => gate.assumed);
  const closed = gates.filter(({ open }) => !open);
  return {
    assumed: [...new Map(assumed.map((gate) => [toText(gate), gate])).values()],
    gates: findShared(closed, toText, (gate, number) => ({ gate, actions: number })),
    impacts: findShared(
      actions,
      ({ action }) => action,
      ({ impact }) => impact,
    ),
  };
}

/** Groups items by key, and keeps the first of each group that is shared, with their number. */
function findShared<T, K, V>(all: readonly T[], keyOf: (item: T) => K, toValue: (first: T, number: number) => V) {
  const groups = [...Map.groupBy(all, keyOf)];
  return new Map(
    groups.flatMap(([key, [first, ...more]]) =>
      first !== undefined && more.length + 1 >= sharedFrom ? [[key, toValue(first, more.length + 1)] as const] : [],
    ),
  );
}

/** Renders the assumptions, the shared blockers and the shared impacts, each as a section. */
function renderSharedReasons({ assumed, gates, impacts }: SharedReasons, { width, paint }: Layout): string[] {
  const section = (title: string, rows: readonly { name: string; text: string; symbol?: string }[]) => {
    if (rows.length === 0) return [];
    const columns = widest(rows.map(({ name }) => name));
    const lines = rows.map(({ name, text, symbol }) =>
      paragraph(text, { width, first: `  ${symbol === undefined ? "" : `${symbol} `}${pad(name, columns)}  ` }),
    );
    return [[paint.strong(title), ...lines].join("\n")];
  };
  const blockers = [...gates.values()].map(({ gate, actions }) => ({
    name: gate.gate,
    text: `${gate.reason} ${paint.faint(`(${count(actions, "action")})`)}`,
    symbol: paint.bad("✗"),
  }));
  return [
    ...section(
      "ASSUMPTIONS",
      assumed.map(({ gate, reason }) => ({ name: gate, text: reason, symbol: paint.warn("·") })),
    ),
    ...section("SHARED BLOCKERS", blockers),
    ...section(
      "IMPACT",
      [...impacts].map(([name, text]) => ({ name, text })),
    ),
  ];
}

function renderAction(
  planned: PlannedAction,
  shared: SharedReasons,
  { width, paint, gates }: Layout & Pick<PlanTableOptions, "gates">,
): string {
  const { action, rule, severity, impact, keyReference } = planned;
  const planStatus = planStatusOf(planned);
  const paints: Readonly<Record<PlanStatus, (text: string) => string>> = {
    now: paint.good,
    window: paint.warn,
    turn: paint.warn,
    approval: paint.warn,
    exempt: paint.faint,
    blocked: paint.bad,
  };
  const indented = (text: string, symbol?: string) =>
    paragraph(text, { width, first: `${hang}${symbol === undefined ? "" : `${symbol} `}` });
  const label = pad(paints[planStatus](labels[planStatus]), 10);
  const lines = [
    planned.onDemand === undefined
      ? paragraph(`${paint.strong(action)} for ${rule} ${paint.faint(`(${severity})`)}`, {
          width,
          first: `    ${label}`,
        })
      : paragraph(`${paint.strong(action)} on demand`, { width, first: `    ${label}` }),
  ];
  if (!shared.impacts.has(action)) lines.push(indented(impact));
  if (keyReference !== null) lines.push(indented(`Key of the new secret: ${keyReference}`));
  const shown = gates === "all" ? planned.gates : planned.gates.filter(({ open, leftOut }) => !open || leftOut);
  const above = shown.filter((gate) => shared.gates.has(toText(gate)));
  if (above.length > 0)
    lines.push(indented(`${above.map(({ gate }) => gate).join(", ")} ${paint.faint("(see above)")}`, paint.bad("✗")));
  for (const gate of shown.filter((gate) => !above.includes(gate))) {
    const [symbol, note] = gate.assumed
      ? [paint.warn("·"), " (assumed)"]
      : gate.leftOut
        ? [paint.warn("!"), " (left out)"]
        : [gate.open ? paint.good("✓") : paint.bad("✗"), ""];
    lines.push(indented(`${gate.gate}${note}: ${gate.reason}`, symbol));
  }
  return lines.join("\n");
}
