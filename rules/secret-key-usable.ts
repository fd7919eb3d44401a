import { isUnusableKeyState, isUsableKeyState } from "../lib/model/key.ts";
import { defineRule, type KeyFacts, type RuleContext, type Verdict } from "../lib/model/rule.ts";
import { databaseLists, isSecretMissing, keyMessages, keyNotSeen } from "../lib/model/rule-guards.ts";
import { describeInstant } from "../lib/model/time.ts";

export const secretKeyUsable = defineRule({
  id: "secret-key-usable",
  title: "The KMS key of the managed secret is usable",
  severity: "critical",
  rationale:
    "With a KMS key that is disabled or pending deletion, clients cannot read the password and RDS cannot rotate it: the next rotation will fail. " +
    "Key deletion can be canceled during the waiting period. After that, the secret is lost with the key.",
  references: ["https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html"],
  reads: [...databaseLists, "secretsmanager:ListSecrets", "kms:DescribeKey"],
  messages: {
    ...keyMessages,
    usable: { status: "COMPLIANT", text: "The KMS key of the secret of {database} is {state}." },
    missing: {
      status: "NON_COMPLIANT",
      modifiesDatabase: true,
      text: "The KMS key of the secret of {database} does not exist: {key}.",
      remedy:
        "Turn management off with a new password, then on with a key that exists: the current secret can no longer be read.",
      confirm: ["secretsmanager:DescribeSecret"],
    },
    disabled: {
      status: "NON_COMPLIANT",
      modifiesDatabase: true,
      text: "The KMS key of the secret of {database} is disabled: the next rotation will fail.",
      remedy: "Enable the key: aws kms enable-key --region {region} --key-id {key}. Then rotate the secret.",
      confirm: ["secretsmanager:DescribeSecret"],
    },
    pendingDeletion: {
      status: "NON_COMPLIANT",
      modifiesDatabase: true,
      text: "The KMS key of the secret of {database} will be deleted on {deletionAt}, and the secret will be lost with it.",
      remedy:
        "Cancel the key deletion: aws kms cancel-key-deletion --region {region} --key-id {key}. Enable the key: aws kms enable-key --region {region} --key-id {key}. Then rotate the secret.",
      confirm: ["secretsmanager:DescribeSecret"],
    },
    unusable: {
      status: "NON_COMPLIANT",
      modifiesDatabase: true,
      text: "The KMS key of the secret of {database} is {state}: the next rotation will fail.",
      remedy: "Make the key usable (import its key material or connect its key store), then rotate the secret.",
      confirm: ["secretsmanager:DescribeSecret"],
    },
    rdsKeyUnusable: {
      status: "NON_COMPLIANT",
      modifiesDatabase: true,
      text: "RDS reports KMS key {key} for {database}, which {state}; Secrets Manager encrypts the secret with another key, so clients can read the password, but RDS may be unable to rotate it.",
      remedy:
        "Make the key that RDS reports usable, or turn management off and on with the intended key, which creates a new secret.",
      confirm: ["secretsmanager:DescribeSecret"],
    },
    stateUnknown: {
      status: "INSUFFICIENT_DATA",
      text: "The KMS key of the secret of {database} is {state}; whether it is usable is unknown.",
      remedy: "Check the key in the KMS console, then audit again.",
      confirm: ["secretsmanager:DescribeSecret"],
    },
  },
  check(database, context) {
    const { rdsKey, secretKey } = context;
    if (database.management !== "managed") return { messageId: "notManaged" };
    if (isSecretMissing(context)) return { messageId: "secretMissing" };
    const byRds = checkKey(rdsKey, context);
    const bySecretsManager = checkKey(secretKey, context);
    if (isBad(byRds) && bySecretsManager.messageId === "usable") return toRdsKeyUnusable(rdsKey);
    const both = [byRds, bySecretsManager] as const;
    return both.find(isBad) ?? both.find(({ messageId }) => messageId !== "usable") ?? byRds;
  },
});

const unclear = ["keyNotSeen", "secretKeyNotSeen", "stateUnknown"];

/** True if the key is known and cannot be used. */
function isBad({ messageId }: Verdict): boolean {
  return messageId !== "usable" && !unclear.includes(messageId);
}

/** The key that RDS reports cannot be used, and the one that Secrets Manager reports can. */
function toRdsKeyUnusable({ arn, key }: KeyFacts) {
  const name = (arn.seen ? arn.value : null) ?? "unknown";
  const state = key.seen && key.value !== null ? key.value.state : null;
  const data = { key: name, state: state === null ? "does not exist" : `is ${state}` };
  return { messageId: "rdsKeyUnusable", data, evidence: { key: name, state } } as const;
}

function checkKey(facts: KeyFacts, context: RuleContext) {
  const { arn, key } = facts;
  if (!key.seen) return { messageId: keyNotSeen(facts, context), data: { why: key.why } } as const;
  const name = (arn.seen ? arn.value : null) ?? "unknown";
  if (key.value === null) return { messageId: "missing", data: { key: name }, evidence: { key: name } } as const;
  const { state, deletionAt } = key.value;
  if (isUsableKeyState(state)) return { messageId: "usable", data: { state } } as const;
  if (!isUnusableKeyState(state))
    return { messageId: "stateUnknown", data: { state }, evidence: { key: name, state } } as const;
  const evidence = { key: name, state, deletionAt };
  if (state === "Disabled") return { messageId: "disabled", data: { key: name }, evidence } as const;
  if (deletionAt !== null)
    return {
      messageId: "pendingDeletion",
      data: { key: name, deletionAt: describeInstant(deletionAt) },
      evidence,
    } as const;
  return { messageId: "unusable", data: { state }, evidence } as const;
}
