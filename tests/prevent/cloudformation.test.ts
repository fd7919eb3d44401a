// biome-ignore-all lint/suspicious/noTemplateCurlyInString: texts of templates
import { describe, expect, test } from "@jest/globals";
import { reportSchema } from "../../lib/model/report.ts";
import { checkText, classOf, verdictOn } from "./check-text.ts";

const instance = (properties: string) =>
  `Resources: { Db: { Type: AWS::RDS::DBInstance, Properties: { ${properties} } } }`;
const cluster = (properties: string) =>
  `Resources: { Db: { Type: AWS::RDS::DBCluster, Properties: { ${properties} } } }`;

describe("management", () => {
  test.each<[string, string, string, string]>([
    ["managed", instance("Engine: postgres, ManageMasterUserPassword: true"), "PASS", "managed"],
    ["managed, as text", instance("Engine: postgres, ManageMasterUserPassword: 'true'"), "PASS", "managed"],
    ["managed, by YAML 1.1", instance("Engine: postgres, ManageMasterUserPassword: yes"), "PASS", "managed"],
    [
      "managed, without an engine",
      instance("DBSnapshotIdentifier: s, ManageMasterUserPassword: true"),
      "PASS",
      "managed",
    ],
    ["not set", instance("Engine: postgres"), "NON_COMPLIANT", "unmanaged"],
    ["false", instance("Engine: postgres, ManageMasterUserPassword: false"), "NON_COMPLIANT", "unmanaged"],
    ["restored from a snapshot", instance("DBSnapshotIdentifier: s"), "NON_COMPLIANT", "unmanaged"],
    ["the engine is not resolved", instance("Engine: !ImportValue engine"), "NON_COMPLIANT", "unmanaged"],
    ["no properties", "Resources: { Db: { Type: AWS::RDS::DBInstance } }", "NON_COMPLIANT", "unmanaged"],
    [
      "an imported value decides",
      instance("Engine: mysql, ManageMasterUserPassword: !ImportValue m"),
      "INSUFFICIENT_DATA",
      "unmanaged",
    ],
    ["member of a cluster", instance("DBClusterIdentifier: !Ref C"), "PASS", "cluster-member"],
    ["member of a cluster of another stack", instance("DBClusterIdentifier: !ImportValue C"), "PASS", "cluster-member"],
    ["read replica", instance("Engine: mysql, SourceDBInstanceIdentifier: a"), "PASS", "read-replica"],
    ["read replica of a cluster", instance("Engine: mysql, SourceDBClusterIdentifier: a"), "PASS", "read-replica"],
    [
      "read replica of SQL Server",
      instance("Engine: sqlserver-ee, SourceDBInstanceIdentifier: a"),
      "NON_COMPLIANT",
      "unmanaged",
    ],
    ["read replica of an unknown engine", instance("SourceDBInstanceIdentifier: a"), "INSUFFICIENT_DATA", "unmanaged"],
    [
      "an empty source is none",
      instance("Engine: mysql, SourceDBInstanceIdentifier: ''"),
      "NON_COMPLIANT",
      "unmanaged",
    ],
    ["RDS Custom, in another case", instance("Engine: Custom-Oracle-EE"), "PASS", "rds-custom"],
    ["RDS Custom", instance("Engine: custom-oracle-ee"), "PASS", "rds-custom"],
    [
      "RDS Custom by its profile",
      instance("Engine: !ImportValue e, CustomIAMInstanceProfile: p"),
      "PASS",
      "rds-custom",
    ],
    ["cluster, not set", cluster("Engine: aurora-mysql"), "NON_COMPLIANT", "unmanaged"],
    ["cluster, managed", cluster("Engine: aurora-mysql, ManageMasterUserPassword: true"), "PASS", "managed"],
    ["Serverless v1", cluster("Engine: aurora, EngineMode: serverless"), "PASS", "serverless-v1"],
    [
      "master user without a password",
      instance("Engine: postgres, MasterUserAuthenticationType: iam-db-auth"),
      "PASS",
      "iam-db-auth",
    ],
    [
      "master user with a password",
      instance("Engine: postgres, MasterUserAuthenticationType: password"),
      "NON_COMPLIANT",
      "unmanaged",
    ],
    [
      "engine whose master user always has a password",
      instance("Engine: mysql, MasterUserAuthenticationType: iam-db-auth"),
      "NON_COMPLIANT",
      "unmanaged",
    ],
    [
      "master user whose authentication is not resolved",
      `Parameters: { P: { Type: String } }\n${instance("Engine: postgres, MasterUserAuthenticationType: !Ref P")}`,
      "INSUFFICIENT_DATA",
      "unmanaged",
    ],
    ["Limitless", cluster("Engine: aurora-postgresql, ClusterScalabilityType: limitless"), "PASS", "limitless"],
    ["replica cluster", cluster("Engine: aurora-mysql, ReplicationSourceIdentifier: a"), "PASS", "replica-cluster"],
    ["global database", cluster("Engine: aurora-mysql, GlobalClusterIdentifier: !Ref G"), "PASS", "global-database"],
    [
      "global database that names the cluster",
      `Resources:
  Db: { Type: AWS::RDS::DBCluster, Properties: { Engine: aurora-mysql } }
  G: { Type: AWS::RDS::GlobalCluster, Properties: { SourceDBClusterIdentifier: !Ref Db } }`,
      "PASS",
      "global-database",
    ],
    [
      "replica with the engine of its source",
      `Resources:
  Db: { Type: AWS::RDS::DBInstance, Properties: { SourceDBInstanceIdentifier: !Ref Source } }
  Source: { Type: AWS::RDS::DBInstance, Properties: { Engine: postgres } }`,
      "PASS",
      "read-replica",
    ],
  ])("%s", (_, text, verdict, management) => {
    const report = checkText(text);
    expect([verdictOn(report, "Db"), classOf(report, "Db")]).toEqual([verdict, management]);
    expect(reportSchema.safeParse(report).success).toBe(true);
  });
});

