import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { ReportRequest } from "../lib/model/report.ts";
import { rules } from "../rules/index.ts";
import { configRules } from "./config-rules.ts";
import { consoleLinks } from "./console-links.ts";
import { eventRuleIds, eventRules, memberEventRuleIds, memberEventRules } from "./event-rules.ts";
import { permissions, scheduledFunction } from "./permissions.ts";
import { readSettings, type Settings } from "./settings.ts";
import { arnOf, type Intrinsic, type Statement } from "./statement.ts";
import { databaseHook, hookFunction, stackHook } from "./template-hook.ts";

/** CloudFormation omits a property with this value. */
const noValue: Intrinsic = { Ref: "AWS::NoValue" };

/** Reserved concurrency per function: one audit at a time, and no more of the others than AWS APIs serve without throttling. */
const concurrency = { audit: 1, configRule: 5, remediate: 5, auditAccounts: 20 };

/** Values for serverless.yml and the YAML files in this folder, which read them as `${self:custom.deployment.…}`. Throws a UsageError for invalid parameters. */
export function template(params: Readonly<Record<string, unknown>>, stackRegion: string) {
  const settings = readSettings(params, stackRegion);
  const reserved = { ...concurrency, recheck: settings.recheckConcurrency };
  const hasRepairs = settings.remediation === "on";
  const hasMemberBus = settings.organizationId !== "";
  const hasOrganization = settings.organization === "on";
  const hasHook = settings.templateHook !== "off";
  // The two exclude each other.
  const widgets = hasRepairs ? "remediation-widgets" : hasOrganization ? "organization-widgets" : null;
  const arns = {
    findingsTopicArn: settings.findingsTopicArn || { Ref: "FindingsTopic" },
    alertsTopicArn: settings.alertsTopicArn || { Ref: "AlertsTopic" },
    kmsKeyArn: settings.kmsKeyArn || arnOf("Key"),
  };
  return {
    ...arns,
    packagedPolicy: toDefinition(settings.policy),
    packagedPolicyFile: toDefinition(describePolicyFile(String(params.policy))),
    regions: toRegions(settings),
    alertThreshold: settings.alertThreshold,
    securityHub: settings.securityHub,
    logLevel: settings.logLevel,
    schedule: settings.schedule.expression,
    overdueHours: settings.schedule.overdueHours,
    logRetentionDays: settings.logRetentionDays,
    reportRetentionDays: settings.reportRetentionDays,
    reportLock: toReportLock(settings),
    logKmsKeyArn: settings.logKmsKeyArn || noValue,
    permissionsBoundary: settings.permissionsBoundary || noValue,
    concurrency: {
      ...(settings.reservedConcurrency === "on" ? reserved : noValues(reserved)),
      // Nothing but the run over the organization may write the run of the day.
      ...(hasOrganization && { audit: 0 }),
    },
    scheduled: scheduledFunction(settings),
    policies: toPolicies(permissions(settings, arns)),
    links: consoleLinks(stackRegion, settings),
    // The rules that may send undelivered events to the dead-letter queue.
    eventRuleArns: [
      ...eventRuleIds,
      ...(hasMemberBus ? memberEventRuleIds : []),
      ...(hasRepairs ? ["InterruptedExecutions"] : []),
    ].map(arnOf),
    organization: settings.organization,
    organizationId: settings.organizationId,
    // The principals that may assume the member role: after an event, recheck does.
    auditorArns: { "Fn::Join": [",", [arnOf("AuditAccountsRole"), arnOf("RecheckRole")]] },
    remediateFunctionArn: hasRepairs ? { Ref: "RemediateDurableLambdaAlias" } : noValue,
    dashboard: {
      moreAlarms: widgets === null ? "" : file(widgets, ":alarms"),
      moreWidgets: widgets === null ? "" : file(widgets, ":widgets"),
    },
    functions: {
      remediate: hasRepairs ? file("remediate-function") : null,
      templateHook: hasHook ? { ...hookFunction, role: "TemplateHookRole" } : null,
      auditOrganization: hasOrganization ? file("audit-organization-function") : null,
      auditAccounts: hasOrganization ? file("audit-accounts-function") : null,
    },
    resources: {
      remediate: hasRepairs ? file("remediate") : {},
      templateHook: hasHook ? { Resources: toHooks(settings) } : {},
      templateHookAlarms: hasHook ? file("template-hook-alarms") : {},
      reportsTable: settings.reportsTable === "on" ? file("reports-table") : {},
      organization: hasOrganization ? file("organization") : {},
      key: settings.kmsKeyArn === "" ? file("key") : {},
      findingsTopic: settings.findingsTopicArn === "" ? file("findings-topic") : {},
      alertsTopic: settings.alertsTopicArn === "" ? file("alerts-topic") : {},
      events: eventRules(),
      memberBus: hasMemberBus ? file("member-bus") : {},
      memberEvents: hasMemberBus ? memberEventRules() : {},
      configRules: { Resources: configRules(rules, settings.policy, settings) },
    },
  };
}

/** A constant of the packaged functions. osls would read a dollar sign as the start of a variable. */
function toDefinition(value: unknown): string {
  return JSON.stringify(value).replaceAll("$", "\\u0024");
}

/** The policy file as reports name it. */
function describePolicyFile(file: string): NonNullable<ReportRequest["policy"]> {
  return { file, sha256: createHash("sha256").update(readFileSync(file)).digest("hex") };
}

/** The osls variable for a YAML file in this folder, or for a part of it. */
function file(name: string, part = ""): string {
  return `\${file(deploy/${name}.yml)${part}}`;
}

/** The Regions of the parameter, or else of the policy, or else all of an organization, and otherwise the Region of the stack. */
function toRegions({ regions, policy, organization }: Settings): string | Intrinsic {
  if (regions === "all") return "all";
  const names = regions.length > 0 ? regions : (policy.regions ?? []);
  if (names.length > 0) return names.join(",");
  return organization === "on" ? "all" : { Ref: "AWS::Region" };
}

function toHooks({ templateHook, templateHookStacks, permissionsBoundary }: Settings) {
  const stage = { "Fn::Join": ["", { "Fn::Split": ["-", `\${sls:stage}`] }] } as const;
  const settings = {
    name: ["Stage", stage],
    failureMode: templateHook.toUpperCase(),
    permissionsBoundary: permissionsBoundary || noValue,
  };
  return { ...databaseHook(settings), ...(templateHookStacks === "on" && { TemplateStackHook: stackHook(settings) }) };
}

/** S3 Object Lock of the report bucket. The lock ends when the report expires. */
function toReportLock({ reportLock, reportRetentionDays: Days }: Settings) {
  if (reportLock === "off") return { enabled: noValue, configuration: noValue };
  const DefaultRetention = { Mode: reportLock.toUpperCase(), Days };
  return { enabled: true, configuration: { ObjectLockEnabled: "Enabled", Rule: { DefaultRetention } } };
}

function toPolicies(statements: Readonly<Record<string, readonly Statement[]>>) {
  const entries = Object.entries(statements).map(([role, Statement]) => [
    role,
    [{ PolicyName: "permissions", PolicyDocument: { Version: "2012-10-17", Statement } }],
  ]);
  return Object.fromEntries(entries);
}

function noValues<T extends object>(values: T): Record<keyof T, Intrinsic> {
  return Object.fromEntries(Object.keys(values).map((name) => [name, noValue])) as Record<keyof T, Intrinsic>;
}
