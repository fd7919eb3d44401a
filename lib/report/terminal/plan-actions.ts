import type { ActionName } from "../../model/action.ts";
import type { GateResult, PlannedAction } from "../../model/plan.ts";
import { count } from "../text/count.ts";
import { type Group, groupBy } from "../text/group.ts";
import type { Layout } from "./layout.ts";
import { pad, widest } from "./paragraph.ts";
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

const hang = " ".repeat(14);

/** The label of a status, and the name of its color. */
const labels = {
  now: ["NOW", "good"],
  window: ["WAITS", "warn"],
  turn: ["WAITS", "warn"],
  approval: ["APPROVAL", "warn"],
  exempt: ["EXEMPT", "faint"],
  blocked: ["BLOCKED", "bad"],
} as const satisfies Readonly<Record<PlanStatus, readonly [string, keyof Layout["paint"]]>>;

/** A gate with its reason, in the form in which the reason of a manual step has it. */
function toText({ gate, reason }: GateResult): string {
  return `${gate}: ${reason}`;
}

/** Finds the reasons that many actions share. With all gates shown, every action lists its own. */
export function findSharedReasons(actions: readonly PlannedAction[], shown: ShownGates): SharedReasons {
  const gates = shown === "all" ? [] : actions.flatMap(({ gates }) => gates);
  const closed = gates.filter(({ open }) => !open);
  const assumed = gates.filter((gate) => gate.assumed);
  const shared = <K, T>(groups: readonly (readonly [K, Group<T>])[]) =>
    groups.filter(([, all]) => all.length >= sharedFrom);
  return {
    assumed: groupBy(assumed, toText).map(([, [gate]]) => gate),
    gates: new Map(shared(groupBy(closed, toText)).map(([text, all]) => [text, { gate: all[0], actions: all.length }])),
    impacts: new Map(
      shared(groupBy(actions, ({ action }) => action)).map(([action, [{ impact }]]) => [action, impact]),
    ),
  };
}

/** Renders the assumptions, the shared blockers and the shared impacts, each as a section. */
export function renderSharedReasons({ assumed, gates, impacts }: SharedReasons, { wrap, paint }: Layout): string[] {
  const section = (title: string, rows: readonly (readonly [name: string, text: string])[], symbol = "") => {
    const columns = widest(rows.map(([name]) => name));
    const lines = rows.map(([name, text]) => wrap(text, `  ${symbol}${pad(name, columns)}  `));
    return rows.length === 0 ? [] : [[paint.strong(title), ...lines].join("\n")];
  };
  const assumptions = assumed.map(({ gate, reason }) => [gate, reason] as const);
  const blockers = [...gates.values()].map(
    ({ gate, actions }) => [gate.gate, `${gate.reason} ${paint.faint(`(${count(actions, "action")})`)}`] as const,
  );
  return [
    ...section("ASSUMPTIONS", assumptions, `${paint.warn("·")} `),
    ...section("SHARED BLOCKERS", blockers, `${paint.bad("✗")} `),
    ...section("IMPACT", [...impacts]),
  ];
}

/** Renders the actions in their order within each account and Region. */
export function renderActions(
  actions: readonly PlannedAction[],
  shared: SharedReasons,
  layout: Layout & { readonly gates: ShownGates },
): string[] {
  return renderByScope(
    actions,
    layout,
    (ofDatabase) => ofDatabase.map((action) => renderAction(action, shared, layout)).join("\n"),
    (rest) => countStatuses(rest.map(planStatusOf)),
  );
}

function renderAction(
  planned: PlannedAction,
  shared: SharedReasons,
  { wrap, paint, gates }: Layout & { readonly gates: ShownGates },
): string {
  const { action, rule, severity, impact, keyReference } = planned;
  const [word, color] = labels[planStatusOf(planned)];
  const lines = [
    wrap(`${paint.strong(action)} for ${rule} ${paint.faint(`(${severity})`)}`, `    ${pad(paint[color](word), 10)}`),
  ];
  const add = (text: string, symbol = "") => lines.push(wrap(text, hang + symbol));
  if (!shared.impacts.has(action)) add(impact);
  if (keyReference !== null) add(`Key of the new secret: ${keyReference}`);
  const shown = gates === "all" ? planned.gates : planned.gates.filter(({ open }) => !open);
  const above = shown.filter((gate) => shared.gates.has(toText(gate)));
  if (above.length > 0)
    add(`${above.map(({ gate }) => gate).join(", ")} ${paint.faint("(see above)")}`, `${paint.bad("✗")} `);
  for (const gate of shown.filter((gate) => !above.includes(gate))) {
    const symbol = gate.assumed ? paint.warn("·") : gate.open ? paint.good("✓") : paint.bad("✗");
    add(`${gate.gate}${gate.assumed ? " (assumed)" : ""}: ${gate.reason}`, `${symbol} `);
  }
  return lines.join("\n");
}
