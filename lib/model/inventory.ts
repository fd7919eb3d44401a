import * as z from "zod/mini";
import { databaseSchema } from "./database.ts";
import { grantSchema, keySchema } from "./key.ts";
import { secretSchema } from "./secret.ts";

/** A failed call: what could not be read, and AWS's error code and message. */
export const gapSchema = z.object({
  account: z.string(),
  region: z.string(),
  /** The IAM action, as in `secretsmanager:ListSecrets`; `rule:<id>` for a rule that crashed. */
  action: z.string(),
  code: z.string(),
  message: z.string(),
  /** ARN or reference of the resource; null if the call was about the whole Region. */
  resource: z.nullable(z.string()),
});
export type Gap = z.infer<typeof gapSchema>;

/** True if a service control policy of the organization denied the call. */
export function isDeniedByScp({ code, message }: Pick<Gap, "code" | "message">): boolean {
  return code.startsWith("AccessDenied") && /explicit deny in a service control policy/i.test(message);
}

/** Why an expected account or Region was not read although no call failed. */
export const unreadOutcomes = ["region-not-enabled", "account-not-active", "excluded"] as const;

/** An expected account and Region that was not read: the Region is not enabled, the account is not active, or the policy excludes it. */
const unreadScopeSchema = z.object({
  account: z.string(),
  /** `*` for an account as a whole. */
  region: z.string(),
  outcome: z.enum(unreadOutcomes),
  /** The state of the account, the reason in the policy, or what AWS says about the Region. */
  reason: z.string(),
});
export type UnreadScope = z.infer<typeof unreadScopeSchema>;

/** A blue/green deployment: ARNs of the two databases, and its status as AWS reports it. */
export const blueGreenDeploymentSchema = z.object({
  source: z.string(),
  target: z.nullable(z.string()),
  status: z.string(),
});
export type BlueGreenDeployment = z.infer<typeof blueGreenDeploymentSchema>;

/** An RDS Proxy, and the secrets that it uses to log in. */
export const proxySchema = z.object({
  name: z.string(),
  secretArns: z.array(z.string()),
  /** Identifiers of the DB instances and DB clusters behind it. Read only if it has a secret and a database is not managed. */
  targets: z.optional(z.array(z.string())),
});
export type DBProxy = z.infer<typeof proxySchema>;

/**
 * Everything that was read in one account and Region. A list that is null was not requested, because nothing depends on it. A list with a
 * gap holds the items before the failure.
 */
const targetSchema = z.object({
  account: z.string(),
  region: z.string(),
  partition: z.string(),
  databases: z.array(databaseSchema),
  /** From `ListSecrets`, up to five minutes old, or from `DescribeSecret`. */
  secrets: z.nullable(z.array(secretSchema)),
  /** ARNs of secrets that do not exist, by `DescribeSecret`. */
  missingSecrets: z.array(z.string()),
  /** Keys by the reference that was requested; null if the key does not exist. */
  keys: z.array(z.object({ reference: z.string(), key: z.nullable(keySchema) })),
  /** Resource policies of impaired secrets, as JSON text. */
  resourcePolicies: z.array(z.object({ secretArn: z.string(), policy: z.nullable(z.string()) })),
  /** When databases with an overdue rotation last started, by the ARN of the database or its container; null if no recent event says so. */
  starts: z.array(z.object({ databaseArn: z.string(), startedAt: z.nullable(z.string()) })),
  /** Policies of the keys of impaired secrets, as JSON text; null if the key does not exist. */
  keyPolicies: z.array(z.object({ keyArn: z.string(), policy: z.nullable(z.string()) })),
  /** All grants of the same keys. */
  keyGrants: z.array(z.object({ keyArn: z.string(), grants: z.array(grantSchema) })),
  globalClusterMembers: z.nullable(z.array(z.string())),
  blueGreenDeployments: z.nullable(z.array(blueGreenDeploymentSchema)),
  /** RDS Proxies; read only for repairs. */
  proxies: z.nullable(z.array(proxySchema)),
  /** Dry runs with keys, by ARN: why the credentials may not use the key; null if they may. */
  keyTrials: z.array(z.object({ keyArn: z.string(), refusal: z.nullable(z.string()) })),
  gaps: z.array(gapSchema),
  /** API calls, without retries. */
  calls: z.number(),
});
export type Target = z.infer<typeof targetSchema>;

/** What was observed, and when. `--save-inventory` saves it, `--from` judges it again. */
export const inventorySchema = z.object({
  schemaVersion: z.literal("1.0"),
  observedAt: z.iso.datetime(),
  targets: z.array(targetSchema),
  /** Gaps that belong to no target: an account that could not be opened, or Regions that could not be listed. */
  gaps: z.array(gapSchema),
  /** ARNs of the callers that read AWS, as AWS STS returned them. */
  callers: z.optional(z.array(z.string())),
  /** Expected accounts and Regions that were not read; absent unless an organization was audited. */
  unread: z.optional(z.array(unreadScopeSchema)),
  /** The names of the accounts in the organization. */
  accountNames: z.optional(z.record(z.string(), z.string())),
});
export type Inventory = z.infer<typeof inventorySchema>;
