import { mergeSummaries } from "./audit/merge-summaries.ts";
import type { Digest } from "./model/change.ts";
import { compareText } from "./model/compare-text.ts";
import type { Severity } from "./model/finding.ts";
import { emptyLedger, type Ledger } from "./model/ledger.ts";
import type { ExpectedAccounts, OrganizationRun } from "./model/organization-run.ts";
import type { Policy } from "./model/policy.ts";
import type { OrganizationSummary, ReportSummary } from "./model/report.ts";
import type { Rule } from "./model/rule.ts";
import { completeCoverage } from "./organization/complete-coverage.ts";
import { toRunDigest } from "./publish/publish-report.ts";
import { readResult, settleAlerts } from "./publish/run-outbox.ts";
import { type Metric, toCoverageMetrics, toRunMetrics } from "./report/aws/metrics.ts";
import type { AlertMessage } from "./report/chat/alert-message.ts";
import { toRunAlert } from "./report/chat/run-alert.ts";
import { createRunNews } from "./report/chat/run-news.ts";
import { dayOf, runKeys } from "./storage/run-files.ts";
import { type Stored, updateStored } from "./storage/update-stored.ts";

/** The objects that a run reads and writes. Every method throws if the store fails. */
export type RunStore = {
  expectedOf(day: string): Stored<ExpectedAccounts>;
  ledgerOf(account: string): Stored<Ledger>;
  /** Writes the summary of a run as the day's. Returns a link for people. */
  writeSummary(day: string, summary: OrganizationSummary): Promise<string>;
};

export type FinishRequest = {
  readonly run: OrganizationRun;
  readonly store: RunStore;
  readonly policy: Policy;
  readonly rules: readonly Rule[];
  readonly version: string;
  /** ISO 8601. */
  readonly now: () => string;
  /** The lowest severity to alert on. */
  readonly threshold: Severity;
};

/** The end of a run, in a size that a checkpoint keeps: whom to tell what. */
export type RunEnd = {
  /** The alert for people; none without news. */
  readonly alerts: readonly AlertMessage[];
  readonly digest: Digest;
  readonly metrics: readonly Metric[];
  readonly counts: ReportSummary["coverage"]["counts"];
  /** Accounts whose ledger holds something for people. */
  readonly withNews: readonly string[];
  /** The first accounts that were expected and were not read to their end. The summary has all. */
  readonly missing: readonly string[];
  /** Accounts whose changes a destination for machines has not accepted. They are delivered by the next run. */
  readonly undelivered: number;
};

/** Accounts without a result that a checkpoint keeps by name. */
const maxMissing = 100;

/** Compares what a run expected with what is stored, one account after another, and writes the summary of the run. */
export async function summarizeRun(request: FinishRequest): Promise<RunEnd> {
  const { run, store, policy, rules, version, now, threshold } = request;
  const day = dayOf({ observedAt: run.startedAt });
  const { value: expected } = await store.expectedOf(day).read();
  if (expected.run !== run.id) throw new Error(`${store.expectedOf(day).name} is not that of the run ${run.id}`);
  const accounts = expected.accounts.toSorted((a, b) => compareText(a.account, b.account));
  const news = createRunNews(threshold);
  const summaries: ReportSummary[] = [];
  const inNumbers: OrganizationSummary["accounts"][number][] = [];
  const withNews: string[] = [];
  let undelivered = 0;
  for (const { account, name, unread } of accounts) {
    if (unread !== null) continue;
    const result = readResult(await readLedger(store, account), run.id);
    const { summary, changes, notices, reminded, oldestFirstSeenAt } = result;
    const emptied = notices.flatMap((notice) => (notice.type === "regions-emptied" ? notice.regions : []));
    news.add({ account, name, changes, emptied, reminded });
    if (changes.length > 0 || notices.length > 0) withNews.push(account);
    if (result.isUndelivered) undelivered += 1;
    if (summary === null) continue;
    const { databases, findings } = summary.summary;
    summaries.push(summary);
    inNumbers.push({ account, name, databases, findings, oldestFirstSeenAt });
  }
  const results = summaries.flatMap(({ coverage }) => [...coverage.targets, ...coverage.gaps, ...coverage.notSeen]);
  const accountNames = Object.fromEntries(accounts.map(({ account, name }) => [account, name]));
  const rest = completeCoverage(accounts, results);
  const observedAt = run.startedAt;
  const merged = mergeSummaries(summaries, {
    policy,
    rules,
    version,
    generatedAt: now(),
    observedAt,
    accountNames,
    ...rest,
  });
  const reportUrl = await store.writeSummary(day, { ...merged, accounts: inNumbers });
  const collected = news.collected();
  const [oldest = null] = inNumbers.flatMap(({ oldestFirstSeenAt }) => oldestFirstSeenAt ?? []).sort();
  const { exemptionTags } = policy;
  const alert = toRunAlert(collected, { summary: merged, file: runKeys.account(day, "…"), reportUrl, exemptionTags });
  return {
    alerts: alert === null ? [] : [alert],
    digest: toRunDigest(merged, oldest, reportUrl, collected.emptied.first),
    metrics: [...toRunMetrics(merged, oldest), ...toCoverageMetrics(merged.coverage)],
    counts: merged.coverage.counts,
    withNews,
    missing: rest.gaps.slice(0, maxMissing).map(({ account }) => account),
    undelivered,
  };
}

/** The ledger of an account. One that cannot be read holds no result, so that its account is a gap and the run goes on. */
async function readLedger(store: RunStore, account: string): Promise<Ledger> {
  try {
    return (await store.ledgerOf(account).read()).value;
  } catch {
    return emptyLedger;
  }
}

/** Removes what people were told from the ledgers, or leaves it to the next run. Idempotent. */
export async function settleRun(
  { store, run }: Pick<FinishRequest, "store" | "run">,
  accounts: readonly string[],
  { isDelivered }: { readonly isDelivered: boolean },
): Promise<void> {
  for (const account of accounts)
    await updateStored(store.ledgerOf(account), (ledger) => settleAlerts(ledger, run.id, { isDelivered }));
}
