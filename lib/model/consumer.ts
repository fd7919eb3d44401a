import type { Database } from "./database.ts";
import type { Gap } from "./inventory.ts";

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

type ConsumerKind = (typeof consumerKinds)[number];

/** One consumer of a database's master password. Holds names only: no value of a variable or of a secret. */
export type Consumer = {
  readonly kind: ConsumerKind;
  /** ARN, or the name if there is none. */
  readonly id: string;
  /** Where the database or its secret is named, as in `variable DB_HOST`. */
  readonly evidence: string;
};

/** The consumers of one database, as far as they can be seen. */
export type ConsumersReport = {
  readonly schemaVersion: "1.0";
  readonly observedAt: string;
  readonly database: Pick<Database, "arn" | "kind" | "identifier" | "resourceId" | "account" | "region"> & {
    readonly secretArn: string | null;
  };
  readonly consumers: readonly Consumer[];
  /** Failed calls: there may be more consumers. */
  readonly gaps: readonly Gap[];
  /** What no call can see. */
  readonly limits: readonly string[];
};
