import { runSimulation } from "@cloud-copilot/iam-simulate";
import { describe, expect, test } from "@jest/globals";
import { memberEvents } from "../../deploy/member-events.ts";
import { readCloudFormation } from "../support/read-cloudformation.ts";
import { account, arnOf } from "./simulate-role.ts";

const auditAccount = "999999999999";
const busArn = `arn:aws:events:eu-west-1:${auditAccount}:event-bus/rds-password-audit-prod-members`;
const organizationId = "o-a1b2c3d4e5";

/** Replaces what CloudFormation and osls resolve. */
function resolve<T>(value: T): T {
  const values: readonly (readonly [string, string])[] = [
    ['{"Ref":"EventBusArn"}', `"${busArn}"`],
    ['{"Fn::GetAtt":["MemberBus","Arn"]}', `"${busArn}"`],
    ['{"Ref":"AWS::AccountId"}', `"${account}"`],
    [`"\${self:custom.deployment.organizationId}"`, `"${organizationId}"`],
  ];
  return JSON.parse(values.reduce((text, [from, to]) => text.replaceAll(from, to), JSON.stringify(value)));
}

const template = memberEvents();
const { Sender: sender, ...rules } = template.Resources;
const role = resolve(sender.Properties);
const { Resources: busResources } = readCloudFormation("deploy/member-bus.yml");
const busPolicy = { Version: "2012-10-17", Statement: [resolve(busResources.MemberBusPolicy.Properties.Statement)] };

/** Simulates a call of a role in a member account. The bus is in another account, so that its policy decides too. */
async function simulateCall(
  Statement: unknown,
  [action, resource]: readonly [string, string],
  organization: string | null,
) {
  const result = await runSimulation(
    {
      request: {
        principal: `arn:aws:iam::${account}:role/rds-password-audit-member-events-Sender-A1B2C3`,
        action,
        resource: { resource, accountId: resource.split(":")[4] || account },
        contextVariables: organization === null ? {} : { "aws:PrincipalOrgID": organization },
      },
      identityPolicies: [{ name: "role", policy: { Version: "2012-10-17", Statement } }],
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      resourcePolicy: resource === busArn ? busPolicy : undefined,
    },
    {},
  );
  if (result.resultType === "error") throw new Error(JSON.stringify(result.errors));
  return result.overallResult;
}

describe("the template of a member account's events", () => {
  test("each rule sends to the bus alone, with the role, and only from elsewhere than the stack of the bus", () => {
    expect(Object.keys(rules).length).toBeGreaterThan(5);
    for (const rule of Object.values(rules))
      expect(rule).toMatchObject({
        Condition: "IsElsewhere",
        Properties: { Targets: [{ Arn: { Ref: "EventBusArn" }, RoleArn: { "Fn::GetAtt": ["Sender", "Arn"] } }] },
      });
    const [{ "Fn::And": same }] = template.Conditions.IsElsewhere["Fn::Not"] as [{ "Fn::And": unknown[] }];
    const part = (index: number) => ({ "Fn::Select": [index, { "Fn::Split": [":", { Ref: "EventBusArn" }] }] });
    expect(same).toEqual([
      { "Fn::Equals": [part(4), { Ref: "AWS::AccountId" }] },
      { "Fn::Equals": [part(3), { Ref: "AWS::Region" }] },
    ]);
    expect([busArn.split(":")[4], busArn.split(":")[3]]).toEqual([auditAccount, "eu-west-1"]);
  });

  test.each<[action: string, resource: string, expected: RegExp]>([
    ["events:PutEvents", busArn, /^Allowed$/],
    ["events:PutEvents", arnOf("events", "event-bus/default"), /Denied$/],
    ["events:PutEvents", `arn:aws:events:eu-west-1:888888888888:event-bus/other`, /Denied$/],
    ["events:PutRule", arnOf("events", "rule/any"), /Denied$/],
    ["rds:ModifyDBInstance", arnOf("rds", "db:orders"), /Denied$/],
    ["sts:AssumeRole", "arn:aws:iam::222222222222:role/rds-password-audit-member", /Denied$/],
    ["secretsmanager:GetSecretValue", arnOf("secretsmanager", "secret:rds!db-0123-a1b2c3"), /^ExplicitlyDenied$/],
    ["secretsmanager:BatchGetSecretValue", "*", /^ExplicitlyDenied$/],
  ])("its role: %s on %s", async (action, resource, expected) => {
    const { Statement } = role.Policies[0]?.PolicyDocument ?? { Statement: [] };
    expect(await simulateCall(Statement, [action, resource], organizationId)).toMatch(expected);
  });

  test("only rules of the same account can assume its role", () => {
    const [statement, ...more] = role.AssumeRolePolicyDocument.Statement;
    expect(more).toEqual([]);
    expect(statement).toMatchObject({
      Principal: { Service: "events.amazonaws.com" },
      Condition: { StringEquals: { "aws:SourceAccount": account } },
    });
  });
});

describe("the members' bus accepts events of the organization alone", () => {
  const everything = [{ Effect: "Allow", Action: "*", Resource: "*" }];

  test.each([
    ["a member account", organizationId, /^Allowed$/],
    ["an account of another organization", "o-other12345", /Denied$/],
    ["an account without an organization", null, /Denied$/],
  ])("%s", async (_, organization, expected) => {
    expect(await simulateCall(everything, ["events:PutEvents", busArn], organization)).toMatch(expected);
  });

  test.each(["events:DeleteEventBus", "events:DescribeEventBus"])("no member may %s", async (action) => {
    expect(await simulateCall(everything, [action, busArn], organizationId)).toMatch(/Denied$/);
  });
});
