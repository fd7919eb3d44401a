import { describe, expect, test } from "@jest/globals";
import { reportSchema } from "../../lib/model/report.ts";
import { aPlan, type PlanResource } from "./a-plan.ts";
import { checkText, classOf, verdictOn } from "./check-text.ts";

const address = "aws_db_instance.db";
const instance = (after: PlanResource["after"], more: Partial<PlanResource> = {}): PlanResource => ({
  type: "aws_db_instance",
  name: "db",
  after,
  ...more,
});
const cluster = (after: PlanResource["after"], more: Partial<PlanResource> = {}): PlanResource => ({
  ...instance(after, more),
  type: "aws_rds_cluster",
});
const check = (resources: readonly PlanResource[], policy = "") =>
  checkText(JSON.stringify(aPlan(resources)), { policy });
const refers = (...references: string[]) => ({ references });

describe("management", () => {
  test.each<[string, PlanResource, string, string]>([
    ["managed", instance({ engine: "mysql", manage_master_user_password: true }), "PASS", "managed"],
    ["not set", instance({ engine: "mysql", manage_master_user_password: null }), "NON_COMPLIANT", "unmanaged"],
    ["no change", instance({ engine: "mysql" }, { actions: ["no-op"] }), "NON_COMPLIANT", "unmanaged"],
    ["updated", instance({ engine: "mysql" }, { actions: ["update"] }), "NON_COMPLIANT", "unmanaged"],
    ["replaced", instance({ engine: "mysql" }, { actions: ["delete", "create"] }), "NON_COMPLIANT", "unmanaged"],
    [
      "known after apply",
      instance(
        { engine: "mysql" },
        { unknown: { manage_master_user_password: true }, expressions: { manage_master_user_password: refers("x.y") } },
      ),
      "INSUFFICIENT_DATA",
      "unmanaged",
    ],
    ["read replica", instance({ engine: "mysql", replicate_source_db: "a" }), "PASS", "read-replica"],
    [
      "read replica of a new database",
      instance(
        { engine: "mysql" },
        {
          unknown: { replicate_source_db: true },
          expressions: { replicate_source_db: refers("aws_db_instance.a.arn", "aws_db_instance.a") },
        },
      ),
      "PASS",
      "read-replica",
    ],
    ["RDS Custom", instance({ engine: "custom-oracle-ee" }), "PASS", "rds-custom"],
    [
      "cluster",
      cluster(
        { engine: "aurora-mysql" },
        { unknown: { global_cluster_identifier: true, replication_source_identifier: true } },
      ),
      "NON_COMPLIANT",
      "unmanaged",
    ],
    ["cluster, managed", cluster({ engine: "aurora-mysql", manage_master_user_password: true }), "PASS", "managed"],
    ["Serverless v1", cluster({ engine: "aurora-mysql", engine_mode: "serverless" }), "PASS", "serverless-v1"],
    ["global database", cluster({ engine: "aurora-mysql", global_cluster_identifier: "g" }), "PASS", "global-database"],
    [
      "replica cluster",
      cluster({ engine: "aurora-mysql", replication_source_identifier: "arn" }),
      "PASS",
      "replica-cluster",
    ],
    [
      "cluster member",
      {
        type: "aws_rds_cluster_instance",
        name: "db",
        after: { engine: "aurora-mysql" },
        unknown: { cluster_identifier: true },
        expressions: { cluster_identifier: refers("aws_rds_cluster.c.id") },
      },
      "PASS",
      "cluster-member",
    ],
  ])("%s", (_, resource, verdict, management) => {
    const report = check([resource]);
    const name = `${resource.type}.${resource.name}`;
    expect([verdictOn(report, name), classOf(report, name)]).toEqual([verdict, management]);
    expect(reportSchema.safeParse(report).success).toBe(true);
  });

  test.each([[["delete"]], [["read"]], [["forget"]]])("%j is no finding", (actions) => {
    expect(check([instance(null, { actions })]).databases).toEqual([]);
  });

  test("a data source is no database", () => {
    expect(check([instance({}, { mode: "data" })]).databases).toEqual([]);
  });

  test("a cluster that a global cluster names", () => {
    const global: PlanResource = {
      type: "aws_rds_global_cluster",
      name: "g",
      after: {},
      expressions: { source_db_cluster_identifier: refers("aws_rds_cluster.db.arn", "aws_rds_cluster.db") },
    };
    expect(classOf(check([cluster({ engine: "aurora-mysql" }), global]), "aws_rds_cluster.db")).toBe("global-database");
  });

  test("a replica blocks management of its source, and is named", () => {
    const replica = {
      ...instance({ engine: "mysql" }),
      name: "replica",
      unknown: { replicate_source_db: true },
      expressions: { replicate_source_db: refers("aws_db_instance.db.identifier", address) },
    };
    expect(check([instance({ engine: "mysql" }), replica]).findings[0]?.remediation).toContain(
      "so aws_db_instance.replica cannot be created",
    );
  });
});

