import { describe, expect, test } from "@jest/globals";
import { aPermissivePolicy } from "../support/repairs.ts";
import { listOf } from "./packaged.ts";
import {
  account,
  arnOf,
  bucketArn,
  type Call,
  type Context,
  keyArn,
  type OptIn,
  otherKey,
  queue,
  type Role,
  region,
  remediateFunction,
  requiredKey,
  roles,
  rolesWith,
  simulate,
  topics,
  topicsKey,
} from "./simulate-role.ts";

/** Calls of a role, with a policy that opts databases in by name or by tag. */
type CallsOf = readonly [role: Role, calls: readonly Call[], optIn?: OptIn];

const instance = (name: string) => arnOf("rds", `db:${name}`);
const cluster = (name: string) => arnOf("rds", `cluster:${name}`);
const tenant = arnOf("rds", "tenant-database:tdb-0123");
const secret = arnOf("secretsmanager", "secret:rds!db-0123-a1b2c3");
const foreignSecret = arnOf("secretsmanager", "secret:orders-api-a1b2c3");
const object = (key: string) => `${bucketArn}/${key}`;
const ledger = `ledgers/account=${account}.json`;
const report = object("reports/2026/11/24/2026-11-24T12-00-00.000Z-1.json");
const log = (name: string) => arnOf("logs", `log-group:/aws/lambda/${name}:log-stream:2026`);
const toggleTag = "rds-password-audit:toggle";

const tagged = (tags: Record<string, string>): Context =>
  Object.fromEntries(Object.entries(tags).map(([key, value]) => [`aws:ResourceTag/${key}`, value]));
const managing = (on: boolean): Context => ({ "rds:ManageMasterUserPassword": String(on) });
const tagKeys = (...keys: string[]): Context => ({ "aws:TagKeys": keys });
const ownedBy = (arn: string): Context => ({
  [`aws:ResourceTag/aws:rds:primaryDB${arn.includes(":cluster:") ? "Cluster" : "Instance"}Arn`]: arn,
});
const notPublic: Context = { "secretsmanager:BlockPublicPolicy": "true" };
const isNew: Context = { "s3:if-none-match": "*", "s3:ObjectCreationOperation": "true" };
const isUpdate: Context = { "s3:if-match": '"etag"', "s3:ObjectCreationOperation": "true" };
const isUnconditional: Context = { "s3:ObjectCreationOperation": "true" };
const via = (service: string): Context => ({ "kms:ViaService": `${service}.${region}.amazonaws.com` });
const toAws: Context = { "kms:GrantIsForAWSResource": "true" };

const running = (name: string): Call[] => [
  ["logs:CreateLogStream", log(name)],
  ["logs:PutLogEvents", log(name)],
  ["xray:PutTraceSegments", "*"],
  ["xray:PutTelemetryRecords", "*"],
  ["sqs:SendMessage", queue(`${name}DeadLetters`)],
];
const oneDatabaseReads: Call[] = [
  ["rds:DescribeDBInstances", instance("legacy")],
  ["rds:DescribeDBClusters", cluster("legacy")],
  ["rds:DescribeTenantDatabases", instance("legacy")],
  ["rds:DescribeGlobalClusters", `arn:aws:rds::${account}:global-cluster:worldwide`],
  ["rds:DescribeBlueGreenDeployments", arnOf("rds", "deployment:bgd-0123")],
  ["rds:DescribeEvents", "*"],
  ["secretsmanager:DescribeSecret", secret],
  ["secretsmanager:GetResourcePolicy", secret],
  ["kms:DescribeKey", otherKey],
  ["kms:DescribeKey", keyArn("abcd", "222222222222")],
  ["kms:GetKeyPolicy", otherKey],
  ["kms:ListGrants", otherKey],
];
const reads: Call[] = [...oneDatabaseReads, ["secretsmanager:ListSecrets", "*"], ["sts:GetCallerIdentity", "*"]];
const repairReads: Call[] = [
  ["rds:DescribeDBProxies", arnOf("rds", "db-proxy:prx-0123")],
  ["rds:DescribeDBProxyTargets", arnOf("rds", "db-proxy:prx-0123")],
  ["kms:GenerateDataKey", requiredKey],
];
const notifying: Call[] = [
  ["s3:ListBucket", bucketArn],
  ["sns:Publish", topics.findingsTopicArn],
  ["sns:Publish", topics.alertsTopicArn],
  ["kms:GenerateDataKey", topicsKey, via("sns")],
  ["kms:Decrypt", topicsKey, via("s3")],
];
const storing = (...keys: string[]): Call[] =>
  keys.flatMap((key): Call[] => [
    ["s3:GetObject", object(key)],
    ["s3:PutObject", object(key), isNew],
    ["s3:PutObject", object(key), isUpdate],
  ]);
