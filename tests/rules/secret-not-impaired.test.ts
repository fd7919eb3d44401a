import type { RuleContext } from "../../lib/model/rule.ts";
import { secretNotImpaired } from "../../rules/secret-not-impaired.ts";
import {
  aContext,
  aDatabase,
  aMasterUserSecret,
  anUnseenKey,
  aSeenKey,
  keyArn,
  now,
  otherKeyArn,
  region,
  seen,
  unseen,
  withSecret,
} from "../support/builders.ts";
import type { Example } from "../support/rule-examples.ts";
import { describeRule } from "../support/rule-harness.ts";

const withStatus = (status: string | null) => aDatabase({ masterUserSecret: aMasterUserSecret({ status }) });

/** An impaired secret with visible causes. */
const withCauses = (name: string, context: RuleContext, ...causes: readonly string[]): Example => ({
  name,
  context,
  messageId: "impairedByCause",
  mentions: [`is impaired: ${causes.join("; ")}.`],
  evidence: { causes },
});

/** An impaired secret whose last rotation failed, without a remaining cause. */
const afterFailedRotation = (name: string, context: RuleContext, due: string): Example => ({
  name,
  context,
  messageId: "rotationFailed",
  mentions: [
    `the rotation due on ${due} failed, and the cause is no longer visible.`,
    "Rotate the password: aws rds modify-db",
  ],
  evidence: { causes: [`the rotation due on ${due} failed`] },
});

const denial = JSON.stringify({ Statement: [{ Effect: "Deny", Principal: "*", Action: "secretsmanager:*" }] });
const denialOn = (Condition: object) =>
  JSON.stringify({ Statement: [{ Effect: "Deny", Principal: "*", Action: "secretsmanager:*", Condition }] });
const permission = JSON.stringify({ Statement: [{ Effect: "Allow", Principal: "*", Action: "secretsmanager:*" }] });
const confirmed = [
  "secretsmanager:DescribeSecret",
  "secretsmanager:GetResourcePolicy",
  "kms:GetKeyPolicy",
  "kms:ListGrants",
];

/** What the policy and the grants of the key say. */
const withAccess = (verdict: "allows" | "denies" | "unknown", reason: string | null, more: Partial<RuleContext> = {}) =>
  aContext({ keyAccess: [{ keyArn, access: seen({ verdict, reason }) }], ...more });

/** An impaired secret whose key policy is in the way, or may be. */
const closedKey = (name: string, context: RuleContext, ...causes: readonly string[]): Example => ({
  name,
  context,
  messageId: "impairedByKeyPolicy",
  mentions: [
    `is impaired: ${causes.join("; ")}.`,
    `aws kms get-key-policy --region ${region} --key-id ${keyArn} --query Policy --output text`,
    `kms:Decrypt and kms:GenerateDataKey to RDS's role AWSServiceRoleForRDS when kms:ViaService is secretsmanager.${region}.amazonaws.com`,
    "Then rotate the password: aws rds modify-db-instance",
  ],
  evidence: { causes },
});