describe("modules", () => {
  const inModule = (expressions: object, call: object) => ({
    ...aPlan([]),
    resource_changes: [
      {
        address: 'module.rds["a.b"].module.db[0].aws_db_instance.this',
        module_address: 'module.rds["a.b"].module.db[0]',
        mode: "managed",
        type: "aws_db_instance",
        name: "this",
        change: { actions: ["create"], after: { engine: "mysql", password: "hunter2hunter2" }, after_unknown: {} },
      },
    ],
    configuration: {
      root_module: {
        module_calls: {
          rds: {
            expressions: call,
            module: {
              module_calls: {
                db: {
                  expressions: { password: refers("var.password") },
                  module: { resources: [{ type: "aws_db_instance", name: "this", expressions }] },
                },
              },
            },
          },
        },
      },
    },
  });
  const name = 'module.rds["a.b"].module.db[0].aws_db_instance.this';
  const messageOf = (plan: object) =>
    checkText(JSON.stringify(plan)).findings.find(({ rule }) => rule === "password-not-in-template")?.message;

  test("a resource of nested modules is judged by its address", () => {
    const plan = inModule({}, {});
    expect(verdictOn(checkText(JSON.stringify(plan)), name)).toBe("NON_COMPLIANT");
  });

  test("a password is followed through the variables of modules", () => {
    const plan = inModule(
      { password: refers("var.password") },
      { password: refers("random_password.db.result", "random_password.db") },
    );
    expect(messageOf(plan)).toBe(
      `Terraform stores the master password of DB instance ${name} in its plan and state in plain text, from random_password.db.result.`,
    );
  });

  test("a constant that a module is given is written in plain text", () => {
    const plan = inModule({ password: refers("var.password") }, { password: { constant_value: "hunter2hunter2" } });
    expect(messageOf(plan)).toBe(`The master password of DB instance ${name} is written in plain text.`);
  });
});

describe("passwords", () => {
  const rule = "password-not-in-template";
  const variables = { db_password: { default: "hunter2hunter2" }, other: {} };
  const withVariables = (resource: PlanResource) => {
    const plan = aPlan([resource]);
    return { ...plan, configuration: { root_module: { ...plan.configuration.root_module, variables } } };
  };
  const after = { engine: "mysql", password: "hunter2hunter2" };
  test.each<[string, PlanResource, string | undefined]>([
    [
      "written",
      instance(after, { expressions: { password: { constant_value: "hunter2hunter2" } } }),
      "is written in plain text",
    ],
    [
      "the default of a variable",
      instance(after, { expressions: { password: refers("var.db_password") } }),
      "is the default of var.db_password",
    ],
    ["a variable", instance(after, { expressions: { password: refers("var.other") } }), "from var.other."],
    [
      "random_password",
      instance(
        { engine: "mysql" },
        {
          unknown: { password: true },
          expressions: { password: refers("random_password.p.result", "random_password.p") },
        },
      ),
      "from random_password.p.result.",
    ],
    [
      "a secret",
      instance(after, { expressions: { password: refers("data.aws_secretsmanager_secret_version.s.secret_string") } }),
      "from data.aws_secretsmanager_secret_version.s.secret_string.",
    ],
    ["without a configuration", instance(after), "in plain text."],
    [
      "write-only",
      instance({ engine: "mysql" }, { expressions: { password_wo: refers("ephemeral.random_password.p.result") } }),
      undefined,
    ],
    ["none", instance({ engine: "mysql", password: null }), undefined],
    ["of a cluster", cluster({ engine: "aurora-mysql", master_password: "hunter2hunter2" }), "in plain text."],
  ])("%s", (_, resource, message) => {
    const report = checkText(JSON.stringify(withVariables(resource)));
    const finding = report.findings.find((one) => one.rule === rule);
    if (message === undefined) expect(finding).toBeUndefined();
    else expect(finding?.message).toContain(message);
    expect(JSON.stringify(report)).not.toContain("hunter2");
  });

  test("a write-only password is not stored, and is still not managed", () => {
    const resource = instance(
      { engine: "mysql" },
      { expressions: { password_wo: refers("ephemeral.random_password.p.result") } },
    );
    expect(check([resource]).findings.map(({ message }) => message)).toEqual([
      "RDS will not manage the master password of DB instance aws_db_instance.db: manage_master_user_password is not set, and its password is a write-only argument, which Terraform does not store and RDS does not rotate.",
    ]);
    expect(check([resource]).findings[0]?.remediation).toMatch(/remove password_wo and password_wo_version\.$/);
  });
});

