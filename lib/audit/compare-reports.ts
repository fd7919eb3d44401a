import { type Change, changeTypes } from "../model/change.ts";
import { type Finding, isViolation, severities } from "../model/finding.ts";
import type { Gap } from "../model/inventory.ts";
import type { Report } from "../model/report.ts";

/** The difference between a report and the NON_COMPLIANT findings that were open before it. */
export type Comparison = {
  readonly changes: readonly Change[];
  /** The open NON_COMPLIANT findings now, exempt or not: those of the report with their original `firstSeenAt`, and earlier ones that could not be evaluated again. */
  readonly known: readonly Finding[];
};

/**
 * Compares a report with the findings that were open before it. Missing data resolves nothing: a finding is resolved only if its database
 * was evaluated again and passed, or is absent from a list that was read completely.
 *
 * Only violations become changes. INSUFFICIENT_DATA is not announced: one throttled list would otherwise announce every database today and
 * resolve it tomorrow. The report's coverage announces missing data once for the whole audit, and `updateNotEvaluated` remembers since when.
 */
export function compareReports(known: readonly Finding[], report: Report): Comparison {
  const open = known.filter(({ status }) => status === "NON_COMPLIANT");
  const before = new Map(open.map((finding) => [finding.id, finding]));
  const now = new Map(report.findings.map((finding) => [finding.id, finding]));
  const explainAbsence = createAbsenceReasons(report);
  const changes: Change[] = [];
  const remaining: Finding[] = [];
  const add = (reason: Change["reason"], finding: Finding) =>
    changes.push({ type: changeTypes[reason], reason, finding, at: report.generatedAt });

  for (const finding of report.findings) {
    const earlier = before.get(finding.id);
    if (earlier === undefined && finding.status === "INSUFFICIENT_DATA") continue;
    const current = earlier === undefined ? finding : carryOver(earlier, finding);
    remaining.push(current);
    if (earlier === undefined) {
      if (isViolation(current)) add("new", current);
    } else if (earlier.exemption !== null && current.exemption === null) add("exemption-ended", current);
    else if (earlier.exemption === null && current.exemption !== null) add("exempted", current);
    else if (current.exemption === null && isWorse(earlier, current)) add("worse", current);
  }
  for (const finding of open) {
    if (now.has(finding.id)) continue;
    const reason = explainAbsence(finding);
    if (reason === "not-seen") remaining.push(finding);
    else if (isViolation(finding)) add(reason, finding);
  }
  return { changes, known: remaining };
}

/** A violation stays open while it cannot be checked: NON_COMPLIANT does not become INSUFFICIENT_DATA. */
function carryOver(earlier: Finding, finding: Finding): Finding {
  if (finding.status === "NON_COMPLIANT") return { ...finding, firstSeenAt: earlier.firstSeenAt };
  return { ...earlier, exemption: finding.exemption, endedExemption: finding.endedExemption };
}

function isWorse(earlier: Finding, finding: Finding): boolean {
  return severities.indexOf(finding.severity) < severities.indexOf(earlier.severity);
}

type AbsenceReason = "fixed" | "database-gone" | "not-audited" | "not-seen";

/** Explains why the report does not contain a finding that was open before. */
function createAbsenceReasons({ coverage, databases, observedAt }: Report): (finding: Finding) => AbsenceReason {
  const judged = new Set(databases.map(({ arn }) => arn));
  const rules = new Set(coverage.rules);
  const coverageOf = createScopeCoverage(coverage);
  return (finding) => {
    const { resource, rule, firstSeenAt } = finding;
    // Another audit found it after this report's observation: a long audit can end after a short one that started later.
    if (firstSeenAt > observedAt) return "not-seen";
    // The rule is off or not in this version: a missing result is not a pass.
    if (!rules.has(rule)) return "not-audited";
    if (judged.has(resource.arn)) return "fixed";
    const scope = coverageOf(finding);
    return scope === "listed" ? "database-gone" : scope;
  };
}

/** What a report covers of an account and Region: all its databases are listed; some or all are not visible; or it is not audited. */
export type ScopeCoverage = "listed" | "not-seen" | "not-audited";

/** Looks up what a report covers of an account and Region. If an account could not be accessed, no Region that is missing counts as not audited. */
export function createScopeCoverage({
  targets,
  gaps,
}: Pick<Report["coverage"], "targets" | "gaps">): (scope: Pick<Gap, "account" | "region">) => ScopeCoverage {
  const toKey = ({ account, region }: Pick<Gap, "account" | "region">) => `${account} ${region}`;
  const audited = new Set(targets.map(toKey));
  const brokenLists = new Set(gaps.filter(hidesDatabases).map(toKey));
  const hasClosedAccounts = gaps.some(({ region }) => region === "*");
  return (scope) => {
    if (!audited.has(toKey(scope))) return hasClosedAccounts ? "not-seen" : "not-audited";
    return brokenLists.has(toKey(scope)) ? "not-seen" : "listed";
  };
}

const listsOfDatabases = ["rds:DescribeDBInstances", "rds:DescribeDBClusters", "rds:DescribeTenantDatabases"];

/** True if a gap can hide databases, not only their details. */
export function hidesDatabases({ action }: Gap): boolean {
  return listsOfDatabases.includes(action);
}
