import type { ActionName } from "./action.ts";
import type { ClassifiedDatabase } from "./database.ts";
import type { Severity, Status } from "./finding.ts";
import type { Gap } from "./inventory.ts";
import type { Key } from "./key.ts";
import type { KeyAccess } from "./key-policy.ts";
import type { Thresholds } from "./policy.ts";
import type { Secret } from "./secret.ts";

/** A fact from AWS: seen (null if AWS says that it does not exist), or not seen, with the reason. */
export type Fact<T> =
  | { readonly seen: true; readonly value: T | null }
  | { readonly seen: false; readonly why: string };

/** Everything that a rule can use besides the database. Only data: no calls, no clock. */
export type RuleContext = {
  /** ISO 8601. */
  readonly now: string;
  readonly thresholds: Thresholds;
  /** The secret that RDS reports for the database. */
  readonly secret: Fact<Secret>;
  /** The secret's resource policy, as JSON text; read only if the secret is impaired, or a rule that is off by default asks for it. */
  readonly resourcePolicy: Fact<string>;
  /** The key that RDS reports. */
  readonly rdsKey: KeyFacts;
  /** The key that Secrets Manager reports; it differs from `rdsKey` if the key was changed in Secrets Manager. */
  readonly secretKey: KeyFacts;
  /**
   * What the policies and grants of these two keys say about RDS: one entry for each customer managed key, read only if the secret is
   * impaired.
   */
  readonly keyAccess: readonly KeyAccessFact[];
  /** The keys that the policy accepts for the database; empty if it requires none. */
  readonly requiredKeys: readonly RequiredKey[];
  /** ARN of the key that encrypts the database's storage. */
  readonly storageKey: Fact<string>;
  /** True if the policy requires another key for the secret than for the storage. */
  readonly differentFromStorage: boolean;
  /** When the database, or the container of a tenant database, last started, as far as recent events say; read only if rotation looks overdue. */
  readonly startedAt: Fact<string>;
  /** Seen if the DB cluster of a cluster member is in the inventory. */
  readonly cluster: Fact<true>;
  /** Seen if the tenant databases of a container database could be read. */
  readonly tenantDatabases: Fact<true>;
};

/** A KMS key. The ARN can be seen without the key, because a key ARN or key id needs no call to KMS. */
export type KeyFacts = { readonly arn: Fact<string>; readonly key: Fact<Key> };

/** What a key's policy and grants say about RDS. */
export type KeyAccessFact = { readonly keyArn: string; readonly access: Fact<KeyAccess> };

/** A key as written in the policy, and the ARN it resolves to (null for `customer-managed` and `aws-managed`). */
export type RequiredKey = { readonly requirement: string } & KeyFacts;

/**
 * A message of a rule, with its status. `{name}` is a placeholder for the verdict's `data`. Always available: `{database}` ("DB instance
 * orders"), `{region}`, `{modify}` (the AWS CLI command that modifies the database, without options) and `{rotate}` (the command that rotates
 * its password). NON_COMPLIANT and INSUFFICIENT_DATA messages have a remedy: what to do, in the imperative.
 */
export type Message = {
  readonly text: string;
  /** IAM actions to call for this database before the message is reported, because lists can be minutes old. */
  readonly confirm?: readonly ConfirmingAction[];
  /** True if the remedy changes the database or rotates its password through RDS, which refuses that while the database is stopped. */
  readonly modifiesDatabase?: true;
  /** Repair actions, the least disruptive first; the plan takes the first that has not failed. Without any, the finding needs manual action. */
  readonly repairs?: readonly ActionName[];
} & (
  | { readonly status: "COMPLIANT" | "NOT_APPLICABLE" }
  | { readonly status: "NON_COMPLIANT" | "INSUFFICIENT_DATA"; readonly remedy: string }
);

/** IAM actions on a single secret, on its keys, or, for events, on a single database. */
export type ConfirmingAction =
  | "rds:DescribeEvents"
  | "secretsmanager:DescribeSecret"
  | "secretsmanager:GetResourcePolicy"
  | "kms:GetKeyPolicy"
  | "kms:ListGrants";

export type Evidence = Gap | string | number | boolean | null | readonly string[];

/** What a rule returns: the id of its message, the values of the placeholders, and the supporting facts. */
export type Verdict<Id extends string = string> = {
  readonly messageId: Id;
  readonly data?: Readonly<Record<string, string>>;
  readonly evidence?: Readonly<Record<string, Evidence>>;
};

/** A compliance rule: metadata and one pure function. Its id is the file name and states the compliant state. */
export type Rule<Id extends string = string> = {
  readonly id: string;
  /** The compliant state, as a sentence without a period. */
  readonly title: string;
  readonly severity: Severity;
  /** The policy has to turn the rule on (`rulesOn`), because its facts cost a call per database. */
  readonly offByDefault?: true;
  /** Why the rule matters, in two or three sentences. */
  readonly rationale: string;
  readonly references: readonly string[];
  /** IAM actions that provide the rule's facts. */
  readonly reads: readonly string[];
  readonly messages: Readonly<Record<Id, Message>>;
  readonly check: (database: ClassifiedDatabase, context: RuleContext) => Verdict<NoInfer<Id>>;
};

/** Declares a rule. The compiler checks that `check` returns only ids of its messages. */
export function defineRule<const Id extends string>(rule: Rule<Id>): Rule {
  return rule;
}

/** The status of a rule's verdict. */
export function statusOf(rule: Rule, verdict: Verdict): Status {
  const message = rule.messages[verdict.messageId];
  if (message === undefined) throw new Error(`rule ${rule.id} has no message "${verdict.messageId}"`);
  return message.status;
}

/** Fills the placeholders of a text. */
export function fill(text: string, data: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => data[name] ?? whole);
}
