// biome-ignore-all lint/suspicious/noTemplateCurlyInString: texts of templates
import { describe, expect, test } from "@jest/globals";
import { checkText, verdictOn } from "../check-text.ts";
import { applyDiff, patchText } from "./patch-text.ts";

const yaml = `AWSTemplateFormatVersion: "2010-09-09" # the version
Parameters:
  # who pays
  Team:
    Type: String
    Default: a
  Password: # of the master user
    Type: String
    NoEcho: true

Resources:

  # the orders
  Db:
    Type: AWS::RDS::DBInstance
    Properties:
      # small is enough
      DBInstanceClass: db.t4g.micro   # see the ticket
      Engine: mysql
      AllocatedStorage: '20'
      MasterUsername: administrator
      MasterUserPassword: !Ref Password # from the vault
      Tags: [{ Key: team, Value: !Ref Team }]
`;

test("a diff keeps comments, order and indentation", () => {
  expect(patchText(yaml).diff).toBe(`--- a/template.yaml
+++ b/template.yaml
@@ -4,9 +4,6 @@
   Team:
     Type: String
     Default: a
-  Password: # of the master user
-    Type: String
-    NoEcho: true
 
 Resources:
 
@@ -19,5 +16,5 @@
       Engine: mysql
       AllocatedStorage: '20'
       MasterUsername: administrator
-      MasterUserPassword: !Ref Password # from the vault
+      ManageMasterUserPassword: true
       Tags: [{ Key: team, Value: !Ref Team }]
`);
});

const parameters = "Parameters: { P: { Type: String, NoEcho: true }, Q: { Type: String } }\n";
const block = (properties: string, rest = "", type = "DBInstance") =>
  `${parameters}Resources:\n  Db:\n    Type: AWS::RDS::${type}\n    Properties:\n${properties}${rest}`;
const ofSecret = (rest: string) => `Resources:
  Secret:
    Type: AWS::SecretsManager::Secret
    Properties: { GenerateSecretString: { GenerateStringKey: password } }
  Db:
    Type: AWS::RDS::DBInstance
    Properties:
      Engine: mysql
      MasterUsername: admin
      MasterUserPassword: !Sub '{{resolve:secretsmanager:\${Secret}::password}}'
${rest}`;
const attachment =
  "  Attachment:\n    Type: AWS::SecretsManager::SecretTargetAttachment\n    Properties: { SecretId: !Ref Secret, TargetId: !Ref Db, TargetType: AWS::RDS::DBInstance }\n";
const rotation =
  "  Rotation:\n    Type: AWS::SecretsManager::RotationSchedule\n    DependsOn: Attachment\n    Properties: { SecretId: !Ref Attachment, RotationRules: { AutomaticallyAfterDays: 30 } }\n";
const json = (indent: string | number) =>
  JSON.stringify(
    {
      Resources: {
        Db: {
          Type: "AWS::RDS::DBInstance",
          Properties: { Engine: "mysql", MasterUserPassword: { "Fn::ImportValue": "p" } },
        },
        Other: { Type: "AWS::S3::Bucket" },
      },
    },
    null,
    indent,
  );
const key = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const requires = (...keys: string[]) => `keys: [{ require: ${JSON.stringify(keys)} }]`;

