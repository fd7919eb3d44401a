import type { Change } from "../../model/change.ts";
import { exemptionTags } from "../../model/database.ts";
import { type Exemption, type Finding, type Severity, severities } from "../../model/finding.ts";
import { describeHours, hoursBetween } from "../../model/time.ts";
import { count, formatNumber } from "../text/count.ts";
import { describeResource } from "../text/describe-database.ts";
import type { Group } from "../text/group.ts";
import { describePasswordChange } from "../text/password-change.ts";
import { type AccountRegion, describeScope } from "../text/scopes.ts";
import { limits } from "./alert-message.ts";
import { formatCommands } from "./format-commands.ts";
import { toSlackText } from "./slack-text.ts";

const severityIcons: Readonly<Record<Severity, string>> = { critical: "🚨", high: "🔴", medium: "🟠", low: "🟡" };
const notEvaluatedIcon = "❔";

type ReasonText = {
  /** Explains the reason in a message about one database. */
  readonly detail: string;
  /** What to call several such findings, in the singular. Only for changes that need action. */
  readonly noun?: string;
  /** Set for a change that needs no action: its icon, its state in a title, and the word to count it by. */
  readonly closed?: { readonly icon: string; readonly state: string; readonly counted: string };
};

/** Texts by reason. Changes that need no action are sorted in this order. */
const reasonTexts: Readonly<Record<Change["reason"], ReasonText>> = {
  new: { detail: "new", noun: "new finding" },
  worse: { detail: "more severe than before", noun: "more severe finding" },
  "exemption-ended": { detail: "its exemption ended", noun: "no longer exempt finding" },
  fixed: {
    detail: "now passes the rule",
    closed: { icon: "✅", state: "Resolved", counted: "resolved" },
  },
  "database-gone": {
    detail: "the database no longer exists",
    closed: { icon: "✅", state: "No longer exists", counted: "gone" },
  },
  exempted: { detail: "exemption added", closed: { icon: "⏸️", state: "Exempt", counted: "exempted" } },
  "not-audited": {
    detail: "its rule, account or Region is no longer audited, the database may still violate the rule",
    closed: { icon: "⏸️", state: "No longer audited", counted: "no longer audited" },
  },
};
const reasons = Object.keys(reasonTexts);

/** True if the finding is open: a violation, or not evaluated. */
export function needsAction({ reason }: Change): boolean {
  return reasonTexts[reason].closed === undefined;
}

/** True if the finding is an open violation. Only violations can be exempted. */
export function isOpenViolation(change: Change): boolean {
  return needsAction(change) && change.finding.status === "NON_COMPLIANT";
}

/** Orders changes: violations by severity, then findings that could not be evaluated, then changes that need no action. */
export function compareChanges(a: Change, b: Change): number {
  return rankOf(a) - rankOf(b);
}

/** Orders sorted groups of changes by their first change, then by size, largest first. */
export function compareGroups(a: Group<Change>, b: Group<Change>): number {
  return compareChanges(a[0], b[0]) || b.length - a.length;
}

function rankOf(change: Change): number {
  const { finding, reason } = change;
  if (isOpenViolation(change)) return severities.indexOf(finding.severity);
  return severities.length + (needsAction(change) ? 0 : 1 + reasons.indexOf(reason));
}

/** The icon of a change: by severity if it needs action, otherwise by reason. */
export function iconOf(change: Change): string {
  const { closed } = reasonTexts[change.reason];
  return closed?.icon ?? (isOpenViolation(change) ? severityIcons[change.finding.severity] : notEvaluatedIcon);
}

/** The state of a finding after a change: "High", "Resolved", "Exempt until 2026-12-31". */
export function stateOf({ finding, reason }: Change): string {
  const { closed } = reasonTexts[reason];
  if (reason === "exempted") return `Exempt until ${toSlackText(finding.exemption?.until ?? "", 20)}`;
  if (closed !== undefined) return closed.state;
  if (finding.status === "INSUFFICIENT_DATA") return "Could not be evaluated";
  return finding.severity.charAt(0).toUpperCase() + finding.severity.slice(1);
}

/** The title of a message about one database. `more` is the number of its other changes. */
export function titleOf(change: Change, more: number): string {
  const { finding } = change;
  const rest = more > 0 ? ` (and ${more} more)` : "";
  const head = `${iconOf(change)} ${stateOf(change)}: `;
  const subject = needsAction(change) ? finding.message : `${describeResource(finding.resource)}, ${finding.rule}`;
  return head + toSlackText(subject, limits.title - rest.length - head.length) + rest;
}

