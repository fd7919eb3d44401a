import { compareText } from "../model/compare-text.ts";
import type { ClassifiedDatabase, Management } from "../model/database.ts";
import { type Finding, isUnknown, isViolation, type Severity, severities } from "../model/finding.ts";
import type { Gap, Inventory, UnreadScope } from "../model/inventory.ts";
import type { Policy } from "../model/policy.ts";
import type { Report, ReportRequest } from "../model/report.ts";
import type { Rule } from "../model/rule.ts";
import type { Secret } from "../model/secret.ts";
import { type ReadScope, sumUpCoverage } from "./coverage.ts";
import { activeRules, judgeTarget } from "./judge.ts";
import { findOrphanedSecrets } from "./orphaned-secrets.ts";

/** What an inventory says once it is judged: all that a report needs of it. The parts of several accounts merge into one report. */
export type ReportPart = {
  readonly scopes: readonly ReadScope[];
  /** Gaps of accounts that were not opened. */
  readonly accountGaps: readonly Gap[];
  readonly unread: readonly UnreadScope[];
  readonly databases: Report["databases"];
  readonly findings: readonly Finding[];
};

/** What an inventory is judged by, and what the report says about itself. */
export type AssembleOptions = {
  readonly policy: Policy;
  readonly rules: readonly Rule[];
  readonly generatedAt: string;
  readonly version: string;
  readonly request?: RequestDetails;
};

/** What was asked for, as far as the inventory does not say it. */
export type RequestDetails = Omit<ReportRequest, "callers">;

/**
 * Applies the rules to an inventory as of the time it was observed, so that a saved inventory always gives the same findings.
 * `generatedAt` and `request` are recorded but do not affect them.
 */
export function assembleReport(inventory: Inventory, options: AssembleOptions): Report {
  return mergeParts([judgeInventory(inventory, options)], { ...inventory, ...options });
}

/** Applies the rules to an inventory as of the time it was observed. */
export function judgeInventory(
  inventory: Inventory,
  { policy, rules }: Pick<AssembleOptions, "policy" | "rules">,
): ReportPart {
  const scopes: ReadScope[] = [];
  const databases: Report["databases"] = [];
  const findings: Finding[] = [];
  for (const target of inventory.targets) {
    const judged = judgeTarget(target, policy, rules, inventory.observedAt);
    databases.push(...judged.databases.map(toReported));
    findings.push(...judged.findings);
    const { account, region, calls } = target;
    // Exempt findings count too: an exemption covers a violation, not missing data.
    const complete = target.gaps.length === 0 && !judged.findings.some(({ status }) => status === "INSUFFICIENT_DATA");
    const gaps = [...target.gaps, ...judged.crashes];
    const orphans = findOrphanedSecrets(target, inventory.observedAt);
    scopes.push({
      ...{ account, region, complete, databases: judged.databases.length, calls, gaps },
      orphanedSecrets: orphans?.map(toOrphanedSecret).sort((a, b) => compareText(a.arn, b.arn)) ?? null,
    });
  }
  return { scopes, accountGaps: inventory.gaps, unread: inventory.unread ?? [], databases, findings };
}

/** Merges judged parts, each of other accounts or Regions, into one report. */
export function mergeParts(
  parts: readonly ReportPart[],
  options: AssembleOptions & Pick<Inventory, "observedAt" | "accountNames" | "callers">,
): Report {
  const { request, observedAt, accountNames = {}, callers = [] } = options;
  const { rules, rulesOff, ...described } = describeReport(options);
  const scopes = parts.flatMap((part) => part.scopes);
  const accountGaps = parts.flatMap((part) => part.accountGaps);
  const databases = parts.flatMap((part) => part.databases);
  const findings = parts.flatMap((part) => part.findings);
  const unread = parts.flatMap((part) => part.unread);
  const gaps = [...accountGaps, ...scopes.flatMap((scope) => scope.gaps)];
  const countOf = (management: Management) => databases.filter((one) => one.management === management).length;
  const complete = scopes.length > 0 && rules.length > 0 && gaps.length === 0 && scopes.every((one) => one.complete);
  return {
    schemaVersion: "1.0",
    observedAt,
    ...described,
    request: request === undefined ? null : { callers, ...request },
    // What was not asked is not clean either.
    clean: complete && rulesOff.length === 0 && !findings.some(isViolation),
    hasHistory: false,
    narrowedBy: null,
    coverage: {
      complete,
      ...sumUpCoverage({ scopes, accountGaps, unread, accountNames }),
      targets: scopes
        .map(({ gaps: _, ...target }) => target)
        .sort((a, b) => compareText(a.account, b.account) || compareText(a.region, b.region)),
      gaps: gaps.sort(compareGaps),
      rules,
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
    byRule: countByRule(findings, rules),
    databases: databases.sort((a, b) => compareText(a.arn, b.arn)),
    findings: findings.sort(compareFindings),
  };
}

/** What a report says about its making: when, by which tool, and which rules were evaluated and turned off. */
export function describeReport({ policy, rules, generatedAt, version }: Omit<AssembleOptions, "request">) {
  return {
    generatedAt,
    tool: { name: "rds-password-audit", version },
    rules: activeRules(rules, policy)
      .map(({ id }) => id)
      .sort(),
    rulesOff: rules.map(({ id }) => id).filter((id) => policy.rulesOff.includes(id)),
  };
}

function toOrphanedSecret({ arn, primaryArns, createdAt }: Secret) {
  return { arn, createdFor: primaryArns[0] ?? null, createdAt };
}

/** Counts active violations by severity, then exempt findings, then active findings that could not be evaluated. */
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

/** A database as the report has it. */
export function toReported(database: ClassifiedDatabase): Report["databases"][number] {
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

/** The order of findings: severity, ARN, rule. */
function compareFindings(a: Finding, b: Finding): number {
  return (
    severities.indexOf(a.severity) - severities.indexOf(b.severity) ||
    compareText(a.resource.arn, b.resource.arn) ||
    compareText(a.rule, b.rule)
  );
}
