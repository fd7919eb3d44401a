import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { UsageError } from "../../lib/model/errors.ts";
import { parsePolicy } from "../../lib/model/policy.ts";
import { reportSchema } from "../../lib/model/report.ts";
import { readManifest } from "../../lib/prevent/cloudformation/cdk-output.ts";
import { parseParameterFile } from "../../lib/prevent/cloudformation/parameter-file.ts";
import { judgeChangeSet } from "../../lib/prevent/hook/judge-change-set.ts";
import { judgeStack } from "../../lib/prevent/hook/judge-stack.ts";
import { policyRuleIds, rules } from "../../rules/index.ts";
import { now } from "../support/builders.ts";
import { aPlan } from "./a-plan.ts";
import { checkText } from "./check-text.ts";

const policy = `keys: [{ match: { tags: { tier: gold } }, require: alias/prod }, { match: { account: "123456789012" }, require: customer-managed }, { match: { engine: postgres }, differentFromStorage: true }, { require: aws-managed }]
support: { iamDbAuth: [{ identifier: "a*" }] }
exemptions: [{ match: { identifier: "a*" }, owner: a, reason: b, until: 2027-01-01 }]`;

/** A value of a template: text, an object, or a function with any argument. */
const { value: anyValue } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom("postgres", "sqlserver-ee", "true", "", "P", "Db", null, true, 7),
    fc.string(),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(
      fc.constantFrom(
        "Ref",
        "Fn::If",
        "Fn::Sub",
        "Fn::Join",
        "Fn::Select",
        "Fn::Split",
        "Fn::FindInMap",
        "Fn::GetAtt",
        "Fn::Equals",
        "Fn::Not",
        "Fn::And",
        "Condition",
        "Key",
        "Value",
        "KmsKeyId",
        "references",
        "constant_value",
        "__proto__",
        "toString",
      ),
      tie("value"),
      { maxKeys: 2 },
    ),
  ),
}));
const anySection = (...keys: string[]) =>
  fc.dictionary(fc.constantFrom(...keys, "Other", "constructor"), anyValue, { maxKeys: 8 });

const anyProperties = anySection(
  "Engine",
  "ManageMasterUserPassword",
  "MasterUserPassword",
  "MasterUserSecret",
  "KmsKeyId",
  "StorageEncrypted",
  "DBSnapshotIdentifier",
  "EnableIAMDatabaseAuthentication",
  "MasterUserAuthenticationType",
  "DBClusterIdentifier",
  "SourceDBInstanceIdentifier",
  "GlobalClusterIdentifier",
  "EngineMode",
  "Tags",
  "TargetKeyId",
);
const anyTemplate = fc.record({
  Parameters: fc.oneof(anySection("P", "Q"), anyValue),
  Conditions: fc.oneof(anySection("C", "P"), anyValue),
  Mappings: anyValue,
  Resources: fc.dictionary(
    fc.constantFrom("Db", "P", "Key", "Fn::ForEach::X", "Fn::Transform"),
    fc.oneof(
      anyValue,
      fc.record({
        Type: fc.constantFrom(
          "AWS::RDS::DBInstance",
          "AWS::RDS::DBCluster",
          "AWS::RDS::GlobalCluster",
          "AWS::KMS::Alias",
          "AWS::CloudFormation::Stack",
        ),
        Properties: fc.oneof(anyProperties, anyValue),
        Metadata: anyValue,
      }),
    ),
  ),
});
const anyResource = fc.record({
  type: fc.constantFrom(
    "aws_db_instance",
    "aws_rds_cluster",
    "aws_rds_cluster_instance",
    "aws_rds_global_cluster",
    "aws_kms_key",
    "toString",
  ),
  name: fc.constantFrom("db", "other"),
  after: fc.oneof(
    anySection(
      "engine",
      "manage_master_user_password",
      "password",
      "replicate_source_db",
      "tags_all",
      "arn",
      "kms_key_id",
      "master_user_secret_kms_key_id",
      "storage_encrypted",
      "iam_database_authentication_enabled",
    ),
    fc.constant(null),
  ),
  unknown: anySection(
    "engine",
    "manage_master_user_password",
    "password",
    "cluster_identifier",
    "tags_all",
    "kms_key_id",
    "master_user_secret_kms_key_id",
  ),
  expressions: anySection("password", "password_wo", "replicate_source_db", "kms_key_id", "snapshot_identifier"),
  actions: fc.array(fc.constantFrom("create", "update", "delete", "no-op", "read"), { maxLength: 2 }),
  mode: fc.constantFrom("managed", "data"),
});

