import * as z from "zod/mini";
import { changeSchema, digestSchema } from "./change.ts";
import { remediationEventSchema } from "./remediation-event.ts";

const schemaVersion = z.literal("1.0");

/**
 * A message of the findings topic: the contract with its subscribers. Its JSON Schema is published with the package. `truncated` names the
 * fields that were cut or left out because of the SNS size limit; the report has a finding in full.
 *
 * The message that most subscribers need announces the new ARN of a secret:
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
