import type { Change } from "../../model/change.ts";
import { type Exemption, type Severity, severities } from "../../model/finding.ts";
import { describeHours, hoursBetween } from "../../model/time.ts";
import { count, countBySeverity, formatNumber } from "../text/count.ts";
import { describeResource } from "../text/describe-resource.ts";
import { describeScope, type Scope } from "../text/scopes.ts";
import { limits } from "./alert-message.ts";
import { describeRemedy } from "./describe-remedy.ts";
import { toSlackText } from "./slack-text.ts";

const icons: Readonly<Record<Severity, string>> = { critical: "🚨", high: "🔴", medium: "🟠", low: "🟡" };
const unknownIcon = "❔";
const goodIcon = "✅";
const pausedIcon = "⏸️";

/** What is bad is named by its severity; what is calm by a word or two, and counted under another. */
type Words = {
  readonly news: string;
  readonly calm?: { readonly icon: string; readonly state: string; readonly counted: string };
};

/** What is said of a change by its reason; of what nobody has to act on, the best first. */
const words: Readonly<Record<Change["reason"], Words>> = {
  new: { news: "new" },
  worse: { news: "worse than before" },
  "exemption-ended": { news: "its exemption ended" },
  fixed: { news: "judged again and passed", calm: { icon: goodIcon, state: "Resolved", counted: "resolved" } },
  "database-gone": {
    news: "the database does not exist any more",
    calm: { icon: goodIcon, state: "Gone", counted: "gone" },
  },
  exempted: { news: "accepted for a time", calm: { icon: pausedIcon, state: "Exempt", counted: "exempted" } },
  "not-audited": {
    news: "its rule, account or Region is not audited any more, which says nothing about the database",
    calm: { icon: pausedIcon, state: "Not audited any more", counted: "not audited any more" },
  },
};
const reasons = Object.keys(words);

/** Whether somebody has to look at it: it is wrong, or could not be judged. */
export function isBad({ reason }: Change): boolean {
  return words[reason].calm === undefined;
}

/** Whether it is bad, and known to be wrong: only that can be exempted. */
export function isViolationNow(change: Change): boolean {
  return isBad(change) && change.finding.status === "NON_COMPLIANT";
}

/** Sorts changes: what is wrong by severity, then what could not be judged, then the rest. */
export function compareChanges(a: Change, b: Change): number {
  return rankOf(a) - rankOf(b);
}

/** Sorts groups of changes that have the worst first: by that one, of equals the larger. */
export function compareGroups(a: readonly Change[], b: readonly Change[]): number {
  const [worstOfA, worstOfB] = [a[0], b[0]];
  if (worstOfA === undefined || worstOfB === undefined) return 0;
  return compareChanges(worstOfA, worstOfB) || b.length - a.length;
}

function rankOf(change: Change): number {
  const { finding, reason } = change;
  if (isViolationNow(change)) return severities.indexOf(finding.severity);
  return severities.length + (isBad(change) ? 0 : 1 + reasons.indexOf(reason));
}

/** How bad a change is, for the eye that runs down a channel. */
export function iconOf(change: Change): string {
  const { finding, reason } = change;
  return words[reason].calm?.icon ?? (isViolationNow(change) ? icons[finding.severity] : unknownIcon);
}

/** What a change comes to, in a word or two. */
export function stateOf({ finding, reason }: Change): string {
  const { calm } = words[reason];
  if (reason === "exempted") return `Exempt until ${toSlackText(finding.exemption?.until ?? "", 20)}`;
  if (calm !== undefined) return calm.state;
  if (finding.status === "INSUFFICIENT_DATA") return "Could not be judged";
  return finding.severity.charAt(0).toUpperCase() + finding.severity.slice(1);
}

/** The line over the changes of one database; `more` is how many there are besides this one. */
export function titleOf(change: Change, more: number): string {
  const { finding } = change;
  const rest = more > 0 ? ` (and ${more} more)` : "";
  const head = `${iconOf(change)} ${stateOf(change)}: `;
  const what = isBad(change) ? finding.message : `${describeResource(finding.resource)}, ${finding.rule}`;
  return head + toSlackText(what, limits.title - rest.length - head.length) + rest;
}

/** One change, in full. Where it is the only one, the title has said its message, and the place has no line of its own. */
export function describeChange(change: Change, { isAlone }: { readonly isAlone: boolean }): string {
  const { finding, reason, at, type } = change;
  const { message, rule, exemption, endedExemption, evidence, firstSeenAt, remediation } = finding;
  const isResolved = type === "finding.resolved";
  const age = `, ${isResolved ? "was open" : "open"} for ${describeHours(hoursBetween(firstSeenAt, at))}`;
  const scope = isAlone ? `, in ${toSlackScope(finding)}` : "";
  const icon = isAlone ? "" : `${iconOf(change)} `;
  const said = toSlackText(message, limits.message);
  const isSaid = isBad(change) && isAlone && titleOf(change, 0).endsWith(said);
  const lines = [
    `${icon}*${stateOf(change)}*, ${words[reason].news}${reason === "new" ? "" : age}${scope} (${toSlackText(rule, limits.name)})`,
  ];
  if (!isSaid) lines.push(isResolved ? `Last seen: ${said}` : said);
  if (exemption !== null) lines.push(describeExemption("Exempt", exemption));
  if (!isBad(change)) return lines.join("\n");
  if (endedExemption !== null) lines.push(describeExemption("It was exempted", endedExemption));
  if (typeof evidence.exemptionIgnored === "string")
    lines.push(`Not exempt: ${toSlackText(evidence.exemptionIgnored, limits.message)}.`);
  const remedy = describeRemedy(remediation, "blocks") ?? "What to do is too long for a message; the report says it.";
  if (remedy !== "") lines.push(`→ ${remedy}`);
  return lines.join("\n");
}

function describeExemption(how: string, { owner, reason }: Exemption): string {
  return `${how} by ${toSlackText(owner, limits.name)}: ${toSlackText(reason, limits.message)}`;
}

/** "2 critical, 40 high, 3 not judged, 12 resolved". */
export function describeCounts(changes: readonly Change[]): string {
  const wrong = changes.filter(isViolationNow).map(({ finding }) => finding);
  const others = Map.groupBy(
    changes.filter((change) => !isViolationNow(change)),
    ({ reason }) => words[reason].calm?.counted ?? "not judged",
  );
  const counts = [...others].map(([word, all]) => `${formatNumber(all.length)} ${word}`);
  return [countBySeverity(wrong), ...counts].filter((part) => part !== "").join(", ");
}

/** "500 new findings", "3 worse findings"; of what is not all alike, "4 changed findings". */
export function describeNews(changes: readonly Change[]): string {
  const { length } = changes;
  if (!changes.some(isBad)) return count(length, "finding");
  const [reason, ...others] = new Set(changes.map(({ reason }) => reason));
  if (others.length > 0) return count(length, "changed finding");
  if (reason === "exemption-ended") return count(length, "no longer exempt finding");
  return count(length, `${reason} finding`);
}

/** The rules that changes are about, for the labels of a message: enough to see what it is about. */
export function rulesOf(changes: readonly Change[]): string[] {
  return [...new Set(changes.map(({ finding }) => finding.rule))].slice(0, 5);
}

/** An account and Region as a part of a message. */
export function toSlackScope(scope: Scope): string {
  return toSlackText(describeScope(scope), limits.name);
}
