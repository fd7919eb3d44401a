import { isUnusableKeyState, isUsableKeyState } from "../lib/model/key.ts";
import type { KeyFacts } from "../lib/model/rule.ts";
import { defineRule } from "../lib/model/rule.ts";
import { keyMessages } from "../lib/model/rule-guards.ts";

export const secretKeyUsable = defineRule({
  id: "secret-key-usable",
  title: "The key of the managed secret can be used",
  severity: "critical",
  rationale:
    "With a key that is disabled or waits for its deletion, clients cannot read the password and RDS cannot rotate it: the next rotation will fail. " +
    "A key that waits for its deletion can still be saved; once it is gone, the secret is lost with it.",
  references: ["https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html"],
  reads: ["rds:DescribeDBInstances", "rds:DescribeDBClusters", "secretsmanager:ListSecrets", "kms:DescribeKey"],
  messages: {
    ...keyMessages,
    usable: { status: "COMPLIANT", text: "The key of the secret of {database} is {state}." },
    missing: {
      status: "NON_COMPLIANT",
      text: "The key of the secret of {database} does not exist: {key}.",
      remedy:
        "The secret cannot be read any more: turn management off with a new password and on again with a key that exists.",
    },
    unusable: {
      status: "NON_COMPLIANT",
      text: "The key of the secret of {database} is {state}: the next rotation will fail.",
      remedy:
        "Make the key usable again (aws kms cancel-key-deletion, aws kms enable-key --key-id {key}), then rotate the secret.",
    },
    stateUnknown: {
      status: "INSUFFICIENT_DATA",
      text: "The key of the secret of {database} is {state}, from which it cannot be told whether it is usable.",
      remedy: "Look the key up in the console, and audit again.",
    },
  },
  check(database, { rdsKey, secretKey }) {
    if (database.management !== "managed") return { says: "notManaged" };
    const both = [judge(rdsKey), judge(secretKey)] as const;
    const isWrong = ({ says }: (typeof both)[number]) => says === "missing" || says === "unusable";
    return both.find(isWrong) ?? both.find(({ says }) => says !== "usable") ?? both[0];
  },
});

function judge({ arn, key }: KeyFacts) {
  if (!key.seen) return { says: "keyNotSeen", slots: { why: key.why } } as const;
  const name = (arn.seen ? arn.value : null) ?? "unknown";
  if (key.value === null) return { says: "missing", slots: { key: name }, evidence: { key: name } } as const;
  const { state, deletionAt } = key.value;
  if (isUsableKeyState(state)) return { says: "usable", slots: { state } } as const;
  if (!isUnusableKeyState(state))
    return { says: "stateUnknown", slots: { state }, evidence: { key: name, state } } as const;
  return { says: "unusable", slots: { state, key: name }, evidence: { key: name, state, deletionAt } } as const;
}
