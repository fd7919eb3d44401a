import type { ClassifiedDatabase } from "./database.ts";
import type { KeyFacts, RuleContext, Verdict } from "./rule.ts";
import type { Secret } from "./secret.ts";

/** IAM actions that list databases; every rule reads them. */
export const databaseLists = [
  "rds:DescribeDBInstances",
  "rds:DescribeDBClusters",
  "rds:DescribeTenantDatabases",
] as const;

/** The message of rules that apply to managed and unmanaged databases. */
export const databaseMessages = {
  notAudited: { status: "NOT_APPLICABLE", text: "{database} is not audited: {explanation}." },
} as const;

/** The verdict on a database that a rule does not apply to. */
export function notAudited({ explanation, management }: ClassifiedDatabase): Verdict<keyof typeof databaseMessages> {
  return { messageId: "notAudited", data: { explanation: explanation ?? management } };
}

/** The remedy if a call failed. */
export const gapRemedy = "Grant the permission named in the gap, then audit again.";

/** The messages of `secretOf`. Every rule about a managed secret spreads them into its own. */
export const secretMessages = {
  notManaged: { status: "NOT_APPLICABLE", text: "RDS does not manage the master password of {database}." },
  secretNotSeen: {
    status: "INSUFFICIENT_DATA",
    text: "The secret of {database} could not be read: {why}.",
    remedy: gapRemedy,
  },
  secretMissing: {
    status: "NOT_APPLICABLE",
    text: "The secret that RDS reports for {database} does not exist; see secret-belongs-to-database.",
    // Confirmed here too, because secret-belongs-to-database may be off or not part of this run.
    confirm: ["secretsmanager:DescribeSecret"],
  },
} as const;

type SecretVerdict = Verdict<keyof typeof secretMessages>;

/** Returns the secret of a managed database, or the verdict that ends the check. */
export function secretOf(database: ClassifiedDatabase, { secret }: RuleContext): Secret | SecretVerdict {
  if (database.management !== "managed") return { messageId: "notManaged" };
  if (!secret.seen) return { messageId: "secretNotSeen", data: { why: secret.why } };
  return secret.value ?? { messageId: "secretMissing" };
}

const keyNotSeenMessage = {
  status: "INSUFFICIENT_DATA",
  text: "The KMS key of the secret of {database} could not be read: {why}.",
  remedy:
    "Grant the permission named in the gap (the key policy of a key in another account must allow it too), then audit again.",
} as const;

/** The common messages of rules about the secret's KMS key. */
export const keyMessages = {
  notManaged: secretMessages.notManaged,
  secretMissing: secretMessages.secretMissing,
  keyNotSeen: keyNotSeenMessage,
  /** Only the key in the list of secrets could not be read, and the list may be old. */
  secretKeyNotSeen: {
    ...keyNotSeenMessage,
    text: "The KMS key that Secrets Manager reports for the secret of {database} could not be read: {why}.",
    confirm: ["secretsmanager:DescribeSecret"],
  },
} as const;

/** The message about one of the two keys that could not be read. A secret that was not seen has nothing to confirm. */
export function keyNotSeen(key: KeyFacts, { rdsKey, secret }: RuleContext): "keyNotSeen" | "secretKeyNotSeen" {
  return key === rdsKey || !secret.seen ? "keyNotSeen" : "secretKeyNotSeen";
}

/** The message of rules about `SecretStatus` for a value that AWS does not document. */
export const statusMessages = {
  statusUnknown: {
    status: "INSUFFICIENT_DATA",
    text: "RDS reports the secret status {status} for {database}, which this version does not recognize.",
    remedy:
      "Check the secret status in the RDS console, and check for a newer version of rds-password-audit that recognizes it.",
  },
} as const;

/** The message of rules about automatic rotation for a secret that does not rotate. */
export const rotationMessages = {
  off: {
    status: "NOT_APPLICABLE",
    text: "The secret of {database} does not rotate automatically; see rotation-enabled.",
    confirm: ["secretsmanager:DescribeSecret"],
  },
} as const;

/** True if AWS confirms that the secret does not exist; then there is no key to check. */
export function isSecretMissing({ secret }: RuleContext): boolean {
  return secret.seen && secret.value === null;
}

/** True if a guard returned a verdict, which ends the check. */
export function isVerdict<V extends Verdict>(value: object | V | null): value is V {
  return value !== null && "messageId" in value;
}
