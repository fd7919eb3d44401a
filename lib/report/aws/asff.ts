import { createHash } from "node:crypto";
import { parseArn } from "../../model/arn.ts";
import type { Change } from "../../model/change.ts";
import type { Finding } from "../../model/finding.ts";
import { describeResource } from "../text/describe-database.ts";
import { toPrintable } from "../text/printable.ts";
import { toLine, toLines } from "../text/truncate.ts";

/** The fields of the AWS Security Finding Format that `BatchImportFindings` gets; under 20 KB, where 240 KB are allowed. */
export type SecurityHubFinding = Readonly<ReturnType<typeof toAsff>>;

/** Open; resolved, because the database passed; or withdrawn, because it is no longer evaluated. */
export type SecurityHubState = "active" | "resolved" | "withdrawn";

/** The state after a change. Resolved only if the database was evaluated again and passed. */
export function toSecurityHubState({ type, reason }: Pick<Change, "type" | "reason">): SecurityHubState {
  if (type !== "finding.resolved") return "active";
  return reason === "fixed" ? "resolved" : "withdrawn";
}

/** Maximum lengths in characters. Source: https://docs.aws.amazon.com/securityhub/latest/userguide/asff-required-attributes.html */
const limits = { id: 512, title: 256, description: 1024, recommendation: 512, fieldValue: 2048 } as const;

const documentation = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html";
const product = "rds-password-audit";

const labels = { critical: "CRITICAL", high: "HIGH", medium: "MEDIUM", low: "LOW" } as const;

const resourceTypes = new Map([
  ["AWS::RDS::DBInstance", "AwsRdsDbInstance"],
  ["AWS::RDS::DBCluster", "AwsRdsDbCluster"],
]);

/**
 * Security Hub defines WARNING as "some information is missing", which is INSUFFICIENT_DATA. It also uses NOT_AVAILABLE for "not applicable" and
 * archives that after days, which would hide the finding.
 */
const complianceOf = {
  NON_COMPLIANT: "FAILED",
  INSUFFICIENT_DATA: "WARNING",
  resolved: "PASSED",
  withdrawn: "NOT_AVAILABLE",
} as const;

/**
 * Translates a finding to ASFF. The `Id` of a finding never changes, so a later import replaces an earlier one. `at` (ISO 8601) must be later than
 * in the previous import, or Security Hub ignores it. An exempt finding is archived, because only customers may suppress one.
 */
export function toAsff(
  finding: Finding,
  { state, at, productArn }: { readonly state: SecurityHubState; readonly at: string; readonly productArn: string },
) {
  const { id, rule, severity, account, exemption, firstSeenAt, remediation } = finding;
  const createdAt = firstSeenAt < at ? firstSeenAt : at;
  const isOpen = state === "active" && exemption === null;
  return {
    SchemaVersion: "2018-10-08",
    Id: toId(id),
    ProductArn: productArn,
    ProductName: product,
    GeneratorId: toId(`${product}/${rule}`),
    AwsAccountId: orUnknown(account, limits.id),
    CreatedAt: createdAt,
    UpdatedAt: at,
    FirstObservedAt: createdAt,
    LastObservedAt: at,
    Title: orUnknown(finding.message, limits.title),
    Description: orUnknown(describeState(finding, state), limits.description),
    FindingProviderFields: {
      Severity: { Label: state === "active" ? labels[severity] : ("INFORMATIONAL" as const), Original: severity },
      Types: ["Software and Configuration Checks/AWS Security Best Practices"],
    },
    Resources: [toResource(finding)],
    Compliance: { Status: complianceOf[state === "active" ? finding.status : state] },
    RecordState: isOpen ? ("ACTIVE" as const) : ("ARCHIVED" as const),
    Remediation: {
      Recommendation: {
        ...(toLines({ Text: remediation }, limits.recommendation) as { Text?: string }),
        Url: documentation,
      },
    },
    ProductFields: toFields(finding, state),
  };
}

function describeState({ message, exemption }: Finding, state: SecurityHubState): string {
  if (state === "resolved") return `Resolved. Previously: ${message}`;
  if (state === "withdrawn")
    return `No longer evaluated, because the database no longer exists or is no longer audited. Previously: ${message}`;
  if (exemption === null) return message;
  return `${message} Exempted by ${exemption.owner} until ${exemption.until}: ${exemption.reason}`;
}

function toResource({ resource, region }: Finding) {
  const { arn, type, identifier, resourceId } = resource;
  const partition = (["aws", "aws-cn", "aws-us-gov"] as const).find((one) => one === parseArn(arn)?.partition);
  const asffType = resourceTypes.get(type);
  const details = { Other: toLines({ type, identifier, resourceId }, limits.fieldValue) };
  return {
    Type: asffType ?? "Other",
    Id: orUnknown(arn, limits.id),
    ...(partition !== undefined && { Partition: partition }),
    Region: orUnknown(region, limits.id),
    ...(asffType === undefined && { Details: details }),
  };
}

function toFields(
  { rule, status, resource, exemption, endedExemption }: Finding,
  state: SecurityHubState,
): Record<string, string> {
  return toLines(
    {
      [`${product}/rule`]: rule,
      [`${product}/status`]: status,
      [`${product}/state`]: state,
      [`${product}/database`]: describeResource(resource),
      [`${product}/resourceId`]: resource.resourceId,
      [`${product}/exemptUntil`]: exemption?.until ?? "",
      [`${product}/exemptionEnded`]: endedExemption?.until ?? "",
    },
    limits.fieldValue,
  );
}

function orUnknown(text: string, max: number): string {
  return toLine(text, max) || "unknown";
}

/** The id itself, or, if it is too long or unprintable, its start and the SHA-256 of the whole id. */
function toId(id: string): string {
  const text = toPrintable(id).trim().toWellFormed() || "unknown";
  if (text === id && text.length <= limits.id) return text;
  const hash = createHash("sha256").update(id).digest("hex");
  return `${text.slice(0, limits.id - hash.length - 1).toWellFormed()}#${hash}`;
}
