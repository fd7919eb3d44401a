import type { Gap } from "../../model/inventory.ts";
import type { Report } from "../../model/report.ts";
import { count } from "../text/count.ts";
import {
  adviseOnGap,
  describeFailure,
  describeTargets,
  groupByFailure,
  groupByReason,
} from "../text/describe-coverage.ts";
import { listScopes } from "../text/scopes.ts";
import type { Layout } from "./layout.ts";
import { pad, paragraph, widest } from "./paragraph.ts";

/** What the audit covered, the databases to which the rules do not apply, and what it could not read. */
export function renderCoverage(report: Report, reasons: Readonly<Record<string, string>>, layout: Layout): string {
  const { coverage } = report;
  const { width, paint } = layout;
  const state = coverage.complete ? paint.good("complete") : paint.warn("incomplete");
  const lines = [`${paint.strong("COVERAGE")}  ${state}`, paragraph(describeTargets(report), { width, first: "  " })];
  if (coverage.rulesOff.length > 0)
    lines.push(paragraph(`Turned off by the policy: ${coverage.rulesOff.join(", ")}.`, { width, first: "  " }));
  return [...lines, ...renderReasons(report, reasons, layout), ...renderGaps(coverage.gaps, layout)].join("\n");
}

function renderReasons(
  { databases }: Report,
  reasons: Readonly<Record<string, string>>,
  { width, paint }: Layout,
): string[] {
  const groups = groupByReason(databases);
  if (groups.length === 0) return [];
  const columns = widest(groups.map(([code]) => code));
  const digits = widest(groups.map(([, all]) => String(all.length)));
  const number = groups.reduce((sum, [, all]) => sum + all.length, 0);
  return [
    `  ${count(number, "database")} without a master password that RDS can manage:`,
    ...groups.map(([code, all]) =>
      paragraph(reasons[code] ?? "", {
        width,
        first: `    ${String(all.length).padStart(digits)}  ${paint.faint(pad(code, columns))}  `,
      }),
    ),
  ];
}

function renderGaps(gaps: readonly Gap[], { width, paint }: Layout): string[] {
  if (gaps.length === 0) return [];
  const lines = [`  ${paint.warn("Gaps:")}`];
  for (const same of groupByFailure(gaps)) {
    const [first] = same;
    if (first === undefined) continue;
    const { action, code, message } = first;
    const resources = new Set(same.map(({ resource }) => resource)).size;
    const affected = same.length > 1 && resources > 1 ? `, ${count(resources, "resource")}` : "";
    lines.push(
      paragraph(`${describeFailure(action, code)}${affected} ${paint.faint(`(${listScopes(same)})`)}`, {
        width,
        first: "    ",
      }),
      paragraph(paint.faint(`${message}${same.length > 1 ? " …" : ""}`), { width, first: "      " }),
    );
    const advice = adviseOnGap(action, code);
    if (advice !== null) lines.push(paragraph(advice, { width, first: "      → " }));
  }
  return lines;
}
