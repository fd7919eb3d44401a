import type { Policy } from "../model/policy.ts";
import type { Rule } from "../model/rule.ts";
import { activeRules } from "./judge.ts";

/** Who the credentials are (which AWS always allows) and which Regions there are: asked by the audit itself, not by a rule. */
const ofTheAuditItself = ["account:ListRegions", "sts:GetCallerIdentity"];

/** What no role of this project may ever do. */
const readsOfSecretValues = ["secretsmanager:BatchGetSecretValue", "secretsmanager:GetSecretValue"];

/** The IAM actions that an audit by these rules may call, in alphabetical order. */
export function auditActions(rules: readonly Rule[], policy: Policy): readonly string[] {
  const ofRules = activeRules(rules, policy).flatMap(({ messages, reads }) => [
    ...reads,
    ...Object.values(messages).flatMap(({ confirm }) => confirm ?? []),
  ]);
  return [...new Set([...ofRules, ...ofTheAuditItself])].sort();
}

/**
 * The IAM policy of an auditor. What concerns single secrets is limited to those that RDS makes; the values of all are denied.
 * `kms:DescribeKey` is for any key, because a database may name a key of another account.
 */
export function auditPolicy(rules: readonly Rule[], policy: Policy) {
  const actions = auditActions(rules, policy);
  const ofOneSecret = (action: string) =>
    action.startsWith("secretsmanager:") && action !== "secretsmanager:ListSecrets";
  return {
    Version: "2012-10-17",
    Statement: [
      { Sid: "Inventory", Effect: "Allow", Action: actions.filter((action) => !ofOneSecret(action)), Resource: "*" },
      {
        Sid: "SecretsOfRDS",
        Effect: "Allow",
        Action: actions.filter(ofOneSecret),
        Resource: "arn:*:secretsmanager:*:*:secret:rds!*",
      },
      { Sid: "NeverTheValues", Effect: "Deny", Action: readsOfSecretValues, Resource: "*" },
    ],
  };
}
