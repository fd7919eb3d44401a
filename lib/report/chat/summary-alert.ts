import type { Change } from "../../model/change.ts";
import type { Finding } from "../../model/finding.ts";
import { count } from "../text/count.ts";
import { describeScope } from "../text/scopes.ts";
import { type AlertMessage, type AlertOptions, limits, toLink, toMessage } from "./alert-message.ts";
import {
  compareChanges,
  compareGroups,
  countByState,
  countFindings,
  describeHowToExempt,
  iconOf,
  isOpenViolation,
  needsAction,
  rulesOf,
  stateOf,
  toSlackScope,
} from "./describe-change.ts";
import { formatCommands } from "./format-commands.ts";
import { toSlackText } from "./slack-text.ts";

/** Databases, scopes and rules listed; the others are counted. */
const listedDatabases = 10;
const listedScopes = 12;
const listedRules = 15;

/** The alert for changes of many databases: counts by account and Region and by rule, and the most severe databases by name. */
export function toSummaryAlert(byDatabase: readonly (readonly Change[])[], options: AlertOptions): AlertMessage[] {
  const changes = byDatabase.flat().sort(compareChanges);
  const [worst] = changes;
  if (worst === undefined) return [];
  const { at, finding, type } = worst;
  const isOpen = needsAction(worst);
  const databases = count(byDatabase.length, "database");
  const counts = countByState(changes);
  const rest = byDatabase.length - listedDatabases;
  const byScope = Map.groupBy(changes, (change) => describeScope(change.finding));
  const byRule = Map.groupBy(changes, (change) => change.finding.rule);
  const sections = [
    ["*Accounts and Regions*", ...listGroups(byScope, listedScopes)],
    ["*Rules*", ...listGroups(byRule, listedRules)],
    [
      rest > 0 && isOpen ? "*Most severe databases*" : "*Databases*",
      ...byDatabase.slice(0, listedDatabases).map(describeInLine),
      ...(rest > 0 ? [`• … and ${count(rest, "more database")}`] : []),
    ],
  ];
  return [
    toMessage({
      title: `${iconOf(worst)} ${countFindings(changes)} on ${databases}: ${counts}`,
      blocks: sections.map((lines) => lines.join("\n")),
      lastLines: toLink(options.reportUrl, isOpen ? "Report with all findings and what to do: " : "Report: "),
      nextSteps: [
        ...(isOpen ? [toFirstStep(finding)] : []),
        ...(isOpenViolation(worst) ? [describeHowToExempt(at, { byTags: options.exemptionTags })] : []),
      ],
      keywords: [...(isOpen ? [finding.severity] : []), ...rulesOf(changes)],
      threadId: `rds-password-audit ${isOpen ? "findings" : "resolved"} ${at.slice(0, 10)}`,
      summary: `${databases}: ${counts}`,
      context: { type, severity: finding.severity, databases: String(byDatabase.length) },
    }),
  ];
}

/** A line for each group, most severe first, then largest first. The last line counts the others. */
function listGroups(byKey: ReadonlyMap<string, readonly Change[]>, listed: number): string[] {
  const groups = [...byKey].sort(([, a], [, b]) => compareGroups(a, b));
  const rest = groups.slice(listed);
  return [
    ...groups.slice(0, listed).map(([key, all]) => `• ${toSlackText(key, limits.name)}: ${countByState(all)}`),
    ...(rest.length > 0 ? [`• … and ${rest.length} more: ${countByState(rest.flatMap(([, all]) => all))}`] : []),
  ];
}

function describeInLine(changes: readonly Change[]): string {
  const [worst] = changes;
  if (worst === undefined) return "";
  const { finding } = worst;
  const more = changes.length > 1 ? ` (and ${changes.length - 1} more)` : "";
  const name = `*${toSlackText(finding.resource.identifier, limits.name)}* (${toSlackScope(finding)})`;
  const text = needsAction(worst)
    ? toSlackText(finding.message, limits.messageInLine)
    : `${stateOf(worst)}, ${toSlackText(finding.rule, limits.name)}`;
  return `• ${iconOf(worst)} ${name}: ${text}${more}`;
}

/** The remediation of the most severe finding, or a reference to the report if it does not fit. */
function toFirstStep({ resource, remediation }: Finding): string {
  const start = `Start with *${toSlackText(resource.identifier, limits.name)}*: `;
  const remedy = formatCommands(remediation, "line");
  const fits = remedy !== null && remedy !== "" && start.length + remedy.length <= limits.nextStep;
  return start + (fits ? remedy : "see the report for what to do.");
}
