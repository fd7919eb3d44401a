import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { expectGolden } from "../golden/golden.ts";
import {
  aMasterUserSecret,
  anInventory,
  aPlainCluster,
  aPlainDatabase,
  aSecret,
  aTarget,
  keyArn,
  secretArn,
} from "../support/builders.ts";
import { runCli } from "./run-cli.ts";

let folder: string;
const file = (name: string) => join(folder, name);
const withoutSecret = { masterUserSecret: null, engine: "postgres", engineVersion: "16.3" };

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "explain-tool-"));
  const databases = [
    aPlainDatabase({
      ...withoutSecret,
      identifier: "legacy",
      arn: "arn:aws:rds:eu-west-1:123456789012:db:legacy",
      resourceId: "db-L",
    }),
    aPlainCluster({
      ...withoutSecret,
      engine: "aurora-postgresql",
      identifier: "ledger",
      arn: "arn:aws:rds:eu-west-1:123456789012:cluster:ledger",
    }),
    aPlainDatabase({ masterUserSecret: aMasterUserSecret() }),
  ];
  const secrets = [aSecret({ rotationEnabled: false })];
  const target = aTarget({ databases, secrets, blueGreenDeployments: [], globalClusterMembers: [] });
  writeFileSync(file("inventory.json"), JSON.stringify(anInventory({ targets: [target] })));
  writeFileSync(file("policy.yaml"), `keys: [{ require: "${keyArn}" }]\n`);
  writeFileSync(file("any-customer.yaml"), "keys: [{ require: customer-managed }]\n");
});
afterAll(() => rmSync(folder, { recursive: true }));

const explain = (name: string, tool: string, policy = "policy.yaml") =>
  runCli(["explain", name, "--tool", tool, "--from", file("inventory.json"), "--policy", file(policy)]);

describe("a database: the steps of its violations, and nothing else", () => {
  test("with Terraform and the key that the policy requires", async () => {
    const { status, stdout, stderr } = await explain("legacy", "terraform");
    expect([status, stderr]).toEqual([0, ""]);
    expectGolden("explain-database-tool", stdout);
    expect(stdout).toContain(`master_user_secret_kms_key_id = "${keyArn}"`);
    expect(stdout).not.toMatch(/^\S+ {2}COMPLIANT/m);
  });

  test.each([
    ["cloudformation", `KmsKeyId: ${keyArn}`],
    ["cdk", "new rds.DatabaseCluster("],
    ["terraform", 'resource "aws_rds_cluster"'],
    ["aws-cli", "aws rds modify-db-cluster --region eu-west-1 --db-cluster-identifier ledger"],
  ])("a cluster with %s", async (tool, line) => {
    expect((await explain("ledger", tool)).stdout).toContain(line);
  });

  test("with the secret that it has", async () => {
    expect((await explain("orders", "terraform")).stdout).toContain(`secret_id          = "${secretArn}"`);
    expect((await explain("orders", "cloudformation")).stdout).toContain("→ This tool does not set the rotation");
  });

  test("without a key that can be chosen, what has to be decided first, and no lines", async () => {
    const { stdout } = await explain("legacy", "cloudformation", "any-customer.yaml");
    expect(stdout).toContain("→ Choose a customer managed key that exists");
    expect(stdout).not.toContain("ManageMasterUserPassword: true");
  });

  test("a database without violations", async () => {
    const off = file("off.yaml");
    writeFileSync(off, "rulesOff: [rotation-enabled]\n");
    expect((await explain("orders", "cdk", "off.yaml")).stdout).toContain(
      "No violation, so there is nothing to change.",
    );
  });
});

test("a rule: the steps of its violations, for a database to be filled in", async () => {
  expectGolden("explain-rule-tool", (await runCli(["explain", "secret-key-usable", "--tool", "cdk"])).stdout);
  expect((await runCli(["explain", "password-not-in-template", "--tool", "cloudformation"])).stdout).toContain(
    "ManageMasterUserPassword: true # instead of MasterUserPassword",
  );
});

test.each(["pulumi", ""])("%j is no tool", async (tool) => {
  const { status, stderr } = await runCli(["explain", "secret-key-usable", "--tool", tool]);
  expect(status).toBe(2);
  expect(stderr).toMatch(/--tool.*cloudformation, cdk, terraform(, or)? (or )?aws-cli|cloudformation/);
});
