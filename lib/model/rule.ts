import type { ActionName } from "./action.ts";
import type { ClassifiedDatabase } from "./database.ts";
import type { Severity, Status } from "./finding.ts";
import type { Gap } from "./inventory.ts";
import type { Key } from "./key.ts";
import type { Thresholds } from "./policy.ts";
import type { Secret } from "./secret.ts";

/** Something that was looked for: seen (null where AWS says that it does not exist), or not seen, with the reason. */
export type Fact<T> =
  | { readonly seen: true; readonly value: T | null }
  | { readonly seen: false; readonly why: string };

/** Everything that a rule may know beside the database. Data only: no call, no clock. */
export type RuleContext = {
  /** ISO 8601. */
  readonly now: string;
  readonly thresholds: Thresholds;
  /** The secret that RDS names. */
  readonly secret: Fact<Secret>;
  /** The secret's resource policy, as JSON text; read only where the secret is impaired. */
  readonly resourcePolicy: Fact<string>;
  /** The key as RDS reports it, and as Secrets Manager does; they are one unless somebody changed it behind RDS's back. */
  readonly rdsKey: KeyFacts;
  readonly secretKey: KeyFacts;
  /** What the policy asks for this database, any one of which will do; empty where nothing is required. */
  readonly requiredKeys: readonly RequiredKey[];
  /** DB cluster of a cluster member: whether it is in the inventory. */
  readonly cluster: Fact<true>;
  /** Tenant databases of a multi-tenant container: whether they could be read. */
  readonly tenantDatabases: Fact<true>;
};

/** Where a key's ARN can be told without KMS, it is seen even if the key itself is not. */
export type KeyFacts = { readonly arn: Fact<string>; readonly key: Fact<Key> };

/** A key as the policy has it, and the ARN that it means here (null for `customer-managed` and `aws-managed`). */
export type RequiredKey = { readonly requirement: string } & KeyFacts;

/**
 * A sentence that a rule can say, and the status that it stands for. `{name}` is a slot; always filled are `{database}` ("DB instance orders"),
 * `{modify}` and `{rotate}` (the AWS CLI commands that modify it, up to the options, and that rotate its password), and `{region}`.
 * What is wrong or unknown has a remedy: one sentence that says what to do.
 */
export type Message = {
  readonly text: string;
  /** IAM actions that are called for the one database before this is said: to confirm what a list says, or to explain it. */
  readonly confirm?: readonly ConfirmingAction[];
  /** What repairs it: the first that is not known to be of no use. What has none is left to a person. */
  readonly repairs?: readonly ActionName[];
} & (
  | { readonly status: "COMPLIANT" | "NOT_APPLICABLE" }
  | { readonly status: "NON_COMPLIANT" | "INSUFFICIENT_DATA"; readonly remedy: string }
);

/** What can be asked of one secret. */
export type ConfirmingAction = "secretsmanager:DescribeSecret" | "secretsmanager:GetResourcePolicy";

export type Evidence = Gap | string | number | boolean | null | readonly string[];

/** What a rule found: which of its messages, with what in its slots, resting on which facts. */
export type Verdict<Id extends string = string> = {
  readonly messageId: Id;
  readonly data?: Readonly<Record<string, string>>;
  readonly evidence?: Readonly<Record<string, Evidence>>;
};

/** A compliance rule: data about itself, and one pure function. Its id is its file's name and states the good state. */
export type Rule<Id extends string = string> = {
  readonly id: string;
  /** The good state, as a sentence without a full stop. */
  readonly title: string;
  readonly severity: Severity;
  /** Why it matters, in two or three sentences. */
  readonly rationale: string;
  readonly references: readonly string[];
  /** IAM actions that its facts come from. */
  readonly reads: readonly string[];
  readonly messages: Readonly<Record<Id, Message>>;
  readonly check: (database: ClassifiedDatabase, context: RuleContext) => Verdict<NoInfer<Id>>;
};

/** Declares a rule; the compiler checks that it says only what is in its messages. */
export function defineRule<const Id extends string>(rule: Rule<Id>): Rule {
  return rule;
}

/** The status that a verdict of a rule stands for. */
export function statusOf(rule: Rule, verdict: Verdict): Status {
  const message = rule.messages[verdict.messageId];
  if (message === undefined) throw new Error(`rule ${rule.id} has no message "${verdict.messageId}"`);
  return message.status;
}

/** A text with its slots filled. */
export function fill(text: string, data: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => data[name] ?? whole);
}
