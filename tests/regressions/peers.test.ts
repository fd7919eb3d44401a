import { describe, expect, test } from "@jest/globals";
import { assembleReport } from "../../lib/audit/assemble-report.ts";
import type { Database } from "../../lib/model/database.ts";
import type { Target } from "../../lib/model/inventory.ts";
import type { Policy } from "../../lib/model/policy.ts";
import { rules } from "../../rules/index.ts";
import {
  account,
  aGap,
  aKey,
  aMasterUserSecret,
  anInventory,
  aPlainCluster,
  aPlainDatabase,
  aPolicy,
  aSchedule,
  aSecret,
  aTarget,
  databaseArn,
  keyArn,
  now,
  otherKeyArn,
  region,
  secretArn,
} from "../support/builders.ts";

const noStart = { databaseArn, startedAt: null };

/** Audits one Region with all rules, as the program does. */
function audit(target: Partial<Target>, policy: Partial<Policy> = {}) {
  const inventory = anInventory({
    targets: [aTarget({ globalClusterMembers: [], blueGreenDeployments: [], starts: [noStart], ...target })],
  });
  return assembleReport(inventory, { policy: aPolicy(policy), rules, generatedAt: now, version: "0" });
}

/** The findings as `rule status`; empty if there are none. */
const findingsOf = (...args: Parameters<typeof audit>) =>
  audit(...args).findings.map(({ rule, status }) => `${rule} ${status}`);
const withSecret = (overrides: Partial<ReturnType<typeof aSecret>>): Partial<Target> => ({
  secrets: [aSecret(overrides)],
});
const rotating = (automaticallyAfterDays: number | null, scheduleExpression: string | null = null) =>
  withSecret({ rotationRules: aSchedule({ automaticallyAfterDays, scheduleExpression }) });
const managed = (overrides: Partial<Database> = {}) =>
  aPlainDatabase({ masterUserSecret: aMasterUserSecret(), ...overrides });
const tooLong = ["rotation-interval-within-limit NON_COMPLIANT"];

describe("mistakes of peers about managed secrets (peers.md, section 4)", () => {
  test("CloudSploit secretRotationEnabled: a 7-day schedule fails and a 365-day one passes; here it is the reverse", () => {
    expect(findingsOf(rotating(7))).toEqual([]);
    expect(findingsOf(rotating(365))).toEqual(tooLong);
  });

  test("CloudSploit secretRotationEnabled: ScheduleExpression is ignored; here it overrides the days", () => {
    expect(findingsOf(rotating(7, "rate(365 days)"))).toEqual(tooLong);
    expect(findingsOf(rotating(365, "rate(7 days)"))).toEqual([]);
  });

  test("Powerpipe automatic_rotation_lambda_enabled: alarms without a Lambda function; managed rotation has none and is on", () => {
    expect(Object.keys(aSecret())).not.toContain("rotationLambdaArn");
    expect(findingsOf({})).toEqual([]);
  });

  test("Powerpipe automatic_rotation_enabled: canceled rotation still shows its rules and passes; here RotationEnabled decides", () => {
    const cancelled = { rotationEnabled: false, nextRotationAt: null };
    expect(findingsOf(withSecret(cancelled))).toEqual(["rotation-enabled NON_COMPLIANT"]);
  });

  test("Powerpipe rotated_as_scheduled: cron and rate schedules get no status; here they are evaluated", () => {
    const late = { nextRotationAt: "2026-11-20T00:00:00.000Z" };
    for (const scheduleExpression of ["cron(0 8 1 * ? *)", "rate(10 days)"])
      expect(findingsOf(withSecret({ ...late, rotationRules: aSchedule({ scheduleExpression }) }))).toEqual([
        "rotation-on-schedule NON_COMPLIANT",
      ]);
  });

  test("Powerpipe encrypted_with_kms_cmk: an omitted key counts as not encrypted; here it is aws/secretsmanager and consistent", () => {
    const target = { ...withSecret({ kmsKeyId: null }), keys: [{ reference: keyArn, key: aKey({ manager: "AWS" }) }] };
    expect(findingsOf(target)).toEqual([]);
    expect(findingsOf(target, { keys: [{ match: {}, require: ["aws-managed"] }] })).toEqual([]);
  });

  test("Checkov CKV_AWS_304: any cron passes; here a yearly one is too long", () => {
    expect(findingsOf(rotating(null, "cron(0 8 1 1 ? *)"))).toEqual(tooLong);
    expect(findingsOf(rotating(null, "cron(0 8 1,15 1 ? *)"))).toEqual(tooLong);
    expect(findingsOf(rotating(null, "cron(0 8 1 * ? *)"))).toEqual([]);
  });

  test("Stave NOSECRET: IAM authentication exempts; here it does not, because the master password remains", () => {
    for (const engine of ["postgres", "mysql"])
      expect(findingsOf({ databases: [aPlainDatabase({ engine, iamAuthentication: true })] })).toEqual([
        "master-password-managed NON_COMPLIANT",
      ]);
  });

  test("ASR SecretsManager.3: can delete a secret that a service owns; here no remedy deletes one", () => {
    const texts = rules.flatMap(({ messages }) =>
      Object.values(messages).map((message) => ("remedy" in message ? message.remedy : "")),
    );
    expect(texts.filter((text) => /delete-secret|DeleteSecret/.test(text))).toEqual([]);
  });
});

