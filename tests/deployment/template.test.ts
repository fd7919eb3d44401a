import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { readAuditSettings, readRemediationSettings } from "../../functions/wiring/settings.ts";
import { auditActions, repairActions, repairReads } from "../../lib/audit/permissions.ts";
import { parsePolicy } from "../../lib/model/policy.ts";
import { toMetrics, toRemediationMetrics } from "../../lib/report/aws/metrics.ts";
import { rules } from "../../rules/index.ts";
import { samplesIn } from "../support/samples.ts";
import { matches } from "./event-pattern.ts";
import {
  allowedTo,
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

/** Every parameter that takes something away from the stack, or adds to it. */
const everythingGiven = {
  schedule: "cron(30 5 ? * MON-FRI *)",
  regions: "all",
  securityHub: "on",
  configAccounts: "222222222222,333333333333",
  configRoleName: "audit-config",
  remediation: "on",
  policy: "tests/deployment/repairing-policy.yaml",
  findingsTopicArn: "arn:aws:sns:eu-west-1:123456789012:findings",
  alertsTopicArn: "arn:aws:sns:eu-west-1:123456789012:alerts",
  kmsKeyArn: "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
  logKmsKeyArn: "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
  logRetentionDays: "365",
  permissionsBoundary: "arn:aws:iam::123456789012:policy/boundary",
  reservedConcurrency: "off",
};

const packaged = new Map<string, Packaged>();
let tookSeconds = 0;

beforeAll(async () => {
  const start = performance.now();
  packaged.set("as it stands", await readPackaged());
  tookSeconds = (performance.now() - start) / 1000;
  packaged.set("with everything given", await readPackaged(everythingGiven));
}, 240_000);

afterAll(() => {
  for (const { folder } of packaged.values()) rmSync(folder, { recursive: true, force: true });
});

const asItStands = () => get("as it stands").template;
const withEverything = () => get("with everything given").template;
function get(name: string): Packaged {
  const one = packaged.get(name);
  if (one === undefined) throw new Error("the service could not be packaged");
  return one;
}

type Variant = "as it stands" | "with everything given";
const variants: readonly Variant[] = ["as it stands", "with everything given"];

const functions = ["Audit", "Recheck", "ConfigRule"] as const;
/** The functions of a variant, in the template's order. */
const functionsOf = (name: Variant) => (name === "as it stands" ? functions : [...functions, "Remediate" as const]);
const rolesOf = (template: Template) => ofType(template, "AWS::IAM::Role");
function resource({ Resources }: Template, id: string): Resource {
  const one = Resources[id];
  if (one === undefined) throw new Error(`there is no resource ${id}`);
  return one;
}
const role = (template: Template, id: string) => Object.fromEntries(rolesOf(template))[id] ?? {};

const reads = auditActions(rules);
const runs = [
  "logs:CreateLogStream",
  "logs:PutLogEvents",
  "sqs:SendMessage",
  "xray:PutTelemetryRecords",
  "xray:PutTraceSegments",
];
const publishes = [
  "kms:Decrypt",
  "kms:GenerateDataKey",
  "s3:GetObject",
  "s3:ListBucket",
  "s3:PutObject",
  "sns:Publish",
];
const evaluates = ["config:GetComplianceDetailsByConfigRule", "config:PutEvaluations"];
const keyTrial = "kms:GenerateDataKey";
const looksForRepair = repairReads.filter((action) => !reads.includes(action) && action !== keyTrial);
const listing = ["account:ListRegions", "secretsmanager:ListSecrets", "sts:GetCallerIdentity"];
const remembers = ["lambda:CheckpointDurableExecution", "lambda:GetDurableExecutionState"];
const distinct = (names: readonly string[]) => [...new Set(names)].sort();

describe.each(variants)("the template %s", (name) => {
  const template = () => get(name).template;
  const isRepairing = name === "with everything given";

  describe("IAM", () => {
    test("each function has a role of its own, and Scheduler another", () => {
      const used = ofType(template(), "AWS::Lambda::Function").map(([, { Role }]) => JSON.stringify(Role));
      expect(used).toEqual(functionsOf(name).map((id) => JSON.stringify({ "Fn::GetAtt": [`${id}Role`, "Arn"] })));
      const roles = [...functionsOf(name).map((id) => `${id}Role`), "SchedulerRole"];
      expect(
        rolesOf(template())
          .map(([id]) => id)
          .sort(),
      ).toEqual(roles.sort());
    });

    test("every role is denied the values of all secrets", () => {
      for (const [, properties] of rolesOf(template()))
        expect(statementsOf(properties)).toContainEqual(
          expect.objectContaining({
            Effect: "Deny",
            Action: ["secretsmanager:BatchGetSecretValue", "secretsmanager:GetSecretValue"],
            Resource: "*",
          }),
        );
    });

    test("no role but the one that repairs can change a database, a secret, a key or IAM", () => {
      const all = rolesOf(template())
        .filter(([id]) => id !== "RemediateRole")
        .flatMap(([, properties]) => allowedTo(properties));
      expect(all.filter((action) => action.includes("*"))).toEqual([]);
      expect(
        all
          .filter((action) => /^(rds|secretsmanager|kms|account|iam|sts):/.test(action))
          .filter((action) => ![...reads, ...(isRepairing ? looksForRepair : [])].includes(action))
          .sort(),
      ).toEqual([
        ...["kms:Decrypt", "kms:Decrypt", "kms:GenerateDataKey", "kms:GenerateDataKey"],
        // Named twice, as a key of its own and by its alias: with both audit and recheck find out whether they may.
        ...(isRepairing ? Array(4).fill(keyTrial) : []),
        ...(isRepairing ? ["sts:AssumeRole"] : []),
      ]);
    });

    test("audit and recheck may do what the rules declare and publishing needs, and start repairs if they are on, no more and no less", () => {
      const more = isRepairing
        ? ["securityhub:BatchImportFindings", "lambda:InvokeFunction", ...looksForRepair, keyTrial]
        : [];
      const expected = distinct([...reads, ...runs, ...publishes, ...more]);
      expect(distinct(allowedTo(role(template(), "AuditRole")))).toEqual(expected);
      expect(distinct(allowedTo(role(template(), "RecheckRole")))).toEqual(expected);
    });

    test("of functions audit and recheck may invoke but the one that repairs, by its alias", () => {
      for (const id of ["AuditRole", "RecheckRole"]) {
        const invoke = statementsOf(role(template(), id)).filter(({ Action }) => Action === "lambda:InvokeFunction");
        expect(invoke.map(({ Resource }) => Resource)).toEqual(
          isRepairing ? [{ Ref: "RemediateDurableLambdaAlias" }] : [],
        );
      }
    });

    test("configRule may read one Region and tell AWS Config, no more and no less", () => {
      const assume = name === "as it stands" ? [] : ["sts:AssumeRole"];
      const ofOneRegion = reads.filter((action) => action !== "account:ListRegions");
      expect(allowedTo(role(template(), "ConfigRuleRole"))).toEqual(
        [...ofOneRegion, ...runs, ...evaluates, ...assume].sort(),
      );
    });

    test("Scheduler may invoke the audit and leave what it could not deliver", () => {
      const { Resource } = statementsOf(role(template(), "SchedulerRole"))[0] ?? {};
      expect(allowedTo(role(template(), "SchedulerRole"))).toEqual(["lambda:InvokeFunction", "sqs:SendMessage"]);
      expect(Resource).toEqual({ "Fn::GetAtt": ["AuditLambdaFunction", "Arn"] });
    });

    test('the resource is "*" only where AWS knows none', () => {
      const everywhere = rolesOf(template())
        .flatMap(([, properties]) => statementsOf(properties))
        .filter(({ Effect, Resource }) => Effect === "Allow" && listOf(Resource).includes("*"))
        .flatMap(({ Action }) => listOf(Action));
      expect(distinct(everywhere)).toEqual([
        "config:PutEvaluations",
        "secretsmanager:ListSecrets",
        "sts:GetCallerIdentity",
        "xray:PutTelemetryRecords",
        "xray:PutTraceSegments",
      ]);
    });

    test("only AWS services can take a role", () => {
      for (const [, { AssumeRolePolicyDocument }] of rolesOf(template()))
        for (const { Principal } of (AssumeRolePolicyDocument as { Statement: Statement[] }).Statement)
          expect(["lambda.amazonaws.com", "scheduler.amazonaws.com"]).toContain(
            (Principal as { Service: string }).Service,
          );
    });
  });

  describe("functions", () => {
    test.each(functionsOf(name))(
      "%s runs on Node 24 and arm64, is traced, and leaves what it gave up on in a queue",
      (id) => {
        const properties = Object.fromEntries(ofType(template(), "AWS::Lambda::Function"))[`${id}LambdaFunction`];
        expect(properties).toMatchObject({
          Runtime: "nodejs24.x",
          Architectures: ["arm64"],
          TracingConfig: { Mode: "Active" },
          DeadLetterConfig: { TargetArn: { "Fn::GetAtt": [`${id}DeadLetters`, "Arn"] } },
        });
      },
    );

    test.each(functionsOf(name))("%s logs where its role may write, for as long as the parameter says", (id) => {
      const group = Object.fromEntries(ofType(template(), "AWS::Logs::LogGroup"))[`${id}LogGroup`];
      const lambda = Object.fromEntries(ofType(template(), "AWS::Lambda::Function"))[`${id}LambdaFunction`];
      expect(group).toEqual(
        name === "as it stands"
          ? { LogGroupName: `/aws/lambda/${lambda?.FunctionName}`, RetentionInDays: 90 }
          : {
              LogGroupName: `/aws/lambda/${lambda?.FunctionName}`,
              RetentionInDays: 365,
              KmsKeyId: everythingGiven.logKmsKeyArn,
            },
      );
      expect(statementsOf(role(template(), `${id}Role`))).toContainEqual(
        expect.objectContaining({ Sid: "Log", Resource: { "Fn::GetAtt": [`${id}LogGroup`, "Arn"] } }),
      );
    });

    test("the environment is one that the functions take at start-up", () => {
      const [[, audit], [, recheck], [, configRule]] = ofType(template(), "AWS::Lambda::Function") as Triple;
      const { Variables } = audit.Environment;
      const values = Object.entries(Variables).map(([variable, value]) => [variable, deployed(value)]);
      expect(readAuditSettings(Object.fromEntries(values))).toMatchObject({
        REGIONS: name === "as it stands" ? ["eu-west-1"] : "all",
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

  describe("what is kept and sent", () => {
    test("nothing is public", () => {
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

    test("all of it is encrypted", () => {
      for (const [, { BucketEncryption }] of ofType(template(), "AWS::S3::Bucket"))
        expect(JSON.stringify(BucketEncryption)).toMatch(/"SSEAlgorithm":"(aws:kms|AES256)"/);
      for (const [, { KmsMasterKeyId }] of ofType(template(), "AWS::SNS::Topic")) expect(KmsMasterKeyId).toBeDefined();
      for (const [, queue] of ofType(template(), "AWS::SQS::Queue"))
        expect(queue).toMatchObject({ SqsManagedSseEnabled: true });
      for (const [, key] of ofType(template(), "AWS::KMS::Key")) expect(key).toMatchObject({ EnableKeyRotation: true });
    });

    test("none of it goes unencrypted over the network", () => {
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

    test("the report bucket is versioned, outlives the stack, and forgets reports, but not the ledger", () => {
      const { Properties, DeletionPolicy } = resource(template(), "ReportBucket");
      expect(DeletionPolicy).toBe("Retain");
      expect(Properties).toMatchObject({ VersioningConfiguration: { Status: "Enabled" } });
      const { Rules } = Properties.LifecycleConfiguration as {
        Rules: { Prefix?: string; ExpirationInDays?: number }[];
      };
      const expiring = Rules.filter(({ ExpirationInDays }) => ExpirationInDays !== undefined);
      expect(expiring).toEqual([expect.objectContaining({ Prefix: "reports/", ExpirationInDays: 400 })]);
    });
  });

  describe("alarms", () => {
    const alarms = () => Object.fromEntries(ofType(template(), "AWS::CloudWatch::Alarm"));

    test("there is one for each thing that can go wrong, and docs/operations.md says what to do", () => {
      const operations = readFileSync("docs/operations.md", "utf8");
      const headings = [...operations.matchAll(/^## (.+)$/gm)].map(([, text = ""]) =>
        text.toLowerCase().replaceAll(" ", "-"),
      );
      expect(Object.keys(alarms())).toHaveLength(isRepairing ? 14 : 9);
      for (const { AlarmDescription, AlarmName } of Object.values(alarms())) {
        expect(headings).toContain(/ See docs\/operations\.md#([\w-]+)$/.exec(String(AlarmDescription))?.[1]);
        expect(operations).toContain(String(AlarmName).replace("rds-password-audit-prod", "…"));
      }
    });

    test("all tell people, when it begins and when it ends", () => {
      const people = name === "as it stands" ? { Ref: "AlertsTopic" } : everythingGiven.alertsTopicArn;
      for (const alarm of Object.values(alarms()))
        expect(alarm).toMatchObject({ AlarmActions: [people], OKActions: [people] });
    });

    test("an audit is overdue after one and a half of its intervals, also where nothing is heard at all", () => {
      expect(alarms().AuditOverdueAlarm).toMatchObject({
        EvaluationPeriods: name === "as it stands" ? 36 : 108,
        Period: 3600,
        TreatMissingData: "breaching",
      });
    });

    test("they and the dashboard look at metrics that the functions emit", () => {
      const dashboard = JSON.stringify(ofType(template(), "AWS::CloudWatch::Dashboard"));
      const shown = [...dashboard.matchAll(/(?:RdsPasswordAudit\\+"|\[\\+"\.\\+"), \\+"(\w+)\\+"/g)].map(
        ([, metric]) => metric,
      );
      const alarmed = Object.values(alarms())
        .filter(({ Namespace }) => Namespace === "RdsPasswordAudit")
        .map(({ MetricName }) => MetricName);
      const isShown = (metric: string) => isRepairing || metric !== "Remediations";
      expect(distinct(shown.map(String))).toEqual(emitted().filter(isShown));
      expect(emitted()).toEqual(expect.arrayContaining(alarmed as string[]));
    });

    test("the dashboard is JSON", () => {
      const [[, properties] = ["", {}]] = ofType(template(), "AWS::CloudWatch::Dashboard");
      const [body] = (properties.DashboardBody as { "Fn::Sub": [string, object] })["Fn::Sub"];
      expect(JSON.parse(body).widgets).toHaveLength(isRepairing ? 12 : 10);
    });
  });

  test("AWS Config has a rule for each of the audit's, for both types of resource and all three messages", () => {
    const made = ofType(template(), "AWS::Config::ConfigRule");
    expect(made.map(([, { ConfigRuleName }]) => ConfigRuleName)).toEqual(
      rules.map(({ id }) => `rds-password-audit-prod-${id}`),
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

  test("every rule of events may invoke its target, and nothing else of EventBridge may", () => {
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

  test("every target of an event has a queue for what it did not take", () => {
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
    expect(targets).toHaveLength(isRepairing ? 7 : 6);
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

test("cfn-lint has nothing to say", async () => {
  const templates = [...packaged.values()].map(({ templateFile }) => templateFile);
  // W3005: osls adds a dependency that CloudFormation would see by itself.
  const { status, said } = await run("cfn-lint", ["--ignore-checks", "W3005", "--", ...templates], process.env);
  if (status === null && said === "" && process.env.CI === undefined) {
    process.stderr.write("cfn-lint is not installed: the templates were not linted.\n");
    return;
  }
  expect({ status, said }).toEqual({ status: 0, said: "" });
}, 60_000);

describe("repairs", () => {
  const policy = parsePolicy(
    readFileSync(everythingGiven.policy, "utf8"),
    everythingGiven.policy,
    rules.map(({ id }) => id),
  );
  const functionArn = "arn:aws:lambda:eu-west-1:123456789012:function:rds-password-audit-prod-remediate";
  const remediate = () => role(withEverything(), "RemediateRole");

  test("that are off are not there: no function, no role, no rule, no alarm, and nobody may start any", () => {
    const { ConfigRuleToggleNotInterrupted: _, ...others } = asItStands().Resources;
    expect(Object.keys(others).filter((id) => /remediat|interrupt/i.test(id))).toEqual([]);
  });

  test("may do what the allowed actions declare, look, keep their state, tell and remember, no more and no less", () => {
    const looks = [...reads, ...looksForRepair].filter((action) => !listing.includes(action));
    expect(distinct(allowedTo(remediate()))).toEqual(
      distinct([...looks, ...repairActions(policy), ...runs, ...publishes, ...remembers]),
    );
  });

  test("keep their state in one object, and write no reports", () => {
    const [state] = statementsOf(remediate()).filter(({ Sid }) => Sid === "State");
    expect(JSON.stringify(state?.Resource)).toContain('"remediation.json"');
  });

  test("change databases only where the policy opts them in", () => {
    const changing = statementsOf(remediate()).filter(({ Action }) =>
      listOf(Action).some((action) => /^rds:(?!Describe)/.test(action)),
    );
    const onDatabases = changing.filter(({ Resource }) =>
      /:(db|cluster|tenant-database):/.test(JSON.stringify(Resource)),
    );
    for (const { Resource, Condition, Action } of onDatabases) {
      const isByTag = JSON.stringify(Condition ?? {}).includes('"aws:ResourceTag/password-repair":"allowed"');
      const isByMark = JSON.stringify(Condition ?? {}).includes(
        '"Null":{"aws:ResourceTag/rds-password-audit:toggle":"false"}',
      );
      const isByName = !/:(db|cluster):\*/.test(JSON.stringify(Resource));
      expect(isByTag || isByMark || isByName || Action === "rds:ModifyTenantDatabase").toBe(true);
    }
    expect(onDatabases).toHaveLength(7);
  });

  test("run as durable executions, by an alias, for as long as approvals and windows may take", () => {
    const { Properties } = resource(withEverything(), "RemediateLambdaFunction");
    expect(Properties).toMatchObject({ DurableConfig: { ExecutionTimeout: 90 * 86_400, RetentionPeriodInDays: 30 } });
    expect(resource(withEverything(), "RemediateDurableLambdaAlias").Properties).toMatchObject({ Name: "durable" });
  });

  test("start with an environment that the function takes", () => {
    const { Environment } = resource(withEverything(), "RemediateLambdaFunction").Properties as Lambda;
    const values = Object.entries(Environment.Variables).map(([variable, value]) => [variable, deployed(value)]);
    expect(readRemediationSettings(Object.fromEntries(values))).toMatchObject({ REMEDIATION: "on" });
  });

  test("that were killed are rechecked, and those of others, or that run or ended well, are not", () => {
    const { EventPattern } = resource(withEverything(), "InterruptedExecutions").Properties;
    const pattern = JSON.parse(
      JSON.stringify(EventPattern).replaceAll('{"Fn::GetAtt":["RemediateLambdaFunction","Arn"]}', `"${functionArn}"`),
    );
    const event = (detail: object) => ({
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
  });

  test("that fail, time out or are stopped ring an alarm, which Lambda's errors would not", () => {
    const alarms = ofType(withEverything(), "AWS::CloudWatch::Alarm").map(([, properties]) => properties);
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

describe("parameters", () => {
  test("what is given is not made, and the roles are for what is given", () => {
    for (const id of ["FindingsTopic", "AlertsTopic", "Key", "KeyAlias"]) {
      expect(asItStands().Resources).toHaveProperty(id);
      expect(withEverything().Resources).not.toHaveProperty(id);
    }
    const { findingsTopicArn, alertsTopicArn, kmsKeyArn } = everythingGiven;
    expect(statementsOf(role(withEverything(), "AuditRole"))).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ Action: "sns:Publish", Resource: [findingsTopicArn, alertsTopicArn] }),
        expect.objectContaining({ Action: ["kms:Decrypt", "kms:GenerateDataKey"], Resource: kmsKeyArn }),
      ]),
    );
  });

  test("the permissions boundary bounds every role", () => {
    for (const [, { PermissionsBoundary }] of rolesOf(withEverything()))
      expect(PermissionsBoundary).toBe(everythingGiven.permissionsBoundary);
    for (const [, properties] of rolesOf(asItStands())) expect(properties).not.toHaveProperty("PermissionsBoundary");
  });

  test("of audits one runs at a time, unless nothing is reserved", () => {
    const reservedIn = (template: Template) =>
      ofType(template, "AWS::Lambda::Function").map(([, properties]) => properties.ReservedConcurrentExecutions);
    expect(reservedIn(asItStands())).toEqual([1, 2, 5]);
    expect(reservedIn(withEverything())).toEqual([undefined, undefined, undefined, undefined]);
  });

  test("AWS Config of other accounts may invoke the function, and only their role of that name is assumed", () => {
    const accounts = ofType(withEverything(), "AWS::Lambda::Permission").flatMap(
      ([, { SourceAccount }]) => SourceAccount ?? [],
    );
    expect(accounts).toEqual([{ Ref: "AWS::AccountId" }, "222222222222", "333333333333"]);
    expect(statementsOf(role(withEverything(), "ConfigRuleRole"))).toContainEqual(
      expect.objectContaining({
        Action: "sts:AssumeRole",
        Resource: ["222222222222", "333333333333"].map((account) => ({
          "Fn::Sub": `arn:\${AWS::Partition}:iam::${account}:role/audit-config`,
        })),
      }),
    );
  });

  test("one that makes no sense ends the packaging, with its name", async () => {
    const { folder } = get("as it stands");
    const { status, said } = await packageService(`${folder}/refused`, { alertThreshold: "hihg" });
    expect(status).toBe(1);
    expect(said).toContain('The parameter "alertThreshold" must be one of critical, high, medium, low, not "hihg".');
  }, 60_000);
});

describe("events", () => {
  const caught = (event: object) =>
    ofType(asItStands(), "AWS::Events::Rule")
      .filter(([, { EventPattern }]) => matches(EventPattern, event))
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
  ] as const)("%s catches %j", (id, event) => {
    expect(caught(event)).toEqual([id]);
  });

  test.each(samplesIn("lib/model/recheck-event.ts") as object[])("one rule catches the sample %j", (sample) => {
    expect(caught(sample)).toHaveLength(1);
  });

  test.each([
    rdsEvent("RDS-EVENT-0087"),
    labelUpdated("orders-api"),
    rotationFailed("orders-api"),
    call("rds", "DescribeDBInstances"),
    call("rds", "ModifyDBInstance", { errorCode: "AccessDenied" }),
    call("kms", "DisableKey", { errorCode: "AccessDenied" }),
    call("kms", "Decrypt"),
    secretCall("DescribeSecret", "rds!db-0123"),
    secretCall("CancelRotateSecret", "orders-api"),
    secretCall("CancelRotateSecret", secretArn("orders-rds!db")),
    secretCall("CancelRotateSecret", "orders-rds!db"),
    secretCall("CancelRotateSecret", "rds!db-0123", { errorCode: "AccessDeniedException" }),
    call("secretsmanager", "CancelRotateSecret", { requestParameters: null }),
  ])("nothing catches %j", (event) => {
    expect(caught(event)).toEqual([]);
  });
});

describe("the packages", () => {
  const handlers = { audit: "audit", recheck: "recheck", configRule: "config-rule", remediate: "remediate" };
  const maxBytes = 700_000;

  const packageWith = (name: string) => get(name === "remediate" ? "with everything given" : "as it stands");
  const zipOf = (name: string) => readFileSync(`${packageWith(name).folder}/packages/${name}.zip`);

  /** Loads a packaged function as Lambda does at start-up: its files alone, in their folder. */
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

  test.each(Object.entries(handlers))("%s: one module, and no more than 700 KB", (name, handler) => {
    const zip = zipOf(name);
    expect([...readZip(zip).keys()].sort()).toEqual([`functions/${handler}.mjs`]);
    expect(zip.length).toBeLessThan(maxBytes);
  });

  test.each(Object.keys(handlers))("%s cannot so much as name the call that reads a secret's value", (name) => {
    const module = [...readZip(zipOf(name))].find(([file]) => file.endsWith(".mjs"))?.[1].toString() ?? "";
    expect(module).toContain("DescribeSecret");
    expect(module).not.toMatch(/GetSecretValue/);
  });

  test.each(Object.keys(handlers))("%s starts with nothing but what is packaged", async (name) => {
    expect(await start(name as keyof typeof handlers)).toEqual({ status: 0, said: "[ 'handler' ]\n" });
  });

  test("a variable that makes no sense ends the start, with its name", async () => {
    const { status, said } = await start("audit", { REGIONS: "everywhere" });
    expect(status).toBe(1);
    expect(said).toMatch(/REGIONS: must be Regions/);
  });

  test("packaging takes seconds", () => {
    expect(tookSeconds).toBeLessThan(60);
  });
});

/** `configRule` is the resource `ConfigRuleLambdaFunction`. */
function pascal(name: string): string {
  return `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`;
}

/** A function's environment after deployment, with sample values for what CloudFormation fills in. */
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

/** The names of all metrics of this project: those of an audit, and those that the functions measure themselves. */
function emitted(): readonly string[] {
  const report = {
    summary: { findings: {} },
    coverage: { complete: true, gaps: [] },
    findings: [],
    generatedAt: "2026-11-24T12:00:00.000Z",
  } as unknown as Parameters<typeof toMetrics>[0];
  const ofAudit = toMetrics(report).map(({ name }) => name);
  const ofRepairs = toRemediationMetrics([]).map(({ name }) => name);
  const sources = globSync("functions/**/*.ts").map((file) => readFileSync(file, "utf8"));
  const ofFunctions = sources.flatMap((source) =>
    [...source.matchAll(/measure\({ name: "(\w+)"/g)].map(([, name = ""]) => name),
  );
  return [...new Set([...ofAudit, ...ofRepairs, ...ofFunctions])].sort();
}
