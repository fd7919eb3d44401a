import type { Change, Digest } from "../model/change.ts";
import { exemptionTags } from "../model/database.ts";
import { type Exemption, type Finding, isAtLeast, type Severity, severities } from "../model/finding.ts";
import { describeHours, hoursBetween } from "../model/time.ts";
import { splitCommands } from "./commands.ts";
import { count, countBySeverity, formatNumber, groupBy } from "./count.ts";
import { describeResource } from "./describe-resource.ts";
import { describePlace } from "./places.ts";
import { toSlackCode, toSlackText } from "./slack-text.ts";

/**
 * A custom notification of Amazon Q Developer in chat applications, published as the body of an SNS message.
 * Source of the shape and its limits: https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html
 */
export type AlertMessage = {
  readonly version: "1.0";
  readonly source: "custom";
  readonly content: {
    readonly textType: "client-markdown";
    readonly title: string;
    readonly description: string;
    readonly nextSteps: readonly string[];
    readonly keywords: readonly string[];
  };
  readonly metadata: {
    /** Messages with the same one stand in one thread, where the channel's configuration has threads on. */
    readonly threadId: string;
    /** What stands at the top of the thread when it has news. */
    readonly summary: string;
    /** For the conditions and variables of custom actions. */
    readonly additionalContext: Readonly<Record<string, string>>;
  };
};

/** Whom to tell and what: `exemptionTags` is the policy's, whether tags on a database may exempt it. */
export type AlertOptions = {
  readonly threshold: Severity;
  readonly reportUrl: string | null;
  readonly exemptionTags: boolean;
};

/** Characters, by Amazon Q; the last four are the program's own. */
const limits = {
  title: 250,
  description: 8_000,
  nextStep: 350,
  keyword: 75,
  id: 250,
  name: 120,
  message: 600,
  remediation: 1_500,
} as const;

/** So many databases get a message each, and so many of more are named. */
const fewDatabases = 5;
const named = 10;
/** An account and Region, or a rule, gets a line of its own, up to so many. */
const linesOfPlaces = 12;
const linesOfRules = 15;
/** Short enough to be read past; a longer link would be most of the message. */
const longestLink = 1_000;
/** For the line that says how much was left out. */
const spare = 100;

const icons: Readonly<Record<Severity, string>> = { critical: "🚨", high: "🔴", medium: "🟠", low: "🟡" };
const unknownIcon = "❔";
const goodIcon = "✅";
const pausedIcon = "⏸️";

/**
 * What people are told of changes to findings at or above a threshold: a message for each database where they are few, and one for all
 * where they are many, what is wrong apart from what is not any more. Of several changes of one finding, which are told late, the last
 * counts. Without changes nobody is told anything.
 */
export function toAlerts(changes: readonly Change[], options: AlertOptions): readonly AlertMessage[] {
  const latest = [...new Map(changes.map((change) => [change.finding.id, change])).values()];
  const told = latest.filter(({ finding }) => isAtLeast(finding.severity, options.threshold)).sort(compareChanges);
  const byDatabase = [...groupBy(told, ({ finding }) => finding.resource.arn).values()].sort(compareDatabases);
  if (byDatabase.length <= fewDatabases) return byDatabase.flatMap((all) => toDatabaseAlert(all, options));
  const bad = byDatabase.filter((all) => all.some(isBad));
  const good = byDatabase.filter((all) => !all.some(isBad));
  return [
    ...(bad.length <= fewDatabases ? bad.flatMap((all) => toDatabaseAlert(all, options)) : toCrowdAlert(bad, options)),
    ...(good.length === 1 ? good.flatMap((all) => toDatabaseAlert(all, options)) : toCrowdAlert(good, options)),
  ];
}

