import { isUnusableKeyState, isUsableKeyState } from "../lib/model/key.ts";
import { defineRule, type KeyFacts } from "../lib/model/rule.ts";
import { databaseLists, keyMessages, lacksSecret } from "../lib/model/rule-guards.ts";

export const secretKeyUsable = defineRule({
  id: "secret-key-usable",
  title: "The key of the managed secret can be used",
  severity: "critical",
  rationale:
    "With a key that is disabled or waits for its deletion, clients cannot read the password and RDS cannot rotate it: the next rotation will fail. " +
    "A key that waits for its deletion can still be saved; once it is gone, the secret is lost with it.",
  references: ["https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html"],
  reads: [...databaseLists, "secretsmanager:ListSecrets", "kms:DescribeKey"],
  messages: {
    ...keyMessages,
    usable: { status: "COMPLIANT", text: "The key of the secret of {database} is {state}." },
    missing: {
      status: "NON_COMPLIANT",
      text: "The key of the secret of {database} does not exist: {key}.",
      remedy:
        "The secret cannot be read any more: turn management off with a new password and on again with a key that exists.",
    },
    disabled: {
      status: "NON_COMPLIANT",
      text: "The key of the secret of {database} is disabled: the next rotation will fail.",
      remedy: "Enable the key: aws kms enable-key --region {region} --key-id {key}. Then rotate the secret.",
    },
    pendingDeletion: {
      status: "NON_COMPLIANT",
      text: "The key of the secret of {database} will be deleted on {deletionAt}, and the secret is lost with it.",
      remedy:
        "Keep the key: aws kms cancel-key-deletion --region {region} --key-id {key}. Then enable it, and rotate the secret.",
    },
    unusable: {
      status: "NON_COMPLIANT",
      text: "The key of the secret of {database} is {state}: the next rotation will fail.",
      remedy: "Make the key usable again (import its key material, or connect its key store), then rotate the secret.",
    },
    stateUnknown: {
      status: "INSUFFICIENT_DATA",
      text: "The key of the secret of {database} is {state}, from which it cannot be told whether it is usable.",
      remedy: "Look the key up in the console, and audit again.",
    },
  },
  check(database, context) {
    const { rdsKey, secretKey } = context;
    if (database.management !== "managed") return { messageId: "notManaged" };
    if (lacksSecret(context)) return { messageId: "secretMissing" };
    const both = [judge(rdsKey), judge(secretKey)] as const;
    const isKnown = ({ messageId }: (typeof both)[number]) =>
      messageId !== "keyNotSeen" && messageId !== "stateUnknown";
    return (
      both.find((one) => isKnown(one) && one.messageId !== "usable") ?? both.find((one) => !isKnown(one)) ?? both[0]
    );
  },
});

function judge({ arn, key }: KeyFacts) {
  if (!key.seen) return { messageId: "keyNotSeen", data: { why: key.why } } as const;
  const name = (arn.seen ? arn.value : null) ?? "unknown";
  if (key.value === null) return { messageId: "missing", data: { key: name }, evidence: { key: name } } as const;
  const { state, deletionAt } = key.value;
  if (isUsableKeyState(state)) return { messageId: "usable", data: { state } } as const;
  if (!isUnusableKeyState(state))
    return { messageId: "stateUnknown", data: { state }, evidence: { key: name, state } } as const;
  const evidence = { key: name, state, deletionAt };
  if (state === "Disabled") return { messageId: "disabled", data: { key: name }, evidence } as const;
  if (deletionAt !== null) return { messageId: "pendingDeletion", data: { key: name, deletionAt }, evidence } as const;
  return { messageId: "unusable", data: { state }, evidence } as const;
}
