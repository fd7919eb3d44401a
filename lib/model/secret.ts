import * as z from "zod/mini";

/** When a secret rotates: `AutomaticallyAfterDays`, or a `rate()` or `cron()` expression in UTC. */
export const rotationRulesSchema = z.object({
  automaticallyAfterDays: z.nullable(z.number()),
  scheduleExpression: z.nullable(z.string()),
  /** How long the rotation window is, as in `3h`. */
  duration: z.nullable(z.string()),
});

const instant = z.nullable(z.iso.datetime());

/** What Secrets Manager says of a secret: never its value, only what surrounds it. Instants are ISO 8601. */
export const secretSchema = z.object({
  arn: z.string(),
  name: z.string(),
  /** `rds` for a secret that RDS manages. */
  owningService: z.nullable(z.string()),
  /** Omitted by AWS (null here) where the key is the default one, `aws/secretsmanager`. */
  kmsKeyId: z.nullable(z.string()),
  /** Null where rotation was never configured. */
  rotationEnabled: z.nullable(z.boolean()),
  rotationRules: z.nullable(rotationRulesSchema),
  createdAt: instant,
  lastChangedAt: instant,
  lastRotatedAt: instant,
  nextRotationAt: instant,
  /** Set while the secret waits for its deletion. */
  deletedAt: instant,
  /** Values of the tags `aws:rds:primary…Arn`: the databases that RDS says it made the secret for. */
  primaryArns: z.array(z.string()),
  /** The secret's own tags, without those that AWS gives it. */
  tags: z.record(z.string(), z.string()),
  /** The Regions that it is replicated to; null where that was not told, as in a list. */
  replicaRegions: z.nullable(z.array(z.string())),
});

export type RotationRules = z.infer<typeof rotationRulesSchema>;
export type Secret = z.infer<typeof secretSchema>;

/** RDS's own role in every account; a resource policy that denies it stops rotation. */
const rdsPrincipal = /(^|[./:])(rds\.amazonaws\.com|AWSServiceRoleForRDS)($|\/)/;

const policySchema = z.object({
  Statement: z.pipe(
    z.transform((statement) => (Array.isArray(statement) ? statement : [statement])),
    z.array(z.partial(z.object({ Effect: z.string(), Principal: z.unknown(), NotPrincipal: z.unknown() }))),
  ),
});

/**
 * Whether a secret's resource policy (JSON text) has a Deny that names RDS or everybody.
 * A Deny with conditions counts: it is offered to a person as a possible cause, not enforced. Text that is not a policy denies nothing.
 */
export function deniesRds(policy: string): boolean {
  let document: unknown;
  try {
    document = JSON.parse(policy);
  } catch {
    return false;
  }
  const parsed = policySchema.safeParse(document);
  if (!parsed.success) return false;
  return parsed.data.Statement.some((statement) => {
    if (statement.Effect !== "Deny") return false;
    if (statement.NotPrincipal !== undefined) return !namesRds(statement.NotPrincipal);
    return namesRds(statement.Principal);
  });
}

function namesRds(principal: unknown): boolean {
  if (typeof principal === "string") return principal === "*" || rdsPrincipal.test(principal);
  if (Array.isArray(principal)) return principal.some(namesRds);
  if (typeof principal === "object" && principal !== null) return Object.values(principal).some(namesRds);
  return false;
}

/** The values of `SecretStatus` that AWS documents; it is no enum, so others may come. */
export function isKnownSecretStatus(status: string): boolean {
  return ["creating", "active", "rotating", "impaired"].includes(status);
}
