import type { Finding } from "../../model/finding.ts";
import { count } from "../text/count.ts";
import { describeExemptionEnd, severityLabel } from "../text/describe-finding.ts";
import { describeScope } from "../text/scopes.ts";
import type { Layout } from "./layout.ts";
import { paragraph } from "./paragraph.ts";

/** Findings listed; the exemptions that end later are counted. */
const shown = 30;

/** Exempt findings, each with the owner, the reason and the end of its exemption. */
export function renderExempt(findings: readonly Finding[], generatedAt: string, { width, paint }: Layout): string[] {
  if (findings.length === 0) return [];
  const entries = findings.slice(0, shown).map((finding) => {
    const { resource, rule, exemption } = finding;
    const scope = paint.faint(`(${describeScope(finding)})`);
    const end = describeExemptionEnd(exemption?.until ?? "", generatedAt);
    return paragraph(
      `${paint.strong(resource.identifier)}  ${rule}, ${severityLabel(finding)}, ${end}. ${exemption?.owner}: ${exemption?.reason} ${scope}`,
      { width, first: "  ", hang: 4 },
    );
  });
  const more = findings.length - shown;
  if (more > 0) entries.push(paint.faint(`  … and ${count(more, "more exempt finding")}, see --format json`));
  return [[paint.strong("EXEMPT"), ...entries].join("\n")];
}
