import type { PermissionResult, PermissionStatus, Preflight, Prerequisite } from "../../model/preflight.ts";
import { count } from "../text/count.ts";
import { groupBy } from "../text/group.ts";
import type { ReportOptions } from "../text/reporter.ts";
import { describeScope, listScopes } from "../text/scopes.ts";
import { createLayout, type Layout } from "./layout.ts";
import { pad, widest } from "./paragraph.ts";

const words: Readonly<Record<PermissionStatus, string>> = { have: "have", lack: "lack", unknown: "cannot be told" };

const tests = { call: "call", "dry-run": "dry run", simulation: "simulation" };

/** The results of one action that have the same status. */
type PermissionRow = readonly [PermissionResult, ...PermissionResult[]];

/** Renders a preflight for a terminal: the verdict, a table of permissions, what is missing and what that hides, prerequisites, the policy to add. */
export function renderPreflight(result: Preflight, options: Pick<ReportOptions, "width" | "color">): string {
  const layout = createLayout(options);
  const rows = toRows(result.permissions);
  const sections = [
    renderVerdict(result, rows, layout),
    renderPermissions(rows, layout),
    ...renderDetails("MISSING", "lack", rows, layout),
    ...renderDetails("CANNOT BE TOLD", "unknown", rows, layout),
    ...renderUnopened(result, layout),
    ...renderPrerequisites(result.prerequisites, layout),
    ...renderPolicy(result, layout),
  ];
  return `${sections.join("\n\n")}\n`;
}

function toRows(permissions: readonly PermissionResult[]): readonly PermissionRow[] {
  return groupBy(permissions, ({ action }) => action).flatMap(([, ofAction]) =>
    groupBy(ofAction, ({ status }) => status).map(([, row]) => row),
  );
}

function renderVerdict(
  { callers, prerequisites, unopened }: Preflight,
  rows: readonly PermissionRow[],
  { paint, wrap }: Layout,
): string {
  const permissions = groupBy(rows, ([{ action }]) => action).map(([, some]) => ({
    status: worst(some.map(([{ status }]) => status)),
  }));
  const needed = prerequisites?.filter(({ isOptional }) => !isOptional) ?? [];
  const has = (status: PermissionStatus) => [...permissions, ...needed].some((one) => one.status === status);
  const isComplete = !has("unknown") && unopened.length === 0;
  const word = has("lack") ? "MISSING" : isComplete ? "READY" : "INCOMPLETE";
  const sentence = [
    summarize(permissions, "permission"),
    ...(needed.length === 0 ? [] : [summarize(needed, "prerequisite")]),
    ...(unopened.length === 0 ? [] : [`${count(unopened.length, "account")} could not be opened.`]),
  ].join(" ");
  const callerText = `${callers.length === 1 ? "Caller" : "Callers"}: ${callers.join(", ")}.`;
  const paintWord = word === "READY" ? paint.good : word === "MISSING" ? paint.bad : paint.warn;
  return wrap(`${sentence} ${callerText}`, `${paintWord(word)}  `);
}

/** The status that counts for an action: what is missing in one scope is missing. */
function worst(statuses: readonly PermissionStatus[]): PermissionStatus {
  return (["lack", "unknown"] as const).find((status) => statuses.includes(status)) ?? "have";
}

/** "2 of 25 permissions are missing, 1 cannot be told." */
function summarize(results: readonly { readonly status: PermissionStatus }[], noun: string): string {
  const countOf = (wanted: PermissionStatus) => results.filter(({ status }) => status === wanted).length;
  const [lacking, unknown] = [countOf("lack"), countOf("unknown")];
  const all = count(results.length, noun);
  if (lacking === 0 && unknown === 0) return results.length === 1 ? `The ${noun} is there.` : `All ${all} are there.`;
  const missing =
    lacking === 0 ? `None of ${all} is missing` : `${lacking} of ${all} ${lacking === 1 ? "is" : "are"} missing`;
  return unknown === 0 ? `${missing}.` : `${missing}, ${unknown} cannot be told.`;
}