describe("keys and tags", () => {
  const rule = "secret-key-as-required";
  const managed = { engine: "mysql", manage_master_user_password: true };
  const argument = "master_user_secret_kms_key_id";
  const key: PlanResource = { type: "aws_kms_key", name: "k", after: {} };
  const alias: PlanResource = {
    type: "aws_kms_alias",
    name: "a",
    after: { name: "alias/prod" },
    expressions: { target_key_id: refers("aws_kms_key.k.key_id", "aws_kms_key.k") },
  };
  const byKey = instance(managed, {
    unknown: { [argument]: true },
    expressions: { [argument]: refers("aws_kms_key.k.arn", "aws_kms_key.k") },
  });
  test.each<[string, readonly PlanResource[], string, string]>([
    ["the default key", [instance(managed)], "keys: [{ require: customer-managed }]", "NON_COMPLIANT"],
    [
      "a key that the provider reports later",
      [instance(managed, { unknown: { [argument]: true } })],
      "keys: [{ require: customer-managed }]",
      "NON_COMPLIANT",
    ],
    ["a key of the plan", [byKey, key], "keys: [{ require: customer-managed }]", "PASS"],
    ["a key of the plan with the required alias", [byKey, key, alias], "keys: [{ require: alias/prod }]", "PASS"],
    [
      "a key of elsewhere",
      [instance(managed, { unknown: { [argument]: true }, expressions: { [argument]: refers("module.k.arn") } })],
      "keys: [{ require: customer-managed }]",
      "INSUFFICIENT_DATA",
    ],
    [
      "required by a tag",
      [instance({ ...managed, tags_all: { tier: "gold" } })],
      "keys: [{ match: { tags: { tier: gold } }, require: alias/prod }]",
      "NON_COMPLIANT",
    ],
    [
      "required by a tag that it does not have",
      [instance({ ...managed, tags_all: {} })],
      "keys: [{ match: { tags: { tier: gold } }, require: alias/prod }]",
      "PASS",
    ],
    [
      "required by a tag that is not known",
      [instance(managed, { unknown: { tags_all: true } })],
      "keys: [{ match: { tags: { tier: gold } }, require: alias/prod }]",
      "INSUFFICIENT_DATA",
    ],
  ])("%s", (_, resources, policy, verdict) => {
    expect(verdictOn(check(resources, policy), address, rule)).toBe(verdict);
  });

  describe("a key other than the storage's", () => {
    const policy = "keys: [{ differentFromStorage: true }]";
    const other: PlanResource = { type: "aws_kms_key", name: "j", after: {} };
    const storageBy = (...references: string[]) => ({
      ...byKey,
      unknown: { [argument]: true, kms_key_id: true },
      expressions: { ...byKey.expressions, kms_key_id: refers(...references) },
    });
    const existing = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555";
    const computed = (after: object, expressions: object = {}) =>
      instance(
        { ...managed, [argument]: existing, ...after },
        { unknown: { kms_key_id: true }, expressions: { ...expressions } },
      );
    test.each<[string, readonly PlanResource[], string]>([
      ["the same", [instance({ ...managed, [argument]: existing, kms_key_id: existing })], "NON_COMPLIANT"],
      ["the key of the plan for both", [storageBy("aws_kms_key.k.arn", "aws_kms_key.k"), key], "NON_COMPLIANT"],
      ["two keys of the plan", [storageBy("aws_kms_key.j.arn", "aws_kms_key.j"), key, other], "PASS"],
      ["two keys of elsewhere", [storageBy("module.k.arn", "module.k")], "INSUFFICIENT_DATA"],
      [
        "one of several keys of a resource",
        [
          storageBy("aws_kms_key.k[1].arn", "aws_kms_key.k[1]", "aws_kms_key.k"),
          { ...key, index: 0 },
          { ...key, index: 1 },
        ],
        "INSUFFICIENT_DATA",
      ],
      ["the default key of the storage", [computed({ storage_encrypted: true })], "PASS"],
      ["storage that is not encrypted", [computed({ storage_encrypted: false })], "PASS"],
      [
        "the key of a snapshot",
        [
          computed(
            { storage_encrypted: true, snapshot_identifier: "s" },
            { snapshot_identifier: { constant_value: "s" } },
          ),
        ],
        "INSUFFICIENT_DATA",
      ],
      [
        "the key of the source of a restore",
        [
          computed(
            { storage_encrypted: true },
            { restore_to_point_in_time: [{ source_db_instance_identifier: { constant_value: "s" } }] },
          ),
        ],
        "INSUFFICIENT_DATA",
      ],
      [
        "an existing database",
        [instance({ ...managed, [argument]: existing, kms_key_id: null, storage_encrypted: false })],
        "PASS",
      ],
    ])("%s", (_, resources, verdict) => {
      expect(verdictOn(check(resources, policy), address, rule)).toBe(verdict);
    });
  });

  test("support.iamDbAuth applies, because the provider has no argument for it", () => {
    const policy = "support: { iamDbAuth: [{ identifier: orders }] }";
    const resource = instance({ engine: "postgres", identifier: "orders", iam_database_authentication_enabled: true });
    expect(classOf(check([resource], policy), address)).toBe("iam-db-auth");
    expect(
      classOf(
        check([{ ...resource, after: { ...resource.after, iam_database_authentication_enabled: false } }], policy),
        address,
      ),
    ).toBe("unmanaged");
    expect(classOf(check([resource]), address)).toBe("unmanaged");
  });

  test("databases of the Cloud Control provider are not judged, and named", () => {
    const report = check([{ type: "awscc_rds_db_instance", name: "db", after: {} }]);
    expect(report.clean).toBe(false);
    expect(report.coverage.gaps.map(({ resource, message }) => [resource, message])).toEqual([
      [
        "awscc_rds_db_instance.db",
        "resources of the awscc provider are not read: check them after deployment with an audit",
      ],
    ]);
  });

  test("the account comes from the ARN, the Region from the resource or the provider", () => {
    const resource = instance({
      engine: "mysql",
      arn: "arn:aws:rds:eu-west-1:123456789012:db:db",
      region: "eu-west-1",
    });
    expect(check([resource]).databases[0]).toMatchObject({ account: "123456789012", region: "eu-west-1" });
    const plan = aPlan([instance({ engine: "mysql" })]);
    const provider_config = { aws: { expressions: { region: { constant_value: "us-east-1" } } } };
    const text = JSON.stringify({ ...plan, configuration: { ...plan.configuration, provider_config } });
    expect(checkText(text).databases[0]?.region).toBe("us-east-1");
  });
});

