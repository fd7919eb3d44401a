import * as z from "zod/mini";
import { actionNames } from "./action.ts";
import { databaseIdentitySchema } from "./database.ts";
import { severities } from "./finding.ts";
import { pacingGates } from "./gates.ts";

/** A rotation that a person requests without a finding, and the gates that it leaves out because it cannot wait. */
const onDemandSchema = z.object({ leftOut: z.array(z.enum(pacingGates)) });
export type OnDemand = z.infer<typeof onDemandSchema>;

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
  database: databaseIdentitySchema,
  /** Set if a person requests the action without a finding. The rule then only verifies it. */
  onDemand: z.optional(onDemandSchema),
});
export type RemediationRequest = z.infer<typeof remediationRequestSchema>;

/** Selects the fields of a database that requests and plans contain. */
export function toRequestDatabase(database: RemediationRequest["database"]): RemediationRequest["database"] {
  return databaseIdentitySchema.parse(database);
}
