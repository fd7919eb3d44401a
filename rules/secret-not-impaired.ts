import { showKeyPolicyCommand } from "../lib/model/aws-cli.ts";
import { isUsableKeyState } from "../lib/model/key.ts";
import { defineRule, type KeyAccessFact, type KeyFacts, type RuleContext } from "../lib/model/rule.ts";
import { databaseLists, secretMessages, statusMessages } from "../lib/model/rule-guards.ts";
import { isKnownSecretStatus } from "../lib/model/secret.ts";
import { deniesRds } from "../lib/model/secret-policy.ts";
import { describeInstant } from "../lib/model/time.ts";

/** Only the secret and its keys can tell why it is impaired. */
const confirm = [
  "secretsmanager:DescribeSecret",
  "secretsmanager:GetResourcePolicy",
  "kms:GetKeyPolicy",
  "kms:ListGrants",
] as const;

export const secretNotImpaired = defineRule({
  id: "secret-not-impaired",
  title: "The managed secret is not impaired",
  severity: "high",
  rationale:
    "An impaired secret still holds the current password, but RDS cannot rotate it because it lost access to the secret or its KMS key. " +
    "Nothing fails until the password has to change. After the cause is removed, the status stays impaired until the next rotation succeeds.",
  references: [
    "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_MasterUserSecret.html",
    "https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html",
  ],
  reads: [...databaseLists, "secretsmanager:ListSecrets", "kms:DescribeKey"],
  messages: {
    notManaged: secretMessages.notManaged,
    healthy: { status: "COMPLIANT", text: "The secret of {database} is {status}." },
    ...statusMessages,
    impairedByKeyPolicy: {
      status: "NON_COMPLIANT",
      modifiesDatabase: true,
      text: "The secret of {database} is impaired: {causes}.",
      remedy:
        "Show the policy of the key: {showPolicy}. Let it allow kms:Decrypt and kms:GenerateDataKey to RDS's role AWSServiceRoleForRDS when kms:ViaService is {viaService}, " +
        "and let no Deny cover that. Then rotate the password: {rotate}",
      confirm,
    },
    impairedByCause: {
      status: "NON_COMPLIANT",
      modifiesDatabase: true,
      text: "The secret of {database} is impaired: {causes}.",
      remedy: "Remove the cause, then rotate the password: {rotate}",
      confirm,
    },
    rotationFailed: {
      status: "NON_COMPLIANT",
      modifiesDatabase: true,
      repairs: ["rotate", "toggle"],
      text: "The secret of {database} is impaired: {causes}, and the cause is no longer visible.",
      remedy: "Rotate the password: {rotate}",
      confirm,
    },
    impaired: {
      status: "NON_COMPLIANT",
      modifiesDatabase: true,
      repairs: ["rotate", "toggle"],
      text: "The secret of {database} is impaired, and no cause is visible.",
      remedy:
        "Rotate the password: {rotate}. If RDS refuses or the secret stays impaired, turn management off and on, which creates a new secret.",
      confirm,
    },
  },
  check(database, context) {
    if (database.management !== "managed") return { messageId: "notManaged" };
    const status = database.masterUserSecret?.status ?? "none";
    if (!isKnownSecretStatus(status)) return { messageId: "statusUnknown", data: { status } };
    if (status !== "impaired") return { messageId: "healthy", data: { status } };
    const presentCauses = [...causesOf(context), ...context.keyAccess.flatMap(keyAccessCauses)];
    const causes = [...presentCauses, ...failedRotation(context)];
    const notes = context.keyAccess.flatMap(noteOn);
    const evidence = { causes, ...(notes.length > 0 && { keyAccess: notes }) };
    if (causes.length === 0) return { messageId: "impaired", evidence };
    const data = { causes: causes.join("; ") };
    const keyArn = keyInTheWay(context);
    if (keyArn !== undefined) {
      const showPolicy = showKeyPolicyCommand(database, keyArn);
      const viaService = `secretsmanager.${database.region}.amazonaws.com`;
      return { messageId: "impairedByKeyPolicy", data: { ...data, showPolicy, viaService }, evidence };
    }
    return { messageId: presentCauses.length > 0 ? "impairedByCause" : "rotationFailed", data, evidence };
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

/** The key whose policy keeps RDS out, or may. */
function keyInTheWay({ keyAccess }: RuleContext): string | undefined {
  return keyAccess.find(({ access }) => access.seen && access.value !== null && access.value.verdict !== "allows")
    ?.keyArn;
}

function keyAccessCauses({ keyArn, access }: KeyAccessFact): string[] {
  if (!access.seen) return [`the policy of its KMS key ${keyArn} could not be read (${access.why})`];
  if (access.value === null || access.value.verdict === "allows") return [];
  const { verdict, reason } = access.value;
  return [`its KMS key ${keyArn} ${verdict === "denies" ? "is" : "may be"} closed to RDS: ${reason}`];
}

/** What a key's policy leaves open without being in the way. */
function noteOn({ keyArn, access }: KeyAccessFact): string[] {
  const { verdict, reason } = (access.seen ? access.value : null) ?? { verdict: null, reason: null };
  return verdict === "allows" && reason !== null ? [`KMS key ${keyArn}: ${reason}`] : [];
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
