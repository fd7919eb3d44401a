import { type Change, changeTypes } from "../model/change.ts";
import { type Finding, isViolation, severities } from "../model/finding.ts";
import type { Gap } from "../model/inventory.ts";
import type { Report } from "../model/report.ts";

/** What a report changes about what was known before. */
export type Comparison = {
  readonly changes: readonly Change[];
  /** What is known now: the report's findings with their first-seen dates, and earlier ones that nobody could look at again. */
  readonly known: readonly Finding[];
};

/**
 * Compares a report with the findings that were known before it. What the report could not see clears nothing:
 * a finding is resolved only where its database was judged again and passed, or is gone from a list that was read to its end.
 *
 * Only what is wrong is a change. What could not be judged is known, and silent: one throttled list leaves every database without a
 * verdict until tomorrow, and would be announced once a database, and then as fixed. It is said once, of the audit as a whole.
 */
export function compareReports(known: readonly Finding[], report: Report): Comparison {
  const before = new Map(known.map((finding) => [finding.id, finding]));
  const now = new Map(report.findings.map((finding) => [finding.id, finding]));
  const fateOf = createFates(report);
  const changes: Change[] = [];
  const remaining: Finding[] = [];
  const add = (reason: Change["reason"], finding: Finding) =>
    changes.push({ type: changeTypes[reason], reason, finding, at: report.generatedAt });

  for (const finding of report.findings) {
    const earlier = before.get(finding.id);
    const current = earlier === undefined ? finding : carryOver(earlier, finding);
    remaining.push(current);
    if (earlier?.status !== "NON_COMPLIANT") {
      if (isViolation(current)) add("new", current);
    } else if (earlier.exemption !== null && current.exemption === null) add("exemption-ended", current);
    else if (earlier.exemption === null && current.exemption !== null) add("exempted", current);
    else if (current.exemption === null && isWorse(earlier, current)) add("worse", current);
  }
  for (const finding of known) {
    if (now.has(finding.id)) continue;
    const fate = fateOf(finding);
    if (fate === "not-seen") remaining.push(finding);
    else if (isViolation(finding)) add(fate, finding);
  }
  return { changes, known: remaining };
}

/**
 * What is wrong stays wrong while it cannot be seen: NON_COMPLIANT does not become INSUFFICIENT_DATA. What turns out to be wrong was
 * first seen so now: how long it had been while nobody could look, nobody knows.
 */
function carryOver(earlier: Finding, finding: Finding): Finding {
  if (earlier.status === finding.status) return { ...finding, firstSeenAt: earlier.firstSeenAt };
  if (finding.status === "NON_COMPLIANT") return finding;
  return { ...earlier, exemption: finding.exemption, endedExemption: finding.endedExemption };
}

function isWorse(earlier: Finding, finding: Finding): boolean {
  return severities.indexOf(finding.severity) < severities.indexOf(earlier.severity);
}

type Fate = "fixed" | "database-gone" | "not-audited" | "not-seen";

/** What became of a finding that a report does not have any more. */
function createFates({ coverage, databases, observedAt }: Report): (finding: Finding) => Fate {
  const judged = new Set(databases.map(({ arn }) => arn));
  const targets = new Set(coverage.targets.map(({ account, region }) => `${account} ${region}`));
  const rules = new Set(coverage.rules);
  const brokenLists = new Set(coverage.gaps.filter(isOfDatabases).map(({ account, region }) => `${account} ${region}`));
  const hasClosedAccounts = coverage.gaps.some(({ region }) => region === "*");
  return ({ resource, rule, account, region, firstSeenAt }) => {
    // Somebody else saw it, after this report had looked: a long audit ends after a short one that began later.
    if (firstSeenAt > observedAt) return "not-seen";
    // It is switched off, or the version that is running does not have it: that nothing is said of it does not make it right.
    if (!rules.has(rule)) return "not-audited";
    if (judged.has(resource.arn)) return "fixed";
    const scope = `${account} ${region}`;
    if (!targets.has(scope)) return hasClosedAccounts ? "not-seen" : "not-audited";
    return brokenLists.has(scope) ? "not-seen" : "database-gone";
  };
}

const listsOfDatabases = ["rds:DescribeDBInstances", "rds:DescribeDBClusters", "rds:DescribeTenantDatabases"];

/** Whether a gap hides databases, and not only what is known of them. */
export function isOfDatabases({ action }: Gap): boolean {
  return listsOfDatabases.includes(action);
}
