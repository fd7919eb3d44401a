import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { ConsumersReport } from "../../lib/model/consumer.ts";
import { createCloud } from "../../simulator/cloud.ts";
import { sampleAccounts } from "../../simulator/organization.ts";
import type { DBInstance } from "../../simulator/resources.ts";
import type { Region } from "../../simulator/state.ts";
import { runCli } from "../cli/run-cli.ts";
import { startSimulatedAws } from "../cli/simulated-aws.ts";
import { expectGolden } from "../golden/golden.ts";
import { now } from "../support/builders.ts";

const region = "eu-west-1";
const account = sampleAccounts.staging;
const host = `orders.c0ffee123456.${region}.rds.amazonaws.com`;
const hidden = "do-not-show-me";
const role = `arn:aws:iam::${account}:role/shop`;

let simulated: Awaited<ReturnType<typeof startSimulatedAws>>;
let fleet: Region;
let orders: DBInstance;
let secretArn: string;

/** A record of CloudTrail, as `LookupEvents` returns it. */
function aRead(secretId: string, daysAgo: number, more: object = {}) {
  const EventTime = new Date(Date.parse(now) - daysAgo * 24 * 3_600_000);
  const userIdentity = {
    arn: `arn:aws:sts::${account}:assumed-role/shop/i-0123456789abcdef0`,
    sessionContext: { sessionIssuer: { arn: role } },
  };
  const CloudTrailEvent = JSON.stringify({ userIdentity, requestParameters: { secretId }, ...more });
  return { EventName: "GetSecretValue", EventTime, Username: "i-0123456789abcdef0", CloudTrailEvent };
}

beforeEach(async () => {
  const cloud = createCloud({ now: new Date(now) });
  fleet = cloud.region(account, region);
  simulated = await startSimulatedAws(cloud);
  orders = fleet.addInstance({
    identifier: "orders",
    managed: true,
    tags: { "aws:cloudformation:stack-id": `arn:aws:cloudformation:${region}:${account}:stack/shop/1` },
  });
  secretArn = (orders.MasterUserSecret as { SecretArn: string }).SecretArn;
  fleet.addInstance({ identifier: "other" });
  fleet.addProxy({ name: "shop-proxy", secretArns: [secretArn] });
  fleet.addProxy({
    name: "own-login",
    secretArns: ["arn:aws:secretsmanager:eu-west-1:222222222222:secret:own-AbCdEf"],
  });
  fleet.addProxy({ name: "unrelated", secretArns: [] });
  const { workloads } = fleet;
  workloads.proxyTargets = [
    { DBProxyName: "own-login", RdsResourceId: "orders", Type: "RDS_INSTANCE" },
    { DBProxyName: "unrelated", RdsResourceId: "other", Type: "RDS_INSTANCE" },
  ];
  workloads.functions = [
    { FunctionName: "checkout", variables: { DB_URL: `postgres://master:${hidden}@${host}:5432/shop`, STAGE: "prod" } },
    { FunctionName: "through-proxy", variables: { DB_HOST: `shop-proxy.proxy-c0ffee.${region}.rds.amazonaws.com` } },
    { FunctionName: "by-secret", variables: { SECRET: secretArn } },
    { FunctionName: "elsewhere", variables: { DB_HOST: `big-orders.c0ffee.${region}.rds.amazonaws.com`, X: hidden } },
  ];
  const container = (name: string, more: object) => ({ name, ...more });
  workloads.taskDefinitions = [
    { family: "web", revision: 1, containerDefinitions: [container("app", { environment: [] })] },
    {
      family: "web",
      revision: 2,
      containerDefinitions: [
        container("app", { environment: [{ name: "PGHOST", value: host }] }),
        container("job", { secrets: [{ name: "PGPASSWORD", valueFrom: `${secretArn}:password::` }] }),
      ],
    },
    {
      family: "old",
      revision: 1,
      containerDefinitions: [container("app", { environment: [{ name: "A", value: hidden }] })],
    },
  ];
  workloads.trailEvents = [
    aRead(secretArn, 1),
    aRead(secretArn.replace(/-[A-Za-z0-9]{6}$/, ""), 20),
    aRead(secretArn, 95),
    aRead("another", 2),
    aRead(secretArn, 3, { errorCode: "AccessDenied" }),
    aRead(secretArn, 4, { userIdentity: { arn: `arn:aws:iam::${account}:user/ann` } }),
  ];
});
afterEach(() => simulated.close());

const show = (argv: readonly string[] = []) =>
  runCli(["consumers", "orders", "--region", region, ...argv], { aws: simulated.aws });

async function find(name = "orders"): Promise<{ status: number; report: ConsumersReport; found: string[] }> {
  const { status, stdout, stderr } = await runCli(["consumers", name, "--region", region, "--format", "json"], {
    aws: simulated.aws,
  });
  if (stdout === "") throw new Error(stderr);
  const report: ConsumersReport = JSON.parse(stdout);
  return {
    status,
    report,
    found: report.consumers.map(({ kind, id, evidence }) => `${kind} ${id.split(/[:/]/).at(-1)}: ${evidence}`),
  };
}

const readers = [
  "secret-reader shop: read the managed secret 2 times in 90 days, last on 2026-11-23 06:12 UTC",
  "secret-reader ann: read the managed secret 1 time in 90 days, last on 2026-11-20 06:12 UTC",
];

