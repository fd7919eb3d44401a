import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { planSchema } from "../../lib/model/plan.ts";
import { sampleAccounts } from "../../simulator/organization.ts";
import { expectGolden } from "../golden/golden.ts";
import { openRepairShop, type RepairShop } from "./repair-shop.ts";
import { runCli } from "./run-cli.ts";
import { startSimulatedAws } from "./simulated-aws.ts";

let shop: RepairShop;
beforeAll(async () => {
  shop = await openRepairShop();
  shop.file("wrong.yaml", "remediation: { allow: [rotate], optIn: [] }\n");
  await shop.run(["audit", "--policy", shop.file("policy.yaml"), "--save-inventory", shop.file("saved.json")]);
  await shop.run(["audit", "--save-inventory", shop.file("saved-without-policy.json")]);
});
afterAll(() => shop.close());

const plan = (...args: string[]) => shop.run(["plan", "--policy", shop.file("policy.yaml"), ...args]);
const planned = async (...args: string[]) => planSchema.parse(JSON.parse((await plan(...args, "-f", "json")).stdout));

test("prints all repairs as a table and changes nothing", async () => {
  shop.changes();
  const { status, stdout, stderr } = await plan();
  expect({ status, stderr, changes: shop.changes() }).toEqual({ status: 0, stderr: "", changes: [] });
  expectGolden("plan", stdout);
});

test("prints JSON in the order in which the actions would start", async () => {
  const { actions, manual } = await planned();
  expect(actions.map(({ action, database, runnable }) => [database.identifier, action, runnable])).toEqual([
    ["invoices", "rotate", true],
    ["marketing", "schedule-rotation", true],
    ["wishlists", "toggle", false],
    ["ledger", "enable", false],
    ["orders", "enable", false],
  ]);
  expect(manual).toEqual([]);
});

test("shows every gate of named databases", async () => {
  const { status, stdout } = await plan("orders", "LEDGER");
  expect(status).toBe(0);
  expect(stdout).toContain("✓ allowed: the policy allows enable");
  expect(stdout).not.toContain("wishlists");
});

test("shows no tick for remediation that is not enabled, only an assumption", async () => {
  const { stdout } = await plan("marketing");
  expect(stdout).toContain("· enabled (assumed): remediation is on. This plan changes nothing;");
  expect(stdout).not.toContain("✓ enabled");
  expect((await plan()).stdout).toContain("ASSUMPTIONS\n  · enabled  remediation is on. This plan changes nothing;");
  const [{ gates, runnable } = { gates: [], runnable: false }] = (await planned("marketing")).actions;
  expect(runnable).toBe(true);
  expect(gates[0]).toMatchObject({ gate: "enabled", open: true, assumed: true });
});

describe("with --consumers", () => {
  beforeAll(() => {
    const host = "orders.c0ffee000000.us-east-1.rds.amazonaws.com";
    shop.here.workloads.functions = [{ FunctionName: "checkout", variables: { DB_HOST: host } }];
  });
  afterAll(() => {
    shop.here.workloads.functions = [];
  });

  test("shows what enable and toggle may break, after the plan", async () => {
    shop.changes();
    const { status, stdout } = await plan("orders", "wishlists", "--consumers");
    expect({ status, changes: shop.changes() }).toEqual({ status: 0, changes: [] });
    expect(stdout.match(/^CONSUMERS .*$/gm)).toHaveLength(2);
    expect(stdout).toMatch(/1 consumer may be affected if the master password of orders changes.*DB_HOST/s);
    expect(stdout).not.toContain("c0ffee");
  });

  test("shows nothing for a rotation, which keeps the secret", async () => {
    const { consumers, actions } = await planned("invoices", "orders", "--consumers");
    expect(actions.map(({ action }) => action)).toEqual(["rotate", "enable"]);
    expect(consumers?.map(({ database }) => database.identifier)).toEqual(["orders"]);
    expect(consumers?.[0]?.consumers).toEqual([
      { kind: "lambda-function", id: expect.stringContaining("checkout"), evidence: "variable DB_HOST" },
    ]);
    expect((await planned("orders")).consumers).toBeUndefined();
  });

  test("a call that fails makes the exit status 3", async () => {
    const allow = shop.cloud.fault({ action: "lambda:ListFunctions", kind: "deny" });
    const { status, stdout } = await plan("orders", "--consumers");
    allow();
    expect(status).toBe(3);
    expect(stdout).toContain("lambda:ListFunctions failed with AccessDenied");
  });

  test("remediate shows them before anything changes", async () => {
    const { stdout } = await shop.run(["remediate", "orders", "--policy", shop.file("policy.yaml"), "--consumers"]);
    expect(stdout.indexOf("CONSUMERS  ")).toBeGreaterThan(stdout.indexOf("PLAN  "));
    expect(stdout).toContain("DB_HOST");
  });

  test.each([
    [[], "--consumers needs the names of databases, because it takes up to a minute for each."],
    [["orders", "--from", "saved.json"], "--consumers and --from cannot be given together."],
  ])("%j is refused", async (args, sentence) => {
    const { status, stderr } = await plan(...args, "--consumers");
    expect({ status, stderr }).toEqual({ status: 2, stderr: `${sentence}\n` });
  });
});

