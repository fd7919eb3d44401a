import type { Change } from "../../model/change.ts";
import type { Finding } from "../../model/finding.ts";
import { count } from "../text/count.ts";
import { describeScope } from "../text/scopes.ts";
import { type AlertMessage, type AlertOptions, limits, toLink, toMessage } from "./alert-message.ts";
import {
  compareChanges,
  compareGroups,
  describeCounts,
  describeNews,
  iconOf,
  isBad,
  isViolationNow,
  rulesOf,
  stateOf,
  toSlackScope,
} from "./describe-change.ts";
import { describeExempting, describeRemedy } from "./describe-remedy.ts";
import { toSlackText } from "./slack-text.ts";

/** So many databases are named; an account and Region, or a rule, gets a line of its own, up to so many. */
const named = 10;
const linesOfScopes = 12;
const linesOfRules = 15;

/** Changes of many databases in one message: how many of what, where, by which rule, and the worst by name. They come the worst first. */
export function toSummaryAlert(byDatabase: readonly (readonly Change[])[], options: AlertOptions): AlertMessage[] {
  const changes = byDatabase.flat().sort(compareChanges);
  const [worst] = changes;
  if (worst === undefined) return [];
  const { at, finding, type } = worst;
  const bad = isBad(worst);
  const databases = count(byDatabase.length, "database");
  const counts = describeCounts(changes);
  const rest = byDatabase.length - named;
  const sections = [
    [
      "*Where*",
      ...describeGroups(
        Map.groupBy(changes, (change) => describeScope(change.finding)),
        linesOfScopes,
        "place",
      ),
    ],
    [
      "*Which rules*",
      ...describeGroups(
        Map.groupBy(changes, (change) => change.finding.rule),
        linesOfRules,
        "rule",
      ),
    ],
    [
      rest > 0 ? `*${bad ? "The worst" : "Some of them"}*` : "*All of them*",
      ...byDatabase.slice(0, named).map(describeInLine),
      ...(rest > 0 ? [`• … and ${count(rest, "more database")}`] : []),
    ],
  ];
  return [
    toMessage({
      title: `${iconOf(worst)} ${describeNews(changes)} on ${databases}: ${counts}`,
      blocks: sections.map((lines) => lines.join("\n")),
      lastLines: toLink(options.reportUrl, bad ? "All of them, with what to do: " : "Report: "),
      nextSteps: [
        ...(bad ? [toFirstStep(finding)] : []),
        ...(isViolationNow(worst) ? [describeExempting(at, { byTags: options.exemptionTags })] : []),
      ],
      keywords: [...(bad ? [finding.severity] : []), ...rulesOf(changes)],
      threadId: `rds-password-audit ${bad ? "findings" : "resolved"} ${at.slice(0, 10)}`,
      summary: `${databases}: ${counts}`,
      context: { type, severity: finding.severity, databases: String(byDatabase.length) },
    }),
  ];
}

/** A line for each group, of which the one with the worst change comes first, of equals the one with more. */
function describeGroups(byKey: ReadonlyMap<string, readonly Change[]>, lines: number, noun: string): string[] {
  const groups = [...byKey].sort(([, a], [, b]) => compareGroups(a, b));
  const rest = groups.slice(lines);
  return [
    ...groups.slice(0, lines).map(([key, all]) => `• ${toSlackText(key, limits.name)}: ${describeCounts(all)}`),
    ...(rest.length > 0
      ? [`• … and ${count(rest.length, `more ${noun}`)}: ${describeCounts(rest.flatMap(([, all]) => all))}`]
      : []),
  ];
}

function describeInLine(changes: readonly Change[]): string {
  const [worst] = changes;
  if (worst === undefined) return "";
  const { finding } = worst;
  const more = changes.length > 1 ? ` (and ${changes.length - 1} more)` : "";
  const name = `*${toSlackText(finding.resource.identifier, limits.name)}* (${toSlackScope(finding)})`;
  const what = isBad(worst)
    ? toSlackText(finding.message, limits.messageInLine)
    : `${stateOf(worst)}, ${toSlackText(finding.rule, limits.name)}`;
  return `• ${iconOf(worst)} ${name}: ${what}${more}`;
}

/** What to do about the worst, with the command where it fits. */
function toFirstStep({ resource, remediation }: Finding): string {
  const begin = `Begin with *${toSlackText(resource.identifier, limits.name)}*: `;
  const remedy = describeRemedy(remediation, "line");
  const fits = remedy !== null && remedy !== "" && begin.length + remedy.length <= limits.nextStep;
  return begin + (fits ? remedy : "the report says what to do.");
}
