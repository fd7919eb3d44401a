import { isUnusableKeyState, isUsableKeyState } from "../lib/model/key.ts";
import { defineRule, type KeyFacts, type RuleContext } from "../lib/model/rule.ts";
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
      text: "The KMS key of the secret of {database} does not exist: {key}.",
      remedy:
        "Turn management off with a new password, then on with a key that exists: the current secret can no longer be read.",
      confirm: ["secretsmanager:DescribeSecret"],
    },
    disabled: {
      status: "NON_COMPLIANT",
      text: "The KMS key of the secret of {database} is disabled: the next rotation will fail.",
      remedy: "Enable the key: aws kms enable-key --region {region} --key-id {key}. Then rotate the secret.",
      confirm: ["secretsmanager:DescribeSecret"],
    },
    pendingDeletion: {
      status: "NON_COMPLIANT",
      text: "The KMS key of the secret of {database} will be deleted on {deletionAt}, and the secret will be lost with it.",
      remedy:
        "Cancel the key deletion: aws kms cancel-key-deletion --region {region} --key-id {key}. Then enable the key and rotate the secret.",
      confirm: ["secretsmanager:DescribeSecret"],
    },
    unusable: {
      status: "NON_COMPLIANT",
      text: "The KMS key of the secret of {database} is {state}: the next rotation will fail.",
      remedy: "Make the key usable (import its key material or connect its key store), then rotate the secret.",
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
    const both = [checkKey(rdsKey, context), checkKey(secretKey, context)] as const;
    const isKnown = ({ messageId }: (typeof both)[number]) =>
      !["keyNotSeen", "secretKeyNotSeen", "stateUnknown"].includes(messageId);
    return (
      both.find((one) => isKnown(one) && one.messageId !== "usable") ?? both.find((one) => !isKnown(one)) ?? both[0]
    );
  },
});

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
