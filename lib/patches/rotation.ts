import { restoreSecretCommand, rotateCommand, scheduleCommand } from "../model/aws-cli.ts";
import { type ChangeByTool, impossible, inSteps, onlyAwsCli, type PatchTarget } from "./patch.ts";

const noSchedule =
  "This tool does not set the rotation of a secret that RDS manages: AWS::SecretsManager::RotationSchedule is for rotation by a Lambda function. Use the AWS CLI.";

/** Automatic rotation is turned on, or its interval changed. */
export const scheduleRotation: ChangeByTool = {
  cloudformation: () => impossible(noSchedule),
  cdk: () => impossible(noSchedule),
  terraform: (target) =>
    inSteps(["Set the rotation in a resource of its own, without a Lambda function.", toRotationResource(target)]),
  "aws-cli": (target) =>
    inSteps([
      "Set the rotation. The password does not change now.",
      scheduleCommand(target, target.secretArn, target.days),
    ]),
};

/** The password is rotated now, once its cause is gone. */
export const rotate: ChangeByTool = onlyAwsCli(
  "There is nothing to change here: the secret's state is not part of a template or a configuration. Remove the cause that the finding names, then rotate the password with the AWS CLI.",
  (target) => inSteps(["Remove the cause that the finding names, then rotate the password.", rotateCommand(target)]),
);

/** The deletion of the secret is canceled. */
export const restoreSecret: ChangeByTool = onlyAwsCli(
  "There is nothing to change here: a deletion is canceled with the AWS CLI.",
  (target) =>
    inSteps(["Restore the secret before it is deleted.", restoreSecretCommand(target, { arn: target.secretArn })]),
);

/** The rotation of a managed secret in a configuration. */
export function toRotationResource({ secretArn, days }: Pick<PatchTarget, "secretArn" | "days">): string {
  return `resource "aws_secretsmanager_secret_rotation" "master_password" {
  secret_id          = "${secretArn}"
  rotate_immediately = false

  rotation_rules {
    automatically_after_days = ${days}
  }
}`;
}
