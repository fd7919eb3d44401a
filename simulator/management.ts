import { arnOf, isCluster, isInstance, isStopped, setStatus, statusOf } from "./databases.ts";
import { isDenied } from "./faults.ts";
import { awsManagedKey, findKey } from "./keys.ts";
import type { PasswordRequest } from "./master-password.ts";
import { invalidCombination, invalidState, invalidValue } from "./rds-errors.ts";
import type { SimulatedDatabase } from "./resources.ts";
import { changeSecret, removeSecret, scheduleRotation, secretFor, startRotation } from "./secret-life.ts";
import { SimulatedError } from "./simulated-error.ts";
import type { Region } from "./state.ts";

/** The permissions RDS uses on the caller's behalf. The policies of AWS managed keys grant all but the first to every caller. */
const keyPermissions = ["kms:DescribeKey", "kms:Decrypt", "kms:GenerateDataKey", "kms:CreateGrant"];

/** The ARN of the key that RDS will report. @throws SimulatedError `KMSKeyNotAccessibleFault` if the key cannot be used. */
function keyArnFor(region: Region, kmsKeyId = "alias/aws/secretsmanager"): string {
  const inaccessible = (): SimulatedError =>
    // Wording not verified.
    new SimulatedError(
      "KMSKeyNotAccessibleFault",
      `The specified KMS key [${kmsKeyId}] does not exist, is not enabled or you do not have permissions to access it.`,
    );
  try {
    const key = findKey(region, kmsKeyId);
    const Arn = key?.Arn ?? kmsKeyId;
    const needed = key?.KeyManager === "AWS" ? keyPermissions.slice(0, 1) : keyPermissions;
    if (needed.some((action) => isDenied(region, action, { KeyId: kmsKeyId, Arn }))) throw inaccessible();
    if (key && key.KeyState !== "Enabled") throw inaccessible();
    return Arn;
  } catch (error) {
    throw error instanceof SimulatedError ? inaccessible() : error;
  }
}

/** RDS uses the caller's permissions to create the secret. */
function checkPermissions(region: Region): void {
  for (const action of ["secretsmanager:CreateSecret", "secretsmanager:TagResource"])
    if (isDenied(region, action))
      // Code and wording not verified.
      throw new SimulatedError("AccessDenied", `You don't have sufficient permissions to perform ${action}.`, 403);
}

/** Compares key ARNs: RDS reports the default key's ARN too. */
function isSameKey(region: Region, database: SimulatedDatabase, kmsKeyId: string): boolean {
  return keyArnFor(region, kmsKeyId) === database.MasterUserSecret?.KmsKeyId;
}

/** Reports a password change as RDS does: pending at once, later in the status, then in neither. */
function reportReset(region: Region, database: SimulatedDatabase): void {
  const { clock, timing } = region.account.cloud;
  database.PendingModifiedValues.MasterUserPassword = "****";
  clock.after(timing.resetStartsSeconds, () => {
    if (statusOf(database) === "available") setStatus(database, "resetting-master-credentials");
  });
  clock.after(timing.resetEndsSeconds, () => {
    delete database.PendingModifiedValues.MasterUserPassword;
    if (statusOf(database) === "resetting-master-credentials") setStatus(database, "available");
  });
}

/** Attaches a new secret, which becomes active after `activeAfterSeconds`. */
export function attachSecret(
  region: Region,
  database: SimulatedDatabase,
  options: { kmsKeyId?: string | undefined; status: "creating" | "rotating"; activeAfterSeconds: number },
): void {
  checkPermissions(region);
  const { clock, now } = region.account.cloud;
  const keyArn = keyArnFor(region, options.kmsKeyId);
  // Secrets Manager omits the default key even if the caller named it.
  const isDefault = keyArn === awsManagedKey(region, "secretsmanager").Arn;
  const secret = secretFor(region, database, isDefault ? undefined : options.kmsKeyId, now());
  changeSecret(region, secret.ARN, secret);
  scheduleRotation(region, secret);
  database.MasterUserSecret = { SecretArn: secret.ARN, SecretStatus: options.status, KmsKeyId: keyArn };
  clock.after(options.activeAfterSeconds, () => {
    const reported = database.MasterUserSecret;
    if (reported?.SecretArn === secret.ARN && reported.SecretStatus === options.status)
      reported.SecretStatus = "active";
  });
}

