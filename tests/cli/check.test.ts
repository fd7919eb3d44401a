import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Report, reportSchema } from "../../lib/model/report.ts";
import { aPlan } from "../prevent/a-plan.ts";
import { runCli } from "./run-cli.ts";

let folder: string;
const file = (name: string) => join(folder, name);

const template = (properties: string) =>
  `Resources:\n  Db:\n    Type: AWS::RDS::DBInstance\n    Properties: { Engine: mysql, ${properties} }\n`;
const plan = (after: object) =>
  JSON.stringify(aPlan([{ type: "aws_db_instance", name: "db", after: { engine: "mysql", ...after } }]));

const files: Readonly<Record<string, string | Buffer>> = {
  "good.yaml": template("ManageMasterUserPassword: true"),
  "bad.yaml": template("MasterUserPassword: hunter2hunter2"),
  "unknown.yaml": template("ManageMasterUserPassword: !ImportValue m"),
  "parameter.yaml": `Parameters: { M: { Type: String } }\n${template("ManageMasterUserPassword: !Ref M")}`,
  "list.json": '[{ "ParameterKey": "M", "ParameterValue": "true" }]',
  "pipeline.json": '{ "Parameters": { "M": "true" } }',
  "mapping.yaml": "M: true\n",
  "parameters.txt": "- a\n- b\n",
  "plan.json": plan({ manage_master_user_password: true }),
  "old-plan.json": JSON.stringify({ ...aPlan([]), format_version: "0.1" }),
  "new-plan.json": JSON.stringify({ ...aPlan([]), format_version: "2.0" }),
  "state.json": '{ "format_version": "1.0", "terraform_version": "1.9.8", "values": {} }',
  "exempt.yaml": "exemptions: [{ match: { engine: mysql }, owner: ann, reason: legacy, until: 2027-01-01 }]\n",
  "medium.yaml": "severities: { master-password-managed: medium }\n",
  "list.yaml": "- a\n",
  "text.yaml": "just a text\n",
  "empty.yaml": "",
  "workflow.yaml": "name: ci\non: push\n",
  "tag.yaml": "Resources:\n  Db: !reference [a, b]\n",
  "twice.yaml": "Resources: {}\nResources: {}\n",
  "indent.yaml": "Resources:\n  Db:\n Type: x\n",
  "truncated.json": '{ "Resources": { "Db": { "Type": "AWS::RDS',
  "binary.zip": Buffer.from([0x50, 0x4b, 3, 4, 0, 0, 0, 0]),
  "utf16.yaml": Buffer.from("\uFEFFResources: {}\n", "utf16le"),
  "huge.yaml": `Resources: {}\n${"# padding\n".repeat(5_000_000)}`,
  "deep.yaml": `Resources: ${"[".repeat(5000)}${"]".repeat(5000)}\n`,
  "deep.json": `{"Resources": ${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}}`,
  "bomb.yaml": `a: &a [x, x, x, x, x, x, x, x, x, x]\n${"bcdefgh"
    .split("")
    .map((name, index) => `${name}: &${name} [${`*${"abcdefg"[index]}, `.repeat(10)}]`)
    .join("\n")}\nResources: { Db: *h }\n`,
  "anchor.yaml": "Resources:\n  Db: *a\n",
  "cycle.yaml": "Resources: &r\n  Db: *r\n",
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "check-"));
  for (const [name, content] of Object.entries(files)) writeFileSync(file(name), content);
  mkdirSync(file("directory"));
  mkdirSync(file("no-stacks"));
  writeFileSync(file("no-stacks/manifest.json"), '{ "version": "38.0.1", "artifacts": {} }');
});

afterAll(() => rmSync(folder, { recursive: true }));

const given = new Set([...Object.keys(files), "none.yaml", "directory", "no-stacks"]);
const check = (...args: string[]) => runCli(["check", ...args.map((arg) => (given.has(arg) ? file(arg) : arg))]);
const toReport = (text: string): Report => reportSchema.parse(JSON.parse(text));

describe("exit status", () => {
  test.each<[string, string[], number]>([
    ["good", ["good.yaml"], 0],
    ["a finding", ["bad.yaml"], 1],
    ["a finding below --fail-on", ["good.yaml", "plan.json", "--fail-on", "high"], 0],
    ["not resolved", ["unknown.yaml"], 3],
    ["a finding outweighs what is not resolved", ["bad.yaml", "unknown.yaml"], 1],
    ["a good plan", ["plan.json"], 0],
    ["a plan of an older format", ["old-plan.json"], 0],
    ["a refused file", ["text.yaml"], 2],
    ["a refused file outweighs a finding", ["bad.yaml", "text.yaml"], 2],
    ["parameters as the AWS CLI takes them", ["parameter.yaml", "--parameters", "list.json"], 0],
    ["parameters as CodePipeline takes them", ["parameter.yaml", "--parameters", "pipeline.json"], 0],
    ["parameters as a mapping", ["parameter.yaml", "--parameters", "mapping.yaml"], 0],
    ["without parameters", ["parameter.yaml"], 3],
  ])("%s", async (_, args, status) => {
    expect((await check(...args)).status).toBe(status);
  });

  test("an exempt finding does not fail", async () => {
    const { status, stdout } = await check("bad.yaml", "--policy", "exempt.yaml", "--format", "json");
    expect(status).toBe(0);
    expect(toReport(stdout).findings.map(({ exemption }) => exemption?.owner)).toEqual(["ann", "ann"]);
  });
});

