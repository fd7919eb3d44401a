import type { Change } from "../../model/change.ts";
import { describeInstant } from "../../model/time.ts";
import { count, countBySeverity } from "../text/count.ts";
import { makePrintable } from "../text/printable.ts";
import type { ReportOptions } from "../text/reporter.ts";
import { describeScope } from "../text/scopes.ts";
import { createLayout, type Layout } from "./layout.ts";
import { pad, paragraph } from "./paragraph.ts";

/** What changed between two reports: when they were made, and the changes. */
export type ReportDifference = {
  readonly from: string;
  readonly to: string;
  readonly changes: readonly Change[];
  /** True if both reports are complete. */
  readonly complete: boolean;
};

const sections: readonly (readonly [Change["reason"], string])[] = [
  ["new", "NEW"],
  ["worse", "MORE SEVERE"],
  ["exemption-ended", "NO LONGER EXEMPT"],
  ["exempted", "EXEMPT"],
  ["fixed", "FIXED"],
  ["database-gone", "RESOLVED: THE DATABASE IS GONE"],
  ["not-audited", "NO LONGER AUDITED"],
];

/** Renders the difference between two reports for a terminal: the numbers, then each change. */
export function renderDiff(untrusted: ReportDifference, options: Pick<ReportOptions, "width" | "color">): string {
  const { from, to, changes, complete } = makePrintable(untrusted);
  const layout = createLayout(options);
  const counts = sections.flatMap(([reason, title]) => {
    const number = changes.filter((change) => change.reason === reason).length;
    return number === 0 ? [] : [`${number} ${title.toLowerCase()}`];
  });
  const sentence = `${counts.join(", ") || "No change"} from ${describeInstant(from)} to ${describeInstant(to)}.`;
  const caution = complete
    ? ""
    : " At least one of the reports is incomplete: a finding that could not be evaluated again counts as open.";
  const blocks = sections.flatMap(([reason, title]) => {
    const ofReason = changes.filter((change) => change.reason === reason);
    return ofReason.length === 0 ? [] : [renderSection(title, ofReason, layout)];
  });
  return `${[paragraph(`${sentence}${caution}`, { width: layout.width, first: `${layout.paint.strong("DIFF")}  ` }), ...blocks].join("\n\n")}\n`;
}

function renderSection(title: string, changes: readonly Change[], { wrap, paint }: Layout): string {
  const findings = changes.map(({ finding }) => finding);
  const head = `${paint.strong(title)}  ${paint.faint(`${count(findings.length, "finding")}: ${countBySeverity(findings)}`)}`;
  const lines = findings.map(({ resource, severity, message, rule, firstSeenAt, account, region }) => {
    const since = paint.faint(
      `[${rule}] (${describeScope({ account, region })}, first seen ${describeInstant(firstSeenAt)})`,
    );
    return wrap(
      `${paint.strong(resource.identifier)}  ${message} ${since}`,
      `  ${pad(paint.severity[severity](severity.toUpperCase()), 10)}`,
    );
  });
  return [head, ...lines].join("\n");
}
