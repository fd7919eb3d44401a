import type { Rule } from "../model/rule.ts";
import { secretValueReads } from "../model/secret.ts";

/** Actions that the audit calls besides those of the rules. AWS always allows GetCallerIdentity. */
const auditOwnActions = ["account:ListRegions", "sts:GetCallerIdentity"];

/** The IAM actions that an audit with these rules can call: what the rules read and confirm, and the audit's own. In alphabetical order. */
export function auditActions(rules: readonly Rule[]): readonly string[] {
  const ofRules = rules.flatMap(({ messages, reads }) => [
    ...reads,
    ...Object.values(messages).flatMap(({ confirm }) => confirm ?? []),
  ]);
  return [...new Set([...ofRules, ...auditOwnActions])].sort();
}

/**
 * The IAM policy for an audit with these rules. Actions on single secrets are limited to the secrets that RDS creates, and secret values
 * are denied. `kms:DescribeKey` covers every key, because a database can use a key in another account.
 */
export function auditPolicy(rules: readonly Rule[]) {
  const actions = auditActions(rules);
  const isOnOneSecret = (action: string) =>
    action.startsWith("secretsmanager:") && action !== "secretsmanager:ListSecrets";
  return {
    Version: "2012-10-17",
    Statement: [
      { Sid: "Inventory", Effect: "Allow", Action: actions.filter((action) => !isOnOneSecret(action)), Resource: "*" },
      {
        Sid: "RdsManagedSecrets",
        Effect: "Allow",
        Action: actions.filter(isOnOneSecret),
        Resource: "arn:*:secretsmanager:*:*:secret:rds!*",
      },
      { Sid: "DenySecretValues", Effect: "Deny", Action: secretValueReads, Resource: "*" },
    ],
  };
}
