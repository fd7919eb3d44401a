import { isUsableKeyState } from "../lib/model/key.ts";
import { defineRule, type KeyFacts, type RuleContext } from "../lib/model/rule.ts";
import { databaseLists, secretMessages } from "../lib/model/rule-guards.ts";
import { deniesRds, isKnownSecretStatus } from "../lib/model/secret.ts";

export const secretNotImpaired = defineRule({
  id: "secret-not-impaired",
  title: "The managed secret is not impaired",
  severity: "high",
  rationale:
    "An impaired secret still opens the database, but RDS cannot rotate it: it lost access to the secret or to its key. " +
    "Nothing fails until the password has to change. Once the cause is gone, the status stays until the next rotation succeeds.",
  references: ["https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_MasterUserSecret.html"],
  reads: [...databaseLists, "secretsmanager:ListSecrets", "kms:DescribeKey"],
  messages: {
    notManaged: secretMessages.notManaged,
    healthy: { status: "COMPLIANT", text: "The secret of {database} is {status}." },
    statusUnknown: {
      status: "INSUFFICIENT_DATA",
      text: "RDS reports the status {status} for the secret of {database}, which this version does not know.",
      remedy: "Look the database up in the console, and see whether a newer version of the auditor knows the status.",
    },
    impairedByCause: {
      status: "NON_COMPLIANT",
      text: "The secret of {database} is impaired: {causes}.",
      remedy: "Remove the cause, then rotate: {rotate}",
      confirm: ["secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy"],
    },
    rotationFailed: {
      status: "NON_COMPLIANT",
      repairs: ["rotate", "toggle"],
      text: "The secret of {database} is impaired: {causes}, for a cause that can no longer be seen.",
      remedy: "Rotate: {rotate}",
      confirm: ["secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy"],
    },
    impaired: {
      status: "NON_COMPLIANT",
      repairs: ["rotate", "toggle"],
      text: "The secret of {database} is impaired, and no cause can be seen.",
      remedy:
        "Rotate: {rotate}. Where that is refused or does not clear it, turn management off and on, which makes a new secret.",
      confirm: ["secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy"],
    },
  },
  check(database, context) {
    if (database.management !== "managed") return { messageId: "notManaged" };
    const status = database.masterUserSecret?.status ?? "none";
    if (!isKnownSecretStatus(status)) return { messageId: "statusUnknown", data: { status } };
    if (status !== "impaired") return { messageId: "healthy", data: { status } };
    const standing = causesOf(context);
    const causes = [...standing, ...failedRotation(context)];
    if (causes.length === 0) return { messageId: "impaired", evidence: { causes } };
    const messageId = standing.length > 0 ? "impairedByCause" : "rotationFailed";
    return { messageId, data: { causes: causes.join("; ") }, evidence: { causes } };
  },
});

/** What would make the next rotation fail too, or may: what could not be read is not ruled out. */
function causesOf({ rdsKey, secretKey, secret, resourcePolicy }: RuleContext): string[] {
  const causes = keyCauses(rdsKey);
  // Where somebody changed the key behind RDS's back, it is the other one that counts.
  if (secretKey.key.seen) causes.push(...keyCauses(secretKey).filter((cause) => !causes.includes(cause)));
  if (!secret.seen) causes.push(`the secret could not be read (${secret.why})`);
  else if (secret.value === null) causes.push("the secret does not exist");
  else if (secret.value.deletedAt !== null)
    causes.push(`the secret is scheduled for deletion since ${secret.value.deletedAt}`);
  if (!resourcePolicy.seen) causes.push(`the secret's resource policy could not be read (${resourcePolicy.why})`);
  else if (resourcePolicy.value !== null && deniesRds(resourcePolicy.value))
    causes.push("the secret's resource policy denies RDS");
  return causes;
}

function failedRotation({ secret, now }: RuleContext): string[] {
  const due = secret.seen ? (secret.value?.nextRotationAt ?? null) : null;
  return due !== null && due < now ? [`the rotation due on ${due} failed`] : [];
}

function keyCauses({ key }: KeyFacts): string[] {
  if (!key.seen) return [`its key could not be read (${key.why})`];
  if (key.value === null) return ["its key does not exist"];
  return isUsableKeyState(key.value.state) ? [] : [`its key ${key.value.arn} is ${key.value.state}`];
}
