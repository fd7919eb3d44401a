import { execFileSync } from "node:child_process";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { judge } from "../../lib/audit/judge.ts";
import { type ActionName, actionNames } from "../../lib/model/action.ts";
import { type ClassifiedDatabase, toggleTagKey } from "../../lib/model/database.ts";
import { type ManualStep, manualStepSchema } from "../../lib/model/plan.ts";
import type { RuleContext } from "../../lib/model/rule.ts";
import type { KeyChoice } from "../../lib/plan/choose-key.ts";
import { toManualStep } from "../../lib/plan/manual-step.ts";
import { rules } from "../../rules/index.ts";
import { masterPasswordManaged } from "../../rules/master-password-managed.ts";
import { anyClassifiedDatabase, anyContext } from "../support/arbitraries.ts";
import {
  aContext,
  account,
  aDatabase,
  aKey,
  aMasterUserSecret,
  anUnseenKey,
  aPlainCluster,
  aPolicy,
  aSecret,
  aSeenKey,
  databaseArn,
  hoursFromNow,
  keyArn,
  otherKeyArn,
  region,
  secretArn,
  seen,
  unseen,
  withSecret,
} from "../support/builders.ts";
import { deepFreeze } from "../support/deep-freeze.ts";
import { aMark } from "../support/repairs.ts";

const instance = aDatabase();
const cluster: ClassifiedDatabase = { ...aDatabase(), ...aPlainCluster({ masterUserSecret: aMasterUserSecret() }) };
const tenant = aDatabase({ kind: "tenant-database", identifier: "erp/PDB1", containerArn: "container" });
const impaired = aDatabase({ masterUserSecret: aMasterUserSecret({ status: "impaired" }) });

type Circumstances = {
  readonly database?: ClassifiedDatabase;
  readonly context?: Partial<RuleContext>;
  readonly key?: KeyChoice;
  readonly blocker?: string;
};

function stepFor(
  action: ActionName | null,
  { database = instance, context = {}, key, blocker }: Circumstances = {},
): ManualStep {
  const demand = {
    action,
    rule: masterPasswordManaged,
    database: deepFreeze(database),
    context: deepFreeze(aContext(context)),
    finding: judge(masterPasswordManaged, aDatabase({ management: "unmanaged" }), aContext(), aPolicy()),
  };
  return toManualStep(demand, "the service has no action for it", key, blocker);
}

const commandsFor = (...of: Parameters<typeof stepFor>) => stepFor(...of).awsCli;

const turnOn =
  "aws rds modify-db-instance --region eu-west-1 --db-instance-identifier orders --manage-master-user-password";
const rotate =
  "aws rds modify-db-instance --region eu-west-1 --db-instance-identifier orders --rotate-master-user-password --apply-immediately";
const turnOff = (modify: string) =>
  `${modify} --no-manage-master-user-password --master-user-password "$(aws secretsmanager get-random-password --region eu-west-1 --password-length 30 --exclude-punctuation --query RandomPassword --output text)"`;
const enableKey = (arn: string) => `aws kms enable-key --region eu-west-1 --key-id ${arn}`;
const keepKey = (arn: string) => `aws kms cancel-key-deletion --region eu-west-1 --key-id ${arn}`;

