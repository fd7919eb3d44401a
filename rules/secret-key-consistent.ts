import { defineRule, type KeyFacts } from "../lib/model/rule.ts";
import { databaseLists, isSecretMissing, keyMessages, keyNotSeen } from "../lib/model/rule-guards.ts";

export const secretKeyConsistent = defineRule({
  id: "secret-key-consistent",
  title: "RDS and Secrets Manager report the same KMS key",
  severity: "low",
  rationale:
    "If the key is changed in Secrets Manager, RDS still reports the old one, so auditors and templates that read RDS see the wrong key. " +
    "Secrets Manager reports no key if the secret uses the default key; that is not a difference.",
  references: ["https://github.com/hashicorp/terraform-provider-aws/issues/41817"],
  reads: [...databaseLists, "secretsmanager:ListSecrets", "kms:DescribeKey"],
  messages: {
    ...keyMessages,
    same: { status: "COMPLIANT", text: "RDS and Secrets Manager report the same KMS key for {database}." },
    different: {
      status: "NON_COMPLIANT",
      modifiesDatabase: true,
      text: "RDS reports {rdsKey} for {database}, but Secrets Manager reports {secretsManagerKey}.",
      remedy:
        "Decide which key is intended. Set it in Secrets Manager (aws secretsmanager update-secret --kms-key-id), or turn management off and on with it.",
      confirm: ["secretsmanager:DescribeSecret"],
    },
  },
  check(database, context) {
    const { rdsKey, secretKey } = context;
    if (database.management !== "managed") return { messageId: "notManaged" };
    if (isSecretMissing(context)) return { messageId: "secretMissing" };
    for (const key of [rdsKey, secretKey])
      if (!key.arn.seen) return { messageId: keyNotSeen(key, context), data: { why: key.arn.why } };
    const [byRds, bySecretsManager] = [arnOf(rdsKey), arnOf(secretKey)];
    if (byRds === null && bySecretsManager === null)
      return { messageId: "keyNotSeen", data: { why: "neither key exists" } };
    if (byRds === bySecretsManager) return { messageId: "same" };
    const keys = {
      rdsKey: byRds ?? "a key that does not exist",
      secretsManagerKey: bySecretsManager ?? "a key that does not exist",
    };
    return { messageId: "different", data: keys, evidence: keys };
  },
});

function arnOf({ arn }: KeyFacts): string | null {
  return arn.seen ? arn.value : null;
}
