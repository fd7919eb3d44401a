import type { ActionName } from "../model/action.ts";
import { type ClassifiedDatabase, type Database, isSettled, modifyCommand } from "../model/database.ts";
import type { Key } from "../model/key.ts";
import { ownMarkOf, unmarkCommand } from "../model/marker.ts";
import type { ManualStep } from "../model/plan.ts";
import type { Fact, Rule, RuleContext } from "../model/rule.ts";
import type { Secret } from "../model/secret.ts";
import type { KeyChoice } from "./choose-key.ts";
import type { Judgement } from "./judge.ts";

type Demand = {
  readonly action: ActionName | null;
  readonly rule: Rule;
  readonly database: ClassifiedDatabase;
  readonly context: RuleContext;
  readonly finding: Judgement;
};

type Steps = Pick<ManualStep, "awsCli" | "cloudFormation" | "terraform">;

/**
 * What a person can do about a finding, step by step, and why the service does not. Commands of the AWS CLI can be run as they are;
 * CloudFormation and Terraform are what has to stand in the database's own resource. Where something bars people too, it is said in the place
 * of all these.
 */
export function toManualStep(
  { action, rule, database, context, finding }: Demand,
  reason: string,
  key: KeyChoice = { reference: null },
  bar: string | null = null,
): ManualStep {
  const { arn, kind, identifier, resourceId, account, region } = database;
  return {
    finding: `${rule.id}/${arn}`,
    database: { arn, kind, identifier, resourceId, account, region },
    rule: rule.id,
    reason,
    ...(bar === null
      ? { what: finding.remediation ?? finding.message, ...toSteps(action, database, context, key) }
      : { what: `Do not do it by hand either before this is settled: ${bar}.`, awsCli: [], ...inNoCode }),
  };
}

const inNoCode = { cloudFormation: null, terraform: null };

function toSteps(action: ActionName | null, database: ClassifiedDatabase, context: RuleContext, key: KeyChoice): Steps {
  const present = [context.rdsKey.key, context.secretKey.key];
  switch (action) {
    case null: {
      const awsCli = [...secretCommands(database, context), ...keyCommands(database, present)];
      const isRotatedNext = awsCli.length > 0 && database.masterUserSecret?.status === "impaired";
      return { ...inNoCode, awsCli: isRotatedNext ? [...awsCli, rotateCommand(database)] : awsCli };
    }
    case "schedule-rotation":
      return {
        ...inNoCode,
        awsCli: [...keyCommands(database, present), scheduleCommand(database)],
        terraform: rotationResource(database),
      };
    case "rotate":
      return { ...inNoCode, awsCli: [...keyCommands(database, present), rotateCommand(database)] };
    case "finish-interrupted":
      if (database.masterUserSecret !== null)
        return { ...inNoCode, awsCli: isOnAgain(database, context) ? [unmarkCommand(database)] : [] };
      return toSteps("enable", database, context, key);
    case "enable":
      return { awsCli: [...chosenKeyCommands(database, key), turnOnCommand(database, key)], ...asCode(database, key) };
    case "toggle":
      return {
        awsCli: [
          ...chosenKeyCommands(database, key),
          ...unreplicateCommands(database, context),
          turnOffCommand(database),
          untilOffCommand(database),
          turnOnCommand(database, key),
        ],
        ...asCode(database, key),
      };
  }
}

/** Whether a toggle is over but for the tag. While RDS may still take the secret away, the tag is needed. */
function isOnAgain(database: ClassifiedDatabase, { secret }: RuleContext): boolean {
  const startedAt = ownMarkOf(database)?.marker?.startedAt;
  const createdAt = secret.seen ? secret.value?.createdAt : undefined;
  const isNew = startedAt !== undefined && createdAt != null && createdAt > startedAt;
  return isNew && database.masterUserSecret?.status === "active" && isSettled(database);
}

/** The command that turns management on. Also what is told of a database that was left without a password that anybody knows. */
export function turnOnCommand(database: Database, { reference }: Pick<KeyChoice, "reference">): string {
  const key = reference === null ? "" : ` --master-user-secret-kms-key-id ${quote(reference)}`;
  return `${modifyCommand(database)} --manage-master-user-password${key}`;
}

/**
 * The password is made where it is needed, so that nobody sees it and no history keeps it. Letters and digits are what every engine takes,
 * and 30 of them is the most that Oracle does.
 */
function turnOffCommand(database: Database): string {
  const password = `aws secretsmanager get-random-password --region ${database.region} --password-length 30 --exclude-punctuation --query RandomPassword --output text`;
  return `${modifyCommand(database)} --no-manage-master-user-password --master-user-password "$(${password})"`;
}

