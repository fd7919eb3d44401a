import type { Severity } from "../../model/finding.ts";
import type { Rule } from "../../model/rule.ts";
import type { ReportOptions } from "../text/reporter.ts";
import { createLayout } from "./layout.ts";
import { pad, paragraph, widest } from "./paragraph.ts";

/** A rule, its severity under the policy, and whether the policy turns it off. */
export type RuleEntry = { readonly rule: Rule; readonly severity: Severity; readonly off: boolean };

/** Renders the list of rules: id, severity or "off", and title. */
export function renderRules(entries: readonly RuleEntry[], options: Pick<ReportOptions, "width" | "color">): string {
  const { width, paint } = createLayout(options);
  const columns = widest(entries.map(({ rule }) => rule.id));
  const lines = entries.map(({ rule, severity, off }) => {
    const label = pad(off ? paint.faint("off") : paint.severity[severity](severity), 8);
    const changed = !off && severity !== rule.severity ? paint.faint(` (default: ${rule.severity})`) : "";
    return paragraph(`${rule.title}${changed}`, { width, first: `${pad(rule.id, columns)}  ${label}  ` });
  });
  return `${lines.join("\n")}\n`;
}
