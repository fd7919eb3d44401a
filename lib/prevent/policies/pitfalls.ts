import type { PolicyMeans } from "../means.ts";

const pitfalls = [
  "Members of DB clusters and read replicas have no master password of their own. Requests to create them do not send the condition key and are allowed.",
  "A request that does not send rds:ManageMasterUserPassword is allowed. AWS documents that a request to create a database without the parameter is denied, so RDS sends false for it; this is not verified, and the test plan tries it.",
  "AWS documents that, with the Modify actions denied, a database that is not managed cannot be modified at all. Bring databases under management before you attach the policy.",
  "RDS accepts the parameter in RestoreDBInstanceFromDBSnapshot and RestoreDBInstanceToPointInTime for Oracle only. If RDS sends false for the other engines, their restores are denied; the test plan tries it.",
  "The policy does not require a KMS key: a managed secret with the default key aws/secretsmanager is allowed. The audit reports it.",
];

const ofMeans = {
  scp: "SCPs apply neither to the management account nor to service-linked roles.",
  "iam-policy": "The policy grants nothing, and binds only the users and roles that it is attached to.",
};

/** What the generated policies do not do, or do besides, in sentences for the person who attaches them. */
export function listPitfalls(means: PolicyMeans): readonly string[] {
  return [...pitfalls, ofMeans[means]];
}

/** The pitfall of a repair role that is not exempt. */
export const noExemptPrincipal =
  "No principal is exempt, so the policy denies the step of a toggle repair that turns management off. If you use repairs, name their role with --exempt-role.";
