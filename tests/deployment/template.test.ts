import { globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { memberEvents } from "../../deploy/member-events.ts";
import { hookTemplate } from "../../deploy/template-hook.ts";
import { readAuditSettings, readRemediationSettings } from "../../functions/wiring/settings.ts";
import { auditActions } from "../../lib/audit/permissions.ts";
import { parsePolicy } from "../../lib/model/policy.ts";
import { repairActions, repairReads } from "../../lib/plan/repair-permissions.ts";
import { toMetrics, toRemediationMetrics } from "../../lib/report/aws/metrics.ts";
import { rules } from "../../rules/index.ts";
import { samplesIn } from "../support/samples.ts";
import { matches } from "./event-pattern.ts";
import {
  allowedActions,
  listOf,
  ofType,
  type Packaged,
  packageService,
  type Resource,
  readPackaged,
  readZip,
  run,
  type Statement,
  statementsOf,
  type Template,
} from "./packaged.ts";

/** A value for every parameter that adds resources to the stack or removes them. */
const everyParameter = {
  schedule: "cron(30 5 ? * MON-FRI *)",
  regions: "all",
  securityHub: "on",
  configAccounts: "222222222222,333333333333",
  configRoleName: "audit-config",
  remediation: "on",
  templateHook: "fail",
  templateHookStacks: "on",
  policy: "tests/deployment/repairing-policy.yaml",
  findingsTopicArn: "arn:aws:sns:eu-west-1:123456789012:findings",
  alertsTopicArn: "arn:aws:sns:eu-west-1:123456789012:alerts",
  kmsKeyArn: "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
  logKmsKeyArn: "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
  logRetentionDays: "365",
  reportLock: "governance",
  reportsTable: "on",
  permissionsBoundary: "arn:aws:iam::123456789012:policy/boundary",
  reservedConcurrency: "off",
};

/** A deployment that audits an organization, whose accounts send events. */
const ofOrganization = {
  organization: "on",
  organizationId: "o-a1b2c3d4e5",
  policy: "tests/functions/members-policy.yaml",
};

const packaged = new Map<string, Packaged>();

beforeAll(async () => {
  packaged.set("with defaults", await readPackaged());
  packaged.set("with every parameter", await readPackaged(everyParameter));
  packaged.set("of an organization", await readPackaged(ofOrganization));
}, 240_000);

const withDefaults = () => get("with defaults").template;
const withEveryParameter = () => get("with every parameter").template;
const organizations = () => get("of an organization").template;
function get(name: string): Packaged {
  const one = packaged.get(name);
  if (one === undefined) throw new Error(`the service was not packaged ${name}`);
  return one;
}

type Variant = "with defaults" | "with every parameter";
const variants: readonly Variant[] = ["with defaults", "with every parameter"];

const functions = ["Audit", "Recheck", "ConfigRule"] as const;
/** The functions of a variant, in the order of the template. */
const functionsOf = (name: Variant) => (name === "with defaults" ? functions : [...functions, "Remediate" as const]);
const rolesOf = (template: Template) => ofType(template, "AWS::IAM::Role");
function resource({ Resources }: Template, id: string): Resource {
  const one = Resources[id];
  if (one === undefined) throw new Error(`no resource ${id}`);
  return one;
}
const role = (template: Template, id: string) => Object.fromEntries(rolesOf(template))[id] ?? {};

const reads = auditActions(rules);
const runActions = [
  "logs:CreateLogStream",
  "logs:PutLogEvents",
  "sqs:SendMessage",
  "xray:PutTelemetryRecords",
  "xray:PutTraceSegments",
];
const publishActions = [
  "kms:Decrypt",
  "kms:GenerateDataKey",
  "s3:GetObject",
  "s3:ListBucket",
  "s3:PutObject",
  "sns:Publish",
];
const evaluateActions = ["config:GetComplianceDetailsByConfigRule", "config:PutEvaluations"];
const keyTrial = "kms:GenerateDataKey";
const repairOnlyReads = repairReads.filter((action) => !reads.includes(action) && action !== keyTrial);
const listActions = ["account:ListRegions", "secretsmanager:ListSecrets", "sts:GetCallerIdentity"];
const checkpointActions = ["lambda:CheckpointDurableExecution", "lambda:GetDurableExecutionState"];
const distinct = (names: readonly string[]) => [...new Set(names)].sort();

describe.each(variants)("the template %s", (name) => {
  const template = () => get(name).template;
  const isRepairing = name === "with every parameter";

  describe("IAM", () => {
    test("each function has its own role, and the schedule has another", () => {
      const used = ofType(template(), "AWS::Lambda::Function").map(([, { Role }]) => JSON.stringify(Role));
      const all = isRepairing ? [...functionsOf(name), "TemplateHook"] : functionsOf(name);
      expect(used).toEqual(all.map((id) => JSON.stringify({ "Fn::GetAtt": [`${id}Role`, "Arn"] })));
      const roles = [
        ...all.map((id) => `${id}Role`),
        "SchedulerRole",
        ...(isRepairing ? ["TemplateHookInvokerRole"] : []),
      ];
      expect(
        rolesOf(template())
          .map(([id]) => id)
          .sort(),
      ).toEqual(roles.sort());
    });

    test("every role denies the values of all secrets", () => {
      for (const [, properties] of rolesOf(template()))
        expect(statementsOf(properties)).toContainEqual(
          expect.objectContaining({
            Effect: "Deny",
            Action: ["secretsmanager:BatchGetSecretValue", "secretsmanager:GetSecretValue"],
            Resource: "*",
          }),
        );
    });

    test("only the role of remediate can change a database, a secret, a key or IAM", () => {
      const all = rolesOf(template())
        .filter(([id]) => id !== "RemediateRole")
        .flatMap(([, properties]) => allowedActions(properties));
      expect(all.filter((action) => action.includes("*"))).toEqual([]);
      expect(
        all
          .filter((action) => /^(rds|secretsmanager|kms|account|iam|sts):/.test(action))
          .filter((action) => ![...reads, ...(isRepairing ? repairOnlyReads : [])].includes(action))
          .sort(),
      ).toEqual([
        ...["kms:Decrypt", "kms:Decrypt", "kms:GenerateDataKey", "kms:GenerateDataKey"],
        // Allowed twice for audit and recheck: for a key by ARN and for a key by alias.
        ...(isRepairing ? Array(4).fill(keyTrial) : []),
        ...(isRepairing ? ["sts:AssumeRole"] : []),
      ]);
    });

    test("audit and recheck may do exactly what rules declare, publishing needs, and starting repairs needs if remediation is on", () => {
      const more = isRepairing
        ? ["securityhub:BatchImportFindings", "lambda:InvokeFunction", ...repairOnlyReads, keyTrial]
        : [];
      const expected = distinct([...reads, ...runActions, ...publishActions, ...more]);
      expect(distinct(allowedActions(role(template(), "AuditRole")))).toEqual(expected);
      // The event names the Region of a recheck.
      expect(distinct(allowedActions(role(template(), "RecheckRole")))).toEqual(
        expected.filter((action) => action !== "account:ListRegions"),
      );
    });

    test("audit and recheck may invoke only remediate, by its alias", () => {
      for (const id of ["AuditRole", "RecheckRole"]) {
        const invoke = statementsOf(role(template(), id)).filter(({ Action }) => Action === "lambda:InvokeFunction");
        expect(invoke.map(({ Resource }) => Resource)).toEqual(
          isRepairing ? [{ Ref: "RemediateDurableLambdaAlias" }] : [],
        );
      }
    });

    test("configRule may do exactly what reading one Region and reporting to AWS Config need", () => {
      const assume = name === "with defaults" ? [] : ["sts:AssumeRole"];
      const ofOneRegion = reads.filter((action) => action !== "account:ListRegions");
      expect(allowedActions(role(template(), "ConfigRuleRole"))).toEqual(
        [...ofOneRegion, ...runActions, ...evaluateActions, ...assume].sort(),
      );
    });

    test("the schedule may invoke the audit and send to its dead-letter queue", () => {
      const { Resource } = statementsOf(role(template(), "SchedulerRole"))[0] ?? {};
      expect(allowedActions(role(template(), "SchedulerRole"))).toEqual(["lambda:InvokeFunction", "sqs:SendMessage"]);
      expect(Resource).toEqual({ "Fn::GetAtt": ["AuditLambdaFunction", "Arn"] });
    });

    test('the resource is "*" only for actions without resource-level permissions', () => {
      const everywhere = rolesOf(template())
        .flatMap(([, properties]) => statementsOf(properties))
        .filter(({ Effect, Resource }) => Effect === "Allow" && listOf(Resource).includes("*"))
        .flatMap(({ Action }) => listOf(Action));
      expect(distinct(everywhere)).toEqual([
        "config:PutEvaluations",
        "rds:DescribeEvents",
        "secretsmanager:ListSecrets",
        "sts:GetCallerIdentity",
        "xray:PutTelemetryRecords",
        "xray:PutTraceSegments",
      ]);
    });

    test("only AWS services can assume a role", () => {
      for (const [, { AssumeRolePolicyDocument }] of rolesOf(template()))
        for (const { Principal } of (AssumeRolePolicyDocument as { Statement: Statement[] }).Statement)
          expect(["lambda.amazonaws.com", "scheduler.amazonaws.com", "hooks.cloudformation.amazonaws.com"]).toContain(
            (Principal as { Service: string }).Service,
          );
    });
  });

  describe("functions", () => {
    test.each(functionsOf(name))("%s runs on Node.js 24 and arm64, is traced, and has a dead-letter queue", (id) => {
      const properties = Object.fromEntries(ofType(template(), "AWS::Lambda::Function"))[`${id}LambdaFunction`];
      expect(properties).toMatchObject({
        Runtime: "nodejs24.x",
        Architectures: ["arm64"],
        TracingConfig: { Mode: "Active" },
        DeadLetterConfig: { TargetArn: { "Fn::GetAtt": [`${id}DeadLetters`, "Arn"] } },
      });
    });

    test.each(functionsOf(name))("%s writes to its own log group, with the retention of the parameter", (id) => {
      const group = Object.fromEntries(ofType(template(), "AWS::Logs::LogGroup"))[`${id}LogGroup`];
      const lambda = Object.fromEntries(ofType(template(), "AWS::Lambda::Function"))[`${id}LambdaFunction`];
      expect(group).toEqual(
        name === "with defaults"
          ? { LogGroupName: `/aws/lambda/${lambda?.FunctionName}`, RetentionInDays: 90 }
          : {
              LogGroupName: `/aws/lambda/${lambda?.FunctionName}`,
              RetentionInDays: 365,
              KmsKeyId: everyParameter.logKmsKeyArn,
            },
      );
      expect(statementsOf(role(template(), `${id}Role`))).toContainEqual(
        expect.objectContaining({ Sid: "Log", Resource: { "Fn::GetAtt": [`${id}LogGroup`, "Arn"] } }),
      );
    });

    test("the functions accept their environment at start-up", () => {
      const [[, audit], [, recheck], [, configRule]] = ofType(template(), "AWS::Lambda::Function") as Triple;
      const { Variables } = audit.Environment;
      const values = Object.entries(Variables).map(([variable, value]) => [variable, deployed(value)]);
      expect(readAuditSettings(Object.fromEntries(values))).toMatchObject({
        REGIONS: name === "with defaults" ? ["eu-west-1"] : "all",
        SECURITY_HUB: isRepairing ? "on" : "off",
        ALERT_THRESHOLD: "high",
        REMEDIATE_FUNCTION_ARN: isRepairing ? expect.stringMatching(/:function:.*:durable$/) : "",
      });
      expect(recheck.Environment).toEqual(audit.Environment);
      expect(Object.keys(configRule.Environment.Variables).sort()).toEqual([
        "POWERTOOLS_LOG_LEVEL",
        "POWERTOOLS_METRICS_NAMESPACE",
        "POWERTOOLS_SERVICE_NAME",
      ]);
    });
  });

  describe("stored and sent data", () => {
    test("is not public", () => {
      const policies = ["AWS::S3::BucketPolicy", "AWS::SNS::TopicPolicy", "AWS::SQS::QueuePolicy"].flatMap((type) =>
        ofType(template(), type).map(([, { PolicyDocument }]) => PolicyDocument as { Statement: Statement[] }),
      );
      const allowed = policies.flatMap(({ Statement }) => Statement).filter(({ Effect }) => Effect === "Allow");
      for (const { Principal, Condition } of allowed) {
        expect(Object.keys(Principal as object)).toEqual(["Service"]);
        expect(JSON.stringify(Condition)).toMatch(/aws:Source(Account|Arn)/);
      }
      for (const [, { PublicAccessBlockConfiguration }] of ofType(template(), "AWS::S3::Bucket"))
        expect(PublicAccessBlockConfiguration).toEqual({
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        });
      for (const [, { Principal, SourceArn, SourceAccount }] of ofType(template(), "AWS::Lambda::Permission")) {
        expect(Principal).toMatch(/^(events|config)\.amazonaws\.com$/);
        expect(SourceArn ?? SourceAccount).toBeDefined();
      }
      expect(ofType(template(), "AWS::Lambda::Url")).toEqual([]);
    });

    test("is encrypted at rest", () => {
      for (const [, { BucketEncryption }] of ofType(template(), "AWS::S3::Bucket"))
        expect(JSON.stringify(BucketEncryption)).toMatch(/"SSEAlgorithm":"(aws:kms|AES256)"/);
      for (const [, { KmsMasterKeyId }] of ofType(template(), "AWS::SNS::Topic")) expect(KmsMasterKeyId).toBeDefined();
      for (const [, queue] of ofType(template(), "AWS::SQS::Queue"))
        expect(queue).toMatchObject({ SqsManagedSseEnabled: true });
      for (const [, key] of ofType(template(), "AWS::KMS::Key")) expect(key).toMatchObject({ EnableKeyRotation: true });
    });

    test("is encrypted in transit", () => {
      for (const [type, policyType, property] of [
        ["AWS::S3::Bucket", "AWS::S3::BucketPolicy", "Bucket"],
        ["AWS::SNS::Topic", "AWS::SNS::TopicPolicy", "Topics"],
        ["AWS::SQS::Queue", "AWS::SQS::QueuePolicy", "Queues"],
      ] as const) {
        const guarded = ofType(template(), policyType)
          .filter(([, { PolicyDocument }]) => (PolicyDocument as { Statement: Statement[] }).Statement.some(isTlsOnly))
          .flatMap(([, properties]) => listOf(properties[property]) as { Ref: string }[]);
        const ids = ofType(template(), type).map(([id]) => id);
        expect(guarded.map(({ Ref }) => Ref).sort()).toEqual(ids.sort());
      }
    });

    test("the report bucket is versioned, remains without the stack, and expires reports but not the ledger", () => {
      const { Properties, DeletionPolicy } = resource(template(), "ReportBucket");
      expect(DeletionPolicy).toBe("Retain");
      expect(Properties).toMatchObject({ VersioningConfiguration: { Status: "Enabled" } });
      const { Rules } = Properties.LifecycleConfiguration as {
        Rules: { Prefix?: string; ExpirationInDays?: number }[];
      };
      const expiring = Rules.filter(({ ExpirationInDays }) => ExpirationInDays !== undefined);
      expect(expiring.map(({ Prefix, ExpirationInDays }) => [Prefix, ExpirationInDays])).toEqual([
        ["reports/", 400],
        ["runs/", 400],
      ]);
    });
  });

  describe("alarms", () => {
    const alarms = () => Object.fromEntries(ofType(template(), "AWS::CloudWatch::Alarm"));

    test("each names its section in docs/operations.md", () => {
      const operations = readFileSync("docs/operations.md", "utf8");
      const headings = [...operations.matchAll(/^## (.+)$/gm)].map(([, text = ""]) =>
        text.toLowerCase().replaceAll(" ", "-"),
      );
      expect(Object.keys(alarms())).toHaveLength(isRepairing ? 17 : 10);
      for (const { AlarmDescription, AlarmName } of Object.values(alarms())) {
        expect(headings).toContain(/ See docs\/operations\.md#([\w-]+) and /.exec(described(AlarmDescription))?.[1]);
        expect(operations).toContain(String(AlarmName).replace("rds-password-audit-prod", "…"));
      }
    });

    test("each ends with a link to the log or the dead-letter queue of the function that it is about", () => {
      const console = "https://eu-west-1.console.aws.amazon.com";
      const logs = `${console}/cloudwatch/home?region=eu-west-1#logsV2:log-groups/log-group/$252Faws$252Flambda$252F`;
      const queues = `${console}/sqs/v3/home?region=eu-west-1#/queues/https%3A%2F%2Fsqs.eu-west-1.amazonaws.com%2F123456789012%2F`;
      const writers: Record<string, string> = {
        EvaluationsWithheldAlarm: "ConfigRuleLambdaFunction",
        TemplateHookFailuresAlarm: "TemplateHookLambdaFunction",
      };
      for (const [id, { AlarmDescription, Dimensions }] of Object.entries(alarms())) {
        const link = / (https:\/\/\S+)$/.exec(described(AlarmDescription))?.[1];
        const [{ Value } = { Value: "" }] = Dimensions as { Value: unknown }[];
        const writer = writers[id] ?? "AuditLambdaFunction";
        const [about = writer] = /\w+(LambdaFunction|DeadLetters)/.exec(JSON.stringify(Value)) ?? [];
        expect([id, link]).toEqual([id, `${about.endsWith("DeadLetters") ? queues : logs}${about}`]);
        expect(template().Resources).toHaveProperty(about);
        expect(described(AlarmDescription).length).toBeLessThanOrEqual(1024);
      }
    });

    test("each notifies people when it starts and when it ends", () => {
      const people = name === "with defaults" ? { Ref: "AlertsTopic" } : everyParameter.alertsTopicArn;
      for (const alarm of Object.values(alarms()))
        expect(alarm).toMatchObject({ AlarmActions: [people], OKActions: [people] });
    });

    test("an audit is overdue after 1.5 intervals, and missing data counts as overdue", () => {
      expect(alarms().AuditOverdueAlarm).toMatchObject({
        EvaluationPeriods: name === "with defaults" ? 36 : 108,
        Period: 3600,
        TreatMissingData: "breaching",
      });
    });

    test("they and the dashboard use metrics that the functions emit", () => {
      const dashboard = JSON.stringify(ofType(template(), "AWS::CloudWatch::Dashboard"));
      const shown = [...dashboard.matchAll(/(?:RdsPasswordAudit\\+"|\[\\+"\.\\+"), \\+"(\w+)\\+"/g)].map(
        ([, metric]) => metric,
      );
      const alarmed = Object.values(alarms())
        .filter(({ Namespace }) => Namespace === "RdsPasswordAudit")
        .map(({ MetricName }) => MetricName);
      const isShown = (metric: string) =>
        metric !== "TemplateHookFailures" && (isRepairing || metric !== "Remediations");
      expect(distinct(shown.map(String))).toEqual(emittedMetrics().filter(isShown));
      expect(emittedMetrics()).toEqual(expect.arrayContaining(alarmed as string[]));
      const dimensions = [...dashboard.matchAll(/"\$\{service\}\\+", \\+"(\w+)\\+"/g)].map(
        ([, dimension]) => dimension,
      );
      expect(distinct(dimensions.map(String))).toEqual([
        "destination",
        "management",
        ...(isRepairing ? ["outcome"] : []),
        "severity",
      ]);
      expect(emittedDimensions()).toEqual(expect.arrayContaining(dimensions));
    });

    test("the dashboard is valid JSON", () => {
      const [[, properties] = ["", {}]] = ofType(template(), "AWS::CloudWatch::Dashboard");
      const [body] = (properties.DashboardBody as { "Fn::Sub": [string, object] })["Fn::Sub"];
      expect(JSON.parse(body).widgets).toHaveLength(isRepairing ? 12 : 10);
    });
  });

  test("AWS Config has one rule per rule, for both resource types and all three message types", () => {
    const made = ofType(template(), "AWS::Config::ConfigRule");
    expect(made.map(([, { ConfigRuleName }]) => ConfigRuleName)).toEqual(
      rules.flatMap(({ id, offByDefault }) => (offByDefault ? [] : [`rds-password-audit-prod-${id}`])),
    );
    for (const [, { ConfigRuleName, Description, InputParameters, Scope, Source }] of made) {
      expect(InputParameters).toEqual({ rule: String(ConfigRuleName).replace("rds-password-audit-prod-", "") });
      expect(String(Description).length).toBeLessThanOrEqual(256);
      expect(Scope).toEqual({ ComplianceResourceTypes: ["AWS::RDS::DBInstance", "AWS::RDS::DBCluster"] });
      expect((Source as { SourceDetails: object[] }).SourceDetails).toEqual([
        { EventSource: "aws.config", MessageType: "ConfigurationItemChangeNotification" },
        { EventSource: "aws.config", MessageType: "OversizedConfigurationItemChangeNotification" },
        {
          EventSource: "aws.config",
          MessageType: "ScheduledNotification",
          MaximumExecutionFrequency: "TwentyFour_Hours",
        },
      ]);
    }
  });

  test("exactly the event rules may invoke recheck", () => {
    const allowed = ofType(template(), "AWS::Lambda::Permission")
      .filter(([, { Principal }]) => Principal === "events.amazonaws.com")
      .map(([, { FunctionName, SourceArn }]) => [FunctionName, SourceArn]);
    expect(allowed).toEqual(
      ofType(template(), "AWS::Events::Rule").map(([id]) => [
        { "Fn::GetAtt": ["RecheckLambdaFunction", "Arn"] },
        { "Fn::GetAtt": [id, "Arn"] },
      ]),
    );
  });

  test("every target has a dead-letter queue", () => {
    const [[, { PolicyDocument }] = ["", {}]] = ofType(template(), "AWS::SQS::QueuePolicy").filter(
      ([id]) => id === "RecheckDeadLettersPolicy",
    );
    const [{ Condition } = { Condition: null }] = (PolicyDocument as { Statement: Statement[] }).Statement.filter(
      ({ Sid }) => Sid === "UndeliveredEvents",
    );
    expect(Condition).toEqual({
      ArnEquals: {
        "aws:SourceArn": ofType(template(), "AWS::Events::Rule").map(([id]) => ({ "Fn::GetAtt": [id, "Arn"] })),
      },
    });
    const targets = ofType(template(), "AWS::Events::Rule").flatMap(([, { Targets }]) => Targets as object[]);
    expect(targets).toHaveLength(isRepairing ? 8 : 7);
    for (const target of targets)
      expect(target).toMatchObject({
        Arn: { "Fn::GetAtt": ["RecheckLambdaFunction", "Arn"] },
        DeadLetterConfig: { Arn: { "Fn::GetAtt": ["RecheckDeadLetters", "Arn"] } },
      });
    const [[, schedule] = ["", {}]] = ofType(template(), "AWS::Scheduler::Schedule");
    expect(schedule.Target).toMatchObject({
      Arn: { "Fn::GetAtt": ["AuditLambdaFunction", "Arn"] },
      Input: '{"id":"<aws.scheduler.scheduled-time>"}',
      DeadLetterConfig: { Arn: { "Fn::GetAtt": ["AuditDeadLetters", "Arn"] } },
    });
  });
});

test("cfn-lint reports nothing", async () => {
  const templates = [...packaged.values()].map(({ templateFile }) => templateFile);
  // W3005: osls adds a dependency that CloudFormation would infer.
  const { status, output } = await run("cfn-lint", ["--ignore-checks", "W3005", "--", ...templates], process.env);
  if (status === null && output === "" && process.env.CI === undefined) {
    process.stderr.write("cfn-lint is not installed, so the templates were not linted.\n");
    return;
  }
  expect({ status, output }).toEqual({ status: 0, output: "" });
}, 60_000);

describe("remediation", () => {
  const policy = parsePolicy(
    readFileSync(everyParameter.policy, "utf8"),
    everyParameter.policy,
    rules.map(({ id }) => id),
  );
  const functionArn = "arn:aws:lambda:eu-west-1:123456789012:function:rds-password-audit-prod-remediate";
  const remediate = () => role(withEveryParameter(), "RemediateRole");

  test("off creates no function, role, event rule, alarm or permission for it", () => {
    const { ConfigRuleToggleNotInterrupted: _, ...others } = withDefaults().Resources;
    expect(Object.keys(others).filter((id) => /remediat|interrupt/i.test(id))).toEqual([]);
  });

  test("the role may do exactly what the allowed actions declare, observing, storing state, notifying and checkpoints need", () => {
    const describeActions = [...reads, ...repairOnlyReads].filter((action) => !listActions.includes(action));
    expect(distinct(allowedActions(remediate()))).toEqual(
      distinct([...describeActions, ...repairActions(policy), ...runActions, ...publishActions, ...checkpointActions]),
    );
  });

  test("the role may write the repair state and no report", () => {
    const [state] = statementsOf(remediate()).filter(({ Sid }) => Sid === "State");
    expect(JSON.stringify(state?.Resource)).toContain('"remediation.json"');
  });

  test("the role may change only databases that the policy opts in", () => {
    const changing = statementsOf(remediate()).filter(({ Action }) =>
      listOf(Action).some((action) => /^rds:(?!Describe)/.test(action)),
    );
    const onDatabases = changing.filter(({ Resource }) =>
      /:(db|cluster|tenant-database):/.test(JSON.stringify(Resource)),
    );
    for (const { Resource, Condition, Action } of onDatabases) {
      const isByTag = JSON.stringify(Condition ?? {}).includes('"aws:ResourceTag/password-repair":"allowed"');
      const isByToggleTag = JSON.stringify(Condition ?? {}).includes(
        '"Null":{"aws:ResourceTag/rds-password-audit:toggle":"false"}',
      );
      const isByName = !/:(db|cluster):\*/.test(JSON.stringify(Resource));
      expect(isByTag || isByToggleTag || isByName || Action === "rds:ModifyTenantDatabase").toBe(true);
    }
    expect(onDatabases).toHaveLength(5);
  });

  test("runs as durable executions, by an alias, for as long as approvals and windows may take", () => {
    const { Properties } = resource(withEveryParameter(), "RemediateLambdaFunction");
    expect(Properties).toMatchObject({ DurableConfig: { ExecutionTimeout: 90 * 86_400, RetentionPeriodInDays: 30 } });
    expect(resource(withEveryParameter(), "RemediateDurableLambdaAlias").Properties).toMatchObject({ Name: "durable" });
  });

  test("the function accepts its environment at start-up", () => {
    const { Environment } = resource(withEveryParameter(), "RemediateLambdaFunction").Properties as Lambda;
    const values = Object.entries(Environment.Variables).map(([variable, value]) => [variable, deployed(value)]);
    expect(readRemediationSettings(Object.fromEntries(values))).toMatchObject({ REMEDIATION: "on" });
  });

  test("an execution that was killed starts a recheck; a running, successful or foreign one does not", () => {
    const { EventPattern } = resource(withEveryParameter(), "InterruptedExecutions").Properties;
    const pattern = JSON.parse(
      JSON.stringify(inAccount(EventPattern)).replaceAll(
        '{"Fn::GetAtt":["RemediateLambdaFunction","Arn"]}',
        `"${functionArn}"`,
      ),
    );
    const event = (detail: object) => ({
      account: "123456789012",
      source: "aws.lambda",
      "detail-type": "Durable Execution Status Change",
      detail,
    });
    const [sample] = samplesIn("lib/model/execution-event.ts");
    expect(matches(pattern, sample)).toBe(true);
    for (const status of ["FAILED", "TIMED_OUT", "STOPPED"])
      expect(matches(pattern, event({ functionArn: `${functionArn}:7`, status }))).toBe(true);
    for (const status of ["RUNNING", "SUCCEEDED"])
      expect(matches(pattern, event({ functionArn: `${functionArn}:7`, status }))).toBe(false);
    const other = functionArn.replace("remediate", "other");
    expect(matches(pattern, event({ functionArn: `${other}:7`, status: "FAILED" }))).toBe(false);
    const failed = event({ functionArn: `${functionArn}:7`, status: "FAILED" });
    expect(matches(pattern, { ...failed, account: "222222222222" })).toBe(false);
  });

  test("alarms cover executions that fail, time out or are stopped, besides errors of the function", () => {
    const alarms = ofType(withEveryParameter(), "AWS::CloudWatch::Alarm").map(([, properties]) => properties);
    const ofFunction = alarms.filter(({ Dimensions }) =>
      JSON.stringify(Dimensions).includes('[{"Name":"FunctionName","Value":{"Ref":"RemediateLambdaFunction"}}]'),
    );
    expect(ofFunction.map(({ Namespace, MetricName }) => [Namespace, MetricName])).toEqual([
      ["AWS/Lambda", "DurableExecutionFailed"],
      ["AWS/Lambda", "DurableExecutionTimedOut"],
      ["AWS/Lambda", "DurableExecutionStopped"],
      ["AWS/Lambda", "Errors"],
    ]);
  });
});

describe("the members' bus", () => {
  test("does not exist without the ID of an organization", () => {
    expect(Object.keys(withDefaults().Resources).filter((id) => /^Member/.test(id))).toEqual([]);
  });

  test("accepts events of the accounts of that organization, and its ARN and the role to trust are outputs", () => {
    const { Properties } = resource(organizations(), "MemberBusPolicy");
    expect(Properties).toMatchObject({
      EventBusName: { Ref: "MemberBus" },
      Statement: {
        Action: "events:PutEvents",
        Resource: { "Fn::GetAtt": ["MemberBus", "Arn"] },
        Condition: { StringEquals: { "aws:PrincipalOrgID": ofOrganization.organizationId } },
      },
    });
    const arns = ["AuditAccountsRole", "RecheckRole"].map((id) => ({ "Fn::GetAtt": [id, "Arn"] }));
    expect(organizations().Outputs).toMatchObject({
      MemberBusArn: { Value: { "Fn::GetAtt": ["MemberBus", "Arn"] } },
      AuditorArns: { Value: { "Fn::Join": [",", arns] } },
    });
  });

  test("has seven rules more, which alone may invoke recheck besides those of the default bus, with its dead-letter queue", () => {
    const eventRules = ofType(organizations(), "AWS::Events::Rule");
    expect(eventRules).toHaveLength(14);
    const arnsOf = eventRules.map(([id]) => ({ "Fn::GetAtt": [id, "Arn"] }));
    const invoking = ofType(organizations(), "AWS::Lambda::Permission").filter(
      ([, { Principal }]) => Principal === "events.amazonaws.com",
    );
    expect(invoking.map(([, { SourceArn }]) => SourceArn)).toEqual(arnsOf);
    expect(JSON.stringify(resource(organizations(), "RecheckDeadLettersPolicy"))).toContain(
      JSON.stringify({ ArnEquals: { "aws:SourceArn": arnsOf } }),
    );
    for (const [, { Targets }] of eventRules)
      expect(Targets).toEqual([
        expect.objectContaining({
          Arn: { "Fn::GetAtt": ["RecheckLambdaFunction", "Arn"] },
          DeadLetterConfig: { Arn: { "Fn::GetAtt": ["RecheckDeadLetters", "Arn"] } },
        }),
      ]);
  });

  test("recheck of an organization may besides ask for one account, and assume the member role", () => {
    const added = allowedActions(role(organizations(), "RecheckRole")).filter(
      (action) => !allowedActions(role(withDefaults(), "RecheckRole")).includes(action),
    );
    expect(added).toEqual(["organizations:DescribeAccount", "organizations:ListParents", "sts:AssumeRole"]);
    expect(resource(organizations(), "RecheckLambdaFunction").Properties).toMatchObject({
      Environment: { Variables: { ORGANIZATION: "on", REGIONS: "all" } },
    });
  });

  test("is not the default bus, whose rules refuse other accounts still", () => {
    const own = ofType(organizations(), "AWS::Events::Rule").filter(
      ([, { EventBusName }]) => EventBusName === undefined,
    );
    expect(own).toHaveLength(7);
    for (const [, { EventPattern }] of own)
      expect(EventPattern).toMatchObject({ account: [{ Ref: "AWS::AccountId" }] });
  });
});

describe("the template hook", () => {
  test("off creates nothing for it", () => {
    expect(Object.keys(withDefaults().Resources).filter((id) => /hook/i.test(id))).toEqual([]);
  });

  test("asks before the databases of a stack are created or changed, with the failure mode of the parameter", () => {
    const { Type, Properties } = resource(withEveryParameter(), "TemplateHook");
    expect(Type).toBe("AWS::CloudFormation::LambdaHook");
    expect(Properties).toMatchObject({
      FailureMode: "FAIL",
      TargetOperations: ["RESOURCE", "CLOUD_CONTROL"],
      TargetFilters: { TargetNames: ["AWS::RDS::DBInstance", "AWS::RDS::DBCluster"], Actions: ["CREATE", "UPDATE"] },
      ExecutionRole: { "Fn::GetAtt": ["TemplateHookInvokerRole", "Arn"] },
    });
  });

  test("asks before other stacks change and when change sets are created, if the parameter says so", () => {
    const { Properties } = resource(withEveryParameter(), "TemplateStackHook");
    expect(Properties).toMatchObject({
      FailureMode: "FAIL",
      TargetOperations: ["STACK", "CHANGE_SET"],
      TargetFilters: { Actions: ["CREATE", "UPDATE"] },
      StackFilters: { FilteringCriteria: "ALL", StackNames: { Exclude: [{ Ref: "AWS::StackName" }] } },
    });
    const aliases = ["TemplateHook", "TemplateStackHook"].map(
      (id) => resource(withEveryParameter(), id).Properties.Alias,
    );
    expect(new Set(aliases.map((alias) => JSON.stringify(alias))).size).toBe(2);
  });

  test("the template of prevent hook has the same hooks, roles and function", () => {
    const own = hookTemplate().Resources;
    const deployed = withEveryParameter();
    const {
      Environment: _env,
      Code: _code,
      Role: _role,
      LoggingConfig: _log,
      ...properties
    } = own.TemplateHookLambdaFunction.Properties;
    expect(resource(deployed, "TemplateHookLambdaFunction").Properties).toMatchObject(properties);
    for (const id of ["TemplateHook", "TemplateStackHook"] as const) {
      const { Alias: _, FailureMode: __, ...targets } = own[id].Properties;
      expect(resource(deployed, id).Properties).toMatchObject(targets);
    }
    for (const id of ["TemplateHookRole", "TemplateHookInvokerRole"] as const)
      expect(resource(deployed, id).Properties).toMatchObject(own[id].Properties);
  });

  test("the function may only log, and CloudFormation may only invoke it", () => {
    expect(allowedActions(role(withEveryParameter(), "TemplateHookRole"))).toEqual(
      runActions.filter((action) => action !== "sqs:SendMessage"),
    );
    const invoker = role(withEveryParameter(), "TemplateHookInvokerRole");
    expect(allowedActions(invoker)).toEqual(["lambda:InvokeFunction"]);
    expect(statementsOf(invoker)[0]?.Resource).toEqual({ "Fn::GetAtt": ["TemplateHookLambdaFunction", "Arn"] });
    expect(JSON.stringify(invoker.AssumeRolePolicyDocument)).toContain(
      '"Condition":{"StringEquals":{"aws:SourceAccount":{"Ref":"AWS::AccountId"}}}',
    );
  });

  test("ends before CloudFormation stops waiting for it", () => {
    expect(resource(withEveryParameter(), "TemplateHookLambdaFunction").Properties.Timeout).toBeLessThan(30);
  });
});

describe("parameters", () => {
  test("existing topics and keys are not created, and the roles use them", () => {
    for (const id of ["FindingsTopic", "AlertsTopic", "Key", "KeyAlias"]) {
      expect(withDefaults().Resources).toHaveProperty(id);
      expect(withEveryParameter().Resources).not.toHaveProperty(id);
    }
    const { findingsTopicArn, alertsTopicArn, kmsKeyArn } = everyParameter;
    expect(statementsOf(role(withEveryParameter(), "AuditRole"))).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ Action: "sns:Publish", Resource: [findingsTopicArn, alertsTopicArn] }),
        expect.objectContaining({ Action: ["kms:Decrypt", "kms:GenerateDataKey"], Resource: kmsKeyArn }),
      ]),
    );
  });

  test("S3 keeps every version for the retention of reports if reportLock is on, and locks nothing by default", () => {
    const bucketOf = (template: Template) => Object.fromEntries(ofType(template, "AWS::S3::Bucket")).ReportBucket;
    expect(bucketOf(withEveryParameter())).toMatchObject({
      ObjectLockEnabled: true,
      ObjectLockConfiguration: {
        ObjectLockEnabled: "Enabled",
        Rule: { DefaultRetention: { Mode: "GOVERNANCE", Days: 400 } },
      },
    });
    expect(bucketOf(withDefaults())).not.toHaveProperty("ObjectLockEnabled");
    expect(bucketOf(withDefaults())).not.toHaveProperty("ObjectLockConfiguration");
  });

  test("every role has the permissions boundary", () => {
    for (const [, { PermissionsBoundary }] of rolesOf(withEveryParameter()))
      expect(PermissionsBoundary).toBe(everyParameter.permissionsBoundary);
    for (const [, properties] of rolesOf(withDefaults())) expect(properties).not.toHaveProperty("PermissionsBoundary");
  });

  test("one audit runs at a time, unless concurrency is not reserved", () => {
    const reservedIn = (template: Template) =>
      ofType(template, "AWS::Lambda::Function").map(([, properties]) => properties.ReservedConcurrentExecutions);
    expect(reservedIn(withDefaults())).toEqual([1, 2, 5]);
    expect(reservedIn(withEveryParameter())).toEqual([undefined, undefined, undefined, undefined]);
  });

  test("AWS Config of other accounts may invoke the function, which may assume only their role of that name", () => {
    const accounts = ofType(withEveryParameter(), "AWS::Lambda::Permission").flatMap(
      ([, { SourceAccount }]) => SourceAccount ?? [],
    );
    expect(accounts).toEqual([{ Ref: "AWS::AccountId" }, "222222222222", "333333333333"]);
    expect(statementsOf(role(withEveryParameter(), "ConfigRuleRole"))).toContainEqual(
      expect.objectContaining({
        Action: "sts:AssumeRole",
        Resource: ["222222222222", "333333333333"].map((account) => ({
          "Fn::Sub": `arn:\${AWS::Partition}:iam::${account}:role/audit-config`,
        })),
      }),
    );
  });

  test("an invalid parameter fails the packaging and is named", async () => {
    const { folder } = get("with defaults");
    const { status, output } = await packageService(`${folder}/rejected`, { alertThreshold: "hihg" });
    expect(status).toBe(1);
    expect(output).toContain('The parameter "alertThreshold" must be one of critical, high, medium, low, not "hihg".');
  }, 60_000);
});

