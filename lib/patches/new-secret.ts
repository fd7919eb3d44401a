import { turnOffCommand, turnOnCommand, untilOffCommand } from "../model/aws-cli.ts";
import { type ChangeByTool, inSteps, notForTenants, type PatchTarget } from "./patch.ts";
import { cdkNames, cloudFormationNames, terraformNames } from "./settings.ts";
import { l1Type, resourceType, toArguments, toCloudFormation, toL1 } from "./turn-on.ts";

const off =
  "RDS takes a key only while it turns management on, so first turn it off, with a password that is known for this step only. RDS deletes the secret: clients cannot log in until they have the new one.";
const wait = "Wait until the secret is gone:";
const clients = "Give clients the ARN of the new secret, which is another one.";

/** Management is turned off and on, which makes a new secret with the key. */
export const newSecret: ChangeByTool = notForTenants({
  cloudformation: (target) =>
    inThree(
      target,
      `${cloudFormationNames.managed}: false\n${cloudFormationNames.password}: !Ref TemporaryPassword # a parameter with NoEcho`,
      toCloudFormation(target),
      "Turn management on in a second update, and remove the parameter.",
    ),
  cdk: (target) =>
    inThree(
      target,
      [
        'const temporary = new CfnParameter(this, "TemporaryPassword", { noEcho: true });',
        `const resource = database.node.defaultChild as rds.${l1Type(target)}; // or the L1 construct itself`,
        `resource.${cdkNames.managed} = false;`,
        `resource.${cdkNames.password} = temporary.valueAsString;`,
        `resource.${cdkNames.key} = undefined;`,
      ].join("\n"),
      toL1(target),
      "Turn management on in a second deployment, and remove the parameter.",
    ),
  terraform: (target) => {
    const { managed, password } = terraformNames(target.kind);
    return inThree(
      target,
      `# in ${resourceType(target)}, without ${managed} and its key\n${password}_wo = var.temporary_password # ephemeral = true\n${password}_wo_version = 1`,
      toArguments(target),
      "Turn management on in a second apply, and remove the variable.",
    );
  },
  "aws-cli": (target) =>
    inSteps(
      [off, turnOffCommand(target)],
      [wait, untilOffCommand(target)],
      ["Turn management on.", turnOnCommand(target, target.key)],
      [clients],
      ["If a template or a configuration makes the database, write the key there too."],
    ),
});

function inThree(target: PatchTarget, turnOff: string, turnOn: string, second: string) {
  const steps: readonly (readonly [string, string?])[] = [
    [off, turnOff],
    [wait, untilOffCommand(target)],
    [second, turnOn],
    [clients],
  ];
  return inSteps(...steps);
}
