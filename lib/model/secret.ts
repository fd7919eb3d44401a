import * as z from "zod/mini";
import { jsonText } from "./json-text.ts";

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
  /** Regions that the secret is replicated to; null if unknown, because lists omit them. */
  replicaRegions: z.nullable(z.array(z.string())),
});

export type RotationRules = z.infer<typeof rotationRulesSchema>;
export type Secret = z.infer<typeof secretSchema>;

/** The RDS service principal or service-linked role. A resource policy that denies it stops rotation. */
const rdsPrincipal = /(^|[./:])(rds\.amazonaws\.com|AWSServiceRoleForRDS)($|\/)/;

const policySchema = z.object({
  Statement: z.pipe(
    z.transform((statement) => (Array.isArray(statement) ? statement : [statement])),
    z.array(z.partial(z.object({ Effect: z.string(), Principal: z.unknown(), NotPrincipal: z.unknown() }))),
  ),
});

/**
 * True if a secret's resource policy (JSON text) contains a Deny for RDS or for all principals. A Deny with conditions counts, because the
 * result is only reported as a possible cause. Text that is not a policy denies nothing.
 */
export function deniesRds(policy: string): boolean {
  const { Statement = [] } = z.pipe(jsonText, policySchema).safeParse(policy).data ?? {};
  return Statement.some(({ Effect, Principal, NotPrincipal }) => {
    if (Effect !== "Deny") return false;
    return NotPrincipal === undefined ? namesRds(Principal) : !namesRds(NotPrincipal);
  });
}

function namesRds(principal: unknown): boolean {
  if (typeof principal === "string") return principal === "*" || rdsPrincipal.test(principal);
  if (Array.isArray(principal)) return principal.some(namesRds);
  if (typeof principal === "object" && principal !== null) return Object.values(principal).some(namesRds);
  return false;
}

/** True for the values of `SecretStatus` that AWS documents. It is not an enum, so AWS may add values. */
export function isKnownSecretStatus(status: string): boolean {
  return ["creating", "active", "rotating", "impaired"].includes(status);
}
