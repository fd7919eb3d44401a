import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { judge } from "../../lib/audit/judge.ts";
import { defaultPolicy } from "../../lib/model/default-policy.ts";
import type { KeyFacts } from "../../lib/model/rule.ts";
import { secretKeyUsable } from "../../rules/secret-key-usable.ts";
import { anyText } from "../support/arbitraries.ts";
import { aContext, aDatabase, anUnseenKey, aSeenKey, keyArn, otherKeyArn, seen } from "../support/builders.ts";
import { describeRule } from "../support/rule-harness.ts";

const both = (key: KeyFacts) => aContext({ rdsKey: key, secretKey: key });
const deletionAt = "2026-12-01T00:00:00.000Z";

describeRule({
  rule: secretKeyUsable,
  url: import.meta.url,
  confirms: {
    missing: ["secretsmanager:DescribeSecret"],
    disabled: ["secretsmanager:DescribeSecret"],
    pendingDeletion: ["secretsmanager:DescribeSecret"],
    unusable: ["secretsmanager:DescribeSecret"],
    rdsKeyUnusable: ["secretsmanager:DescribeSecret"],
    stateUnknown: ["secretsmanager:DescribeSecret"],
  },
  examples: {
    COMPLIANT: [
      { name: "an enabled key", messageId: "usable", mentions: ["is Enabled"] },
      { name: "a key that is being updated", context: both(aSeenKey({ state: "Updating" })), messageId: "usable" },
    ],
    NON_COMPLIANT: [
      ...["PendingReplicaDeletion", "PendingImport", "Unavailable"].map((state) => ({
        name: `a key that is ${state}`,
        context: both(aSeenKey({ state })),
        messageId: "unusable",
        mentions: [`is ${state}`],
        evidence: { key: keyArn, state, deletionAt: null },
      })),
      {
        name: "a disabled key",
        context: both(aSeenKey({ state: "Disabled" })),
        messageId: "disabled",
        mentions: ["is disabled", `enable-key --region eu-west-1 --key-id ${keyArn}`],
        evidence: { key: keyArn, state: "Disabled", deletionAt: null },
      },
      {
        name: "a key pending deletion",
        context: both(aSeenKey({ state: "PendingDeletion", deletionAt })),
        messageId: "pendingDeletion",
        mentions: [
          "will be deleted on 2026-12-01 00:00 UTC,",
          `cancel-key-deletion --region eu-west-1 --key-id ${keyArn}`,
        ],
        evidence: { key: keyArn, state: "PendingDeletion", deletionAt },
      },
      {
        name: "a key pending deletion without a date",
        context: both(aSeenKey({ state: "PendingDeletion" })),
        messageId: "unusable",
        mentions: ["is PendingDeletion"],
        evidence: { key: keyArn, state: "PendingDeletion", deletionAt: null },
      },
      {
        name: "only the key that Secrets Manager reports is disabled",
        context: aContext({ secretKey: aSeenKey({ arn: otherKeyArn, state: "Disabled" }) }),
        messageId: "disabled",
        mentions: [otherKeyArn],
        evidence: { key: otherKeyArn, state: "Disabled", deletionAt: null },
      },
      {
        name: "only the key that RDS reports is disabled",
        context: aContext({ rdsKey: aSeenKey({ state: "Disabled" }), secretKey: aSeenKey({ arn: otherKeyArn }) }),
        messageId: "rdsKeyUnusable",
        mentions: [`RDS reports KMS key ${keyArn}`, "which is Disabled", "clients can read the password"],
        evidence: { key: keyArn, state: "Disabled" },
      },
      {
        name: "only the key that RDS reports does not exist",
        context: aContext({ rdsKey: { arn: seen(keyArn), key: seen<never>(null) } }),
        messageId: "rdsKeyUnusable",
        mentions: ["which does not exist"],
        evidence: { key: keyArn, state: null },
      },
      {
        name: "the key that RDS reports could not be read, and the one that Secrets Manager reports is disabled",
        context: aContext({ rdsKey: anUnseenKey(), secretKey: aSeenKey({ arn: otherKeyArn, state: "Disabled" }) }),
        messageId: "disabled",
        evidence: { key: otherKeyArn, state: "Disabled", deletionAt: null },
      },
      {
        name: "a key that does not exist",
        context: both({ arn: seen(keyArn), key: seen<never>(null) }),
        messageId: "missing",
        mentions: [`does not exist: ${keyArn}`],
        evidence: { key: keyArn },
      },
      {
        name: "the key that RDS reports could not be read, and the one that Secrets Manager reports does not exist",
        context: aContext({ rdsKey: anUnseenKey(), secretKey: { arn: seen(otherKeyArn), key: seen<never>(null) } }),
        messageId: "missing",
        evidence: { key: otherKeyArn },
      },
      {
        name: "an alias that does not exist",
        context: aContext({ secretKey: { arn: seen<never>(null), key: seen<never>(null) } }),
        messageId: "missing",
        mentions: ["does not exist: unknown"],
        evidence: { key: "unknown" },
      },
    ],
    INSUFFICIENT_DATA: [
      {
        name: "a key whose ARN is known and that could not be read",
        context: both(anUnseenKey()),
        messageId: "keyNotSeen",
        mentions: ["kms:DescribeKey failed with AccessDeniedException"],
      },
      {
        name: "a key that is being created",
        context: both(aSeenKey({ state: "Creating" })),
        messageId: "stateUnknown",
        mentions: ["is Creating"],
        evidence: { key: keyArn, state: "Creating" },
      },
      {
        name: "a state that AWS does not document",
        context: both(aSeenKey({ state: "Quarantined" })),
        messageId: "stateUnknown",
        evidence: { key: keyArn, state: "Quarantined" },
      },
      {
        name: "the key that RDS reports could not be read, and the state of the other is unknown",
        context: aContext({ rdsKey: anUnseenKey(), secretKey: aSeenKey({ state: "Quarantined" }) }),
        messageId: "keyNotSeen",
      },
    ],
  },
});

describe("a key state that AWS does not document", () => {
  test("never passes, whichever of the two keys has it", () => {
    const state = anyText.filter((text) => text !== "Enabled" && text !== "Updating");
    fc.assert(
      fc.property(state, fc.constantFrom("rdsKey", "secretKey"), (state, which) => {
        const context = aContext({ [which]: aSeenKey({ state }) });
        expect(judge(secretKeyUsable, aDatabase(), context, defaultPolicy).status).not.toBe("COMPLIANT");
      }),
    );
  });
});
