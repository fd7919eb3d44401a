import { quote, rotateCommand, showResourcePolicyCommand } from "../model/aws-cli.ts";
import { type ChangeByTool, inSteps } from "./patch.ts";

const limited = "Remove the statements that the finding names, or limit them with a condition on aws:PrincipalAccount,";
const thenRotate = "Then rotate the password with the AWS CLI, because others may have read it:";

/** The resource policy of the secret shares it with no other account. */
export const limitSharing: ChangeByTool = {
  cloudformation: (target) =>
    inSteps([`${limited} in AWS::SecretsManager::ResourcePolicy.`], [thenRotate, rotateCommand(target)]),
  cdk: (target) =>
    inSteps(
      [`${limited} where the application calls addToResourcePolicy of the secret, or grantRead for another account.`],
      [thenRotate, rotateCommand(target)],
    ),
  terraform: (target) =>
    inSteps([`${limited} in aws_secretsmanager_secret_policy.`], [thenRotate, rotateCommand(target)]),
  "aws-cli": (target) =>
    inSteps(
      ["Show the policy.", showResourcePolicyCommand(target, target.secretArn)],
      [
        `${limited} and set the policy.`,
        `aws secretsmanager put-resource-policy --region ${target.region} --secret-id ${quote(target.secretArn)} --resource-policy file://policy.json`,
      ],
      ["Then rotate the password, because others may have read it.", rotateCommand(target)],
    ),
};
