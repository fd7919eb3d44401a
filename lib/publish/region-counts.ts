import { createScopeCoverage } from "../audit/compare-reports.ts";
import type { EmptiedRegion } from "../model/change.ts";
import type { Ledger, RegionCount } from "../model/ledger.ts";
import type { Report } from "../model/report.ts";

/**
 * Updates how many databases each account and Region has, from a full report, and finds those that had some and now have none. A Region whose
 * lists broke off keeps its count; one that is no longer audited has none.
 */
export function countRegions(
  { regions, known }: Pick<Ledger, "regions" | "known">,
  { coverage, observedAt }: Report,
): { readonly regions: readonly RegionCount[]; readonly emptied: readonly EmptiedRegion[] } {
  const coverageOf = createScopeCoverage(coverage);
  const before = new Map(regions.map((count) => [keyOf(count), count]));
  const listed = coverage.targets.filter(
    (target) => coverageOf(target) === "listed" && (before.get(keyOf(target))?.observedAt ?? "") <= observedAt,
  );
  const replaced = new Set(listed.map(keyOf));
  const kept = regions.filter((count) => !replaced.has(keyOf(count)) && coverageOf(count) !== "not-audited");
  const emptied = listed
    .filter(({ databases }) => databases === 0)
    .map(({ account, region }) => {
      const findings = known.filter((finding) => keyOf(finding) === keyOf({ account, region }));
      // A ledger of an earlier version has no count, but it knows the databases with findings.
      const withFindings = new Set(findings.map(({ resource }) => resource.arn)).size;
      const databases = before.get(keyOf({ account, region }))?.databases ?? withFindings;
      return { account, region, databases, findings: findings.length };
    })
    .filter(({ databases }) => databases > 0);
  const counted = listed.map(({ account, region, databases }) => ({ account, region, databases, observedAt }));
  return { regions: [...kept, ...counted], emptied };
}

function keyOf({ account, region }: Pick<RegionCount, "account" | "region">): string {
  return `${account} ${region}`;
}