/** Checks a text: the result is a report by the schema, or a refusal in one sentence. */
function isReportOrRefusal(text: string): boolean {
  try {
    const parsed = reportSchema.safeParse(checkText(text, { policy }));
    return parsed.success;
  } catch (error) {
    return error instanceof UsageError && !error.message.includes("\n");
  }
}

describe("any input gives a report or a refusal in one sentence", () => {
  test("templates", () => {
    fc.assert(
      fc.property(anyTemplate, (template) => isReportOrRefusal(JSON.stringify(template))),
      { numRuns: 1000 },
    );
  });

  test("plans", () => {
    fc.assert(
      fc.property(fc.array(anyResource, { maxLength: 3 }), (resources) =>
        isReportOrRefusal(JSON.stringify(aPlan(resources))),
      ),
      { numRuns: 1000 },
    );
  });

  test("JSON", () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => isReportOrRefusal(JSON.stringify(value) ?? "")));
    fc.assert(
      fc.property(fc.jsonValue(), (value) =>
        isReportOrRefusal(JSON.stringify({ format_version: "1.2", resource_changes: value, configuration: value })),
      ),
    );
    fc.assert(
      fc.property(fc.jsonValue(), (value) =>
        isReportOrRefusal(JSON.stringify({ Resources: { Db: { Type: "AWS::RDS::DBInstance", Properties: value } } })),
      ),
    );
  });

  test("text", () => {
    const pieces = fc.array(
      fc.constantFrom(
        "Resources:",
        "\n",
        "  ",
        "Db: ",
        "!Ref ",
        "!Sub ",
        "&a ",
        "*a",
        "- ",
        "{",
        "}",
        "[",
        "]",
        "<<: ",
        "'",
        "|",
        ": ",
        "!x ",
        "x",
      ),
      { maxLength: 15 },
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          pieces.map((all) => all.join("")),
        ),
        isReportOrRefusal,
      ),
      { numRuns: 2000 },
    );
  });

  test("manifests and parameter files", () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => readManifest(JSON.stringify(value)) !== undefined));
    const isMapOrRefusal = (text: string) => {
      try {
        return parseParameterFile(text, "p") instanceof Map;
      } catch (error) {
        return error instanceof UsageError;
      }
    };
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.jsonValue().map((value) => JSON.stringify(value)),
        ),
        isMapOrRefusal,
      ),
    );
  });
});

describe("any payload of a hook gives an answer", () => {
  const standard = { policy: parsePolicy(policy, "policy.yaml", policyRuleIds), rules, now };
  const origin = { target: { account: "123456789012", region: "eu-west-1" }, name: "orders" };
  const isAnswer = ({ refused, message }: ReturnType<typeof judgeStack>) =>
    [...refused, message].every((sentence) => sentence.length > 0 && !/undefined|\[object/.test(sentence));

  test("of a stack", () => {
    fc.assert(
      fc.property(anyTemplate, fc.oneof(anyTemplate, fc.constant(null)), (template, previous) =>
        isAnswer(
          judgeStack(
            { template: JSON.stringify(template), previousTemplate: previous && JSON.stringify(previous) },
            origin,
            standard,
          ),
        ),
      ),
      { numRuns: 200 },
    );
  });

  test("of a change set", () => {
    fc.assert(
      fc.property(fc.oneof(anyProperties, anyValue), anyTemplate, (properties, template) => {
        const change = { logicalResourceId: "Db", resourceType: "AWS::RDS::DBInstance", action: "CREATE" };
        const afterContext = JSON.stringify({ Properties: properties });
        const payload = { template: JSON.stringify(template), changedResources: [{ ...change, afterContext }] };
        return isAnswer(judgeChangeSet(payload, origin, standard));
      }),
      { numRuns: 200 },
    );
  });
});

test("a verdict is never a pass where the setting is not resolved", () => {
  fc.assert(
    fc.property(fc.constantFrom("!ImportValue x", "!GetAtt A.B", "{ 'Fn::Later': 1 }", "!Ref Undeclared"), (value) => {
      const text = `Resources: { Db: { Type: AWS::RDS::DBInstance, Properties: { Engine: mysql, ManageMasterUserPassword: ${value} } } }`;
      expect(checkText(text).clean).toBe(false);
    }),
  );
});
