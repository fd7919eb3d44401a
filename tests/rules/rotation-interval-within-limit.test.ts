import { rotationIntervalWithinLimit } from "../../rules/rotation-interval-within-limit.ts";
import { aSchedule, secretArn, withSecret } from "../support/builders.ts";
import { describeRule } from "../support/rule-harness.ts";

/** A secret that rotates by `AutomaticallyAfterDays`. */
const every = (automaticallyAfterDays: number | null) =>
  withSecret({ rotationRules: aSchedule({ automaticallyAfterDays }) });
/** A secret that rotates by an expression; AWS still reports the days. */
const by = (scheduleExpression: string, automaticallyAfterDays: number | null = null) =>
  withSecret({ rotationRules: aSchedule({ automaticallyAfterDays, scheduleExpression }) });

const tooLong = (schedule: string, intervalDays: number) => ({ schedule, intervalDays, limitDays: 90 });

describeRule({
  rule: rotationIntervalWithinLimit,
  url: import.meta.url,
  confirms: { tooLong: ["secretsmanager:DescribeSecret"], scheduleUnknown: ["secretsmanager:DescribeSecret"] },
  examples: {
    COMPLIANT: [
      {
        name: "the default of seven days",
        context: every(7),
        messageId: "within",
        mentions: ["at least every 7 days; the limit is 90 days"],
      },
      { name: "exactly the limit, in days", context: every(90), messageId: "within" },
      { name: "exactly the limit, as a rate", context: by("rate(90 days)"), messageId: "within" },
      { name: "a rate in hours", context: by("rate(100 hours)"), messageId: "within", mentions: ["every 5 days"] },
      { name: "the first of every month", context: by("cron(0 3 1 * ? *)"), messageId: "within" },
      {
        name: "an expression within the limit beside days beyond it",
        context: by("rate(30 days)", 365),
        messageId: "within",
        mentions: ["30 days"],
      },
    ],
    NON_COMPLIANT: [
      {
        name: "one day beyond the limit",
        context: every(91),
        messageId: "tooLong",
        mentions: ["may go 91 days", "every 91 days", secretArn, "AutomaticallyAfterDays=90"],
        evidence: tooLong("every 91 days", 91),
      },
      {
        name: "one hour beyond the limit",
        context: by("rate(2161 hours)"),
        messageId: "tooLong",
        mentions: ["may go 91 days"],
        evidence: tooLong("rate(2161 hours)", 2161 / 24),
      },
      {
        name: "a quarterly cron, whose longest quarter has 92 days",
        context: by("cron(0 3 1 1/3 ? *)"),
        messageId: "tooLong",
        evidence: tooLong("cron(0 3 1 1/3 ? *)", 92),
      },
      {
        name: "an expression beyond the limit beside days within it",
        context: by("rate(365 days)", 7),
        messageId: "tooLong",
        evidence: tooLong("rate(365 days)", 365),
      },
    ],
    NOT_APPLICABLE: [
      {
        name: "canceled rotation with a schedule beyond the limit",
        context: withSecret({ rotationEnabled: false, rotationRules: aSchedule({ automaticallyAfterDays: 365 }) }),
        messageId: "off",
      },
    ],
    INSUFFICIENT_DATA: [
      {
        name: "an expression that is not valid",
        context: by("every now and then"),
        messageId: "scheduleUnknown",
        mentions: ["every now and then"],
        evidence: { schedule: "every now and then" },
      },
      {
        name: "rotation without rules",
        context: withSecret({ rotationRules: null }),
        messageId: "scheduleUnknown",
        evidence: { schedule: "every ? days" },
      },
      {
        name: "rules without days or expression",
        context: every(null),
        messageId: "scheduleUnknown",
        evidence: { schedule: "every ? days" },
      },
      { name: "a rate of zero days", context: by("rate(0 days)"), messageId: "scheduleUnknown" },
    ],
  },
});