/** The day's audit in a title and a line, for those who want to hear of it although nothing changed. */
export function toDigestAlert(digest: Digest): AlertMessage {
  const { summary, clean, complete, gaps, oldestFirstSeenAt, generatedAt } = digest;
  const { exempt, insufficientData, ...bySeverity } = summary.findings;
  const worst = severities.find((severity) => bySeverity[severity] > 0);
  const open = severities
    .filter((severity) => bySeverity[severity] > 0)
    .map((severity) => `${bySeverity[severity]} ${severity}`)
    .join(", ");
  const own = summary.managed + summary.unmanaged;
  const facts = [
    own === 0
      ? `${count(summary.databases, "database")}, none of which could have a managed master password`
      : `RDS manages ${summary.managed} of ${count(own, "master password").replace(/d$/, "ds")}`,
    ...(oldestFirstSeenAt === null
      ? []
      : [`the oldest finding is open for ${describeHours(hoursBetween(oldestFirstSeenAt, generatedAt))}`]),
    ...(exempt > 0 ? [`${exempt} exempt`] : []),
    ...(insufficientData > 0 ? [`${insufficientData} not judged`] : []),
    ...(gaps > 0 ? [`${count(gaps, "read")} failed`] : []),
  ];
  const verdict = open !== "" ? `${open} open` : complete ? "nothing is wrong" : "not everything could be seen";
  const icon = worst === undefined ? (clean ? goodIcon : unknownIcon) : icons[worst];
  return toMessage({
    title: `${icon} Daily audit of master passwords: ${verdict}`,
    description: [`${facts.join("; ")}.`, ...toLink(digest.reportUrl)].join("\n"),
    nextSteps: [],
    keywords: [],
    threadId: `rds-password-audit digest ${generatedAt.slice(0, 10)}`,
    summary: `Daily audit: ${verdict}`,
    context: { type: "audit.completed" },
  });
}

/** News that nobody has to act on, the best first. */
const calm: readonly Change["because"][] = ["fixed", "database-gone", "exempted", "not-audited"];

/** Something that somebody has to look at. */
function isBad({ because }: Change): boolean {
  return !calm.includes(because);
}

/** What is wrong by severity, then what could not be judged, then the rest. */
function rankOf(change: Change): number {
  const { finding, because } = change;
  if (isBad(change)) return finding.status === "NON_COMPLIANT" ? severities.indexOf(finding.severity) : 4;
  return 5 + calm.indexOf(because);
}

function compareChanges(a: Change, b: Change): number {
  return rankOf(a) - rankOf(b);
}

/** By the worst change of each, of equals the one with more. */
function compareDatabases(a: readonly Change[], b: readonly Change[]): number {
  const [worstOfA, worstOfB] = [a[0], b[0]];
  if (worstOfA === undefined || worstOfB === undefined) return 0;
  return compareChanges(worstOfA, worstOfB) || b.length - a.length;
}

/** All changes of one database, the worst first. */
function toDatabaseAlert(changes: readonly Change[], options: AlertOptions): AlertMessage[] {
  const [worst] = changes;
  if (worst === undefined) return [];
  const { resource, severity, account, region, rule } = worst.finding;
  const isAlone = changes.length === 1;
  const where = `*${toSlackText(describeResource(resource), limits.name)}* in ${toSlackPlace(worst.finding)}`;
  const blocks = changes.map((change) => describeChange(change, { isAlone }));
  return [
    toMessage({
      title: titleOf(worst, changes.length - 1),
      description: stack(isAlone ? blocks : [where, ...blocks], [
        `ARN: \`${toSlackText(resource.arn, limits.id)}\``,
        ...toLink(options.reportUrl),
      ]),
      nextSteps: isWrongNow(worst) ? [closing, exemptStep(worst.at, options)] : isBad(worst) ? [closing] : [],
      keywords: [...(isBad(worst) ? [severity] : []), ...rulesOf(changes), account, region],
      threadId: resource.arn,
      summary: `${describeResource(resource)}: ${describeCounts(changes)}`,
      context: { type: worst.type, severity, rule, account, region, database: resource.identifier, arn: resource.arn },
    }),
  ];
}

const closing = "When an audit sees that it is fixed, it says so here.";

function isWrongNow(change: Change): boolean {
  return isBad(change) && change.finding.status === "NON_COMPLIANT";
}