const starting: Call[] = [["lambda:InvokeFunction", `${remediateFunction}:durable`]];
const importing: Call[] = [["securityhub:BatchImportFindings", arnOf("securityhub", `product/${account}/default`)]];

const byName = { database: instance("orders"), clusters: cluster("test-reports"), tags: {} };
const byTag = { database: instance("payments"), clusters: cluster("payments"), tags: tagged({ repair: "yes" }) };

/** Everything that a toggle, and the other actions, call and have called on their behalf. */
const repairing = ({ database, clusters, tags }: { database: string; clusters: string; tags: Context }): Call[] => [
  ["rds:AddTagsToResource", database, { ...tags, ...tagKeys(toggleTag), [`aws:RequestTag/${toggleTag}`]: "value" }],
  ["rds:ModifyDBInstance", database, { ...tags, ...managing(false) }],
  ["rds:ModifyDBInstance", database, { ...tags, ...managing(true) }],
  // A rotation names no management.
  ["rds:ModifyDBInstance", database, tags],
  ["rds:ModifyDBCluster", clusters, { ...tags, ...managing(false) }],
  ["rds:ModifyDBCluster", clusters, { ...tags, ...managing(true) }],
  ["rds:ModifyDBCluster", clusters, tags],
  ["rds:ModifyTenantDatabase", tenant, { ...tags, ...managing(true) }],
  ["rds:ModifyTenantDatabase", database, { ...tags, ...managing(true) }],
  ["rds:RemoveTagsFromResource", database, { ...tags, ...tagged({ [toggleTag]: "value" }), ...tagKeys(toggleTag) }],
  ["secretsmanager:CreateSecret", secret],
  ["secretsmanager:TagResource", secret, tagKeys("aws:rds:primaryDBInstanceArn", "aws:secretsmanager:owningService")],
  ["secretsmanager:TagResource", secret, { ...ownedBy(database), ...tagKeys("team") }],
  ["secretsmanager:TagResource", secret, { ...ownedBy(clusters), ...tagKeys("team") }],
  ["secretsmanager:RotateSecret", secret, ownedBy(database)],
  ["secretsmanager:RotateSecret", secret, ownedBy(clusters)],
  ["secretsmanager:PutResourcePolicy", secret, { ...ownedBy(database), ...notPublic }],
  ["kms:Decrypt", requiredKey, { ...via("secretsmanager") }],
  ["kms:GenerateDataKey", requiredKey, { ...via("secretsmanager") }],
  ["kms:GenerateDataKey", requiredKey, via("rds")],
  ["kms:CreateGrant", requiredKey, { ...via("rds"), ...toAws }],
];
/** What turns management on again after the database was taken out of the opt-in. */
const finishing: Call[] = [
  ["rds:ModifyDBInstance", instance("legacy"), { ...tagged({ [toggleTag]: "value" }), ...managing(true) }],
  ["rds:ModifyDBCluster", cluster("legacy"), { ...tagged({ [toggleTag]: "value" }), ...managing(true) }],
  ["rds:RemoveTagsFromResource", instance("legacy"), { ...tagged({ [toggleTag]: "value" }), ...tagKeys(toggleTag) }],
];

