import { rules } from "../rules/index.ts";
import { configRules } from "./config-rules.ts";
import { permissions } from "./permissions.ts";
import { readSettings, type Settings } from "./settings.ts";
import { arnOf, type Intrinsic, type Statement } from "./statement.ts";

/** CloudFormation leaves out a property with this value. */
const noValue: Intrinsic = { Ref: "AWS::NoValue" };

/** How many executions of each function run at once: audits in a row, and no more of the others than AWS answers without throttling. */
const concurrency = { audit: 1, recheck: 2, configRule: 5, remediate: 5 };

/** The rules of EventBridge, which may leave events that nobody took. */
const eventRules = ["DatabaseEvents", "SecretEvents", "DatabaseCalls", "SecretCalls", "RotationFailures", "KeyCalls"];

/** What serverless.yml and the YAML files beside this one take from the parameters, as `${self:custom.deployment.…}`. */
export function template(given: Readonly<Record<string, unknown>>, stackRegion: string) {
  const settings = readSettings(given, stackRegion);
  const repairs = settings.remediation === "on";
  const arns = {
    findingsTopicArn: settings.findingsTopicArn || { Ref: "FindingsTopic" },
    alertsTopicArn: settings.alertsTopicArn || { Ref: "AlertsTopic" },
    kmsKeyArn: settings.kmsKeyArn || arnOf("Key"),
  };
  return {
    ...arns,
    // A dollar sign would begin a variable of osls.
    packagedPolicy: JSON.stringify(settings.policy).replaceAll("$", "\\u0024"),
    regions: toRegions(settings),
    alertThreshold: settings.alertThreshold,
    securityHub: settings.securityHub,
    logLevel: settings.logLevel,
    schedule: settings.schedule.expression,
    overdueHours: settings.schedule.overdueHours,
    logRetentionDays: settings.logRetentionDays,
    reportRetentionDays: settings.reportRetentionDays,
    logKmsKeyArn: settings.logKmsKeyArn || noValue,
    permissionsBoundary: settings.permissionsBoundary || noValue,
    concurrency: settings.reservedConcurrency === "on" ? concurrency : noValues(concurrency),
    policies: toPolicies(permissions(settings, arns)),
    eventRuleArns: [...eventRules, ...(repairs ? ["InterruptedExecutions"] : [])].map(arnOf),
    remediateFunctionArn: repairs ? { Ref: "RemediateDurableLambdaAlias" } : noValue,
    dashboard: {
      moreAlarms: repairs ? file("remediation-widgets", ":alarms") : "",
      moreWidgets: repairs ? file("remediation-widgets", ":widgets") : "",
    },
    functions: { remediate: repairs ? file("remediate-function") : null },
    resources: {
      remediate: repairs ? file("remediate") : {},
      key: settings.kmsKeyArn === "" ? file("key") : {},
      findingsTopic: settings.findingsTopicArn === "" ? file("findings-topic") : {},
      alertsTopic: settings.alertsTopicArn === "" ? file("alerts-topic") : {},
      configRules: { Resources: configRules(rules, settings.policy, settings) },
    },
  };
}

/** What is in a file beside this one, or a part of it, as osls takes it. */
function file(name: string, part = ""): string {
  return `\${file(deploy/${name}.yml)${part}}`;
}

/** The parameter, else the policy, else the Region of the stack. */
function toRegions({ regions, policy }: Settings): string | Intrinsic {
  if (regions === "all") return "all";
  const names = regions.length > 0 ? regions : (policy.regions ?? []);
  return names.length === 0 ? { Ref: "AWS::Region" } : names.join(",");
}

function toPolicies(statements: Readonly<Record<string, readonly Statement[]>>) {
  const entries = Object.entries(statements).map(([role, Statement]) => [
    role,
    [{ PolicyName: "all-that-its-code-needs", PolicyDocument: { Version: "2012-10-17", Statement } }],
  ]);
  return Object.fromEntries(entries);
}

function noValues<T extends object>(values: T): Record<keyof T, Intrinsic> {
  return Object.fromEntries(Object.keys(values).map((name) => [name, noValue])) as Record<keyof T, Intrinsic>;
}
