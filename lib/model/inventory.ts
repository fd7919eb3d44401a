import * as z from "zod/mini";
import { databaseSchema } from "./database.ts";
import { keySchema } from "./key.ts";
import { secretSchema } from "./secret.ts";

/** Something that could not be seen: the failed call, AWS's own code and message, and what it was about. */
export const gapSchema = z.object({
  account: z.string(),
  region: z.string(),
  /** The IAM action, as in `secretsmanager:ListSecrets`; `rule:<id>` for a rule that crashed. */
  action: z.string(),
  code: z.string(),
  message: z.string(),
  /** ARN or reference that the call was about; null where it was about the whole Region. */
  resource: z.nullable(z.string()),
});
export type Gap = z.infer<typeof gapSchema>;

/** A blue/green deployment: ARNs of the two databases, and AWS's word for its state. */
export const blueGreenDeploymentSchema = z.object({
  source: z.string(),
  target: z.nullable(z.string()),
  status: z.string(),
});
export type BlueGreenDeployment = z.infer<typeof blueGreenDeploymentSchema>;

/** An RDS Proxy, and the secrets that it logs in with. */
export const proxySchema = z.object({ name: z.string(), secretArns: z.array(z.string()) });
export type DBProxy = z.infer<typeof proxySchema>;

/**
 * All that was read in one account and Region. A list that is null was not asked for, because nothing depended on it;
 * a list that a gap speaks of holds what came before the failure.
 */
const targetSchema = z.object({
  account: z.string(),
  region: z.string(),
  partition: z.string(),
  databases: z.array(databaseSchema),
  /** From `ListSecrets`, up to five minutes old, until `DescribeSecret` confirmed one. */
  secrets: z.nullable(z.array(secretSchema)),
  /** ARNs of secrets that `DescribeSecret` said do not exist. */
  missingSecrets: z.array(z.string()),
  /** Keys by the reference that was asked; null where KMS knows none. */
  keys: z.array(z.object({ reference: z.string(), key: z.nullable(keySchema) })),
  /** Resource policies, as JSON text, of the secrets that are impaired. */
  resourcePolicies: z.array(z.object({ secretArn: z.string(), policy: z.nullable(z.string()) })),
  globalClusterMembers: z.nullable(z.array(z.string())),
  blueGreenDeployments: z.nullable(z.array(blueGreenDeploymentSchema)),
  /** RDS Proxies; read only where something is to be repaired. */
  proxies: z.nullable(z.array(proxySchema)),
  /** Keys, by ARN, that the credentials tried to use without using them, and why they may not: null where they may. */
  keyTrials: z.array(z.object({ keyArn: z.string(), refusal: z.nullable(z.string()) })),
  gaps: z.array(gapSchema),
  /** API calls made, retries not counted. */
  calls: z.number(),
});
export type Target = z.infer<typeof targetSchema>;

/** What was observed, and when; saved by `--save-inventory`, judged again by `--from`. */
export const inventorySchema = z.object({
  schemaVersion: z.literal("1.0"),
  observedAt: z.iso.datetime(),
  targets: z.array(targetSchema),
  /** Gaps that belong to no target: an account that could not be entered, Regions that could not be listed. */
  gaps: z.array(gapSchema),
});
export type Inventory = z.infer<typeof inventorySchema>;
