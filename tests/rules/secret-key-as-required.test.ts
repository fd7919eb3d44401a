import type { KeyFacts, RequiredKey, RuleContext } from "../../lib/model/rule.ts";
import { secretKeyAsRequired } from "../../rules/secret-key-as-required.ts";
import {
  aContext,
  anUnseenKey,
  aSeenKey,
  keyArn,
  otherKeyArn,
  seen,
  storageKeyArn,
  unseen,
} from "../support/builders.ts";
import { describeRule } from "../support/rule-harness.ts";

const missing: KeyFacts = { arn: seen<never>(null), key: seen<never>(null) };
const exactly = (arn: string): RequiredKey => ({ requirement: arn, ...aSeenKey({ arn }) });
const kind = (requirement: "customer-managed" | "aws-managed"): RequiredKey => ({
  requirement,
  ...missing,
});
const alias: RequiredKey = { requirement: "alias/orders", ...aSeenKey() };
const unseenAlias: RequiredKey = {
  requirement: "alias/orders",
  ...anUnseenKey(null, "kms:DescribeKey failed with Throttling"),
};
const missingAlias: RequiredKey = { requirement: "alias/gone", ...missing };

const own = aSeenKey();
const other = aSeenKey({ arn: otherKeyArn });
const awsManaged = aSeenKey({ arn: otherKeyArn, manager: "AWS" });
const unseenKey = anUnseenKey();
const unseenAlready = anUnseenKey(null, "secretsmanager:ListSecrets failed with AccessDeniedException");

/** The required keys, the key that RDS reports, and the key that Secrets Manager reports. */
const requiring = (requiredKeys: readonly RequiredKey[], rdsKey: KeyFacts, secretKey: KeyFacts = rdsKey) =>
  aContext({ requiredKeys, rdsKey, secretKey });
const evidence = (required: readonly string[], rdsKey: string, secretsManagerKey = rdsKey) => ({
  required,
  rdsKey,
  secretsManagerKey,
});

/** A policy that requires another key than that of the storage, and perhaps also one of these. */
const differing = (
  rdsKey: KeyFacts,
  storageKey: RuleContext["storageKey"],
  { secretKey = rdsKey, requiredKeys = [] }: { secretKey?: KeyFacts; requiredKeys?: readonly RequiredKey[] } = {},
) => ({ ...requiring(requiredKeys, rdsKey, secretKey), storageKey, differentFromStorage: true });
const storageEvidence = (rdsKey: string, secretsManagerKey = rdsKey, required: readonly string[] = []) => ({
  ...evidence(required, rdsKey, secretsManagerKey),
  storageKey: keyArn,
});
const storageUnseen = unseen("RDS reports no key for the storage");