test("a plan that failed or was deferred is incomplete", () => {
  const good = instance({ engine: "mysql", manage_master_user_password: true });
  expect(checkText(JSON.stringify(aPlan([good]))).clean).toBe(true);
  expect(checkText(JSON.stringify(aPlan([good], { errored: true }))).coverage.gaps).toHaveLength(1);
  expect(checkText(JSON.stringify(aPlan([good], { complete: false }))).clean).toBe(false);
});

test("the line is that of the address", () => {
  const text = JSON.stringify(aPlan([instance({ engine: "mysql" })]), null, 2);
  const line = text.split("\n").findIndex((one) => one.includes(`"address": "${address}"`)) + 1;
  expect(line).toBeGreaterThan(1);
  expect(checkText(text).findings[0]?.location?.line).toBe(line);
});

test("a plan with thousands of databases takes time by its size, not by its square", () => {
  const many = Array.from(
    { length: 2000 },
    (_, index): PlanResource => ({
      ...instance({ engine: "mysql", padding: "x".repeat(1000) }),
      name: `db-${index}`,
      expressions: {},
    }),
  );
  const report = checkText(JSON.stringify(aPlan(many), null, 1));
  expect(report.databases).toHaveLength(2000);
  expect(new Set(report.findings.map(({ location }) => location?.line)).size).toBe(2000);
});
