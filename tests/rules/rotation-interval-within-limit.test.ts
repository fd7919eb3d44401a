import { rotationIntervalWithinLimit } from "../../rules/rotation-interval-within-limit.ts";
import { aContext, aDatabase, aSchedule, secretArn, seen, unseen, withSecret } from "../support/builders.ts";
import { describeRule } from "../support/rule-harness.ts";

/** A secret that rotates by `AutomaticallyAfterDays`. */
const every = (automaticallyAfterDays: number | null) =>
  withSecret({ rotationRules: aSchedule({ automaticallyAfterDays }) });
/** A secret that rotates by an expression; AWS goes on reporting the days beside it. */
const by = (scheduleExpression: string, automaticallyAfterDays: number | null = null) =>
  withSecret({ rotationRules: aSchedule({ automaticallyAfterDays, scheduleExpression }) });

const database = aDatabase();
const tooLong = (schedule: string, intervalDays: number) => ({ schedule, intervalDays, limitDays: 90 });

describeRule({
  rule: rotationIntervalWithinLimit,
  url: import.meta.url,
  confirms: {
    secretMissing: ["secretsmanager:DescribeSecret"],
    tooLong: ["secretsmanager:DescribeSecret"],
    off: ["secretsmanager:DescribeSecret"],
  },
  examples: {
    COMPLIANT: [
      {
        name: "the seven days that RDS sets",
        database,
        context: every(7),
        messageId: "within",
        mentions: ["at least every 7 days; the limit is 90"],
      },
      { name: "exactly the limit, in days", database, context: every(90), messageId: "within" },
      { name: "exactly the limit, as a rate", database, context: by("rate(90 days)"), messageId: "within" },
      {
        name: "a rate in hours",
        database,
        context: by("rate(100 hours)"),
        messageId: "within",
        mentions: ["every 5 days"],
      },
      { name: "the first of every month", database, context: by("cron(0 3 1 * ? *)"), messageId: "within" },
      {
        name: "an expression wins over days that are too many",
        database,
        context: by("rate(30 days)", 365),
        messageId: "within",
        mentions: ["30 days"],
      },
    ],
    NON_COMPLIANT: [
      {
        name: "one day beyond the limit",
        database,
        context: every(91),
        messageId: "tooLong",
        mentions: ["may go 91 days", "every 91 days", secretArn, "AutomaticallyAfterDays=90"],
        evidence: tooLong("every 91 days", 91),
      },
      {
        name: "one hour beyond the limit",
        database,
        context: by("rate(2161 hours)"),
        messageId: "tooLong",
        mentions: ["may go 91 days"],
        evidence: tooLong("rate(2161 hours)", 2161 / 24),
      },
      {
        name: "a quarterly cron, whose longest quarter has 92 days",
        database,
        context: by("cron(0 3 1 1/3 ? *)"),
        messageId: "tooLong",
        evidence: tooLong("cron(0 3 1 1/3 ? *)", 92),
      },
      {
        name: "an expression wins over days that are few",
        database,
        context: by("rate(365 days)", 7),
        messageId: "tooLong",
        evidence: tooLong("rate(365 days)", 365),
      },
    ],
    NOT_APPLICABLE: [
      {
        name: "a cancelled rotation is reported by another rule",
        database,
        context: withSecret({
          rotationEnabled: false,
          rotationRules: aSchedule({ automaticallyAfterDays: 365 }),
        }),
        messageId: "off",
      },
      {
        name: "rotation that was never configured is reported by another rule",
        database,
        context: withSecret({ rotationEnabled: null, rotationRules: null }),
        messageId: "off",
      },
      {
        name: "a database without a managed password",
        database: aDatabase({ management: "unmanaged" }),
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
      {
        name: "an expression that nobody understands",
        database,
        context: by("every now and then"),
        messageId: "scheduleUnknown",
        mentions: ["every now and then"],
        evidence: { schedule: "every now and then" },
      },
      {
        name: "rotation without rules",
        database,
        context: withSecret({ rotationRules: null }),
        messageId: "scheduleUnknown",
        evidence: { schedule: "every ? days" },
      },
      {
        name: "rules without days or expression",
        database,
        context: every(null),
        messageId: "scheduleUnknown",
        evidence: { schedule: "every ? days" },
      },
      {
        name: "a rate of no days at all is no schedule",
        database,
        context: by("rate(0 days)"),
        messageId: "scheduleUnknown",
      },
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
