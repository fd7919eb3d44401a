import { secretNotStuck } from "../../rules/secret-not-stuck.ts";
import {
  aContext,
  aDatabase,
  aMasterUserSecret,
  aPolicy,
  hoursFromNow,
  unseen,
  withSecret,
} from "../support/builders.ts";
import { describeRule } from "../support/rule-harness.ts";

const withStatus = (status: string | null) => aDatabase({ masterUserSecret: aMasterUserSecret({ status }) });
const creating = withStatus("creating");
const rotating = withStatus("rotating");
const longAgo = "2024-01-15T08:05:00.000Z";
const createdAt = (createdAt: string | null) => withSecret({ createdAt, lastChangedAt: longAgo });
const lastChangedAt = (lastChangedAt: string | null) => withSecret({ createdAt: longAgo, lastChangedAt });
const second = 1 / 3600;
const minute = 1 / 60;
const hourAndASecondAgo = hoursFromNow(-1 - second);

describeRule({
  rule: secretNotStuck,
  url: import.meta.url,
  database: rotating,
  // An active secret is not stuck, even if it cannot be read.
  passesWithout: ["secretsmanager:ListSecrets"],
  confirms: { stuck: ["secretsmanager:DescribeSecret"], ageUnknown: ["secretsmanager:DescribeSecret"] },
  examples: {
    COMPLIANT: [
      { name: "an active secret of any age", database: aDatabase(), messageId: "settled" },
      {
        name: "an active secret that could not be read",
        database: aDatabase(),
        context: aContext({ secret: unseen() }),
        messageId: "settled",
      },
      {
        name: "creation exactly at its limit",
        database: creating,
        context: createdAt(hoursFromNow(-1)),
        messageId: "inTime",
        mentions: ["has been creating for 1 hour, within the limit of 1 hour"],
      },
      {
        name: "a rotation exactly at its limit",
        context: lastChangedAt(hoursFromNow(-1)),
        messageId: "inTime",
        mentions: ["has been rotating for 1 hour"],
      },
      {
        name: "a rotation that has just started",
        context: lastChangedAt(hoursFromNow(-2 * minute)),
        messageId: "inTime",
        mentions: ["for 2 minutes"],
      },
      {
        name: "a last change in the future, because AWS's clock is ahead",
        context: lastChangedAt(hoursFromNow(minute)),
        messageId: "inTime",
        mentions: ["for 0 minutes"],
      },
    ],
    NON_COMPLIANT: [
      {
        name: "creation one second beyond its limit",
        database: creating,
        context: createdAt(hourAndASecondAgo),
        messageId: "stuck",
        mentions: ["has been creating for 1 hour; the limit is 1 hour", "RDS-EVENT-0067"],
        evidence: { status: "creating", since: hourAndASecondAgo },
      },
      {
        name: "a rotation one second beyond its limit",
        context: lastChangedAt(hourAndASecondAgo),
        messageId: "stuck",
        evidence: { status: "rotating", since: hourAndASecondAgo },
      },
      {
        name: "creation has its own limit",
        database: creating,
        context: withSecret(
          { createdAt: hoursFromNow(-11 * minute) },
          { thresholds: { ...aPolicy().thresholds, creatingMinutes: 10 } },
        ),
        messageId: "stuck",
        mentions: ["for 11 minutes; the limit is 10 minutes"],
        evidence: { status: "creating", since: hoursFromNow(-11 * minute) },
      },
      {
        name: "rotation has its own limit",
        context: withSecret(
          { lastChangedAt: hoursFromNow(-11 * minute) },
          { thresholds: { ...aPolicy().thresholds, rotatingMinutes: 10 } },
        ),
        messageId: "stuck",
        evidence: { status: "rotating", since: hoursFromNow(-11 * minute) },
      },
    ],
    NOT_APPLICABLE: [{ name: "an impaired secret", database: withStatus("impaired"), messageId: "impaired" }],
    INSUFFICIENT_DATA: [
      {
        name: "creation without a date",
        database: creating,
        context: createdAt(null),
        messageId: "ageUnknown",
        mentions: ["is creating, and AWS does not report since when"],
      },
      { name: "a rotation without a date", context: lastChangedAt(null), messageId: "ageUnknown" },
      { name: "a date that is not valid", context: lastChangedAt("just now"), messageId: "ageUnknown" },
    ],
  },
});