const allowed: readonly CallsOf[] = [
  ["audit", [...reads, ["account:ListRegions", `arn:aws:account::${account}:account`]]],
  ["audit", [...repairReads, ...notifying, ...starting, ...importing, ...running("Audit")]],
  [
    "audit",
    storing(
      ledger,
      "remediation.json",
      "latest.json",
      "latest.html",
      `runs/day=2026-11-24/account=${account}.ndjson.gz`,
    ),
  ],
  ["audit", [["s3:GetObject", object("ledger.json")]]],
  // The trend on the page.
  ["audit", [["s3:GetObject", object("runs/day=2026-11-23/_summary.json")]]],
  [
    "audit",
    [
      ["s3:PutObject", report, isNew],
      ["s3:GetObject", report],
    ],
  ],
  ["recheck", [...reads, ...repairReads, ...notifying, ...starting, ...importing, ...running("Recheck")]],
  ["recheck", storing(ledger, "remediation.json")],
  ["recheck", [["s3:GetObject", object("ledger.json")]]],
  ["configRule", [...reads, ...running("ConfigRule"), ["config:PutEvaluations", "*"]]],
  [
    "configRule",
    [
      ["config:GetComplianceDetailsByConfigRule", arnOf("config", "config-rule/config-rule-abc")],
      ["sts:AssumeRole", "arn:aws:iam::222222222222:role/audit-config"],
    ],
  ],
  ["remediate", [...oneDatabaseReads, ...repairReads, ...notifying, ...storing("remediation.json")]],
  [
    "remediate",
    [
      ...running("Remediate"),
      ["lambda:CheckpointDurableExecution", `${remediateFunction}:7/durable-execution/db-ORDERS/0123`],
      ["lambda:GetDurableExecutionState", `${remediateFunction}:7/durable-execution/db-ORDERS/0123`],
    ],
  ],
  ["remediate", [...repairing(byName), ...finishing]],
  ["remediate", [...repairing(byTag), ...finishing], "tag"],
  [
    "scheduler",
    [
      ["lambda:InvokeFunction", arnOf("lambda", "function:AuditLambdaFunction")],
      ["sqs:SendMessage", queue("AuditDeadLetters")],
    ],
  ],
];

