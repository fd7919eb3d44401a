import type { Status } from "../../model/finding.ts";
import { statuses } from "../text/group-findings.ts";
import type { ReportOptions } from "../text/reporter.ts";
import { createLayout, type Layout } from "./layout.ts";
import { paragraph } from "./paragraph.ts";
import type { RuleEntry } from "./rules-table.ts";

/** Renders one rule: rationale, required permissions, every message with what to do, and references. */
export function explainRule(entry: RuleEntry, options: Pick<ReportOptions, "width" | "color">): string {
  const layout = createLayout(options);
  const { width, paint } = layout;
  const { rule } = entry;
  const sections = [
    [paint.strong(rule.id), paragraph(`${rule.title}.`, { width }), describeSeverity(entry, layout)].join("\n"),
    [paint.strong("RATIONALE"), paragraph(rule.rationale, { width, first: "  " })].join("\n"),
    [paint.strong("PERMISSIONS"), ...rule.reads.map((action) => `  ${action}`)].join("\n"),
    [paint.strong("RESULTS"), ...statuses.flatMap((status) => renderMessages(entry, status, layout))].join("\n"),
    [paint.strong("REFERENCES"), ...rule.references.map((reference) => `  ${reference}`)].join("\n"),
  ];
  return `${sections.join("\n\n")}\n`;
}

function describeSeverity({ rule, severity, off }: RuleEntry, { paint }: Layout): string {
  if (off) return `Severity: ${rule.severity} (turned off by the policy)`;
  const changed = severity === rule.severity ? "" : ` (set by the policy, default: ${rule.severity})`;
  return `Severity: ${paint.severity[severity](severity)}${changed}`;
}

function renderMessages({ rule }: RuleEntry, status: Status, { width, paint }: Layout): string[] {
  const messages = Object.values(rule.messages).filter((message) => message.status === status);
  if (messages.length === 0) return [];
  return [
    `  ${paint.status[status](status)}`,
    ...messages.flatMap((message) => [
      paragraph(message.text, { width, first: "    " }),
      ...("remedy" in message ? [paragraph(message.remedy, { width, first: "      → " })] : []),
    ]),
  ];
}