describe("bad input: one sentence, exit 2, and the other files are judged", () => {
  test.each<[string, string]>([
    ["none.yaml", "cannot be read: there is no such file."],
    [
      "list.yaml",
      "is neither a CloudFormation template, which has Resources, nor a Terraform plan in JSON (terraform show -json).",
    ],
    ["text.yaml", "is neither a CloudFormation template"],
    ["empty.yaml", "is neither a CloudFormation template"],
    ["workflow.yaml", "is neither a CloudFormation template"],
    ["tag.yaml", "has an unknown tag in line 2."],
    ["twice.yaml", "cannot be read as YAML or JSON: Map keys must be unique"],
    ["indent.yaml", "cannot be read as YAML or JSON: "],
    ["truncated.json", "cannot be read as YAML or JSON: "],
    ["new-plan.json", 'has format_version "2.0"; this version reads plans of format 0.x and 1.x.'],
    ["state.json", "is a Terraform state or another output, not a plan: "],
    ["binary.zip", "is not a text file in UTF-8."],
    ["utf16.yaml", "is UTF-16 text: save it as UTF-8."],
    ["huge.yaml", "is too large for a CloudFormation template, which has at most 1 MB."],
    ["deep.yaml", "is nested too deeply."],
    ["deep.json", "is nested too deeply."],
    ["bomb.yaml", "has too many values, or aliases that multiply them."],
    ["anchor.yaml", "has an alias without an anchor in line 2."],
    ["cycle.yaml", "is nested too deeply."],
    ["directory", "is a directory without a CDK manifest: name template files, or a CDK output directory (cdk.out)."],
    ["no-stacks", "is a CDK output directory without stacks."],
  ])("%s", async (name, sentence) => {
    const alone = await check(name);
    expect([alone.status, alone.stdout]).toEqual([2, ""]);
    expect(alone.stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(alone.stderr).toContain(`${file(name)} ${sentence}`);
    const { status, stdout } = await check(name, "bad.yaml", "--format", "json");
    const report = toReport(stdout);
    expect([status, report.findings.length, report.coverage.complete]).toEqual([2, 2, false]);
    expect(report.coverage.gaps[0]?.resource).toBe(file(name));
  });

  test.each<[string[], string]>([
    [["good.yaml", "--account", "12"], '--account takes an account ID of 12 digits, not "12".'],
    [["good.yaml", "--region", "Ireland"], '"Ireland" is not a known Region.'],
    [
      ["good.yaml", "--parameters", "parameters.txt"],
      "is not a parameter file: it needs a list of ParameterKey and ParameterValue, or a mapping of names to values.",
    ],
    [["good.yaml", "--parameters", "truncated.json"], "is not a parameter file: it is neither JSON nor YAML."],
    [["good.yaml", "--output", "good.yaml"], "would overwrite an input file: choose another name."],
  ])("%j", async (args, sentence) => {
    const { status, stdout, stderr } = await check(...args);
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(sentence);
  });
});

describe("output", () => {
  test("a table names the file, the resource and the lines, and never the password", async () => {
    const { stdout, stderr } = await check("bad.yaml");
    for (const text of [
      file("bad.yaml"),
      "Db  DB instance, mysql",
      "CRITICAL",
      "HIGH",
      "(line 4)",
      "1 file, 1 database.",
    ])
      expect(stdout).toContain(text);
    expect(stdout + stderr).not.toContain("hunter2");
  });

  test("a policy's severity counts", async () => {
    const report = toReport((await check("bad.yaml", "--policy", "medium.yaml", "--format", "json")).stdout);
    expect(report.findings.map(({ severity }) => severity)).toEqual(["critical", "medium"]);
  });

  test("--output writes the report, and standard input is read", async () => {
    const output = file("report.json");
    const { status, stdout, stderr } = await runCli(["check", "-", "--output", output], {
      stdin: [files["bad.yaml"] ?? ""],
    });
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(`The report is in ${output}.`);
    expect(toReport(readFileSync(output, "utf8")).findings[0]?.location?.file).toBe("standard input");
  });
});

describe("a CDK application, synthesized by the CDK itself", () => {
  let report: Report;
  beforeAll(async () => {
    execFileSync(process.execPath, ["tests/prevent/synthesize.ts", file("cdk.out")], { stdio: "ignore" });
    const { status, stdout } = await runCli(["check", file("cdk.out"), "--format", "json"]);
    expect(status).toBe(1);
    report = toReport(stdout);
  }, 60_000);

  test("every stack, nested stack and stage is judged, with its account and Region", () => {
    expect(report.coverage.complete).toBe(true);
    expect(
      report.databases.map(({ identifier, account, region }) => [
        identifier.replace(/[0-9A-F]{8}$/, ""),
        account,
        region,
      ]),
    ).toEqual([
      ["Aurora", "123456789012", "eu-west-1"],
      ["AuroraWriter", "123456789012", "eu-west-1"],
      ["Managed", "123456789012", "eu-west-1"],
      ["WithSecret", "123456789012", "eu-west-1"],
      ["InNested", "123456789012", "eu-west-1"],
      ["InStage", "222222222222", "us-east-1"],
    ]);
  });

  test("a finding names the construct, and the secret that the CDK makes is not a managed one", () => {
    const finding = report.findings.find(({ location }) => location?.path === "Data/WithSecret/Resource");
    expect(finding?.message).toContain("its password comes from a secret that RDS does not manage or rotate");
    expect(report.findings.map(({ location }) => location?.path).toSorted()).toEqual([
      "Data/Aurora/Resource",
      "Data/Nested/InNested",
      "Data/WithSecret/Resource",
      "Prod/Data/InStage",
    ]);
  });
});
