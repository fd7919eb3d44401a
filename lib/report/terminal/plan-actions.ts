import type { ActionName } from "../../model/action.ts";
import type { GateResult, PlannedAction } from "../../model/plan.ts";
import { count } from "../text/count.ts";
import type { Layout } from "./layout.ts";
import { pad, paragraph, widest } from "./paragraph.ts";
import { renderByScope } from "./plan-scopes.ts";
import { countKinds, type PlanStatus, planStatusOf } from "./plan-status.ts";

/** Which gates of an action to show: only those that are closed, or all. */
export type ShownGates = "closed" | "all";

/** What is said of so many actions is said once, above them. */
const often = 3;

/** What holds for many actions: closed gates by name and reason, impacts by action. */
export type SharedReasons = {
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

/** A gate with its reason, as the reason that a person has to do something begins too. */
function nameGate({ gate, reason }: Pick<GateResult, "gate" | "reason">): string {
  return `${gate}: ${reason}`;
}

/** Looks for what would be said again and again. Where all gates of some databases are asked for, they stay where they are. */
export function findSharedReasons(
  actions: readonly PlannedAction[],
  { gates }: { readonly gates: ShownGates },
): SharedReasons {
  const closed = gates === "all" ? [] : actions.flatMap((action) => action.gates.filter(({ open }) => !open));
  const isOften = (all: readonly unknown[]) => all.length >= often;
  return {
    gates: new Map(
      [...Map.groupBy(closed, nameGate)].flatMap(([name, all]) =>
        all[0] !== undefined && isOften(all) ? [[name, { gate: all[0], actions: all.length }]] : [],
      ),
    ),
    impacts: new Map(
      [...Map.groupBy(actions, ({ action }) => action)].flatMap(([action, all]) =>
        all[0] !== undefined && isOften(all) ? [[action, all[0].impact]] : [],
      ),
    ),
  };
}

/** What is said once. */
export function renderSharedReasons({ gates, impacts }: SharedReasons, { width, paint }: Layout): string[] {
  const blocks: string[] = [];
  if (gates.size > 0) {
    const columns = widest([...gates.values()].map(({ gate }) => gate.gate));
    const lines = [...gates.values()].map(({ gate, actions }) =>
      paragraph(`${gate.reason} ${paint.faint(`(${count(actions, "action")})`)}`, {
        width,
        first: `  ${paint.bad("✗")} ${pad(gate.gate, columns)}  `,
      }),
    );
    blocks.push([paint.strong("IN THE WAY OF MANY"), ...lines].join("\n"));
  }
  if (impacts.size > 0) {
    const columns = widest([...impacts.keys()]);
    const lines = [...impacts].map(([action, impact]) =>
      paragraph(impact, { width, first: `  ${pad(action, columns)}  ` }),
    );
    blocks.push([paint.strong("WHAT IT DOES"), ...lines].join("\n"));
  }
  return blocks;
}

/** What would be done, in its order within each account and Region. */
export function renderActions(
  actions: readonly PlannedAction[],
  common: SharedReasons,
  layout: Layout & { readonly gates: ShownGates },
): string[] {
  return renderByScope(actions, layout, {
    say: (ofDatabase) => ofDatabase.map((action) => renderAction(action, common, layout)).join("\n"),
    countUp: (rest) => countKinds(rest.map(planStatusOf)),
  });
}

function renderAction(
  planned: PlannedAction,
  common: SharedReasons,
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
  const label = pad(paints[planStatus](labels[planStatus]), 10);
  const lines = [
    paragraph(`${paint.strong(action)}, because of ${rule} ${paint.faint(`(${severity})`)}`, {
      width,
      first: `    ${label}`,
    }),
  ];
  if (!common.impacts.has(action)) lines.push(paragraph(impact, { width, first: hang }));
  if (keyReference !== null) lines.push(paragraph(`Key of the new secret: ${keyReference}`, { width, first: hang }));
  const shown = gates === "all" ? planned.gates : planned.gates.filter(({ open }) => !open);
  const known = shown.filter((gate) => common.gates.has(nameGate(gate)));
  const own = shown.filter((gate) => !common.gates.has(nameGate(gate)));
  if (known.length > 0)
    lines.push(
      paragraph(`${known.map(({ gate }) => gate).join(", ")} ${paint.faint("(see above)")}`, {
        width,
        first: `${hang}${paint.bad("✗")} `,
      }),
    );
  for (const gate of own)
    lines.push(
      paragraph(`${gate.gate}: ${gate.reason}`, {
        width,
        first: `${hang}${gate.open ? paint.good("✓") : paint.bad("✗")} `,
      }),
    );
  return lines.join("\n");
}
