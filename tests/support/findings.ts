import type { Change } from "../../lib/model/change.ts";
import type { Exemption, Finding } from "../../lib/model/finding.ts";
import type { Report } from "../../lib/model/report.ts";
import { rules } from "../../rules/index.ts";
import { account, now, region } from "./builders.ts";

/** An exemption until the end of the year. */
export const anExemption: Exemption = { owner: "ann", reason: "legacy", until: "2026-12-31", source: "policy" };

/** The account, Region, ARN and resource id of a DB instance. */
function identityOf(identifier: string, overrides: { account?: string; region?: string } = {}) {
  const scope = { account: overrides.account ?? account, region: overrides.region ?? region };
  const arn = `arn:aws:rds:${scope.region}:${scope.account}:db:${identifier}`;
  return { ...scope, arn, resourceId: `db-${identifier.toUpperCase()}` };
}

/** A finding on a DB instance, by default of master-password-managed and first seen now. */
export function aFindingOn(identifier: string, overrides: Partial<Finding> = {}): Finding {
  const { arn, resourceId, ...scope } = identityOf(identifier, overrides);
  const rule = overrides.rule ?? "master-password-managed";
  return {
    id: `${rule}/${arn}`,
    rule,
    status: "NON_COMPLIANT",
    severity: "high",
    resource: { arn, type: "AWS::RDS::DBInstance", identifier, resourceId },
    ...scope,
    owner: null,
    message: `RDS does not manage the master password of DB instance ${identifier}.`,
    evidence: {},
    remediation: "Turn management on.",
    exemption: null,
    endedExemption: null,
    firstSeenAt: now,
    ...overrides,
  };
}

/** A change, by default a finding that is opened now. */
export function aChangeOn(
  identifier: string,
  change: Partial<Omit<Change, "finding">> = {},
  finding: Partial<Finding> = {},
): Change {
  return { type: "finding.opened", reason: "new", at: now, ...change, finding: aFindingOn(identifier, finding) };
}

type ReportParts = {
  readonly at?: string;
  /** Names of audited DB instances, with or without findings. */
  readonly judged?: readonly string[];
  readonly findings?: readonly Finding[];
  readonly coverage?: Partial<Report["coverage"]>;
};

/** A report of one completely read Region. It contains the databases of its findings. */
export function aReportWith({ at = now, judged = [], findings = [], coverage = {} }: ReportParts = {}): Report {
  const owners = [
    ...judged.map((identifier) => ({ identifier, ...identityOf(identifier) })),
    ...findings.map(({ resource, account, region }) => ({ ...resource, account, region })),
  ];
  const gaps = coverage.gaps ?? [];
  return {
    schemaVersion: "1.0",
    observedAt: at,
    generatedAt: at,
    tool: { name: "rds-password-audit", version: "0.0.0" },
    request: null,
    clean: findings.length === 0 && gaps.length === 0,
    hasHistory: false,
    narrowedBy: null,
    coverage: {
      complete: gaps.length === 0,
      counts: {
        ...{ expected: 1, seen: Number(gaps.length === 0), gap: Number(gaps.length > 0) },
        ...{ deniedByScp: 0, regionNotEnabled: 0, accountNotActive: 0, excluded: 0 },
      },
      notSeen: [],
      targets: [aTargetOf(region)],
      gaps,
      rules: rules.map(({ id }) => id).filter((id) => !coverage.rulesOff?.includes(id)),
      rulesOff: [],
      ...coverage,
    },
    summary: {
      databases: owners.length,
      managed: 0,
      unmanaged: owners.length,
      inherited: 0,
      unsupported: 0,
      outOfScope: 0,
      findings: { critical: 0, high: 0, medium: 0, low: 0, exempt: 0, insufficientData: 0 },
    },
    byRule: {},
    databases: [...new Map(owners.map((owner) => [owner.arn, owner])).values()].map(
      ({ arn, identifier, resourceId, account, region }) => ({
        arn,
        kind: "instance",
        identifier,
        resourceId,
        account,
        region,
        engine: "postgres",
        engineVersion: "16.3",
        status: "available",
        management: "unmanaged",
        reason: null,
        masterUserSecret: null,
        tags: {},
      }),
    ),
    findings: findings.map((finding) => ({ ...finding, firstSeenAt: at })),
  };
}

/** A completely read target in a report's coverage. */
export function aTargetOf(region: string, of: string = account): Report["coverage"]["targets"][number] {
  return { account: of, region, complete: true, databases: 1, calls: 2, orphanedSecrets: [] };
}

/** Changes in short: `type reason identifier`. */
export function changesInShort(changes: readonly Change[]): string[] {
  return changes.map(({ type, reason, finding }) => `${type} ${reason} ${finding.resource.identifier}`);
}
