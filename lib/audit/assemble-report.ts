import type { ClassifiedDatabase, Management } from "../model/database.ts";
import { type Finding, isUnknown, isViolation, severities } from "../model/finding.ts";
import type { Gap, Inventory } from "../model/inventory.ts";
import type { Policy } from "../model/policy.ts";
import type { Report } from "../model/report.ts";
import type { Rule } from "../model/rule.ts";
import { activeRules, judgeTarget } from "./judge.ts";

/**
 * Judges an inventory as of the instant when it was observed: a saved one gives the same findings whenever it is judged again.
 * `generatedAt` is only said, not judged by.
 */
export function assembleReport(
  inventory: Inventory,
  {
    policy,
    rules,
    generatedAt,
    version,
  }: { policy: Policy; rules: readonly Rule[]; generatedAt: string; version: string },
): Report {
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
    const complete = target.gaps.length === 0 && !judged.findings.some(isUnjudged);
    targets.push({ account, region, complete, databases: judged.databases.length, calls });
  }
  const complete = targets.length > 0 && gaps.length === 0 && targets.every((target) => target.complete);
  return {
    schemaVersion: "1.0",
    observedAt: inventory.observedAt,
    generatedAt,
    tool: { name: "rds-password-audit", version },
    clean: complete && !findings.some(isViolation),
    coverage: {
      complete,
      targets: targets.sort((a, b) => compare(a.account, b.account) || compare(a.region, b.region)),
      gaps: gaps.sort(compareGaps),
      rules: activeRules(rules, policy)
        .map(({ id }) => id)
        .sort(),
      rulesOff: rules.map(({ id }) => id).filter((id) => policy.rulesOff.includes(id)),
    },
    summary: {
      databases: databases.length,
      managed: countBy(databases, "managed"),
      unmanaged: countBy(databases, "unmanaged"),
      inherited: countBy(databases, "inherited"),
      unsupported: countBy(databases, "unsupported"),
      outOfScope: countBy(databases, "out-of-scope"),
      findings: countFindings(findings),
    },
    databases: databases.sort((a, b) => compare(a.arn, b.arn)).map(toReported),
    findings: findings.sort(compareFindings),
  };
}

/** Exempt or not: an exemption excuses what is wrong, not what nobody could see. */
function isUnjudged({ status }: Finding): boolean {
  return status === "INSUFFICIENT_DATA";
}

function countFindings(findings: readonly Finding[]): Report["summary"]["findings"] {
  const wrong = findings.filter(isViolation);
  const bySeverity = Object.fromEntries(
    severities.map((severity) => [severity, wrong.filter((finding) => finding.severity === severity).length]),
  ) as Record<(typeof severities)[number], number>;
  return {
    ...bySeverity,
    exempt: findings.filter(({ exemption }) => exemption !== null).length,
    insufficientData: findings.filter(isUnknown).length,
  };
}

function countBy(databases: readonly ClassifiedDatabase[], management: Management): number {
  return databases.filter((database) => database.management === management).length;
}

function toReported(database: ClassifiedDatabase): Report["databases"][number] {
  const { arn, kind, identifier, resourceId, account, region, engine, engineVersion, status } = database;
  const { management, reason, masterUserSecret, tags } = database;
  return {
    arn,
    kind,
    identifier,
    resourceId,
    account,
    region,
    engine,
    engineVersion,
    status,
    management,
    reason,
    masterUserSecret,
    tags,
  };
}

/** By code unit, so that the order does not depend on the machine's locale. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function compareGaps(a: Gap, b: Gap): number {
  return (
    compare(a.account, b.account) ||
    compare(a.region, b.region) ||
    compare(a.action, b.action) ||
    compare(a.resource ?? "", b.resource ?? "") ||
    compare(a.code, b.code) ||
    compare(a.message, b.message)
  );
}

function compareFindings(a: Finding, b: Finding): number {
  return (
    severities.indexOf(a.severity) - severities.indexOf(b.severity) ||
    compare(a.resource.arn, b.resource.arn) ||
    compare(a.rule, b.rule)
  );
}
