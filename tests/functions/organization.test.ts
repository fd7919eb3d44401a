import { readFileSync, rmSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { OrganizationSummary } from "../../lib/model/report.ts";
import { createCloud } from "../../simulator/cloud.ts";
import { createOrganization } from "../../simulator/create-organization.ts";
import { type Simulator, startSimulator } from "../../simulator/server.ts";
import type { Cloud, Region } from "../../simulator/state.ts";
import {
  allowedActions,
  ofType,
  type Packaged,
  readPackaged,
  run as runProgram,
  statementsOf,
} from "../deployment/packaged.ts";
import { type Front, startFront } from "../support/front.ts";
import { measured, type UnpackedFunction, unpackFunction } from "../support/invoke-packaged.ts";

const auditAccount = "111111111111";
const managementAccount = "999999999999";
const externalId = "7c1f5e0a-2f7e";
const bucket = "reports";
const region = "eu-west-1";
const workerArn = `arn:aws:lambda:${region}:${auditAccount}:function:rds-password-audit-prod-auditAccounts:$LATEST`;
const idOf = (index: number) => String(300_000_000_000 + index);

let packaged: Packaged;
let functions: Record<"auditOrganization" | "auditAccounts", UnpackedFunction>;
let cloud: Cloud;
let here: Region;
let simulator: Simulator | undefined;
let port: number | undefined;
/** Lambda itself, which is asked about earlier executions. */
let lambda: Front;
let earlierStatus = "RUNNING";

beforeAll(async () => {
  packaged = await readPackaged({
    organization: "on",
    policy: "tests/functions/organization-policy.yaml",
    regions: region,
    securityHub: "on",
  });
  functions = {
    auditOrganization: unpackFunction(packaged, "auditOrganization"),
    auditAccounts: unpackFunction(packaged, "auditAccounts"),
  };
  lambda = await startFront({
    answer: () => ({ status: 200, body: JSON.stringify({ Status: earlierStatus }) }),
  });
}, 120_000);

afterAll(async () => {
  for (const one of Object.values(functions)) one.stop();
  for (const { folder } of [packaged, ...Object.values(functions)]) rmSync(folder, { recursive: true, force: true });
  await lambda.close();
});

afterEach(async () => {
  await simulator?.close();
  simulator = undefined;
});

/** Starts a simulated organization with so many member accounts, besides the audit account and the management account. */
async function startOrganization(count: number): Promise<void> {
  cloud = createCloud({ now: new Date() });
  const members = Array.from({ length: count }, (_, index) => ({ id: idOf(index), name: `account-${index}` }));
  const organization = createOrganization(cloud, {
    managementAccount,
    units: { "ou-ab12-11111111": "r-ab12" },
    members: [{ id: managementAccount, name: "management" }, { id: auditAccount, name: "audit" }, ...members],
  });
  organization.delegatedAdministrators.add(auditAccount);
  organization.pageSize = 100;
  for (const { id } of members) {
    cloud.account(id).roles = ["rds-password-audit-member"];
    cloud.account(id).externalId = externalId;
  }
  cloud.account(managementAccount).roles = [];
  here = cloud.region(auditAccount, region);
  here.addBucket(bucket);
  here.addTopic("findings");
  here.addTopic("alerts");
  // Every test uses the same port, because the functions stay warm.
  simulator = await startSimulator(cloud, port === undefined ? {} : { port });
  port = simulator.port;
}

/** Runs the coordinator with its packaged worker, as Lambda does. */
function run(id: string, deaths: Record<string, number> = {}) {
  const topic = (name: string) => `arn:aws:sns:${region}:${auditAccount}:${name}`;
  return functions.auditOrganization.execute(
    { id },
    {
      references: { ReportBucket: bucket, FindingsTopic: topic("findings"), AlertsTopic: topic("alerts") },
      env: {
        REGIONS: region,
        SECURITY_HUB: "on",
        WORKER_FUNCTION_ARN: workerArn,
        AUDITOR_ARNS: `arn:aws:iam::${auditAccount}:role/worker`,
        AWS_ENDPOINT_URL: simulator?.endpoint ?? "",
        AWS_ENDPOINT_URL_LAMBDA: lambda.endpoint,
        AWS_ACCESS_KEY_ID: auditAccount,
      },
      workers: { [workerArn]: functions.auditAccounts },
      deaths,
    },
  );
}

const objects = () => here.buckets.get(bucket)?.objects ?? new Map();
const runFile = (name: string) => objects().get(`runs/day=${new Date().toISOString().slice(0, 10)}/${name}`)?.body;
const summary = () => JSON.parse(String(runFile("_summary.json"))) as OrganizationSummary;

/** Messages of a topic: of findings as `type identifier`, of alerts as text. */
function messages(topic: "findings" | "alerts"): string[] {
  const published = here.topics.get(`arn:aws:sns:${region}:${auditAccount}:${topic}`)?.messages ?? [];
  return published.map(({ Message }) => {
    const { type, finding, content } = JSON.parse(Message);
    return content === undefined
      ? [type, finding?.resource.identifier].filter(Boolean).join(" ")
      : `${content.title}\n${content.description}`;
  });
}

/** Records a run that started earlier and has not ended. */
function putEarlierRun(): void {
  const earlier = { id: "2026-11-23T06:00:00Z", startedAt: "2026-11-23T06:00:01Z", endedAt: null };
  const execution = `arn:aws:lambda:${region}:${auditAccount}:function:f:1/durable-execution/earlier/0`;
  const body = JSON.stringify({ schemaVersion: "1.0", run: { ...earlier, execution } });
  const stored = { body, ETag: '"1"', LastModified: new Date(), contentType: "application/json", metadata: {} };
  objects().set("organization-run.json", stored);
}

test("500 accounts: one always kills its worker, one does it once, and a Region is denied", async () => {
  await startOrganization(500);
  const withDatabases = [0, 77, 200, 321, 499];
  for (const index of withDatabases) {
    const there = cloud.region(idOf(index), region);
    there.addInstance({ identifier: `db-${index}` });
    there.enableSecurityHub();
  }
  cloud.region(idOf(123), region).addInstance({ identifier: "unseen" });
  const scp = "not authorized to perform the action with an explicit deny in a service control policy";
  cloud.fault({ action: "*", account: idOf(42), region, kind: "deny", message: scp });
  const ended = await run("one", { [idOf(123)]: 1_000, [idOf(400)]: 1 });
  expect(ended.error).toBeNull();

  const { coverage, summary: totals, accounts } = summary();
  expect(coverage.notSeen.map(({ account, region: of, outcome }) => [account, of, outcome])).toEqual([
    [idOf(7), "*", "excluded"],
    [idOf(42), region, "denied-by-scp"],
    [idOf(123), "*", "gap"],
    [managementAccount, "*", "gap"],
  ]);
  expect(coverage.counts).toMatchObject({ expected: 502, seen: 498, gap: 2, deniedByScp: 1, excluded: 1 });
  // The account that killed its worker once.
  expect(coverage.targets.map(({ account }) => account)).toContain(idOf(400));
  expect(coverage.gaps.find(({ account }) => account === managementAccount)?.message).toContain(
    `AuditorArns=arn:aws:iam::${auditAccount}:role/worker`,
  );
  expect(totals).toMatchObject({ databases: 5, findings: { high: 5 } });
  expect(accounts.filter(({ findings }) => findings.high > 0).map(({ name }) => name)).toEqual(
    withDatabases.map((index) => `account-${index}`),
  );

  expect(messages("findings").sort()).toEqual([
    "audit.completed",
    ...withDatabases.map((index) => `finding.opened db-${index}`).sort(),
  ]);
  const [alert, ...others] = messages("alerts");
  expect(others).toEqual([]);
  expect(alert).toMatch(/^🔴 5 new findings on 5 databases in 5 accounts: 5 high\n/);
  expect(alert).toContain("• *account-123* (300000000123): The account has no result");
  for (const index of withDatabases)
    expect([...cloud.region(idOf(index), region).securityHub.findings.values()]).toHaveLength(1);
  const file = runFile(`account=${idOf(77)}.ndjson.gz`);
  expect(gunzipSync(Buffer.from(String(file), "latin1")).toString()).toContain('"identifier":"db-77"');

  // Five steps, two maps, and two for each of 101 batches and of the ten accounts of the two that failed.
  expect(ended.operations).toBe(5 + 2 + 2 * (101 + 10));
  expect(measured(ended, "Scopes")).toContainEqual({ outcome: "gap", Scopes: 2 });
  expect(measured(ended, "AuditIncomplete")).toEqual([{ AuditIncomplete: 1 }]);
  expect(measured(ended, "Findings")).toContainEqual({ severity: "high", Findings: 5 });
}, 120_000);

describe("an earlier run that has not ended", () => {
  beforeEach(() => startOrganization(1));

  test("is not overtaken while its execution runs: people are told", async () => {
    putEarlierRun();
    earlierStatus = "RUNNING";
    const ended = await run("two");
    expect(ended.result).toMatchObject({ notStarted: "under-way" });
    expect(ended.logged).toContainEqual(expect.objectContaining({ level: "WARN" }));
    expect(messages("alerts")).toEqual([expect.stringContaining("event 2026-11-23T06:00:00Z started at")]);
    expect(runFile("_expected.json")).toBeUndefined();
  }, 60_000);

  test("does not count if Lambda says that its execution failed, and an event that comes again starts nothing", async () => {
    putEarlierRun();
    earlierStatus = "FAILED";
    expect((await run("two")).result).toMatchObject({ notStarted: null });
    expect(summary().coverage.counts.expected).toBe(3);
    expect((await run("two")).result).toMatchObject({ notStarted: "answered" });
    expect(messages("findings")).toEqual(["audit.completed"]);
  }, 60_000);
});

describe("the template", () => {
  const resource = (id: string) => packaged.template.Resources[id]?.Properties ?? {};

  test("schedules the coordinator, by its alias, and not the audit of one account, which accepts no invocation", () => {
    expect(resource("Schedule").Target).toMatchObject({
      Arn: { Ref: "AuditOrganizationDurableLambdaAlias" },
      DeadLetterConfig: { Arn: { "Fn::GetAtt": ["AuditOrganizationDeadLetters", "Arn"] } },
    });
    expect(statementsOf(resource("SchedulerRole"))[0]?.Resource).toEqual({
      Ref: "AuditOrganizationDurableLambdaAlias",
    });
    expect(resource("AuditLambdaFunction")).toMatchObject({ ReservedConcurrentExecutions: 0 });
  });

  test("runs an execution for less than a day, and as many workers as the coordinator invokes", () => {
    expect(resource("AuditOrganizationLambdaFunction")).toMatchObject({
      DurableConfig: { ExecutionTimeout: 20 * 3600, RetentionPeriodInDays: 30 },
      DeadLetterConfig: { TargetArn: { "Fn::GetAtt": ["AuditOrganizationDeadLetters", "Arn"] } },
    });
    expect(resource("AuditAccountsLambdaFunction")).toMatchObject({ ReservedConcurrentExecutions: 20, Timeout: 900 });
  });

  test("gives the functions an environment that they accept", () => {
    const variablesOf = (id: string) => (resource(id).Environment as { Variables: Record<string, unknown> }).Variables;
    expect(variablesOf("AuditOrganizationLambdaFunction")).toMatchObject({
      WORKER_FUNCTION_ARN: { "Fn::Sub": `\${AuditAccountsLambdaFunction.Arn}:$LATEST` },
    });
    expect(variablesOf("AuditAccountsLambdaFunction")).toMatchObject({
      REGIONS: region,
      SECURITY_HUB: "on",
      AUDITOR_ARNS: {
        "Fn::Join": [",", [{ "Fn::GetAtt": ["AuditAccountsRole", "Arn"] }, { "Fn::GetAtt": ["RecheckRole", "Arn"] }]],
      },
    });
  });

  test("denies the values of all secrets to the new roles, and allows them nothing on databases, secrets or keys", () => {
    for (const id of ["AuditOrganizationRole", "AuditAccountsRole"]) {
      const allowed = allowedActions(resource(id));
      expect(allowed.filter((action) => /^(rds|secretsmanager):/.test(action))).toEqual([]);
      expect(allowed.filter((action) => /^kms:/.test(action))).toEqual(["kms:Decrypt", "kms:GenerateDataKey"]);
      expect(statementsOf(resource(id))).toContainEqual(
        expect.objectContaining({ Effect: "Deny", Action: expect.arrayContaining(["secretsmanager:GetSecretValue"]) }),
      );
    }
  });

  test("has an alarm for an execution that fails, hangs, is stopped or does not start, each in docs/operations.md", () => {
    const operations = readFileSync("docs/operations.md", "utf8");
    const alarms = ofType(packaged.template, "AWS::CloudWatch::Alarm").filter(([id]) => id.startsWith("Organization"));
    expect(alarms.map(([, { MetricName }]) => MetricName)).toEqual([
      "DurableExecutionFailed",
      "DurableExecutionTimedOut",
      "DurableExecutionStopped",
      "Errors",
      "ApproximateNumberOfMessagesVisible",
    ]);
    for (const [, { AlarmName }] of alarms)
      expect(operations).toContain(String(AlarmName).replace("rds-password-audit-prod", "…"));
    const overdue = JSON.stringify(resource("AuditOverdueAlarm").AlarmDescription);
    expect(overdue).toContain("AuditOrganizationLambdaFunction");
  });

  test("has a dashboard with the outcomes of accounts and Regions", () => {
    const [body] = (resource("Dashboard").DashboardBody as { "Fn::Sub": [string, object] })["Fn::Sub"];
    expect(JSON.parse(body).widgets).toHaveLength(12);
    expect(body).toContain('"Scopes"');
  });

  test("passes cfn-lint", async () => {
    // W3005: osls adds a dependency that CloudFormation would infer.
    const args = ["--ignore-checks", "W3005", "--", packaged.templateFile];
    const { status, output } = await runProgram("cfn-lint", args, process.env);
    if (status === null && output === "" && process.env.CI === undefined) return;
    expect({ status, output }).toEqual({ status: 0, output: "" });
  }, 60_000);
});
