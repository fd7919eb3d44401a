import type { KeyFacts, RequiredKey } from "../../lib/model/rule.ts";
import { secretKeyAsRequired } from "../../rules/secret-key-as-required.ts";
import { aContext, aDatabase, anUnseenKey, aSeenKey, keyArn, otherKeyArn, seen } from "../support/builders.ts";
import { describeRule } from "../support/rule-harness.ts";

const database = aDatabase();
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

/** The keys required, and the key by RDS and by Secrets Manager. */
const requiring = (requiredKeys: readonly RequiredKey[], rdsKey: KeyFacts, secretKey: KeyFacts = rdsKey) =>
  aContext({ requiredKeys, rdsKey, secretKey });
const evidence = (required: readonly string[], rdsKey: string, secretsManagerKey = rdsKey) => ({
  required,
  rdsKey,
  secretsManagerKey,
});

describeRule({
  rule: secretKeyAsRequired,
  url: import.meta.url,
  confirms: { secretMissing: ["secretsmanager:DescribeSecret"], secretKeyOther: ["secretsmanager:DescribeSecret"] },
  examples: {
    COMPLIANT: [
      {
        name: "exactly the key that is required",
        database,
        context: requiring([exactly(keyArn)], own),
        messageId: "asRequired",
        mentions: [`as required: ${keyArn}.`],
      },
      {
        name: "the key that a required alias means",
        database,
        context: requiring([alias], own),
        messageId: "asRequired",
      },
      {
        name: "a customer managed key",
        database,
        context: requiring([kind("customer-managed")], own),
        messageId: "asRequired",
      },
      {
        name: "an AWS managed key",
        database,
        context: requiring([kind("aws-managed")], awsManaged),
        messageId: "asRequired",
      },
      {
        name: "the second of two keys, either of which will do",
        database,
        context: requiring([exactly(otherKeyArn), exactly(keyArn)], own),
        messageId: "asRequired",
        mentions: [`${otherKeyArn} or ${keyArn}`],
      },
      {
        name: "one of several, while another of them cannot be resolved",
        database,
        context: requiring([unseenAlias, exactly(keyArn)], own),
        messageId: "asRequired",
      },
      {
        name: "the required ARN is reported, and needs no KMS to be compared",
        database,
        context: requiring([exactly(keyArn)], unseenKey),
        messageId: "asRequired",
      },
    ],
    NON_COMPLIANT: [
      {
        name: "another customer managed key",
        database,
        context: requiring([exactly(keyArn)], other),
        messageId: "rdsKeyOther",
        mentions: [`encrypted with ${otherKeyArn}; the policy requires ${keyArn}`],
        evidence: evidence([keyArn], otherKeyArn),
      },
      {
        name: "the default key where a customer managed one is required",
        database,
        context: requiring([kind("customer-managed")], awsManaged),
        messageId: "rdsKeyOther",
        mentions: [`the AWS managed key ${otherKeyArn}`, "requires customer-managed"],
        evidence: evidence(["customer-managed"], `the AWS managed key ${otherKeyArn}`),
      },
      {
        name: "a customer managed key where the default one is required",
        database,
        context: requiring([kind("aws-managed")], own),
        messageId: "rdsKeyOther",
        evidence: evidence(["aws-managed"], keyArn),
      },
      {
        name: "neither of two keys",
        database,
        context: requiring([exactly("arn:a"), exactly("arn:b")], own),
        messageId: "rdsKeyOther",
        mentions: ["arn:a or arn:b"],
        evidence: evidence(["arn:a", "arn:b"], keyArn),
      },
      {
        name: "RDS reports another key, whatever Secrets Manager would say",
        database,
        context: requiring([exactly(keyArn)], other, unseenAlready),
        messageId: "rdsKeyOther",
        evidence: evidence([keyArn], otherKeyArn, "a key that could not be read"),
      },
      {
        name: "somebody changed the key in Secrets Manager, and RDS reports the required one still",
        database,
        context: requiring([exactly(keyArn)], own, other),
        messageId: "secretKeyOther",
        mentions: [`with ${otherKeyArn}; the policy requires ${keyArn}`],
        evidence: evidence([keyArn], keyArn, otherKeyArn),
      },
      {
        name: "Secrets Manager has another key, whatever RDS would say",
        database,
        context: requiring([kind("customer-managed")], unseenKey, awsManaged),
        messageId: "secretKeyOther",
        evidence: evidence(["customer-managed"], keyArn, `the AWS managed key ${otherKeyArn}`),
      },
      {
        name: "a key that does not exist is not customer managed",
        database,
        context: requiring([kind("customer-managed")], missing),
        messageId: "rdsKeyOther",
        mentions: ["a key that does not exist"],
        evidence: evidence(["customer-managed"], "a key that does not exist"),
      },
      {
        name: "a required alias that does not exist is met by no key, not even by a missing one",
        database,
        context: requiring([missingAlias], missing),
        messageId: "rdsKeyOther",
        mentions: ["requires alias/gone (KMS knows no such key)."],
        evidence: evidence(["alias/gone"], "a key that does not exist"),
      },
    ],
    NOT_APPLICABLE: [
      {
        name: "a secret that does not exist is reported by another rule",
        database,
        context: aContext({ secret: seen<never>(null), requiredKeys: [exactly(keyArn)] }),
        messageId: "secretMissing",
      },
      { name: "a policy that requires no key", database, context: requiring([], own), messageId: "notRequired" },
      {
        name: "a database without a managed password",
        database: aDatabase({ management: "unmanaged" }),
        context: requiring([exactly(keyArn)], own),
        messageId: "notManaged",
      },
    ],
    INSUFFICIENT_DATA: [
      {
        name: "a required alias that could not be resolved",
        database,
        context: requiring([unseenAlias], own),
        messageId: "notSeen",
        mentions: ["alias/orders", "kms:DescribeKey failed with Throttling"],
        evidence: evidence(["alias/orders"], keyArn),
      },
      {
        name: "one of several could not be resolved, and none of the others is met",
        database,
        context: requiring([exactly(otherKeyArn), unseenAlias], own),
        messageId: "notSeen",
      },
      {
        name: "whether a key is customer managed, without KMS",
        database,
        context: requiring([kind("customer-managed")], unseenKey),
        messageId: "notSeen",
        mentions: ["kms:DescribeKey failed with AccessDeniedException"],
      },
      {
        name: "whether a key is AWS managed, without KMS",
        database,
        context: requiring([kind("aws-managed")], unseenKey),
        messageId: "notSeen",
      },
      {
        name: "RDS reports the required key, and the secret could not be read",
        database,
        context: requiring([exactly(keyArn)], own, unseenAlready),
        messageId: "notSeen",
        mentions: ["secretsmanager:ListSecrets failed with AccessDeniedException"],
      },
      {
        name: "Secrets Manager reports the required key, and what RDS reports could not be resolved",
        database,
        context: requiring([exactly(keyArn)], anUnseenKey(null), own),
        messageId: "notSeen",
        mentions: ["kms:DescribeKey failed with AccessDeniedException"],
      },
      {
        name: "a manager that this version does not know",
        database,
        context: requiring([kind("customer-managed")], aSeenKey({ manager: "PARTNER" })),
        messageId: "notSeen",
        mentions: ["PARTNER"],
      },
    ],
  },
});