describe("the condition of a resource", () => {
  const withCondition = (parameter: string) => `Parameters: { P: { ${parameter} } }
Conditions: { C: !Equals [!Ref P, 'on'] }
Resources: { Db: { Type: AWS::RDS::DBInstance, Condition: C, Properties: { Engine: mysql } } }`;
  const check = (parameter: string, value?: string) =>
    checkText(withCondition(parameter), value === undefined ? {} : { parameters: new Map([["P", value]]) });

  test("a resource that is not created is not judged", () => {
    expect(check("Type: String", "off").databases).toEqual([]);
  });

  test("a resource that is created is judged", () => {
    const [finding] = check("Type: String", "on").findings;
    expect(finding?.status).toBe("NON_COMPLIANT");
    expect(finding?.evidence).not.toHaveProperty("conditionNotResolved");
  });

  test.each([
    ["is not resolved", "Type: String"],
    ["is false by a default that a deployment can change", "Type: String, Default: 'off'"],
  ])("a resource whose condition %s is judged, and says so", (_, parameter) => {
    const [finding] = check(parameter).findings;
    expect(finding).toMatchObject({ status: "NON_COMPLIANT", evidence: { conditionNotResolved: "C" } });
  });
});

describe("functions, parameters and conditions", () => {
  const withParameters = (parameters: string, value: string, rest = "") =>
    `Parameters: { ${parameters} }\n${rest}\n${instance(`Engine: mysql, ManageMasterUserPassword: ${value}`)}`;
  const condition = "Conditions: { C: !Equals [!Ref P, 'on'] }";
  test.each<[string, string, string]>([
    ["the default of a parameter", withParameters("P: { Type: String, Default: 'true' }", "!Ref P"), "PASS"],
    ["a parameter without a default", withParameters("P: { Type: String }", "!Ref P"), "INSUFFICIENT_DATA"],
    ["a parameter with one allowed value", withParameters("P: { AllowedValues: ['true'] }", "!Ref P"), "PASS"],
    [
      "a parameter that allows only false",
      withParameters("P: { AllowedValues: ['false', 'no'] }", "!Ref P"),
      "NON_COMPLIANT",
    ],
    [
      "a parameter with both values",
      withParameters("P: { AllowedValues: ['true', 'false'] }", "!Ref P"),
      "INSUFFICIENT_DATA",
    ],
    [
      "a parameter in Systems Manager",
      withParameters("P: { Type: 'AWS::SSM::Parameter::Value<String>', Default: 'true' }", "!Ref P"),
      "INSUFFICIENT_DATA",
    ],
    [
      "Fn::If, true by default",
      withParameters("P: { Default: 'on' }", "!If [C, true, !Ref 'AWS::NoValue']", condition),
      "PASS",
    ],
    [
      "Fn::If, false by default",
      withParameters("P: { Default: 'off' }", "!If [C, true, !Ref 'AWS::NoValue']", condition),
      "NON_COMPLIANT",
    ],
    [
      "Fn::If that is not resolved",
      withParameters("P: { Type: String }", "!If [C, true, false]", condition),
      "INSUFFICIENT_DATA",
    ],
    ["Fn::If with equal branches", withParameters("P: { Type: String }", "!If [C, true, true]", condition), "PASS"],
    [
      "a condition that is not declared",
      withParameters("P: { Type: String }", "!If [X, true, false]"),
      "INSUFFICIENT_DATA",
    ],
    [
      "a condition that refers to itself",
      withParameters("P: { Type: String }", "!If [C, true, false]", "Conditions: { C: !Not [!Condition C] }"),
      "INSUFFICIENT_DATA",
    ],
    [
      "And, Or and Not",
      withParameters(
        "P: { Default: a }",
        "!If [C, true, false]",
        "Conditions: { C: !And [!Or [!Equals [a, b], !Equals [!Ref P, a]], !Not [!Equals [!Ref P, b]]] }",
      ),
      "PASS",
    ],
    [
      "Or of unknown and true",
      withParameters(
        "P: { Type: String }",
        "!If [C, true, false]",
        "Conditions: { C: !Or [!Equals [!Ref P, b], !Equals [a, a]] }",
      ),
      "PASS",
    ],
    [
      "Fn::FindInMap",
      withParameters(
        "P: { Default: prod }",
        "!FindInMap [M, !Ref P, Managed]",
        "Mappings: { M: { prod: { Managed: true } } }",
      ),
      "PASS",
    ],
    [
      "Fn::FindInMap with each allowed key",
      withParameters(
        "P: { AllowedValues: [a, b] }",
        "!FindInMap [M, !Ref P, Managed]",
        "Mappings: { M: { a: { Managed: false }, b: { Managed: false } } }",
      ),
      "NON_COMPLIANT",
    ],
    [
      "Fn::FindInMap without the key",
      withParameters(
        "P: { Default: x }",
        "!FindInMap [M, !Ref P, Managed]",
        "Mappings: { M: { a: { Managed: true } } }",
      ),
      "INSUFFICIENT_DATA",
    ],
    ["Fn::Sub", withParameters("P: { Default: tr }", "!Sub '${P}ue'"), "PASS"],
    [
      "Fn::Sub that is not resolved",
      withParameters("P: { AllowedValues: [a, b] }", "!Sub '${P}'"),
      "INSUFFICIENT_DATA",
    ],
    ["Fn::Join", withParameters("P: { Default: ue }", "!Join ['', [tr, !Ref P]]"), "PASS"],
    [
      "Fn::Select of Fn::Split",
      withParameters("P: { Default: 'false,true' }", "!Select [1, !Split [',', !Ref P]]"),
      "PASS",
    ],
    ["an unknown function", withParameters("P: { Default: a }", "{ 'Fn::Later': a }"), "INSUFFICIENT_DATA"],
    [
      "the Region",
      `${withParameters("P: { Default: a }", "!If [C, true, false]", "Conditions: { C: !Equals [!Ref 'AWS::Region', eu-west-1] }")}`,
      "INSUFFICIENT_DATA",
    ],
  ])("%s", (_, text, verdict) => {
    expect(verdictOn(checkText(text), "Db")).toBe(verdict);
  });

  test("a parameter file decides, and --region and --account do", () => {
    const text = withParameters("P: { Type: String }", "!Ref P");
    expect(verdictOn(checkText(text, { parameters: new Map([["P", "true"]]) }), "Db")).toBe("PASS");
    const byRegion = withParameters(
      "P: { Default: a }",
      "!If [C, true, false]",
      "Conditions: { C: !Equals [!Ref 'AWS::Region', eu-west-1] }",
    );
    expect(verdictOn(checkText(byRegion, { region: "eu-west-1" }), "Db")).toBe("PASS");
    expect(verdictOn(checkText(byRegion, { region: "us-east-1" }), "Db")).toBe("NON_COMPLIANT");
  });

  test("an unresolved setting is named", () => {
    const [finding] = checkText(withParameters("P: { Type: String }", "!Ref P")).findings;
    expect(finding?.message).toBe(
      "Whether RDS will manage the master password of DB instance Db is unknown: ManageMasterUserPassword is the parameter P.",
    );
  });

  test("defaults that were taken are in the evidence", () => {
    const [finding] = checkText(withParameters("P: { Default: 'false' }", "!Ref P")).findings;
    expect(finding?.evidence).toEqual({ engine: "mysql", parameterDefaults: ["P"] });
  });
});

