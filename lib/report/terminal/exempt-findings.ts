import type { Finding } from "../../model/finding.ts";
import { count } from "../text/count.ts";
import { describeEnd } from "../text/describe-end.ts";
import { severityLabel } from "../text/describe-severity.ts";
import { describeScope } from "../text/scopes.ts";
import type { Layout } from "./layout.ts";
import { paragraph } from "./paragraph.ts";

/** The exemptions that end first are shown; those that come after so many are counted. */
const shown = 30;

/** What is wrong and accepted for a time: by whom, why, and for how much longer. */
export function renderExempt(findings: readonly Finding[], generatedAt: string, { width, paint }: Layout): string[] {
  if (findings.length === 0) return [];
  const entries = findings.slice(0, shown).map((finding) => {
    const { resource, rule, exemption } = finding;
    const scope = paint.faint(`(${describeScope(finding)})`);
    const left = describeEnd(exemption?.until ?? "", generatedAt);
    return paragraph(
      `${paint.strong(resource.identifier)}  ${rule}, ${severityLabel(finding)}, ${left}. ${exemption?.owner}: ${exemption?.reason} ${scope}`,
      { width, first: "  " },
    );
  });
  const more = findings.length - shown;
  if (more > 0) entries.push(paint.faint(`  … and ${count(more, "more exempt finding")}; --format json has all`));
  return [[paint.strong("EXEMPT"), ...entries].join("\n")];
}
