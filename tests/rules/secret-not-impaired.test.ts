import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { judge } from "../../lib/audit/judge.ts";
import { defaultPolicy } from "../../lib/model/default-policy.ts";
import type { RuleContext } from "../../lib/model/rule.ts";
import { secretNotImpaired } from "../../rules/secret-not-impaired.ts";
import { anyContext, anyText } from "../support/arbitraries.ts";
import {
  aContext,
  aDatabase,
  aMasterUserSecret,
  anUnseenKey,
  aSeenKey,
  keyArn,
  now,
  seen,
  unseen,
  withSecret,
} from "../support/builders.ts";
import { describeRule, type Example } from "../support/rule-harness.ts";

const withStatus = (status: string | null) => aDatabase({ masterUserSecret: aMasterUserSecret({ status }) });
const impaired = withStatus("impaired");

/** An impaired secret, and the causes that can be seen. */
const reason = (name: string, context: RuleContext, ...causes: readonly string[]): Example => ({
  name,
  database: impaired,
  context,
  messageId: "impairedByCause",
  mentions: [`is impaired: ${causes.join("; ")}.`],
  evidence: { causes },
});

/** An impaired secret whose last rotation failed, for a cause that is no more. */
const afterFailedRotation = (name: string, context: RuleContext, due: string): Example => ({
  name,
  database: impaired,
  context,
  messageId: "rotationFailed",
  mentions: [`the rotation due on ${due} failed, for a cause that can no longer be seen.`, "Rotate: aws rds modify-db"],
  evidence: { causes: [`the rotation due on ${due} failed`] },
});

const denial = JSON.stringify({ Statement: [{ Effect: "Deny", Principal: "*", Action: "secretsmanager:*" }] });
const permission = JSON.stringify({ Statement: [{ Effect: "Allow", Principal: "*", Action: "secretsmanager:*" }] });
const asking = ["secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy"];