describe("consumers", () => {
  test("every kind is found, and nothing that only resembles the database", async () => {
    const { status, found } = await find();
    expect(status).toBe(0);
    expect(found).toEqual([
      "rds-proxy own-login: connects to orders with a secret of its own",
      "rds-proxy shop-proxy: logs in with the managed secret",
      "lambda-function by-secret: variable SECRET",
      "lambda-function checkout: variable DB_URL",
      "lambda-function through-proxy: variable DB_HOST",
      "ecs-task-definition 2: variables app/PGHOST, job/PGPASSWORD",
      ...readers.map((line) => expect.stringMatching(line.split(", last")[0] ?? "")),
      "cloudformation-stack 1: owns the database, by its tags",
    ]);
  });

  test("no value of a variable is shown, in either format", async () => {
    for (const argv of [[], ["--format", "json"]]) {
      const { stdout, stderr } = await show(argv);
      expect(stdout).toContain("DB_URL");
      expect(`${stdout}${stderr}`).not.toContain(hidden);
      expect(`${stdout}${stderr}`).not.toContain(host);
    }
  });

  test("no secret's value is read, nothing is changed, and the documented IAM policy allows each call", async () => {
    simulated.cloud.calls.length = 0;
    await show();
    const made = [...new Set(simulated.cloud.calls.map(({ action }) => action))].sort();
    expect(made).toEqual([
      "cloudtrail:LookupEvents",
      "ecs:DescribeTaskDefinition",
      "ecs:ListTaskDefinitionFamilies",
      "lambda:ListFunctions",
      "rds:DescribeDBClusters",
      "rds:DescribeDBInstances",
      "rds:DescribeDBProxies",
      "rds:DescribeDBProxyTargets",
      "secretsmanager:ListSecrets",
      "sts:GetCallerIdentity",
    ]);
    const [, policy = ""] = /"Sid": "Consumers",([^\]]*)\]/.exec(readFileSync("docs/preflight.md", "utf8")) ?? [];
    expect(made.filter((action) => !policy.includes(`"${action}"`))).toEqual(["sts:GetCallerIdentity"]);
  });

  test.each([
    "cloudtrail:LookupEvents",
    "ecs:DescribeTaskDefinition",
    "ecs:ListTaskDefinitionFamilies",
    "lambda:ListFunctions",
    "rds:DescribeDBProxies",
    "rds:DescribeDBProxyTargets",
    "secretsmanager:ListSecrets",
  ])("%s is denied: it is a gap, and the rest is shown", async (action) => {
    simulated.cloud.fault({ kind: "deny", action });
    const { status, report } = await find();
    expect(status).toBe(3);
    expect([...new Set(report.gaps.map((gap) => gap.action))]).toEqual([action]);
    expect(report.consumers.length).toBeGreaterThan(3);
    const { stdout } = await show();
    expect(stdout.replaceAll(/\s+/g, " ")).toContain("so there may be more");
    expect(stdout).toContain(action);
  });

  test("a record of CloudTrail that is not JSON is a gap", async () => {
    const [first] = fleet.workloads.trailEvents;
    if (first === undefined) throw new Error("There is no event");
    fleet.workloads.trailEvents.unshift({ ...first, CloudTrailEvent: "<html>" });
    const { status, report } = await find();
    expect({ status, codes: report.gaps.map(({ code }) => code) }).toEqual({ status: 3, codes: ["UnreadableEvent"] });
  });

  test("more reads of secrets than can be looked at: those that were are shown, the rest is a gap", async () => {
    fleet.workloads.trailEvents = Array.from({ length: 5_050 }, () => aRead(secretArn, 1));
    const { status, report, found } = await find();
    expect({ status, codes: report.gaps.map(({ code }) => code) }).toEqual({ status: 3, codes: ["TooManyEvents"] });
    expect(found).toContainEqual(expect.stringContaining("secret-reader shop: read the managed secret 5000 times"));
  });

  test("a database without a managed secret: who reads its password is said to be unknown", async () => {
    const { report, found } = await find("other");
    expect(found).toEqual(["rds-proxy unrelated: connects to other with a secret of its own"]);
    expect(report.limits.join(" ")).toContain("no managed secret");
  });

  test.each([80, 160])("at a terminal of %i columns", async (columns) => {
    const { stdout } = await runCli(["consumers", "orders", "--region", region], {
      aws: simulated.aws,
      terminal: { columns },
      env: { NO_COLOR: "1" },
    });
    expectGolden(`consumers-${columns}`, stdout);
  });
});

test("consumers without a database says how to name one", async () => {
  const { status, stderr } = await runCli(["consumers"]);
  expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining("consumers needs a database") });
});

describe("a secret of your own", () => {
  test("is found by a word of its name, or by a tag, and not by a part of a word", async () => {
    const create = (name: string, Tags: { Key: string; Value: string }[] = []) => ({ name, Tags });
    for (const { name, Tags } of [
      create("prod/orders/master"),
      create("preorders"),
      create("by-tag", [{ Key: "database", Value: "orders" }]),
    ]) {
      const ARN = `arn:aws:secretsmanager:${region}:${account}:secret:${name}-AbCdEf`;
      const at = new Date(now);
      fleet.secrets.set(ARN, { ARN, Name: name, Tags, CreatedDate: at, LastChangedDate: at, version: 1 });
    }
    const { found } = await find();
    expect(found.filter((line) => line.startsWith("own-secret"))).toEqual([
      "own-secret by-tag-AbCdEf: its tag database names the database",
      "own-secret master-AbCdEf: its name is prod/orders/master",
    ]);
  });
});
