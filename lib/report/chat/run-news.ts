import type { Change, EmptiedRegion } from "../../model/change.ts";
import type { Finding, Severity } from "../../model/finding.ts";
import { type Group, groupBy } from "../text/group.ts";
import { compareGroups, compareTallies, type Tally, tally } from "./describe-change.ts";
import { groupChanges } from "./finding-alerts.ts";

/** What people have not heard about one account. */
export type AccountNews = {
  readonly account: string;
  readonly name: string;
  readonly changes: readonly Change[];
  readonly emptied: readonly EmptiedRegion[];
  /** Critical violations to remind of. */
  readonly reminded: readonly Finding[];
};

/** The same of all accounts of a run: numbers, and what an alert names. It does not grow with the databases. */
export type RunNews = {
  /** Accounts with changes, the worst first. */
  readonly accounts: readonly { readonly account: string; readonly name: string; readonly counts: Tally }[];
  /** The rules of the changes, the commonest first. */
  readonly rules: readonly { readonly rule: string; readonly counts: Tally; readonly number: number }[];
  readonly changes: {
    readonly number: number;
    readonly counts: Tally;
    readonly reasons: ReadonlySet<Change["reason"]>;
  };
  readonly databases: { readonly number: number; readonly worst: readonly Group<Change>[] };
  readonly emptied: { readonly number: number; readonly first: readonly EmptiedRegion[] };
  readonly reminded: { readonly number: number; readonly oldest: readonly Finding[] };
};

/** Databases that the alert of a run names; the others are counted. */
const named = 8;

/** Regions without databases that are kept by name: a checkpoint and a message have room for them. */
const maxEmptied = 200;

/** Collects the news of one account after another, as far as they are at or above the threshold, and drops the rest. */
export function createRunNews(threshold: Severity) {
  const accounts: RunNews["accounts"][number][] = [];
  const rules = new Map<string, { counts: Tally; number: number }>();
  const reasons = new Set<Change["reason"]>();
  const emptied: EmptiedRegion[] = [];
  let emptiedRegions = 0;
  let total: Tally = new Map();
  let changes = 0;
  let databases = 0;
  let worst: Group<Change>[] = [];
  let reminded = 0;
  let oldest: Finding[] = [];

  return {
    add(news: AccountNews): void {
      const byDatabase = groupChanges(news.changes, threshold);
      const included = byDatabase.flat();
      if (included.length > 0) accounts.push({ account: news.account, name: news.name, counts: tally(included) });
      for (const [rule, all] of groupBy(included, ({ finding }) => finding.rule)) {
        const before = rules.get(rule) ?? { counts: new Map(), number: 0 };
        rules.set(rule, { counts: tally(all, before.counts), number: before.number + all.length });
      }
      for (const { reason } of included) reasons.add(reason);
      total = tally(included, total);
      changes += included.length;
      databases += byDatabase.length;
      worst = [...worst, ...byDatabase].sort(compareGroups).slice(0, named);
      emptiedRegions += news.emptied.length;
      emptied.push(...news.emptied.slice(0, maxEmptied - emptied.length));
      reminded += news.reminded.length;
      oldest = [...oldest, ...news.reminded].sort(byAge).slice(0, named);
    },
    collected(): RunNews {
      return {
        accounts: accounts.toSorted((a, b) => compareTallies(a.counts, b.counts)),
        rules: [...rules].map(([rule, counted]) => ({ rule, ...counted })).sort((a, b) => b.number - a.number),
        changes: { number: changes, counts: total, reasons },
        databases: { number: databases, worst },
        emptied: { number: emptiedRegions, first: emptied },
        reminded: { number: reminded, oldest },
      };
    },
  };
}

function byAge(a: Finding, b: Finding): number {
  return Date.parse(a.firstSeenAt) - Date.parse(b.firstSeenAt);
}
