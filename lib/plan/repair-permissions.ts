import { type ActionName, actionNames, permissionFor } from "../model/action.ts";
import type { Policy } from "../model/policy.ts";

/** IAM actions that every repair reads with, besides those of an audit. GenerateDataKey is called only as a dry run. */
export const repairReads = [
  "kms:GenerateDataKey",
  "rds:DescribeBlueGreenDeployments",
  "rds:DescribeDBProxies",
  "rds:DescribeDBProxyTargets",
  "secretsmanager:DescribeSecret",
  "secretsmanager:GetResourcePolicy",
] as const;

/** One modify action for each kind of database. */
const modifications = ["rds:ModifyDBCluster", "rds:ModifyDBInstance", "rds:ModifyTenantDatabase"] as const;

/** Actions that restore the old secret's settings on a new secret. */
const restorations = [
  "secretsmanager:PutResourcePolicy",
  "secretsmanager:RotateSecret",
  "secretsmanager:TagResource",
] as const;

/**
 * Actions that RDS calls with the caller's permissions when management is turned on: it creates the secret and uses its key.
 * Source: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html
 */
const calledByRdsToTurnOn = [
  "kms:CreateGrant",
  "kms:Decrypt",
  "kms:DescribeKey",
  "kms:GenerateDataKey",
  "secretsmanager:CreateSecret",
  "secretsmanager:TagResource",
] as const;

/** The IAM actions of a repair: those that its procedure calls, and those that RDS calls with the caller's permissions. */
export type ActionPermissions = { readonly calls: readonly string[]; readonly calledByRds: readonly string[] };

/** The IAM actions that each repair needs besides reading. */
export const actionPermissions: Readonly<Record<ActionName, ActionPermissions>> = {
  "schedule-rotation": { calls: ["secretsmanager:RotateSecret"], calledByRds: [] },
  rotate: { calls: modifications, calledByRds: ["secretsmanager:RotateSecret"] },
  toggle: {
    calls: [...modifications, ...restorations, "rds:AddTagsToResource", "rds:RemoveTagsFromResource"],
    calledByRds: calledByRdsToTurnOn,
  },
  enable: { calls: modifications, calledByRds: calledByRdsToTurnOn },
  "finish-interrupted": {
    calls: [...modifications, ...restorations, "rds:RemoveTagsFromResource"],
    calledByRds: calledByRdsToTurnOn,
  },
};

/** The IAM actions that the repairs allowed by the policy need besides reading, in alphabetical order. */
export function repairActions(policy: Policy): readonly string[] {
  return distinct(allowedBy(policy).flatMap(({ calls, calledByRds }) => [...calls, ...calledByRds]));
}

/** Of these actions those on secrets: on a database's existing secret, and on the new one that RDS creates. In alphabetical order. */
export function secretActions(policy: Policy): {
  readonly onExisting: readonly string[];
  readonly onNew: readonly string[];
} {
  const isOnSecret = (action: string) => action.startsWith("secretsmanager:");
  const isOnNew = (action: string) => (calledByRdsToTurnOn as readonly string[]).includes(action);
  const permissions = allowedBy(policy);
  const calledByRds = distinct(permissions.flatMap((one) => one.calledByRds)).filter(isOnSecret);
  const calls = permissions.flatMap((one) => one.calls).filter(isOnSecret);
  return {
    onExisting: distinct([...calls, ...calledByRds.filter((action) => !isOnNew(action))]),
    onNew: calledByRds.filter(isOnNew),
  };
}

function allowedBy({ remediation }: Policy): readonly ActionPermissions[] {
  return actionNames
    .filter((action) => remediation.allow.includes(permissionFor(action)))
    .map((action) => actionPermissions[action]);
}

function distinct(actions: readonly string[]): readonly string[] {
  return [...new Set(actions)].sort();
}