/** A template, the lines that go and come, and the policy. */
const changed: readonly (readonly [name: string, text: string, gone: string[], come: string[], policy?: string])[] = [
  ["nothing is set", block("      Engine: mysql\n"), [], ["      ManageMasterUserPassword: true"]],
  ["a cluster", block("      Engine: aurora-mysql\n", "", "DBCluster"), [], ["      ManageMasterUserPassword: true"]],
  [
    "behind the user name",
    block("      MasterUsername: a # the user\n      Engine: mysql\n"),
    [],
    ["      ManageMasterUserPassword: true"],
  ],
  [
    "four spaces",
    "Resources:\n    Db:\n        Type: AWS::RDS::DBInstance\n        Properties:\n            Engine: mysql\n",
    [],
    ["            ManageMasterUserPassword: true"],
  ],
  [
    "false, and a dynamic reference",
    block(
      "      ManageMasterUserPassword: false\n      MasterUserPassword: '{{resolve:ssm-secure:p:1}}' # old\n      Engine: mysql\n",
    ),
    ["      ManageMasterUserPassword: false", "      MasterUserPassword: '{{resolve:ssm-secure:p:1}}' # old"],
    ["      ManageMasterUserPassword: true"],
  ],
  [
    "'no', in quotes",
    block("      ManageMasterUserPassword: 'no' # never\n      Engine: mysql\n"),
    ["      ManageMasterUserPassword: 'no' # never"],
    ["      ManageMasterUserPassword: true # never"],
  ],
  [
    "a value of several lines",
    block(
      "      MasterUserPassword:\n        Fn::Join:\n          - ''\n          - - '{{resolve:secretsmanager:x:SecretString:'\n            - 'p}}'\n      Engine: mysql\n",
    ),
    [
      "      MasterUserPassword:",
      "        Fn::Join:",
      "          - ''",
      "          - - '{{resolve:secretsmanager:x:SecretString:'",
      "            - 'p}}'",
    ],
    ["      ManageMasterUserPassword: true"],
  ],
  [
    "the only line, without a newline",
    block("      MasterUserPassword: !ImportValue p"),
    ["      MasterUserPassword: !ImportValue p"],
    ["      ManageMasterUserPassword: true"],
  ],
  ["no newline at the end", block("      Engine: mysql"), [], ["      ManageMasterUserPassword: true"]],
  [
    "Windows line endings",
    block("      Engine: mysql\n      MasterUserPassword: !ImportValue p\n").replaceAll("\n", "\r\n"),
    ["      MasterUserPassword: !ImportValue p\r"],
    ["      ManageMasterUserPassword: true\r"],
  ],
  [
    "flow style",
    "Resources:\n  Db: { Type: AWS::RDS::DBInstance, Properties: { Engine: mysql, MasterUserPassword: !ImportValue p } }\n",
    ["  Db: { Type: AWS::RDS::DBInstance, Properties: { Engine: mysql, MasterUserPassword: !ImportValue p } }"],
    ["  Db: { Type: AWS::RDS::DBInstance, Properties: { Engine: mysql, ManageMasterUserPassword: true } }"],
  ],
  [
    "flow style without a password",
    "Resources:\n  Db: { Type: AWS::RDS::DBInstance, Properties: { Engine: mysql } }\n",
    ["  Db: { Type: AWS::RDS::DBInstance, Properties: { Engine: mysql } }"],
    ["  Db: { Type: AWS::RDS::DBInstance, Properties: { ManageMasterUserPassword: true, Engine: mysql } }"],
  ],
  [
    "JSON",
    json(2),
    ['        "MasterUserPassword": {', '          "Fn::ImportValue": "p"', "        }"],
    ['        "ManageMasterUserPassword": true'],
  ],
  [
    "JSON with tabs",
    json("\t"),
    ['\t\t\t\t"MasterUserPassword": {', '\t\t\t\t\t"Fn::ImportValue": "p"', "\t\t\t\t}"],
    ['\t\t\t\t"ManageMasterUserPassword": true'],
  ],
  [
    "JSON in one line",
    json(0),
    [json(0)],
    [json(0).replace('"MasterUserPassword":{"Fn::ImportValue":"p"}', '"ManageMasterUserPassword":true')],
  ],
  [
    "a required key",
    block("      Engine: mysql\n"),
    [],
    ["      ManageMasterUserPassword: true", "      MasterUserSecret:", `        KmsKeyId: ${key}`],
    requires("customer-managed", key),
  ],
  [
    "another key than the required",
    block(
      `      ManageMasterUserPassword: true\n      MasterUserSecret: { KmsKeyId: alias/other }\n      Engine: mysql\n`,
    ),
    ["      MasterUserSecret: { KmsKeyId: alias/other }"],
    [`      MasterUserSecret: { KmsKeyId: alias/secrets }`],
    requires("alias/secrets"),
  ],
  [
    "the default key is required",
    block(
      `      ManageMasterUserPassword: true\n      MasterUserSecret: { KmsKeyId: alias/other }\n      Engine: mysql\n`,
    ),
    ["      MasterUserSecret: { KmsKeyId: alias/other }"],
    [],
    requires("aws-managed"),
  ],
  [
    "the attachment and the rotation of a secret of one's own",
    ofSecret(attachment + rotation),
    [
      "      MasterUserPassword: !Sub '{{resolve:secretsmanager:${Secret}::password}}'",
      ...(attachment + rotation).trimEnd().split("\n"),
    ],
    ["      ManageMasterUserPassword: true"],
  ],
];

