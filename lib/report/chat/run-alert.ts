import type { Finding } from "../../model/finding.ts";
import type { OrganizationRun } from "../../model/organization-run.ts";
import type { NotSeenScope, ReportSummary } from "../../model/report.ts";
import { describeHours, hoursBetween } from "../../model/time.ts";
import { count, formatNumber } from "../text/count.ts";
import { groupBy } from "../text/group.ts";
import { listFirst } from "../text/list-first.ts";
import { type AlertMessage, type AlertOptions, limits, toLink, toMessage } from "./alert-message.ts";
import {
  countByReason,
  describeHowToExempt,
  describeOwner,
  describeTally,
  iconOf,
  isOpenViolation,
  needsAction,
  toSlackScope,
} from "./describe-change.ts";
import type { RunNews } from "./run-news.ts";
import { toSlackText } from "./slack-text.ts";
import { describeInLine, toFirstStep, warnOfPasswordChange } from "./summary-alert.ts";

/** The audit that the news are from, and where its files are. */
type RunAlertOptions = Omit<AlertOptions, "threshold"> & {
  readonly summary: Pick<ReportSummary, "coverage" | "generatedAt">;
  /** The key of the file of an account in the report bucket. */
  readonly file: string;
};

/** Lines of each kind; the others are counted. */
const listed = { accounts: 10, rules: 8, regions: 6, accountsNotSeen: 5 };

/**
 * Builds the only alert of a run over an organization, however many accounts have news: the worst accounts, the commonest rules, the most
 * severe databases, Regions without databases, the weekly reminder, and what was not seen. Null without news.
 */
export function toRunAlert(news: RunNews, options: RunAlertOptions): AlertMessage | null {
  const { summary, file, reportUrl, exemptionTags } = options;
  const title = toTitle(news);
  if (title === null) return null;
  const at = summary.generatedAt;
  const [worst] = news.databases.worst[0] ?? [];
  const isOpen = worst !== undefined && needsAction(worst);
  const sections = [
    ["*Accounts*", ...listAccounts(news)],
    ["*Not seen*", ...listNotSeen(summary.coverage.notSeen)],
    ["*Rules*", ...listRules(news)],
    [isOpen ? "*Most severe databases*" : "*Databases*", ...listDatabases(news)],
    [
      "*Regions that had databases at the last audit and have none now: deleted, or not visible to the role?*",
      ...listEmptied(news),
    ],
    [
      `*Critical for a week or longer: ${count(news.reminded.number, "finding")}*`,
      ...news.reminded.oldest.map((finding) => describeOpen(finding, at)),
    ],
  ];
  return toMessage({
    title,
    blocks: sections.filter((lines) => lines.length > 1).map((lines) => lines.join("\n")),
    lastLines: [
      ...toLink(reportUrl, "Summary of the run: "),
      `All findings of an account: \`${file}\` in the report bucket`,
    ],
    nextSteps: [
      ...(isOpen ? [toFirstStep(worst.finding), ...warnOfPasswordChange(worst.finding)] : []),
      ...(worst !== undefined && isOpenViolation(worst) ? [describeHowToExempt(at, { byTags: exemptionTags })] : []),
    ],
    keywords: [...(isOpen ? [worst.finding.severity] : []), ...news.rules.slice(0, 5).map(({ rule }) => rule)],
    threadId: `rds-password-audit run ${at.slice(0, 10)}`,
    summary: title,
    context: {
      type: "run",
      accounts: String(news.accounts.length),
      databases: String(news.databases.number),
      ...(worst !== undefined && { severity: worst.finding.severity }),
    },
  });
}

/** "🔴 550 new findings on 500 databases in 48 accounts: 550 high"; null if there is nothing to say. */
function toTitle({ accounts, changes, databases, emptied, reminded }: RunNews): string | null {
  const [worst] = databases.worst[0] ?? [];
  if (worst !== undefined) {
    const where = `on ${count(databases.number, "database")} in ${count(accounts.length, "account")}`;
    return `${iconOf(worst)} ${countByReason(changes.number, changes.reasons)} ${where}: ${describeTally(changes.counts)}`;
  }
  if (reminded.number > 0) return `🚨 Weekly reminder: ${count(reminded.number, "critical finding")} still open`;
  if (emptied.number > 0)
    return `❔ ${count(emptied.number, "Region")} had databases at the last audit and ${emptied.number === 1 ? "has" : "have"} none now`;
  return null;
}

