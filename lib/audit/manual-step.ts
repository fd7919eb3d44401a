import type { ActionName } from "../model/action.ts";
import { type ClassifiedDatabase, type Database, modifyCommand } from "../model/database.ts";
import type { ManualStep } from "../model/plan.ts";
import type { Rule, RuleContext } from "../model/rule.ts";
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
 * CloudFormation and Terraform are what has to stand in the database's own resource.
 */
export function toManualStep(
  { action, rule, database, context, finding }: Demand,
  reason: string,
  key: KeyChoice = { reference: null },
): ManualStep {
  const { arn, kind, identifier, resourceId, account, region } = database;
  return {
    finding: `${rule.id}/${arn}`,
    database: { arn, kind, identifier, resourceId, account, region },
    rule: rule.id,
    reason,
    what: finding.remediation ?? finding.message,
    ...toSteps(action, database, context, key),
  };
}

const none: Steps = { awsCli: [], cloudFormation: null, terraform: null };

function toSteps(action: ActionName | null, database: ClassifiedDatabase, context: RuleContext, key: KeyChoice): Steps {
  const modify = modifyCommand(database);
  switch (action) {
    case null:
      return keySteps(database, context);
    case "schedule-rotation":
      return {
        ...none,
        awsCli: [
          `aws secretsmanager rotate-secret --region ${database.region} --secret-id '${database.masterUserSecret?.secretArn}' --rotation-rules AutomaticallyAfterDays=7 --no-rotate-immediately`,
        ],
        terraform: "resource aws_secretsmanager_secret_rotation: rotation_rules { automatically_after_days = 7 }",
      };
    case "rotate":
      return {
        ...keySteps(database, context),
        awsCli: [
          ...keySteps(database, context).awsCli,
          `${modify} --rotate-master-user-password${database.kind === "tenant-database" ? "" : " --apply-immediately"}`,
        ],
      };
    case "enable":
    case "finish-interrupted":
      return { awsCli: [turnOnCommand(database, key)], ...asCode(key) };
    case "toggle":
      return {
        awsCli: [
          `${modify} --no-manage-master-user-password --master-user-password "$(aws secretsmanager get-random-password --region ${database.region} --password-length 30 --exclude-characters '/@"'"\\\\' &" --query RandomPassword --output text)"`,
          waitCommand(database),
          turnOnCommand(database, key),
        ],
        ...asCode(key),
      };
  }
}

/** The command that turns management on. Also what is told of a database that was left without a password that anybody knows. */
export function turnOnCommand(database: Database, { reference }: Pick<KeyChoice, "reference">): string {
  const key = reference === null ? "" : ` --master-user-secret-kms-key-id ${reference}`;
  return `${modifyCommand(database)} --manage-master-user-password${key}`;
}

function waitCommand({ kind, region, identifier }: ClassifiedDatabase): string {
  const [name] = identifier.split("/");
  return kind === "cluster"
    ? `aws rds wait db-cluster-available --region ${region} --db-cluster-identifier ${name}`
    : `aws rds wait db-instance-available --region ${region} --db-instance-identifier ${name}`;
}

/** What the template and the configuration must say, so that they do not undo it. */
function asCode({ reference }: KeyChoice): Pick<ManualStep, "cloudFormation" | "terraform"> {
  const secret = reference === null ? "" : `\nMasterUserSecret:\n  KmsKeyId: ${reference}`;
  const key = reference === null ? "" : `\nmaster_user_secret_kms_key_id = "${reference}"`;
  return {
    cloudFormation: `ManageMasterUserPassword: true${secret}`,
    terraform: `manage_master_user_password = true${key}`,
  };
}

/** What makes a key usable again, where it is the key that is in the way. */
function keySteps({ region }: ClassifiedDatabase, { rdsKey, secretKey }: RuleContext): Steps {
  const commands = [rdsKey, secretKey].flatMap(({ key }) => {
    if (!key.seen || key.value === null) return [];
    const { arn, state } = key.value;
    if (state === "Disabled") return [`aws kms enable-key --region ${region} --key-id ${arn}`];
    if (state !== "PendingDeletion") return [];
    return [
      `aws kms cancel-key-deletion --region ${region} --key-id ${arn}`,
      `aws kms enable-key --region ${region} --key-id ${arn}`,
    ];
  });
  return { ...none, awsCli: [...new Set(commands)] };
}
