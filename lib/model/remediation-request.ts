import * as z from "zod/mini";
import { actionNames } from "./action.ts";
import { type Database, databaseKinds } from "./database.ts";
import { severities } from "./finding.ts";

/**
 * The input of an execution: one action on one database, required by one rule. The execution checks it again before it changes anything.
 *
 * ```json
 * { "action": "rotate", "rule": "rotation-on-schedule", "severity": "medium",
 *   "database": { "arn": "arn:aws:rds:eu-west-1:123456789012:db:orders", "kind": "instance", "identifier": "orders",
 *     "resourceId": "db-ORDERS", "account": "123456789012", "region": "eu-west-1" } }
 * ```
 */
export const remediationRequestSchema = z.object({
  action: z.enum(actionNames),
  rule: z.string(),
  severity: z.enum(severities),
  database: z.object({
    arn: z.string(),
    kind: z.enum(databaseKinds),
    /** `instance/TENANT` for a tenant database. */
    identifier: z.string(),
    resourceId: z.string(),
    account: z.string(),
    region: z.string(),
  }),
});
export type RemediationRequest = z.infer<typeof remediationRequestSchema>;

/** Selects the fields of a database that requests and plans contain. */
export function toRequestDatabase({
  arn,
  kind,
  identifier,
  resourceId,
  account,
  region,
}: Database): RemediationRequest["database"] {
  return { arn, kind, identifier, resourceId, account, region };
}
