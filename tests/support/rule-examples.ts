import { type ClassifiedDatabase, managements } from "../../lib/model/database.ts";
import type { Status } from "../../lib/model/finding.ts";
import type { Evidence, Message, Rule, RuleContext } from "../../lib/model/rule.ts";
import { keyMessages, rotationMessages, secretMessages, statusMessages } from "../../lib/model/rule-guards.ts";
import { aMasterUserSecret, anUnseenKey, aSecret, seen, unseen } from "./builders.ts";

/** One case of a rule: its input, and the message that the rule must return. */
export type Example = {
  readonly name: string;
  /** Default: that of the rule's examples. */
  readonly database?: ClassifiedDatabase;
  /** Default: that of the rule's examples. */
  readonly context?: RuleContext;
  /** Id of the message. */
  readonly messageId: string;
  /** Text that the message or its remedy must contain, such as the values of its placeholders. */
  readonly mentions?: readonly string[];
  /** Expected evidence. Checked for every NON_COMPLIANT example, and for others if given. */
  readonly evidence?: Readonly<Record<string, Evidence>>;
};

/** Where the shared examples start: a managed database and a context with which the rule reaches its guards. */
export type StartingPoint = { readonly database: ClassifiedDatabase; readonly context: RuleContext };

type SharedExample = Required<Pick<Example, "name" | "database" | "context">> &
  Pick<Example, "mentions" | "evidence"> & { readonly status: Status };

const sharedMessages: Readonly<Record<string, Message>> = {
  ...keyMessages,
  ...secretMessages,
  ...statusMessages,
  ...rotationMessages,
};

/** Confirmations of the shared messages; a rule with such a message has the same. */
export const sharedConfirmations: Readonly<Record<string, readonly string[]>> = {
  secretMissing: ["secretsmanager:DescribeSecret"],
  secretKeyNotSeen: ["secretsmanager:DescribeSecret"],
  off: ["secretsmanager:DescribeSecret"],
};

/** True if a rule has the shared message of that id, and not one of its own. */
export function hasSharedMessage(rule: Rule, messageId: string): boolean {
  return messageId in sharedMessages && rule.messages[messageId] === sharedMessages[messageId];
}

/** The examples of each shared message. */
const examplesOf: Readonly<Record<string, (from: StartingPoint) => readonly SharedExample[]>> = {
  notManaged: ({ database, context }) =>
    managements
      .filter((management) => management !== "managed")
      .flatMap((management) => [
        {
          name: `a database that is ${management}`,
          status: "NOT_APPLICABLE",
          database: { ...database, management, masterUserSecret: null },
          context,
        },
        {
          name: `a database that is ${management} but reports a secret`,
          status: "NOT_APPLICABLE",
          database: { ...database, management },
          context,
        },
      ]),
  secretMissing: ({ database, context }) => [
    {
      name: "a secret that does not exist",
      status: "NOT_APPLICABLE",
      database,
      context: { ...context, secret: seen<never>(null) },
    },
  ],
  secretNotSeen: ({ database, context }) => [
    {
      name: "secrets that could not be listed",
      status: "INSUFFICIENT_DATA",
      database,
      context: { ...context, secret: unseen() },
      mentions: ["secretsmanager:ListSecrets failed with AccessDeniedException"],
    },
  ],
  keyNotSeen: ({ database, context }) => [
    {
      name: "the key that RDS reports could not be read",
      status: "INSUFFICIENT_DATA",
      database,
      context: { ...context, rdsKey: anUnseenKey(null) },
      mentions: ["kms:DescribeKey failed with AccessDeniedException"],
    },
    {
      name: "the key is unknown because the secrets could not be listed",
      status: "INSUFFICIENT_DATA",
      database,
      context: { ...context, secret: unseen(), secretKey: { arn: unseen(), key: unseen() } },
      mentions: ["secretsmanager:ListSecrets failed with AccessDeniedException"],
    },
  ],
  secretKeyNotSeen: ({ database, context }) => [
    {
      name: "the key that Secrets Manager reports could not be read",
      status: "INSUFFICIENT_DATA",
      database,
      context: { ...context, secretKey: anUnseenKey(null) },
      mentions: ["kms:DescribeKey failed with AccessDeniedException"],
    },
  ],
  statusUnknown: ({ database, context }) => [
    ...["quarantined", null].map((status) => ({
      name: status === null ? "a secret without a status" : "a secret status that AWS does not document",
      status: "INSUFFICIENT_DATA" as const,
      database: { ...database, masterUserSecret: aMasterUserSecret({ status }) },
      context,
      mentions: [`status ${status ?? "none"}`],
    })),
    {
      name: "a managed database that reports no secret",
      status: "INSUFFICIENT_DATA",
      database: { ...database, masterUserSecret: null },
      context,
      mentions: ["status none"],
    },
  ],
  off: ({ database, context }) =>
    [false, null].map((rotationEnabled) => ({
      name: rotationEnabled === null ? "rotation that was never configured" : "canceled rotation",
      status: "NOT_APPLICABLE",
      database,
      context: {
        ...context,
        secret: seen(aSecret({ rotationEnabled, rotationRules: null, nextRotationAt: "2024-01-15T08:05:00.000Z" })),
      },
    })),
};

/** Examples of the shared messages that a rule has. */
export function sharedExamples(rule: Rule, from: StartingPoint) {
  return Object.keys(rule.messages)
    .filter((messageId) => hasSharedMessage(rule, messageId))
    .flatMap((messageId) => (examplesOf[messageId]?.(from) ?? []).map((example) => ({ ...example, messageId })));
}
