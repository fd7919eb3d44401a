import type { Finding } from "../model/finding.ts";
import type { NotEvaluated } from "../model/ledger.ts";
import type { Report } from "../model/report.ts";
import { createScopeCoverage } from "./compare-reports.ts";

type Shared = Omit<NotEvaluated, "firstSeenAt">;

const keyOf = ({ account, region, rule, reason }: Shared) => JSON.stringify([account, region, rule, reason]);

/** The account, Region, rule and reason of an INSUFFICIENT_DATA finding: all databases that miss the same fact share it. */
function scopeOf({ account, region, rule, evidence }: Finding): Shared {
  return { account, region, rule, reason: typeof evidence.notSeen === "string" ? evidence.notSeen : "" };
}

/** Since when each rule cannot be evaluated: one entry for each account, Region, rule and reason of INSUFFICIENT_DATA findings. */
export function toNotEvaluated(findings: readonly Finding[]): readonly NotEvaluated[] {
  const entries = new Map<string, NotEvaluated>();
  for (const finding of findings) {
    if (finding.status !== "INSUFFICIENT_DATA") continue;
    const scope = scopeOf(finding);
    const { firstSeenAt } = finding;
    const other = entries.get(keyOf(scope));
    if (other === undefined || firstSeenAt < other.firstSeenAt) entries.set(keyOf(scope), { ...scope, firstSeenAt });
  }
  return [...entries.values()];
}

/**
 * Adds what a report could not evaluate, and removes what it evaluated again. A report on some databases removes nothing, because the others
 * may still share the entry.
 */
export function updateNotEvaluated(
  before: readonly NotEvaluated[],
  report: Report,
  { isPartial }: { readonly isPartial: boolean },
): readonly NotEvaluated[] {
  const coverageOf = createScopeCoverage(report.coverage);
  const rules = new Set(report.coverage.rules);
  const now = new Map(toNotEvaluated(report.findings).map((entry) => [keyOf(entry), entry]));
  const isKept = (entry: NotEvaluated) =>
    isPartial ||
    now.has(keyOf(entry)) ||
    entry.firstSeenAt > report.observedAt ||
    (rules.has(entry.rule) && coverageOf(entry) === "not-seen");
  const kept = before.filter(isKept);
  const known = new Set(kept.map(keyOf));
  return [...kept, ...[...now].filter(([key]) => !known.has(key)).map(([, entry]) => entry)];
}

/** Looks up since when a finding has been open: a known one by its id, one that could not be evaluated by its scope, any other as it says. */
export function createFirstSeen(
  known: readonly Finding[],
  notEvaluated: readonly NotEvaluated[],
): (finding: Finding) => string {
  const byId = new Map(known.map(({ id, firstSeenAt }) => [id, firstSeenAt]));
  const byScope = new Map(notEvaluated.map((entry) => [keyOf(entry), entry.firstSeenAt]));
  return (finding) => {
    const shared = finding.status === "INSUFFICIENT_DATA" ? byScope.get(keyOf(scopeOf(finding))) : undefined;
    return byId.get(finding.id) ?? shared ?? finding.firstSeenAt;
  };
}
