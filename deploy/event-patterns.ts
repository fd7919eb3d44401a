/** Events that can change a verdict before the next audit, as a pattern of EventBridge that leaves the account open. */
export type EventPattern = {
  /** The logical ID of the rule. */
  readonly id: string;
  readonly description: string;
  readonly pattern: { readonly source: readonly string[]; readonly [field: string]: unknown };
};

/** A call or an event of a service that CloudTrail recorded. */
function recorded(service: string, type: "API Call" | "Service Event", detail: object): EventPattern["pattern"] {
  return {
    source: [`aws.${service}`],
    "detail-type": [`AWS ${type} via CloudTrail`],
    detail: { eventSource: [`${service}.amazonaws.com`], ...detail },
  };
}

/** AWS rejected a call with an error code, so it changed nothing. */
const succeeded = { errorCode: [{ exists: false }] };

const managedSecretArn = { wildcard: "arn:*:secretsmanager:*:secret:rds!*" };

/** The patterns of every rule that starts a recheck. Those for CloudTrail events need a trail that logs management events. */
export const eventPatterns: readonly EventPattern[] = [
  {
    id: "DatabaseEvents",
    description:
      "RDS created, restored or deleted a database, reset its master password or failed to, or did not find its secret",
    pattern: {
      source: ["aws.rds"],
      "detail-type": ["RDS DB Instance Event", "RDS DB Cluster Event"],
      detail: {
        EventID: [
          ...["RDS-EVENT-0003", "RDS-EVENT-0171"], // deleted
          ...["RDS-EVENT-0005", "RDS-EVENT-0170"], // created
          "RDS-EVENT-0016", // password reset
          "RDS-EVENT-0043", // restored
          "RDS-EVENT-0067", // password reset failed
          "RDS-EVENT-0327", // secret not found
        ],
      },
    },
  },
  {
    id: "SecretEvents",
    description: "A managed secret has a new current version",
    pattern: {
      source: ["aws.secretsmanager"],
      "detail-type": ["Secret Label Updated"],
      detail: { name: [{ prefix: "rds!" }], labelUpdated: ["AWSCURRENT"] },
    },
  },
  {
    id: "DatabaseCalls",
    description: "A caller created, restored, promoted or modified a database",
    pattern: recorded("rds", "API Call", {
      eventName: [
        "CreateDBCluster",
        "CreateDBInstance",
        "CreateTenantDatabase",
        "ModifyDBCluster",
        "ModifyDBInstance",
        "ModifyTenantDatabase",
        "PromoteReadReplica",
        "PromoteReadReplicaDBCluster",
        "RestoreDBClusterFromS3",
        "RestoreDBClusterFromSnapshot",
        "RestoreDBClusterToPointInTime",
        "RestoreDBInstanceFromDBSnapshot",
        "RestoreDBInstanceFromS3",
        "RestoreDBInstanceToPointInTime",
      ],
      ...succeeded,
    }),
  },
  {
    id: "SecretCalls",
    description: "A caller changed, deleted or restored a managed secret, its rotation or its resource policy",
    pattern: recorded("secretsmanager", "API Call", {
      eventName: [
        "CancelRotateSecret",
        "DeleteResourcePolicy",
        "DeleteSecret",
        "PutResourcePolicy",
        "RestoreSecret",
        "RotateSecret",
        "UpdateSecret",
      ],
      requestParameters: { secretId: [{ prefix: "rds!" }, managedSecretArn] },
      ...succeeded,
    }),
  },
  {
    id: "RotationFailures",
    description: "The rotation of a managed secret failed",
    pattern: recorded("secretsmanager", "Service Event", {
      eventName: ["RotationFailed"],
      additionalEventData: { SecretId: [managedSecretArn] },
    }),
  },
  {
    id: "KeyCalls",
    description:
      "A caller disabled or enabled a key, scheduled or cancelled its deletion, deleted or imported its key material, or changed its policy",
    pattern: recorded("kms", "API Call", {
      eventName: [
        "CancelKeyDeletion",
        "DeleteImportedKeyMaterial",
        "DisableKey",
        "EnableKey",
        "ImportKeyMaterial",
        "PutKeyPolicy",
        "ScheduleKeyDeletion",
      ],
      ...succeeded,
    }),
  },
  {
    // AWS services create and retire grants all the time, in their own name or in that of a caller. CloudTrail names the service.
    id: "GrantCalls",
    description: "A caller, and no AWS service, created, retired or revoked a grant of a key",
    pattern: recorded("kms", "API Call", {
      eventName: ["CreateGrant", "RetireGrant", "RevokeGrant"],
      userIdentity: { invokedBy: [{ exists: false }] },
      ...succeeded,
    }),
  },
];