/** One change in full. If it is alone in its message, the title has the finding's message, and the account and Region are added here. */
export function describeChange(change: Change, { isAlone }: { readonly isAlone: boolean }): string {
  const { finding, reason, at, type } = change;
  const { message, rule, exemption, endedExemption, evidence, firstSeenAt, remediation } = finding;
  const isResolved = type === "finding.resolved";
  const age = `, ${isResolved ? "was open" : "open"} for ${describeHours(hoursBetween(firstSeenAt, at))}`;
  const scope = isAlone ? `, in ${toSlackScope(finding)}` : "";
  const icon = isAlone ? "" : `${iconOf(change)} `;
  const shortMessage = toSlackText(message, limits.message);
  const isInTitle = needsAction(change) && isAlone && titleOf(change, 0).endsWith(shortMessage);
  const lines = [
    `${icon}*${stateOf(change)}*, ${reasonTexts[reason].detail}${reason === "new" ? "" : age}${scope} (${toSlackText(rule, limits.name)})`,
  ];
  if (!isInTitle) lines.push(isResolved ? `Last message: ${shortMessage}` : shortMessage);
  if (exemption !== null) lines.push(describeExemption("Exempted", exemption));
  if (!needsAction(change)) return lines.join("\n");
  if (endedExemption !== null) lines.push(describeExemption("Was exempted", endedExemption));
  if (typeof evidence.exemptionIgnored === "string")
    lines.push(`Not exempt: ${toSlackText(evidence.exemptionIgnored, limits.message)}.`);
  const remedy = formatCommands(remediation, "blocks") ?? "The remediation is too long for a message, see the report.";
  if (remedy !== "") lines.push(`→ ${remedy}`);
  const warning = describePasswordChange(remediation);
  if (warning !== null) lines.push(warning);
  return lines.join("\n");
}

function describeExemption(how: string, { owner, reason }: Exemption): string {
  return `${how} by ${toSlackText(owner, limits.name)}: ${toSlackText(reason, limits.message)}`;
}

/** How to exempt a finding for 30 days: with tags if the policy allows them, otherwise in the policy. */
export function describeHowToExempt(at: string, { byTags }: { readonly byTags: boolean }): string {
  const { owner, reason, until } = exemptionTags;
  const day = new Date(Date.parse(at) + 30 * 86_400_000).toISOString().slice(0, 10);
  return byTags
    ? `To exempt it for 30 days, set all three tags on the database: \`${owner}\` (who is responsible), \`${reason}\` (why) and \`${until}\` = \`${day}\`.`
    : `To exempt it for 30 days, add an entry under \`exemptions\` in the audit's policy, with an owner, a reason and the end date ${day}.`;
}

/** Changes counted by what became of the finding: its severity, or how it was closed. */
export type Tally = ReadonlyMap<string, number>;

/** Adds changes to a tally. */
export function tally(changes: readonly Change[], before: Tally = new Map()): Tally {
  const counts = new Map(before);
  for (const change of changes) {
    const state = isOpenViolation(change)
      ? change.finding.severity
      : (reasonTexts[change.reason].closed?.counted ?? notEvaluated);
    counts.set(state, (counts.get(state) ?? 0) + 1);
  }
  return counts;
}

const notEvaluated = "not evaluated";
const states = [
  ...severities,
  notEvaluated,
  ...Object.values(reasonTexts).flatMap(({ closed }) => closed?.counted ?? []),
];

/** "2 critical, 40 high, 3 not evaluated, 12 resolved". */
export function describeTally(counts: Tally): string {
  const counted = states.filter((state) => counts.has(state));
  return counted.map((state) => `${formatNumber(counts.get(state) ?? 0)} ${state}`).join(", ");
}

/** Orders tallies by the number of critical findings, then of high ones, and so on; more comes first. */
export function compareTallies(a: Tally, b: Tally): number {
  const differing = states.find((state) => a.get(state) !== b.get(state));
  return differing === undefined ? 0 : (b.get(differing) ?? 0) - (a.get(differing) ?? 0);
}

/** The same of changes. */
export function countByState(changes: readonly Change[]): string {
  return describeTally(tally(changes));
}

/** "500 new findings", or "4 changed findings" for several reasons, or "12 findings" if none needs action. */
export function countFindings(changes: readonly Change[]): string {
  return countByReason(changes.length, new Set(changes.map(({ reason }) => reason)));
}

/** The same of so many changes for these reasons. */
export function countByReason(number: number, reasons: ReadonlySet<Change["reason"]>): string {
  const nouns = [...reasons].map((reason) => reasonTexts[reason].noun);
  if (nouns.every((noun) => noun === undefined)) return count(number, "finding");
  return count(number, (nouns.length === 1 ? nouns[0] : undefined) ?? "changed finding");
}

/** Up to five rules of the changes, as keywords. */
export function rulesOf(changes: readonly Change[]): string[] {
  return [...new Set(changes.map(({ finding }) => finding.rule))].slice(0, 5);
}

/** "owner payments", or nothing if no tag says it. */
export function describeOwner({ owner }: Pick<Finding, "owner">): string[] {
  return owner === null ? [] : [`owner ${toSlackText(owner, limits.name)}`];
}

/** An account and Region as Slack text. */
export function toSlackScope(scope: AccountRegion): string {
  return toSlackText(describeScope(scope), limits.name);
}
