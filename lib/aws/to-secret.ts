import type { DescribeSecretResponse, SecretListEntry } from "@aws-sdk/client-secrets-manager";
import { unknown } from "../model/database.ts";
import type { Secret } from "../model/secret.ts";
import { toInstant } from "./to-database.ts";

/** A secret as `ListSecrets` and `DescribeSecret` alike describe it. Neither carries a value, and nothing here asks for one. */
export function toSecret(secret: SecretListEntry | DescribeSecretResponse): Secret {
  const { RotationRules } = secret;
  return {
    arn: secret.ARN ?? unknown,
    name: secret.Name ?? unknown,
    owningService: secret.OwningService ?? null,
    kmsKeyId: secret.KmsKeyId || null,
    rotationEnabled: secret.RotationEnabled ?? null,
    rotationRules:
      RotationRules === undefined
        ? null
        : {
            automaticallyAfterDays: RotationRules.AutomaticallyAfterDays ?? null,
            scheduleExpression: RotationRules.ScheduleExpression ?? null,
          },
    createdAt: toInstant(secret.CreatedDate),
    lastChangedAt: toInstant(secret.LastChangedDate),
    lastRotatedAt: toInstant(secret.LastRotatedDate),
    nextRotationAt: toInstant(secret.NextRotationDate),
    deletedAt: toInstant(secret.DeletedDate),
    primaryArns: (secret.Tags ?? []).flatMap(({ Key, Value }) =>
      Value !== undefined && /^aws:rds:primary.*Arn$/.test(Key ?? "") ? [Value] : [],
    ),
  };
}
