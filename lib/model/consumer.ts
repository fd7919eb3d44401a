import * as z from "zod/mini";
import { gapSchema } from "./inventory.ts";

/** True for a text that names a database or its secret. */
export type ReferencePredicate = (text: string) => boolean;

/** What may stop working when the master password, or the ARN of its secret, changes. In the order of the report. */
export const consumerKinds = [
  "rds-proxy",
  "lambda-function",
  "ecs-task-definition",
  "own-secret",
  "secret-reader",
  "cloudformation-stack",
] as const;

/** One consumer of a database's master password. Holds names only: no value of a variable or of a secret. */
const consumerSchema = z.object({
  kind: z.enum(consumerKinds),
  /** ARN, or the name if there is none. */
  id: z.string(),
  /** Where the database or its secret is named, as in `variable DB_HOST`. */
  evidence: z.string(),
});
export type Consumer = z.infer<typeof consumerSchema>;

/** The consumers of one database, as far as they can be seen. */
export const consumersReportSchema = z.object({
  schemaVersion: z.literal("1.0"),
  observedAt: z.iso.datetime(),
  database: z.object({
    arn: z.string(),
    kind: z.enum(["instance", "cluster", "tenant-database"]),
    identifier: z.string(),
    resourceId: z.string(),
    account: z.string(),
    region: z.string(),
    secretArn: z.nullable(z.string()),
  }),
  consumers: z.array(consumerSchema),
  /** Failed calls: there may be more consumers. */
  gaps: z.array(gapSchema),
  /** What no call can see. */
  limits: z.array(z.string()),
});
export type ConsumersReport = z.infer<typeof consumersReportSchema>;
