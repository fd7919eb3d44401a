import { readFileSync } from "node:fs";
import { runSimulation } from "@cloud-copilot/iam-simulate";
import { parse } from "yaml";
import { permissions } from "../../deploy/permissions.ts";
import { readSettings } from "../../deploy/settings.ts";
import type { Statement } from "../../deploy/statement.ts";
import type { Policy } from "../../lib/model/policy.ts";
import { aPolicy } from "../support/builders.ts";
import { readCloudFormation } from "../support/read-cloudformation.ts";
import { aPermissivePolicy } from "../support/repairs.ts";

export const account = "111111111111";
export const region = "eu-west-1";
export const requiredKey = keyArn("1234abcd-12ab-34cd-56ef-1234567890ab");
export const otherKey = keyArn("ffffffff-12ab-34cd-56ef-1234567890ab");
export const topicsKey = keyArn("0000aaaa-12ab-34cd-56ef-1234567890ab");
export const bucketArn = "arn:aws:s3:::reports-bucket";
export const organizationFunction = arnOf("lambda", "function:rds-password-audit-prod-auditOrganization");
export const remediateFunction = arnOf("lambda", "function:rds-password-audit-prod-remediate");

const defaults = parse(readFileSync("serverless.yml", "utf8"), { logLevel: "silent" }).params.default;
const settings = readSettings(
  {
    ...defaults,
    remediation: "on",
    securityHub: "on",
    configAccounts: "222222222222",
    configRoleName: "audit-config",
    kmsKeyArn: topicsKey,
  },
  region,
);
export const topics = { findingsTopicArn: arnOf("sns", "findings"), alertsTopicArn: arnOf("sns", "alerts") };

/** One policy opts databases in by name, the other by a tag. */
const policies = {
  name: aPermissivePolicy(
    { optIn: [{ identifier: ["orders", "test-*"] }] },
    { keys: [{ match: {}, require: [requiredKey] }] },
  ),
  tag: aPermissivePolicy({ optIn: [{ tags: { repair: "yes" } }] }, { keys: [{ match: {}, require: [requiredKey] }] }),
} satisfies Record<string, Policy>;
export type OptIn = keyof typeof policies;
export type Role = keyof ReturnType<typeof permissions>;

/** The statements of each role with a policy, after deployment. */
export const rolesWith = (policy: Policy): Record<Role, readonly Statement[]> =>
  resolve(permissions({ ...settings, policy }, { ...topics, kmsKeyArn: topicsKey }));

export const roles = { name: rolesWith(policies.name), tag: rolesWith(policies.tag) };

/** The statements of each role of a deployment that audits an organization. */
export const organizationRoles: Record<Role, readonly Statement[]> = resolve(
  permissions(
    {
      ...settings,
      remediation: "off",
      organization: "on",
      organizationId: "o-a1b2c3d4e5",
      policy: aPolicy({
        organization: {
          ...aPolicy().organization,
          excludedUnits: [{ unit: ["ou-ab12-11111111"], reason: "Sandboxes without data" }],
        },
      }),
    },
    { ...topics, kmsKeyArn: topicsKey },
  ),
);

/** The bucket's own policy, which applies to every role and user. */
const bucketPolicy = resolve(
  readCloudFormation("deploy/report-bucket.yml").Resources.ReportBucketPolicy.Properties.PolicyDocument,
);

export type Context = Record<string, string | string[]>;
export type Call = readonly [action: string, resource: string, context?: Context];

/**
 * Simulates a call with these statements and the request context that AWS sends. Throws if AWS's Service Authorization Reference has no such
 * context key for the action.
 */
export async function simulate(statements: unknown, [action, resource, context = {}]: Call): Promise<string> {
  const result = await runSimulation(
    {
      request: {
        principal: `arn:aws:iam::${account}:role/simulated`,
        action,
        resource: { resource, accountId: ownerOf(action, resource) },
        contextVariables: { "aws:SecureTransport": "true", ...context },
      },
      identityPolicies: [{ name: "role", policy: { Version: "2012-10-17", Statement: statements } }],
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      resourcePolicy: policyOf(action, resource),
    },
    {},
  );
  if (result.resultType === "error") throw new Error(`${action}: ${JSON.stringify(result.errors)}`);
  const ignored = result.resultType === "single" ? (result.result.ignoredContextKeys ?? []) : [];
  if (ignored.length > 0) throw new Error(`AWS does not send ${ignored.join(", ")} with ${action}`);
  return result.overallResult;
}

export function keyArn(id: string, of = account): string {
  return `arn:aws:kms:${region}:${of}:key/${id}`;
}

export function arnOf(service: string, resource: string): string {
  return `arn:aws:${service}:${region}:${account}:${resource}`;
}

export function queue(name: string): string {
  return arnOf("sqs", name);
}

/** The account whose policies decide. AWS Organizations and Account Management let a delegated administrator in without a policy of the resource. */
function ownerOf(action: string, resource: string): string {
  return /^(organizations|account):/.test(action) ? account : resource.split(":")[4] || account;
}

/** The policy of the resource itself: of the bucket, of a key that delegates to IAM as the stack's does, and of a role in another account. */
function policyOf(action: string, resource: string): unknown {
  if (resource.startsWith(bucketArn)) return bucketPolicy;
  const Principal = { AWS: `arn:aws:iam::${account}:root` };
  if (action.startsWith("kms:"))
    return { Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal, Action: "kms:*", Resource: "*" }] };
  if (action === "sts:AssumeRole")
    return { Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal, Action: "sts:AssumeRole" }] };
  return undefined;
}

/** Replaces what CloudFormation and osls resolve. */
function resolve<T>(value: T): T {
  if (Array.isArray(value)) return value.map(resolve) as T;
  if (typeof value !== "object" || value === null) return value;
  const [[name, inner] = []] = Object.entries(value);
  if (name === "Fn::GetAtt") return arnOfResource((inner as string[])[0] ?? "") as T;
  if (name === "Fn::Sub") return substitute(inner as string) as T;
  if (name === "Fn::Join") return (inner as [string, unknown[]])[1].map(resolve).join((inner as [string])[0]) as T;
  if (name === "Ref")
    return `${inner === "AuditOrganizationDurableLambdaAlias" ? organizationFunction : remediateFunction}:durable` as T;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, resolve(one)])) as T;
}

function substitute(text: string): string {
  const values: Record<string, string> = {
    "ReportBucket.Arn": bucketArn,
    "AWS::Partition": "aws",
    "AWS::AccountId": account,
    "AWS::Region": region,
    "self:service": "rds-password-audit",
    "sls:stage": "prod",
  };
  return text.replaceAll(/\$\{([^}]+)\}/g, (whole, name) => values[name] ?? whole);
}

function arnOfResource(id: string): string {
  if (id === "ReportBucket") return bucketArn;
  if (id.endsWith("DeadLetters")) return queue(id);
  if (id.endsWith("LogGroup")) return arnOf("logs", `log-group:/aws/lambda/${id.replace("LogGroup", "")}:*`);
  if (id.endsWith("LambdaFunction")) return arnOf("lambda", `function:${id}`);
  throw new Error(`no ARN for ${id}`);
}
