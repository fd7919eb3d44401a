import { isStopped, withTags } from "../databases.ts";
import { uuidFrom } from "../identifiers.ts";
import { findKey } from "../keys.ts";
import { pageOf } from "../paging.ts";
import { flagIn, listIn, numberIn, type Params, textIn } from "../params.ts";
import { json11 } from "../protocol/json.ts";
import type { SimulatedRotationRules, SimulatedSecret, Tag } from "../resources.ts";
import { nextRotationAt } from "../rotation-schedule.ts";
import { changeSecret, ownerOf, scheduleRotation, secretsAsOf, startRotation } from "../secret-life.ts";
import { SimulatedError } from "../simulated-error.ts";
import type { Region } from "../state.ts";
import { isReserved } from "../tags.ts";
import { jsonErrors } from "./errors.ts";
import type { CallContext, Service } from "./service.ts";

function invalidRequest(message: string): SimulatedError {
  return new SimulatedError("InvalidRequestException", message);
}

function invalidParameter(message: string): SimulatedError {
  return new SimulatedError("InvalidParameterException", message);
}

/** Finds a secret by ARN, by name, or by ARN without its random suffix. */
function secretIn(params: Params, region: Region): SimulatedSecret {
  const id = textIn(params, "SecretId") ?? "";
  const found =
    region.secrets.get(id) ??
    [...region.secrets.values()].find(({ ARN, Name }) => Name === id || ARN.slice(0, -7) === id);
  if (!found) throw new SimulatedError("ResourceNotFoundException", "Secrets Manager can't find the specified secret.");
  return found;
}

/** Finds a secret and rejects one that is scheduled for deletion. */
function activeSecretIn(params: Params, region: Region): SimulatedSecret {
  const secret = secretIn(params, region);
  if (secret.DeletedDate)
    throw invalidRequest("You can't perform this operation on the secret because it was marked for deletion.");
  return secret;
}

function versionStages({ ARN, version }: SimulatedSecret): Record<string, string[]> {
  return {
    [uuidFrom(`${ARN}@${version}`)]: ["AWSCURRENT"],
    ...(version > 1 && { [uuidFrom(`${ARN}@${version - 1}`)]: ["AWSPREVIOUS"] }),
  };
}

function toListEntry(secret: SimulatedSecret): object {
  const { version: _version, resourcePolicy: _policy, owner: _owner, ReplicationStatus: _replicas, ...fields } = secret;
  return { ...fields, SecretVersionsToStages: versionStages(secret) };
}

function toDescription(secret: SimulatedSecret): object {
  const { version: _version, resourcePolicy: _policy, owner: _owner, ...fields } = secret;
  return { ...fields, VersionIdsToStages: versionStages(secret) };
}

type SecretFilter = { Key: string; Values: string[] };

function valuesFor(secret: SimulatedSecret, key: string): (string | undefined)[] {
  switch (key) {
    case "name":
      return [secret.Name];
    case "description":
      return [secret.Description];
    case "tag-key":
      return secret.Tags.map(({ Key }) => Key);
    case "tag-value":
      return secret.Tags.map(({ Value }) => Value);
    case "primary-region":
      return [secret.PrimaryRegion];
    case "owning-service":
      return [secret.OwningService];
    case "all":
      return ["name", "description", "tag-key", "tag-value", "primary-region", "owning-service"].flatMap((each) =>
        valuesFor(secret, each),
      );
    default:
      // Wording not verified.
      throw new SimulatedError("ValidationException", `Invalid filter key: ${key}`);
  }
}

/** Values match as prefixes; a leading `!` negates. */
function toMatcher({ Key, Values }: SecretFilter): (secret: SimulatedSecret) => boolean {
  const wanted = Values.map((value) => ({ prefix: value.replace(/^!/, ""), isNegated: value.startsWith("!") }));
  return (secret) => {
    const actual = valuesFor(secret, Key);
    return wanted.some(({ prefix, isNegated }) => actual.some((value) => value?.startsWith(prefix)) !== isNegated);
  };
}

function listSecrets(params: Params, { region }: CallContext): object {
  const size = numberIn(params, "MaxResults") ?? 100;
  if (!Number.isInteger(size) || size < 1 || size > 100)
    throw new SimulatedError(
      "ValidationException",
      `1 validation error detected: Value '${size}' at 'maxResults' failed to satisfy constraint: Member must have value ${size < 1 ? "greater than or equal to 1" : "less than or equal to 100"}`,
    );
  const matchers = listIn<SecretFilter>(params, "Filters").map(toMatcher);
  const withDeleted = flagIn(params, "IncludePlannedDeletion") ?? false;
  const secrets = secretsAsOf(region, region.account.cloud.lag.listSecretsSeconds).filter(
    (secret) => (withDeleted || !secret.DeletedDate) && matchers.every((isMatch) => isMatch(secret)),
  );
  const { items, next } = pageOf(secrets, {
    size,
    token: textIn(params, "NextToken"),
    scope: `ListSecrets/${region.account.id}/${region.name}`,
    invalid: () => new SimulatedError("InvalidNextTokenException", "The NextToken value is invalid."),
  });
  return { SecretList: items.map(toListEntry), NextToken: next };
}

