import type { Severity } from "../../model/finding.ts";
import type { Rule } from "../../model/rule.ts";
import type { ReportOptions } from "../text/reporter.ts";
import { createLayout } from "./layout.ts";
import { pad, paragraph, widest } from "./paragraph.ts";

/** A rule, and what the policy makes of it. */
export type RuleEntry = { readonly rule: Rule; readonly severity: Severity; readonly off: boolean };

/** The list of rules for a person: what is judged, how bad it is, and what the policy changed. */
export function renderRules(entries: readonly RuleEntry[], options: Pick<ReportOptions, "width" | "color">): string {
  const { width, paint } = createLayout(options);
  const columns = widest(entries.map(({ rule }) => rule.id));
  const lines = entries.map(({ rule, severity, off }) => {
    const label = pad(off ? paint.faint("off") : paint.severity[severity](severity), 8);
    const changed = !off && severity !== rule.severity ? paint.faint(` (${rule.severity} by default)`) : "";
    return paragraph(`${rule.title}${changed}`, { width, first: `${pad(rule.id, columns)}  ${label}  ` });
  });
  return `${lines.join("\n")}\n`;
}