describeRule({
  rule: secretKeyAsRequired,
  url: import.meta.url,
  context: requiring([exactly(keyArn)], own),
  confirms: {
    secretKeyOther: ["secretsmanager:DescribeSecret"],
    secretKeyNotSeen: ["secretsmanager:DescribeSecret"],
    sameAsStorage: ["secretsmanager:DescribeSecret"],
  },
  examples: {
    COMPLIANT: [
      {
        name: "another key than the storage's",
        context: differing(own, seen(storageKeyArn)),
        messageId: "asRequired",
        mentions: ["as required: a key other than the storage's."],
      },
      {
        name: "any key where the storage is not encrypted",
        context: differing(own, seen<string>(null)),
        messageId: "asRequired",
      },
      {
        name: "the required key, which differs from the storage's",
        context: differing(own, seen(storageKeyArn), { requiredKeys: [exactly(keyArn)] }),
        messageId: "asRequired",
        mentions: [`as required: ${keyArn}, and a key other than the storage's.`],
      },
      {
        name: "the storage's key where the policy does not ask for another",
        context: { ...requiring([exactly(keyArn)], own), storageKey: seen(keyArn) },
        messageId: "asRequired",
      },
      {
        name: "exactly the required key",
        context: requiring([exactly(keyArn)], own),
        messageId: "asRequired",
        mentions: [`as required: ${keyArn}.`],
      },
      {
        name: "the key that a required alias resolves to",
        context: requiring([alias], own),
        messageId: "asRequired",
      },
      {
        name: "a customer managed key",
        context: requiring([kind("customer-managed")], own),
        messageId: "asRequired",
      },
      {
        name: "an AWS managed key",
        context: requiring([kind("aws-managed")], awsManaged),
        messageId: "asRequired",
      },
      {
        name: "the second of two accepted keys",
        context: requiring([exactly(otherKeyArn), exactly(keyArn)], own),
        messageId: "asRequired",
        mentions: [`${otherKeyArn} or ${keyArn}`],
      },
      {
        name: "one of several accepted keys, while another one cannot be resolved",
        context: requiring([unseenAlias, exactly(keyArn)], own),
        messageId: "asRequired",
      },
      {
        name: "the required ARN is reported, and the key itself could not be read",
        context: requiring([exactly(keyArn)], unseenKey),
        messageId: "asRequired",
      },
    ],
    NON_COMPLIANT: [
      {
        name: "the storage's key where another one is required",
        context: differing(own, seen(keyArn)),
        messageId: "sameAsStorage",
        mentions: [`encrypted with ${keyArn}, the key of the database's storage`],
        evidence: storageEvidence(keyArn),
      },
      {
        name: "the storage's key after the key was changed in Secrets Manager",
        context: differing(other, seen(keyArn), { secretKey: own }),
        messageId: "sameAsStorage",
        evidence: storageEvidence(otherKeyArn, keyArn),
      },
      {
        name: "a required key that is also the storage's key",
        context: differing(own, seen(keyArn), { requiredKeys: [exactly(keyArn)] }),
        messageId: "sameAsStorage",
        evidence: storageEvidence(keyArn, keyArn, [keyArn]),
      },
      {
        name: "another key than the required one, which differs from the storage's key",
        context: differing(other, seen(keyArn), { requiredKeys: [exactly(keyArn)] }),
        messageId: "rdsKeyOther",
        evidence: evidence([keyArn], otherKeyArn),
      },
      {
        name: "another customer managed key",
        context: requiring([exactly(keyArn)], other),
        messageId: "rdsKeyOther",
        mentions: [`encrypted with ${otherKeyArn}; the policy requires ${keyArn}`],
        evidence: evidence([keyArn], otherKeyArn),
      },
      {
        name: "the default key if a customer managed key is required",
        context: requiring([kind("customer-managed")], awsManaged),
        messageId: "rdsKeyOther",
        mentions: [`the AWS managed key ${otherKeyArn}`, "requires a customer managed key."],
        evidence: evidence(["customer-managed"], `the AWS managed key ${otherKeyArn}`),
      },
      {
        name: "a customer managed key if an AWS managed key is required",
        context: requiring([kind("aws-managed")], own),
        messageId: "rdsKeyOther",
        evidence: evidence(["aws-managed"], keyArn),
      },
      {
        name: "neither of two accepted keys",
        context: requiring([exactly("arn:a"), exactly("arn:b")], own),
        messageId: "rdsKeyOther",
        mentions: ["arn:a or arn:b"],
        evidence: evidence(["arn:a", "arn:b"], keyArn),
      },
      {
        name: "RDS reports another key, and the key that Secrets Manager reports could not be read",
        context: requiring([exactly(keyArn)], other, unseenAlready),
        messageId: "rdsKeyOther",
        evidence: evidence([keyArn], otherKeyArn, "a key that could not be read"),
      },
      {
        name: "the key was changed in Secrets Manager, and RDS still reports the required one",
        context: requiring([exactly(keyArn)], own, other),
        messageId: "secretKeyOther",
        mentions: [`with ${otherKeyArn}; the policy requires ${keyArn}`],
        evidence: evidence([keyArn], keyArn, otherKeyArn),
      },
      {
        name: "Secrets Manager reports another key, and the key that RDS reports could not be read",
        context: requiring([kind("customer-managed")], unseenKey, awsManaged),
        messageId: "secretKeyOther",
        evidence: evidence(["customer-managed"], keyArn, `the AWS managed key ${otherKeyArn}`),
      },
      {
        name: "a key that does not exist is not customer managed",
        context: requiring([kind("customer-managed")], missing),
        messageId: "rdsKeyOther",
        mentions: ["a key that does not exist"],
        evidence: evidence(["customer-managed"], "a key that does not exist"),
      },
      {
        name: "a required alias that does not exist, and a missing key",
        context: requiring([missingAlias], missing),
        messageId: "rdsKeyOther",
        mentions: ["requires alias/gone."],
        evidence: { ...evidence(["alias/gone"], "a key that does not exist"), missingKeys: ["alias/gone"] },
      },
    ],
    NOT_APPLICABLE: [{ name: "a policy that requires no key", context: requiring([], own), messageId: "notRequired" }],
    INSUFFICIENT_DATA: [
      {
        name: "a storage key that RDS does not report",
        context: differing(own, storageUnseen),
        messageId: "storageKeyNotSeen",
        mentions: ["RDS reports no key for the storage"],
      },
      {
        name: "a key of the secret that could not be resolved, where another than the storage's is required",
        context: differing(anUnseenKey(null), seen(keyArn)),
        messageId: "notSeen",
        mentions: ["a key other than the storage's"],
      },
      {
        name: "a required alias that could not be resolved",
        context: requiring([unseenAlias], own),
        messageId: "notSeen",
        mentions: ["alias/orders", "kms:DescribeKey failed with Throttling"],
        evidence: evidence(["alias/orders"], keyArn),
      },
      {
        name: "one of several accepted keys could not be resolved, and the others do not match",
        context: requiring([exactly(otherKeyArn), unseenAlias], own),
        messageId: "notSeen",
      },
      {
        name: "a customer managed key is required, and the key could not be read",
        context: requiring([kind("customer-managed")], unseenKey),
        messageId: "notSeen",
        mentions: ["kms:DescribeKey failed with AccessDeniedException"],
      },
      {
        name: "an AWS managed key is required, and the key could not be read",
        context: requiring([kind("aws-managed")], unseenKey),
        messageId: "notSeen",
      },
      {
        name: "RDS reports the required key, and the secret could not be read",
        context: { ...requiring([exactly(keyArn)], own, unseenAlready), secret: unseen() },
        messageId: "notSeen",
        mentions: ["secretsmanager:ListSecrets failed with AccessDeniedException"],
      },
      {
        name: "RDS reports the required key, and the key that the list of secrets names could not be read",
        context: requiring([kind("customer-managed")], own, anUnseenKey()),
        messageId: "secretKeyNotSeen",
        mentions: ["kms:DescribeKey failed with AccessDeniedException"],
      },
      {
        name: "Secrets Manager reports the required key, and the key that RDS reports could not be resolved",
        context: requiring([exactly(keyArn)], anUnseenKey(null), own),
        messageId: "notSeen",
        mentions: ["kms:DescribeKey failed with AccessDeniedException"],
      },
      {
        name: "a key manager that AWS does not document",
        context: requiring([kind("customer-managed")], aSeenKey({ manager: "PARTNER" })),
        messageId: "notSeen",
        mentions: ["PARTNER"],
      },
    ],
  },
});