function turnOn(region: Region, database: SimulatedDatabase, kmsKeyId: string | undefined): void {
  const { timing } = region.account.cloud;
  attachSecret(region, database, { kmsKeyId, status: "rotating", activeAfterSeconds: timing.rotateSeconds });
  reportReset(region, database);
}

/** True if RDS accepts the call that turns management off and ignores it: the secret is replicated. Documented for Aurora only. */
function isReplicated(region: Region, database: SimulatedDatabase): boolean {
  return (
    isCluster(database) &&
    (region.secrets.get(database.MasterUserSecret?.SecretArn ?? "")?.ReplicationStatus?.length ?? 0) > 0
  );
}

/** Turns management off. The database reports the secret until the middle of the reset. */
function turnOff(region: Region, database: SimulatedDatabase): void {
  const { clock, timing } = region.account.cloud;
  const arn = database.MasterUserSecret?.SecretArn;
  const isTrapped = isReplicated(region, database);
  reportReset(region, database);
  clock.after((timing.resetStartsSeconds + timing.resetEndsSeconds) / 2, () => {
    if (arn === undefined || isTrapped || database.MasterUserSecret?.SecretArn !== arn) return;
    removeSecret(region, database);
  });
}

function isReplica(database: SimulatedDatabase): boolean {
  return (
    (isInstance(database) &&
      !database.Engine.startsWith("sqlserver") &&
      (database.ReadReplicaSourceDBInstanceIdentifier !== undefined ||
        database.ReadReplicaSourceDBClusterIdentifier !== undefined)) ||
    database.ReplicationSourceIdentifier !== undefined
  );
}

/** Why RDS cannot manage the database's password, or undefined. Wording not verified. */
function unsupportedFeature(region: Region, database: SimulatedDatabase): string | undefined {
  if (isInstance(database) && database.Engine.startsWith("custom-")) return "RDS Custom";
  if (database.EngineMode === "serverless") return "Aurora Serverless v1";
  if (database.ClusterScalabilityType === "limitless") return "Aurora Limitless Database";
  if (database.InternetAccessGatewayEnabled === true) return "clusters with internet access gateway";
  const globalClusters = [...region.account.globalClusters.values()];
  const isGlobal = globalClusters.some(({ GlobalClusterMembers }) =>
    GlobalClusterMembers.some(({ DBClusterArn }) => DBClusterArn === database.DBClusterArn),
  );
  if (isGlobal || database.GlobalClusterIdentifier !== undefined) return "Aurora global databases";
  return undefined;
}

function checkEligible(region: Region, database: SimulatedDatabase): void {
  if (isInstance(database)) {
    if (database.DBClusterIdentifier !== undefined)
      throw invalidCombination(
        "The master user password of a DB instance in a DB cluster is managed by the DB cluster. Modify the DB cluster instead.",
      );
    if (database.MultiTenant === true)
      throw invalidCombination(
        "You can't manage the master user password of a multi-tenant container database. Use ModifyTenantDatabase.",
      );
  }
  if (isReplica(database)) throw invalidValue("ManageMasterUserPassword isn't supported for read replica");
  const feature = unsupportedFeature(region, database);
  if (feature) throw invalidValue(`ManageMasterUserPassword isn't supported for ${feature}.`);
  const inBlueGreen = [...region.blueGreenDeployments.values()].some(
    ({ Source, Target, Status }) =>
      [Source, Target].includes(arnOf(database)) && !["SWITCHOVER_COMPLETED", "DELETING"].includes(Status),
  );
  if (inBlueGreen)
    throw invalidState(
      database,
      "The database is part of a blue/green deployment, which doesn't support managing master user passwords.",
    );
}