function iconOf(change: Change): string {
  const { finding, because } = change;
  if (isBad(change)) return finding.status === "NON_COMPLIANT" ? icons[finding.severity] : unknownIcon;
  return because === "exempted" || because === "not-audited" ? pausedIcon : goodIcon;
}

function titleOf(change: Change, more: number): string {
  const { finding } = change;
  const rest = more > 0 ? ` (and ${more} more)` : "";
  const room = limits.title - rest.length;
  const head = `${iconOf(change)} ${stateOf(change)}: `;
  const what = isBad(change) ? finding.message : `${describeResource(finding.resource)}, ${finding.rule}`;
  return head + toSlackText(what, room - head.length) + rest;
}

/** What a change comes to, in a word or two. */
function stateOf({ finding, because }: Change): string {
  switch (because) {
    case "fixed":
      return "Resolved";
    case "database-gone":
      return "Gone";
    case "not-audited":
      return "Not audited any more";
    case "exempted":
      return `Exempt until ${toSlackText(finding.exemption?.until ?? "", 20)}`;
    default:
      return finding.status === "INSUFFICIENT_DATA"
        ? "Could not be judged"
        : finding.severity.charAt(0).toUpperCase() + finding.severity.slice(1);
  }
}

const newsOf: Readonly<Record<Change["because"], string>> = {
  new: "new",
  worse: "worse than before",
  "exemption-ended": "its exemption ended",
  exempted: "accepted for a time",
  fixed: "judged again and passed",
  "database-gone": "the database does not exist any more",
  "not-audited": "its rule, account or Region is not audited any more, which says nothing about the database",
};

/** One change, in full. Where it is the only one, the title has said its message, and the place has no line of its own. */
function describeChange(change: Change, { isAlone }: { isAlone: boolean }): string {
  const { finding, because, at } = change;
  const { message, rule, exemption, endedExemption, evidence, firstSeenAt, remediation } = finding;
  const age = `${change.type === "finding.resolved" ? "was open" : "open"} for ${describeHours(hoursBetween(firstSeenAt, at))}`;
  const place = isAlone ? `, in ${toSlackPlace(finding)}` : "";
  const icon = isAlone ? "" : `${iconOf(change)} `;
  const said = toSlackText(message, limits.message);
  const lines = [
    `${icon}*${stateOf(change)}*, ${newsOf[because]}${because === "new" ? "" : `, ${age}`}${place} (${toSlackText(rule, limits.name)})`,
    ...(isBad(change) && isAlone && titleOf(change, 0).endsWith(said)
      ? []
      : [change.type === "finding.resolved" ? `Last seen: ${said}` : said]),
    ...(exemption === null ? [] : [`${describeExemption("Exempt", exemption)}`]),
  ];
  if (!isBad(change)) return lines.join("\n");
  if (endedExemption !== null) lines.push(describeExemption("It was exempted", endedExemption));
  if (typeof evidence.exemptionIgnored === "string")
    lines.push(`Not exempt: ${toSlackText(evidence.exemptionIgnored, limits.message)}.`);
  const remedy =
    describeRemediation(remediation, "blocks") ?? "What to do is too long for a message; the report says it.";
  if (remedy !== "") lines.push(`→ ${remedy}`);
  return lines.join("\n");
}

function describeExemption(how: string, { owner, reason }: Exemption): string {
  return `${how} by ${toSlackText(owner, limits.name)}: ${toSlackText(reason, limits.message)}`;
}

/** What to do, with what is to be copied as code; null where it is too long, because half a command is worse than none. */
function describeRemediation(remediation: string, layout: "blocks" | "line"): string | null {
  const pieces = splitCommands(remediation);
  const text = pieces
    .map(({ kind, text }, index) => {
      // No command of ours has a link in it: what has is shown as text, in which links are disarmed.
      if (kind === "prose" || /:\/\/|\]\(/.test(text))
        return `${/^\s/.test(text) ? " " : ""}${toSlackText(text, limits.message)}${/\s$/.test(text) ? " " : ""}`;
      const code = toSlackCode(text);
      if (kind === "command" && layout === "blocks") return `\n\`\`\`${code}\`\`\`\n`;
      return kind === "command" && index < pieces.length - 1 ? `\`${code}\`. ` : `\`${code}\``;
    })
    .join("")
    .replaceAll(/ ?\n ?/g, "\n")
    .trim();
  return text.length <= limits.remediation ? text : null;
}

