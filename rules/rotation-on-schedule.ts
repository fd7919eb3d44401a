import { isStopped } from "../lib/model/database.ts";
import { defineRule } from "../lib/model/rule.ts";
import { databaseLists, isVerdict, rotationMessages, secretMessages, secretOf } from "../lib/model/rule-guards.ts";
import { describeHours, describeInstant, hoursBetween } from "../lib/model/time.ts";

export const rotationOnSchedule = defineRule({
  id: "rotation-on-schedule",
  title: "Rotation of the managed secret is not overdue",
  severity: "medium",
  rationale:
    "A next rotation date in the past means that rotation failed, often long before RDS reports the secret as impaired. " +
    "RDS cannot rotate the secret of a stopped database, so the rule does not apply until the database has started.",
  references: ["https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DescribeSecret.html"],
  reads: [...databaseLists, "secretsmanager:ListSecrets"],
  messages: {
    ...secretMessages,
    ...rotationMessages,
    stopped: {
      status: "NOT_APPLICABLE",
      text: "{database} is {status}; RDS rotates a secret only while its database runs.",
    },
    onSchedule: { status: "COMPLIANT", text: "Rotation of the secret of {database} is on schedule, due on {due}." },
    dateUnknown: {
      status: "INSUFFICIENT_DATA",
      text: "The secret of {database} rotates automatically, but Secrets Manager reports no valid date for the next rotation.",
      remedy: "Check the rotation schedule in the Secrets Manager console and set it again.",
      confirm: ["secretsmanager:DescribeSecret"],
    },
    overdue: {
      status: "NON_COMPLIANT",
      modifiesDatabase: true,
      repairs: ["rotate"],
      text: "Rotation of the secret of {database} was due on {due}, {late} ago.",
      remedy: "Check for event RDS-EVENT-0067 and the state of the KMS key, then rotate the password: {rotate}",
      confirm: ["secretsmanager:DescribeSecret"],
    },
  },
  check(database, context) {
    const secret = secretOf(database, context);
    if (isVerdict(secret)) return secret;
    if (secret.rotationEnabled !== true) return { messageId: "off" };
    if (isStopped(database) || database.status === "starting")
      return { messageId: "stopped", data: { status: database.status } };
    const due = secret.nextRotationAt;
    const lateHours = due === null ? Number.NaN : hoursBetween(due, context.now);
    if (due === null || Number.isNaN(lateHours)) return { messageId: "dateUnknown" };
    if (lateHours <= context.thresholds.rotationGraceHours)
      return { messageId: "onSchedule", data: { due: describeInstant(due) } };
    const evidence = { nextRotationAt: due, lastRotatedAt: secret.lastRotatedAt };
    return { messageId: "overdue", data: { due: describeInstant(due), late: describeHours(lateHours) }, evidence };
  },
});
