import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { runCli } from "./run-cli.ts";

let folder: string;
const file = (name: string) => join(folder, name);
const repairRole = "arn:aws:iam::*:role/rds-password-audit-*";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "prevent-"));
  writeFileSync(
    file("policy.yaml"),
    `keys: [{ match: { identifier: "prod-*" }, require: alias/prod }, { require: customer-managed }]
exemptionTags: true
exemptions:
  - { match: { tags: { team: crm } }, owner: crm@example.com, reason: legacy, until: 2026-12-31 }
  - { match: { engine: db2-* }, owner: db2@example.com, reason: legacy, until: 2027-12-31 }
`,
  );
  writeFileSync(file("off.yaml"), "rulesOff: [master-password-managed]\n");
  writeFileSync(
    file("all-off.yaml"),
    "rulesOff: [master-password-managed, secret-key-as-required, password-not-in-template]\n",
  );
  writeFileSync(file("storage.yaml"), "keys: [{ differentFromStorage: true }]\n");
  const exemptions = Array.from({ length: 28 }, (_, index) =>
    `{ match: { identifier: database-number-${index} }, owner: ann, reason: legacy, until: 2027-01-${index + 1} }`.replace(
      /-(\d) \}$/,
      "-0$1 }",
    ),
  );
  writeFileSync(file("long.yaml"), `exemptions: [${exemptions.join(", ")}]\n`);
});

afterAll(() => rmSync(folder, { recursive: true }));

test("an SCP goes to standard output as JSON, and what it does not do to standard error", async () => {
  const { status, stdout, stderr } = await runCli(["prevent", "scp", "--exempt-role", repairRole]);
  expect(status).toBe(0);
  expect(JSON.parse(stdout).Statement[0].Condition).toEqual({
    Bool: { "rds:ManageMasterUserPassword": "false" },
    ArnNotLike: { "aws:PrincipalArn": [repairRole] },
  });
  for (const word of [
    "RestoreDBClusterFromSnapshot",
    "PromoteReadReplica",
    "Members of DB clusters",
    "Oracle only",
    "default key",
  ])
    expect(stderr).toContain(word);
  expect(stderr).not.toContain("No principal is exempt");
});

test("without --exempt-role, it warns that toggles are denied", async () => {
  expect((await runCli(["prevent", "iam-policy"])).stderr).toContain("No principal is exempt");
});

test("what the policy requires and an SCP cannot express is named", async () => {
  const { stderr } = await runCli(["prevent", "scp", "--policy", file("policy.yaml")]);
  expect(stderr).toContain("The key alias/prod for identifier prod-* is not enforced: RDS has no condition key");
  expect(stderr).toContain("The key customer-managed for every database is not enforced: ");
  expect(stderr).toContain("The exemption of tag team=crm (crm@example.com, until 2026-12-31) does not apply: ");
  expect(stderr).toContain("The exemption of engine db2-* (db2@example.com, until 2027-12-31) does not apply: ");
  expect(stderr).toContain("Exemption tags do not apply: ");
});

test("what the policy requires and Guard cannot express is named", async () => {
  const { stdout, stderr } = await runCli(["prevent", "guard", "--policy", file("policy.yaml")]);
  expect(stderr).toContain(
    "The key alias/prod for identifier prod-* is not enforced: most templates leave the identifier",
  );
  expect(stderr).toContain(
    "The key customer-managed for every database is not enforced: most templates leave the identifier",
  );
  expect(stderr).toContain(
    "The exemption of engine db2-* (db2@example.com, until 2027-12-31) does not end by itself: ",
  );
  expect(stdout).toContain("db2");
  expect(stdout).not.toContain("rule db_instance_secret_key");
});

test("a key other than the storage's is in the Guard rules, with its limit, and is named for the others", async () => {
  const { stdout, stderr } = await runCli(["prevent", "guard", "--policy", file("storage.yaml")]);
  expect(stderr).toContain(
    "The key other than the storage's for every database is enforced only if the template has both keys in the same form: Guard does not know that an alias and an ARN are the same key, nor the key of a snapshot.",
  );
  expect(stdout).toContain("MasterUserSecret.KmsKeyId not in KmsKeyId");
  for (const means of ["scp", "iam-policy"])
    expect((await runCli(["prevent", means, "--policy", file("storage.yaml")])).stderr).toContain(
      "The key other than the storage's for every database is not enforced: RDS has no condition key for the KMS key of the secret.",
    );
});