/** Changes of many databases in one message: how many of what, where, by which rule, and the worst by name. */
function toCrowdAlert(byDatabase: readonly (readonly Change[])[], options: AlertOptions): AlertMessage[] {
  const changes = byDatabase.flat();
  const [worst] = changes.toSorted(compareChanges);
  if (worst === undefined) return [];
  const { at, finding } = worst;
  const databases = count(byDatabase.length, "database");
  const counts = describeCounts(changes);
  const title = `${iconOf(worst)} ${describeNews(changes)} on ${databases}: ${counts}`;
  const byName = byDatabase.slice(0, named).map((all) => describeInALine(all));
  const rest = byDatabase.length - byName.length;
  const sections = [
    ["*Where*", ...describeGroups(changes, ({ finding }) => describePlace(finding), linesOfPlaces, "more place")],
    ["*Which rules*", ...describeGroups(changes, ({ finding }) => finding.rule, linesOfRules, "more rule")],
    [
      rest > 0 ? `*${isBad(worst) ? "The worst" : "Some of them"}*` : "*All of them*",
      ...byName,
      ...(rest > 0 ? [`• … and ${count(rest, "more database")}`] : []),
    ],
  ];
  const nextSteps = isBad(worst) ? [firstStep(finding)] : [];
  if (isWrongNow(worst)) nextSteps.push(exemptStep(at, options));
  return [
    toMessage({
      title,
      description: stack(
        sections.map((lines) => lines.join("\n")),
        toLink(options.reportUrl, isBad(worst) ? "All of them, with what to do: " : "Report: "),
      ),
      nextSteps,
      keywords: [...(isBad(worst) ? [finding.severity] : []), ...rulesOf(changes)],
      threadId: `rds-password-audit ${isBad(worst) ? "findings" : "resolved"} ${at.slice(0, 10)}`,
      summary: `${databases}: ${counts}`,
      context: { type: worst.type, severity: finding.severity, databases: String(byDatabase.length) },
    }),
  ];
}

/** "500 new findings", "3 findings, worse than before". */
function describeNews(changes: readonly Change[]): string {
  const number = changes.length;
  const reasons = new Set(changes.filter(isBad).map(({ because }) => because));
  if (reasons.size === 0) return count(number, "finding");
  if (reasons.size > 1 || changes.some((change) => !isBad(change))) return count(number, "changed finding");
  const [reason] = reasons;
  return reason === "new"
    ? count(number, "new finding")
    : count(number, reason === "worse" ? "worse finding" : "no longer exempt finding");
}

/** "2 critical, 40 high, 3 not judged, 12 resolved". */
function describeCounts(changes: readonly Change[]): string {
  const wrong = changes.filter(isWrongNow).map(({ finding }) => finding);
  const others = groupBy(
    changes.filter((change) => !isWrongNow(change)),
    (change) => (isBad(change) ? "not judged" : (calmWords[change.because] ?? "changed")),
  );
  return [
    ...(wrong.length > 0 ? [countBySeverity(wrong)] : []),
    ...[...others].map(([word, all]) => `${formatNumber(all.length)} ${word}`),
  ].join(", ");
}

const calmWords: Partial<Record<Change["because"], string>> = {
  exempted: "exempted",
  fixed: "resolved",
  "database-gone": "gone",
  "not-audited": "not audited any more",
};

function describeGroups(
  changes: readonly Change[],
  keyOf: (change: Change) => string,
  lines: number,
  noun: string,
): string[] {
  const groups = [...groupBy(changes, keyOf)].sort(
    ([, a], [, b]) => Math.min(...a.map(rankOf)) - Math.min(...b.map(rankOf)) || b.length - a.length,
  );
  const rest = groups.slice(lines);
  return [
    ...groups.slice(0, lines).map(([key, all]) => `• ${toSlackText(key, limits.name)}: ${describeCounts(all)}`),
    ...(rest.length > 0
      ? [`• … and ${count(rest.length, noun)}: ${describeCounts(rest.flatMap(([, all]) => all))}`]
      : []),
  ];
}

