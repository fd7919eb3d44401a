import { rotationOnSchedule } from "../../rules/rotation-on-schedule.ts";
import { aDatabase, aPolicy, hoursFromNow, seen, unseen, withSecret } from "../support/builders.ts";
import { describeRule } from "../support/rule-harness.ts";

const lastRotatedAt = "2026-11-20T03:00:00.000Z";
const due = (nextRotationAt: string | null) => withSecret({ nextRotationAt });
const second = 1 / 3600;

describeRule({
  rule: rotationOnSchedule,
  url: import.meta.url,
  confirms: {
    overdue: ["secretsmanager:DescribeSecret", "rds:DescribeEvents"],
    startNotSeen: ["secretsmanager:DescribeSecret", "rds:DescribeEvents"],
    dateUnknown: ["secretsmanager:DescribeSecret"],
  },
  examples: {
    COMPLIANT: [
      {
        name: "a rotation in the future",
        context: due("2026-11-27T23:59:59.000Z"),
        messageId: "onSchedule",
        mentions: ["due on 2026-11-27 23:59 UTC."],
      },
      { name: "a rotation exactly at the grace limit", context: due(hoursFromNow(-24)), messageId: "onSchedule" },
    ],
    NON_COMPLIANT: [
      {
        name: "a rotation one second beyond the grace limit",
        context: due(hoursFromNow(-24 - second)),
        messageId: "overdue",
        mentions: [
          "was due on 2026-11-23 11:59 UTC, 24 hours ago.",
          "--rotate-master-user-password --apply-immediately",
        ],
        evidence: { nextRotationAt: hoursFromNow(-24 - second), lastRotatedAt },
      },
      {
        name: "one second late without a grace period",
        context: withSecret(
          { nextRotationAt: hoursFromNow(-second) },
          { thresholds: { ...aPolicy().thresholds, rotationGraceHours: 0 } },
        ),
        messageId: "overdue",
        evidence: { nextRotationAt: hoursFromNow(-second), lastRotatedAt },
      },
      {
        name: "a rotation that failed days ago, while RDS still reports the secret as active",
        context: due(hoursFromNow(-100)),
        messageId: "overdue",
        mentions: ["4 days ago"],
        evidence: { nextRotationAt: hoursFromNow(-100), lastRotatedAt },
      },
      {
        name: "a database that started one second before the grace period",
        context: { ...due(hoursFromNow(-100)), startedAt: seen(hoursFromNow(-24 - second)) },
        messageId: "overdue",
        evidence: { nextRotationAt: hoursFromNow(-100), lastRotatedAt },
      },
    ],
    NOT_APPLICABLE: [
      ...["stopped", "stopping", "starting"].map((status) => ({
        name: `a database that is ${status}`,
        database: aDatabase({ status }),
        context: due(hoursFromNow(-1000)),
        messageId: "stopped",
        mentions: [`is ${status};`],
      })),
      ...[0, -24].map((hours) => ({
        name: `a database that started ${-hours} hours ago, after the rotation was due`,
        context: { ...due(hoursFromNow(-100)), startedAt: seen(hoursFromNow(hours)) },
        messageId: "justStarted",
        mentions: ["while the database was stopped"],
      })),
    ],
    INSUFFICIENT_DATA: [
      {
        name: "a late rotation, and the events of the database could not be read",
        context: { ...due(hoursFromNow(-100)), startedAt: unseen("rds:DescribeEvents failed with AccessDenied") },
        messageId: "startNotSeen",
        mentions: ["4 days ago", "rds:DescribeEvents failed with AccessDenied"],
      },
      { name: "rotation that is on but has no date", context: due(null), messageId: "dateUnknown" },
      { name: "a date that is not valid", context: due("soon"), messageId: "dateUnknown" },
    ],
  },
});
