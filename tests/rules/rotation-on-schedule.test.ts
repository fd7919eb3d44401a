import { rotationOnSchedule } from "../../rules/rotation-on-schedule.ts";
import { aContext, aDatabase, aPolicy, hoursFromNow, seen, unseen, withSecret } from "../support/builders.ts";
import { describeRule } from "../support/rule-harness.ts";

const database = aDatabase();
const lastRotatedAt = "2026-11-20T03:00:00.000Z";
const due = (nextRotationAt: string | null) => withSecret({ nextRotationAt });
const second = 1 / 3600;

describeRule({
  rule: rotationOnSchedule,
  url: import.meta.url,
  confirms: {
    secretMissing: ["secretsmanager:DescribeSecret"],
    overdue: ["secretsmanager:DescribeSecret"],
    off: ["secretsmanager:DescribeSecret"],
  },
  examples: {
    COMPLIANT: [
      {
        name: "a rotation that is still to come",
        database,
        context: due("2026-11-27T23:59:59.000Z"),
        messageId: "onSchedule",
        mentions: ["it is due on 2026-11-27T23:59:59.000Z"],
      },
      {
        name: "a rotation exactly at the grace limit",
        database,
        context: due(hoursFromNow(-24)),
        messageId: "onSchedule",
      },
      {
        name: "a database that is starting is judged again",
        database: aDatabase({ status: "starting" }),
        context: due(hoursFromNow(1)),
        messageId: "onSchedule",
      },
    ],
    NON_COMPLIANT: [
      {
        name: "a rotation one second beyond the grace limit",
        database,
        context: due(hoursFromNow(-24 - second)),
        messageId: "overdue",
        mentions: [hoursFromNow(-24 - second), "24 hours ago", "--rotate-master-user-password --apply-immediately"],
        evidence: { nextRotationAt: hoursFromNow(-24 - second), lastRotatedAt },
      },
      {
        name: "no grace at all and one second late",
        database,
        context: withSecret(
          { nextRotationAt: hoursFromNow(-second) },
          { thresholds: { ...aPolicy().thresholds, rotationGraceHours: 0 } },
        ),
        messageId: "overdue",
        evidence: { nextRotationAt: hoursFromNow(-second), lastRotatedAt },
      },
      {
        name: "a rotation that failed days ago, while RDS still calls the secret active",
        database,
        context: due(hoursFromNow(-100)),
        messageId: "overdue",
        mentions: ["4 days ago"],
        evidence: { nextRotationAt: hoursFromNow(-100), lastRotatedAt },
      },
    ],
    NOT_APPLICABLE: [
      {
        name: "a stopped database cannot be rotated",
        database: aDatabase({ status: "stopped" }),
        context: due(hoursFromNow(-1000)),
        messageId: "stopped",
        mentions: ["is stopped"],
      },
      {
        name: "nor can one that is stopping",
        database: aDatabase({ status: "stopping" }),
        context: due(hoursFromNow(-1000)),
        messageId: "stopped",
        mentions: ["is stopping"],
      },
      {
        name: "a cancelled rotation is reported by another rule",
        database,
        context: withSecret({ rotationEnabled: false, nextRotationAt: hoursFromNow(-1000) }),
        messageId: "off",
      },
      {
        name: "rotation that was never configured is reported by another rule",
        database,
        context: withSecret({ rotationEnabled: null, nextRotationAt: null }),
        messageId: "off",
      },
      {
        name: "a database without a managed password",
        database: aDatabase({ management: "inherited" }),
        context: aContext(),
        messageId: "notManaged",
      },
      {
        name: "a secret that does not exist is reported by another rule",
        database,
        context: aContext({ secret: seen<never>(null) }),
        messageId: "secretMissing",
      },
    ],
    INSUFFICIENT_DATA: [
      { name: "rotation that is on and has no date", database, context: due(null), messageId: "dateUnknown" },
      { name: "a date that is none", database, context: due("soon"), messageId: "dateUnknown" },
      {
        name: "secrets that could not be listed",
        database,
        context: aContext({ secret: unseen() }),
        messageId: "secretNotSeen",
        mentions: ["secretsmanager:ListSecrets failed"],
      },
    ],
  },
});