test("master users without a password that the policy lists are named where a means does not know them", async () => {
  writeFileSync(file("iam.yaml"), "support: { iamDbAuth: [{ identifier: reports-* }] }\n");
  const notes = async (means: string) => (await runCli(["prevent", means, "--policy", file("iam.yaml")])).stderr;
  for (const means of ["scp", "iam-policy", "guard"])
    expect(await notes(means)).toContain("support.iamDbAuth of identifier reports-* does not apply: ");
  expect(await notes("hook")).toContain(
    "support.iamDbAuth of identifier reports-* does not always apply: CloudFormation chooses the name if the template has none.",
  );
});

test("the hook is a template, and what the hook cannot always judge of the policy is named", async () => {
  const { status, stdout, stderr } = await runCli(["prevent", "hook", "--policy", file("policy.yaml")]);
  expect(status).toBe(0);
  expect(stdout.match(/Type: AWS::CloudFormation::LambdaHook/g)).toHaveLength(2);
  for (const sentence of [
    "The policy is in the package of the function, not in this template",
    "The key alias/prod for identifier prod-* cannot always be judged, and fails then: CloudFormation chooses the name",
    "The key customer-managed for every database cannot be judged if the template has a key by its ARN or ID, and fails then: ",
    "The exemption of tag team=crm (crm@example.com, until 2026-12-31) does not always apply: CloudFormation adds the tags of the stack.",
    "Exemption tags do not always apply: ",
    "Only what CloudFormation and the Cloud Control API create or change in this account and Region is prevented: ",
    "Tenant databases are not prevented: ",
  ])
    expect(stderr).toContain(sentence);
  expect(stderr).not.toContain("db2@example.com");
  expect((await runCli(["prevent", "hook", "--policy", file("storage.yaml")])).stderr).toContain(
    "The key other than the storage's for every database cannot be judged if one key is an alias, or the storage is restored without a key of its own, and fails then: ",
  );
});

test("several SCPs are written to files with numbers", async () => {
  const args = ["prevent", "scp", "--policy", file("long.yaml"), "--output", file("scp.json")];
  const { status, stderr } = await runCli(args);
  expect(status).toBe(0);
  const files = readdirSync(folder).filter((name) => name.startsWith("scp"));
  expect(files.length).toBeGreaterThan(1);
  expect(files).toContain("scp-1.json");
  expect(stderr).toContain(`AWS's size limit needs ${files.length} policies: attach all of them.`);
  for (const name of files) expect(readFileSync(file(name), "utf8").length).toBeLessThanOrEqual(5121);
});

test("the test plan is shell commands with what to expect", async () => {
  const { stdout } = await runCli(["prevent", "scp", "--test-plan"]);
  expect(stdout.match(/^aws rds /gm)?.length).toBeGreaterThan(15);
  expect(stdout.match(/^# Expected: /gm)).toHaveLength(14);
});

test("guard --tests prints unit tests", async () => {
  expect((await runCli(["prevent", "guard", "--tests"])).stdout).toMatch(/^- name: AWS::RDS::DBInstance/);
});

describe("invalid options exit with 2 and one sentence", () => {
  test.each([
    [["prevent", "spc"], 'prevent takes scp, iam-policy, guard or hook, not "spc" (did you mean "scp"?).'],
    [
      ["prevent", "scp", "--exempt-role", "admin"],
      '--exempt-role takes the ARN of an IAM role, which may have *, as in arn:aws:iam::*:role/rds-password-audit-*, not "admin".',
    ],
    [["prevent", "scp", "--tests"], "scp has no --tests: --test-plan prints commands to try it with."],
    [["prevent", "guard", "--test-plan"], "guard has no --test-plan: --tests prints its unit tests."],
    [
      ["prevent", "guard", "--exempt-role", repairRole],
      "guard takes no --exempt-role: a template does not name who deploys it.",
    ],
    [
      ["prevent", "hook", "--exempt-role", repairRole],
      "hook takes no --exempt-role: a template does not name who deploys it.",
    ],
    [
      ["prevent", "hook", "--tests"],
      "hook has nothing to try it with: deploy it with FailureMode=WARN, which stops nothing.",
    ],
    [
      ["prevent", "hook", "--policy", "all-off.yaml"],
      "The policy turns off master-password-managed, secret-key-as-required and password-not-in-template, so there is nothing that the hook can judge.",
    ],
    [
      ["prevent", "scp", "--policy", "off.yaml"],
      "The policy turns off master-password-managed, so there is nothing that scp can enforce.",
    ],
  ])("%j", async (args, sentence) => {
    const given = args.map((arg) => (arg.endsWith(".yaml") ? file(arg) : arg));
    const { status, stdout, stderr } = await runCli(given);
    expect({ status, stdout, stderr }).toEqual({ status: 2, stdout: "", stderr: `${sentence}\n` });
  });
});
