import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { parse } from "yaml";
import { permissions } from "../../deploy/permissions.ts";
import { changingStatements, keyTrialStatements } from "../../deploy/repair-permissions.ts";
import { readSettings } from "../../deploy/settings.ts";
import type { Statement } from "../../deploy/statement.ts";
import { matches } from "../../lib/audit/match.ts";
import { defaultPolicy } from "../../lib/model/default-policy.ts";
import { UsageError } from "../../lib/model/errors.ts";
import type { Match, Policy } from "../../lib/model/policy.ts";
import { aPlainDatabase } from "../support/builders.ts";
import { aPermissivePolicy } from "../support/repairs.ts";
import { listOf } from "./packaged.ts";

const defaults = parse(readFileSync("serverless.yml", "utf8"), { logLevel: "silent" }).params.default;
const places = { findingsTopicArn: "arn:findings", alertsTopicArn: "arn:alerts", kmsKeyArn: "arn:key" };
const settings = readSettings({ ...defaults, remediation: "on" }, "eu-west-1");

const rolesWith = (policy: Policy) => permissions({ ...settings, policy }, places);
const optingIn = (...optIn: Match[]) => aPermissivePolicy({ optIn });
const withKeys = (...keys: Policy["keys"]) => aPermissivePolicy({}, { keys });