describe("a manual step", () => {
  test("names the finding, the database, the reason and what to do", () => {
    expect(stepFor("enable", { database: aDatabase({ management: "unmanaged" }) })).toEqual({
      finding: `master-password-managed/${databaseArn}`,
      database: { arn: databaseArn, kind: "instance", identifier: "orders", resourceId: "db-ORDERS", account, region },
      rule: "master-password-managed",
      reason: "the service has no action for it",
      what: `Warn users of the master login, then enable RDS-managed passwords: ${turnOn}`,
      awsCli: [turnOn],
      cloudFormation: "ManageMasterUserPassword: true # instead of MasterUserPassword",
      terraform: "manage_master_user_password = true # instead of password",
    });
  });

  test("has no commands while a manual blocker remains", () => {
    const { awsCli } = stepFor("toggle");
    expect(awsCli).not.toEqual([]);
    expect(stepFor("toggle", { blocker: "RDS Proxy web logs in with the secret" })).toMatchObject({
      reason: "the service has no action for it",
      what: "Do not make this change by hand either until this is resolved: RDS Proxy web logs in with the secret.",
      awsCli: [],
      cloudFormation: null,
      terraform: null,
    });
  });

  const taggedAt = (startedAt: string, status = "active") =>
    aDatabase({
      tags: { [toggleTagKey]: aMark({ startedAt }) },
      masterUserSecret: aMasterUserSecret({ status }),
    });

  test.each<[string, ClassifiedDatabase, Partial<RuleContext>]>([
    [
      "its secret is the old one, which RDS may delete",
      taggedAt(hoursFromNow(-1)),
      withSecret({ createdAt: hoursFromNow(-2) }),
    ],
    ["the age of its secret is unknown", taggedAt(hoursFromNow(-1)), withSecret({ createdAt: null })],
    ["its secret was not read", taggedAt(hoursFromNow(-1)), { secret: unseen() }],
    [
      "RDS is still filling its secret",
      taggedAt(hoursFromNow(-2), "creating"),
      withSecret({ createdAt: hoursFromNow(-1) }),
    ],
    [
      "its tag has another format",
      aDatabase({ tags: { [toggleTagKey]: "by hand" } }),
      withSecret({ createdAt: hoursFromNow(-1) }),
    ],
  ])("does not remove the tag if %s", (_, database, context) => {
    expect(commandsFor("finish-interrupted", { database, context })).toEqual([]);
  });

  test("removes the tag if management is on again", () => {
    const database = taggedAt(hoursFromNow(-2));
    const context = withSecret({ createdAt: hoursFromNow(-1) });
    expect(stepFor("finish-interrupted", { database, context })).toMatchObject({
      awsCli: [
        `aws rds remove-tags-from-resource --region eu-west-1 --resource-name ${databaseArn} --tag-keys rds-password-audit:toggle`,
      ],
      cloudFormation: null,
      terraform: null,
    });
  });

  test("shows the message if there is no remedy", () => {
    const finding = judge(masterPasswordManaged, instance, aContext(), aPolicy());
    const demand = { action: null, rule: masterPasswordManaged, database: instance, context: aContext(), finding };
    expect(toManualStep(demand, "why").what).toBe("RDS manages the master password of DB instance orders.");
  });
});

describe("turning management on", () => {
  const withKey: KeyChoice = { reference: keyArn, key: seen(aKey()) };

  test.each(["enable", "finish-interrupted"] as const)("with a key: %s", (action) => {
    const database = aDatabase({ management: "unmanaged", masterUserSecret: null });
    expect(stepFor(action, { database, key: withKey })).toMatchObject({
      awsCli: [`${turnOn} --master-user-secret-kms-key-id ${keyArn}`],
      cloudFormation: `ManageMasterUserPassword: true # instead of MasterUserPassword\nMasterUserSecret:\n  KmsKeyId: ${keyArn}`,
      terraform: `manage_master_user_password = true # instead of password\nmaster_user_secret_kms_key_id = "${keyArn}"`,
    });
  });

  test("enables the key first", () => {
    const chosen = (state: string): KeyChoice => ({ reference: keyArn, key: seen(aKey({ state })) });
    const on = `${turnOn} --master-user-secret-kms-key-id ${keyArn}`;
    expect(commandsFor("enable", { key: chosen("Disabled") })).toEqual([enableKey(keyArn), on]);
    expect(commandsFor("enable", { key: chosen("PendingDeletion") })).toEqual([keepKey(keyArn), enableKey(keyArn), on]);
    expect(commandsFor("enable", { key: chosen("Unavailable") })).toEqual([on]);
    expect(commandsFor("enable", { key: { reference: keyArn, key: seen<never>(null) } })).toEqual([on]);
    expect(commandsFor("enable", { key: { reference: keyArn, key: unseen() } })).toEqual([on]);
  });

  test("of a cluster uses Terraform's name of its password", () => {
    expect(stepFor("enable", { database: cluster })).toMatchObject({
      awsCli: [
        "aws rds modify-db-cluster --region eu-west-1 --db-cluster-identifier ledger --manage-master-user-password",
      ],
      terraform: "manage_master_user_password = true # instead of master_password",
    });
  });

  test("of a tenant database has no CloudFormation and no Terraform", () => {
    expect(stepFor("enable", { database: tenant })).toMatchObject({
      awsCli: [
        "aws rds modify-tenant-database --region eu-west-1 --db-instance-identifier erp --tenant-db-name PDB1 --manage-master-user-password",
      ],
      cloudFormation: null,
      terraform: null,
    });
  });
});