describeRule({
  rule: secretNotImpaired,
  url: import.meta.url,
  database: withStatus("impaired"),
  // RDS reports the status; the secret and the key only explain it.
  passesWithout: ["secretsmanager:ListSecrets", "kms:DescribeKey"],
  confirms: {
    impaired: confirmed,
    impairedByCause: confirmed,
    impairedByKeyPolicy: confirmed,
    rotationFailed: confirmed,
  },
  examples: {
    COMPLIANT: [
      {
        name: "an active secret",
        database: aDatabase(),
        messageId: "healthy",
        mentions: ["is active"],
      },
      {
        name: "a secret that is being created",
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
        name: "an active secret whose key is disabled",
        database: aDatabase(),
        context: aContext({ rdsKey: aSeenKey({ state: "Disabled" }) }),
        messageId: "healthy",
      },
    ],
    NON_COMPLIANT: [
      {
        name: "an impaired secret without a visible cause",
        messageId: "impaired",
        mentions: ["--rotate-master-user-password --apply-immediately"],
        evidence: { causes: [] },
      },
      {
        name: "a resource policy that only allows is not a cause",
        context: aContext({ resourcePolicy: seen(permission) }),
        messageId: "impaired",
        evidence: { causes: [] },
      },
      {
        name: "a resource policy that denies only requests without TLS is not a cause",
        context: aContext({ resourcePolicy: seen(denialOn({ Bool: { "aws:SecureTransport": "false" } })) }),
        messageId: "impaired",
        evidence: { causes: [] },
      },
      withCauses(
        "a resource policy with a condition that only AWS can evaluate",
        aContext({ resourcePolicy: seen(denialOn({ StringNotEquals: { "aws:SourceVpce": "vpce-1" } })) }),
        "the secret's resource policy has a condition that may deny RDS",
      ),
      {
        name: "a rotation that is due now has not failed",
        context: withSecret({ nextRotationAt: now }),
        messageId: "impaired",
        evidence: { causes: [] },
      },
      {
        name: "a secret without a rotation date is not a cause",
        context: withSecret({ nextRotationAt: null }),
        messageId: "impaired",
        evidence: { causes: [] },
      },
      {
        name: "a key that is being updated is usable and not a cause",
        context: aContext({ rdsKey: aSeenKey({ state: "Updating" }) }),
        messageId: "impaired",
        evidence: { causes: [] },
      },
      withCauses(
        "a disabled key",
        aContext({ rdsKey: aSeenKey({ state: "Disabled" }) }),
        `its KMS key ${keyArn} is Disabled`,
      ),
      withCauses(
        "a key pending deletion",
        aContext({ rdsKey: aSeenKey({ state: "PendingDeletion" }) }),
        `its KMS key ${keyArn} is PendingDeletion`,
      ),
      withCauses(
        "a key that does not exist",
        aContext({ rdsKey: { arn: seen(keyArn), key: seen<never>(null) } }),
        "its KMS key does not exist",
      ),
      withCauses(
        "a key that could not be read",
        aContext({ rdsKey: anUnseenKey() }),
        "its KMS key could not be read (kms:DescribeKey failed with AccessDeniedException)",
      ),
      withCauses("a secret that does not exist", aContext({ secret: seen<never>(null) }), "the secret does not exist"),
      withCauses(
        "a secret that could not be read",
        aContext({ secret: unseen("secretsmanager:DescribeSecret failed with Throttling") }),
        "the secret could not be read (secretsmanager:DescribeSecret failed with Throttling)",
      ),
      withCauses(
        "a key that RDS and Secrets Manager both report is named once",
        aContext({ rdsKey: aSeenKey({ state: "Disabled" }), secretKey: aSeenKey({ state: "Disabled" }) }),
        `its KMS key ${keyArn} is Disabled`,
      ),
      withCauses(
        "a secret that could not be read is named once, not again for its key",
        aContext({ secret: unseen("it was denied"), secretKey: anUnseenKey(null, "it was denied") }),
        "the secret could not be read (it was denied)",
      ),
      withCauses(
        "a secret that is scheduled for deletion",
        withSecret({ deletedAt: "2026-11-23T10:00:00.000Z" }),
        "the secret has been scheduled for deletion since 2026-11-23 10:00 UTC",
      ),
      withCauses(
        "a resource policy that denies RDS",
        aContext({ resourcePolicy: seen(denial) }),
        "the secret's resource policy denies RDS",
      ),
      withCauses(
        "a resource policy that could not be read",
        aContext({ resourcePolicy: unseen("secretsmanager:GetResourcePolicy failed with AccessDeniedException") }),
        "the secret's resource policy could not be read (secretsmanager:GetResourcePolicy failed with AccessDeniedException)",
      ),
      closedKey(
        "a key policy that denies RDS the key",
        withAccess("denies", 'statement "Lock" of its policy denies RDS kms:Decrypt'),
        `its KMS key ${keyArn} is closed to RDS: statement "Lock" of its policy denies RDS kms:Decrypt`,
      ),
      closedKey(
        "a key policy whose effect cannot be determined",
        withAccess(
          "unknown",
          "statement 2 of its policy may deny RDS kms:Decrypt: whether it does cannot be determined",
        ),
        `its KMS key ${keyArn} may be closed to RDS: statement 2 of its policy may deny RDS kms:Decrypt: whether it does cannot be determined`,
      ),
      closedKey(
        "a key policy that denies RDS a key that is disabled too",
        withAccess("denies", "statement 1 of its policy denies RDS kms:Decrypt", {
          rdsKey: aSeenKey({ state: "Disabled" }),
          secretKey: aSeenKey({ state: "Disabled" }),
        }),
        `its KMS key ${keyArn} is Disabled`,
        `its KMS key ${keyArn} is closed to RDS: statement 1 of its policy denies RDS kms:Decrypt`,
      ),
      {
        name: "a key policy that leaves it to IAM is not a cause, and the evidence says so",
        context: withAccess("allows", 'statement "EnableIAM" of its policy leaves it to IAM'),
        messageId: "impaired",
        evidence: {
          causes: [],
          keyAccess: [`KMS key ${keyArn}: statement "EnableIAM" of its policy leaves it to IAM`],
        },
      },
      {
        name: "the policy of a deleted key is not a cause of its own",
        context: aContext({ keyAccess: [{ keyArn, access: seen<never>(null) }] }),
        messageId: "impaired",
        evidence: { causes: [] },
      },
      withCauses(
        "a key policy that could not be read",
        aContext({ keyAccess: [{ keyArn, access: unseen("kms:GetKeyPolicy failed with AccessDeniedException") }] }),
        `the policy of its KMS key ${keyArn} could not be read (kms:GetKeyPolicy failed with AccessDeniedException)`,
      ),
      afterFailedRotation(
        "a rotation one millisecond past its date",
        withSecret({ nextRotationAt: "2026-11-24T11:59:59.999Z" }),
        "2026-11-24 11:59 UTC",
      ),
      afterFailedRotation(
        "a rotation that failed days ago, and nothing blocks the next one",
        withSecret({ nextRotationAt: "2026-11-20T00:00:00.000Z" }, { resourcePolicy: seen(permission) }),
        "2026-11-20 00:00 UTC",
      ),
      withCauses(
        "a failed rotation whose cause remains",
        withSecret({ nextRotationAt: "2026-11-20T00:00:00.000Z" }, { secretKey: aSeenKey({ state: "Disabled" }) }),
        `its KMS key ${keyArn} is Disabled`,
        "the rotation due on 2026-11-20 00:00 UTC failed",
      ),
      withCauses(
        "a failed rotation whose cause may be a fact that could not be read",
        withSecret({ nextRotationAt: "2026-11-20T00:00:00.000Z" }, { resourcePolicy: unseen("it was denied") }),
        "the secret's resource policy could not be read (it was denied)",
        "the rotation due on 2026-11-20 00:00 UTC failed",
      ),
      withCauses(
        "every visible cause is named",
        withSecret(
          { deletedAt: "2026-11-23T10:00:00.000Z", nextRotationAt: "2026-11-20T00:00:00.000Z" },
          { rdsKey: aSeenKey({ state: "Disabled" }), resourcePolicy: seen(denial) },
        ),
        `its KMS key ${keyArn} is Disabled`,
        "the secret has been scheduled for deletion since 2026-11-23 10:00 UTC",
        "the secret's resource policy denies RDS",
        "the rotation due on 2026-11-20 00:00 UTC failed",
      ),
      withCauses(
        "the key that only RDS reports, with its effect",
        aContext({ rdsKey: aSeenKey({ state: "Disabled" }), secretKey: aSeenKey({ arn: otherKeyArn }) }),
        `its KMS key ${keyArn} is Disabled (RDS reports this key; Secrets Manager uses another, which is usable)`,
      ),
      withCauses(
        "the key that only Secrets Manager reports",
        aContext({ secretKey: aSeenKey({ arn: "arn:other", state: "Disabled" }) }),
        "its KMS key arn:other is Disabled",
      ),
    ],
  },
});