describeRule({
  rule: secretNotImpaired,
  url: import.meta.url,
  // The status is RDS's own; the secret and the key only explain it.
  passesWithout: ["secretsmanager:ListSecrets", "kms:DescribeKey"],
  confirms: { impaired: asking, impairedByCause: asking, rotationFailed: asking },
  examples: {
    COMPLIANT: [
      {
        name: "an active secret",
        database: aDatabase(),
        context: aContext(),
        messageId: "healthy",
        mentions: ["is active"],
      },
      {
        name: "a secret that is being made",
        database: withStatus("creating"),
        context: aContext(),
        messageId: "healthy",
        mentions: ["is creating"],
      },
      {
        name: "a secret that is being rotated",
        database: withStatus("rotating"),
        context: aContext(),
        messageId: "healthy",
      },
      {
        name: "an active secret whose key is disabled is reported by another rule",
        database: aDatabase(),
        context: aContext({ rdsKey: aSeenKey({ state: "Disabled" }) }),
        messageId: "healthy",
      },
    ],
    NON_COMPLIANT: [
      {
        name: "an impaired secret with no cause that can be seen",
        database: impaired,
        context: aContext(),
        messageId: "impaired",
        mentions: ["--rotate-master-user-password --apply-immediately"],
        evidence: { causes: [] },
      },
      {
        name: "a resource policy that only allows is no cause",
        database: impaired,
        context: aContext({ resourcePolicy: seen(permission) }),
        messageId: "impaired",
        evidence: { causes: [] },
      },
      {
        name: "a rotation that is due at this very moment has not failed",
        database: impaired,
        context: withSecret({ nextRotationAt: now }),
        messageId: "impaired",
        evidence: { causes: [] },
      },
      {
        name: "a secret that is not due is no cause",
        database: impaired,
        context: withSecret({ nextRotationAt: null }),
        messageId: "impaired",
        evidence: { causes: [] },
      },
      {
        name: "a key that is being updated is usable, and no cause",
        database: impaired,
        context: aContext({ rdsKey: aSeenKey({ state: "Updating" }) }),
        messageId: "impaired",
        evidence: { causes: [] },
      },
      reason("a disabled key", aContext({ rdsKey: aSeenKey({ state: "Disabled" }) }), `its key ${keyArn} is Disabled`),
      reason(
        "a key that waits for its deletion",
        aContext({ rdsKey: aSeenKey({ state: "PendingDeletion" }) }),
        `its key ${keyArn} is PendingDeletion`,
      ),
      reason(
        "a key that does not exist",
        aContext({ rdsKey: { arn: seen(keyArn), key: seen<never>(null) } }),
        "its key does not exist",
      ),
      reason(
        "a key that could not be read",
        aContext({ rdsKey: anUnseenKey() }),
        "its key could not be read (kms:DescribeKey failed with AccessDeniedException)",
      ),
      reason("a secret that does not exist", aContext({ secret: seen<never>(null) }), "the secret does not exist"),
      reason(
        "a secret that could not be read",
        aContext({ secret: unseen("secretsmanager:DescribeSecret failed with Throttling") }),
        "the secret could not be read (secretsmanager:DescribeSecret failed with Throttling)",
      ),
      reason(
        "a key that RDS and Secrets Manager agree on is named once",
        aContext({ rdsKey: aSeenKey({ state: "Disabled" }), secretKey: aSeenKey({ state: "Disabled" }) }),
        `its key ${keyArn} is Disabled`,
      ),
      reason(
        "a secret that could not be read is named once, and not again as its key",
        aContext({ secret: unseen("it was denied"), secretKey: anUnseenKey(null, "it was denied") }),
        "the secret could not be read (it was denied)",
      ),
      reason(
        "a secret that waits for its deletion",
        withSecret({ deletedAt: "2026-11-23T10:00:00.000Z" }),
        "the secret is scheduled for deletion since 2026-11-23T10:00:00.000Z",
      ),
      reason(
        "a resource policy that denies RDS",
        aContext({ resourcePolicy: seen(denial) }),
        "the secret's resource policy denies RDS",
      ),
      reason(
        "a resource policy that could not be read",
        aContext({ resourcePolicy: unseen("secretsmanager:GetResourcePolicy failed with AccessDeniedException") }),
        "the secret's resource policy could not be read (secretsmanager:GetResourcePolicy failed with AccessDeniedException)",
      ),
      afterFailedRotation(
        "a rotation one millisecond past its date",
        withSecret({ nextRotationAt: "2026-11-24T11:59:59.999Z" }),
        "2026-11-24T11:59:59.999Z",
      ),
      afterFailedRotation(
        "a rotation that failed days ago, while nothing stands in the way of the next one",
        withSecret({ nextRotationAt: "2026-11-20T00:00:00.000Z" }, { resourcePolicy: seen(permission) }),
        "2026-11-20T00:00:00.000Z",
      ),
      reason(
        "a failed rotation whose cause is still there",
        withSecret({ nextRotationAt: "2026-11-20T00:00:00.000Z" }, { secretKey: aSeenKey({ state: "Disabled" }) }),
        `its key ${keyArn} is Disabled`,
        "the rotation due on 2026-11-20T00:00:00.000Z failed",
      ),
      reason(
        "a failed rotation whose cause may be what could not be read",
        withSecret({ nextRotationAt: "2026-11-20T00:00:00.000Z" }, { resourcePolicy: unseen("it was denied") }),
        "the secret's resource policy could not be read (it was denied)",
        "the rotation due on 2026-11-20T00:00:00.000Z failed",
      ),
      reason(
        "every cause that can be seen is named",
        withSecret(
          { deletedAt: "2026-11-23T10:00:00.000Z", nextRotationAt: "2026-11-20T00:00:00.000Z" },
          { rdsKey: aSeenKey({ state: "Disabled" }), resourcePolicy: seen(denial) },
        ),
        `its key ${keyArn} is Disabled`,
        "the secret is scheduled for deletion since 2026-11-23T10:00:00.000Z",
        "the secret's resource policy denies RDS",
        "the rotation due on 2026-11-20T00:00:00.000Z failed",
      ),
      {
        ...reason(
          "the key that Secrets Manager really uses",
          aContext({ secretKey: aSeenKey({ arn: "arn:other", state: "Disabled" }) }),
          "its key arn:other is Disabled",
        ),
      },
    ],
    NOT_APPLICABLE: [
      {
        name: "a database without a managed password",
        database: aDatabase({ management: "inherited", masterUserSecret: aMasterUserSecret({ status: "impaired" }) }),
        context: aContext(),
        messageId: "notManaged",
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
    ],
  },
});

describe("a status that AWS did not document", () => {
  test("never passes, whatever the secret and its key are like", () => {
    const status = anyText.filter((text) => !["creating", "active", "rotating", "impaired"].includes(text));
    fc.assert(
      fc.property(status, anyContext, (status, context) => {
        expect(judge(secretNotImpaired, withStatus(status), context, defaultPolicy).status).toBe("INSUFFICIENT_DATA");
      }),
    );
  });
});
