import * as z from "zod/mini";

/** When a secret rotates: `AutomaticallyAfterDays`, or a `rate()` or `cron()` expression in UTC. */
export const rotationRulesSchema = z.object({
  automaticallyAfterDays: z.nullable(z.number()),
  scheduleExpression: z.nullable(z.string()),
  /** Length of the rotation window, for example `3h`. */
  duration: z.nullable(z.string()),
});

const instant = z.nullable(z.iso.datetime());

/** The metadata of a secret in Secrets Manager, never its value. Instants are ISO 8601. */
export const secretSchema = z.object({
  arn: z.string(),
  name: z.string(),
  /** `rds` for a secret that RDS manages. */
  owningService: z.nullable(z.string()),
  /** Null for the default key, `aws/secretsmanager`, which AWS omits. */
  kmsKeyId: z.nullable(z.string()),
  /** Null if rotation was never configured. */
  rotationEnabled: z.nullable(z.boolean()),
  rotationRules: z.nullable(rotationRulesSchema),
  createdAt: instant,
  lastChangedAt: instant,
  lastRotatedAt: instant,
  nextRotationAt: instant,
  /** Set while the secret is scheduled for deletion. */
  deletedAt: instant,
  /** Values of the `aws:rds:primary…Arn` tags: the databases that RDS created the secret for. */
  primaryArns: z.array(z.string()),
  /** Tags without those that AWS adds. */
  tags: z.record(z.string(), z.string()),
  /** The Region of the secret that this one is a replica of, or its own; null if AWS does not say. */
  primaryRegion: z.nullable(z.string()),
  /** Regions that the secret is replicated to; null if unknown, because lists omit them. */
  replicaRegions: z.nullable(z.array(z.string())),
});

export type RotationRules = z.infer<typeof rotationRulesSchema>;
export type Secret = z.infer<typeof secretSchema>;

/** IAM actions that read the value of a secret. Every role of this project denies them. */
export const secretValueReads = ["secretsmanager:BatchGetSecretValue", "secretsmanager:GetSecretValue"];

/** True for the values of `SecretStatus` that AWS documents. It is not an enum, so AWS may add values. */
export function isKnownSecretStatus(status: string): boolean {
  return ["creating", "active", "rotating", "impaired"].includes(status);
}
