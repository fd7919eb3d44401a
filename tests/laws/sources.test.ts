import { globSync, readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { auditPolicy } from "../../lib/audit/permissions.ts";
import { rules } from "../../rules/index.ts";

/** The lines of some files in which a pattern occurs, comments left out. */
function occurrences(pattern: RegExp, ...folders: string[]): string[] {
  const files = folders.flatMap((folder) => globSync(`${folder}/**/*.ts`));
  expect(files.length).toBeGreaterThan(0);
  return files.flatMap((file) =>
    readFileSync(file, "utf8")
      .split("\n")
      .filter((line) => pattern.test(line.replace(/^\s*(\/\/|\/?\*).*/, "")))
      .map((line) => `${file}: ${line.trim()}`),
  );
}

/** What is delivered. */
const everything = ["lib", "rules", "cli", "functions", "deploy"];

/** The commands that are made to be sent, or whose pages are listed, by the files that a pattern names. */
function commandsSent(folders: readonly string[], files = /^/): string[] {
  const sending = /\b(?:new (\w+)Command\b|paginate(\w+)\()/;
  const lines = occurrences(sending, ...folders).filter((line) => files.test(line));
  const names = [...lines.join("\n").matchAll(new RegExp(sending, "g"))].map(
    ([, made, listed]) => made ?? listed ?? "",
  );
  return [...new Set(names)].sort();
}

function filesWith(pattern: RegExp, folders: readonly string[]): string[] {
  return [...new Set(occurrences(pattern, ...folders).map((line) => line.split(":")[0] ?? ""))].sort();
}

describe("promises that the source keeps", () => {
  test("no secret's value is asked for anywhere; the only mentions are what the IAM policy denies, and the name of CloudTrail's events", () => {
    const mentions = occurrences(/GetSecretValue/, ...everything, "bench", "scripts");
    expect(mentions.toSorted()).toEqual([
      expect.stringMatching(
        /^lib\/aws\/read-consumers\.ts: .*AttributeKey: "EventName", AttributeValue: "GetSecretValue"/,
      ),
      expect.stringMatching(/^lib\/model\/secret\.ts: /),
    ]);
  });

  test("the auditor's IAM policy changes nothing, and denies the values of all secrets", () => {
    const { Statement } = auditPolicy(rules);
    const allowed = Statement.filter(({ Effect }) => Effect === "Allow").flatMap(({ Action }) => Action);
    expect(allowed.length).toBeGreaterThan(8);
    expect(
      allowed.filter((action) => !/:(Describe|List|GetResourcePolicy|GetKeyPolicy|GetCallerIdentity)/.test(action)),
    ).toEqual([]);
    expect(Statement.filter(({ Effect }) => Effect === "Deny")).toEqual([
      expect.objectContaining({
        Action: ["secretsmanager:BatchGetSecretValue", "secretsmanager:GetSecretValue"],
        Resource: "*",
      }),
    ]);
  });

  test("AWS is sent these commands and no other", () => {
    expect(commandsSent(everything)).toEqual([
      "AddTagsToResource",
      "AssumeRole",
      "BatchImportFindings",
      "DescribeAccount",
      "DescribeBlueGreenDeployments",
      "DescribeConfigurationRecorderStatus",
      "DescribeConfigurationRecorders",
      "DescribeDBClusters",
      "DescribeDBInstances",
      "DescribeDBProxies",
      "DescribeDBProxyTargets",
      "DescribeEvents",
      "DescribeGlobalClusters",
      "DescribeHub",
      "DescribeKey",
      "DescribeOrganization",
      "DescribeSecret",
      "DescribeTaskDefinition",
      "DescribeTenantDatabases",
      "DescribeTrails",
      "GenerateDataKey",
      "GetAccountSettings",
      "GetCallerIdentity",
      "GetComplianceDetailsByConfigRule",
      "GetDurableExecution",
      "GetEventSelectors",
      "GetKeyPolicy",
      "GetObject",
      "GetResourcePolicy",
      "GetRole",
      "GetTrailStatus",
      "HeadObject",
      "Invoke",
      "ListAccounts",
      "ListAccountsForParent",
      "ListDurableExecutionsByFunction",
      "ListFunctions",
      "ListGrants",
      "ListOrganizationalUnitsForParent",
      "ListParents",
      "ListRegions",
      "ListSecrets",
      "ListTaskDefinitionFamilies",
      "LookupEvents",
      "ModifyDBCluster",
      "ModifyDBInstance",
      "ModifyTenantDatabase",
      "PublishBatch",
      "PutEvaluations",
      "PutObject",
      "PutResourcePolicy",
      "RemoveTagsFromResource",
      "RotateSecret",
      "SendDurableExecutionCallbackSuccess",
      "SimulatePrincipalPolicy",
      "TagResource",
    ]);
    // The SDK's classes that have every operation as a method would send more than this law can see.
    expect(
      occurrences(
        /\bnew (RDS|SecretsManager|KMS|Lambda|S3|SNS|STS|Account|Organizations|ConfigService|SecurityHub|IAM|CloudTrail|ECS)\(/,
        ...everything,
      ),
    ).toEqual([]);
  });

  test("only an audit of an organization knows AWS Organizations, and the command line loads it when it is needed", () => {
    expect(occurrences(/open-organization\.ts"/, ...everything)).toEqual([
      'cli/main.ts: openOrganization: async (options) => (await import("../lib/aws/open-organization.ts")).openOrganization(options),',
      'functions/audit-accounts.ts: import { openOrganization } from "../lib/aws/open-organization.ts";',
      'functions/audit-organization.ts: import { openOrganization } from "../lib/aws/open-organization.ts";',
      'functions/wiring/event-account.ts: import { openOrganization } from "../../lib/aws/open-organization.ts";',
    ]);
    expect(filesWith(/client-organizations"/, everything)).toEqual(["lib/aws/open-organization.ts"]);
  });

  test("what changes a database or a secret is sent by one file: no key, no value, no deletion", () => {
    const changes = commandsSent(["lib/aws"], /^lib\/aws\/create-repairs\.ts:/);
    expect(changes).toEqual([
      "AddTagsToResource",
      "ModifyDBCluster",
      "ModifyDBInstance",
      "ModifyTenantDatabase",
      "PutResourcePolicy",
      "RemoveTagsFromResource",
      "RotateSecret",
      "TagResource",
    ]);
    const elsewhere = commandsSent(everything, /^(?!lib\/aws\/create-repairs\.ts:)/);
    expect(elsewhere.filter((command) => changes.includes(command))).toEqual([]);
    expect(filesWith(/create-repairs\.ts"/, everything)).toEqual(["lib/aws/create-account.ts"]);
  });

  test("each change is decided on where its procedure is, and off in one place alone", () => {
    // What only passes a call on (`...args`) decides nothing.
    const callersOf = (method: string) => filesWith(new RegExp(`\\.${method}\\((?!\\.\\.\\.)`), everything);
    expect({
      turnOn: callersOf("turnOn"),
      turnOff: callersOf("turnOff"),
      rotate: callersOf("rotate"),
      scheduleRotation: callersOf("scheduleRotation"),
      tagSecret: callersOf("tagSecret"),
      putResourcePolicy: callersOf("putResourcePolicy"),
      tagDatabase: callersOf("tagDatabase"),
      untagDatabase: callersOf("untagDatabase"),
    }).toEqual({
      turnOn: ["lib/remediate/enable.ts", "lib/remediate/reconcile.ts"],
      turnOff: ["lib/remediate/toggle.ts"],
      rotate: ["lib/remediate/rotate.ts"],
      scheduleRotation: ["lib/remediate/restore.ts", "lib/remediate/schedule-rotation.ts"],
      tagSecret: ["lib/remediate/restore.ts"],
      putResourcePolicy: ["lib/remediate/restore.ts"],
      tagDatabase: ["lib/remediate/toggle.ts"],
      untagDatabase: ["lib/remediate/toggle.ts"],
    });
  });

  test("the procedures run in one use case, which nothing that audits sees", () => {
    const isAudit = (file: string) =>
      /^(rules|lib\/audit|lib\/report|cli\/(audit|explain|rules)|functions\/(audit|recheck|config-rule))/.test(file);
    expect(filesWith(/^import \{.*from "\.\/remediate\/procedures\.ts"/, everything)).toEqual([
      "lib/remediate-database.ts",
    ]);
    expect(filesWith(/^import \{.*\/remediate-database\.ts"/, everything).filter(isAudit)).toEqual([]);
  });

  test("clients that only preflight and consumers need are loaded by the command line alone, when it needs them", () => {
    const clients =
      /"(?:@aws-sdk\/client-(?:iam|cloudtrail|ecs)|.*\/(?:simulate-permissions|read-prerequisites|read-consumers)\.ts)"/;
    expect(filesWith(clients, everything)).toEqual([
      "cli/main.ts",
      "lib/aws/read-consumers.ts",
      "lib/aws/read-prerequisites.ts",
      "lib/aws/simulate-permissions.ts",
    ]);
    expect(occurrences(clients, "cli").filter((line) => !line.includes("await import("))).toEqual([]);
  });

  test("no data key is ever made: KMS is only asked whether it would make one", () => {
    const calls = occurrences(/GenerateDataKey\w*Command\(/, "lib", "rules", "cli", "functions");
    expect(calls.map((call) => call.split(":")[0])).toEqual(["lib/aws/create-region.ts"]);
    for (const call of calls) expect(call).toMatch(/new GenerateDataKeyCommand\(\{.*\bDryRun: true\b.*\}\)/);
  });

  test("what runs again on each replay has no clock and no chance of its own: both come as steps, or as values", () => {
    const impure =
      /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\brandom\w*\(|\bprocess\.|(?<!import { createHash } from "node:)\bcrypto\b|performance\.now|setTimeout/;
    const files = (line: string) => line.split(":")[0];
    const lines = [
      ...occurrences(impure, "lib/remediate"),
      ...occurrences(impure, "lib").filter((line) =>
        /^lib\/(remediate-database|executions\/create-repair)\.ts/.test(line),
      ),
    ];
    // The password is made in the step that uses it, and nowhere else.
    expect([...new Set(lines.map(files))]).toEqual(["lib/remediate/temporary-password.ts"]);
    expect(filesWith(/makeTemporaryPassword\(/, everything)).toEqual([
      "lib/remediate/temporary-password.ts",
      "lib/remediate/toggle.ts",
    ]);
    // What a procedure calls without a step it calls again on each replay.
    expect(occurrences(/\bnow\(\)/, "lib/remediate")).toEqual([]);
  });

  test("the pure parts have no clock, no randomness, no environment and no console", () => {
    const impure =
      /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bprocess\.|\bconsole\.\w+\(|(?<!import { createHash } from "node:)\bcrypto\b|performance\.now/;
    expect(occurrences(impure, "lib/model", "lib/audit", "lib/plan", "lib/report", "rules")).toEqual([]);
  });
});
