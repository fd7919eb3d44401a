import { execFileSync } from "node:child_process";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  enableKeyCommand,
  keepKeyCommand,
  modifyCommand,
  quote,
  restoreSecretCommand,
  rotateCommand,
  scheduleCommand,
  showKeyPolicyCommand,
  showResourcePolicyCommand,
  showSecretCommand,
  startCommand,
  turnOffCommand,
  turnOnCommand,
  unreplicateCommand,
  untagCommand,
  untilOffCommand,
} from "../../lib/model/aws-cli.ts";
import { aPlainCluster, aPlainDatabase } from "../support/builders.ts";

const instance = aPlainDatabase();
const cluster = aPlainCluster();
const tenant = aPlainDatabase({ kind: "tenant-database", identifier: "erp/PDB1" });
const here = { region: "eu-west-1" };

describe("a word in a shell", () => {
  test.each([
    ["a name", "orders", "orders"],
    ["an ARN", "arn:aws:rds:eu-west-1:123456789012:db:orders", "arn:aws:rds:eu-west-1:123456789012:db:orders"],
    ["what a history would expand", "rds!db-1", "'rds!db-1'"],
    ["another command", "a; b $(c)", "'a; b $(c)'"],
    ["a quote", "it's", "'it'\\''s'"],
    ["nothing", "", "''"],
  ])("%s", (_, word, quoted) => expect(quote(word)).toBe(quoted));

  test("is taken literally, whatever it is", () => {
    const words = fc.sample(fc.string({ unit: "grapheme-ascii" }), { numRuns: 200, seed: 1 });
    const odd = [
      ...words,
      "$(exit 5)",
      "`exit 5`",
      "a b",
      "a\nb",
      "it's",
      "!!",
      "*",
      "~",
      "#",
      "'",
      "''",
      "\\",
      "{a,b}",
    ];
    const output = execFileSync("sh", ["-euc", `printf '%s\\0' ${odd.map(quote).join(" ")}`], { encoding: "utf8" });
    expect(output.split("\0").slice(0, -1)).toEqual(odd);
  });
});

describe.each([
  {
    database: instance,
    modify: "aws rds modify-db-instance --region eu-west-1 --db-instance-identifier orders",
    show: "aws rds describe-db-instances --region eu-west-1 --db-instance-identifier orders",
    rotate: "--rotate-master-user-password --apply-immediately",
    list: "DBInstances",
    status: "DBInstanceStatus",
  },
  {
    database: cluster,
    modify: "aws rds modify-db-cluster --region eu-west-1 --db-cluster-identifier ledger",
    show: "aws rds describe-db-clusters --region eu-west-1 --db-cluster-identifier ledger",
    rotate: "--rotate-master-user-password --apply-immediately",
    list: "DBClusters",
    status: "Status",
  },
  {
    database: tenant,
    modify: "aws rds modify-tenant-database --region eu-west-1 --db-instance-identifier erp --tenant-db-name PDB1",
    show: "aws rds describe-tenant-databases --region eu-west-1 --db-instance-identifier erp --tenant-db-name PDB1",
    rotate: "--rotate-master-user-password",
    list: "TenantDatabases",
    status: "Status",
  },
])("the AWS CLI and a database: $database.kind", ({ database, modify, show, rotate, list, status }) => {
  test("is modified, and rotated as its kind allows", () => {
    expect(modifyCommand(database)).toBe(modify);
    expect(rotateCommand(database)).toBe(`${modify} ${rotate}`);
  });

  test("is started by its container if it is a tenant database", () => {
    const server = modify
      .replace(/modify-(tenant-database|db-instance)/, "start-db-instance")
      .replace("modify-", "start-");
    expect(startCommand(database)).toBe(server.replace(/ --tenant-db-name .*/, ""));
  });

  test("is turned on with the default key, or with one that may be any word", () => {
    expect(turnOnCommand(database, null)).toBe(`${modify} --manage-master-user-password`);
    expect(turnOnCommand(database, "alias/my key")).toBe(
      `${modify} --manage-master-user-password --master-user-secret-kms-key-id 'alias/my key'`,
    );
  });

  test("is turned off with a password that nobody sees", () => {
    expect(turnOffCommand(database)).toBe(
      `${modify} --no-manage-master-user-password --master-user-password "$(aws secretsmanager get-random-password --region eu-west-1 --password-length 30 --exclude-punctuation --query RandomPassword --output text)"`,
    );
  });

  test("shows its secret, and is waited for until it has none", () => {
    expect(showSecretCommand(database)).toBe(`${show} --query '${list}[0].MasterUserSecret' --output json`);
    expect(untilOffCommand(database)).toBe(
      `until [ "$(${show} --query '${list}[0].MasterUserSecret.SecretArn || ${list}[0].${status}' --output text)" = available ]; do sleep 15; done`,
    );
  });
});

test("the tag of a repair is taken off with one command", () => {
  expect(untagCommand({ ...here, arn: "arn:aws:rds:eu-west-1:123456789012:db:orders" })).toBe(
    "aws rds remove-tags-from-resource --region eu-west-1 --resource-name arn:aws:rds:eu-west-1:123456789012:db:orders --tag-keys rds-password-audit:toggle",
  );
});

test("secrets and keys are named as a shell takes them", () => {
  const arn = "rds!db-1";
  expect([
    scheduleCommand(here, arn),
    restoreSecretCommand(here, { arn }),
    unreplicateCommand(here, { arn }, ["us-east-1", "us-west-2"]),
    enableKeyCommand(here, { arn }),
    keepKeyCommand(here, { arn }),
    showKeyPolicyCommand(here, arn),
    showResourcePolicyCommand(here, arn),
  ]).toEqual([
    "aws secretsmanager rotate-secret --region eu-west-1 --secret-id 'rds!db-1' --rotation-rules AutomaticallyAfterDays=7 --no-rotate-immediately",
    "aws secretsmanager restore-secret --region eu-west-1 --secret-id 'rds!db-1'",
    "aws secretsmanager remove-regions-from-replication --region eu-west-1 --secret-id 'rds!db-1' --remove-replica-regions us-east-1 us-west-2",
    "aws kms enable-key --region eu-west-1 --key-id 'rds!db-1'",
    "aws kms cancel-key-deletion --region eu-west-1 --key-id 'rds!db-1'",
    "aws kms get-key-policy --region eu-west-1 --key-id 'rds!db-1' --query Policy --output text",
    "aws secretsmanager get-resource-policy --region eu-west-1 --secret-id 'rds!db-1' --query ResourcePolicy --output text",
  ]);
});
