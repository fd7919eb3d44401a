import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { judge } from "../../lib/audit/judge.ts";
import { defaultPolicy } from "../../lib/model/default-policy.ts";
import { secretNotStuck } from "../../rules/secret-not-stuck.ts";
import { anyContext, anyText } from "../support/arbitraries.ts";
import {
  aContext,
  aDatabase,
  aMasterUserSecret,
  aPolicy,
  hoursFromNow,
  seen,
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
  // An active secret is not stuck, whoever may read it.
  passesWithout: ["secretsmanager:ListSecrets"],
  confirms: { secretMissing: ["secretsmanager:DescribeSecret"], stuck: ["secretsmanager:DescribeSecret"] },
  examples: {
    COMPLIANT: [
      { name: "an active secret, whatever its age", database: aDatabase(), context: aContext(), messageId: "settled" },
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
        mentions: ["has been creating for 1 hour, which is within the limit of 1 hour"],
      },
      {
        name: "a rotation exactly at its limit",
        database: rotating,
        context: lastChangedAt(hoursFromNow(-1)),
        messageId: "inTime",
        mentions: ["has been rotating for 1 hour"],
      },
      {
        name: "a rotation that has just begun",
        database: rotating,
        context: lastChangedAt(hoursFromNow(-2 * minute)),
        messageId: "inTime",
        mentions: ["for 2 minutes"],
      },
      {
        name: "AWS's clock is ahead of ours",
        database: rotating,
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
        database: rotating,
        context: lastChangedAt(hourAndASecondAgo),
        messageId: "stuck",
        evidence: { status: "rotating", since: hourAndASecondAgo },
      },
      {
        name: "the limit of creation is its own",
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
        name: "the limit of rotation is its own",
        database: rotating,
        context: withSecret(
          { lastChangedAt: hoursFromNow(-11 * minute) },
          { thresholds: { ...aPolicy().thresholds, rotatingMinutes: 10 } },
        ),
        messageId: "stuck",
        evidence: { status: "rotating", since: hoursFromNow(-11 * minute) },
      },
    ],
    NOT_APPLICABLE: [
      {
        name: "an impaired secret is reported by another rule",
        database: withStatus("impaired"),
        context: aContext(),
        messageId: "impaired",
      },
      {
        name: "a database without a managed password has no status either",
        database: aDatabase({ management: "unmanaged" }),
        context: aContext(),
        messageId: "notManaged",
      },
      {
        name: "a database without a managed password",
        database: aDatabase({ management: "unmanaged", masterUserSecret: aMasterUserSecret({ status: "rotating" }) }),
        context: aContext(),
        messageId: "notManaged",
      },
      {
        name: "a secret that does not exist is reported by another rule",
        database: rotating,
        context: aContext({ secret: seen<never>(null) }),
        messageId: "secretMissing",
      },
    ],
    INSUFFICIENT_DATA: [
      {
        name: "a status that AWS added since",
        database: withStatus("quarantined"),
        context: aContext(),
        messageId: "statusUnknown",
        mentions: ["status quarantined"],
      },
      {
        name: "a secret without a status",
        database: withStatus(null),
        context: aContext(),
        messageId: "statusUnknown",
        mentions: ["status none"],
      },
      {
        name: "a managed database without anything about its secret",
        database: aDatabase({ masterUserSecret: null }),
        context: aContext(),
        messageId: "statusUnknown",
      },
      {
        name: "creation without a date",
        database: creating,
        context: createdAt(null),
        messageId: "ageUnknown",
        mentions: ["is creating, and AWS does not say since when"],
      },
      { name: "a rotation without a date", database: rotating, context: lastChangedAt(null), messageId: "ageUnknown" },
      { name: "a date that is none", database: rotating, context: lastChangedAt("just now"), messageId: "ageUnknown" },
      {
        name: "a rotating secret that could not be read",
        database: rotating,
        context: aContext({ secret: unseen() }),
        messageId: "secretNotSeen",
        mentions: ["secretsmanager:ListSecrets failed"],
      },
    ],
  },
});

describe("a status that AWS did not document", () => {
  test("never passes, whatever the secret is like", () => {
    const status = anyText.filter((text) => !["creating", "active", "rotating", "impaired"].includes(text));
    fc.assert(
      fc.property(status, anyContext, (status, context) => {
        expect(judge(secretNotStuck, withStatus(status), context, defaultPolicy).status).toBe("INSUFFICIENT_DATA");
      }),
    );
  });
});
