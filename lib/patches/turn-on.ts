import { showSecretCommand, turnOnCommand } from "../model/aws-cli.ts";
import { type ChangeByTool, inSteps, notForTenants, type PatchTarget } from "./patch.ts";
import { cdkNames, cloudFormationNames, terraformNames } from "./settings.ts";

/** Management is turned on, with a key, and what had the old password goes. */
export const turnOn: ChangeByTool = notForTenants({
  cloudformation: (target) =>
    inSteps(
      [
        "Remove what rotates a secret of your own that has the password: AWS::SecretsManager::RotationSchedule, its Lambda function, and AWS::SecretsManager::SecretTargetAttachment. They would change the password without RDS.",
      ],
      [
        `In the same update, replace ${cloudFormationNames.password} in the properties of the database. Keep MasterUsername, and the snapshot that it was restored from: another value replaces the database. The change set must say Replacement: False.`,
        toCloudFormation(target),
      ],
      [
        "RDS sets another password. Let clients read it from the new secret:",
        `!GetAtt ${target.resource}.${cloudFormationNames.secretArn}`,
      ],
      ["When no client uses them, remove the secret or the parameter with the old password, in a later update."],
    ),
  cdk: (target) =>
    inSteps(
      [
        "Remove addRotationSingleUser and addRotationMultiUser of the database, which the CDK refuses with management, and what else rotates a secret of your own that has the password.",
      ],
      [
        "DatabaseInstance, DatabaseCluster and DatabaseClusterFromSnapshot (in aws-cdk-lib 2.276) take the setting. Give credentials of the same user name, and nothing but the key: Credentials.fromGeneratedSecret and fromSecret are secrets of your own, which RDS does not manage. DatabaseClusterFromSnapshot has the key in snapshotCredentials.",
        toConstruct(target),
      ],
      ["For L1 constructs and DatabaseInstanceFromSnapshot:", toL1(target)],
      [
        "RDS sets another password. Let clients read it from the new secret. With L1 constructs, its ARN is in attrMasterUserSecretSecretArn.",
        "database.secret!.grantRead(client); // and give it database.secret!.secretArn",
      ],
      [
        "Compare the user name in cdk diff before you deploy: another one replaces the database. When no client uses it, remove the secret of your own in a later deployment.",
      ],
    ),
  terraform: (target) => {
    const { password, secretArn } = terraformNames(target.kind);
    return inSteps(
      [
        "Remove what rotates a secret of your own that has the password: aws_secretsmanager_secret_rotation and its Lambda function. They would change the password without RDS.",
      ],
      [
        `In the same apply, replace ${password}, or ${password}_wo and its version, which conflict with it. Keep the user name and the snapshot: the plan must not replace the database.`,
        toTerraform(target),
      ],
      [
        "RDS sets another password. Let clients read it from the new secret:",
        `${resourceType(target)}.${target.resource}.${secretArn}`,
      ],
      [
        "When no client uses them, remove the random_password, the variable, or the aws_secretsmanager_secret with the old password, in a later apply. Old versions of the state keep it.",
      ],
    );
  },
  "aws-cli": (target) =>
    inSteps(
      ["Warn the users of the master login, and stop what rotates a secret of your own that has the password."],
      ["Turn management on. RDS sets another password at once.", turnOnCommand(target, target.key)],
      ["Let clients read it from the new secret:", showSecretCommand(target)],
      [
        "If a template or a configuration makes the database, change it too, because it would set the old password again.",
      ],
    ),
});

/** The properties in a template. */
export function toCloudFormation({ key }: Pick<PatchTarget, "key">): string {
  const secret = key === null ? "" : `\nMasterUserSecret:\n  KmsKeyId: ${key}`;
  return `${cloudFormationNames.turnOn} # instead of ${cloudFormationNames.password}${secret}`;
}

/** The arguments in a configuration, without the resource around them. */
export function toArguments({ kind, key }: Pick<PatchTarget, "kind" | "key">): string {
  const names = terraformNames(kind);
  const secret = key === null ? "" : `\n${names.key} = "${key}"`;
  return `${names.turnOn} # instead of ${names.password}${secret}`;
}

/** The resource in a configuration. */
function toTerraform(target: PatchTarget): string {
  const lines = toArguments(target).split("\n");
  return [`resource "${resourceType(target)}" "${target.resource}" {`, ...lines.map((line) => `  ${line}`), "}"].join(
    "\n",
  );
}

/** Terraform's type of a database. */
export function resourceType({ kind }: Pick<PatchTarget, "kind">): string {
  return kind === "cluster" ? "aws_rds_cluster" : "aws_db_instance";
}

function toConstruct({ kind, key, resource }: PatchTarget): string {
  const encryption = key === null ? "" : `, { encryptionKey: ${toKey(key)} }`;
  return [
    `new rds.${kind === "cluster" ? "DatabaseCluster" : "DatabaseInstance"}(this, "${resource}", {`,
    "  // engine, vpc and the other properties stay",
    `  ${cdkNames.turnOn},`,
    `  credentials: rds.Credentials.fromUsername("USER"${encryption}),`,
    "});",
  ].join("\n");
}

/** The settings of an L1 construct. */
export function toL1({ kind, key }: Pick<PatchTarget, "kind" | "key">): string {
  return [
    `const resource = database.node.defaultChild as rds.${l1Type({ kind })}; // or the L1 construct itself`,
    `resource.${cdkNames.managed} = true;`,
    `resource.${cdkNames.password} = undefined;`,
    ...(key === null ? [] : [`resource.${cdkNames.key} = { kmsKeyId: "${key}" };`]),
  ].join("\n");
}

/** The L1 construct of a database. */
export function l1Type({ kind }: Pick<PatchTarget, "kind">): string {
  return kind === "cluster" ? "CfnDBCluster" : "CfnDBInstance";
}

/** A key as the CDK takes it. */
function toKey(reference: string): string {
  const alias = /(?:^|:)(alias\/.+)$/.exec(reference)?.[1];
  if (alias !== undefined) return `kms.Alias.fromAliasName(this, "SecretKey", "${alias}")`;
  const arn = reference.startsWith("arn:")
    ? `"${reference}"`
    : `this.formatArn({ service: "kms", resource: "key", resourceName: "${reference}" })`;
  return `kms.Key.fromKeyArn(this, "SecretKey", ${arn})`;
}
