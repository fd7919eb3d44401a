import type { AllowStatement, PermissionResult, Preflight } from "../model/preflight.ts";

/** Secrets that RDS owns. */
const managedSecrets = "arn:*:secretsmanager:*:*:secret:rds!*";

/** True if an Allow in an IAM policy gives the permission: no other kind of policy denies it. */
function isGivenByAllow({ status, deniedBy }: Pick<PermissionResult, "status" | "deniedBy">): boolean {
  if (status !== "lack") return false;
  return deniedBy === null || (deniedBy.kind === "identity-based policy" && !deniedBy.isExplicit);
}

/** The IAM policy with exactly the actions that are missing; null if an Allow helps with none. */
export function toPolicyToAdd(results: readonly PermissionResult[]): Preflight["policyToAdd"] {
  const actions = [...new Set(results.filter(isGivenByAllow).map(({ action }) => action))].sort();
  const isOnSecret = (action: string) =>
    action.startsWith("secretsmanager:") && action !== "secretsmanager:ListSecrets";
  const Statement = [
    ...toStatement(
      "Missing",
      actions.filter((action) => !isOnSecret(action)),
      "*",
    ),
    ...toStatement("MissingOnManagedSecrets", actions.filter(isOnSecret), managedSecrets),
  ];
  return Statement.length === 0 ? null : { Version: "2012-10-17", Statement };
}

function toStatement(Sid: string, Action: readonly string[], Resource: string): readonly AllowStatement[] {
  return Action.length === 0 ? [] : [{ Sid, Effect: "Allow", Action, Resource }];
}
