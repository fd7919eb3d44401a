import { defineRule, type KeyFacts, type RequiredKey } from "../lib/model/rule.ts";
import { databaseLists, gapRemedy, isSecretMissing, secretMessages } from "../lib/model/rule-guards.ts";

const notSeen = {
  status: "INSUFFICIENT_DATA",
  text: "Whether the secret of {database} is encrypted with {required} is unknown: {why}.",
  remedy: gapRemedy,
} as const;

export const secretKeyAsRequired = defineRule({
  id: "secret-key-as-required",
  title: "The secret is encrypted with a KMS key that the policy requires",
  severity: "high",
  rationale:
    "The KMS key decides who can decrypt the password, so requiring a key limits who can read it. " +
    "The key of a managed secret is chosen when management is turned on and cannot be changed later. " +
    "Both the key that RDS reports and the key that Secrets Manager reports must be as required.",
  references: ["https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBInstance.html"],
  reads: [...databaseLists, "secretsmanager:ListSecrets", "kms:DescribeKey"],
  messages: {
    notManaged: secretMessages.notManaged,
    secretMissing: secretMessages.secretMissing,
    notRequired: { status: "NOT_APPLICABLE", text: "The policy requires no KMS key for {database}." },
    asRequired: { status: "COMPLIANT", text: "The secret of {database} is encrypted as required: {required}." },
    rdsKeyOther: {
      status: "NON_COMPLIANT",
      modifiesDatabase: true,
      repairs: ["toggle"],
      text: "The secret of {database} is encrypted with {actual}; the policy requires {required}.",
      remedy:
        "Turn management off and on with the required key. This changes the secret's ARN, so update the clients that read the secret.",
    },
    secretKeyOther: {
      status: "NON_COMPLIANT",
      modifiesDatabase: true,
      repairs: ["toggle"],
      text: "Secrets Manager encrypts the secret of {database} with {actual}; the policy requires {required}.",
      remedy:
        "Set the required key in Secrets Manager, where the key was changed without RDS, or turn management off and on with it.",
      confirm: ["secretsmanager:DescribeSecret"],
    },
    notSeen,
    secretKeyNotSeen: {
      ...notSeen,
      text: "Whether Secrets Manager encrypts the secret of {database} with {required} is unknown: {why}.",
      confirm: ["secretsmanager:DescribeSecret"],
    },
  },
  check(database, context) {
    const { requiredKeys, rdsKey, secretKey } = context;
    if (database.management !== "managed") return { messageId: "notManaged" };
    if (requiredKeys.length === 0) return { messageId: "notRequired" };
    if (isSecretMissing(context)) return { messageId: "secretMissing" };
    const required = requiredKeys.map(describeRequired).join(" or ");
    const byRds = meets(rdsKey, requiredKeys);
    const bySecretsManager = meets(secretKey, requiredKeys);
    const missing = requiredKeys.filter(isNotInKms).map(({ requirement }) => requirement);
    const evidence = {
      required: requiredKeys.map(({ requirement }) => requirement),
      rdsKey: nameOf(rdsKey),
      secretsManagerKey: nameOf(secretKey),
      ...(missing.length > 0 && { missingKeys: missing }),
    };
    if (byRds === false) return { messageId: "rdsKeyOther", data: { required, actual: nameOf(rdsKey) }, evidence };
    if (bySecretsManager === false)
      return { messageId: "secretKeyOther", data: { required, actual: nameOf(secretKey) }, evidence };
    if (byRds !== true) return { messageId: "notSeen", data: { required, why: byRds }, evidence };
    if (bySecretsManager !== true) {
      // A secret that was not seen has nothing to confirm.
      const messageId = context.secret.seen ? "secretKeyNotSeen" : "notSeen";
      return { messageId, data: { required, why: bySecretsManager }, evidence };
    }
    return { messageId: "asRequired", data: { required } };
  },
});

function describeRequired({ requirement }: RequiredKey): string {
  if (!isKind(requirement)) return requirement;
  return requirement === "aws-managed" ? "an AWS managed key" : "a customer managed key";
}

function isNotInKms({ requirement, key }: RequiredKey): boolean {
  return !isKind(requirement) && key.seen && key.value === null;
}

function isKind(requirement: string): boolean {
  return requirement === "customer-managed" || requirement === "aws-managed";
}

/** True if a key is one of those required, or text that says why that is unknown. */
function meets(key: KeyFacts, required: readonly RequiredKey[]): boolean | string {
  const verdicts = required.map((one) => meetsOne(key, one));
  if (verdicts.includes(true)) return true;
  return verdicts.find((verdict) => typeof verdict === "string") ?? false;
}

function meetsOne({ arn, key }: KeyFacts, { requirement, arn: requiredArn }: RequiredKey): boolean | string {
  if (isKind(requirement)) {
    if (!key.seen) return key.why;
    if (key.value === null) return false;
    const { manager } = key.value;
    if (manager !== "AWS" && manager !== "CUSTOMER") return `KMS reports the unknown key manager ${manager}`;
    return manager === (requirement === "aws-managed" ? "AWS" : "CUSTOMER");
  }
  if (!arn.seen) return arn.why;
  if (!requiredArn.seen) return requiredArn.why;
  return requiredArn.value !== null && arn.value === requiredArn.value;
}

function nameOf({ arn, key }: KeyFacts): string {
  const name = arn.seen ? (arn.value ?? "a key that does not exist") : "a key that could not be read";
  return key.seen && key.value?.manager === "AWS" ? `the AWS managed key ${name}` : name;
}
