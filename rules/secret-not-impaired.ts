import { isUsableKeyState } from "../lib/model/key.ts";
import { defineRule, type KeyFacts, type RuleContext } from "../lib/model/rule.ts";
import { databaseLists, secretMessages, statusMessages } from "../lib/model/rule-guards.ts";
import { isKnownSecretStatus } from "../lib/model/secret.ts";
import { deniesRds } from "../lib/model/secret-policy.ts";
import { describeInstant } from "../lib/model/time.ts";

export const secretNotImpaired = defineRule({
  id: "secret-not-impaired",
  title: "The managed secret is not impaired",
  severity: "high",
  rationale:
    "An impaired secret still holds the current password, but RDS cannot rotate it because it lost access to the secret or its KMS key. " +
    "Nothing fails until the password has to change. After the cause is removed, the status stays impaired until the next rotation succeeds.",
  references: ["https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_MasterUserSecret.html"],
  reads: [...databaseLists, "secretsmanager:ListSecrets", "kms:DescribeKey"],
  messages: {
    notManaged: secretMessages.notManaged,
    healthy: { status: "COMPLIANT", text: "The secret of {database} is {status}." },
    ...statusMessages,
    impairedByCause: {
      status: "NON_COMPLIANT",
      modifiesDatabase: true,
      text: "The secret of {database} is impaired: {causes}.",
      remedy: "Remove the cause, then rotate the password: {rotate}",
      confirm: ["secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy"],
    },
    rotationFailed: {
      status: "NON_COMPLIANT",
      modifiesDatabase: true,
      repairs: ["rotate", "toggle"],
      text: "The secret of {database} is impaired: {causes}, and the cause is no longer visible.",
      remedy: "Rotate the password: {rotate}",
      confirm: ["secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy"],
    },
    impaired: {
      status: "NON_COMPLIANT",
      modifiesDatabase: true,
      repairs: ["rotate", "toggle"],
      text: "The secret of {database} is impaired, and no cause is visible.",
      remedy:
        "Rotate the password: {rotate}. If RDS refuses or the secret stays impaired, turn management off and on, which creates a new secret.",
      confirm: ["secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy"],
    },
  },
  check(database, context) {
    if (database.management !== "managed") return { messageId: "notManaged" };
    const status = database.masterUserSecret?.status ?? "none";
    if (!isKnownSecretStatus(status)) return { messageId: "statusUnknown", data: { status } };
    if (status !== "impaired") return { messageId: "healthy", data: { status } };
    const presentCauses = causesOf(context);
    const causes = [...presentCauses, ...failedRotation(context)];
    if (causes.length === 0) return { messageId: "impaired", evidence: { causes } };
    const messageId = presentCauses.length > 0 ? "impairedByCause" : "rotationFailed";
    return { messageId, data: { causes: causes.join("; ") }, evidence: { causes } };
  },
});

/** Causes that would make the next rotation fail too. A fact that could not be read is not ruled out, so it counts. */
function causesOf({ rdsKey, secretKey, secret, resourcePolicy }: RuleContext): string[] {
  const isOtherUsable = keyCauses(secretKey).length === 0 && nameOf(secretKey) !== nameOf(rdsKey);
  const effect = isOtherUsable ? " (RDS reports this key; Secrets Manager uses another, which is usable)" : "";
  const causes = keyCauses(rdsKey).map((cause) => cause + effect);
  // If the key was changed in Secrets Manager without RDS, that key counts too.
  if (secretKey.key.seen) causes.push(...keyCauses(secretKey).filter((cause) => !causes.includes(cause)));
  if (!secret.seen) causes.push(`the secret could not be read (${secret.why})`);
  else if (secret.value === null) causes.push("the secret does not exist");
  else if (secret.value.deletedAt !== null)
    causes.push(`the secret has been scheduled for deletion since ${describeInstant(secret.value.deletedAt)}`);
  if (!resourcePolicy.seen) causes.push(`the secret's resource policy could not be read (${resourcePolicy.why})`);
  else causes.push(...policyCauses(resourcePolicy.value));
  return causes;
}

function policyCauses(policy: string | null): string[] {
  const isDenied = policy !== null && deniesRds(policy);
  if (isDenied === null) return ["the secret's resource policy has a condition that may deny RDS"];
  return isDenied ? ["the secret's resource policy denies RDS"] : [];
}

function failedRotation({ secret, now }: RuleContext): string[] {
  const due = secret.seen ? (secret.value?.nextRotationAt ?? null) : null;
  return due !== null && due < now ? [`the rotation due on ${describeInstant(due)} failed`] : [];
}

function nameOf({ arn }: KeyFacts): string | null {
  return arn.seen ? arn.value : null;
}

function keyCauses({ key }: KeyFacts): string[] {
  if (!key.seen) return [`its KMS key could not be read (${key.why})`];
  if (key.value === null) return ["its KMS key does not exist"];
  return isUsableKeyState(key.value.state) ? [] : [`its KMS key ${key.value.arn} is ${key.value.state}`];
}
