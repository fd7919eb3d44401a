import { longestIntervalDays } from "../lib/model/rotation-schedule.ts";
import { defineRule } from "../lib/model/rule.ts";
import { databaseLists, isVerdict, rotationMessages, secretMessages, secretOf } from "../lib/model/rule-guards.ts";

export const rotationIntervalWithinLimit = defineRule({
  id: "rotation-interval-within-limit",
  title: "The managed secret rotates at least as often as the policy requires",
  severity: "low",
  rationale:
    "RDS rotates a managed secret every seven days. The schedule can be longer, in days or as a rate() or cron() expression. " +
    "For an expression, the longest gap between two runs counts: a cron() that runs twice in January is a yearly schedule.",
  references: ["https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_schedule.html"],
  reads: [...databaseLists, "secretsmanager:ListSecrets"],
  messages: {
    ...secretMessages,
    ...rotationMessages,
    within: {
      status: "COMPLIANT",
      text: "The secret of {database} rotates at least every {days} days; the limit is {limit} days.",
    },
    scheduleUnknown: {
      status: "INSUFFICIENT_DATA",
      text: "The rotation schedule of the secret of {database} is not valid: {schedule}.",
      remedy: "Check the rotation schedule in the Secrets Manager console and set it again.",
      confirm: ["secretsmanager:DescribeSecret"],
    },
    tooLong: {
      status: "NON_COMPLIANT",
      text: "The secret of {database} may go {days} days without rotation ({schedule}); the limit is {limit} days.",
      remedy:
        "Shorten the schedule: aws secretsmanager rotate-secret --region {region} --secret-id '{secret}' --rotation-rules AutomaticallyAfterDays={limit} --no-rotate-immediately",
      confirm: ["secretsmanager:DescribeSecret"],
    },
  },
  check(database, context) {
    const secret = secretOf(database, context);
    if (isVerdict(secret)) return secret;
    if (secret.rotationEnabled !== true) return { messageId: "off" };
    const { rotationRules } = secret;
    const schedule = rotationRules?.scheduleExpression ?? `every ${rotationRules?.automaticallyAfterDays ?? "?"} days`;
    const intervalDays = longestIntervalDays(rotationRules);
    if (intervalDays === null) return { messageId: "scheduleUnknown", data: { schedule }, evidence: { schedule } };
    const limitDays = context.thresholds.rotationIntervalDays;
    const data = { days: String(Math.ceil(intervalDays)), limit: String(limitDays), schedule, secret: secret.arn };
    if (intervalDays <= limitDays) return { messageId: "within", data };
    return { messageId: "tooLong", data, evidence: { schedule, intervalDays, limitDays } };
  },
});