describe("problems in the field (peers.md, section 6)", () => {
  test("2, unexpected rotation after 7 days (terraform-aws-rds#527): the message has the next date", () => {
    const [overdue] = audit(withSecret({ nextRotationAt: "2026-11-20T00:00:00.000Z" })).findings;
    expect(overdue?.evidence).toMatchObject({ nextRotationAt: "2026-11-20T00:00:00.000Z" });
  });

  test("3, rotation is often turned off (tf#49659): that is a separate finding and can be exempt for a time", () => {
    const off = withSecret({ rotationEnabled: false });
    const exemption = { match: { identifier: ["orders"] }, rules: ["rotation-enabled"], owner: "ann", reason: "cache" };
    const [active] = audit(off, { exemptions: [{ ...exemption, until: "2026-12-31" }] }).findings;
    expect(active).toMatchObject({ rule: "rotation-enabled", exemption: { owner: "ann" } });
    const [ended] = audit(off, { exemptions: [{ ...exemption, until: "2026-11-23" }] }).findings;
    expect(ended).toMatchObject({ exemption: null, endedExemption: { until: "2026-11-23" } });
  });

  test("4, Terraform's state says managed and AWS does not (tf#31509): AWS's answer counts", () => {
    const restored = aPlainDatabase({ tags: { manage_master_user_password: "true" } });
    expect(findingsOf({ databases: [restored] })).toEqual(["master-password-managed NON_COMPLIANT"]);
  });

  test("5, a restored copy reports a ghost (tf PR #48901): a missing, foreign or unowned secret is found", () => {
    const found = ["secret-belongs-to-database NON_COMPLIANT"];
    expect(findingsOf({ secrets: [] })).toEqual(found);
    expect(findingsOf({ missingSecrets: [secretArn] })).toEqual(found);
    expect(findingsOf(withSecret({ primaryArns: [databaseArn.replace("orders", "source")] }))).toEqual(found);
    expect(findingsOf(withSecret({ owningService: null }))).toEqual(found);
    expect(findingsOf(withSecret({ deletedAt: "2026-11-23T00:00:00.000Z" }))).toEqual(found);
  });

  test("6, the key is changed in Secrets Manager and RDS still reports the old one (tf#41817): both are compared with the policy", () => {
    const target = {
      ...withSecret({ kmsKeyId: otherKeyArn }),
      keys: [
        { reference: keyArn, key: aKey() },
        { reference: otherKeyArn, key: aKey({ arn: otherKeyArn }) },
      ],
    };
    expect(findingsOf(target)).toEqual(["secret-key-consistent NON_COMPLIANT"]);
    const [required] = audit(target, { keys: [{ match: {}, require: [keyArn] }] }).findings;
    expect(required).toMatchObject({ rule: "secret-key-as-required", status: "NON_COMPLIANT" });
    expect(required?.message).toContain(
      `Secrets Manager encrypts the secret of DB instance orders with ${otherKeyArn}`,
    );
  });

  test("6, the key cannot be changed (tf#41795): the remedy is to turn management off and on", () => {
    const [finding] = audit({}, { keys: [{ match: {}, require: [otherKeyArn] }] }).findings;
    expect(finding?.remediation).toMatch(
      /^Turn management off and on with the required key\. This changes the secret's ARN/,
    );
  });

  test("9, blue/green fails while managed (tf#46544): an unmanaged database in an open deployment is not a violation, with the reason", () => {
    const blueGreenDeployments = [{ source: databaseArn, target: null, status: "AVAILABLE" }];
    const report = audit({ databases: [aPlainDatabase()], blueGreenDeployments });
    expect([report.findings, report.databases[0]?.reason]).toEqual([[], "blue-green-deployment"]);
  });

  test("10, secondaries of a global database (tf#31706): a reason, not a permanent violation", () => {
    const cluster = aPlainCluster({ globalClusterIdentifier: "world" });
    const report = audit({ databases: [cluster] });
    expect([report.findings, report.databases[0]?.reason]).toEqual([[], "global-database"]);
  });

  test.each(["ThrottlingException", "AccessDeniedException"])(
    "20, %s is read as not found or swallowed (sensu-plugins-aws#101, Prowler): nothing is clean, and nothing is called missing",
    (code) => {
      const report = audit({ secrets: [], gaps: [aGap({ code })] });
      expect([report.clean, report.coverage.complete]).toEqual([false, false]);
      expect(new Set(report.findings.map(({ status }) => status))).toEqual(new Set(["INSUFFICIENT_DATA"]));
      expect(
        report.findings.every(({ evidence }) => evidence.notSeen === `secretsmanager:ListSecrets failed with ${code}`),
      ).toBe(true);
    },
  );

  test("20, a Region whose databases could not be listed has no findings and is not clean (Prowler)", () => {
    const gaps = [aGap({ action: "rds:DescribeDBInstances", code: "AccessDenied" })];
    const report = audit({ databases: [], secrets: null, keys: [], gaps });
    expect([report.findings, report.clean, report.coverage.complete]).toEqual([[], false, false]);
  });

  test("20, a throttled DescribeKey is not a missing key", () => {
    const gaps = [aGap({ action: "kms:DescribeKey", resource: keyArn, code: "ThrottlingException" })];
    expect(findingsOf({ keys: [], gaps })).toEqual(["secret-key-usable INSUFFICIENT_DATA"]);
  });

  test("21, an inaccessible account is silently absent (prowler#8250): here it is a gap and the report is not clean", () => {
    const gap = aGap({ action: "sts:AssumeRole", account: "210987654321", region: "" });
    const report = assembleReport(anInventory({ gaps: [gap] }), {
      policy: aPolicy(),
      rules,
      generatedAt: now,
      version: "0",
    });
    expect([report.clean, report.coverage.complete, report.coverage.gaps]).toEqual([false, false, [gap]]);
  });

  test("23, a database is described before its secret exists (c7n#9678): INSUFFICIENT_DATA, not a violation", () => {
    const creating = managed({
      masterUserSecret: aMasterUserSecret({ secretArn: null, status: "creating", kmsKeyId: null }),
    });
    const report = audit({ databases: [creating], secrets: [] });
    expect(new Set(report.findings.map(({ status }) => status))).toEqual(new Set(["INSUFFICIENT_DATA"]));
  });

  test("25, are suppressed findings remediated (ASR#245): an exempt finding is reported as exempt and counted separately", () => {
    const exemption = { match: { identifier: ["orders"] }, owner: "ann", reason: "legacy", until: "2026-12-31" };
    const report = audit({ databases: [aPlainDatabase()] }, { exemptions: [exemption] });
    expect(report.findings.map(({ exemption }) => exemption?.owner)).toEqual(["ann"]);
    expect(report.summary.findings).toMatchObject({ high: 0, exempt: 1 });
  });

  test("26, cluster members fail instance rules (guard-rules#216, c7n#7696): one owner, one finding", () => {
    const member = (identifier: string) =>
      aPlainDatabase({
        arn: `arn:aws:rds:${region}:${account}:db:${identifier}`,
        identifier,
        engine: "aurora-postgresql",
        clusterIdentifier: "ledger",
      });
    const report = audit({ databases: [aPlainCluster(), member("ledger-1"), member("ledger-2")] });
    expect(report.findings.map(({ resource }) => resource.identifier)).toEqual(["ledger"]);
    expect(report.summary).toMatchObject({ databases: 3, unmanaged: 1, inherited: 2 });
  });

  test("26, a member whose cluster could not be read is INSUFFICIENT_DATA", () => {
    const member = aPlainDatabase({ engine: "aurora-postgresql", clusterIdentifier: "ledger" });
    expect(findingsOf({ databases: [member] })).toEqual(["master-password-managed INSUFFICIENT_DATA"]);
  });
});

describe("facts about AWS that peers miss (peers.md, section 5)", () => {
  test("Prowler keeps Neptune, Steampipe DocumentDB: databases of other services are counted, not audited", () => {
    const report = audit({
      databases: [aPlainCluster({ arn: "arn:a", engine: "docdb" }), aPlainCluster({ arn: "arn:b", engine: "neptune" })],
    });
    expect([report.findings, report.summary.outOfScope, report.clean]).toEqual([[], 2, true]);
  });

  test("a naive comparison of key id, alias and ARN always differs: here all become ARNs first", () => {
    const keyId = keyArn.split("/")[1] ?? "";
    const database = managed({ masterUserSecret: aMasterUserSecret({ kmsKeyId: keyId }) });
    const aliasArn = `arn:aws:kms:${region}:${account}:alias/orders`;
    const keys = [
      { reference: keyArn, key: aKey() },
      { reference: aliasArn, key: aKey() },
    ];
    const target = { databases: [database], ...withSecret({ kmsKeyId: aliasArn }), keys };
    expect(findingsOf(target, { keys: [{ match: {}, require: ["alias/orders"] }] })).toEqual([]);
  });
});
