import type { Gap } from "../../model/inventory.ts";
import type { Report } from "../../model/report.ts";
import { count } from "../text/count.ts";
import { advise, byFailure, byReason, describeFailure, describeTargets } from "../text/describe-coverage.ts";
import { listScopes } from "../text/scopes.ts";
import type { Layout } from "./layout.ts";
import { pad, paragraph, widest } from "./paragraph.ts";

/** What was looked at and what was not: the part of a report that makes the rest of it worth something. */
export function renderCoverage(report: Report, reasons: Readonly<Record<string, string>>, layout: Layout): string {
  const { coverage } = report;
  const { width, paint } = layout;
  const lines = [paint.strong("COVERAGE"), paragraph(describeTargets(report), { width, first: "  " })];
  lines.push(...renderReasons(report, reasons, layout));
  if (coverage.rulesOff.length > 0)
    lines.push(paragraph(`Switched off by the policy: ${coverage.rulesOff.join(", ")}.`, { width, first: "  " }));
  lines.push(...renderGaps(coverage.gaps, layout));
  if (coverage.complete) lines.push("  Everything could be read.");
  return lines.join("\n");
}

function renderReasons(
  { databases }: Report,
  reasons: Readonly<Record<string, string>>,
  { width, paint }: Layout,
): string[] {
  const reasonsGiven = byReason(databases);
  if (reasonsGiven.length === 0) return [];
  const columns = widest(reasonsGiven.map(([code]) => code));
  const digits = widest(reasonsGiven.map(([, all]) => String(all.length)));
  const number = reasonsGiven.reduce((sum, [, all]) => sum + all.length, 0);
  const [has, its] = number === 1 ? ["has", "its"] : ["have", "their"];
  return [
    paragraph(`${count(number, "database")} ${has} no master password of ${its} own that RDS could manage:`, {
      width,
      first: "  ",
    }),
    ...reasonsGiven.map(([code, all]) =>
      paragraph(reasons[code] ?? "", {
        width,
        first: `    ${String(all.length).padStart(digits)}  ${paint.faint(pad(code, columns))}  `,
      }),
    ),
  ];
}

function renderGaps(gaps: readonly Gap[], { width, paint }: Layout): string[] {
  if (gaps.length === 0) return [];
  const lines = [`  ${paint.warn("Could not be read:")}`];
  for (const same of byFailure(gaps)) {
    const [first] = same;
    if (first === undefined) continue;
    const { action, code, message } = first;
    const resources = new Set(same.map(({ resource }) => resource)).size;
    const times = same.length > 1 && resources > 1 ? `, ${count(resources, "resource")}` : "";
    lines.push(
      paragraph(`${describeFailure(action, code)}${times} ${paint.faint(`(${listScopes(same)})`)}`, {
        width,
        first: "    ",
      }),
      paragraph(paint.faint(`${message}${same.length > 1 ? " …" : ""}`), { width, first: "      " }),
    );
    const advice = advise(action, code);
    if (advice !== null) lines.push(paragraph(advice, { width, first: "      → " }));
  }
  return lines;
}
