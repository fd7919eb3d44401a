import type { Severity } from "../../model/finding.ts";
import type { Rule } from "../../model/rule.ts";
import { statuses } from "../text/group-findings.ts";
import type { ReportOptions } from "../text/reporter.ts";
import { createLayout } from "./layout.ts";
import { pad, widest } from "./paragraph.ts";

/** A rule, its severity under the policy, and whether it is off. */
export type RuleEntry = { readonly rule: Rule; readonly severity: Severity; readonly off: boolean };

/** Renders the list of rules: id, severity or "off", and title. */
export function renderRules(entries: readonly RuleEntry[], options: Pick<ReportOptions, "width" | "color">): string {
  const { wrap, paint } = createLayout(options);
  const columns = widest(entries.map(({ rule }) => rule.id));
  const lines = entries.map(({ rule, severity, off }) => {
    const label = pad(off ? paint.faint("off") : paint.severity[severity](severity), 8);
    const changed = !off && severity !== rule.severity ? paint.faint(` (default: ${rule.severity})`) : "";
    return wrap(`${rule.title}${changed}`, `${pad(rule.id, columns)}  ${label}  `);
  });
  return `${lines.join("\n")}\n`;
}

/** Renders one rule: rationale, required permissions, every message with what to do, and references. */
export function explainRule(
  { rule, severity, off }: RuleEntry,
  options: Pick<ReportOptions, "width" | "color">,
): string {
  const { wrap, paint } = createLayout(options);
  const changed = severity === rule.severity ? "" : ` (set by the policy, default: ${rule.severity})`;
  const label = off ? `${rule.severity} (off)` : `${paint.severity[severity](severity)}${changed}`;
  const results = statuses.flatMap((status) => {
    const messages = Object.values(rule.messages).filter((message) => message.status === status);
    const lines = messages.flatMap((message) => [
      wrap(message.text, "    "),
      ...("remedy" in message ? [wrap(message.remedy, "      → ")] : []),
    ]);
    return lines.length === 0 ? [] : [`  ${paint.status[status](status)}`, ...lines];
  });
  const sections = [
    [paint.strong(rule.id), wrap(`${rule.title}.`), `Severity: ${label}`],
    [paint.strong("RATIONALE"), wrap(rule.rationale, "  ")],
    [paint.strong("PERMISSIONS"), ...rule.reads.map((action) => `  ${action}`)],
    [paint.strong("RESULTS"), ...results],
    [paint.strong("REFERENCES"), ...rule.references.map((reference) => `  ${reference}`)],
  ];
  return `${sections.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}
