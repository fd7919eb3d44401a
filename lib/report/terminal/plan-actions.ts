import type { ActionName } from "../../model/action.ts";
import type { GateResult, PlannedAction } from "../../model/plan.ts";
import { count } from "../text/count.ts";
import type { Layout } from "./layout.ts";
import { pad, paragraph, widest } from "./paragraph.ts";
import { renderByScope } from "./plan-scopes.ts";
import { countStatuses, type PlanStatus, planStatusOf } from "./plan-status.ts";

/** Which gates of an action to show: only the closed ones, or all. */
export type ShownGates = "closed" | "all";

/** A reason that this many actions share is shown once, above them. */
const sharedFrom = 3;

/** What is shown once for many actions: assumed gates, closed gates by name and reason, impacts by action. */
export type SharedReasons = {
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
export function findSharedReasons(
  actions: readonly PlannedAction[],
  { gates: shown }: { readonly gates: ShownGates },
): SharedReasons {
  const gates = shown === "all" ? [] : actions.flatMap(({ gates }) => gates);
  const isShared = (all: readonly unknown[]) => all.length >= sharedFrom;
  const assumed = gates.filter((gate) => gate.assumed);
  const closed = gates.filter(({ open }) => !open);
  return {
    assumed: [...new Map(assumed.map((gate) => [toText(gate), gate])).values()],
    gates: new Map(
      [...Map.groupBy(closed, toText)].flatMap(([name, all]) =>
        all[0] !== undefined && isShared(all) ? [[name, { gate: all[0], actions: all.length }]] : [],
      ),
    ),
    impacts: new Map(
      [...Map.groupBy(actions, ({ action }) => action)].flatMap(([action, all]) =>
        all[0] !== undefined && isShared(all) ? [[action, all[0].impact]] : [],
      ),
    ),
  };
}

/** Renders the assumptions, the shared blockers and the shared impacts, each as a section. */
export function renderSharedReasons({ assumed, gates, impacts }: SharedReasons, { width, paint }: Layout): string[] {
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

/** Renders the actions in their order within each account and Region. */
export function renderActions(
  actions: readonly PlannedAction[],
  shared: SharedReasons,
  layout: Layout & { readonly gates: ShownGates },
): string[] {
  return renderByScope(actions, layout, {
    render: (ofDatabase) => ofDatabase.map((action) => renderAction(action, shared, layout)).join("\n"),
    summarize: (rest) => countStatuses(rest.map(planStatusOf)),
  });
}

function renderAction(
  planned: PlannedAction,
  shared: SharedReasons,
  { width, paint, gates }: Layout & { readonly gates: ShownGates },
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
    paragraph(`${paint.strong(action)} for ${rule} ${paint.faint(`(${severity})`)}`, { width, first: `    ${label}` }),
  ];
  if (!shared.impacts.has(action)) lines.push(indented(impact));
  if (keyReference !== null) lines.push(indented(`Key of the new secret: ${keyReference}`));
  const shown = gates === "all" ? planned.gates : planned.gates.filter(({ open }) => !open);
  const above = shown.filter((gate) => shared.gates.has(toText(gate)));
  if (above.length > 0)
    lines.push(indented(`${above.map(({ gate }) => gate).join(", ")} ${paint.faint("(see above)")}`, paint.bad("✗")));
  for (const gate of shown.filter((gate) => !above.includes(gate))) {
    const symbol = gate.assumed ? paint.warn("·") : gate.open ? paint.good("✓") : paint.bad("✗");
    lines.push(indented(`${gate.gate}${gate.assumed ? " (assumed)" : ""}: ${gate.reason}`, symbol));
  }
  return lines.join("\n");
}