function listAccounts({ accounts }: RunNews): string[] {
  return listFirst(
    accounts,
    listed.accounts,
    ({ account, name, counts }) => `• ${nameAccount(account, name)}: ${describeTally(counts)}`,
    (rest) => `• … and ${count(rest.length, "more account")}`,
  );
}

function listRules({ rules }: RunNews): string[] {
  return listFirst(
    rules,
    listed.rules,
    ({ rule, counts }) => `• ${toSlackText(rule, limits.name)}: ${describeTally(counts)}`,
    (rest) => `• … and ${count(rest.length, "more rule")}`,
  );
}

function listDatabases({ databases: { number, worst } }: RunNews): string[] {
  const rest = number - worst.length;
  return [...worst.map(describeInLine), ...(rest > 0 ? [`• … and ${count(rest, "more database")}`] : [])];
}

function listEmptied({ emptied: { number, first } }: RunNews): string[] {
  const lines = first
    .slice(0, listed.regions)
    .map(
      (region) =>
        `• ${toSlackScope(region)}: ${count(region.databases, "database")}, ${count(region.findings, "open finding")}`,
    );
  const rest = number - lines.length;
  return [...lines, ...(rest > 0 ? [`• … and ${count(rest, "more Region")}`] : [])];
}

function describeOpen(finding: Finding, at: string): string {
  const where = [toSlackScope(finding), ...describeOwner(finding)].join(", ");
  const name = `*${toSlackText(finding.resource.identifier, limits.name)}* (${where})`;
  const age = `open for ${describeHours(hoursBetween(finding.firstSeenAt, at))}`;
  return `• ${name}, ${age}: ${toSlackText(finding.message, limits.messageInLine)}`;
}

/** The accounts that were not seen or only in part, because of a failure; those that were left out by a decision are not news. */
function listNotSeen(notSeen: readonly NotSeenScope[]): string[] {
  const failed = notSeen.filter(({ outcome }) => outcome === "gap" || outcome === "denied-by-scp");
  return listFirst(
    groupBy(failed, ({ account }) => account),
    listed.accountsNotSeen,
    ([account, [first, ...more]]) => {
      const regions =
        first.region === "*"
          ? ""
          : ` ${toSlackText([first, ...more.slice(0, 3)].map(({ region }) => region).join(", "), limits.name)}${more.length > 3 ? ` and ${formatNumber(more.length - 3)} more` : ""}`;
      return `• ${nameAccount(account, first.accountName ?? "")}${regions}: ${toSlackText(first.reason, limits.messageInLine)}`;
    },
    (rest) => `• … and ${count(rest.length, "more account")}`,
  );
}

/** "*payments* (123456789012)". */
function nameAccount(account: string, name: string): string {
  const plain = toSlackText(name, limits.name);
  return plain === "" ? toSlackText(account, limits.name) : `*${plain}* (${toSlackText(account, limits.name)})`;
}

/** Says that a run was not started, because an earlier one is under way. */
export function toRunUnderWayAlert(
  { id }: Pick<OrganizationRun, "id">,
  earlier: Pick<OrganizationRun, "id" | "startedAt" | "execution">,
): AlertMessage {
  const title = "⏳ An audit of the organization was not started, because an earlier one still runs";
  const event = (of: string) => toSlackText(of, limits.name);
  return toMessage({
    title,
    blocks: [
      `The audit of event ${event(earlier.id)} started at ${event(earlier.startedAt)} and has not ended. The audit of event ${event(id)} did not start, so its findings are those of the earlier one.`,
    ],
    lastLines: [`Execution: \`${toSlackText(earlier.execution, limits.id)}\``],
    nextSteps: [
      "The next audit starts once the execution has ended. If it makes no progress, stop it in the Lambda console, then start an audit.",
    ],
    keywords: [],
    threadId: `rds-password-audit run ${earlier.startedAt.slice(0, 10)}`,
    summary: title,
    context: { type: "run-under-way" },
  });
}
