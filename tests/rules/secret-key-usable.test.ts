import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { judge } from "../../lib/audit/judge.ts";
import { defaultPolicy } from "../../lib/model/default-policy.ts";
import { secretKeyUsable } from "../../rules/secret-key-usable.ts";
import { anyText } from "../support/arbitraries.ts";
import { aContext, aDatabase, anUnseenKey, aSeenKey, keyArn, otherKeyArn, seen } from "../support/builders.ts";
import { describeRule, type Example } from "../support/rule-harness.ts";

const database = aDatabase();
const both = (key: ReturnType<typeof aSeenKey>) => aContext({ rdsKey: key, secretKey: key });
const deletionAt = "2026-12-01T00:00:00.000Z";
const unusable = ["PendingReplicaDeletion", "PendingImport", "Unavailable"];

describeRule({
  rule: secretKeyUsable,
  url: import.meta.url,
  confirms: { secretMissing: ["secretsmanager:DescribeSecret"] },
  examples: {
    COMPLIANT: [
      { name: "an enabled key", database, context: aContext(), messageId: "usable", mentions: ["is Enabled"] },
      {
        name: "a key that is being updated",
        database,
        context: both(aSeenKey({ state: "Updating" })),
        messageId: "usable",
      },
    ],
    NON_COMPLIANT: [
      ...unusable.map(
        (state): Example => ({
          name: `a key that is ${state}`,
          database,
          context: both(aSeenKey({ state })),
          messageId: "unusable",
          mentions: [`is ${state}`],
          evidence: { key: keyArn, state, deletionAt: null },
        }),
      ),
      {
        name: "a key that is disabled",
        database,
        context: both(aSeenKey({ state: "Disabled" })),
        messageId: "disabled",
        mentions: ["is disabled", `enable-key --region eu-west-1 --key-id ${keyArn}`],
        evidence: { key: keyArn, state: "Disabled", deletionAt: null },
      },
      {
        name: "a key that waits for its deletion",
        database,
        context: both(aSeenKey({ state: "PendingDeletion", deletionAt })),
        messageId: "pendingDeletion",
        mentions: [`will be deleted on ${deletionAt}`, `cancel-key-deletion --region eu-west-1 --key-id ${keyArn}`],
        evidence: { key: keyArn, state: "PendingDeletion", deletionAt },
      },
      {
        name: "a key that waits for its deletion, of which AWS does not say the date",
        database,
        context: both(aSeenKey({ state: "PendingDeletion" })),
        messageId: "unusable",
        mentions: ["is PendingDeletion"],
        evidence: { key: keyArn, state: "PendingDeletion", deletionAt: null },
      },
      {
        name: "the key that Secrets Manager really uses is disabled, and the one that RDS reports is not",
        database,
        context: aContext({ secretKey: aSeenKey({ arn: otherKeyArn, state: "Disabled" }) }),
        messageId: "disabled",
        mentions: [otherKeyArn],
        evidence: { key: otherKeyArn, state: "Disabled", deletionAt: null },
      },
      {
        name: "the key that RDS reports is disabled, and the one that Secrets Manager uses is not",
        database,
        context: aContext({ rdsKey: aSeenKey({ state: "Disabled" }) }),
        messageId: "disabled",
        evidence: { key: keyArn, state: "Disabled", deletionAt: null },
      },
      {
        name: "the key that RDS reports could not be read, and the one that Secrets Manager uses is disabled",
        database,
        context: aContext({ rdsKey: anUnseenKey(), secretKey: aSeenKey({ arn: otherKeyArn, state: "Disabled" }) }),
        messageId: "disabled",
        evidence: { key: otherKeyArn, state: "Disabled", deletionAt: null },
      },
      {
        name: "a key that does not exist any more",
        database,
        context: aContext({ rdsKey: { arn: seen(keyArn), key: seen<never>(null) } }),
        messageId: "missing",
        mentions: [`does not exist: ${keyArn}`],
        evidence: { key: keyArn },
      },
      {
        name: "the key that RDS reports could not be read, and the one that Secrets Manager uses does not exist",
        database,
        context: aContext({ rdsKey: anUnseenKey(), secretKey: { arn: seen(otherKeyArn), key: seen<never>(null) } }),
        messageId: "missing",
        evidence: { key: otherKeyArn },
      },
      {
        name: "an alias that does not exist any more",
        database,
        context: aContext({ secretKey: { arn: seen<never>(null), key: seen<never>(null) } }),
        messageId: "missing",
        mentions: ["does not exist: unknown"],
        evidence: { key: "unknown" },
      },
    ],
    NOT_APPLICABLE: [
      {
        name: "a secret that does not exist is reported by another rule",
        database,
        context: aContext({ secret: seen<never>(null) }),
        messageId: "secretMissing",
      },
      {
        name: "a database without a managed password",
        database: aDatabase({ management: "unmanaged" }),
        context: aContext(),
        messageId: "notManaged",
      },
    ],
    INSUFFICIENT_DATA: [
      {
        name: "the key by RDS could not be read",
        database,
        context: aContext({ rdsKey: anUnseenKey() }),
        messageId: "keyNotSeen",
        mentions: ["kms:DescribeKey failed with AccessDeniedException"],
      },
      {
        name: "the key by Secrets Manager could not be read",
        database,
        context: aContext({ secretKey: anUnseenKey() }),
        messageId: "keyNotSeen",
      },
      {
        name: "a key that is being created",
        database,
        context: both(aSeenKey({ state: "Creating" })),
        messageId: "stateUnknown",
        mentions: ["is Creating"],
        evidence: { key: keyArn, state: "Creating" },
      },
      {
        name: "a state that AWS added since",
        database,
        context: both(aSeenKey({ state: "Quarantined" })),
        messageId: "stateUnknown",
        evidence: { key: keyArn, state: "Quarantined" },
      },
      {
        name: "the key by RDS could not be read, and the state of the other is unknown",
        database,
        context: aContext({ rdsKey: anUnseenKey(), secretKey: aSeenKey({ state: "Quarantined" }) }),
        messageId: "keyNotSeen",
      },
    ],
  },
});

describe("a state that AWS did not document", () => {
  test("never passes, whichever of the two keys has it", () => {
    const state = anyText.filter((text) => text !== "Enabled" && text !== "Updating");
    fc.assert(
      fc.property(state, fc.constantFrom("rdsKey", "secretKey"), (state, which) => {
        const context = aContext({ [which]: aSeenKey({ state }) });
        expect(judge(secretKeyUsable, database, context, defaultPolicy).status).not.toBe("COMPLIANT");
      }),
    );
  });
});
