import type { ClassifiedDatabase } from "./database.ts";
import type { RuleContext, Verdict } from "./rule.ts";
import type { Secret } from "./secret.ts";

/** Where databases come from: what every rule reads. */
export const databaseLists = [
  "rds:DescribeDBInstances",
  "rds:DescribeDBClusters",
  "rds:DescribeTenantDatabases",
] as const;

/** What every rule about a managed secret says before it comes to its own facts. */
export const secretMessages = {
  notManaged: { status: "NOT_APPLICABLE", text: "{database} has no master password managed by RDS." },
  secretNotSeen: {
    status: "INSUFFICIENT_DATA",
    text: "The secret of {database} could not be read: {why}.",
    remedy: "Give the auditor what the gap names, and audit again.",
  },
  secretMissing: {
    status: "NOT_APPLICABLE",
    text: "The secret that RDS names for {database} does not exist; secret-belongs-to-database reports it.",
    // That rule may be off, or not the one that is asked: nobody else confirms it then.
    confirm: ["secretsmanager:DescribeSecret"],
  },
} as const;

type SecretVerdict = Verdict<keyof typeof secretMessages>;

/** The secret of a managed database, or the verdict that ends the check. */
export function secretOf(database: ClassifiedDatabase, { secret }: RuleContext): Secret | SecretVerdict {
  if (database.management !== "managed") return { messageId: "notManaged" };
  if (!secret.seen) return { messageId: "secretNotSeen", data: { why: secret.why } };
  return secret.value ?? { messageId: "secretMissing" };
}

/** What every rule about the secret's key says before it comes to its own facts. */
export const keyMessages = {
  notManaged: secretMessages.notManaged,
  secretMissing: secretMessages.secretMissing,
  keyNotSeen: {
    status: "INSUFFICIENT_DATA",
    text: "The key of the secret of {database} could not be read: {why}.",
    remedy:
      "Give the auditor what the gap names (for another account's key its key policy must allow it too), and audit again.",
  },
} as const;

/** Whether it was seen that the secret does not exist: then there is no key to be judged either. */
export function lacksSecret({ secret }: RuleContext): boolean {
  return secret.seen && secret.value === null;
}

/** Whether a guard ended the check. */
export function isVerdict<V extends Verdict>(value: object | V | null): value is V {
  return value !== null && "messageId" in value;
}
