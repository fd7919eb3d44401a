import type { Report } from "../../model/report.ts";
import { count, formatNumber } from "../text/count.ts";
import {
  describeNotSeen,
  describeOrphanedSecret,
  describeTargets,
  groupByFailure,
  groupByReason,
  listOrphanedSecrets,
  orphanAdvice,
} from "../text/describe-coverage.ts";
import { listFirst } from "../text/list-first.ts";
import type { ReportOptions } from "../text/reporter.ts";
import { listScopes } from "../text/scopes.ts";
import type { Layout } from "./layout.ts";
import { pad, widest } from "./paragraph.ts";

/** What the audit covered, the databases to which the rules do not apply, and what it could not read. */
export function renderCoverage(
  report: Report,
  { reasons, coverageByName = false }: Pick<ReportOptions, "reasons" | "coverageByName">,
  layout: Layout,
): string {
  const { complete, rulesOff } = report.coverage;
  const { wrap, paint } = layout;
  const state = complete ? paint.good("complete") : paint.warn("incomplete");
  const lines = [`${paint.strong("COVERAGE")}  ${state}`, wrap(describeTargets(report), "  ")];
  if (rulesOff.length > 0) lines.push(wrap(`Turned off by the policy: ${rulesOff.join(", ")}.`, "  "));
  lines.push(...renderNotSeen(report, coverageByName, layout));
  return [
    ...lines,
    ...renderReasons(report, reasons, layout),
    ...renderOrphans(report, layout),
    ...renderGaps(report, layout),
  ].join("\n");
}

/** Accounts and Regions listed, and secrets for each; the others are counted. */
const shown = { scopes: 6, secrets: 3 };

function renderOrphans(report: Report, { wrap, paint }: Layout): string[] {
  const { number, scopes } = listOrphanedSecrets(report);
  if (number === 0) return [];
  return [
    `  ${count(number, "secret")} of RDS that no database names:`,
    ...listFirst(
      scopes,
      shown.scopes,
      ({ scope, orphanedSecrets }) => {
        const more = (rest: readonly unknown[]) => `and ${formatNumber(rest.length)} more`;
        const secrets = listFirst(orphanedSecrets, shown.secrets, describeOrphanedSecret, more);
        return wrap(`${secrets.join("; ")} ${paint.faint(`(${scope})`)}`, "    ");
      },
      (rest) => wrap(`… and in ${count(rest.length, "more Region")}, see --format json`, "    "),
    ),
    wrap(orphanAdvice, "      → "),
  ];
}

/** The accounts and Regions that were not seen, by outcome and reason. Failed calls have a section of their own, and are named here only if asked. */
function renderNotSeen(report: Report, byName: boolean, { wrap, paint }: Layout): string[] {
  const described = describeNotSeen(report);
  if (described === null) return [];
  const groups = described.groups.filter(({ isFailure }) => byName || !isFailure);
  const lines = groups.flatMap(({ label, reasons }) => [
    wrap(paint.faint(`${label}:`), "    "),
    ...reasons.map(({ reason, names }) => wrap(`${listNames(names, byName)}: ${reason}`, "      ")),
  ]);
  return [wrap(described.sentence, "  "), ...lines];
}

/** Names in the table unless all are asked for. */
const shownNames = 6;

function listNames(names: readonly string[], all: boolean): string {
  const more = (rest: readonly string[]) => `and ${formatNumber(rest.length)} more`;
  return listFirst(names, all ? names.length : shownNames, (name) => name, more).join(", ");
}

function renderReasons(report: Report, reasons: Readonly<Record<string, string>>, { wrap, paint }: Layout): string[] {
  const { number, groups } = groupByReason(report);
  if (number === 0) return [];
  const columns = widest(groups.map(([code]) => code));
  const digits = widest(groups.map(([, all]) => String(all.length)));
  return [
    `  ${count(number, "database")} without a master password that RDS can manage:`,
    ...groups.map(([code, all]) =>
      wrap(reasons[code] ?? "", `    ${String(all.length).padStart(digits)}  ${paint.faint(pad(code, columns))}  `),
    ),
  ];
}

function renderGaps({ coverage }: Report, { wrap, paint }: Layout): string[] {
  if (coverage.gaps.length === 0) return [];
  const lines = groupByFailure(coverage.gaps).flatMap(({ failure, advice, gaps }) => {
    const resources = new Set(gaps.map(({ resource }) => resource)).size;
    const affected = resources > 1 ? `, ${count(resources, "resource")}` : "";
    const message = `${gaps[0].message}${gaps.length > 1 ? " …" : ""}`;
    return [
      wrap(`${failure}${affected} ${paint.faint(`(${listScopes(gaps)})`)}`, "    "),
      wrap(paint.faint(message), "      "),
      ...(advice === null ? [] : [wrap(advice, "      → ")]),
    ];
  });
  return [`  ${paint.warn("Gaps:")}`, ...lines];
}
