import { type EventPattern, eventPatterns } from "./event-patterns.ts";
import { arnOf } from "./statement.ts";

/** The rules of the default bus that start a recheck. They ignore events of other accounts. */
export function eventRules() {
  return toResources(({ description, pattern }) => ({
    Description: description,
    EventPattern: { account: [{ Ref: "AWS::AccountId" }], ...pattern },
  }));
}

/** The rules of the members' bus that start a recheck: the same events, of any account that the policy of the bus lets in. */
export function memberEventRules() {
  return toResources(
    ({ description, pattern }) => ({
      Description: `In a member account: ${description}`,
      EventBusName: { Ref: "MemberBus" },
      EventPattern: pattern,
    }),
    memberRuleId,
  );
}

/** The logical ID of the rule of the members' bus for the same events. */
const memberRuleId = (id: string) => `Member${id}`;

/** The logical IDs of these rules. */
export const eventRuleIds = eventPatterns.map(({ id }) => id);
export const memberEventRuleIds = eventRuleIds.map(memberRuleId);

/** Rules that start a recheck, each with the permission to. */
function toResources(toRule: (pattern: EventPattern) => object, toId = (id: string) => id) {
  const FunctionName = arnOf("RecheckLambdaFunction");
  const Targets = [
    {
      Id: "recheck",
      Arn: FunctionName,
      DeadLetterConfig: { Arn: arnOf("RecheckDeadLetters") },
      RetryPolicy: { MaximumRetryAttempts: 10, MaximumEventAgeInSeconds: 3600 },
    },
  ];
  const permitted = { Action: "lambda:InvokeFunction", Principal: "events.amazonaws.com" };
  const resources = eventPatterns.flatMap((pattern) => {
    const id = toId(pattern.id);
    const SourceArn = arnOf(id);
    return [
      [id, { Type: "AWS::Events::Rule", Properties: { ...toRule(pattern), Targets } }],
      [`${id}Permission`, { Type: "AWS::Lambda::Permission", Properties: { FunctionName, ...permitted, SourceArn } }],
    ];
  });
  return { Resources: Object.fromEntries(resources) };
}