describe("turning management off and on", () => {
  const until = (list: string, item: string, status: string) =>
    `until [ "$(aws rds ${list} --query '${item}.MasterUserSecret.SecretArn || ${item}.${status}' --output text)" = available ]; do sleep 15; done`;

  test.each([
    [
      instance,
      "aws rds modify-db-instance --region eu-west-1 --db-instance-identifier orders",
      until(
        "describe-db-instances --region eu-west-1 --db-instance-identifier orders",
        "DBInstances[0]",
        "DBInstanceStatus",
      ),
    ],
    [
      cluster,
      "aws rds modify-db-cluster --region eu-west-1 --db-cluster-identifier ledger",
      until("describe-db-clusters --region eu-west-1 --db-cluster-identifier ledger", "DBClusters[0]", "Status"),
    ],
    [
      tenant,
      "aws rds modify-tenant-database --region eu-west-1 --db-instance-identifier erp --tenant-db-name PDB1",
      until(
        "describe-tenant-databases --region eu-west-1 --db-instance-identifier erp --tenant-db-name PDB1",
        "TenantDatabases[0]",
        "Status",
      ),
    ],
  ])("off, wait, on: $kind", (database, modify, wait) => {
    const key: KeyChoice = { reference: keyArn, key: seen(aKey()) };
    expect(commandsFor("toggle", { database, key })).toEqual([
      turnOff(modify),
      wait,
      `${modify} --manage-master-user-password --master-user-secret-kms-key-id ${keyArn}`,
    ]);
  });

  test("has CloudFormation and Terraform", () => {
    expect(stepFor("toggle")).toMatchObject({
      cloudFormation: expect.stringContaining("ManageMasterUserPassword: true"),
      terraform: expect.stringContaining("manage_master_user_password = true"),
    });
  });

  test("enables the key and ends the replication first", () => {
    const key: KeyChoice = { reference: otherKeyArn, key: seen(aKey({ arn: otherKeyArn, state: "Disabled" })) };
    const context = withSecret({ replicaRegions: ["us-east-1", "us-west-2"] });
    expect(commandsFor("toggle", { key, context }).slice(0, 3)).toEqual([
      enableKey(otherKeyArn),
      `aws secretsmanager remove-regions-from-replication --region eu-west-1 --secret-id '${secretArn}' --remove-replica-regions us-east-1 us-west-2`,
      expect.stringContaining("--no-manage-master-user-password"),
    ]);
  });

  test.each([
    ["is not replicated", seen(aSecret({ replicaRegions: [] }))],
    ["may be replicated", seen(aSecret({ replicaRegions: null }))],
    ["does not exist", seen<never>(null)],
    ["was not read", unseen()],
  ])("ends no replication if the secret %s", (_, secret) => {
    expect(commandsFor("toggle", { context: { secret } })).toHaveLength(3);
  });

  test("ignores the present key", () => {
    expect(commandsFor("toggle", { context: { rdsKey: aSeenKey({ state: "Disabled" }) } })).toHaveLength(3);
  });
});

