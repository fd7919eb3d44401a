import { eventPatterns } from "./event-patterns.ts";
import { neverTheValues } from "./permissions.ts";
import { arnOf } from "./statement.ts";

const bus = { Ref: "EventBusArn" };
const ofBus = (part: number) => ({ "Fn::Select": [part, { "Fn::Split": [":", bus] }] });

/** The stack of the bus has rules of its own for the events of its account and Region: sent to the bus, they would arrive twice. */
const isElsewhere = {
  "Fn::Not": [
    {
      "Fn::And": [
        { "Fn::Equals": [ofBus(4), { Ref: "AWS::AccountId" }] },
        { "Fn::Equals": [ofBus(3), { Ref: "AWS::Region" }] },
      ],
    },
  ],
};

/**
 * The CloudFormation template of the rules that send events of an account and Region to the members' bus of the deployed service. Each
 * Region's stack has a role of its own, so that it depends on no other stack.
 */
export function memberEvents() {
  const send = {
    Id: "members-bus",
    Arn: bus,
    RoleArn: arnOf("Sender"),
    RetryPolicy: { MaximumRetryAttempts: 10, MaximumEventAgeInSeconds: 3600 },
  };
  const rules = eventPatterns.map(({ id, description, pattern }) => [
    id,
    {
      Type: "AWS::Events::Rule",
      Condition: "IsElsewhere",
      Properties: {
        Description: `For rds-password-audit: ${description}`,
        EventPattern: { account: [{ Ref: "AWS::AccountId" }], ...pattern },
        Targets: [send],
      },
    },
  ]);
  return {
    AWSTemplateFormatVersion: "2010-09-09",
    Description:
      "Sends the events that rds-password-audit needs from this account and Region to its bus. It changes nothing.",
    Parameters: {
      EventBusArn: {
        Type: "String",
        Description: "The ARN of the bus: the output MemberBusArn of the deployed service.",
        AllowedPattern: "^arn:[a-z-]+:events:[a-z0-9-]+:[0-9]{12}:event-bus/.+$",
      },
    },
    Conditions: { IsElsewhere: isElsewhere },
    Resources: {
      Sender: {
        Type: "AWS::IAM::Role",
        Properties: {
          Description: "Sends events to the bus of rds-password-audit, and nothing else.",
          AssumeRolePolicyDocument: {
            Version: "2012-10-17",
            Statement: [
              {
                Sid: "OnlyRulesOfThisAccount",
                Effect: "Allow",
                Principal: { Service: "events.amazonaws.com" },
                Action: "sts:AssumeRole",
                Condition: { StringEquals: { "aws:SourceAccount": { Ref: "AWS::AccountId" } } },
              },
            ],
          },
          Policies: [
            {
              PolicyName: "send",
              PolicyDocument: {
                Version: "2012-10-17",
                Statement: [
                  { Sid: "Send", Effect: "Allow", Action: "events:PutEvents", Resource: bus },
                  ...neverTheValues,
                ],
              },
            },
          ],
        },
      },
      ...Object.fromEntries(rules),
    },
  };
}