describe("what is changed", () => {
  test.each(changed)("%s", (_, text, gone, come, policy = "{}") => {
    const { diff, unpatched } = patchText(text, { policy });
    expect(unpatched).toEqual([]);
    const lines = diff.split("\n").slice(2);
    expect(
      lines
        .filter((line) => line.startsWith("-"))
        .map((line) => line.slice(1))
        .filter((line) => !come.includes(line)),
    ).toEqual(gone);
    expect(
      lines
        .filter((line) => line.startsWith("+"))
        .map((line) => line.slice(1))
        .filter((line) => !text.split("\n").includes(line)),
    ).toEqual(come);
    const after = applyDiff(text, diff, "git");
    expect(applyDiff(text, diff, "patch")).toBe(after);
    expect(checkText(after, { policy }).findings.filter(({ status }) => status === "NON_COMPLIANT")).toEqual([]);
    expect(patchText(after, { policy }).diff).toBe("");
  });

  test.each<[string, string, RegExp]>([
    [
      "a parameter that goes",
      block("      MasterUserPassword: !Ref P\n      Engine: mysql\n"),
      /^Deploy without a value for the parameter P\.$/,
    ],
    [
      "a parameter with a default",
      block("      MasterUserPassword: !Ref P\n      Engine: mysql\n").replace(
        "NoEcho: true",
        "Default: hunter2hunter2",
      ),
      /^Remove the parameter P \(line 1\) by hand: a diff would show its default\.$/,
    ],
    [
      "a parameter of the console's form",
      `Metadata: { AWS::CloudFormation::Interface: { ParameterGroups: [{ Parameters: [P] }] } }\n${block("      MasterUserPassword: !Ref P\n      Engine: mysql\n")}`,
      /^Remove the parameter P by hand, also from the metadata\.$/,
    ],
    [
      "a secret of one's own",
      ofSecret(""),
      /^Remove the secret Secret in a later deployment, when no client reads it\.$/,
    ],
    [
      "a secret with the user name",
      ofSecret("").replace("admin", "!Sub '{{resolve:secretsmanager:${Secret}::username}}'"),
      /^Keep the secret Secret, because the user name comes from it/,
    ],
    [
      "a key of a managed database",
      block("      ManageMasterUserPassword: true\n      Engine: mysql\n"),
      /^RDS does not change the key of a database that it manages already/,
    ],
  ])("%s has a note", (_, text, note) => {
    const { patched } = patchText(text, { policy: note.source.includes("key of") ? requires("alias/secrets") : "{}" });
    expect(patched.map(({ notes }) => notes)).toEqual([[expect.stringMatching(note)]]);
  });

  test("a parameter of two databases goes with the second", () => {
    const two = `${block("      MasterUserPassword: !Ref P\n      Engine: mysql\n")}  Db2:\n    Type: AWS::RDS::DBInstance\n    Properties:\n      MasterUserPassword: !Ref P\n      Engine: mysql\n`;
    const { diff, patched } = patchText(two);
    expect(patched.map(({ name, notes }) => [name, notes])).toEqual([
      ["Db", []],
      ["Db2", ["Deploy without a value for the parameter P."]],
    ]);
    expect(applyDiff(two, diff, "git")).toContain("Parameters: { Q: { Type: String } }");
  });
});

const db = "      Engine: mysql\n";