function describeInALine(changes: readonly Change[]): string {
  const [worst] = changes;
  if (worst === undefined) return "";
  const { finding } = worst;
  const more = changes.length > 1 ? ` (and ${changes.length - 1} more)` : "";
  const name = `*${toSlackText(finding.resource.identifier, limits.name)}* (${toSlackPlace(finding)})`;
  const what = isBad(worst)
    ? toSlackText(finding.message, 200)
    : `${stateOf(worst)}, ${toSlackText(finding.rule, limits.name)}`;
  return `• ${iconOf(worst)} ${name}: ${what}${more}`;
}

/** What to do about the worst, with the command where it fits. */
function firstStep({ resource, remediation }: Finding): string {
  const begin = `Begin with *${toSlackText(resource.identifier, limits.name)}*: `;
  const remedy = describeRemediation(remediation, "line");
  const fits = remedy !== null && remedy !== "" && begin.length + remedy.length <= limits.nextStep;
  return begin + (fits ? remedy : "the report says what to do.");
}

/** How to be left in peace for a month. */
function exemptStep(at: string, options: AlertOptions): string {
  const until = addDays(at, 30);
  return options.exemptionTags
    ? `Not now? Tag the database to be exempt for a month: \`${exemptionTags.owner}\` = who answers for it, \`${exemptionTags.reason}\` = why, \`${exemptionTags.until}\` = \`${until}\`. All three, or none counts.`
    : `Not now? An entry under \`exemptions\` in the audit's policy exempts it for a month: an owner, a reason, and until ${until}.`;
}

function addDays(instant: string, days: number): string {
  return new Date(Date.parse(instant) + days * 86_400_000).toISOString().slice(0, 10);
}

function toSlackPlace(finding: Finding): string {
  return toSlackText(describePlace(finding), limits.name);
}

function rulesOf(changes: readonly Change[]): string[] {
  return [...new Set(changes.map(({ finding }) => finding.rule))].slice(0, 5);
}

/** A link is written out, because Slack and Teams have different markup for it. One that could be markup itself is left out. */
function toLink(url: string | null, before = "Report: "): string[] {
  const isPlain = url !== null && /^https:\/\/[^\s<>|"'`*\\]+$/.test(url) && url.length <= longestLink;
  return isPlain ? [`${before}${url.replaceAll("&", "&amp;")}`] : [];
}

/** As many blocks as fit above the last lines. */
function stack(blocks: readonly string[], tail: readonly string[]): string {
  const last = tail.join("\n");
  const room = limits.description - last.length - spare;
  const kept: string[] = [];
  let used = 0;
  for (const block of blocks) {
    used += block.length + 2;
    if (used > room) break;
    kept.push(block);
  }
  const left = blocks.length - kept.length;
  const more = left > 0 ? `… and ${left} more, which the report has.` : "";
  return [...kept, more, last].filter((part) => part !== "").join("\n\n");
}

function toMessage({
  title,
  description,
  nextSteps,
  keywords,
  threadId,
  summary,
  context,
}: {
  title: string;
  description: string;
  nextSteps: readonly string[];
  keywords: readonly string[];
  threadId: string;
  summary: string;
  context: Readonly<Record<string, string>>;
}): AlertMessage {
  return {
    version: "1.0",
    source: "custom",
    content: {
      textType: "client-markdown",
      title,
      description,
      nextSteps,
      keywords: keywords.map((keyword) => toSlackText(keyword, limits.keyword)).filter((keyword) => keyword !== ""),
    },
    metadata: {
      threadId: toSlackText(threadId, limits.id) || "rds-password-audit",
      summary: toSlackText(summary, limits.title),
      additionalContext: Object.fromEntries(
        Object.entries(context).map(([name, value]) => [name, toSlackText(value, limits.id)]),
      ),
    },
  };
}