function checkSelfManaged(database: SimulatedDatabase): void {
  if (isInstance(database) && database.DBClusterIdentifier !== undefined)
    // Wording not verified.
    throw invalidCombination(
      "The parameter MasterUserPassword can't be set for a DB instance in a DB cluster. Modify the DB cluster instead.",
    );
  if (isInstance(database) && isReplica(database))
    throw invalidCombination(
      `Cannot change master user password on an RDS ${database.Engine} Read Replica because it uses physical replication and therefore cannot differ from its parent.`,
    );
}

/** True if the call concerns the master password. */
function concernsPassword({ manage, kmsKeyId, hasPassword, rotate }: PasswordRequest): boolean {
  return manage !== undefined || kmsKeyId !== undefined || hasPassword || rotate !== undefined;
}

/** Rejects parameter combinations that are invalid in any state, for Create and Modify. */
export function checkRequest(
  { manage, kmsKeyId, hasPassword, rotate, applyImmediately }: PasswordRequest,
  isManaged: boolean,
): void {
  if (kmsKeyId !== undefined && manage !== true)
    throw invalidCombination(
      "A ManageMasterUserPassword value is required when MasterUserSecretKmsKeyId is specified.",
    );
  if (manage === true && hasPassword)
    // Wording not verified.
    throw invalidCombination("You can't specify MasterUserPassword when ManageMasterUserPassword is true.");
  if (manage === false && !hasPassword)
    throw invalidCombination("MasterUserPassword is required when ManageMasterUserPassword is false");
  if (manage === false && !isManaged)
    throw invalidCombination(
      "You cannot set ManageMasterUserPassword to false because the master user password is not currently managed by RDS",
    );
  if (manage === undefined && hasPassword && isManaged)
    // Wording not verified.
    throw invalidCombination(
      "You can't specify MasterUserPassword for a database whose master user password is managed by RDS in AWS Secrets Manager.",
    );
  if (rotate === undefined) return;
  if (applyImmediately !== true)
    throw invalidCombination("You must specify apply immediately when rotating the master user password.");
  if (manage !== undefined || hasPassword)
    // Wording not verified.
    throw invalidCombination("You can't rotate the master user password in the call that changes how it is managed.");
  if (rotate && !isManaged)
    // Wording not verified.
    throw invalidCombination(
      "You can't rotate the master user password because it isn't managed by RDS in AWS Secrets Manager.",
    );
}

/** Applies the master password parameters of a Modify call. @throws SimulatedError for what RDS rejects. */
export function changeManagement(region: Region, database: SimulatedDatabase, request: PasswordRequest): void {
  if (!concernsPassword(request)) return;
  if (request.manage === true) checkEligible(region, database);
  if (request.hasPassword) checkSelfManaged(database);
  const reported = database.MasterUserSecret;
  checkRequest(request, reported !== undefined);
  if (database.PendingModifiedValues.MasterUserPassword !== undefined)
    // AWS's behavior is not documented. An error is what a careful client must handle.
    throw invalidState(database, "A change of the master user password is in progress.");
  if (request.rotate) startRotation(region, database);
  else if (request.manage === true && !reported) turnOn(region, database, request.kmsKeyId);
  else if (request.manage === true && request.kmsKeyId !== undefined && !isSameKey(region, database, request.kmsKeyId))
    // Wording not verified.
    throw invalidCombination(
      "You can't change the KMS key of a master user password that is already managed by RDS in AWS Secrets Manager.",
    );
  else if (request.manage === false) turnOff(region, database);
  else if (request.hasPassword) reportReset(region, database);
}

/** Rejects any change to a database whose status does not allow one. */
export function checkModifiable(database: SimulatedDatabase): void {
  if (isStopped(database) || ["creating", "deleting", "starting"].includes(statusOf(database)))
    throw invalidState(
      database,
      isCluster(database) ? `DB cluster isn't in available state.` : "Database instance is not in available state.",
    );
}
