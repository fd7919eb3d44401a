import { type Database, toggleTagKey } from "./database.ts";
import type { Key } from "./key.ts";
import type { Secret } from "./secret.ts";

/** What identifies a database to the AWS CLI. */
type DatabaseName = Pick<Database, "kind" | "region" | "identifier">;

type InRegion = Pick<Database, "region">;

/** The words of the AWS CLI for each kind: in the command, for the list in the answer, and for the status. */
const terms = {
  instance: { kind: "db-instance", list: "DBInstances", status: "DBInstanceStatus" },
  cluster: { kind: "db-cluster", list: "DBClusters", status: "Status" },
  "tenant-database": { kind: "tenant-database", list: "TenantDatabases", status: "Status" },
} as const;

/** Quotes a word for a shell. The name of a managed secret has an exclamation mark, which an interactive shell would expand. */
export function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Start of the command that modifies a database, without its options. */
export function modifyCommand(database: DatabaseName): string {
  return `aws rds modify-${terms[database.kind].kind} --region ${database.region} ${nameOptions(database)}`;
}

/** Starts a stopped database; a tenant database starts with its container. */
export function startCommand(database: DatabaseName): string {
  const [identifier = ""] = database.identifier.split("/");
  const kind = database.kind === "cluster" ? "cluster" : "instance";
  return `aws rds start-${terms[kind].kind} --region ${database.region} ${nameOptions({ ...database, kind, identifier })}`;
}

/** Rotates the master password. RDS requires `--apply-immediately`, except for a tenant database, which has no such option. */
export function rotateCommand(database: DatabaseName): string {
  const atOnce = database.kind === "tenant-database" ? "" : " --apply-immediately";
  return `${modifyCommand(database)} --rotate-master-user-password${atOnce}`;
}

/** Turns management on, with a key as RDS takes it, or null for the default key. */
export function turnOnCommand(database: DatabaseName, keyReference: string | null): string {
  const key = keyReference === null ? "" : ` --master-user-secret-kms-key-id ${quote(keyReference)}`;
  return `${modifyCommand(database)} --manage-master-user-password${key}`;
}

/**
 * Turns management off. The command generates the password when it runs, so that no one sees it and no shell history keeps it. Every engine
 * accepts letters and digits; 30 of them is Oracle's maximum.
 */
export function turnOffCommand(database: DatabaseName): string {
  const password = `aws secretsmanager get-random-password --region ${database.region} --password-length 30 --exclude-punctuation --query RandomPassword --output text`;
  return `${modifyCommand(database)} --no-manage-master-user-password --master-user-password "$(${password})"`;
}

/** Shows the managed secret of a database; prints `null` if the password is not managed. */
export function showSecretCommand(database: DatabaseName): string {
  const { list } = terms[database.kind];
  return `${describeCommand(database)} --query '${list}[0].MasterUserSecret' --output json`;
}

/** Waits until RDS no longer names a secret and the database is available. Before that, management cannot be turned on. */
export function untilOffCommand(database: DatabaseName): string {
  const { list, status } = terms[database.kind];
  const query = `--query '${list}[0].MasterUserSecret.SecretArn || ${list}[0].${status}' --output text`;
  return `until [ "$(${describeCommand(database)} ${query})" = available ]; do sleep 15; done`;
}

/** Removes the tag of a toggle from a database. */
export function untagCommand({ region, arn }: Pick<Database, "region" | "arn">): string {
  return `aws rds remove-tags-from-resource --region ${region} --resource-name ${arn} --tag-keys ${toggleTagKey}`;
}

/** Turns the rotation of a secret on, every seven days by default, without rotating it now. */
export function scheduleCommand({ region }: InRegion, secretArn: string, days = 7): string {
  return `aws secretsmanager rotate-secret --region ${region} --secret-id ${quote(secretArn)} --rotation-rules AutomaticallyAfterDays=${days} --no-rotate-immediately`;
}

/** Restores a secret that is scheduled for deletion. */
export function restoreSecretCommand({ region }: InRegion, { arn }: Pick<Secret, "arn">): string {
  return `aws secretsmanager restore-secret --region ${region} --secret-id ${quote(arn)}`;
}

/** Ends the replication of a secret. While a secret is replicated, RDS silently leaves management on. */
export function unreplicateCommand(
  { region }: InRegion,
  { arn }: Pick<Secret, "arn">,
  regions: readonly string[],
): string {
  return `aws secretsmanager remove-regions-from-replication --region ${region} --secret-id ${quote(arn)} --remove-replica-regions ${regions.join(" ")}`;
}

/** Shows the resource policy of a secret. */
export function showResourcePolicyCommand({ region }: InRegion, secretArn: string): string {
  return `aws secretsmanager get-resource-policy --region ${region} --secret-id ${quote(secretArn)} --query ResourcePolicy --output text`;
}

/** Shows the policy of a key. */
export function showKeyPolicyCommand({ region }: InRegion, keyArn: string): string {
  return `aws kms get-key-policy --region ${region} --key-id ${quote(keyArn)} --query Policy --output text`;
}

/** Enables a disabled key. */
export function enableKeyCommand({ region }: InRegion, { arn }: Pick<Key, "arn">): string {
  return `aws kms enable-key --region ${region} --key-id ${quote(arn)}`;
}

/** Cancels the deletion of a key, which leaves the key disabled. */
export function keepKeyCommand({ region }: InRegion, { arn }: Pick<Key, "arn">): string {
  return `aws kms cancel-key-deletion --region ${region} --key-id ${quote(arn)}`;
}

function describeCommand(database: DatabaseName): string {
  return `aws rds describe-${terms[database.kind].kind}s --region ${database.region} ${nameOptions(database)}`;
}

/** A tenant database is identified by the DB instance that contains it and by its own name. */
function nameOptions({ kind, identifier }: DatabaseName): string {
  if (kind === "cluster") return `--db-cluster-identifier ${identifier}`;
  if (kind === "instance") return `--db-instance-identifier ${identifier}`;
  const [container, tenant] = identifier.split("/");
  return `--db-instance-identifier ${container} --tenant-db-name ${tenant}`;
}
