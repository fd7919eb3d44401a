import { defineRule } from "../lib/model/rule.ts";
import { databaseLists, isVerdict, secretMessages, secretOf } from "../lib/model/rule-guards.ts";
import { isKnownSecretStatus } from "../lib/model/secret.ts";
import { describeHours, hoursBetween } from "../lib/model/time.ts";

export const secretNotStuck = defineRule({
  id: "secret-not-stuck",
  title: "The managed secret is not stuck in creation or rotation",
  severity: "medium",
  rationale:
    "RDS makes a secret in minutes and typically rotates it within one. " +
    "A secret that stays in creating or rotating has a password that may be the old one, the new one or neither. " +
    "AWS gives no time for the status itself: the age is counted from the last change of the secret.",
  references: ["https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_managed.html"],
  reads: [...databaseLists, "secretsmanager:ListSecrets"],
  messages: {
    ...secretMessages,
    settled: { status: "COMPLIANT", text: "The secret of {database} is active." },
    inTime: {
      status: "COMPLIANT",
      text: "The secret of {database} has been {status} for {age}, which is within the limit of {limit}.",
    },
    impaired: {
      status: "NOT_APPLICABLE",
      text: "The secret of {database} is impaired; secret-not-impaired reports it.",
    },
    statusUnknown: {
      status: "INSUFFICIENT_DATA",
      text: "RDS reports the status {status} for the secret of {database}, which this version does not know.",
      remedy: "Look the database up in the console, and see whether a newer version of the auditor knows the status.",
    },
    ageUnknown: {
      status: "INSUFFICIENT_DATA",
      text: "The secret of {database} is {status}, and AWS does not say since when.",
      remedy: "Audit again in an hour: a secret that is still {status} then is stuck.",
    },
    stuck: {
      status: "NON_COMPLIANT",
      text: "The secret of {database} has been {status} for {age}; the limit is {limit}.",
      remedy: "Look for the database's event RDS-EVENT-0067 and the key's state, then rotate: {rotate}",
      confirm: ["secretsmanager:DescribeSecret"],
    },
  },
  check(database, context) {
    if (database.management !== "managed") return { messageId: "notManaged" };
    const status = database.masterUserSecret?.status ?? "none";
    if (!isKnownSecretStatus(status)) return { messageId: "statusUnknown", data: { status } };
    if (status === "active") return { messageId: "settled" };
    if (status === "impaired") return { messageId: "impaired" };
    const secret = secretOf(database, context);
    if (isVerdict(secret)) return secret;
    const [since, limitMinutes] =
      status === "creating"
        ? [secret.createdAt, context.thresholds.creatingMinutes]
        : [secret.lastChangedAt, context.thresholds.rotatingMinutes];
    const hours = since === null ? Number.NaN : hoursBetween(since, context.now);
    if (Number.isNaN(hours)) return { messageId: "ageUnknown", data: { status } };
    const data = { status, age: describeHours(hours), limit: describeHours(limitMinutes / 60) };
    if (hours * 60 <= limitMinutes) return { messageId: "inTime", data };
    return { messageId: "stuck", data, evidence: { status, since } };
  },
});
