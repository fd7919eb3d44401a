import type { GateResult } from "../../lib/model/plan.ts";
import type { RemediationEvent } from "../../lib/model/remediation-event.ts";
import { describeAction } from "../../lib/plan/make-plan.ts";
import { createLayout, type Layout } from "../../lib/report/terminal/layout.ts";
import { paragraph } from "../../lib/report/terminal/paragraph.ts";
import { makePrintable } from "../../lib/report/text/printable.ts";
import type { Io } from "../io.ts";
import { terminalOf } from "../output/terminal.ts";

const stateNames = { "remediation.delayed": "STILL OFF", "remediation.failed": "FAILED" };

/** Renders an event of a repair for the terminal. Commands are on lines of their own, to copy. */
export function describeEvent(untrusted: RemediationEvent, io: Pick<Io, "stderr" | "env">): string {
  const event = makePrintable(untrusted);
  const layout = createLayout(terminalOf(io.stderr, io));
  const { width, paint } = layout;
  const what = describeAction(event);
  switch (event.type) {
    case "remediation.started":
    case "remediation.approval-requested":
      return `${paragraph(event.message, { width, first: "    " })}\n`;
    case "secret.replaced":
      return `${[paragraph(event.message, { width, first: "    " }), ...listSecret(event)].join("\n")}\n`;
    case "remediation.succeeded":
      return `${paragraph(`${what}. ${event.message}`, { width, first: `${paint.good("REPAIRED")}  ` })}\n`;
    case "remediation.delayed":
    case "remediation.failed":
      return `${[
        paragraph(`${what}. ${event.message}`, { width, first: `${paint.bad(stateNames[event.type])}  ` }),
        ...event.recovery.map((command) => `\n    ${command}\n`),
      ].join("\n")}\n`;
    case "remediation.refused":
      return describeRefusal(what, event.gates, layout);
  }
}

/** Renders a refusal: each closed gate, and how to open it. */
export function describeRefusal(what: string, gates: readonly GateResult[], { width, paint }: Layout): string {
  return `${[
    paragraph(`${what}. Nothing was changed.`, { width, first: `${paint.warn("REFUSED")}  ` }),
    ...gates
      .filter(({ open }) => !open)
      .map(({ gate, reason }) => paragraph(reason, { width, first: `  ${paint.strong(gate)}  ` })),
  ].join("\n")}\n`;
}

/** Lists the ARNs of the secret. They are never wrapped. */
function listSecret({ secret, keyReference }: RemediationEvent): string[] {
  const lines: [string, string | null][] = [
    ["old ARN", secret.before],
    ["new ARN", secret.after],
    ["key    ", keyReference],
  ];
  return lines.flatMap(([name, value]) => (value === null ? [] : [`      ${name}  ${value}`]));
}