/** What no role may ever do. */
const neverByAny: Call[] = [
  ["secretsmanager:GetSecretValue", secret, ownedBy(instance("orders"))],
  ["secretsmanager:GetSecretValue", foreignSecret],
  ["secretsmanager:BatchGetSecretValue", "*"],
  ["secretsmanager:DeleteSecret", secret, ownedBy(instance("orders"))],
  ["secretsmanager:PutSecretValue", secret, ownedBy(instance("orders"))],
  ["secretsmanager:UpdateSecret", secret, ownedBy(instance("orders"))],
  ["secretsmanager:DeleteResourcePolicy", secret, ownedBy(instance("orders"))],
  ["secretsmanager:CancelRotateSecret", secret, ownedBy(instance("orders"))],
  ["secretsmanager:CreateSecret", foreignSecret],
  ["secretsmanager:PutResourcePolicy", secret, ownedBy(instance("orders"))],
  [
    "secretsmanager:PutResourcePolicy",
    secret,
    { ...ownedBy(instance("orders")), "secretsmanager:BlockPublicPolicy": "false" },
  ],
  ["secretsmanager:PutResourcePolicy", foreignSecret, notPublic],
  ["secretsmanager:RotateSecret", foreignSecret],
  ["secretsmanager:TagResource", foreignSecret, tagKeys("team")],
  ["secretsmanager:TagResource", secret, tagKeys("team")],
  ["secretsmanager:UntagResource", secret, tagKeys("team")],
  ["rds:DeleteDBInstance", instance("orders"), tagged({ repair: "yes" })],
  ["rds:DeleteDBCluster", cluster("test-reports"), tagged({ repair: "yes" })],
  ["rds:RebootDBInstance", instance("orders"), tagged({ repair: "yes" })],
  ["rds:RestoreDBInstanceToPointInTime", instance("orders")],
  ["rds:CreateDBInstance", instance("orders"), managing(true)],
  ["rds:ModifyDBInstance", instance("legacy")],
  ["rds:ModifyDBInstance", instance("legacy"), managing(true)],
  ["rds:ModifyDBInstance", instance("legacy"), managing(false)],
  ["rds:ModifyDBCluster", cluster("legacy"), managing(false)],
  ["rds:ModifyDBInstance", instance("legacy"), tagged({ repair: "no" })],
  // With the toggle tag alone, management can only be turned on.
  ["rds:ModifyDBInstance", instance("legacy"), tagged({ [toggleTag]: "forged" })],
  ["rds:ModifyDBInstance", instance("legacy"), { ...tagged({ [toggleTag]: "forged" }), ...managing(false) }],
  ["rds:ModifyDBCluster", cluster("legacy"), { ...tagged({ [toggleTag]: "forged" }), ...managing(false) }],
  ["rds:ModifyTenantDatabase", instance("legacy"), { ...tagged({ [toggleTag]: "forged" }), ...managing(false) }],
  ["rds:AddTagsToResource", instance("legacy"), tagKeys(toggleTag)],
  ["rds:AddTagsToResource", instance("legacy"), tagKeys("repair")],
  ["rds:AddTagsToResource", instance("orders"), { ...tagged({ repair: "yes" }), ...tagKeys("repair") }],
  ["rds:AddTagsToResource", instance("orders"), { ...tagged({ repair: "yes" }), ...tagKeys(toggleTag, "repair") }],
  ["rds:RemoveTagsFromResource", instance("orders"), { ...tagged({ repair: "yes" }), ...tagKeys("repair") }],
  [
    "rds:RemoveTagsFromResource",
    instance("legacy"),
    { ...tagged({ [toggleTag]: "forged" }), ...tagKeys("rds-password-audit:exempt-until") },
  ],
  ["iam:PassRole", `arn:aws:iam::${account}:role/audit`],
  ["iam:CreateRole", `arn:aws:iam::${account}:role/audit`],
  ["iam:PutRolePolicy", `arn:aws:iam::${account}:role/audit`],
  ["iam:AttachRolePolicy", `arn:aws:iam::${account}:role/audit`],
  ["sts:AssumeRole", `arn:aws:iam::${account}:role/admin`],
  ["sts:AssumeRole", "arn:aws:iam::333333333333:role/audit-config"],
  ["kms:Decrypt", otherKey, { ...via("secretsmanager") }],
  ["kms:GenerateDataKey", otherKey],
  ["kms:CreateGrant", otherKey, { ...via("rds"), ...toAws }],
  ["kms:CreateGrant", requiredKey, via("rds")],
  ["kms:CreateGrant", requiredKey, toAws],
  ["kms:Decrypt", requiredKey],
  ["kms:Decrypt", requiredKey, via("lambda")],
  ["kms:GenerateDataKey", requiredKey, via("lambda")],
  ["kms:DisableKey", requiredKey],
  ["kms:ScheduleKeyDeletion", requiredKey],
  ["kms:PutKeyPolicy", requiredKey],
  ["kms:GetKeyPolicy", keyArn("abcd", "222222222222")],
  ["kms:RevokeGrant", requiredKey],
  ["s3:DeleteObject", object(ledger)],
  ["s3:PutObject", object("ledger.json"), isUpdate],
  ["s3:DeleteObjectVersion", report],
  ["s3:PutObject", report, isUnconditional],
  ["s3:PutObject", report, isUpdate],
  ["s3:PutObject", object("elsewhere.json"), isNew],
  ["s3:PutBucketPolicy", bucketArn],
  ["s3:BypassGovernanceRetention", report],
  ["s3:GetObject", "arn:aws:s3:::other-bucket/ledger.json"],
  ["sns:Publish", arnOf("sns", "other")],
  ["sqs:ReceiveMessage", queue("AuditDeadLetters")],
  ["lambda:InvokeFunction", arnOf("lambda", "function:other")],
  ["lambda:SendDurableExecutionCallbackSuccess", `${remediateFunction}:7/durable-execution/db-ORDERS/0123`],
  ["lambda:UpdateFunctionCode", remediateFunction],
  ["logs:DeleteLogGroup", arnOf("logs", "log-group:/aws/lambda/Audit")],
];

/** All roles but the one that repairs. */
const others = ["audit", "recheck", "configRule", "scheduler"] as const;

