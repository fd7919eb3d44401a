import { describe, expect, test } from "@jest/globals";
import { judge } from "../../lib/audit/judge.ts";
import type { ClassifiedDatabase } from "../../lib/model/database.ts";
import { defaultPolicy } from "../../lib/model/default-policy.ts";
import { toggleNotInterrupted } from "../../rules/toggle-not-interrupted.ts";
import { aContext, aDatabase, aMasterUserSecret, anUnseenKey, aSeenKey, keyArn, unseen } from "../support/builders.ts";
import { describeRule } from "../support/rule-harness.ts";

const marker = "2026-11-24T09:00:30.123Z alias/orders db-ORDERS-1 AbCdEf";
const tags = { "rds-password-audit:toggle": marker };

const defaultKeyMarker = "2026-11-24T09:00:00Z aws-managed db-ORDERS-1 AbCdEf";
const defaultKeyTags = { "rds-password-audit:toggle": defaultKeyMarker };

const copy = { tags: defaultKeyTags, createdAt: "2026-11-24T09:00:01Z", resourceId: "db-COPY" };

const foreignKey = keyArn.replace("123456789012", "999999999999");
const foreignMarker = `2026-11-24T09:00:00Z ${foreignKey} db-ORDERS-1 AbCdEf`;
const foreignKeyDatabase = aDatabase({
  management: "unmanaged",
  tags: { "rds-password-audit:toggle": foreignMarker },
});

const started = "(started 2026-11-24 09:00 UTC)";
const turnOn =
  "aws rds modify-db-instance --region eu-west-1 --db-instance-identifier orders --manage-master-user-password";

describeRule({
  rule: toggleNotInterrupted,
  url: import.meta.url,
  examples: {
    COMPLIANT: [
      {
        name: "an unmanaged database without a repair tag",
        database: aDatabase({ management: "unmanaged" }),
        messageId: "never",
      },
      {
        name: "a managed database without a repair tag",
        database: aDatabase({ tags: { stage: "prod" } }),
        messageId: "never",
      },
      {
        name: "a repair that finished all but its last step",
        database: aDatabase({ tags }),
        context: aContext({ secret: unseen() }),
        messageId: "onAgain",
        mentions: [started],
      },
      {
        name: "a managed copy that has the tags of its source",
        database: aDatabase({ ...copy, masterUserSecret: aMasterUserSecret() }),
        messageId: "inherited",
        mentions: [started],
      },
      {
        name: "an unmanaged copy, whose snapshot may have been created while the password was temporary",
        database: aDatabase({ ...copy, management: "unmanaged" }),
        messageId: "inheritedOff",
        mentions: [started, "its master password may be unknown"],
      },
    ],
    NON_COMPLIANT: [
      {
        name: "a repair that turned management off and did not turn it on again",
        database: aDatabase({ management: "unmanaged", tags }),
        messageId: "interrupted",
        mentions: [
          "A repair turned off management of DB instance orders and did not turn it on again (started 2026-11-24 09:00 UTC).",
          `Turn management on now: ${turnOn} --master-user-secret-kms-key-id alias/orders`,
        ],
        evidence: { marker },
      },
      {
        name: "a repair that started in the second in which the database was created",
        database: aDatabase({ management: "unmanaged", tags: defaultKeyTags, createdAt: "2026-11-24T09:00:00Z" }),
        messageId: "interrupted",
        evidence: { marker: defaultKeyMarker },
      },
      {
        name: "a database whose creation time is ahead of the repair's clock",
        database: aDatabase({ management: "unmanaged", tags: defaultKeyTags, createdAt: "2026-11-24T09:03:00Z" }),
        messageId: "interrupted",
        evidence: { marker: defaultKeyMarker },
      },
      {
        name: "a database without a creation time",
        database: aDatabase({ management: "unmanaged", tags: defaultKeyTags, createdAt: null }),
        messageId: "interrupted",
        evidence: { marker: defaultKeyMarker },
      },
      {
        name: "a tag without a value",
        database: aDatabase({ management: "unmanaged", tags: { "rds-password-audit:toggle": "" } }),
        messageId: "interrupted",
        mentions: ["(start time unknown)"],
        evidence: { marker: "" },
      },
      {
        name: "a key in another account that the policy requires",
        database: foreignKeyDatabase,
        context: aContext({ requiredKeys: [{ requirement: foreignKey, ...aSeenKey({ arn: foreignKey }) }] }),
        messageId: "interrupted",
        mentions: [`${turnOn} --master-user-secret-kms-key-id ${foreignKey}`],
        evidence: { marker: foreignMarker },
      },
      {
        name: "a database that became unsupported during the repair",
        database: aDatabase({ management: "unsupported", reason: "blue-green-deployment", tags }),
        messageId: "interrupted",
        evidence: { marker },
      },
    ],
    NOT_APPLICABLE: [
      {
        name: "a cluster member to which RDS copied the cluster's tags",
        database: aDatabase({ management: "inherited", explanation: "its cluster is audited", tags }),
        messageId: "notAudited",
        mentions: ["its cluster is audited"],
      },
      {
        name: "a database of another service",
        database: aDatabase({ management: "out-of-scope", masterUserSecret: aMasterUserSecret(), tags }),
        messageId: "notAudited",
        mentions: ["out-of-scope"],
      },
    ],
  },
});

describe("the command that turns management on", () => {
  const remedyOf = (database: ClassifiedDatabase, context = aContext()) =>
    judge(toggleNotInterrupted, database, context, defaultPolicy).remediation;

  test("has no key option for the default key", () => {
    const database = aDatabase({ management: "unmanaged", tags: defaultKeyTags });
    expect(remedyOf(database)).toBe(`Turn management on now: ${turnOn}`);
  });

  test("leaves out a key in another account that the policy does not require", () => {
    expect(remedyOf(foreignKeyDatabase)).toBe(`Turn management on now: ${turnOn}`);
    const required = [
      { requirement: keyArn, ...aSeenKey() },
      { requirement: "alias/unseen", ...anUnseenKey(null) },
    ];
    const remedy = remedyOf(foreignKeyDatabase, aContext({ requiredKeys: required }));
    expect(remedy).not.toContain(foreignKey);
    expect(remedy).toContain(`Turn management on now: ${turnOn} --master-user-secret-kms-key-id `);
  });

  test("has no key option if the tag is not valid", () => {
    const database = aDatabase({ management: "unmanaged", tags: { "rds-password-audit:toggle": "KEY" } });
    expect(remedyOf(database)).toBe(`Turn management on now: ${turnOn}`);
  });
});