function renderPermissions(rows: readonly PermissionRow[], { paint, wrap }: Layout): string {
  const columns = widest(rows.map(([{ action }]) => action));
  const statusColumns = widest(Object.values(words));
  const toLine = (action: string, status: string, test: string, scopes: string) =>
    wrap(scopes, `  ${pad(action, columns)}  ${pad(status, statusColumns)}  ${pad(test, 10)}  `).trimEnd();
  const statusesOf = (action: string) => rows.filter(([first]) => first.action === action).length;
  const lines = rows.map((row) => {
    const [{ action, status, test }] = row;
    const scopes = statusesOf(action) > 1 ? listScopes(row) : "";
    return toLine(action, paintStatus(status, paint), test === null ? "" : tests[test], scopes);
  });
  return [paint.strong("PERMISSIONS"), paint.faint(toLine("action", "status", "tested by", "")), ...lines].join("\n");
}

function paintStatus(status: PermissionStatus, paint: Layout["paint"]): string {
  const painters = { have: paint.good, lack: paint.bad, unknown: paint.warn };
  return painters[status](words[status]);
}

function renderDetails(
  title: string,
  status: PermissionStatus,
  rows: readonly PermissionRow[],
  layout: Layout,
): string[] {
  const details = rows.filter(([first]) => first.status === status).map((row) => renderDetail(row, layout));
  return details.length === 0 ? [] : [[layout.paint.strong(title), ...details].join("\n")];
}

function renderDetail(row: PermissionRow, { paint, wrap }: Layout): string {
  const [first] = row;
  const { action, reason, deniedBy } = first;
  const isHopeless = deniedBy !== null && (deniedBy.isExplicit || deniedBy.kind !== "identity-based policy");
  return [
    wrap(listScopes(row), `  ${paint.strong(action)}  `, 4),
    ...(reason === null ? [] : [wrap(reason, "    ")]),
    ...(isHopeless ? [wrap(describeDenial(deniedBy), "    ")] : []),
    wrap(describeLoss(first), "    → "),
  ].join("\n");
}

function describeDenial({ kind, isExplicit }: NonNullable<PermissionResult["deniedBy"]>): string {
  return isExplicit
    ? `Denied by an explicit deny (${kind}): an Allow does not help. Change that policy.`
    : `Not allowed by: ${kind}. An Allow in an IAM policy is not enough: change that policy too.`;
}

/** What an audit does not see, and which repairs cannot run. */
function describeLoss({ action, rules, confirms, repairs, isCalledByRds }: PermissionResult): string {
  if (action === "account:ListRegions") return "Without it, --all-regions does not work.";
  const losses = [
    ...(rules.length > 0 ? [`not evaluated: ${rules.join(", ")}`] : []),
    ...(confirms.length > 0 ? [`not confirmed: ${confirms.join(", ")}`] : []),
    ...(repairs.length > 0
      ? [`not possible: ${repairs.join(", ")}${isCalledByRds ? " (RDS also calls it for you)" : ""}`]
      : []),
  ];
  return `Without it, ${losses.join("; ")}.`;
}

function renderUnopened({ unopened }: Preflight, { paint, wrap }: Layout): string[] {
  if (unopened.length === 0) return [];
  return [[paint.strong("NOT OPENED"), ...unopened.map(({ reason }) => wrap(reason, "  "))].join("\n")];
}

function renderPrerequisites(prerequisites: readonly Prerequisite[] | null, { paint, wrap }: Layout): string[] {
  if (prerequisites === null) return [];
  const columns = widest(prerequisites.map(({ name }) => name));
  const statusColumns = widest(Object.values(words));
  const sections = groupBy(prerequisites, describeScope).map(([scope, some]) => [
    `  ${scope}`,
    ...some.map(({ name, isOptional, status, detail, remedy }) =>
      wrap(
        [isOptional ? "Optional." : [], detail, remedy ?? []].flat().join(" "),
        `    ${pad(name, columns)}  ${pad(paintStatus(status, paint), statusColumns)}  `,
      ),
    ),
  ]);
  return [[paint.strong("DEPLOYMENT"), ...sections.flat()].join("\n")];
}

function renderPolicy({ policyToAdd, permissions }: Preflight, { paint, wrap }: Layout): string[] {
  const note = permissions.some(({ test }) => test === "simulation")
    ? [
        wrap(
          "A simulation evaluates IAM policies, the permissions boundary, and service control policies without conditions. It does not see session policies, policies of keys and secrets, and policies of VPC endpoints.",
        ),
      ]
    : [];
  if (policyToAdd === null) return note;
  return [`${paint.strong("IAM POLICY TO ADD")}\n${JSON.stringify(policyToAdd, null, 2)}`, ...note];
}
