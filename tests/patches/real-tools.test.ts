// biome-ignore-all lint/suspicious/noTemplateCurlyInString: texts of templates
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { findChange } from "../../lib/patches/changes.ts";
import { type PatchTarget, placeholders, type Tool } from "../../lib/patches/patch.ts";
import { checkText, verdictOn } from "../prevent/check-text.ts";

const key = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";

function codeOf(
  tool: Tool,
  rule = "master-password-managed",
  messageId = "unmanaged",
  target: Partial<PatchTarget> = {},
) {
  const patch = findChange(rule, messageId)?.[tool]({ ...placeholders, key, ...target });
  return (patch?.steps ?? []).flatMap(({ code }) => code ?? []);
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "patches-"));
  symlinkSync(resolve("node_modules"), join(folder, "node_modules"));
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
});
afterAll(() => rmSync(folder, { recursive: true }));

const indent = (text = "", columns = 6) => text.replaceAll(/^/gm, " ".repeat(columns));

describe("the CDK synthesizes its lines to a template that check judges clean", () => {
  const engines = {
    cluster: 'engine: rds.DatabaseClusterEngine.AURORA_MYSQL, writer: rds.ClusterInstance.serverlessV2("w"), vpc,',
    instance: "engine: rds.DatabaseInstanceEngine.MYSQL, vpc,",
  };
  const stack = (kind: "instance" | "cluster", level: "L1" | "L2") => {
    const [l2 = "", l1 = ""] = codeOf("cdk", "master-password-managed", "unmanaged", { kind });
    const construct = l2.replace("// engine, vpc and the other properties stay", engines[kind]);
    const old = construct
      .replace("manageMasterUserPassword: true,", "")
      .replace(/fromUsername\(.*\)/, 'fromGeneratedSecret("USER")');
    return `class ${kind}${level} extends Stack {
  constructor(app: App, id: string) {
    super(app, id);
    const vpc = new ec2.Vpc(this, "Vpc");
    const database = ${level === "L2" ? construct : `${old}\n${l1}`}
    void database.secret!.secretArn;
  }
}
new ${kind}${level}(app, "${kind}${level}");`;
  };
  const stacks = (["instance", "cluster"] as const).flatMap((kind) =>
    (["L1", "L2"] as const).map((level) => [kind, level] as const),
  );

  beforeAll(() => {
    const file = join(folder, "app.ts");
    const program = `import { App, Stack } from "aws-cdk-lib";
import * as ec2 from "aws-cdk-lib/aws-ec2";
import * as kms from "aws-cdk-lib/aws-kms";
import * as rds from "aws-cdk-lib/aws-rds";
void kms;
const app = new App({ outdir: "cdk.out", analyticsReporting: false });
${stacks.map(([kind, level]) => stack(kind, level)).join("\n")}
app.synth();
`;
    writeFileSync(file, program);
    execFileSync(process.execPath, [file], { cwd: folder, stdio: "pipe" });
  }, 120_000);

  test.each(stacks)("%s, %s", (kind, level) => {
    const text = readFileSync(join(folder, "cdk.out", `${kind}${level}.template.json`), "utf8");
    const report = checkText(text, { policy: `keys: [{ require: "${key}" }]` });
    const [database] = report.databases.filter(({ management }) => management !== "inherited");
    expect(report.findings).toEqual([]);
    expect(database?.management).toBe("managed");
    const { Properties: properties } = JSON.parse(text).Resources[database?.identifier ?? ""];
    expect(properties).toMatchObject({ MasterUsername: "USER", MasterUserSecret: { KmsKeyId: key } });
    expect(properties).not.toHaveProperty("MasterUserPassword");
  });
});

const cfnLint = spawnSync("cfn-lint", ["--version"]).status === 0;
const template = (properties: string, parameters = "") => `${parameters}Resources:
  NAME:
    Type: AWS::RDS::DBInstance
    UpdateReplacePolicy: Snapshot
    DeletionPolicy: Snapshot
    Properties:
      Engine: mysql
      DBInstanceClass: db.t4g.micro
      AllocatedStorage: '20'
      StorageEncrypted: true
      MasterUsername: administrator
${properties}
`;

(cfnLint ? describe : describe.skip)("cfn-lint accepts the lines of CloudFormation", () => {
  test("management, the secret's ARN, both halves of a new secret, a key and its policy", () => {
    const [on, arn] = codeOf("cloudformation");
    const [off] = codeOf("cloudformation", "secret-key-as-required", "rdsKeyOther");
    const [enabled] = codeOf("cloudformation", "secret-key-usable", "disabled");
    const [statement] = codeOf("cloudformation", "secret-not-impaired", "impairedByKeyPolicy", { region: "eu-west-1" });
    const root =
      '          - Effect: Allow\n            Principal: { AWS: !Sub "arn:${AWS::Partition}:iam::${AWS::AccountId}:root" }\n            Action: kms:*\n            Resource: "*"';
    const files = {
      "on.yaml": `${template(indent(on))}Outputs: { Secret: { Value: ${arn} } }\n`,
      "off.yaml": template(indent(off), "Parameters: { TemporaryPassword: { Type: String, NoEcho: true } }\n"),
      "key.yaml": `Resources:\n  Key:\n    Type: AWS::KMS::Key\n    UpdateReplacePolicy: Retain\n    DeletionPolicy: Retain\n    Properties:\n      ${enabled}\n      EnableKeyRotation: true\n      KeyPolicy:\n        Version: '2012-10-17'\n        Statement:\n${root}\n${indent(statement, 10)}\n`,
    };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const { stdout, status } = spawnSync("cfn-lint", ["--ignore-checks", "W1011", "--", ...Object.keys(files)], {
      cwd: folder,
      encoding: "utf8",
    });
    expect([stdout, status]).toEqual(["", 0]);
    expect(verdictOn(checkText(files["on.yaml"]), "NAME")).toBe("PASS");
  }, 60_000);
});

const terraform = spawnSync("terraform", ["version"]).status === 0;
(terraform ? describe : describe.skip)("Terraform parses its lines", () => {
  test.each(["instance", "cluster"] as const)("%s", (kind) => {
    const [on = ""] = codeOf("terraform", "master-password-managed", "unmanaged", { kind });
    const [off, , again] = codeOf("terraform", "secret-key-as-required", "rdsKeyOther", { kind });
    const [rotation = ""] = codeOf("terraform", "rotation-enabled", "off", { kind });
    const [key] = codeOf("terraform", "secret-key-usable", "disabled");
    const [statement] = codeOf("terraform", "secret-not-impaired", "impairedByKeyPolicy");
    const text = `${on}\n${rotation}\nresource "x" "y" {\n${off}\n}\nresource "x" "z" {\n${again}\n}\nresource "aws_kms_key" "k" {\n${key}\n}\ndata "aws_iam_policy_document" "d" {\n${statement}\n}\n`;
    const { status, stderr } = spawnSync("terraform", ["fmt", "-"], { input: text, encoding: "utf8", cwd: folder });
    expect([status, status === 0 ? "" : stderr]).toEqual([0, ""]);
  });
});