const lists = {
  instance: ["describe-db-instances", "DBInstances[0]", "DBInstanceStatus"],
  cluster: ["describe-db-clusters", "DBClusters[0]", "Status"],
  "tenant-database": ["describe-tenant-databases", "TenantDatabases[0]", "Status"],
} as const;

/** Waits until RDS names no secret any more and the database is available: before that, management cannot be turned on. */
function untilOffCommand({ kind, region, identifier }: Database): string {
  const [operation, item, status] = lists[kind];
  const [name, tenant] = identifier.split("/");
  const option = kind === "cluster" ? "--db-cluster-identifier" : "--db-instance-identifier";
  const which = `${option} ${name}${kind === "tenant-database" ? ` --tenant-db-name ${tenant}` : ""}`;
  const query = `--query '${item}.MasterUserSecret.SecretArn || ${item}.${status}' --output text`;
  return `until [ "$(aws rds ${operation} --region ${region} ${which} ${query})" = available ]; do sleep 15; done`;
}

/** RDS wants a rotation to be applied at once; a tenant database knows nothing else. */
function rotateCommand(database: Database): string {
  const atOnce = database.kind === "tenant-database" ? "" : " --apply-immediately";
  return `${modifyCommand(database)} --rotate-master-user-password${atOnce}`;
}

function scheduleCommand(database: Database): string {
  return `aws secretsmanager rotate-secret --region ${database.region} --secret-id ${quote(secretArnOf(database))} --rotation-rules AutomaticallyAfterDays=7 --no-rotate-immediately`;
}

function rotationResource(database: Database): string {
  return `resource "aws_secretsmanager_secret_rotation" "master_password" {
  secret_id          = "${secretArnOf(database)}"
  rotate_immediately = false

  rotation_rules {
    automatically_after_days = 7
  }
}`;
}

function secretArnOf({ masterUserSecret }: Database): string {
  return masterUserSecret?.secretArn ?? "";
}

/** What brings the secret itself back, where that is what is wrong. */
function secretCommands({ region }: Database, { secret }: RuleContext): string[] {
  if (!secret.seen || secret.value === null || secret.value.deletedAt === null) return [];
  return [`aws secretsmanager restore-secret --region ${region} --secret-id ${quote(secret.value.arn)}`];
}

/** RDS leaves management on, without a word, while the secret is replicated. */
export function unreplicateCommand({ region }: Database, { arn }: Secret, regions: readonly string[]): string {
  return `aws secretsmanager remove-regions-from-replication --region ${region} --secret-id ${quote(arn)} --remove-replica-regions ${regions.join(" ")}`;
}

function unreplicateCommands(database: Database, { secret }: RuleContext): string[] {
  if (!secret.seen || secret.value === null) return [];
  const { replicaRegions } = secret.value;
  if (replicaRegions === null || replicaRegions.length === 0) return [];
  return [unreplicateCommand(database, secret.value, replicaRegions)];
}

function chosenKeyCommands(database: Database, key: KeyChoice): string[] {
  return "key" in key ? keyCommands(database, [key.key]) : [];
}

/** What makes keys usable again, where it is a key that is in the way. */
function keyCommands({ region }: Database, keys: readonly Fact<Key>[]): string[] {
  const commands = keys.flatMap((key) => {
    if (!key.seen || key.value === null) return [];
    const { arn, state } = key.value;
    const enable = `aws kms enable-key --region ${region} --key-id ${quote(arn)}`;
    if (state === "Disabled") return [enable];
    if (state !== "PendingDeletion") return [];
    return [`aws kms cancel-key-deletion --region ${region} --key-id ${quote(arn)}`, enable];
  });
  return [...new Set(commands)];
}

/** What the template and the configuration must say, so that they do not undo it. Neither tool knows tenant databases. */
function asCode({ kind }: Database, { reference }: KeyChoice): Pick<ManualStep, "cloudFormation" | "terraform"> {
  if (kind === "tenant-database") return inNoCode;
  const secret = reference === null ? "" : `\nMasterUserSecret:\n  KmsKeyId: ${reference}`;
  const key = reference === null ? "" : `\nmaster_user_secret_kms_key_id = "${reference}"`;
  const password = kind === "cluster" ? "master_password" : "password";
  return {
    cloudFormation: `ManageMasterUserPassword: true # instead of MasterUserPassword${secret}`,
    terraform: `manage_master_user_password = true # instead of ${password}${key}`,
  };
}

/** As a shell takes it literally: the name of a managed secret has an exclamation mark, which a shell at a terminal would act on. */
function quote(word: string): string {
  return /^[\w.:/@=+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
