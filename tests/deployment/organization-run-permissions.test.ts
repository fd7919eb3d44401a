import { describe, expect, test } from "@jest/globals";
import { listOf } from "./packaged.ts";
import {
  account,
  arnOf,
  bucketArn,
  type Call,
  type Context,
  organizationFunction,
  organizationRoles,
  otherKey,
  queue,
  region,
  simulate,
  topics,
  topicsKey,
} from "./simulate-role.ts";

type OrganizationRole = "auditOrganization" | "auditAccounts" | "scheduler";

const member = "222222222222";
const managementAccount = "999999999999";
const organizationId = "o-a1b2c3d4e5";
const object = (key: string) => `${bucketArn}/${key}`;
const day = "runs/day=2026-11-24";
const log = (name: string) => arnOf("logs", `log-group:/aws/lambda/${name}:log-stream:2026`);
const unit = `arn:aws:organizations::${managementAccount}:ou/${organizationId}/ou-ab12-11111111`;
const memberRole = `arn:aws:iam::${member}:role/rds-password-audit-member`;
const worker = arnOf("lambda", "function:AuditAccountsLambdaFunction");
const execution = `${organizationFunction}:7/durable-execution/run/0123`;
const instance = arnOf("rds", "db:orders");
const isNew: Context = { "s3:if-none-match": "*", "s3:ObjectCreationOperation": "true" };
const isUpdate: Context = { "s3:if-match": '"etag"', "s3:ObjectCreationOperation": "true" };
const via = (service: string): Context => ({ "kms:ViaService": `${service}.${region}.amazonaws.com` });

const storing = (...keys: string[]): Call[] =>
  keys.flatMap((key): Call[] => [
    ["s3:GetObject", object(key)],
    ["s3:PutObject", object(key), isNew],
    ["s3:PutObject", object(key), isUpdate],
  ]);
const logging = (name: string): Call[] => [
  ["logs:CreateLogStream", log(name)],
  ["logs:PutLogEvents", log(name)],
  ["xray:PutTraceSegments", "*"],
  ["xray:PutTelemetryRecords", "*"],
];
const encrypting: Call[] = [
  ["s3:ListBucket", bucketArn],
  ["kms:GenerateDataKey", topicsKey, via("sns")],
  ["kms:Decrypt", topicsKey, via("s3")],
];
const ledger = `ledgers/account=${member}.json`;
const runFile = `${day}/account=${member}.ndjson.gz`;

const allowed: Readonly<Record<OrganizationRole, readonly Call[]>> = {
  auditOrganization: [
    ["organizations:DescribeOrganization", "*"],
    ["organizations:ListAccounts", "*"],
    ["organizations:ListAccountsForParent", unit],
    ["organizations:ListOrganizationalUnitsForParent", unit],
    ["lambda:InvokeFunction", `${worker}:$LATEST`],
    ["lambda:CheckpointDurableExecution", execution],
    ["lambda:GetDurableExecutionState", execution],
    ["lambda:GetDurableExecution", execution],
    ...storing("organization-run.json", `${day}/_expected.json`, `${day}/_summary.json`, ledger),
    ["sns:Publish", topics.findingsTopicArn],
    ["sns:Publish", topics.alertsTopicArn],
    ...encrypting,
    ...logging("AuditOrganization"),
    ["sqs:SendMessage", queue("AuditOrganizationDeadLetters")],
  ],
  auditAccounts: [
    ["account:ListRegions", `arn:aws:account::${managementAccount}:account/${organizationId}/${member}`],
    ["sts:AssumeRole", memberRole],
    ...storing(ledger, runFile),
    ["s3:GetObject", object("ledger.json")],
    ["sns:Publish", topics.findingsTopicArn],
    ...encrypting,
    ...logging("AuditAccounts"),
  ],
  scheduler: [
    ["lambda:InvokeFunction", `${organizationFunction}:durable`],
    ["sqs:SendMessage", queue("AuditOrganizationDeadLetters")],
  ],
};

