import type { EmptiedRegion } from "../../model/change.ts";
import type { Finding } from "../../model/finding.ts";
import type { Notice } from "../../model/notice.ts";
import { describeHours, hoursBetween } from "../../model/time.ts";
import { count } from "../text/count.ts";
import { groupByDatabase } from "../text/group-findings.ts";
import { listFirst } from "../text/list-first.ts";
import { describeScope } from "../text/scopes.ts";
import { type AlertMessage, limits, toLink, toMessage } from "./alert-message.ts";
import { describeOwner, toSlackScope } from "./describe-change.ts";
import { toSlackText } from "./slack-text.ts";

/** The open critical violations, the time of the alert, and the link to the report. */
export type NoticeOptions = {
  readonly open: readonly Finding[];
  readonly at: string;
  readonly reportUrl: string | null;
};

/** Regions and databases listed; the others are counted. */
const listedRegions = 12;
const listedDatabases = 10;

/** Builds the alerts for notices: one for all Regions without databases, and one reminder if anything critical is open. */
export function toNoticeAlerts(notices: readonly Notice[], options: NoticeOptions): readonly AlertMessage[] {
  const regions = notices.flatMap((notice) => (notice.type === "regions-emptied" ? notice.regions : []));
  const isReminder = notices.some(({ type }) => type === "reminder") && options.open.length > 0;
  return [
    ...(regions.length > 0 ? [toEmptiedAlert(regions, options)] : []),
    ...(isReminder ? [toReminder(options)] : []),
  ];
}

function toEmptiedAlert(regions: readonly EmptiedRegion[], { at, reportUrl }: NoticeOptions): AlertMessage {
  const [first] = regions;
  const databases = regions.reduce((sum, region) => sum + region.databases, 0);
  const isOne = first !== undefined && regions.length === 1;
  const subject = isOne ? toSlackText(first.region, limits.name) : count(regions.length, "Region");
  const state = `had ${count(databases, "database")} at the last audit and ${isOne ? "has" : "have"} none now: deleted, or not visible to the role?`;
  const lines = listFirst(
    regions,
    listedRegions,
    (region) =>
      `• ${toSlackText(describeScope(region), limits.name)}: ${count(region.databases, "database")}, ${count(region.findings, "open finding")}`,
    (rest) => `• … and ${count(rest.length, "more Region")}`,
  );
  return toMessage({
    title: `❔ ${subject} ${state}`,
    blocks: [lines.join("\n")],
    lastLines: toLink(reportUrl),
    nextSteps: [
      "If you deleted them, ignore this message. Otherwise check that the audit still runs in the right account, and that its role may read RDS.",
    ],
    keywords: isOne ? [first.account, first.region] : [],
    threadId: `rds-password-audit regions ${at.slice(0, 10)}`,
    summary: `${subject} ${state}`,
    context: { type: "regions-emptied", regions: String(regions.length), databases: String(databases) },
  });
}

/** The weekly reminder: every database with critical violations, the oldest first. */
function toReminder({ open, at, reportUrl }: NoticeOptions): AlertMessage {
  const byAge = open.toSorted((a, b) => Date.parse(a.firstSeenAt) - Date.parse(b.firstSeenAt));
  const byDatabase = groupByDatabase(byAge);
  const title = `${count(open.length, "critical finding")} still open on ${count(byDatabase.length, "database")}`;
  const lines = listFirst(
    byDatabase,
    listedDatabases,
    ([oldest, ...more]) => {
      const name = `*${toSlackText(oldest.resource.identifier, limits.name)}* (${[toSlackScope(oldest), ...describeOwner(oldest)].join(", ")})`;
      const age = `open for ${describeHours(hoursBetween(oldest.firstSeenAt, at))}`;
      const rest = more.length > 0 ? ` (and ${more.length} more)` : "";
      return `• ${name}, ${age}: ${toSlackText(oldest.message, limits.messageInLine)}${rest}`;
    },
    (rest) => `• … and ${count(rest.length, "more database")}`,
  );
  return toMessage({
    title: `🚨 Weekly reminder: ${title}`,
    blocks: [lines.join("\n")],
    lastLines: toLink(reportUrl, "Last full report, with what to do: "),
    nextSteps: ["The first audit that finds one fixed reports it here. Exempt findings are not in this reminder."],
    keywords: ["critical", ...new Set(byAge.map(({ rule }) => rule))].slice(0, 6),
    threadId: `rds-password-audit reminder ${at.slice(0, 10)}`,
    summary: title,
    context: { type: "reminder", severity: "critical", databases: String(byDatabase.length) },
  });
}
