import type { Change } from "../../lib/model/change.ts";
import type { Finding } from "../../lib/model/finding.ts";

/** An open finding on one DB instance, as in the ledger. */
export function aFinding(identifier: string, overrides: Partial<Finding> = {}): Finding {
  const { account = "111111111111", region = "eu-west-1", rule = "master-password-managed" } = overrides;
  const arn = `arn:aws:rds:${region}:${account}:db:${identifier}`;
  return {
    id: `${rule}/${arn}`,
    rule,
    status: "NON_COMPLIANT",
    severity: "high",
    resource: { arn, type: "AWS::RDS::DBInstance", identifier, resourceId: `db-${identifier.toUpperCase()}` },
    account,
    region,
    owner: null,
    message: `The master user password of DB instance ${identifier} is not managed.`,
    evidence: {},
    remediation: "Let RDS manage it.",
    exemption: null,
    endedExemption: null,
    firstSeenAt: "2026-11-24T09:00:00.000Z",
    ...overrides,
  };
}

/** The change that reports it as new. */
function anOpening(finding: Finding): Change {
  return { type: "finding.opened", reason: "new", finding, at: "2026-11-24T09:00:00.000Z" };
}

/** One change of each severity, and one of another type, which filter policies distinguish. */
export const assortedChanges: readonly Change[] = [
  anOpening(aFinding("one", { severity: "critical", rule: "secret-key-usable" })),
  anOpening(aFinding("two", { severity: "high" })),
  anOpening(aFinding("three", { severity: "medium", rule: "rotation-enabled" })),
  anOpening(aFinding("four", { severity: "low", rule: "secret-key-consistent" })),
  { ...anOpening(aFinding("five", { severity: "high" })), type: "finding.resolved", reason: "fixed" },
];

/** Filter policies of a subscriber, and the databases of `assortedChanges` that each lets through. */
export const filterPolicies: readonly { readonly policy: object; readonly passes: readonly string[] }[] = [
  { policy: { severity: ["critical", "high"] }, passes: ["five", "one", "two"] },
  { policy: { severity: ["high"], type: ["finding.opened"] }, passes: ["two"] },
  { policy: { type: [{ "anything-but": "finding.opened" }] }, passes: ["five"] },
  { policy: { rule: [{ prefix: "secret-" }] }, passes: ["four", "one"] },
  { policy: { account: ["222222222222"] }, passes: [] },
];