describe("rotating", () => {
  test("an instance and a cluster immediately", () => {
    expect(stepFor("rotate")).toMatchObject({ awsCli: [rotate], cloudFormation: null, terraform: null });
    expect(commandsFor("rotate", { database: cluster })).toEqual([
      "aws rds modify-db-cluster --region eu-west-1 --db-cluster-identifier ledger --rotate-master-user-password --apply-immediately",
    ]);
  });

  test("a tenant database without --apply-immediately", () => {
    expect(commandsFor("rotate", { database: tenant })).toEqual([
      "aws rds modify-tenant-database --region eu-west-1 --db-instance-identifier erp --tenant-db-name PDB1 --rotate-master-user-password",
    ]);
  });

  test("enables the key first", () => {
    const context = { rdsKey: aSeenKey({ state: "Disabled" }), secretKey: aSeenKey({ state: "Disabled" }) };
    expect(commandsFor("rotate", { context })).toEqual([enableKey(keyArn), rotate]);
  });
});

describe("turning rotation on again", () => {
  test("every seven days, without rotating now", () => {
    expect(stepFor("schedule-rotation")).toMatchObject({
      awsCli: [
        `aws secretsmanager rotate-secret --region eu-west-1 --secret-id '${secretArn}' --rotation-rules AutomaticallyAfterDays=7 --no-rotate-immediately`,
      ],
      cloudFormation: null,
      terraform: `resource "aws_secretsmanager_secret_rotation" "master_password" {
  secret_id          = "${secretArn}"
  rotate_immediately = false

  rotation_rules {
    automatically_after_days = 7
  }
}`,
    });
  });

  test("fails for a secret that RDS does not name", () => {
    const database = aDatabase({ masterUserSecret: aMasterUserSecret({ secretArn: null }) });
    expect(commandsFor("schedule-rotation", { database })[0]).toContain("--secret-id '' --rotation-rules");
  });

  test("enables the key first", () => {
    const context = { secretKey: aSeenKey({ arn: otherKeyArn, state: "PendingDeletion" }) };
    expect(commandsFor("schedule-rotation", { context }).slice(0, 2)).toEqual([
      keepKey(otherKeyArn),
      enableKey(otherKeyArn),
    ]);
  });
});

describe("a finding without an action", () => {
  test("enables a disabled key, then rotates an impaired secret", () => {
    const context = { rdsKey: aSeenKey({ state: "Disabled" }) };
    expect(stepFor(null, { context })).toMatchObject({
      awsCli: [enableKey(keyArn)],
      cloudFormation: null,
      terraform: null,
    });
    expect(commandsFor(null, { context, database: impaired })).toEqual([enableKey(keyArn), rotate]);
  });

  test("enables both keys if RDS and Secrets Manager report different ones", () => {
    const context = {
      rdsKey: aSeenKey({ state: "PendingDeletion" }),
      secretKey: aSeenKey({ arn: otherKeyArn, state: "Disabled" }),
    };
    expect(commandsFor(null, { context })).toEqual([keepKey(keyArn), enableKey(keyArn), enableKey(otherKeyArn)]);
  });

  test("restores a secret that is scheduled for deletion first", () => {
    const context = withSecret({ deletedAt: hoursFromNow(-1) }, { rdsKey: aSeenKey({ state: "Disabled" }) });
    expect(commandsFor(null, { context, database: impaired })).toEqual([
      `aws secretsmanager restore-secret --region eu-west-1 --secret-id '${secretArn}'`,
      enableKey(keyArn),
      rotate,
    ]);
  });

  test.each<[string, Partial<RuleContext>]>([
    ["key and secret are healthy", {}],
    ["the key must be repaired elsewhere", { rdsKey: aSeenKey({ state: "PendingImport" }) }],
    ["the key was not read", { rdsKey: anUnseenKey() }],
    ["the key does not exist", { rdsKey: { arn: seen(keyArn), key: seen<never>(null) } }],
    ["the secret was not read", { secret: unseen() }],
    ["the secret does not exist", { secret: seen<never>(null) }],
  ])("has no command if %s", (_, context) => {
    expect(commandsFor(null, { context, database: impaired })).toEqual([]);
  });
});

