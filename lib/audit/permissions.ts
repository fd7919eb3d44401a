import { type ActionName, actionNames, permissionFor } from "../model/action.ts";
import type { Policy } from "../model/policy.ts";
import type { Rule } from "../model/rule.ts";

/** Who the credentials are (which AWS always allows) and which Regions there are: asked by the audit itself, not by a rule. */
const ofTheAuditItself = ["account:ListRegions", "sts:GetCallerIdentity"];

/** What no role of this project may ever do. */
export const readsOfSecretValues = ["secretsmanager:BatchGetSecretValue", "secretsmanager:GetSecretValue"];

/** The IAM actions that an audit by these rules may call, in alphabetical order. */
export function auditActions(rules: readonly Rule[]): readonly string[] {
  const ofRules = rules.flatMap(({ messages, reads }) => [
    ...reads,
    ...Object.values(messages).flatMap(({ confirm }) => confirm ?? []),
  ]);
  return [...new Set([...ofRules, ...ofTheAuditItself])].sort();
}

/**
 * The IAM policy of an auditor. What concerns single secrets is limited to those that RDS makes; the values of all are denied.
 * `kms:DescribeKey` is for any key, because a database may name a key of another account.
 */
export function auditPolicy(rules: readonly Rule[]) {
  const actions = auditActions(rules);
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

/** What is read, beside what an audit reads, before anything is repaired. Of a data key it is only asked whether it would be made. */
export const repairReads = [
  "kms:GenerateDataKey",
  "rds:DescribeBlueGreenDeployments",
  "rds:DescribeDBProxies",
  "secretsmanager:DescribeSecret",
  "secretsmanager:GetResourcePolicy",
] as const;

/** What changes a master password, by the kind of the database. */
const modifications = ["rds:ModifyDBCluster", "rds:ModifyDBInstance", "rds:ModifyTenantDatabase"] as const;

/** What gives a new secret what the old one had. */
const restorations = [
  "secretsmanager:PutResourcePolicy",
  "secretsmanager:RotateSecret",
  "secretsmanager:TagResource",
] as const;

/**
 * What AWS asks of whoever turns management on: RDS makes the secret, and uses its key, in the caller's name.
 * Source: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html
 */
const inTheNameOfWhoTurnsOn = [
  "kms:CreateGrant",
  "kms:Decrypt",
  "kms:DescribeKey",
  "kms:GenerateDataKey",
  "secretsmanager:CreateSecret",
  "secretsmanager:TagResource",
] as const;

/** What an action does in AWS: the operations that its procedure calls, and those that RDS calls in its name. */
export type ActionPermissions = { readonly calls: readonly string[]; readonly inItsName: readonly string[] };

/** What each action needs beside reading. */
export const actionPermissions: Readonly<Record<ActionName, ActionPermissions>> = {
  "schedule-rotation": { calls: ["secretsmanager:RotateSecret"], inItsName: [] },
  rotate: { calls: modifications, inItsName: ["secretsmanager:RotateSecret"] },
  toggle: {
    calls: [...modifications, ...restorations, "rds:AddTagsToResource", "rds:RemoveTagsFromResource"],
    inItsName: inTheNameOfWhoTurnsOn,
  },
  enable: { calls: modifications, inItsName: inTheNameOfWhoTurnsOn },
  "finish-interrupted": {
    calls: [...modifications, ...restorations, "rds:RemoveTagsFromResource"],
    inItsName: inTheNameOfWhoTurnsOn,
  },
};

/** The IAM actions that repairs need beside reading, as far as the policy allows them, in alphabetical order; none where it allows none. */
export function repairActions({ remediation }: Policy): readonly string[] {
  const allowed = actionNames.filter((action) => remediation.allow.includes(permissionFor(action)));
  const needed = allowed.flatMap((action) => Object.values(actionPermissions[action]).flat());
  return [...new Set(needed)].sort();
}