/** What neither the coordinator nor a worker may do. */
const neverByAny: readonly Call[] = [
  ["secretsmanager:GetSecretValue", arnOf("secretsmanager", "secret:rds!db-0123-a1b2c3")],
  ["secretsmanager:BatchGetSecretValue", "*"],
  ["rds:DescribeDBInstances", instance],
  ["rds:ModifyDBInstance", instance],
  ["secretsmanager:ListSecrets", "*"],
  ["secretsmanager:RotateSecret", arnOf("secretsmanager", "secret:rds!db-0123-a1b2c3")],
  ["kms:Decrypt", otherKey, via("secretsmanager")],
  ["sts:AssumeRole", `arn:aws:iam::${member}:role/admin`],
  ["sts:AssumeRole", `arn:aws:iam::${member}:role/rds-password-audit-repair`],
  ["organizations:CloseAccount", "*"],
  ["organizations:RemoveAccountFromOrganization", "*"],
  ["iam:PassRole", `arn:aws:iam::${account}:role/audit`],
  ["lambda:UpdateFunctionCode", worker],
  ["lambda:StopDurableExecution", execution],
  ["s3:DeleteObject", object(ledger)],
  ["s3:PutObject", object("ledger.json"), isUpdate],
  ["s3:PutObject", object("latest.json"), isUpdate],
  ["s3:PutObject", object("remediation.json"), isUpdate],
  ["sns:Publish", arnOf("sns", "other")],
];

const denied: readonly (readonly [OrganizationRole, Call])[] = [
  // Only workers enter accounts, and only the coordinator knows the organization and talks to people.
  ["auditOrganization", ["sts:AssumeRole", memberRole]],
  ["auditOrganization", ["s3:PutObject", object(runFile), isNew]],
  ["auditOrganization", ["lambda:InvokeFunction", organizationFunction]],
  ["auditOrganization", ["lambda:InvokeFunction", arnOf("lambda", "function:other")]],
  ["auditAccounts", ["organizations:ListAccounts", "*"]],
  ["auditAccounts", ["sns:Publish", topics.alertsTopicArn]],
  ["auditAccounts", ["s3:PutObject", object(`${day}/_summary.json`), isUpdate]],
  ["auditAccounts", ["s3:PutObject", object("organization-run.json"), isUpdate]],
  ["auditAccounts", ["lambda:InvokeFunction", worker]],
  // Security Hub accepts a finding only from the account that it is about.
  ["auditAccounts", ["securityhub:BatchImportFindings", arnOf("securityhub", `product/${account}/default`)]],
  ["scheduler", ["lambda:InvokeFunction", arnOf("lambda", "function:AuditLambdaFunction")]],
];

const names = Object.keys(allowed) as OrganizationRole[];
const allowedRows = names.flatMap((role) => allowed[role].map((call) => [role, call[0], call[1], call] as const));
const deniedRows = [
  ...names.flatMap((role) => neverByAny.map((call) => [role, call[0], call[1], call] as const)),
  ...denied.map(([role, call]) => [role, call[0], call[1], call] as const),
];

describe("each call that a function of an organization makes is allowed", () => {
  test.each(allowedRows)("to %s: %s on %s", async (role, _, __, call) => {
    expect(await simulate(organizationRoles[role], call)).toBe("Allowed");
  });

  test.each(names)("and nothing is allowed to %s that no function calls", (role) => {
    const actions = organizationRoles[role].flatMap(({ Effect, Action }) => (Effect === "Allow" ? listOf(Action) : []));
    expect([...new Set(actions)].sort()).toEqual([...new Set(allowed[role].map(([action]) => action))].sort());
  });
});

describe("what they must never do is denied", () => {
  test.each(deniedRows)("to %s: %s on %s", async (role, _, __, call) => {
    expect(await simulate(organizationRoles[role], call)).toMatch(/Denied$/);
  });
});