/** Rules by logical ID, without the prefix that distinguishes those of the members' bus. */
const rulesOn = (template: Template, bus?: string) =>
  ofType(template, "AWS::Events::Rule")
    .filter(([, { EventBusName }]) => JSON.stringify(EventBusName) === (bus && JSON.stringify({ Ref: bus })))
    .map(([id, { EventPattern }]) => [id.replace(/^Member/, ""), inAccount(EventPattern)] as const);

describe.each([
  ["the service's own account", () => rulesOn(withDefaults())],
  ["the members' bus", () => rulesOn(organizations(), "MemberBus")],
  ["a member account", () => rulesOn(memberEvents())],
])("events in %s", (name, eventRules) => {
  const rulesMatching = (event: object) =>
    eventRules()
      .filter(([, pattern]) => matches(pattern, { account: "123456789012", ...event }))
      .map(([id]) => id);
  const rdsEvent = (EventID: string, kind = "Instance") => ({
    source: "aws.rds",
    "detail-type": `RDS DB ${kind} Event`,
    detail: { EventID, SourceIdentifier: "orders" },
  });
  const call = (service: string, eventName: string, detail: object = {}) => ({
    source: `aws.${service}`,
    "detail-type": "AWS API Call via CloudTrail",
    detail: { eventSource: `${service}.amazonaws.com`, eventName, ...detail },
  });
  const grantCall = (eventName: string, userIdentity: object = {}, detail: object = {}) =>
    call("kms", eventName, { userIdentity: { type: "AssumedRole", ...userIdentity }, ...detail });
  const secretArn = (name: string) => `arn:aws:secretsmanager:eu-west-1:123456789012:secret:${name}-a1b2c3`;
  const secretCall = (eventName: string, secretId: string, detail: object = {}) =>
    call("secretsmanager", eventName, { requestParameters: { secretId }, ...detail });
  const rotationFailed = (name: string) => ({
    source: "aws.secretsmanager",
    "detail-type": "AWS Service Event via CloudTrail",
    detail: {
      eventSource: "secretsmanager.amazonaws.com",
      eventName: "RotationFailed",
      additionalEventData: { SecretId: secretArn(name) },
    },
  });
  const labelUpdated = (name: string) => ({
    source: "aws.secretsmanager",
    "detail-type": "Secret Label Updated",
    detail: { name, labelUpdated: "AWSCURRENT" },
  });

  test.each([
    ...["0003", "0005", "0043", "0016", "0067", "0327"].map(
      (id) => ["DatabaseEvents", rdsEvent(`RDS-EVENT-${id}`)] as const,
    ),
    ["DatabaseEvents", rdsEvent("RDS-EVENT-0170", "Cluster")],
    ["DatabaseEvents", rdsEvent("RDS-EVENT-0171", "Cluster")],
    ["SecretEvents", labelUpdated("rds!db-0123")],
    ["DatabaseCalls", call("rds", "CreateDBInstance")],
    ["DatabaseCalls", call("rds", "ModifyTenantDatabase")],
    ["DatabaseCalls", call("rds", "RestoreDBClusterToPointInTime")],
    ["DatabaseCalls", call("rds", "PromoteReadReplica")],
    ["SecretCalls", secretCall("CancelRotateSecret", "rds!db-0123")],
    ["SecretCalls", secretCall("RotateSecret", secretArn("rds!cluster-0123"))],
    ["SecretCalls", secretCall("DeleteSecret", "rds!db-0123")],
    ["SecretCalls", secretCall("RestoreSecret", "rds!db-0123")],
    ["SecretCalls", secretCall("PutResourcePolicy", "rds!db-0123")],
    ["SecretCalls", secretCall("DeleteResourcePolicy", "rds!db-0123")],
    ["SecretCalls", secretCall("UpdateSecret", secretArn("rds!db-0123"))],
    ["RotationFailures", rotationFailed("rds!cluster-0123")],
    ["KeyCalls", call("kms", "DisableKey")],
    ["KeyCalls", call("kms", "EnableKey")],
    ["KeyCalls", call("kms", "ScheduleKeyDeletion")],
    ["KeyCalls", call("kms", "CancelKeyDeletion")],
    ["KeyCalls", call("kms", "DeleteImportedKeyMaterial")],
    ["KeyCalls", call("kms", "ImportKeyMaterial")],
    ["KeyCalls", call("kms", "PutKeyPolicy")],
    ["GrantCalls", grantCall("CreateGrant")],
    ["GrantCalls", grantCall("RetireGrant")],
    ["GrantCalls", grantCall("RevokeGrant")],
  ] as const)("%s matches %j", (id, event) => {
    expect(rulesMatching(event)).toEqual([id]);
  });

  test.each(samplesIn("lib/model/recheck-event.ts") as object[])("one rule matches the sample %j", (sample) => {
    expect(rulesMatching(sample)).toHaveLength(1);
  });

  test.each([
    rdsEvent("RDS-EVENT-0043"),
    labelUpdated("rds!db-0123"),
    call("rds", "ModifyDBInstance"),
    secretCall("DeleteSecret", "rds!db-0123"),
    rotationFailed("rds!db-0123"),
    call("kms", "DisableKey"),
    grantCall("RevokeGrant"),
  ])("only the members' bus has a rule for another account's %j", (event) => {
    const isOfMembers = name === "the members' bus";
    expect(rulesMatching({ ...event, account: "222222222222" })).toHaveLength(isOfMembers ? 1 : 0);
  });

  test.each([
    rdsEvent("RDS-EVENT-0087"),
    // Only AWS services can send events with a source of AWS.
    { ...rdsEvent("RDS-EVENT-0043"), source: "forged.rds" },
    { ...call("kms", "DisableKey"), source: "forged" },
    labelUpdated("orders-api"),
    rotationFailed("orders-api"),
    call("rds", "DescribeDBInstances"),
    call("rds", "ModifyDBInstance", { errorCode: "AccessDenied" }),
    call("kms", "DisableKey", { errorCode: "AccessDenied" }),
    call("kms", "Decrypt"),
    call("kms", "PutKeyPolicy", { errorCode: "AccessDenied" }),
    grantCall("RevokeGrant", {}, { errorCode: "AccessDenied" }),
    grantCall("CreateGrant", { invokedBy: "rds.amazonaws.com" }),
    grantCall("CreateGrant", { invokedBy: "autoscaling.amazonaws.com" }),
    grantCall("RetireGrant", { type: "AWSService", invokedBy: "AWS Internal" }),
    grantCall("ListGrants"),
    secretCall("DescribeSecret", "rds!db-0123"),
    secretCall("CancelRotateSecret", "orders-api"),
    secretCall("CancelRotateSecret", secretArn("orders-rds!db")),
    secretCall("CancelRotateSecret", "orders-rds!db"),
    secretCall("CancelRotateSecret", "rds!db-0123", { errorCode: "AccessDeniedException" }),
    call("secretsmanager", "CancelRotateSecret", { requestParameters: null }),
  ])("no rule matches %j", (event) => {
    expect(rulesMatching(event)).toEqual([]);
  });
});

