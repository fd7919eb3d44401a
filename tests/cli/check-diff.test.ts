import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { aPlan } from "../prevent/a-plan.ts";
import { runCli } from "./run-cli.ts";

const secret = "hunter2hunter2";
const template = (password: string) =>
  `Parameters:\n  P: { Type: String, NoEcho: true }\nResources:\n  Db:\n    Type: AWS::RDS::DBInstance\n    Properties:\n      Engine: mysql\n      MasterUserPassword: ${password}\n`;

const home = process.cwd();
let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "check-diff-")));
  process.chdir(folder);
  const files = {
    "a.yaml": template("!Ref P"),
    "my template.yaml": template("!Ref P"),
    "plain.yaml": template(secret),
    "good.yaml":
      "Resources:\n  Db:\n    Type: AWS::RDS::DBInstance\n    Properties: { ManageMasterUserPassword: true }\n",
    "mark.yaml": `\uFEFFResources:\n  Db: { Type: AWS::RDS::DBInstance, Properties: { Engine: mysql } }\n`,
    "text.yaml": "just a text\n",
    "cdk.json": JSON.stringify({
      Resources: {
        Db: {
          Type: "AWS::RDS::DBInstance",
          Properties: { Engine: "mysql" },
          Metadata: { "aws:cdk:path": "Data/Db/Resource" },
        },
      },
    }),
    "plan.json": JSON.stringify(
      aPlan([{ type: "aws_rds_cluster", name: "db", after: { engine: "aurora-mysql", master_password: secret } }]),
    ),
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(name, text);
});
afterEach(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true });
});

const diff = (...args: string[]) => runCli(["check", "--diff", ...args]);
/** A text without the line breaks of its paragraphs. */
const unwrap = (text: string) => text.replaceAll(/\s+/g, " ").trim();
const apply = (input: string) => execFileSync("git", ["apply", "-"], { cwd: folder, input });

describe("a diff on standard output", () => {
  test.each(["a.yaml", "my template.yaml", "mark.yaml", "./a.yaml"])("%s is clean after git apply", async (name) => {
    const { status, stdout, stderr } = await diff(name);
    expect([status, stderr.split("\n")[0]]).toEqual([1, expect.stringContaining(`${name}, Db: Changed.`)]);
    apply(stdout);
    expect((await runCli(["check", name])).status).toBe(0);
    if (name === "mark.yaml") expect(readFileSync(name, "utf8")).toMatch(/^\uFEFFResources/);
  });

  test("says on standard error what to do besides, and what clients need", async () => {
    const { stderr } = await diff("a.yaml");
    expect(unwrap(stderr)).toBe(
      "a.yaml, Db: Changed. Deploy without a value for the parameter P. RDS sets another password when the change is deployed: let clients read it from the secret that MasterUserSecret.SecretArn of the database names. Do not deploy a change set that replaces a database.",
    );
  });

  test("several files make one diff, and a file that is named twice is in it once", async () => {
    const { stdout } = await diff("a.yaml", "my template.yaml", "./a.yaml", "good.yaml");
    expect(stdout.match(/^--- .*$/gm)).toEqual(["--- a/a.yaml", "--- a/my template.yaml\t"]);
    apply(stdout);
  });

  test("a compliant template has none", async () => {
    expect(await diff("good.yaml")).toEqual({ status: 0, stdout: "", stderr: "" });
  });

  test("--fail-on and the policy count as for the report", async () => {
    expect((await diff("a.yaml", "--fail-on", "never")).status).toBe(0);
    writeFileSync("policy.yaml", "rulesOff: [master-password-managed]\n");
    expect(await diff("a.yaml", "--policy", "policy.yaml")).toEqual({ status: 0, stdout: "", stderr: "" });
  });

  test("--output writes the diff to a file", async () => {
    const { stdout } = await diff("a.yaml", "--output", "changes.patch");
    expect(stdout).toBe("");
    apply(readFileSync("changes.patch", "utf8"));
    expect((await runCli(["check", "a.yaml"])).status).toBe(0);
  });
});

describe("what a diff cannot change", () => {
  test("a password in plain text is named by its line, and shown nowhere", async () => {
    const { status, stdout, stderr } = await diff("plain.yaml");
    expect([status, stdout]).toEqual([1, ""]);
    expect(unwrap(stderr)).toContain("plain.yaml, Db: Not changed: line 8 has the password in plain text");
    expect(stderr).not.toContain("hunter2");
  });

  test("CDK output: the change in the application, with its steps once", async () => {
    const { stdout, stderr } = await diff("cdk.json");
    expect(stdout).toBe("");
    expect(unwrap(stderr)).toContain(
      "cdk.json, Db: Not changed: the CDK writes this template. Set manageMasterUserPassword: true in the construct Data/Db,",
    );
    expect(stderr.match(/The change with AWS CDK, step by step:/g)).toHaveLength(1);
    expect(unwrap(stderr)).toContain('credentials: rds.Credentials.fromUsername("USER"),');
  });

  test("a Terraform plan: the change in the configuration", async () => {
    const { stdout, stderr } = await diff("plan.json");
    expect(stdout).toBe("");
    expect(unwrap(stderr)).toContain("plan.json, aws_rds_cluster.db: Not changed: a plan has no source to change.");
    expect(unwrap(stderr)).toContain(
      "Add manage_master_user_password = true to aws_rds_cluster.db (line 1) and remove master_password.",
    );
    expect(unwrap(stderr)).toContain("The change with Terraform, step by step:");
    expect(stderr).not.toContain("hunter2");
  });

  test("a file outside of the current directory", async () => {
    mkdirSync("below");
    process.chdir("below");
    const { status, stdout, stderr } = await diff("../a.yaml");
    expect([status, stdout]).toEqual([1, ""]);
    expect(unwrap(stderr)).toContain("../a.yaml, Db: Not changed: a diff names files from the current directory on");
  });
});

describe("bad input", () => {
  test.each<[string[], string]>([
    [["a.yaml", "--format", "json"], "--diff prints a diff instead of the report: leave out --format."],
    [["a.yaml", "-"], "--diff needs the name of a file to change, which standard input has not."],
    [["a.yaml", "--output", "a.yaml"], "--output a.yaml would overwrite an input file: choose another name."],
    [["a.yaml", "--output", "none/x.patch"], "--output none/x.patch cannot be written: its folder does not exist."],
    [["none.yaml"], "none.yaml cannot be read: there is no such file."],
  ])("%j", async (args, sentence) => {
    expect(await diff(...args)).toEqual({ status: 2, stdout: "", stderr: `${sentence}\n` });
  });

  test("a file that is refused leaves the diff of the others", async () => {
    const { status, stdout, stderr } = await diff("text.yaml", "a.yaml");
    expect(status).toBe(2);
    expect(unwrap(stderr)).toContain("text.yaml is neither a CloudFormation template");
    apply(stdout);
    expect((await runCli(["check", "a.yaml"])).status).toBe(0);
  });
});
