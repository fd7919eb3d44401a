import { defineRule, type Fact, type KeyFacts, type RequiredKey, type RuleContext } from "../lib/model/rule.ts";
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
    "With another key than the database's storage, access to the stored data does not also give access to the password. " +
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
    sameAsStorage: {
      status: "NON_COMPLIANT",
      modifiesDatabase: true,
      repairs: ["toggle"],
      text: "The secret of {database} is encrypted with {actual}, the key of the database's storage; the policy requires another key.",
      remedy:
        "Turn management off and on with another key. This changes the secret's ARN, so update the clients that read the secret.",
      confirm: ["secretsmanager:DescribeSecret"],
    },
    storageKeyNotSeen: {
      status: "INSUFFICIENT_DATA",
      text: "Whether the secret of {database} is encrypted with another key than the database's storage is unknown: {why}.",
      remedy: "Check the KMS key of the storage in the RDS console.",
    },
    notSeen,
    secretKeyNotSeen: {
      ...notSeen,
      text: "Whether Secrets Manager encrypts the secret of {database} with {required} is unknown: {why}.",
      confirm: ["secretsmanager:DescribeSecret"],
    },
  },
  check(database, context) {
    const { requiredKeys, rdsKey, secretKey, storageKey, differentFromStorage } = context;
    if (database.management !== "managed") return { messageId: "notManaged" };
    if (requiredKeys.length === 0 && !differentFromStorage) return { messageId: "notRequired" };
    if (isSecretMissing(context)) return { messageId: "secretMissing" };
    const required = describeRequirement(context);
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
    if (differentFromStorage) {
      const sameKey = [rdsKey, secretKey].find((key) => isSameKey(key, storageKey));
      if (sameKey !== undefined && storageKey.seen)
        return {
          messageId: "sameAsStorage",
          data: { actual: nameOf(sameKey) },
          evidence: { ...evidence, storageKey: storageKey.value },
        };
      if (!storageKey.seen) return { messageId: "storageKeyNotSeen", data: { why: storageKey.why } };
    }
    if (byRds !== true) return { messageId: "notSeen", data: { required, why: byRds }, evidence };
    if (bySecretsManager !== true) {
      // A secret that was not seen has nothing to confirm.
      const messageId = context.secret.seen ? "secretKeyNotSeen" : "notSeen";
      return { messageId, data: { required, why: bySecretsManager }, evidence };
    }
    return { messageId: "asRequired", data: { required } };
  },
});

function describeRequirement({ requiredKeys, differentFromStorage }: RuleContext): string {
  const keys = requiredKeys.map(describeRequired).join(" or ");
  return [keys, differentFromStorage ? "a key other than the storage's" : ""]
    .filter((part) => part !== "")
    .join(", and ");
}

function isSameKey({ arn }: KeyFacts, storageKey: Fact<string>): boolean {
  return arn.seen && storageKey.seen && arn.value !== null && arn.value === storageKey.value;
}

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

/** True if a key is one of those required, or text that says why that is unknown. With none required, the key only has to be seen. */
function meets(key: KeyFacts, required: readonly RequiredKey[]): boolean | string {
  if (required.length === 0) return key.arn.seen || key.arn.why;
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
