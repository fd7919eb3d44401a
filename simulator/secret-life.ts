import { arnOf, databaseWithArn, isCluster, isInstance, isStopped, statusOf } from "./databases.ts";
import { arnPrefix, nextSerial, secretSuffixFrom, uuidFrom } from "./identifiers.ts";
import { awsManagedKey, tryFindKey } from "./keys.ts";
import type { SimulatedDatabase, SimulatedSecret } from "./resources.ts";
import { nextRotationAt } from "./rotation-schedule.ts";
import type { Region } from "./state.ts";

/** `ListSecrets` is at most this far behind, so older changes need not be remembered. */
const longestLagSeconds = 300;

/** Changes a secret, makes it or (with `undefined`) removes it, in a way that a belated `ListSecrets` does not see yet. */
export function changeSecret(region: Region, arn: string, change: Partial<SimulatedSecret> | undefined): void {
  const now = region.account.cloud.now().getTime();
  const before = region.secrets.get(arn);
  const { secretHistory } = region;
  secretHistory.push({ at: now, arn, before });
  while (secretHistory[0] && secretHistory[0].at < now - 1000 * longestLagSeconds) secretHistory.shift();
  if (change) region.secrets.set(arn, { ...before, ...change } as SimulatedSecret);
  else region.secrets.delete(arn);
}

/** Takes a database's secret away. A ghost's belongs to another database, which keeps it. */
export function removeSecret(region: Region, database: SimulatedDatabase): void {
  const arn = database.MasterUserSecret?.SecretArn;
  delete database.MasterUserSecret;
  if (arn !== undefined && region.secrets.get(arn)?.owner === arnOf(database)) changeSecret(region, arn, undefined);
}

/** The secrets as they were some seconds ago. */
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

/** A new secret for a database's master password, not yet put anywhere. `kmsKeyId` is left out for the default key. */
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
  // For a tenant database the tag can only be one of the two that RDS may write; that it names the instance is an inference.
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

type PolicyStatement = { Effect?: string; Principal?: unknown; Condition?: unknown };

/** Whether a resource policy keeps RDS out: by naming it, or by naming everybody without a condition. */
function deniesRds(policy: string | undefined): boolean {
  if (policy === undefined) return false;
  const { Statement: statements = [] } = JSON.parse(policy) as { Statement?: PolicyStatement | PolicyStatement[] };
  return [statements].flat().some(({ Effect, Principal, Condition }) => {
    const principal = JSON.stringify(Principal ?? "");
    const namesRds = principal.includes("rds.amazonaws.com") || principal.includes("AWSServiceRoleForRDS");
    return Effect === "Deny" && (namesRds || (principal.includes('"*"') && Condition === undefined));
  });
}

function isKeyUsable(region: Region, keyId: string | undefined): boolean {
  if (keyId === undefined) return awsManagedKey(region, "secretsmanager").KeyState === "Enabled";
  const key = tryFindKey(region, keyId);
  if (key) return key.KeyState === "Enabled";
  // Of a key in an account that is not part of this cloud nothing is known, so nothing is held against it.
  const accountId = keyId.startsWith("arn:") ? keyId.split(":")[4] : region.account.id;
  return !region.account.cloud.accounts.has(accountId ?? "");
}

/** Whether RDS can write the secret, which is what a rotation needs. */
function isRotatable(region: Region, secret: SimulatedSecret): boolean {
  return secret.DeletedDate === undefined && !deniesRds(secret.resourcePolicy) && isKeyUsable(region, secret.KmsKeyId);
}

/** Whether the test has it so; an ARN ends in the identifier. */
function isMadeToFail({ failingRotations }: Region, database: SimulatedDatabase): boolean {
  const arn = arnOf(database);
  return failingRotations.has(arn) || failingRotations.has(arn.split(":").at(-1) ?? "");
}

/** The database that this secret is the master password of, by RDS's account of it. */
export function ownerOf(region: Region, secret: SimulatedSecret): SimulatedDatabase | undefined {
  const database = secret.owner === undefined ? undefined : databaseWithArn(region, secret.owner);
  return database?.MasterUserSecret?.SecretArn === secret.ARN ? database : undefined;
}

/** Lets the clock rotate the secret at `at`, unless its next rotation has been moved by then. */
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
    // A stopped database cannot be given a new password: its date passes, and it is rotated when it is started.
    if (database && !isStopped(database) && statusOf(database) !== "deleting") startRotation(region, database);
  });
}

function finishRotation(region: Region, database: SimulatedDatabase, secretArn: string): void {
  const reported = database.MasterUserSecret;
  if (reported?.SecretArn !== secretArn || reported.SecretStatus !== "rotating") return;
  const secret = region.secrets.get(secretArn);
  if (!secret || isMadeToFail(region, database) || !isRotatable(region, secret)) {
    reported.SecretStatus = "impaired";
    // "The status remains impaired until the next rotation": when that is after a failure is not documented; one interval is assumed.
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

/** Begins a rotation; whether it succeeds shows after a while, and depends on the key and policy at that time. */
export function startRotation(region: Region, database: SimulatedDatabase): void {
  const reported = database.MasterUserSecret;
  if (!reported) return;
  const { SecretArn } = reported;
  reported.SecretStatus = "rotating";
  const { clock, timing } = region.account.cloud;
  clock.after(timing.rotateSeconds, () => finishRotation(region, database, SecretArn));
}