function named({ ARN, Name }: SimulatedSecret): { ARN: string; Name: string } {
  return { ARN, Name };
}

function rotateSecret(params: Params, { region }: CallContext): object {
  const secret = activeSecretIn(params, region);
  if (params.RotationLambdaARN !== undefined && secret.OwningService)
    // Wording not verified.
    throw invalidRequest("You can't specify a rotation function for a secret that is managed by another service.");
  if (secret.OwningService === undefined && params.RotationLambdaARN === undefined)
    throw invalidRequest("No Lambda rotation function ARN is associated with this secret.");
  const rules = (params.RotationRules as SimulatedRotationRules | undefined) ??
    secret.RotationRules ?? { AutomaticallyAfterDays: 7 };
  if (rules.AutomaticallyAfterDays !== undefined && rules.ScheduleExpression !== undefined)
    // Wording not verified.
    throw invalidParameter("You can't specify both AutomaticallyAfterDays and ScheduleExpression.");
  if (
    rules.AutomaticallyAfterDays !== undefined &&
    (rules.AutomaticallyAfterDays < 1 || rules.AutomaticallyAfterDays > 1000)
  )
    throw invalidParameter("AutomaticallyAfterDays must be between 1 and 1000.");
  if (rules.Duration !== undefined && !/^\d+h$/.test(rules.Duration)) throw invalidParameter("Invalid Duration.");
  const now = region.account.cloud.now();
  changeSecret(region, secret.ARN, {
    RotationEnabled: true,
    RotationRules: rules,
    NextRotationDate: nextRotationAt(rules, now),
    LastChangedDate: now,
  });
  scheduleRotation(region, region.secrets.get(secret.ARN) as SimulatedSecret);
  const database = ownerOf(region, secret);
  if ((flagIn(params, "RotateImmediately") ?? true) && database && !isStopped(database))
    startRotation(region, database);
  return { ...named(secret), VersionId: uuidFrom(`${secret.ARN}@${secret.version + 1}`) };
}

function cancelRotateSecret(params: Params, { region }: CallContext): object {
  const secret = activeSecretIn(params, region);
  changeSecret(region, secret.ARN, {
    RotationEnabled: false,
    NextRotationDate: undefined,
    LastChangedDate: region.account.cloud.now(),
  });
  return named(secret);
}

function updateSecret(params: Params, { region }: CallContext): object {
  const secret = activeSecretIn(params, region);
  if (params.SecretString !== undefined || params.SecretBinary !== undefined)
    // Wording not verified. Only RDS writes the value of a managed secret, and the simulator stores no values.
    throw invalidRequest("You can't change the value of a secret that is managed by another service.");
  const kmsKeyId = textIn(params, "KmsKeyId");
  const key = kmsKeyId === undefined ? undefined : findKey(region, kmsKeyId);
  if (key && key.KeyState !== "Enabled") throw new SimulatedError("EncryptionFailure", `${key.Arn} is disabled.`);
  const isDefault = key?.KeyManager === "AWS";
  changeSecret(region, secret.ARN, {
    ...(kmsKeyId !== undefined && { KmsKeyId: isDefault ? undefined : kmsKeyId }),
    ...(params.Description !== undefined && { Description: textIn(params, "Description") ?? "" }),
    LastChangedDate: region.account.cloud.now(),
  });
  return named(secret);
}

function deleteSecret(params: Params, { region }: CallContext): object {
  const secret = activeSecretIn(params, region);
  const isForced = flagIn(params, "ForceDeleteWithoutRecovery") ?? false;
  const days = numberIn(params, "RecoveryWindowInDays");
  if (isForced && days !== undefined)
    throw invalidParameter("You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.");
  if (days !== undefined && (days < 7 || days > 30))
    throw invalidParameter("The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).");
  if (isForced && secret.OwningService)
    // "The managing service might also restrict you from ... deleting them without a recovery period." Wording not verified.
    throw invalidRequest("You can't delete a secret that is managed by another service without a recovery period.");
  if ((secret.ReplicationStatus?.length ?? 0) > 0)
    throw invalidRequest("You can't delete secret that still has replica regions.");
  const now = region.account.cloud.now();
  if (isForced) {
    changeSecret(region, secret.ARN, undefined);
    return { ...named(secret), DeletionDate: now };
  }
  const goneAt = new Date(now.getTime() + (days ?? 30) * 86_400_000);
  changeSecret(region, secret.ARN, { DeletedDate: now });
  region.account.cloud.clock.at(goneAt, () => {
    if (region.secrets.get(secret.ARN)?.DeletedDate === now) changeSecret(region, secret.ARN, undefined);
  });
  return { ...named(secret), DeletionDate: goneAt };
}

