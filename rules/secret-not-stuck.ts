import { defineRule } from "../lib/model/rule.ts";
import { databaseLists, isVerdict, secretMessages, secretOf, statusMessages } from "../lib/model/rule-guards.ts";
import { isKnownSecretStatus } from "../lib/model/secret.ts";
import { describeHours, hoursBetween } from "../lib/model/time.ts";

export const secretNotStuck = defineRule({
  id: "secret-not-stuck",
  title: "The managed secret is not stuck in creation or rotation",
  severity: "medium",
  rationale:
    "RDS creates a secret in minutes and usually rotates it within one. " +
    "A secret that stays in creating or rotating can hold the old password, the new password or neither. " +
    "AWS reports no time for the status, so the age counts from the creation or the last change of the secret.",
  references: ["https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_managed.html"],
  reads: [...databaseLists, "secretsmanager:ListSecrets"],
  messages: {
    ...secretMessages,
    settled: { status: "COMPLIANT", text: "The secret of {database} is active." },
    inTime: {
      status: "COMPLIANT",
      text: "The secret of {database} has been {status} for {age}, within the limit of {limit}.",
    },
    impaired: {
      status: "NOT_APPLICABLE",
      text: "The secret of {database} is impaired; see secret-not-impaired.",
    },
    ...statusMessages,
    ageUnknown: {
      status: "INSUFFICIENT_DATA",
      text: "The secret of {database} is {status}, and AWS does not report since when.",
      remedy: "Audit again in an hour. If the secret is still {status}, it is stuck.",
      confirm: ["secretsmanager:DescribeSecret"],
    },
    stuck: {
      status: "NON_COMPLIANT",
      modifiesDatabase: true,
      text: "The secret of {database} has been {status} for {age}; the limit is {limit}.",
      remedy: "Check for event RDS-EVENT-0067 and the state of the KMS key, then rotate the password: {rotate}",
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