/** What a shell makes of commands: the arguments of each call of `aws`, and what is printed else. */
function runInShell(commands: readonly string[]): string[][] {
  // Answers as the AWS CLI would: with a password, and with a database whose secret is gone.
  const script = String.raw`
    exec 3>&1 >/dev/null
    aws() {
      { printf 'call\0'; printf '%s\0' "$@"; } >&3
      case "$2" in get-random-password) printf '%s\n' 'Pw1*$(exit)';; describe-*) printf '%s\n' available;; esac
    }`;
  const output = execFileSync("sh", ["-euc", [script, ...commands].join("\n")], { encoding: "utf8" });
  return output
    .split("call\0")
    .slice(1)
    .map((call) => call.split("\0").slice(0, -1));
}

describe("in a shell", () => {
  test("passes the password between calls and into no command", () => {
    const commands = commandsFor("toggle", { key: { reference: keyArn, key: seen(aKey()) } });
    const calls = runInShell(commands);
    expect(calls.map(([service, operation]) => `${service} ${operation}`)).toEqual([
      "secretsmanager get-random-password",
      "rds modify-db-instance",
      "rds describe-db-instances",
      "rds modify-db-instance",
    ]);
    expect(calls[1]?.slice(-3)).toEqual(["--no-manage-master-user-password", "--master-user-password", "Pw1*$(exit)"]);
    expect(calls[2]).toContain("DBInstances[0].MasterUserSecret.SecretArn || DBInstances[0].DBInstanceStatus");
    expect(calls[3]?.slice(-3)).toEqual(["--manage-master-user-password", "--master-user-secret-kms-key-id", keyArn]);
  });

  test("takes the name of a secret literally", () => {
    expect(runInShell(commandsFor("schedule-rotation"))[0]).toContain(secretArn);
    const odd = `${secretArn}'"; exit 4 #`;
    const context = withSecret({ arn: odd, deletedAt: hoursFromNow(-1) });
    expect(runInShell(commandsFor(null, { context }))[0]).toContain(odd);
  });

  test("reads all commands for all databases", () => {
    const context = withSecret(
      { deletedAt: hoursFromNow(-1), replicaRegions: ["us-east-1"] },
      { rdsKey: aSeenKey({ state: "PendingDeletion" }), secretKey: aSeenKey({ arn: otherKeyArn, state: "Disabled" }) },
    );
    const commands = [null, ...actionNames].flatMap((action) =>
      [instance, cluster, tenant, impaired].flatMap((database) =>
        [{ reference: null } as const, { reference: keyArn, key: seen(aKey({ state: "Disabled" })) } as const].flatMap(
          (key) => commandsFor(action, { database, context, key }),
        ),
      ),
    );
    expect(commands.length).toBeGreaterThan(60);
    for (const command of commands) expect(command).not.toMatch(/undefined|null|\n/);
    expect(() => execFileSync("sh", ["-n", "-c", commands.join("\n")], { stdio: "pipe" })).not.toThrow();
  });
});

test("has one valid step for every action on arbitrary input", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(null, ...actionNames),
      fc.constantFrom(...rules),
      anyClassifiedDatabase,
      anyContext,
      (action, rule, database, context) => {
        const finding = judge(rule, database, context, aPolicy());
        const step = toManualStep(deepFreeze({ action, rule, database, context, finding }), "why");
        expect(manualStepSchema.parse(step)).toEqual(step);
      },
    ),
  );
});
