import { arnOf, databaseWithArn, isCluster, isInstance, isStopped, statusOf } from "./databases.ts";
import { arnPrefix, nextSerial, secretSuffixFrom, uuidFrom } from "./identifiers.ts";
import { awsManagedKey, tryFindKey } from "./keys.ts";
import type { SimulatedDatabase, SimulatedSecret } from "./resources.ts";
import { nextRotationAt } from "./rotation-schedule.ts";
import type { Region } from "./state.ts";

/** The maximum lag of `ListSecrets`; older changes are not kept. */
const longestLagSeconds = 300;

/** Creates, changes, or (with `undefined`) removes a secret, and records the change for the lag of `ListSecrets`. */
export function changeSecret(region: Region, arn: string, change: Partial<SimulatedSecret> | undefined): void {
  const now = region.account.cloud.now().getTime();
  const before = region.secrets.get(arn);
  const { secretHistory } = region;
  secretHistory.push({ at: now, arn, before });
  while (secretHistory[0] && secretHistory[0].at < now - 1000 * longestLagSeconds) secretHistory.shift();
  if (change) region.secrets.set(arn, { ...before, ...change } as SimulatedSecret);
  else region.secrets.delete(arn);
}

/** Detaches a database's secret and removes it unless it belongs to another database, as that of a restored copy can. */
export function removeSecret(region: Region, database: SimulatedDatabase): void {
  const arn = database.MasterUserSecret?.SecretArn;
  delete database.MasterUserSecret;
  if (arn !== undefined && region.secrets.get(arn)?.owner === arnOf(database)) changeSecret(region, arn, undefined);
}

/** The secrets as of some seconds ago. */
export function secretsAsOf(region: Region, secondsAgo: number): SimulatedSecret[] {
  if (secondsAgo === 0) return [...region.secrets.values()];
  const asOf = region.account.cloud.now().getTime() - 1000 * secondsAgo;
  const then = new Map(region.secrets);
  for (const { at, arn, before } of region.secretHistory.toReversed()) {
    if (at <= asOf) break;
    if (before) then.set(arn, before);
    else then.delete(arn);
  }
  return [...then.values()];
}

/** Creates a secret for a master password without storing it. `kmsKeyId` is undefined for the default key. */
export function secretFor(
  region: Region,
  database: SimulatedDatabase,
  kmsKeyId: string | undefined,
  createdAt: Date,
): SimulatedSecret {
  const arn = arnOf(database);
  const seed = `${arn}#${nextSerial(region, arn)}`;
  const kind = isCluster(database) ? "cluster" : "db";
  const name = `rds!${kind}-${uuidFrom(seed)}`;
  // RDS has only two such tags. That a tenant database's secret names the instance is an inference.
  const primaryArn =
    isInstance(database) || isCluster(database)
      ? arn
      : `${arnPrefix(region, "rds")}db:${database.DBInstanceIdentifier}`;
  return {
    ARN: `${arnPrefix(region, "secretsmanager")}secret:${name}-${secretSuffixFrom(seed)}`,
    Name: name,
    Description: `The secret associated with the primary RDS DB ${isCluster(database) ? "cluster" : "instance"}: ${primaryArn}`,
    ...(kmsKeyId !== undefined && { KmsKeyId: kmsKeyId }),
    OwningService: "rds",
    RotationEnabled: true,
    RotationRules: { AutomaticallyAfterDays: 7 },
    CreatedDate: createdAt,
    LastChangedDate: createdAt,
    LastRotatedDate: createdAt,
    NextRotationDate: nextRotationAt({ AutomaticallyAfterDays: 7 }, createdAt),
    Tags: [
      { Key: "aws:secretsmanager:owningService", Value: "rds" },
      { Key: isCluster(database) ? "aws:rds:primaryDBClusterArn" : "aws:rds:primaryDBInstanceArn", Value: primaryArn },
    ],
    owner: arn,
    version: 1,
  };
}

type SimulatedStatement = { Effect?: string; Principal?: unknown; Action?: string | string[]; Condition?: unknown };

