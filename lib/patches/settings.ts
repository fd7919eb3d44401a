/** The settings of a managed password by the names that a tool uses. */
export type SettingNames = {
  readonly managed: string;
  /** How management is turned on, as in `ManageMasterUserPassword: true`. */
  readonly turnOn: string;
  readonly password: string;
  readonly key: string;
  /** The ARN of the managed secret, behind the name of the database. */
  readonly secretArn: string;
};

/** The names of CloudFormation. */
export const cloudFormationNames: SettingNames = {
  managed: "ManageMasterUserPassword",
  turnOn: "ManageMasterUserPassword: true",
  password: "MasterUserPassword",
  key: "MasterUserSecret.KmsKeyId",
  secretArn: "MasterUserSecret.SecretArn",
};

/** The names of the L1 constructs of the CDK. */
export const cdkNames: SettingNames = {
  managed: "manageMasterUserPassword",
  turnOn: "manageMasterUserPassword: true",
  password: "masterUserPassword",
  key: "masterUserSecret",
  secretArn: "attrMasterUserSecretSecretArn",
};

/** The names of Terraform's AWS provider. A cluster has another one for the password. */
export function terraformNames(kind: string): SettingNames {
  return {
    managed: "manage_master_user_password",
    turnOn: "manage_master_user_password = true",
    password: kind === "cluster" ? "master_password" : "password",
    key: "master_user_secret_kms_key_id",
    secretArn: "master_user_secret[0].secret_arn",
  };
}