/** What a statement is for, as the deployment in account 111111111111 has it. */
function resourcesOf({ Resource }: Pick<Statement, "Resource">): string[] {
  return listOf(Resource).map((one) =>
    JSON.stringify(one)
      .replace(/^.*?arn:/, "arn:")
      .replace(/"\}?$/, "")
      .replace(/\$\{AWS::Partition\}/, "aws")
      .replace(/\$\{AWS::AccountId\}/, "111111111111"),
  );
}

const allowing = (statements: readonly Statement[], action: string) =>
  statements.filter(({ Effect, Action }) => Effect === "Allow" && listOf(Action).includes(action));

/** Whether a statement's resources cover an ARN, as IAM compares them. */
function covers(statement: Statement, arn: string): boolean {
  return resourcesOf(statement).some((pattern) =>
    new RegExp(
      `^${pattern
        .replaceAll(/[.+^${}()|[\]\\]/g, "\\$&")
        .replaceAll("*", ".*")
        .replaceAll("?", ".")}$`,
    ).test(arn),
  );
}

describe("with the default policy", () => {
  test("the role that repairs can change nothing but its own state, and start nothing", () => {
    const allowed = rolesWith(defaultPolicy).remediate.flatMap(({ Effect, Action }) =>
      Effect === "Allow" ? listOf(Action) : [],
    );
    const isHarmless =
      /^(rds:Describe|secretsmanager:(Describe|GetResourcePolicy)|kms:(DescribeKey|GetKeyPolicy|ListGrants)$|logs:|xray:|sqs:SendMessage$|sns:Publish$|s3:(Get|Put)Object$|s3:ListBucket$|lambda:(CheckpointDurableExecution|GetDurableExecutionState)$)/;
    // What is left is for the key of the topics and of the bucket.
    expect(allowed.filter((action) => !isHarmless.test(action))).toEqual(["kms:Decrypt", "kms:GenerateDataKey"]);
    expect(allowing(rolesWith(defaultPolicy).remediate, "kms:Decrypt").map(resourcesOf)).toEqual([["arn:key"]]);
    expect(changingStatements(defaultPolicy)).toEqual([]);
    expect(keyTrialStatements(defaultPolicy)).toEqual([]);
  });

  test("the values of secrets are denied to it", () => {
    expect(rolesWith(defaultPolicy).remediate).toContainEqual({
      ...{ Sid: "NeverTheValues", Effect: "Deny", Resource: "*" },
      Action: ["secretsmanager:BatchGetSecretValue", "secretsmanager:GetSecretValue"],
    });
  });

  test("and repairs off there is no such role", () => {
    expect(permissions({ ...settings, remediation: "off" }, places).remediate).toEqual([]);
  });
});

test("a policy that allows rotations alone lets no management be turned on, and no key be used", () => {
  const statements = changingStatements(aPermissivePolicy({ allow: ["rotate", "schedule-rotation"] }));
  const actions = new Set(statements.flatMap(({ Action }) => listOf(Action)));
  expect([...actions].filter((action) => /^kms:|CreateSecret|Tags/.test(action))).toEqual([]);
  expect([...actions]).toContain("secretsmanager:RotateSecret");
});

test("one that allows schedules alone changes no database", () => {
  expect(changingStatements(aPermissivePolicy({ allow: ["schedule-rotation"] })).map(({ Action }) => Action)).toEqual([
    ["secretsmanager:RotateSecret"],
    ["secretsmanager:RotateSecret"],
  ]);
});

test("one that only turns management on has RDS create a secret, and changes no existing one", () => {
  const statements = changingStatements(aPermissivePolicy({ allow: ["enable"] }));
  const onSecrets = statements.filter(({ Action }) => listOf(Action).some((one) => one.startsWith("secretsmanager:")));
  expect(onSecrets.map(({ Sid }) => Sid)).toEqual(["NewSecrets", "TagNewSecrets"]);
});

describe("databases that are opted in", () => {
  const modify = (policy: Policy) =>
    allowing(changingStatements(policy), "rds:ModifyDBInstance").filter(
      ({ Sid }) => !["Groups", "Finish"].includes(Sid),
    );

  test("by tags are told by them, all of them", () => {
    const policy = optingIn({ tags: { stage: "test", repair: "yes" } });
    expect(modify(policy)).toMatchObject([
      { Condition: { StringEquals: { "aws:ResourceTag/stage": "test", "aws:ResourceTag/repair": "yes" } } },
    ]);
  });

  test("get no other tag than the mark, which opts nothing in", () => {
    const statements = changingStatements(optingIn({ tags: { repair: "yes" } }));
    for (const action of ["rds:AddTagsToResource", "rds:RemoveTagsFromResource"]) {
      expect(allowing(statements, action).filter(({ Sid }) => Sid !== "Untag")).toMatchObject([
        { Condition: { StringEquals: { "aws:ResourceTag/repair": "yes" } } },
      ]);
      expect(statements.filter(({ Effect, Action }) => Effect === "Deny" && listOf(Action).includes(action))).toEqual([
        expect.objectContaining({
          Resource: "*",
          Condition: { "ForAnyValue:StringNotEquals": { "aws:TagKeys": "rds-password-audit:toggle" } },
        }),
      ]);
    }
  });

  test("are turned on again, and lose the mark, although somebody takes their tags off in between", () => {
    const statements = changingStatements(optingIn({ tags: { repair: "yes" } }));
    const hasToggleTag = { Null: { "aws:ResourceTag/rds-password-audit:toggle": "false" } };
    const turnsOn = { Bool: { "rds:ManageMasterUserPassword": "true" } };
    const [finish, untag] = ["Finish", "Untag"].map((sid) => statements.find(({ Sid }) => Sid === sid));
    expect(finish).toMatchObject({ Effect: "Allow", Condition: { ...hasToggleTag, ...turnsOn } });
    expect(listOf(finish?.Action ?? []).every((action) => action.startsWith("rds:Modify"))).toBe(true);
    expect(untag).toMatchObject({
      Action: "rds:RemoveTagsFromResource",
      Condition: hasToggleTag,
    });
  });

  test("with the same tags are one statement, with others another", () => {
    const policy = optingIn(
      { tags: { a: "1", b: "2" } },
      { tags: { b: "2", a: "1" }, region: ["eu-west-1"] },
      { tags: { a: "2" } },
    );
    expect(modify(policy)).toHaveLength(2);
  });

  test.each<[string, Match, string[]]>([
    ["an identifier", { identifier: ["orders"] }, ["arn:aws:rds:*:111111111111:db:orders"]],
    [
      "a glob that IAM knows",
      { identifier: ["test-*", "a?"] },
      ["arn:aws:rds:*:111111111111:db:test-*", "arn:aws:rds:*:111111111111:db:a?"],
    ],
    ["a glob that it does not", { identifier: ["prod-{a,b}-[0-9]"] }, ["arn:aws:rds:*:111111111111:db:prod-*-*"]],
    ["one that is harder still", { identifier: ["prod-{a,{b,c}}"] }, ["arn:aws:rds:*:111111111111:db:*"]],
    ["upper case", { identifier: ["PROD-*"] }, ["arn:aws:rds:*:111111111111:db:prod-*"]],
    [
      "an account and Regions",
      { account: ["222222222222"], region: ["eu-west-1", "us-east-1"] },
      ["arn:aws:rds:eu-west-1:222222222222:db:*", "arn:aws:rds:us-east-1:222222222222:db:*"],
    ],
    ["an engine, which IAM cannot tell", { engine: ["postgres"] }, ["arn:aws:rds:*:111111111111:db:*"]],
    ["a tenant database alone", { identifier: ["cdb/ERP"] }, []],
  ])("by %s", (_, match, instances) => {
    const [statement] = modify(optingIn(match));
    const resources = statement === undefined ? [] : resourcesOf(statement);
    expect(resources.filter((arn) => arn.includes(":db:"))).toEqual(instances);
    expect(resources.filter((arn) => arn.includes(":cluster:"))).toEqual(
      instances.map((arn) => arn.replace(":db:", ":cluster:")),
    );
  });

  test("are all within reach, whatever the glob", () => {
    const name = fc.string({ unit: fc.constantFrom("a", "b", "-", "A"), minLength: 1, maxLength: 5 });
    const part = fc.oneof(
      name,
      fc.constantFrom("*", "?", "[ab]", "[^a]", "{a,b}", "{a,{b,*}}", "+(a)", "!(b)", "**", "\\a"),
    );
    const glob = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(""));
    let matched = 0;
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            glob,
            fc.tuple(glob, glob).map((pair) => pair.join("/")),
          ),
          { minLength: 1, maxLength: 2 },
        ),
        name,
        name,
        (identifier, one, two) => {
          const statements = changingStatements(optingIn({ identifier }));
          const reaches = (action: string, arn: string) =>
            allowing(statements, action).some((statement) => covers(statement, arn));
          const scope = "arn:aws:rds:eu-west-1:111111111111";
          // RDS keeps the names of instances in lower case.
          const instance = aPlainDatabase({ identifier: one.toLowerCase() });
          if (matches({ identifier }, instance)) {
            matched += 1;
            expect(reaches("rds:ModifyDBInstance", `${scope}:db:${instance.identifier}`)).toBe(true);
          }
          const tenant = aPlainDatabase({ kind: "tenant-database", identifier: `${one.toLowerCase()}/${two}` });
          if (!matches({ identifier }, tenant)) return;
          matched += 1;
          expect(reaches("rds:ModifyTenantDatabase", `${scope}:db:${one.toLowerCase()}`)).toBe(true);
          expect(reaches("rds:ModifyTenantDatabase", `${scope}:tenant-database:tdb-ABC`)).toBe(true);
        },
      ),
      { numRuns: 1500 },
    );
    expect(matched).toBeGreaterThan(100);
  });

  test("as containers of tenant databases are modified for these alone", () => {
    const statements = changingStatements(optingIn({ tags: { repair: "yes" } }));
    const untagged = statements.filter(
      ({ Sid, Condition }) => Condition === undefined && /^(Containers|Change)/.test(Sid),
    );
    expect(untagged.map(({ Action }) => Action)).toEqual(["rds:ModifyTenantDatabase"]);
  });

  test("by full names open no tenant database, whose identifiers have a slash", () => {
    const statements = changingStatements(optingIn({ identifier: ["orders", "Payments-2"] }));
    expect(statements.filter(({ Sid }) => /^(Change|Containers|Secrets)/.test(Sid)).map(({ Sid }) => Sid)).toEqual([
      ...["Change0", "SecretsOfInstances", "SecretsOfClusters"],
    ]);
    expect(modify(optingIn({ identifier: ["orders"] })).flatMap(resourcesOf)).toEqual([
      "arn:aws:rds:*:111111111111:db:orders",
      "arn:aws:rds:*:111111111111:cluster:orders",
    ]);
  });

  test.each<[string, Policy["remediation"]["allow"], unknown[]]>([
    [
      "that may only be enabled have management turned on, and nothing else changed",
      ["enable"],
      [{ BoolIfExists: { "rds:ManageMasterUserPassword": "false" } }],
    ],
    [
      "that may be toggled have management turned on and off, and nothing else changed",
      ["toggle", "enable"],
      [{ Null: { "rds:ManageMasterUserPassword": "true" } }],
    ],
    ["that may be rotated are modified without the key, which a rotation has not", ["rotate", "toggle"], []],
  ])("%s", (_, allow, conditions) => {
    const denied = changingStatements(aPermissivePolicy({ allow })).filter(({ Sid }) => Sid === "OnlyManagement");
    expect(denied.map(({ Condition }) => Condition)).toEqual(conditions);
  });

  test("have secrets that are told by the tag of RDS, with the same names", () => {
    const owners = (policy: Policy) =>
      ["SecretsOfInstances", "SecretsOfClusters"].map((sid) => {
        const statement = changingStatements(policy).find(({ Sid }) => Sid === sid);
        if (statement === undefined) return [];
        const [Resource] = Object.values((statement.Condition as { StringLike: Record<string, string[]> }).StringLike);
        return resourcesOf({ Resource: Resource ?? [] }).map((arn) => arn.replace("arn:aws:rds:*:111111111111:", ""));
      });
    expect(owners(optingIn({ identifier: ["orders", "payments"] }))).toEqual([
      ["db:orders", "db:payments"],
      ["cluster:orders", "cluster:payments"],
    ]);
    expect(owners(optingIn({ identifier: ["orders", "test-*"] }))).toEqual([
      ["db:orders", "db:test-*", "tenant-database:*"],
      ["cluster:orders", "cluster:test-*"],
    ]);
    expect(owners(optingIn({ identifier: ["cdb/ERP"] }))).toEqual([["db:cdb", "tenant-database:*"], []]);
    // The tags of a database are not on its secret.
    expect(owners(optingIn({ tags: { repair: "yes" } }))).toEqual([["db:*", "tenant-database:*"], ["cluster:*"]]);
  });

  test("by 20 names fit into a role", () => {
    const names = Array.from({ length: 20 }, (_, index) => `orders-${index}`);
    expect(() => rolesWith(optingIn({ identifier: names }))).not.toThrow();
  });

  test("by more names than a role can hold are refused, with what to do", () => {
    const many = optingIn({ identifier: Array.from({ length: 100 }, (_, index) => `orders-${index}`) });
    expect(() => rolesWith(many)).toThrow(UsageError);
    expect(() => rolesWith(many)).toThrow(
      /^The policy names more databases under remediation\.optIn.*opt databases in by tags\.$/,
    );
  });
});