describe("packages", () => {
  const handlers = {
    audit: "audit",
    recheck: "recheck",
    configRule: "config-rule",
    remediate: "remediate",
    templateHook: "template-hook",
  };
  const maxBytes = 700_000;

  const packageWith = (name: string) =>
    get(["remediate", "templateHook"].includes(name) ? "with every parameter" : "with defaults");
  const zipOf = (name: string) => readFileSync(`${packageWith(name).folder}/packages/${name}.zip`);

  /** The module of a function, and its chunks. */
  const sourcesOf = (name: string) =>
    [...readZip(zipOf(name))].sort(([a], [b]) => a.length - b.length).map(([, content]) => content.toString());

  /** Loads a packaged function as Lambda does at start-up, with only its files in a folder. */
  function start(name: keyof typeof handlers, changes: Record<string, string> = {}) {
    const { folder: service, template } = packageWith(name);
    const folder = `${service}/task-${name}`;
    for (const [file, content] of readZip(zipOf(name))) {
      mkdirSync(dirname(`${folder}/${file}`), { recursive: true });
      writeFileSync(`${folder}/${file}`, content);
    }
    const lambdas = Object.fromEntries(ofType(template, "AWS::Lambda::Function"));
    const { Environment } = lambdas[`${pascal(name)}LambdaFunction`] as Lambda;
    const env = Object.entries(Environment.Variables).map(([variable, value]) => [variable, deployed(value)]);
    const load = `import("${folder}/functions/${handlers[name]}.mjs").then((module) => console.log(Object.keys(module)))`;
    return run(process.execPath, ["--eval", load], {
      LAMBDA_TASK_ROOT: folder,
      ...Object.fromEntries(env),
      ...changes,
    });
  }

  test.each(Object.entries(handlers))("%s is one module and its own chunks, of at most 700 KB", (name, handler) => {
    const zip = zipOf(name);
    const [module, ...chunks] = [...readZip(zip).keys()].sort((a, b) => a.length - b.length);
    expect(module).toBe(`functions/${handler}.mjs`);
    for (const chunk of chunks) expect(chunk).toMatch(new RegExp(`^functions/${handler}\\.[A-Z0-9]{8}\\.mjs$`));
    expect(zip.length).toBeLessThan(maxBytes);
  });

  test("the page, the client of Security Hub, and the client of Lambda are loaded when they are needed", () => {
    const [module, ...chunks] = sourcesOf("audit");
    for (const name of ["BatchImportFindings", "DurableExecutionAlreadyStartedException", "<!doctype html>"]) {
      expect(module).not.toContain(name);
      expect(chunks.some((chunk) => chunk.includes(name))).toBe(true);
    }
  });

  test.each(Object.keys(handlers))("%s does not contain the call that reads a secret's value", (name) => {
    const module = sourcesOf(name).join("");
    // The template hook calls no AWS service, so its package has no operation at all.
    if (name !== "templateHook") expect(module).toMatch(/["'`]DescribeSecret["'`]/);
    // The SDK names an operation in quotation marks. A rule names the IAM action, to find who else may read a secret.
    expect(module).not.toMatch(/["'`](Batch)?GetSecretValue["'`]|GetSecretValueCommand/);
  });

  test.each(Object.keys(handlers))("%s starts with only its package", async (name) => {
    expect(await start(name as keyof typeof handlers)).toEqual({ status: 0, output: "[ 'handler' ]\n" });
  });

  test("an invalid environment variable fails the start and is named", async () => {
    const { status, output } = await start("audit", { REGIONS: "everywhere" });
    expect(status).toBe(1);
    expect(output).toMatch(/REGIONS: must be "all", or Region names/);
  });
});

/** The description of an alarm after deployment; a queue and a function have their logical id as their name. */
function described(description: unknown): string {
  const { "Fn::Sub": text } = description as { "Fn::Sub": string };
  const values: Record<string, string> = { "AWS::URLSuffix": "amazonaws.com", "AWS::AccountId": "123456789012" };
  return text.replaceAll(/\$\{([\w:]+)(\.QueueName)?\}/g, (_, name) => values[name] ?? name);
}

/** An event pattern in account 123456789012. */
function inAccount(pattern: unknown): unknown {
  return JSON.parse(JSON.stringify(pattern).replaceAll('{"Ref":"AWS::AccountId"}', '"123456789012"'));
}

/** `configRule` becomes `ConfigRule`, as in `ConfigRuleLambdaFunction`. */
function pascal(name: string): string {
  return `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`;
}

/** An environment variable after deployment, with a sample value for what CloudFormation resolves. */
function deployed(value: unknown): string {
  if (typeof value === "string") return value;
  const { Ref } = value as { Ref: string };
  if (Ref === "AWS::Region") return "eu-west-1";
  if (Ref === "RemediateDurableLambdaAlias") return "arn:aws:lambda:eu-west-1:123456789012:function:remediate:durable";
  return Ref === "ReportBucket" ? "reports-1234" : `arn:aws:sns:eu-west-1:123456789012:${Ref}`;
}

type Lambda = { Environment: { Variables: Record<string, unknown> } };
type Triple = [[string, Lambda], [string, Lambda], [string, Lambda]];

function isTlsOnly({ Effect, Principal, Condition }: Statement): boolean {
  const refused = JSON.stringify(Condition) ?? "";
  return Effect === "Deny" && Principal === "*" && /^{"Bool":{"aws:SecureTransport":"?false"?}}$/.test(refused);
}

/** The names of all metrics of this project: of audits, of repairs, and those that the functions measure themselves. */
function emittedMetrics(): readonly string[] {
  return distinct([...emitted().map(({ name }) => name), ...inFunctions(/measure\({ name: "(\w+)"/g)]);
}

/** The dimensions of these metrics, besides the service. */
function emittedDimensions(): readonly string[] {
  const dimensions = emitted().flatMap(({ dimensions = {} }) => Object.keys(dimensions));
  return distinct([...dimensions, ...inFunctions(/measure\({ name.* dimensions: { (\w+):/g)]);
}

function inFunctions(pattern: RegExp): readonly string[] {
  const sources = globSync("functions/**/*.ts").map((file) => readFileSync(file, "utf8"));
  return sources.flatMap((source) => [...source.matchAll(pattern)].map(([, name = ""]) => name));
}

function emitted() {
  const report = {
    summary: { findings: {} },
    coverage: { complete: true, gaps: [] },
    findings: [],
    generatedAt: "2026-11-24T12:00:00.000Z",
  } as unknown as Parameters<typeof toMetrics>[0];
  return [...toMetrics(report), ...toRemediationMetrics([])];
}
