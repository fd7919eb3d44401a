import type { GrantListEntry, KeyMetadata } from "@aws-sdk/client-kms";
import type { DescribeSecretResponse, SecretListEntry } from "@aws-sdk/client-secrets-manager";
import { unknown } from "../model/database.ts";
import type { Grant, Key } from "../model/key.ts";
import type { Secret } from "../model/secret.ts";
import { toInstant, toTags } from "./to-database.ts";

/** Translates a secret from `ListSecrets` or `DescribeSecret`. Neither returns the secret's value, and this project never requests it. */
export function toSecret(secret: SecretListEntry | DescribeSecretResponse): Secret {
  const { AutomaticallyAfterDays = null, ScheduleExpression = null, Duration = null } = secret.RotationRules ?? {};
  const rotationRules = {
    automaticallyAfterDays: AutomaticallyAfterDays,
    scheduleExpression: ScheduleExpression,
    duration: Duration,
  };
  const tags = Object.entries(toTags(secret.Tags));
  return {
    arn: secret.ARN ?? unknown,
    name: secret.Name ?? unknown,
    owningService: secret.OwningService ?? null,
    kmsKeyId: secret.KmsKeyId || null,
    rotationEnabled: secret.RotationEnabled ?? null,
    rotationRules: secret.RotationRules === undefined ? null : rotationRules,
    createdAt: toInstant(secret.CreatedDate),
    lastChangedAt: toInstant(secret.LastChangedDate),
    lastRotatedAt: toInstant(secret.LastRotatedDate),
    nextRotationAt: toInstant(secret.NextRotationDate),
    deletedAt: toInstant(secret.DeletedDate),
    tags: Object.fromEntries(tags.filter(([key]) => !key.startsWith("aws:"))),
    primaryRegion: secret.PrimaryRegion ?? null,
    replicaRegions: toReplicaRegions(secret),
    primaryArns: (secret.Tags ?? []).flatMap(({ Key, Value }) =>
      Value !== undefined && /^aws:rds:primary.*Arn$/.test(Key ?? "") ? [Value] : [],
    ),
  };
}

/** Only `DescribeSecret` returns replicas, and nothing if there are none; it is recognized by `VersionIdsToStages`. Null from a list. */
function toReplicaRegions(secret: SecretListEntry | DescribeSecretResponse): string[] | null {
  if (!("VersionIdsToStages" in secret)) return null;
  return (secret.ReplicationStatus ?? []).flatMap(({ Region }) => Region ?? []);
}

/** Translates a KMS key. A state or manager that AWS leaves out is `unknown`. */
export function toKey(metadata: KeyMetadata): Key {
  return {
    arn: metadata.Arn ?? unknown,
    state: metadata.KeyState ?? unknown,
    manager: metadata.KeyManager ?? unknown,
    deletionAt: toInstant(metadata.DeletionDate),
  };
}

/** Translates a grant of a KMS key. A grantee that AWS leaves out is `unknown`. */
export function toGrant({ GranteePrincipal, Operations = [], Constraints = {} }: GrantListEntry): Grant {
  return {
    grantee: GranteePrincipal ?? unknown,
    operations: [...Operations],
    isConstrained: Object.values(Constraints).some((value) => value !== undefined),
  };
}