function replicas(secret: SimulatedSecret): NonNullable<SimulatedSecret["ReplicationStatus"]> {
  return secret.ReplicationStatus ?? [];
}

function inRegion(arn: string, region: string): string {
  return arn.split(":").with(3, region).join(":");
}

function replicate(params: Params, { region }: CallContext): object {
  const secret = activeSecretIn(params, region);
  const added = listIn<{ Region: string; KmsKeyId?: string }>(params, "AddReplicaRegions");
  const disabled = added.find(({ Region: name }) => !region.account.enabledRegions.has(name));
  // Wording not verified.
  if (disabled) throw invalidParameter(`The Region ${disabled.Region} is not enabled for this account.`);
  for (const { Region: name, KmsKeyId } of added) {
    const copy = region.account.cloud.region(region.account.id, name);
    const { owner: _owner, ReplicationStatus: _replicas, ...fields } = secret;
    changeSecret(copy, inRegion(secret.ARN, name), {
      ...fields,
      ARN: inRegion(secret.ARN, name),
      KmsKeyId,
      PrimaryRegion: region.name,
    });
  }
  const status = [...replicas(secret), ...added.map((replica) => ({ ...replica, Status: "InSync" }))];
  changeSecret(region, secret.ARN, { ReplicationStatus: status, PrimaryRegion: region.name });
  return { ARN: secret.ARN, ReplicationStatus: status };
}

function removeReplicas(params: Params, { region }: CallContext): object {
  const secret = activeSecretIn(params, region);
  const removed = listIn<string>(params, "RemoveReplicaRegions");
  for (const name of removed) {
    const copy = region.account.regions.get(name);
    if (copy?.secrets.has(inRegion(secret.ARN, name))) changeSecret(copy, inRegion(secret.ARN, name), undefined);
  }
  const status = replicas(secret).filter((replica) => !removed.includes(replica.Region));
  changeSecret(region, secret.ARN, { ReplicationStatus: status });
  return { ARN: secret.ARN, ReplicationStatus: status };
}

function putResourcePolicy(params: Params, { region }: CallContext): object {
  const secret = activeSecretIn(params, region);
  const policy = textIn(params, "ResourcePolicy") ?? "";
  try {
    JSON.parse(policy);
  } catch {
    throw new SimulatedError("MalformedPolicyDocumentException", "This resource policy contains a syntax error.");
  }
  changeSecret(region, secret.ARN, { resourcePolicy: policy });
  return named(secret);
}

/** Rejects every read of a secret's value: the simulator has none, and the auditor must never ask for one. */
function rejectRead(_params: Params, { callerArn }: CallContext): object {
  throw jsonErrors.denied(
    `User: ${callerArn} is not authorized to perform: secretsmanager:GetSecretValue with an explicit deny`,
  );
}

/** AWS Secrets Manager, without secret values. */
export const secretsManager: Service = {
  protocol: json11("Message"),
  errors: jsonErrors,
  actions: {
    ListSecrets: listSecrets,
    DescribeSecret: (params, { region }) => toDescription(secretIn(params, region)),
    GetSecretValue: rejectRead,
    BatchGetSecretValue: rejectRead,
    RotateSecret: rotateSecret,
    CancelRotateSecret: cancelRotateSecret,
    UpdateSecret: updateSecret,
    DeleteSecret: deleteSecret,
    RestoreSecret: (params, { region }) => {
      const secret = secretIn(params, region);
      changeSecret(region, secret.ARN, { DeletedDate: undefined });
      return named(secret);
    },
    TagResource: (params, { region }) => {
      const secret = activeSecretIn(params, region);
      const tags = listIn<Tag>(params, "Tags");
      // Code and wording not verified.
      if (tags.some(isReserved)) throw invalidParameter("Tag keys that begin with aws: are reserved for AWS.");
      changeSecret(region, secret.ARN, { Tags: withTags(secret.Tags, tags) });
      return {};
    },
    UntagResource: (params, { region }) => {
      const secret = activeSecretIn(params, region);
      const keys = listIn<string>(params, "TagKeys");
      changeSecret(region, secret.ARN, { Tags: secret.Tags.filter(({ Key }) => !keys.includes(Key)) });
      return {};
    },
    GetResourcePolicy: (params, { region }) => {
      const secret = secretIn(params, region);
      return {
        ...named(secret),
        ...(secret.resourcePolicy !== undefined && { ResourcePolicy: secret.resourcePolicy }),
      };
    },
    PutResourcePolicy: putResourcePolicy,
    DeleteResourcePolicy: (params, { region }) => {
      const secret = activeSecretIn(params, region);
      changeSecret(region, secret.ARN, { resourcePolicy: undefined });
      return named(secret);
    },
    ReplicateSecretToRegions: replicate,
    RemoveRegionsFromReplication: removeReplicas,
  },
};