describe("keys", () => {
  const keyArn = "arn:aws:kms:eu-west-1:222222222222:key/1234abcd-12ab-34cd-56ef-1234567890ab";
  const keyId = "1234abcd-12ab-34cd-56ef-1234567890ab";
  const any = "arn:aws:kms:*:111111111111:key/*";
  const conditionOf = ({ Condition }: Statement) => JSON.stringify(Condition ?? null);
  const use = (policy: Policy) => allowing(changingStatements(policy), "kms:Decrypt");

  test.each<[string, Policy["keys"], string[]]>([
    ["nothing is required: what a database has, it keeps", [], [any]],
    ["one by ARN", [{ match: {}, require: [keyArn] }], [keyArn]],
    ["one by id", [{ match: {}, require: [keyId] }], [`arn:aws:kms:*:111111111111:key/${keyId}`]],
    ["any of the customer's", [{ match: {}, require: ["customer-managed", keyArn] }], [any, keyArn]],
    ["the default one", [{ match: {}, require: ["aws-managed"] }], []],
    ["one for some databases", [{ match: { identifier: ["a"] }, require: [keyArn] }], [any, keyArn]],
    [
      "what comes after all are matched",
      [
        { match: {}, require: ["aws-managed"] },
        { match: {}, require: [keyArn] },
      ],
      [],
    ],
  ])("%s", (_, keys, resources) => {
    expect(use(withKeys(...keys)).flatMap(resourcesOf)).toEqual(resources);
  });

  test.each([
    ["alias/databases", any, "alias/databases"],
    [`arn:aws:kms:eu-west-1:222222222222:alias/theirs`, "arn:aws:kms:eu-west-1:222222222222:key/*", "alias/theirs"],
  ])("by the alias %s are those that have it", (alias, resource, name) => {
    const [statement] = use(withKeys({ match: {}, require: [alias] }));
    expect(statement && resourcesOf(statement)).toEqual([resource]);
    expect(statement?.Condition).toEqual({
      "ForAnyValue:StringEquals": { "kms:ResourceAliases": [name] },
      StringLike: { "kms:ViaService": ["rds.*", "secretsmanager.*"] },
    });
  });

  test("are granted to AWS's services alone", () => {
    for (const policy of [withKeys(), withKeys({ match: {}, require: ["alias/a", keyArn] })])
      for (const statement of allowing(changingStatements(policy), "kms:CreateGrant"))
        expect(conditionOf(statement)).toContain('"Bool":{"kms:GrantIsForAWSResource":"true"}');
  });

  test("are tried by those who start repairs, the same ones, and nothing else is done with them", () => {
    const policy = withKeys({ match: {}, require: ["alias/a", keyArn] });
    const { audit, recheck, configRule } = rolesWith(policy);
    for (const statements of [audit, recheck]) {
      const tried = allowing(statements, "kms:GenerateDataKey").filter(({ Sid }) => Sid !== "Encrypt");
      expect(tried.map(resourcesOf)).toEqual(use(policy).map(resourcesOf));
      expect(tried.every(({ Action }) => listOf(Action).length === 1)).toBe(true);
    }
    expect(allowing(configRule, "kms:GenerateDataKey")).toEqual([]);
  });
});
