import { isStopped } from "../lib/model/database.ts";
import { defineRule } from "../lib/model/rule.ts";
import {
  databaseLists,
  gapRemedy,
  isVerdict,
  rotationMessages,
  secretMessages,
  secretOf,
} from "../lib/model/rule-guards.ts";
import { describeHours, describeInstant, hoursBetween } from "../lib/model/time.ts";

export const rotationOnSchedule = defineRule({
  id: "rotation-on-schedule",
  title: "Rotation of the managed secret is not overdue",
  severity: "medium",
  rationale:
    "A next rotation date in the past means that rotation failed, often long before RDS reports the secret as impaired. " +
    "RDS cannot rotate the secret of a stopped database, and starts a stopped database after seven days. " +
    "So the rule does not apply until the database has started, and a late rotation is excused for the grace period after that.",
  references: ["https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DescribeSecret.html"],
  reads: [...databaseLists, "secretsmanager:ListSecrets"],
  messages: {
    ...secretMessages,
    ...rotationMessages,
    stopped: {
      status: "NOT_APPLICABLE",
      text: "{database} is {status}; RDS rotates a secret only while its database runs.",
    },
    justStarted: {
      status: "NOT_APPLICABLE",
      text: "Rotation of the secret of {database} was due on {due} while the database was stopped; it started on {started}.",
    },
    startNotSeen: {
      status: "INSUFFICIENT_DATA",
      text: "Rotation of the secret of {database} was due on {due}, {late} ago, and whether the database was stopped then is unknown: {why}.",
      remedy: gapRemedy,
      confirm: ["secretsmanager:DescribeSecret", "rds:DescribeEvents"],
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
      confirm: ["secretsmanager:DescribeSecret", "rds:DescribeEvents"],
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
    const { startedAt, thresholds } = context;
    const data = { due: describeInstant(due), late: describeHours(lateHours) };
    const evidence = { nextRotationAt: due, lastRotatedAt: secret.lastRotatedAt };
    if (lateHours <= thresholds.rotationGraceHours) return { messageId: "onSchedule", data };
    if (!startedAt.seen) return { messageId: "startNotSeen", data: { ...data, why: startedAt.why }, evidence };
    const started = startedAt.value;
    if (started !== null && hoursBetween(started, context.now) <= thresholds.rotationGraceHours)
      return { messageId: "justStarted", data: { ...data, started: describeInstant(started) } };
    return { messageId: "overdue", data, evidence };
  },
});
