import { defineRule } from "../lib/model/rule.ts";
import { databaseLists, isVerdict, secretMessages, secretOf } from "../lib/model/rule-guards.ts";
import { describeHours, hoursBetween } from "../lib/model/time.ts";

export const rotationOnSchedule = defineRule({
  id: "rotation-on-schedule",
  title: "The managed secret was rotated when it was due",
  severity: "medium",
  rationale:
    "A rotation date in the past means that the rotation failed, often long before RDS calls the secret impaired. " +
    "A stopped database cannot be rotated, and is not judged until it is started.",
  references: ["https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DescribeSecret.html"],
  reads: [...databaseLists, "secretsmanager:ListSecrets"],
  messages: {
    ...secretMessages,
    off: {
      status: "NOT_APPLICABLE",
      text: "The secret of {database} does not rotate automatically; rotation-enabled reports it.",
      confirm: ["secretsmanager:DescribeSecret"],
    },
    stopped: { status: "NOT_APPLICABLE", text: "{database} is {status}, and a stopped database is not rotated." },
    onSchedule: { status: "COMPLIANT", text: "The secret of {database} is on schedule; it is due on {due}." },
    dateUnknown: {
      status: "INSUFFICIENT_DATA",
      text: "The secret of {database} rotates automatically, and Secrets Manager does not say when next.",
      remedy: "Look at the secret's rotation in the console, and set its schedule again.",
    },
    overdue: {
      status: "NON_COMPLIANT",
      repairs: ["rotate"],
      text: "The rotation of the secret of {database} was due on {due}, {late} ago.",
      remedy: "Look for the database's event RDS-EVENT-0067 and the key's state, then rotate: {rotate}",
      confirm: ["secretsmanager:DescribeSecret"],
    },
  },
  check(database, context) {
    const secret = secretOf(database, context);
    if (isVerdict(secret)) return secret;
    if (secret.rotationEnabled !== true) return { messageId: "off" };
    if (database.status === "stopped" || database.status === "stopping")
      return { messageId: "stopped", data: { status: database.status } };
    const due = secret.nextRotationAt;
    const lateHours = due === null ? Number.NaN : hoursBetween(due, context.now);
    if (due === null || Number.isNaN(lateHours)) return { messageId: "dateUnknown" };
    if (lateHours <= context.thresholds.rotationGraceHours) return { messageId: "onSchedule", data: { due } };
    const evidence = { nextRotationAt: due, lastRotatedAt: secret.lastRotatedAt };
    return { messageId: "overdue", data: { due, late: describeHours(lateHours) }, evidence };
  },
});
