import { type Database, toggleTagKey } from "./database.ts";
import type { Key } from "./key.ts";
import type { Secret } from "./secret.ts";

/** What the AWS CLI finds a database by. */
type Named = Pick<Database, "kind" | "region" | "identifier">;

/** What the AWS CLI calls each kind, what it lists them as, and under which name it says their status. */
const terms = {
  instance: { kind: "db-instance", list: "DBInstances", status: "DBInstanceStatus" },
  cluster: { kind: "db-cluster", list: "DBClusters", status: "Status" },
  "tenant-database": { kind: "tenant-database", list: "TenantDatabases", status: "Status" },
} as const;

/**
 * A word of a command line as a shell takes it literally: the name of a managed secret has an exclamation mark, which a shell at a terminal
 * would act on.
 */
export function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** The command that modifies a database, up to its options. */
export function modifyCommand(database: Named): string {
  return `aws rds modify-${terms[database.kind].kind} --region ${database.region} ${nameOptions(database)}`;
}

/** The command that rotates the master password. RDS wants that to be applied at once; a tenant database knows nothing else. */
export function rotateCommand(database: Named): string {
  const atOnce = database.kind === "tenant-database" ? "" : " --apply-immediately";
  return `${modifyCommand(database)} --rotate-master-user-password${atOnce}`;
}

/** The command that turns management on, with a key as RDS takes it, or null for the default one. */
export function turnOnCommand(database: Named, keyReference: string | null): string {
  const key = keyReference === null ? "" : ` --master-user-secret-kms-key-id ${quote(keyReference)}`;
  return `${modifyCommand(database)} --manage-master-user-password${key}`;
}

/**
 * The command that turns management off. The password is made where it is needed, so that nobody sees it and no history keeps it. Letters and
 * digits are what every engine takes, and 30 of them is the most that Oracle does.
 */
export function turnOffCommand(database: Named): string {
  const password = `aws secretsmanager get-random-password --region ${database.region} --password-length 30 --exclude-punctuation --query RandomPassword --output text`;
  return `${modifyCommand(database)} --no-manage-master-user-password --master-user-password "$(${password})"`;
}

/** The command that shows the managed secret of a database; it answers `null` where the password is not managed. */
export function showSecretCommand(database: Named): string {
  const { list } = terms[database.kind];
  return `${describeCommand(database)} --query '${list}[0].MasterUserSecret' --output json`;
}

/** Waits until RDS names no secret any more and the database is available: before that, management cannot be turned on. */
export function untilOffCommand(database: Named): string {
  const { list, status } = terms[database.kind];
  const query = `--query '${list}[0].MasterUserSecret.SecretArn || ${list}[0].${status}' --output text`;
  return `until [ "$(${describeCommand(database)} ${query})" = available ]; do sleep 15; done`;
}

/** The command that takes the tag of a repair off a database. */
export function untagCommand({ region, arn }: Pick<Database, "region" | "arn">): string {
  return `aws rds remove-tags-from-resource --region ${region} --resource-name ${arn} --tag-keys ${toggleTagKey}`;
}

/** The command that turns the rotation of a secret on, every seven days, without rotating it now. */
export function scheduleCommand({ region }: Pick<Database, "region">, secretArn: string): string {
  return `aws secretsmanager rotate-secret --region ${region} --secret-id ${quote(secretArn)} --rotation-rules AutomaticallyAfterDays=7 --no-rotate-immediately`;
}

/** The command that keeps a secret that waits for its deletion. */
export function restoreSecretCommand({ region }: Pick<Database, "region">, { arn }: Pick<Secret, "arn">): string {
  return `aws secretsmanager restore-secret --region ${region} --secret-id ${quote(arn)}`;
}

/** The command that ends the replication of a secret. RDS leaves management on, without a word, while the secret is replicated. */
export function unreplicateCommand(
  { region }: Pick<Database, "region">,
  { arn }: Pick<Secret, "arn">,
  regions: readonly string[],
): string {
  return `aws secretsmanager remove-regions-from-replication --region ${region} --secret-id ${quote(arn)} --remove-replica-regions ${regions.join(" ")}`;
}

/** The command that makes a disabled key usable. */
export function enableKeyCommand({ region }: Pick<Database, "region">, { arn }: Pick<Key, "arn">): string {
  return `aws kms enable-key --region ${region} --key-id ${quote(arn)}`;
}

/** The command that keeps a key that waits for its deletion; the key is disabled then. */
export function keepKeyCommand({ region }: Pick<Database, "region">, { arn }: Pick<Key, "arn">): string {
  return `aws kms cancel-key-deletion --region ${region} --key-id ${quote(arn)}`;
}

function describeCommand(database: Named): string {
  return `aws rds describe-${terms[database.kind].kind}s --region ${database.region} ${nameOptions(database)}`;
}

/** A tenant database is found by the DB instance that contains it, and by its own name. */
function nameOptions({ kind, identifier }: Named): string {
  if (kind === "cluster") return `--db-cluster-identifier ${identifier}`;
  if (kind === "instance") return `--db-instance-identifier ${identifier}`;
  const [container, tenant] = identifier.split("/");
  return `--db-instance-identifier ${container} --tenant-db-name ${tenant}`;
}