/** What a role may not do although others may. */
const denied: readonly CallsOf[] = [
  ["recheck", [["s3:PutObject", report, isNew]]],
  ["recheck", [["s3:PutObject", object("latest.json"), isUpdate]]],
  ["remediate", [["s3:PutObject", object(ledger), isUpdate]]],
  ["recheck", [["s3:PutObject", object("runs/day=2026-11-24/_summary.json"), isNew]]],
  ["remediate", [["s3:PutObject", report, isNew]]],
  ["remediate", [["s3:GetObject", object("latest.json")]]],
  ["remediate", [["lambda:InvokeFunction", `${remediateFunction}:durable`]]],
  ["configRule", [["s3:GetObject", object(ledger)]]],
  ["configRule", [["sns:Publish", topics.findingsTopicArn]]],
  [
    "remediate",
    [instance("legacy"), cluster("legacy"), instance("orders-2")].flatMap((owner): Call[] => [
      ["secretsmanager:RotateSecret", secret, ownedBy(owner)],
      ["secretsmanager:PutResourcePolicy", secret, { ...ownedBy(owner), ...notPublic }],
      ["secretsmanager:TagResource", secret, { ...ownedBy(owner), ...tagKeys("team") }],
    ]),
  ],
  ["remediate", [["secretsmanager:RotateSecret", secret]]],
  [
    "remediate",
    [
      ["rds:ModifyDBInstance", instance("payments"), { ...tagged({ repair: "no" }), ...managing(false) }],
      ["secretsmanager:RotateSecret", secret],
      ["secretsmanager:TagResource", secret, tagKeys("team")],
    ],
    "tag",
  ],
  ...others.map((role): CallsOf => [role, [...repairing(byName), ...finishing]]),
];

/** One line per call: the role, how the policy opts in, the call, and its context. */
const rows = (calls: readonly CallsOf[]) =>
  calls.flatMap(([role, all, optIn = "name"]) =>
    all.map((call) => [role, optIn, call[0], call[1], JSON.stringify(call[2] ?? {}), call] as const),
  );
const allowedRows = rows(allowed);
const deniedRows = rows([...[...others, "remediate" as const].map((role): CallsOf => [role, neverByAny]), ...denied]);

describe("each call that a function makes is allowed", () => {
  test.each(allowedRows)("to %s, opted in by %s: %s on %s with %s", async (role, optIn, _, __, ___, call) => {
    expect(await simulate(roles[optIn][role], call)).toBe("Allowed");
  });

  test.each([...others, "remediate" as const])("and nothing is allowed to %s that no function calls", (role) => {
    const actions = roles.name[role].flatMap(({ Effect, Action }) => (Effect === "Allow" ? listOf(Action) : []));
    const called = allowedRows.flatMap(([of, , action]) => (of === role ? [action] : []));
    expect([...new Set(actions)].sort()).toEqual([...new Set(called)].sort());
  });
});

describe("what a role must never do is denied", () => {
  test.each(deniedRows)("to %s, opted in by %s: %s on %s with %s", async (role, optIn, _, __, ___, call) => {
    expect(await simulate(roles[optIn][role], call)).toMatch(/Denied$/);
  });
});

test("the simulation covers 187 calls that are allowed and 468 that are denied", () => {
  expect([allowedRows.length, deniedRows.length]).toEqual([187, 468]);
});

describe("without rotations the role can modify nothing but management", () => {
  const orders = instance("orders");
  test.each([
    ["enable", managing(true), "Allowed"],
    ["enable", managing(false), "ExplicitlyDenied"],
    ["enable", {}, "ExplicitlyDenied"],
    ["toggle", managing(true), "Allowed"],
    ["toggle", managing(false), "Allowed"],
    ["toggle", {}, "ExplicitlyDenied"],
  ] as const)("%s: %j is %s", async (allow, context, expected) => {
    const { remediate } = rolesWith(aPermissivePolicy({ allow: [allow], optIn: [{ identifier: ["orders"] }] }));
    expect(await simulate(remediate, ["rds:ModifyDBInstance", orders, context])).toBe(expected);
  });
});

describe("a report cannot be overwritten by anyone, not even by a principal that may do everything in S3", () => {
  const everything = [{ Sid: "All", Effect: "Allow", Action: "s3:*", Resource: "*" }];
  test.each([
    ["written for the first time", report, isNew, "Allowed"],
    ["a part of an upload", report, { "s3:ObjectCreationOperation": "false" }, "Allowed"],
    ["written without a condition", report, isUnconditional, "ExplicitlyDenied"],
    ["replaced", report, isUpdate, "ExplicitlyDenied"],
    ["the ledger, replaced", object(ledger), isUnconditional, "Allowed"],
  ])("%s", async (_, resource, context, expected) => {
    expect(await simulate(everything, ["s3:PutObject", resource, context])).toBe(expected);
  });
});
