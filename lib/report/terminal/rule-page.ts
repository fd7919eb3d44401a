import type { Status } from "../../model/finding.ts";
import { statuses } from "../text/group-findings.ts";
import type { ReportOptions } from "../text/reporter.ts";
import { createLayout, type Layout } from "./layout.ts";
import { paragraph } from "./paragraph.ts";
import type { RuleEntry } from "./rules-table.ts";

/** All about one rule: why it is there, what it reads, and everything that it can say, with what to do then. */
export function renderRule(entry: RuleEntry, options: Pick<ReportOptions, "width" | "color">): string {
  const layout = createLayout(options);
  const { width, paint } = layout;
  const { rule } = entry;
  const sections = [
    [paint.strong(rule.id), paragraph(`${rule.title}.`, { width }), describeSeverity(entry, layout)].join("\n"),
    [paint.strong("WHY"), paragraph(rule.rationale, { width, first: "  " })].join("\n"),
    [paint.strong("READS"), ...rule.reads.map((action) => `  ${action}`)].join("\n"),
    [paint.strong("SAYS"), ...statuses.flatMap((status) => renderMessages(entry, status, layout))].join("\n"),
    [paint.strong("REFERENCES"), ...rule.references.map((reference) => `  ${reference}`)].join("\n"),
  ];
  return `${sections.join("\n\n")}\n`;
}

function describeSeverity({ rule, severity, off }: RuleEntry, { paint }: Layout): string {
  if (off) return `Severity: ${rule.severity}, but the policy switches the rule off.`;
  const changed = severity === rule.severity ? "" : ` by the policy (${rule.severity} by default)`;
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