/** True if a resource or key policy denies RDS, by name or by an unconditional `*`, more than reading the value, which RDS never does. */
function deniesRds(policy: string | undefined): boolean {
  if (policy === undefined) return false;
  const { Statement: statements = [] } = JSON.parse(policy) as {
    Statement?: SimulatedStatement | SimulatedStatement[];
  };
  return [statements].flat().some(({ Effect, Principal, Action = "*", Condition }) => {
    const principal = JSON.stringify(Principal ?? "");
    const namesRds = principal.includes("rds.amazonaws.com") || principal.includes("AWSServiceRoleForRDS");
    if ([Action].flat().every((action) => /GetSecretValue$/i.test(action))) return false;
    return Effect === "Deny" && (namesRds || (principal.includes('"*"') && Condition === undefined));
  });
}

function isKeyUsable(region: Region, keyId: string | undefined): boolean {
  if (keyId === undefined) return awsManagedKey(region, "secretsmanager").KeyState === "Enabled";
  const key = tryFindKey(region, keyId);
  if (key) return key.KeyState === "Enabled";
  // A key in an account outside this cloud is assumed usable.
  const accountId = keyId.startsWith("arn:") ? keyId.split(":")[4] : region.account.id;
  return !region.account.cloud.accounts.has(accountId ?? "");
}

/** True if RDS can write the secret, which rotation requires. */
function isRotatable(region: Region, secret: SimulatedSecret): boolean {
  const key = secret.KmsKeyId === undefined ? undefined : tryFindKey(region, secret.KmsKeyId);
  const keyPolicy = key && region.keyPolicies.get(key.KeyId);
  return (
    secret.DeletedDate === undefined &&
    ![secret.resourcePolicy, keyPolicy].some(deniesRds) &&
    isKeyUsable(region, secret.KmsKeyId)
  );
}

/** True if the test makes this database's rotations fail, by ARN or identifier. */
function failsRotations({ failingRotations }: Region, database: SimulatedDatabase): boolean {
  const arn = arnOf(database);
  return failingRotations.has(arn) || failingRotations.has(arn.split(":").at(-1) ?? "");
}

/** The database that reports this secret as its own. */
export function ownerOf(region: Region, secret: SimulatedSecret): SimulatedDatabase | undefined {
  const database = secret.owner === undefined ? undefined : databaseWithArn(region, secret.owner);
  return database?.MasterUserSecret?.SecretArn === secret.ARN ? database : undefined;
}

/** Schedules a rotation at `at`. It does not run if the next rotation date changes before. */
export function scheduleRotation(
  region: Region,
  { ARN, NextRotationDate: planned }: SimulatedSecret,
  at = planned,
): void {
  if (!planned || !at) return;
  region.account.cloud.clock.at(at, () => {
    const secret = region.secrets.get(ARN);
    if (!secret?.RotationEnabled || secret.NextRotationDate?.getTime() !== planned.getTime()) return;
    const database = ownerOf(region, secret);
    // RDS cannot rotate a stopped database's secret. The date passes, and the next start rotates it.
    if (database && !isStopped(database) && statusOf(database) !== "deleting") startRotation(region, database);
  });
}

function finishRotation(region: Region, database: SimulatedDatabase, secretArn: string): void {
  const reported = database.MasterUserSecret;
  if (reported?.SecretArn !== secretArn || reported.SecretStatus !== "rotating") return;
  const secret = region.secrets.get(secretArn);
  if (!secret || failsRotations(region, database) || !isRotatable(region, secret)) {
    reported.SecretStatus = "impaired";
    // "The status remains impaired until the next rotation": AWS does not document when that is; one interval is assumed.
    if (secret?.RotationEnabled)
      scheduleRotation(region, secret, nextRotationAt(secret.RotationRules ?? {}, region.account.cloud.now()));
    return;
  }
  const now = region.account.cloud.now();
  reported.SecretStatus = "active";
  changeSecret(region, secretArn, {
    LastRotatedDate: now,
    LastChangedDate: now,
    version: secret.version + 1,
    ...(secret.RotationEnabled && { NextRotationDate: nextRotationAt(secret.RotationRules ?? {}, now) }),
  });
  const rotated = region.secrets.get(secretArn);
  if (rotated?.RotationEnabled) scheduleRotation(region, rotated);
}

/** Starts a rotation. Its result depends on the key and the policy when it finishes. */
export function startRotation(region: Region, database: SimulatedDatabase): void {
  const reported = database.MasterUserSecret;
  if (!reported) return;
  const { SecretArn } = reported;
  reported.SecretStatus = "rotating";
  const { clock, timing } = region.account.cloud;
  clock.after(timing.rotateSeconds, () => finishRotation(region, database, SecretArn));
}
