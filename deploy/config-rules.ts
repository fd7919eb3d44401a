import { activeRules, severityOf } from "../lib/audit/judge.ts";
import type { Policy } from "../lib/model/policy.ts";
import type { Rule } from "../lib/model/rule.ts";
import type { Settings } from "./settings.ts";
import { arnOf } from "./statement.ts";

/** CloudFormation's limit, in characters. */
const maxDescription = 256;

const messageTypes = ["ConfigurationItemChangeNotification", "OversizedConfigurationItemChangeNotification"];

/**
 * The AWS Config rules, and the permission to invoke the function that evaluates them. There is one for each rule of the audit that
 * the policy leaves on and that a database can violate.
 */
export function configRules(rules: readonly Rule[], policy: Policy, settings: Settings): Record<string, object> {
  if (settings.configRules === "off") return invokePermissions(settings.configAccounts);
  const violable = activeRules(rules, policy).filter(({ messages }) =>
    Object.values(messages).some(({ status }) => status === "NON_COMPLIANT"),
  );
  return {
    ...invokePermissions([{ Ref: "AWS::AccountId" }, ...settings.configAccounts]),
    ...Object.fromEntries(violable.map((rule) => [toLogicalId(rule.id), toConfigRule(rule, policy, settings)])),
  };
}

function toConfigRule(rule: Rule, policy: Policy, { configFrequency }: Settings) {
  const { id, title } = rule;
  return {
    Type: "AWS::Config::ConfigRule",
    DependsOn: "ConfigPermission",
    Properties: {
      ConfigRuleName: `\${self:service}-\${sls:stage}-${id}`,
      Description: `${title}. Severity: ${severityOf(id, policy, [rule])}.`.slice(0, maxDescription),
      InputParameters: { rule: id },
      Scope: { ComplianceResourceTypes: ["AWS::RDS::DBInstance", "AWS::RDS::DBCluster"] },
      Source: {
        Owner: "CUSTOM_LAMBDA",
        SourceIdentifier: arnOf("ConfigRuleLambdaFunction"),
        SourceDetails: [
          ...messageTypes.map((MessageType) => ({ EventSource: "aws.config", MessageType })),
          {
            EventSource: "aws.config",
            MessageType: "ScheduledNotification",
            MaximumExecutionFrequency: configFrequency,
          },
        ],
      },
    },
  };
}

/** One permission per account. The rules depend on that of the stack's own account, `ConfigPermission`. */
function invokePermissions(accounts: readonly (string | { Ref: string })[]): Record<string, object> {
  return Object.fromEntries(
    accounts.map((account) => [
      typeof account === "string" ? `ConfigPermission${account}` : "ConfigPermission",
      {
        Type: "AWS::Lambda::Permission",
        Properties: {
          FunctionName: arnOf("ConfigRuleLambdaFunction"),
          Action: "lambda:InvokeFunction",
          Principal: "config.amazonaws.com",
          SourceAccount: account,
        },
      },
    ]),
  );
}

/** `secret-key-usable` becomes `ConfigRuleSecretKeyUsable`. */
function toLogicalId(id: string): string {
  return `ConfigRule${id.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase())}`;
}
