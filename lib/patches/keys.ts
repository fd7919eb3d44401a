import { enableKeyCommand, keepKeyCommand, quote, rotateCommand, showKeyPolicyCommand } from "../model/aws-cli.ts";
import { type ChangeByTool, inSteps, onlyAwsCli, type PatchTarget } from "./patch.ts";

const thenRotate = "Rotate the password with the AWS CLI, to see that RDS can use the key:";
const deletion = "A template cannot cancel the deletion of a key: the AWS CLI can.";

/** The key of the secret becomes usable. */
export const usableKey: ChangeByTool = {
  cloudformation: (target) =>
    inSteps([`Enable the key in its AWS::KMS::Key. ${deletion}`, "Enabled: true"], [thenRotate, rotateCommand(target)]),
  cdk: (target) =>
    inSteps([`Enable the key in its kms.Key. ${deletion}`, "enabled: true,"], [thenRotate, rotateCommand(target)]),
  terraform: (target) =>
    inSteps(
      [`Enable the key in its aws_kms_key. ${deletion}`, "is_enabled = true"],
      [thenRotate, rotateCommand(target)],
    ),
  "aws-cli": (target) =>
    inSteps(
      ["If the key is pending deletion, cancel it.", keepKeyCommand(target, { arn: target.presentKey })],
      ["Enable the key.", enableKeyCommand(target, { arn: target.presentKey })],
      ["Rotate the password, to see that RDS can use the key.", rotateCommand(target)],
    ),
};

/** The policy of the key lets RDS use the key for the secret. */
export const keyPolicy: ChangeByTool = {
  cloudformation: (target) =>
    inSteps(
      ["Add a statement to the KeyPolicy of the AWS::KMS::Key, and remove a Deny that covers it:", toStatement(target)],
      [thenRotate, rotateCommand(target)],
    ),
  cdk: (target) =>
    inSteps(
      [
        "Add a statement to the policy of the kms.Key, and remove a deny that covers it:",
        `key.addToResourcePolicy(
  new iam.PolicyStatement({
    principals: [new iam.ArnPrincipal(\`arn:\${Aws.PARTITION}:iam::\${Aws.ACCOUNT_ID}:${role}\`)],
    actions: ["kms:Decrypt", "kms:GenerateDataKey"],
    resources: ["*"],
    conditions: { StringEquals: { "kms:ViaService": "${viaService(target)}" } },
  }),
);`,
      ],
      [thenRotate, rotateCommand(target)],
    ),
  terraform: (target) =>
    inSteps(
      [
        "Add a statement to the aws_iam_policy_document of the key's policy, and remove a Deny that covers it:",
        `statement {
  actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
  resources = ["*"]

  principals {
    type        = "AWS"
    identifiers = ["arn:aws:iam::ACCOUNT:${role}"]
  }

  condition {
    test     = "StringEquals"
    variable = "kms:ViaService"
    values   = ["${viaService(target)}"]
  }
}`,
      ],
      [thenRotate, rotateCommand(target)],
    ),
  "aws-cli": (target) =>
    inSteps(
      ["Show the policy of the key.", showKeyPolicyCommand(target, target.presentKey)],
      [
        "Add a statement that allows kms:Decrypt and kms:GenerateDataKey to RDS's role AWSServiceRoleForRDS, remove a Deny that covers it, and set the policy.",
        `aws kms put-key-policy --region ${target.region} --key-id ${quote(target.presentKey)} --policy file://policy.json`,
      ],
      ["Rotate the password, to see that RDS can use the key.", rotateCommand(target)],
    ),
};

/** RDS and Secrets Manager have the same key for the secret. */
export const keyOfSecret: ChangeByTool = onlyAwsCli(
  "A template sets only the key that RDS reports, and only while management is turned on. Set the key in Secrets Manager with the AWS CLI, or turn management off and on as for secret-key-as-required.",
  (target) =>
    inSteps([
      "Decide which key is intended, and set it in Secrets Manager.",
      `aws secretsmanager update-secret --region ${target.region} --secret-id ${quote(target.secretArn)} --kms-key-id ${quote(target.key ?? target.presentKey)}`,
    ]),
);

const role = "role/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS";

function viaService({ region }: PatchTarget): string {
  return `secretsmanager.${region}.amazonaws.com`;
}

function toStatement(target: PatchTarget): string {
  return `- Effect: Allow
  Principal: { AWS: !Sub "arn:\${AWS::Partition}:iam::\${AWS::AccountId}:${role}" }
  Action: [kms:Decrypt, kms:GenerateDataKey]
  Resource: "*"
  Condition: { StringEquals: { kms:ViaService: ${viaService(target)} } }`;
}
