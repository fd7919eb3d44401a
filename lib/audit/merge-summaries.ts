import { compareText } from "../model/compare-text.ts";
import type { Gap, UnreadScope } from "../model/inventory.ts";
import type { ReportSummary } from "../model/report.ts";
import { type AssembleOptions, describeReport } from "./assemble-report.ts";
import { sumUpCoverage } from "./coverage.ts";

/** What the summaries of accounts do not say. */
type MergeOptions = Omit<AssembleOptions, "request"> & {
  readonly observedAt: string;
  /** Accounts that were not read by a decision, and those without a result. */
  readonly unread: readonly UnreadScope[];
  readonly gaps: readonly Gap[];
  readonly accountNames: Readonly<Record<string, string>>;
};

type Counts = Readonly<Record<string, number>>;

const noDatabases = { databases: 0, managed: 0, unmanaged: 0, inherited: 0, unsupported: 0, outOfScope: 0 };
const noFindings = { critical: 0, high: 0, medium: 0, low: 0, exempt: 0, insufficientData: 0 };
const noneByRule = { violations: 0, exempt: 0, insufficientData: 0 };

/** Merges the summaries of accounts, each of another account, into one. */
export function mergeSummaries(summaries: readonly ReportSummary[], options: MergeOptions): ReportSummary {
  const { observedAt, unread, accountNames } = options;
  const { rules, rulesOff, ...described } = describeReport(options);
  const rest = sumUpCoverage({ scopes: [], accountGaps: options.gaps, unread, accountNames });
  const coverages = summaries.map(({ coverage }) => coverage);
  const targets = coverages.flatMap((coverage) => coverage.targets).sort(byAccount);
  const gaps = [...coverages.flatMap((coverage) => coverage.gaps), ...options.gaps].sort(byAccount);
  const notSeen = [...coverages.flatMap((coverage) => coverage.notSeen), ...rest.notSeen].sort(byAccount);
  const complete = targets.length > 0 && rules.length > 0 && gaps.length === 0 && targets.every((one) => one.complete);
  const findings = add(noFindings, ...summaries.map(({ summary }) => summary.findings));
  const isClean = findings.critical + findings.high + findings.medium + findings.low === 0;
  return {
    schemaVersion: "1.0",
    observedAt,
    ...described,
    request: null,
    clean: complete && rulesOff.length === 0 && isClean,
    hasHistory: true,
    narrowedBy: null,
    coverage: {
      complete,
      counts: add(rest.counts, ...coverages.map(({ counts }) => counts)),
      notSeen: notSeen.map((scope) => ({ ...scope, accountName: accountNames[scope.account] ?? null })),
      targets,
      gaps,
      rules,
      rulesOff,
    },
    summary: { ...add(noDatabases, ...summaries.map(({ summary }) => summary)), findings },
    byRule: Object.fromEntries(
      rules.map((rule) => [rule, add(noneByRule, ...summaries.flatMap(({ byRule }) => byRule[rule] ?? []))]),
    ),
  };
}

/** Adds up each count of the first one over all. */
function add<T extends Counts>(first: T, ...others: readonly { readonly [name in keyof T]: number }[]): T {
  const sums = Object.entries(first).map(([name, value]) => [
    name,
    others.reduce((sum, counts: Counts) => sum + (counts[name] ?? 0), value),
  ]);
  return Object.fromEntries(sums) as T;
}

function byAccount(a: { readonly account: string }, b: { readonly account: string }): number {
  return compareText(a.account, b.account);
}