describe("where and what to change", () => {
  const text = `Resources:
  Key: { Type: AWS::KMS::Key }
  Db:
    Type: AWS::RDS::DBInstance
    Metadata: { "aws:cdk:path": Stack/Db/Resource }
    Properties:
      Engine: mysql
      ManageMasterUserPassword: false
      MasterUserPassword: !GetAtt Key.Arn
  Replica:
    Type: AWS::RDS::DBInstance
    Properties: { SourceDBInstanceIdentifier: !Ref Db }
`;

  test("a finding has the file, the line and the construct", () => {
    const [finding] = checkText(text).findings;
    expect(finding?.location).toEqual({ file: "template.yaml", line: 8, path: "Stack/Db/Resource" });
    expect(finding?.resource.arn).toBe("template.yaml#Db");
    expect(finding?.remediation).toBe(
      "Set manageMasterUserPassword: true in the construct Stack/Db, with credentials that have only a user name and a key, as Credentials.fromUsername makes them. RDS creates no read replica of a managed database, so Replica cannot be created then: remove it, or exempt the DB instance.",
    );
    const [plain] = checkText(text.replace("aws:cdk:path", "path")).findings;
    expect(plain?.remediation).toBe(
      "Set ManageMasterUserPassword: true (line 8) and remove MasterUserPassword (line 9). RDS creates no read replica of a managed database, so Replica cannot be created then: remove it, or exempt the DB instance.",
    );
  });

  test("JSON has lines too, also with tabs", () => {
    const json = JSON.stringify(
      { Resources: { Db: { Type: "AWS::RDS::DBInstance", Properties: { Engine: "mysql" } } } },
      null,
      2,
    );
    expect(checkText(json).findings[0]?.location?.line).toBe(3);
    expect(checkText(json.replaceAll("  ", "\t")).findings[0]?.rule).toBe("master-password-managed");
  });
});

