import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { expectGolden } from "../golden/golden.ts";
import { aTargetOf } from "../report/sample-reports.ts";
import {
  aGap,
  aMasterUserSecret,
  anInventory,
  aPlainDatabase,
  aSecret,
  aTarget,
  databaseArn,
} from "../support/builders.ts";
import { runCli } from "./run-cli.ts";

let folder: string;
let inventory: string;
let inPart: string;
let policy: string;

const cluster = { kind: "cluster", engine: "aurora-mysql", globalClusterIdentifier: "world" } as const;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "explain-"));
  inventory = join(folder, "inventory.json");
  inPart = join(folder, "in-part.json");
  policy = join(folder, "policy.yaml");
  const [plain] = aTargetOf(1).databases;
  const targets = [
    aTarget({
      databases: [
        aPlainDatabase({
          masterUserSecret: aMasterUserSecret({ status: "impaired" }),
          tags: { team: "orders\u001b[2J" },
        }),
        ...aTargetOf(2).databases,
        aPlainDatabase({
          ...cluster,
          identifier: "ledger",
          arn: "arn:aws:rds:eu-west-1:123456789012:cluster:ledger",
          resourceId: "cluster-L",
        }),
      ],
      secrets: [aSecret({ nextRotationAt: "2026-11-20T00:00:00.000Z" })],
      starts: [{ databaseArn, startedAt: null }],
      blueGreenDeployments: [],
      globalClusterMembers: [],
    }),
    aTarget({
      region: "us-east-1",
      databases: [
        {
          ...(plain as NonNullable<typeof plain>),
          region: "us-east-1",
          arn: "arn:aws:rds:us-east-1:123456789012:db:db-0000",
        },
      ],
    }),
  ];
  writeFileSync(inventory, JSON.stringify(anInventory({ targets })));
  const gaps = [aGap({ account: "222222222222", region: "*", action: "sts:AssumeRole" })];
  writeFileSync(inPart, JSON.stringify(anInventory({ targets, gaps })));
  writeFileSync(
    policy,
    `rulesOff: [rotation-enabled]
severities: { secret-not-impaired: critical }
exemptions:
  - { match: { identifier: orders }, rules: rotation-on-schedule, owner: a@example.com, reason: It moves, until: 2026-11-26 }
`,
  );
});

afterAll(() => rmSync(folder, { recursive: true }));

test("explains a rule", async () =>
  expectGolden("explain-rule", (await runCli(["explain", "secret-key-usable"])).stdout));

test("shows what the policy changes about a rule", async () => {
  expect((await runCli(["explain", "secret-not-impaired", "--policy", policy])).stdout).toContain(
    "Severity: critical (set by the policy, default: high)",
  );
  expect((await runCli(["explain", "rotation-enabled", "--policy", policy])).stdout).toContain(
    "Severity: medium (off)",
  );
});

test("explains a database", async () => {
  const { stdout, status } = await runCli(["explain", "orders", "--from", inventory, "--policy", policy]);
  expect(status).toBe(0);
  expectGolden("explain-database", stdout);
});

test("explains why rules do not apply to a database", async () =>
  expectGolden("explain-not-applicable", (await runCli(["explain", "ledger", "--from", inventory])).stdout));

test.each(["ORDERS", "db-ORDERS", "arn:aws:rds:eu-west-1:123456789012:db:orders"])(
  "finds a database by %s",
  async (name) => expect((await runCli(["explain", name, "--from", inventory])).stdout).toContain("DB instance orders"),
);

test.each([
  ["ordrs", 'There is neither a rule nor a database called "ordrs" (did you mean "orders"?).'],
  [
    "secret-not-impared",
    'There is neither a rule nor a database called "secret-not-impared" (did you mean "secret-not-impaired"?).',
  ],
])("suggests the nearest name for %s", async (name, message) =>
  expect(await runCli(["explain", name, "--from", inventory])).toEqual({
    status: 2,
    stdout: "",
    stderr: `${message}\n`,
  }),
);

test("suggests a rule without reading AWS", async () => {
  const { status, stderr } = await runCli(["explain", "secret-not-impared"]);
  expect(status).toBe(2);
  expect(stderr).toContain('"secret-not-impared" is not a known rule (did you mean "secret-not-impaired"?)');
});

test.each([
  ["ledger", 'Another database may be called "ledger": 222222222222 could not be read.\n'],
  ["cluster-L", ""],
])("warns if another database may be called %s", async (name, stderr) =>
  expect(await runCli(["explain", name, "--from", inPart])).toMatchObject({ status: 0, stderr }),
);

test("refuses a name that two databases share", async () => {
  const { status, stderr } = await runCli(["explain", "db-0000", "--from", inventory]);
  expect(status).toBe(2);
  expect(stderr.split("\n")).toEqual([
    '2 databases are called "db-0000": give the ARN of one:',
    "  arn:aws:rds:eu-west-1:123456789012:db:db-0000",
    "  arn:aws:rds:us-east-1:123456789012:db:db-0000",
    "",
  ]);
});

test.each([[[]], [["--profile", "production"]]])("reads the Region of an ARN, %j", async (args) => {
  const asked: string[] = [];
  const createAccount = () => ({
    name: "mine",
    identify: async (region?: string) => {
      asked.push(region ?? "");
      throw new Error("enough");
    },
    listRegions: async () => [],
    region: () => ({}) as never,
  });
  await runCli(["explain", "arn:aws:rds:sa-east-1:123456789012:db:orders", ...args], { aws: { createAccount } });
  expect(asked).toEqual(["sa-east-1"]);
});

test("refuses options before the name", async () => {
  const { status, stderr } = await runCli(["explain", "--region", "eu-west-1", "orders"]);
  expect(status).toBe(2);
  expect(stderr).toBe(
    "explain needs a rule or a database, before any options, as in: explain orders --region eu-west-1\n",
  );
});
