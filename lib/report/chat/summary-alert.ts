import type { Change } from "../../model/change.ts";
import type { Finding } from "../../model/finding.ts";
import { count } from "../text/count.ts";
import { type Group, groupBy } from "../text/group.ts";
import { listFirst } from "../text/list-first.ts";
import { describePasswordChange } from "../text/password-change.ts";
import { describeScope } from "../text/scopes.ts";
import { type AlertMessage, type AlertOptions, limits, toLink, toMessage } from "./alert-message.ts";
import {
  compareChanges,
  compareGroups,
  countByState,
  countFindings,
  describeHowToExempt,
  describeOwner,
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
export function toSummaryAlert(byDatabase: readonly Group<Change>[], options: AlertOptions): AlertMessage[] {
  const changes = byDatabase.flat().sort(compareChanges);
  const [worst] = changes;
  if (worst === undefined) return [];
  const { at, finding, type } = worst;
  const isOpen = needsAction(worst);
  const databases = count(byDatabase.length, "database");
  const counts = countByState(changes);
  const isMore = byDatabase.length > listedDatabases;
  const sections = [
    ["*Accounts and Regions*", ...listGroups(changes, describeScope, listedScopes)],
    ["*Rules*", ...listGroups(changes, ({ rule }) => rule, listedRules)],
    [
      isMore && isOpen ? "*Most severe databases*" : "*Databases*",
      ...listFirst(
        byDatabase,
        listedDatabases,
        describeInLine,
        (rest) => `• … and ${count(rest.length, "more database")}`,
      ),
    ],
  ];
  return [
    toMessage({
      title: `${iconOf(worst)} ${countFindings(changes)} on ${databases}: ${counts}`,
      blocks: sections.map((lines) => lines.join("\n")),
      lastLines: toLink(options.reportUrl, isOpen ? "Last full report, with what to do: " : undefined),
      nextSteps: [
        ...(isOpen ? [toFirstStep(finding), ...warnOfPasswordChange(finding)] : []),
        ...(isOpenViolation(worst) ? [describeHowToExempt(at, { byTags: options.exemptionTags })] : []),
      ],
      keywords: [...(isOpen ? [finding.severity] : []), ...rulesOf(changes)],
      threadId: `rds-password-audit ${isOpen ? "findings" : "resolved"} ${at.slice(0, 10)}`,
      summary: `${databases}: ${counts}`,
      context: { type, severity: finding.severity, databases: String(byDatabase.length) },
    }),
  ];
}

/** A line for each group of findings with the same key, most severe first, then largest first. The last line counts the others. */
function listGroups(changes: readonly Change[], keyOf: (finding: Finding) => string, listed: number): string[] {
  return listFirst(
    groupBy(changes, ({ finding }) => keyOf(finding)).toSorted(([, a], [, b]) => compareGroups(a, b)),
    listed,
    ([key, all]) => `• ${toSlackText(key, limits.name)}: ${countByState(all)}`,
    (rest) => `• … and ${rest.length} more: ${countByState(rest.flatMap(([, all]) => all))}`,
  );
}

/** A line about the changes of one database. */
export function describeInLine([worst, ...more]: Group<Change>): string {
  const { finding } = worst;
  const details = [toSlackScope(finding), ...describeOwner(finding)].join(", ");
  const name = `*${toSlackText(finding.resource.identifier, limits.name)}* (${details})`;
  const text = needsAction(worst)
    ? toSlackText(finding.message, limits.messageInLine)
    : `${stateOf(worst)}, ${toSlackText(finding.rule, limits.name)}`;
  return `• ${iconOf(worst)} ${name}: ${text}${more.length > 0 ? ` (and ${more.length} more)` : ""}`;
}

/** The warning that clients have to read another password, if the repair changes it. */
export function warnOfPasswordChange({ remediation }: Finding): string[] {
  const warning = describePasswordChange(remediation);
  return warning === null ? [] : [warning];
}

/** The remediation of the most severe finding, or a reference to the report if it does not fit. */
export function toFirstStep({ resource, remediation }: Finding): string {
  const start = `Start with *${toSlackText(resource.identifier, limits.name)}*: `;
  const remedy = formatCommands(remediation, "line");
  const fits = remedy !== null && remedy !== "" && start.length + remedy.length <= limits.nextStep;
  return start + (fits ? remedy : "see the report for what to do.");
}