describe("the policy", () => {
  const managed = (more = "") => instance(`Engine: mysql, ManageMasterUserPassword: true${more}`);
  const keyed = (key: string) => managed(`, MasterUserSecret: { KmsKeyId: ${key} }`);
  const rule = "secret-key-as-required";
  const customer = "keys: [{ require: customer-managed }]";
  const alias = "keys: [{ require: alias/prod }]";
  const arn = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555";
  const own = (alias: string) => `Resources:
  Key: { Type: AWS::KMS::Key }
  ${alias}
  Db: { Type: AWS::RDS::DBInstance, Properties: { Engine: mysql, ManageMasterUserPassword: true, MasterUserSecret: { KmsKeyId: !GetAtt Key.Arn } } }`;
  test.each<[string, string, string, string]>([
    ["no key is required", managed(), "", "PASS"],
    ["the default key", managed(), customer, "NON_COMPLIANT"],
    ["the default key by its alias", keyed("alias/aws/secretsmanager"), customer, "NON_COMPLIANT"],
    ["an alias", keyed("alias/prod"), customer, "PASS"],
    ["the alias that is required", keyed("alias/prod"), alias, "PASS"],
    ["another alias", keyed("alias/test"), alias, "NON_COMPLIANT"],
    ["a key ARN, where an alias is required", keyed(arn), alias, "INSUFFICIENT_DATA"],
    ["a key ARN, where a customer managed key is required", keyed(arn), customer, "INSUFFICIENT_DATA"],
    [
      "a key by its ARN, required by its ID",
      keyed(arn),
      "keys: [{ require: 11111111-2222-3333-4444-555555555555 }]",
      "PASS",
    ],
    ["another key", keyed(arn), "keys: [{ require: 99999999-2222-3333-4444-555555555555 }]", "NON_COMPLIANT"],
    ["a key of the template", own(""), customer, "PASS"],
    [
      "a key of the template with the required alias",
      own("Alias: { Type: AWS::KMS::Alias, Properties: { AliasName: alias/prod, TargetKeyId: !Ref Key } }"),
      alias,
      "PASS",
    ],
    ["a key of the template without the required alias", own(""), alias, "INSUFFICIENT_DATA"],
    ["an AWS managed key is required", managed(), "keys: [{ require: aws-managed }]", "PASS"],
    ["an imported key", keyed("!ImportValue key"), customer, "INSUFFICIENT_DATA"],
    ["not managed", instance("Engine: mysql"), customer, "PASS"],
    [
      "required by an account that is not known",
      managed(),
      'keys: [{ match: { account: "123456789012" }, require: alias/prod }]',
      "INSUFFICIENT_DATA",
    ],
    ["required for another engine", managed(), "keys: [{ match: { engine: oracle-* }, require: alias/prod }]", "PASS"],
    [
      "required by an identifier that CloudFormation chooses",
      managed(),
      "keys: [{ match: { identifier: prod-* }, require: alias/prod }]",
      "INSUFFICIENT_DATA",
    ],
    [
      "required by a tag",
      managed(", Tags: [{ Key: tier, Value: gold }]"),
      "keys: [{ match: { tags: { tier: gold } }, require: alias/prod }]",
      "NON_COMPLIANT",
    ],
    [
      "required by another value of the tag",
      managed(", Tags: [{ Key: tier, Value: gold }]"),
      "keys: [{ match: { tags: { tier: iron } }, require: alias/prod }]",
      "PASS",
    ],
  ])("%s", (_, text, policy, verdict) => {
    expect(verdictOn(checkText(text, { policy }), "Db", rule)).toBe(verdict);
  });

  describe("a key other than the storage's", () => {
    const other = "keys: [{ differentFromStorage: true }]";
    const of = (secret: string, storage: string, more = "") =>
      managed(
        `${secret && `, MasterUserSecret: { KmsKeyId: ${secret} }`}${storage && `, KmsKeyId: ${storage}`}${more}`,
      );
    const sub = (name: string) => `!Sub 'arn:aws:kms:eu-west-1:123456789012:key/\${${name}}'`;
    test.each<[string, string, string]>([
      ["the same alias", of("alias/prod", "alias/prod"), "NON_COMPLIANT"],
      ["the same key, by ARN and by ID", of(arn, arn.slice(-36)), "NON_COMPLIANT"],
      ["two keys by ARN", of(arn, arn.replace("1111", "9999")), "PASS"],
      ["two aliases, which can lead to one key", of("alias/one", "alias/two"), "INSUFFICIENT_DATA"],
      ["an alias and an ARN", of("alias/one", arn), "INSUFFICIENT_DATA"],
      ["the default key of the secret and an own key", of("", "alias/prod"), "PASS"],
      ["an own key and the default key of the storage", of("alias/prod", "", ", StorageEncrypted: true"), "PASS"],
      ["both default keys", of("", "", ", StorageEncrypted: true"), "PASS"],
      ["storage that is not encrypted", of("alias/prod", ""), "PASS"],
      ["storage that may be encrypted", of("alias/prod", "", ", StorageEncrypted: !ImportValue e"), "PASS"],
      ["storage with the key of a snapshot", of("alias/prod", "", ", DBSnapshotIdentifier: s"), "INSUFFICIENT_DATA"],
      ["the same import", of("!ImportValue k", "!ImportValue k"), "NON_COMPLIANT"],
      ["another import", of("!ImportValue k", "!ImportValue j"), "INSUFFICIENT_DATA"],
      ["two names made of the same import", of(sub("P"), sub("Q")), "INSUFFICIENT_DATA"],
      ["not managed", instance("Engine: mysql, KmsKeyId: alias/prod"), "PASS"],
      [
        "a key of the template, by its ARN and its alias",
        own("Alias: { Type: AWS::KMS::Alias, Properties: { AliasName: alias/prod, TargetKeyId: !Ref Key } }").replace(
          "Engine: mysql",
          "Engine: mysql, KmsKeyId: !Ref Alias",
        ),
        "NON_COMPLIANT",
      ],
      [
        "the key of the template",
        own("").replace("Engine: mysql", "Engine: mysql, KmsKeyId: !Ref Key"),
        "NON_COMPLIANT",
      ],
      [
        "two keys of the template",
        own("Other: { Type: AWS::KMS::Key }").replace("Engine: mysql", "Engine: mysql, KmsKeyId: !Ref Other"),
        "PASS",
      ],
      [
        "a key of the template and the default key",
        own("").replace("Engine: mysql", "Engine: mysql, StorageEncrypted: true"),
        "PASS",
      ],
      [
        "the same parameter",
        `Parameters: { P: { Type: String }, Q: { Type: String } }\n${of("!Ref P", "!Ref P")}`,
        "NON_COMPLIANT",
      ],
      [
        "two parameters",
        `Parameters: { P: { Type: String }, Q: { Type: String } }\n${of("!Ref P", "!Ref Q")}`,
        "INSUFFICIENT_DATA",
      ],
      [
        "the same key in one branch of a condition",
        `Conditions: { C: !Equals [!Ref P, a] }\nParameters: { P: { Type: String } }\n${of("alias/prod", "!If [C, alias/prod, !Ref AWS::NoValue]")}`,
        "INSUFFICIENT_DATA",
      ],
    ])("%s", (_, text, verdict) => {
      expect(verdictOn(checkText(text, { policy: other }), "Db", rule)).toBe(verdict);
    });

    test("a cluster is judged alike", () => {
      const text = cluster(
        "Engine: aurora-mysql, ManageMasterUserPassword: true, MasterUserSecret: { KmsKeyId: alias/prod }, KmsKeyId: alias/prod",
      );
      expect(verdictOn(checkText(text, { policy: other }), "Db", rule)).toBe("NON_COMPLIANT");
      expect(
        verdictOn(
          checkText(text.replace("alias/prod }", "alias/prod }, SnapshotIdentifier: s"), { policy: other }),
          "Db",
          rule,
        ),
      ).toBe("NON_COMPLIANT");
    });

    test("besides a required key", () => {
      const policy = "keys: [{ require: customer-managed, differentFromStorage: true }]";
      expect(verdictOn(checkText(of("alias/prod", "alias/prod"), { policy }), "Db", rule)).toBe("NON_COMPLIANT");
      expect(verdictOn(checkText(of("", "alias/prod"), { policy }), "Db", rule)).toBe("NON_COMPLIANT");
      expect(verdictOn(checkText(of("alias/prod", "", ", StorageEncrypted: true"), { policy }), "Db", rule)).toBe(
        "PASS",
      );
    });

    test("the finding says what to change, and what is not known", () => {
      expect(checkText(of("alias/prod", "alias/prod"), { policy: other }).findings[0]).toMatchObject({
        message:
          "The secret of DB instance Db will be encrypted with alias/prod, the key of the database's storage; the policy requires another key.",
        remediation:
          "Set MasterUserSecret.KmsKeyId to another key. It cannot be changed after RDS manages the password.",
      });
      expect(checkText(of("alias/one", "alias/two"), { policy: other }).findings[0]?.message).toBe(
        "Whether the secret of DB instance Db will be encrypted with another key than the database's storage is unknown: whether alias/one is alias/two is known only in AWS.",
      );
    });
  });

  test("an account that is known decides", () => {
    const policy = 'keys: [{ match: { account: "123456789012" }, require: alias/prod }]';
    expect(verdictOn(checkText(managed(), { policy, account: "123456789012" }), "Db", rule)).toBe("NON_COMPLIANT");
    expect(verdictOn(checkText(managed(), { policy, account: "222222222222" }), "Db", rule)).toBe("PASS");
  });

  const exempt = (match: string, until = "2026-12-31") =>
    `exemptions: [{ match: ${match}, owner: ann, reason: legacy, until: ${until} }]`;
  test.each([
    ["by engine", exempt("{ engine: mysql }"), "EXEMPT"],
    ["by identifier", exempt("{ identifier: orders }"), "EXEMPT"],
    ["by another identifier", exempt("{ identifier: other }"), "NON_COMPLIANT"],
    ["ended", exempt("{ identifier: orders }", "2026-11-23"), "NON_COMPLIANT"],
    ["by an account that is not known", exempt('{ account: "123456789012" }'), "NON_COMPLIANT"],
    [
      "for another rule",
      `${exempt("{ engine: mysql }").replace("owner", "rules: rotation-enabled, owner")}`,
      "NON_COMPLIANT",
    ],
  ])("an exemption %s", (_, policy, verdict) => {
    const report = checkText(instance("Engine: mysql, DBInstanceIdentifier: orders"), { policy });
    expect(verdictOn(report, "Db")).toBe(verdict);
  });

  test("an exemption that is not decided is named", () => {
    const report = checkText(instance("Engine: mysql"), { policy: exempt('{ account: "123456789012" }') });
    expect(report.findings[0]?.evidence.exemptionsNotDecided).toEqual(["ann, until 2026-12-31"]);
  });

  describe("support.iamDbAuth, where the template does not say how the master user logs in", () => {
    const iam = (more = "") =>
      instance(`Engine: postgres, DBInstanceIdentifier: orders, EnableIAMDatabaseAuthentication: true${more}`);
    const listed = "support: { iamDbAuth: [{ identifier: orders }] }";
    test.each<[string, string, string, string]>([
      ["listed", iam(), listed, "iam-db-auth"],
      ["not listed", iam(), "support: { iamDbAuth: [{ identifier: other }] }", "unmanaged"],
      [
        "listed by the logical ID, which is no identifier",
        iam(),
        "support: { iamDbAuth: [{ identifier: Db }] }",
        "unmanaged",
      ],
      ["listed, but with a password", iam(", MasterUserAuthenticationType: password"), listed, "unmanaged"],
      ["listed, without IAM authentication", iam().replace("true", "false"), listed, "unmanaged"],
      ["listed, of another engine", iam().replace("postgres", "mysql"), listed, "unmanaged"],
      ["listed and managed", iam(", ManageMasterUserPassword: true"), listed, "managed"],
    ])("%s", (_, text, policy, management) => {
      const report = checkText(text, { policy });
      expect([verdictOn(report, "Db"), classOf(report, "Db")]).toEqual([
        management === "unmanaged" ? "NON_COMPLIANT" : "PASS",
        management,
      ]);
    });

    test("what the policy lists by is not known", () => {
      const report = checkText(iam(), { policy: 'support: { iamDbAuth: [{ account: "123456789012" }] }' });
      expect(verdictOn(report, "Db")).toBe("INSUFFICIENT_DATA");
      expect(report.findings[0]?.message).toContain(
        "the account is not known, and the policy lists master users without a password by it",
      );
    });

    test("whether IAM authentication is on is not known", () => {
      expect(verdictOn(checkText(iam().replace("true", "!ImportValue on"), { policy: listed }), "Db")).toBe(
        "INSUFFICIENT_DATA",
      );
    });
  });

  test("a rule that is off is not judged, and no Oracle CDB where the policy says so", () => {
    expect(checkText(instance("Engine: mysql"), { policy: "rulesOff: [master-password-managed]" }).findings).toEqual(
      [],
    );
    const policy = "support: { oracleCdb: unsupported }";
    expect(classOf(checkText(instance("Engine: oracle-ee-cdb"), { policy }), "Db")).toBe("oracle-cdb");
  });
});

describe("what the template does not show makes the report incomplete", () => {
  test.each([
    ["a nested stack", "N: { Type: AWS::CloudFormation::Stack, Properties: { TemplateURL: ./n.yaml } }"],
    ["a serverless application", "N: { Type: AWS::Serverless::Application }"],
    ["a module", "N: { Type: My::Db::Instance::MODULE }"],
    ["an included file", "Fn::Transform: { Name: AWS::Include }"],
    ["a loop", "'Fn::ForEach::Dbs': [X, [a, b], { 'Db${X}': { Type: AWS::RDS::DBInstance } }]"],
  ])("%s", (_, resource) => {
    const report = checkText(`Resources: { ${resource} }`);
    expect(report.coverage.complete).toBe(false);
    expect(report.clean).toBe(false);
    expect(report.coverage.gaps).toHaveLength(1);
  });

  test("an unresolved verdict does too", () => {
    expect(checkText(instance("Engine: mysql, ManageMasterUserPassword: !ImportValue m")).coverage.complete).toBe(
      false,
    );
  });

  test("a template without databases is clean", () => {
    expect(checkText("Resources: { Topic: { Type: AWS::SNS::Topic } }").clean).toBe(true);
  });
});
