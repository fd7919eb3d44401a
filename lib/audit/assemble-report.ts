import { compareText } from "../model/compare-text.ts";
import type { ClassifiedDatabase, Management } from "../model/database.ts";
import { type Finding, isUnknown, isViolation, type Severity, severities } from "../model/finding.ts";
import type { Gap, Inventory } from "../model/inventory.ts";
import type { Policy } from "../model/policy.ts";
import type { Report, ReportRequest } from "../model/report.ts";
import type { Rule } from "../model/rule.ts";
import type { Secret } from "../model/secret.ts";
import { activeRules, judgeTarget } from "./judge.ts";
import { findOrphanedSecrets } from "./orphaned-secrets.ts";

/**
 * Applies the rules to an inventory as of the time it was observed, so that a saved inventory always gives the same findings.
 * `generatedAt` and `request` are recorded but do not affect them.
 */
export function assembleReport(
  inventory: Inventory,
  options: {
    policy: Policy;
    rules: readonly Rule[];
    generatedAt: string;
    version: string;
    request?: Omit<ReportRequest, "callers">;
  },
): Report {
  const { policy, rules, generatedAt, version, request } = options;
  const gaps: Gap[] = [...inventory.gaps];
  const databases: ClassifiedDatabase[] = [];
  const findings: Finding[] = [];
  const targets: Report["coverage"]["targets"] = [];
  for (const target of inventory.targets) {
    const judged = judgeTarget(target, policy, rules, inventory.observedAt);
    databases.push(...judged.databases);
    findings.push(...judged.findings);
    gaps.push(...target.gaps, ...judged.crashes);
    const { account, region, calls } = target;
    // Exempt findings count too: an exemption covers a violation, not missing data.
    const complete = target.gaps.length === 0 && !judged.findings.some(({ status }) => status === "INSUFFICIENT_DATA");
    const orphans = findOrphanedSecrets(target, inventory.observedAt);
    targets.push({
      ...{ account, region, complete, databases: judged.databases.length, calls },
      orphanedSecrets: orphans?.map(toOrphanedSecret).sort((a, b) => compareText(a.arn, b.arn)) ?? null,
    });
  }
  const countOf = (management: Management) => databases.filter((one) => one.management === management).length;
  const active = activeRules(rules, policy);
  const rulesOff = rules.map(({ id }) => id).filter((id) => policy.rulesOff.includes(id));
  const complete =
    targets.length > 0 && active.length > 0 && gaps.length === 0 && targets.every((target) => target.complete);
  return {
    schemaVersion: "1.0",
    observedAt: inventory.observedAt,
    generatedAt,
    tool: { name: "rds-password-audit", version },
    request: request === undefined ? null : { callers: inventory.callers ?? [], ...request },
    // What was not asked is not clean either.
    clean: complete && rulesOff.length === 0 && !findings.some(isViolation),
    hasHistory: false,
    narrowedBy: null,
    coverage: {
      complete,
      targets: targets.sort((a, b) => compareText(a.account, b.account) || compareText(a.region, b.region)),
      gaps: gaps.sort(compareGaps),
      rules: active.map(({ id }) => id).sort(),
      rulesOff,
    },
    summary: {
      databases: databases.length,
      managed: countOf("managed"),
      unmanaged: countOf("unmanaged"),
      inherited: countOf("inherited"),
      unsupported: countOf("unsupported"),
      outOfScope: countOf("out-of-scope"),
      findings: countFindings(findings),
    },
    byRule: countByRule(
      findings,
      active.map(({ id }) => id),
    ),
    databases: databases.sort((a, b) => compareText(a.arn, b.arn)).map(toReported),
    findings: findings.sort(compareFindings),
  };
}

function toOrphanedSecret({ arn, primaryArns, createdAt }: Secret) {
  return { arn, createdFor: primaryArns[0] ?? null, createdAt };
}

function countFindings(findings: readonly Finding[]): Report["summary"]["findings"] {
  const violations = findings.filter(isViolation);
  const countOf = (severity: Severity) => violations.filter((one) => one.severity === severity).length;
  return {
    critical: countOf("critical"),
    high: countOf("high"),
    medium: countOf("medium"),
    low: countOf("low"),
    exempt: findings.filter(({ exemption }) => exemption !== null).length,
    insufficientData: findings.filter(isUnknown).length,
  };
}

function countByRule(findings: readonly Finding[], ids: readonly string[]): Report["byRule"] {
  const found = Map.groupBy(findings, ({ rule }) => rule);
  const countsOf = (id: string) => {
    const all = found.get(id) ?? [];
    const exempt = all.filter(({ exemption }) => exemption !== null).length;
    return { violations: all.filter(isViolation).length, exempt, insufficientData: all.filter(isUnknown).length };
  };
  return Object.fromEntries(ids.toSorted(compareText).map((id) => [id, countsOf(id)]));
}

function toReported(database: ClassifiedDatabase): Report["databases"][number] {
  const { arn, kind, identifier, resourceId, account, region, engine, engineVersion, status } = database;
  const { management, reason, masterUserSecret, tags } = database;
  const described = { arn, kind, identifier, resourceId, account, region, engine, engineVersion, status };
  return { ...described, management, reason, masterUserSecret, tags };
}

function compareGaps(a: Gap, b: Gap): number {
  const fields = ["account", "region", "action", "resource", "code", "message"] as const;
  const differing = fields.find((field) => (a[field] ?? "") !== (b[field] ?? ""));
  return differing === undefined ? 0 : compareText(a[differing] ?? "", b[differing] ?? "");
}

function compareFindings(a: Finding, b: Finding): number {
  return (
    severities.indexOf(a.severity) - severities.indexOf(b.severity) ||
    compareText(a.resource.arn, b.resource.arn) ||
    compareText(a.rule, b.rule)
  );
}