describe("what is not changed, and why", () => {
  test.each<[string, string, string, string?]>([
    [
      "a password in plain text",
      block(`${db}      MasterUserPassword: hunter2hunter2\n`),
      "line 7 has the password in plain text, which a diff would show: replace MasterUserPassword there by ManageMasterUserPassword: true",
    ],
    [
      "a password by a condition",
      block(`${db}      MasterUserPassword: !If [C, !Ref P, !Ref Q]\n`),
      "MasterUserPassword depends on a condition",
    ],
    [
      "management by a parameter",
      block(`${db}      ManageMasterUserPassword: !Ref Q\n`).replace(
        "Q: { Type: String",
        "Q: { Type: String, Default: false",
      ),
      "ManageMasterUserPassword is given by a function",
    ],
    [
      "a parameter that others use",
      block(
        `${db}      MasterUserPassword: !Ref P\n`,
        "  F: { Type: AWS::Lambda::Function, Properties: { Environment: { Variables: { P: !Sub '${P}' } } } }\nOutputs: { O: { Value: !Ref P } }\n",
      ),
      "the parameter P is also used by F, the output O, which would have the old password",
    ],
    [
      "a secret that others read",
      ofSecret(
        "  F: { Type: AWS::Lambda::Function, Properties: { Environment: { Variables: { S: !GetAtt Secret.Id } } } }\n",
      ),
      "Secret is also used by F, which would read the old password from it",
    ],
    [
      "a rotation that others use",
      ofSecret(`${attachment}${rotation}  F: { Type: AWS::Lambda::Function, DependsOn: [Rotation] }\n`),
      "Secret is also used by F, which would read the old password from it",
    ],
    [
      "a secret by its name",
      ofSecret("  F: { Type: AWS::Lambda::Function, Properties: { Role: !Ref Secret } }\n")
        .replace(
          "!Sub '{{resolve:secretsmanager:${Secret}::password}}'",
          "'{{resolve:secretsmanager:orders:SecretString:password}}'",
        )
        .replace("GenerateSecretString:", "Name: orders, GenerateSecretString:"),
      "Secret is also used by F, which would read the old password from it",
    ],
    [
      "a secret that another database reads by its name",
      ofSecret(
        "  Db2: { Type: AWS::RDS::DBInstance, Properties: { Engine: mysql, MasterUserPassword: '{{resolve:secretsmanager:orders:SecretString:password}}' } }\n",
      ).replace("GenerateSecretString:", "Name: orders, GenerateSecretString:"),
      "Secret is also used by Db2, which would read the old password from it",
    ],
    [
      "a source of read replicas",
      block(db, "  Replica: { Type: AWS::RDS::DBInstance, Properties: { SourceDBInstanceIdentifier: !Ref Db } }\n"),
      "RDS creates no read replica of a managed database, and Replica replicates it",
    ],
    [
      "properties of an included file",
      "Resources: { Db: { Type: AWS::RDS::DBInstance, Properties: { Engine: mysql, Fn::Transform: { Name: AWS::Include } } } }\n",
      "its Properties are given by a function",
    ],
    ["no properties", "Resources: { Db: { Type: AWS::RDS::DBInstance } }\n", "it has no Properties"],
    [
      "properties of an alias",
      "x: &p { Engine: mysql }\nResources:\n  Db:\n    Type: AWS::RDS::DBInstance\n    Properties: *p\n",
      "Properties is not a mapping of its own",
    ],
    [
      "properties that an alias repeats",
      "Resources:\n  Db:\n    Type: AWS::RDS::DBInstance\n    Properties: &p\n      Engine: mysql\n  X: { Type: AWS::S3::Bucket, Properties: *p }\n",
      "the file is not written in a way that can be edited",
    ],
    [
      "a password from a merge key",
      "x: &p { MasterUserPassword: !ImportValue p }\nResources:\n  Db:\n    Type: AWS::RDS::DBInstance\n    Properties:\n      <<: *p\n      Engine: mysql\n",
      "MasterUserPassword comes from another mapping",
    ],
    [
      "a password with an anchor",
      block(`${db}      MasterUserPassword: &p !ImportValue p\n`, "Metadata: { x: *p }\n"),
      "MasterUserPassword has an anchor that other values may use",
    ],
    [
      "a key that is to be chosen",
      block(db),
      "the policy requires a customer managed key and names none: set MasterUserSecret.KmsKeyId",
      requires("customer-managed"),
    ],
    [
      "a key that depends on the account",
      block(db),
      "the key to set is not known: the account is not known, and the policy requires a key by it",
      'keys: [{ match: { account: "123456789012" }, require: alias/secrets }]',
    ],
    [
      "CDK output",
      block(db).replace("    Properties:", "    Metadata: { 'aws:cdk:path': Data/Db/Resource }\n    Properties:"),
      "the CDK writes this template",
    ],
    [
      "a setting that is not resolved",
      block(`${db}      ManageMasterUserPassword: !ImportValue m\n`),
      "Whether RDS will manage the master password of DB instance Db is unknown: ManageMasterUserPassword is a value that another stack exports.",
    ],
    [
      "a line that another password follows",
      `Resources:\n  Db:\n    Type: AWS::RDS::DBInstance\n    Properties:\n      MasterUserPassword: !ImportValue p\n      KerberosPassword: hunter2hunter2\n      Engine: mysql\n`,
      "the line behind the change has a password in plain text",
    ],
    [
      "a line with another password",
      "Resources: { A: { Type: AWS::RDS::DBInstance, Properties: { MasterUserPassword: hunter2hunter2 } }, Db: { Type: AWS::RDS::DBInstance, Properties: {} } }\n",
      "the lines to change have a password in plain text",
    ],
  ])("%s", (_, text, reason, policy = "{}") => {
    const { unpatched, diff } = patchText(text, { policy });
    expect(unpatched.find(({ name }) => name === "Db")?.reason).toBe(reason);
    expect(diff).toBe("");
  });

  test("an exempt database, and one that is compliant, are not named", () => {
    const exemption = "exemptions: [{ match: { engine: mysql }, owner: a, reason: b, until: 2099-01-01 }]";
    for (const [text, policy] of [
      [block(db), exemption],
      [block(`${db}      ManageMasterUserPassword: true\n`), "{}"],
    ] as const)
      expect(patchText(text, { policy })).toEqual({ diff: "", patched: [], unpatched: [] });
  });

  test("the other databases are changed", () => {
    const text = `${block(`${db}      MasterUserPassword: hunter2hunter2\n`)}  Db2:\n    Type: AWS::RDS::DBInstance\n    Properties:\n      Engine: mysql\n`;
    const { diff, patched, unpatched } = patchText(text);
    expect([patched.map(({ name }) => name), unpatched.map(({ name }) => name)]).toEqual([["Db2"], ["Db"]]);
    const report = checkText(applyDiff(text, diff, "git"));
    expect([verdictOn(report, "Db"), verdictOn(report, "Db2")]).toEqual(["NON_COMPLIANT", "PASS"]);
  });
});
