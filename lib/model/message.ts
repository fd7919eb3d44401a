import * as z from "zod/mini";
import { changeSchema, digestSchema } from "./change.ts";
import { remediationEventSchema } from "./remediation-event.ts";

const schemaVersion = z.literal("1.0");

/**
 * A message of the findings topic, and the contract that its subscribers build on; its JSON Schema is published with the package.
 * `truncated` names what was left out or cut because SNS carries no more; of a finding the report has all of it.
 *
 * What most of them wait for is the new ARN of a secret:
 *
 * ```json
 * { "schemaVersion": "1.0", "type": "secret.replaced", "action": "toggle",
 *   "database": { "arn": "arn:aws:rds:eu-west-1:123456789012:db:orders", "identifier": "orders" },
 *   "secret": { "before": "arn:aws:secretsmanager:…:secret:rds!db-1-AbCdEf", "after": "arn:aws:secretsmanager:…:secret:rds!db-2-GhIjKl" } }
 * ```
 */
export const messageSchema = z.discriminatedUnion("type", [
  z.object({ schemaVersion, ...changeSchema.shape, truncated: z.array(z.string()) }),
  z.object({ schemaVersion, type: z.literal("audit.completed"), at: z.iso.datetime(), audit: digestSchema }),
  z.object({ schemaVersion, ...remediationEventSchema.shape, truncated: z.array(z.string()) }),
]);
export type FindingsMessage = z.infer<typeof messageSchema>;