test("allows nothing without a policy", async () => {
  const { stdout } = await shop.run(["plan", "orders"]);
  expect(stdout).toContain("✗ allowed: the policy does not allow enable");
  expect(stdout).toContain("✗ opted-in: ");
});

test("writes the plan to a file, in the format of its name, and nothing to stdout", async () => {
  const output = shop.file("plan.json");
  const ended = await plan("--output", output);
  expect(ended).toEqual({ status: 0, stdout: "", stderr: `Wrote the plan to ${output}.\n` });
  expect(planSchema.parse(JSON.parse(readFileSync(output, "utf8"))).actions).toHaveLength(5);
});

test("a full disk costs the file, not the plan", async () => {
  const { status, stdout, stderr } = await plan("--format", "json", "--output", "/dev/full");
  expect(status).toBe(4);
  expect(planSchema.parse(JSON.parse(stdout)).actions).toHaveLength(5);
  expect(stderr).toContain("no space is left on the device. The plan is on standard output instead.");
});

test("plans from a saved inventory as of its observation, and closes gates that need more data", async () => {
  const { status, stdout, stderr } = await runCli(
    ["plan", "wishlists", "--from", shop.file("saved.json"), "--policy", shop.file("policy.yaml"), "-f", "json"],
    { env: { XDG_STATE_HOME: shop.file("nowhere") } },
  );
  expect({ status, stderr }).toEqual({
    status: 0,
    stderr: "Planned as of 2026-11-24T12:00:00.000Z, when the inventory was taken.\n",
  });
  const [{ gates, runnable } = { gates: [], runnable: true }] = planSchema.parse(JSON.parse(stdout)).actions;
  expect(runnable).toBe(false);
  expect(gates.filter(({ open }) => !open).map(({ gate }) => gate)).toEqual(
    expect.arrayContaining(["no-proxy", "key-usable"]),
  );
});

test("reports rules that could not be evaluated on an inventory saved with another policy", async () => {
  const { status, stderr } = await plan("--from", shop.file("saved-without-policy.json"));
  expect(status).toBe(3);
  expect(stderr).toContain("secret-key-as-required could not be evaluated.");
});

test("reads other executions and a stop from the state", async () => {
  const state = shop.file("state.json");
  await shop.run(["stop", "--state", state, "--why", "Black Friday"]);
  expect((await plan("orders", "--state", state)).stdout).toContain("Black Friday");
  expect((await plan("orders")).stdout).not.toContain("Black Friday");
});

describe("invalid arguments end with 2, one sentence and no output", () => {
  test.each<[string[], string]>([
    [["ordrs"], 'There is no database called "ordrs" (did you mean "orders"?).'],
    [["--format", "html"], '--format takes table or json, not "html".'],
    [["--from", "x", "--region", "us-east-1"], "--from and --region cannot be given together."],
    [
      ["--output", "/tmp/plan.html"],
      "The name of --output /tmp/plan.html does not say the format: add --format, or end it with .txt or .json.",
    ],
    [["--output", "/nowhere/plan.json"], "--output /nowhere/plan.json cannot be written: its folder does not exist."],
    [["--policy", "/wrong.yaml"], "/wrong.yaml cannot be read: there is no such file."],
    [["--state", "s3://"], '"s3://" does not name a bucket'],
    [["--apply"], 'Unknown option "--apply"'],
  ])("plan %j", async (args, message) => {
    const { status, stdout, stderr } = await plan(...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain(message);
    expect(stderr.trimEnd()).not.toContain("\n");
  });

  test("an invalid state is not taken for an empty one", async () => {
    const state = shop.file("broken.json", "{}");
    const { status, stdout, stderr } = await plan("--state", state);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain(`${state} is not a valid remediation state`);
  });

  test("a policy that allows an action on no database", async () => {
    const { status, stderr } = await shop.run(["plan", "--policy", shop.file("wrong.yaml")]);
    expect(status).toBe(2);
    expect(stderr).toContain("remediation.optIn");
  });
});

describe("the sample organization", () => {
  test("ends with 3 if not everything could be read, and names what", async () => {
    const { aws, close } = await startSimulatedAws();
    const env = { XDG_STATE_HOME: shop.file("nowhere") };
    const { status, stderr } = await runCli(["plan", "--profile", "dataPlatform", "--region", "eu-west-1"], {
      aws,
      env,
    });
    await close();
    expect({ status, stderr }).toEqual({
      status: 3,
      stderr:
        "Not everything could be read, so repairs may be missing from the plan: secretsmanager:ListSecrets (AccessDeniedException) in 333333333333 eu-west-1.\n",
    });
  });

  test("production, with a finding of every kind", async () => {
    const { aws, close } = await startSimulatedAws();
    const policy = shop.file(
      "production.yaml",
      `keys: [{ require: alias/rds-master-passwords }]
exemptionTags: true
remediation: { allow: [schedule-rotation, rotate, toggle, enable], optIn: [{ account: "${sampleAccounts.production}" }] }
`,
    );
    const { status, stdout } = await runCli(
      ["plan", "--profile", "production", "--region", "eu-west-1", "--policy", policy],
      { aws, env: { XDG_STATE_HOME: shop.file("nowhere"), NO_COLOR: "1" }, terminal: { columns: 80 } },
    );
    await close();
    expect(status).toBe(0);
    expectGolden("plan-production", stdout);
  });
});
