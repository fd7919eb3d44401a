import { describe, expect, test } from "@jest/globals";
import { judgeTarget } from "../../lib/audit/judge.ts";
import { readTarget } from "../../lib/collect/read-target.ts";
import { defaultPolicy } from "../../lib/model/default-policy.ts";
import { rules } from "../../rules/index.ts";
import { auditSimulated, inShort, now, region } from "../support/simulated-audit.ts";
import { withSimulatedRegion } from "../support/simulated-region.ts";

/** Calls by action, without the Region. */
function count(calls: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const call of calls) {
    const action = call.split(" ")[1] ?? "";
    counts[action] = (counts[action] ?? 0) + 1;
  }
  return counts;
}

describe("calls", () => {
  test("are two in a Region without databases", async () => {
    const { inventory, report } = await auditSimulated({});
    expect(inventory.targets.map(({ calls }) => calls)).toEqual([2]);
    expect(report.clean).toBe(true);
  });

  test("are one a page and one a distinct key for a healthy fleet, and none a database", async () => {
    const { calls, report } = await auditSimulated({
      fleet: (cloud) => {
        const here = cloud.region("111111111111", region);
        const { Arn } = here.addKey({ alias: "alias/databases" });
        for (let index = 0; index < 250; index += 1)
          here.addInstance({ identifier: `db-${index}`, managed: index % 2 === 0 ? true : { kmsKeyId: Arn } });
      },
    });
    expect(report.clean).toBe(true);
    expect(count(calls)).toEqual({
      "sts:GetCallerIdentity": 1,
      "rds:DescribeDBInstances": 3,
      "rds:DescribeDBClusters": 1,
      "secretsmanager:ListSecrets": 3,
      "kms:DescribeKey": 2,
    });
  });

  test("for global databases and blue/green deployments are made only if a database is unmanaged", async () => {
    const unmanaged = await auditSimulated({
      fleet: (cloud) => cloud.region("111111111111", region).addInstance({ identifier: "orders" }),
    });
    expect(count(unmanaged.calls)["rds:DescribeBlueGreenDeployments"]).toBe(1);
    expect(count(unmanaged.calls)["rds:DescribeGlobalClusters"]).toBeUndefined();
    const aurora = await auditSimulated({
      fleet: (cloud) => cloud.region("111111111111", region).addCluster({ identifier: "shop", engine: "aurora-mysql" }),
    });
    expect(count(aurora.calls)["rds:DescribeGlobalClusters"]).toBe(1);
  });

  test("for tenant databases are made only if there is a container", async () => {
    const { calls, report } = await auditSimulated({
      fleet: (cloud) => {
        const here = cloud.region("111111111111", region);
        const instance = here.addInstance({ identifier: "erp", engine: "oracle-ee-cdb", MultiTenant: true });
        here.addTenantDatabase({ instance, name: "PAY", managed: true });
        here.addTenantDatabase({ instance, name: "HR" });
      },
    });
    expect(count(calls)["rds:DescribeTenantDatabases"]).toBe(1);
    expect(inShort(report.findings)).toEqual(["master-password-managed erp/HR NON_COMPLIANT"]);
    expect(report.databases.map(({ identifier, engine, management }) => [identifier, engine, management])).toEqual([
      ["erp", "oracle-ee-cdb", "unsupported"],
      expect.arrayContaining(["oracle-ee-cdb"]),
      expect.arrayContaining(["oracle-ee-cdb"]),
    ]);
  });

  test("never request a secret's value", async () => {
    const { calls } = await auditSimulated({
      fleet: (cloud) => {
        const here = cloud.region("111111111111", region);
        here.addInstance({ identifier: "orders", managed: { status: "impaired" } });
        here.addInstance({ identifier: "shop", managed: { RotationEnabled: false } });
      },
    });
    expect(calls.length).toBeGreaterThan(5);
    expect(calls.filter((call) => /GetSecretValue/.test(call))).toEqual([]);
  });

  test("are not made for a rule that is switched off", async () => {
    const off = ["secret-not-impaired", "secret-key-as-required", "secret-key-usable", "secret-key-consistent"];
    const { calls } = await auditSimulated({
      policy: { ...defaultPolicy, rulesOff: off },
      fleet: (cloud) => cloud.region("111111111111", region).addInstance({ identifier: "orders", managed: true }),
    });
    expect(count(calls)["kms:DescribeKey"]).toBeUndefined();
  });

  test("for the alias of the default key are made only if a secret has it while RDS names another key", async () => {
    const { inventory, report } = await auditSimulated({
      fleet: (cloud) => {
        const here = cloud.region("111111111111", region);
        const { Arn } = here.addKey();
        here.addInstance({ identifier: "orders", managed: { kmsKeyId: Arn, KmsKeyId: undefined } });
        here.addInstance({ identifier: "shop", managed: true });
      },
    });
    expect(
      inventory.targets[0]?.keys
        .map(({ reference }) => reference.split(":").at(-1))
        .sort()
        .at(0),
    ).toBe("alias/aws/secretsmanager");
    expect(inShort(report.findings)).toEqual(["secret-key-consistent orders NON_COMPLIANT"]);
  });
});

describe("a rule that is off by default", () => {
  const policy = JSON.stringify({
    Statement: [
      { Effect: "Allow", Principal: "*", Action: "secretsmanager:GetSecretValue", Resource: "*", Sid: "Everyone" },
    ],
  });
  const fleet: Parameters<typeof auditSimulated>[0]["fleet"] = (cloud) => {
    const here = cloud.region("111111111111", region);
    here.addInstance({ identifier: "orders", managed: { resourcePolicy: policy } });
    here.addInstance({ identifier: "shop", managed: true });
    here.addInstance({ identifier: "legacy" });
  };
  const rule = "secret-not-shared";

  test("makes no call and has no finding", async () => {
    const { calls, report } = await auditSimulated({ fleet });
    expect(count(calls)["secretsmanager:GetResourcePolicy"]).toBeUndefined();
    expect(report.findings.filter((finding) => finding.rule === rule)).toEqual([]);
  });

  test("reads one resource policy per secret if the policy turns it on", async () => {
    const { calls, report } = await auditSimulated({ fleet, policy: { ...defaultPolicy, rulesOn: [rule] } });
    expect(count(calls)["secretsmanager:GetResourcePolicy"]).toBe(2);
    expect(report.findings.filter((finding) => finding.rule === rule).map(({ message }) => message)).toEqual([
      'The resource policy of the secret of DB instance orders lets others read the master password: statement "Everyone": everyone.',
    ]);
  });

  test("leaves a gap and no pass where a policy cannot be read", async () => {
    const { report } = await auditSimulated({
      policy: { ...defaultPolicy, rulesOn: [rule] },
      fleet: (cloud) => {
        fleet(cloud);
        cloud.fault({ action: "secretsmanager:GetResourcePolicy", kind: "deny" });
      },
    });
    expect(report.coverage).toMatchObject({ complete: false, rules: expect.arrayContaining([rule]) });
    expect(inShort(report.findings).filter((finding) => finding.startsWith(rule))).toEqual([
      `${rule} orders INSUFFICIENT_DATA`,
      `${rule} shop INSUFFICIENT_DATA`,
    ]);
  });
});

describe("a secret that looks wrong in the list", () => {
  test("is not reported if it rotates again, although the list is stale", async () => {
    const { calls, report } = await auditSimulated({
      fleet: (cloud) => {
        const here = cloud.region("111111111111", region);
        const { MasterUserSecret } = here.addInstance({ identifier: "orders", managed: { RotationEnabled: false } });
        cloud.advance({ minutes: 10 });
        cloud.lag = { listSecretsSeconds: 300 };
        here.editSecret(MasterUserSecret?.SecretArn ?? "", { RotationEnabled: true });
      },
    });
    expect(count(calls)["secretsmanager:DescribeSecret"]).toBe(1);
    expect(report.findings).toEqual([]);
  });

  test.each([
    ["no longer exists", { gone: true }],
    ["is disabled", { KeyState: "Disabled" }],
  ])(
    "is not judged by a key of the stale list that %s if the secret has another key now",
    async (_, {
      gone,
      ...state
    }: {
      gone?: boolean;
      KeyState?: string;
    }) => {
      const { calls, report } = await auditSimulated({
        // It would ask for the same confirmation.
        policy: { ...defaultPolicy, rulesOff: ["secret-key-consistent"] },
        fleet: (cloud) => {
          const here = cloud.region("111111111111", region);
          const [former, current] = [here.addKey(), here.addKey()];
          const managed = { kmsKeyId: current.Arn, KmsKeyId: former.Arn };
          const { MasterUserSecret } = here.addInstance({ identifier: "orders", managed });
          cloud.advance({ minutes: 10 });
          cloud.lag = { listSecretsSeconds: 300 };
          here.editSecret(MasterUserSecret?.SecretArn ?? "", { KmsKeyId: current.Arn });
          if (gone) for (const [id, key] of here.keys) if (key === former) here.keys.delete(id);
          Object.assign(former, state);
        },
      });
      expect(count(calls)["secretsmanager:DescribeSecret"]).toBe(1);
      expect(report.findings).toEqual([]);
    },
  );

  test("is described if the list does not show it yet, because the database is new", async () => {
    const { calls, report } = await auditSimulated({
      fleet: (cloud) => {
        cloud.lag = { listSecretsSeconds: 300 };
        const here = cloud.region("111111111111", region);
        const { MasterUserSecret } = here.addInstance({ identifier: "orders", managed: true });
        const arn = MasterUserSecret?.SecretArn ?? "";
        const secret = here.secrets.get(arn);
        here.editSecret(arn, undefined);
        cloud.advance({ minutes: 6 });
        here.editSecret(arn, secret);
      },
    });
    expect(count(calls)["secretsmanager:DescribeSecret"]).toBe(1);
    expect(report.findings).toEqual([]);
  });

  test("is not taken for missing by any rule, even if the rule that reports missing secrets is off", async () => {
    const { report } = await auditSimulated({
      policy: { ...defaultPolicy, rulesOff: ["secret-belongs-to-database"] },
      fleet: (cloud) => {
        cloud.lag = { listSecretsSeconds: 300 };
        const here = cloud.region("111111111111", region);
        const { Arn } = here.addKey({ state: "Disabled" });
        const { MasterUserSecret } = here.addInstance({ identifier: "orders", managed: { kmsKeyId: Arn } });
        const arn = MasterUserSecret?.SecretArn ?? "";
        const secret = here.secrets.get(arn);
        here.editSecret(arn, undefined);
        cloud.advance({ minutes: 6 });
        here.editSecret(arn, secret);
      },
    });
    expect(inShort(report.findings)).toEqual(["secret-key-usable orders NON_COMPLIANT"]);
  });

  test("is reported if it does not exist", async () => {
    const { inventory, report } = await auditSimulated({
      fleet: (cloud) => {
        const here = cloud.region("111111111111", region);
        const { MasterUserSecret } = here.addInstance({ identifier: "orders", managed: true });
        here.editSecret(MasterUserSecret?.SecretArn ?? "", undefined);
      },
    });
    expect(inventory.targets[0]?.missingSecrets).toHaveLength(1);
    expect(inShort(report.findings)).toContain("secret-belongs-to-database orders NON_COMPLIANT");
  });

  test("has its resource policy read if it is impaired", async () => {
    const denial = JSON.stringify({
      Statement: [{ Effect: "Deny", Principal: { Service: "rds.amazonaws.com" }, Action: "*", Resource: "*" }],
    });
    const { report } = await auditSimulated({
      fleet: (cloud) =>
        cloud
          .region("111111111111", region)
          .addInstance({ identifier: "orders", managed: { status: "impaired", resourcePolicy: denial } }),
    });
    expect(report.findings.map(({ evidence }) => evidence.causes)).toEqual([
      ["the secret's resource policy denies RDS"],
    ]);
  });
});

describe("what could not be read never looks clean", () => {
  const managedFleet: Parameters<typeof auditSimulated>[0]["fleet"] = (cloud) => {
    const here = cloud.region("111111111111", region);
    here.addInstance({ identifier: "orders", managed: true });
    here.addInstance({ identifier: "legacy" });
    here.addCluster({ identifier: "shop", engine: "aurora-postgresql", members: 2, managed: true });
    cloud.region("111111111111", "us-east-1").addInstance({ identifier: "far", managed: true });
  };
  const regions = [region, "us-east-1"];

  test("secretsmanager:ListSecrets denied", async () => {
    const { report } = await auditSimulated({
      regions,
      fleet: (cloud) => {
        managedFleet?.(cloud);
        cloud.fault({ action: "secretsmanager:ListSecrets", region, kind: "deny" });
      },
    });
    expect(report.clean).toBe(false);
    expect(report.coverage.gaps).toEqual([
      expect.objectContaining({ action: "secretsmanager:ListSecrets", code: "AccessDeniedException", region }),
    ]);
    expect(report.coverage.targets.map(({ region, complete }) => [region, complete])).toEqual([
      ["eu-west-1", false],
      ["us-east-1", true],
    ]);
    const findings = inShort(report.findings);
    expect(findings).toContain("master-password-managed legacy NON_COMPLIANT");
    for (const rule of ["rotation-enabled", "secret-belongs-to-database", "secret-key-usable"])
      for (const identifier of ["orders", "shop"])
        expect(findings).toContain(`${rule} ${identifier} INSUFFICIENT_DATA`);
    expect(findings.filter((finding) => finding.includes(" far "))).toEqual([]);
  });

  test("kms:DescribeKey denied", async () => {
    const { report } = await auditSimulated({
      regions,
      fleet: (cloud) => {
        managedFleet?.(cloud);
        cloud.fault({ action: "kms:DescribeKey", region, kind: "deny" });
      },
    });
    expect(report.clean).toBe(false);
    expect(report.coverage.gaps).toEqual([
      expect.objectContaining({
        action: "kms:DescribeKey",
        code: "AccessDeniedException",
        resource: expect.stringContaining(":key/"),
      }),
    ]);
    expect(inShort(report.findings)).toEqual([
      "master-password-managed legacy NON_COMPLIANT",
      "secret-key-consistent orders INSUFFICIENT_DATA",
      "secret-key-consistent shop INSUFFICIENT_DATA",
      "secret-key-usable orders INSUFFICIENT_DATA",
      "secret-key-usable shop INSUFFICIENT_DATA",
    ]);
  });

  test("rds:DescribeDBClusters denied: an unread cluster excuses no member", async () => {
    const { report } = await auditSimulated({
      regions,
      fleet: (cloud) => {
        managedFleet?.(cloud);
        cloud.fault({ action: "rds:DescribeDBClusters", region, kind: "deny" });
      },
    });
    expect(report.coverage.gaps).toEqual([
      expect.objectContaining({ action: "rds:DescribeDBClusters", code: "AccessDenied" }),
    ]);
    expect(inShort(report.findings)).toEqual([
      "master-password-managed legacy NON_COMPLIANT",
      expect.stringMatching(/^master-password-managed shop.* INSUFFICIENT_DATA$/),
      expect.stringMatching(/^master-password-managed shop.* INSUFFICIENT_DATA$/),
    ]);
  });

  test("rds:DescribeBlueGreenDeployments denied: an unmanaged database has INSUFFICIENT_DATA", async () => {
    const { report } = await auditSimulated({
      fleet: (cloud) => {
        managedFleet?.(cloud);
        cloud.fault({ action: "rds:DescribeBlueGreenDeployments", kind: "deny" });
      },
    });
    expect(inShort(report.findings)).toEqual(["master-password-managed legacy INSUFFICIENT_DATA"]);
  });

  test("a Region that always throttles is a gap, and the other Region is judged", async () => {
    const { report } = await auditSimulated({
      regions,
      fleet: (cloud) => {
        managedFleet?.(cloud);
        cloud.fault({ action: "rds:*", region: "us-east-1", kind: "throttle" });
      },
    });
    expect(report.coverage.gaps.map(({ region, action, code }) => [region, action, code])).toEqual([
      ["us-east-1", "rds:DescribeDBClusters", "Throttling"],
      ["us-east-1", "rds:DescribeDBInstances", "Throttling"],
    ]);
    expect(report.clean).toBe(false);
    expect(inShort(report.findings)).toEqual(["master-password-managed legacy NON_COMPLIANT"]);
  });

  test("a failed second page keeps the first, and nothing on later pages counts as missing", async () => {
    const { inventory, report } = await auditSimulated({
      fleet: (cloud) => {
        const here = cloud.region("111111111111", region);
        for (let index = 0; index < 150; index += 1) here.addInstance({ identifier: `db-${index}`, managed: true });
        cloud.fault({ action: "secretsmanager:ListSecrets", kind: "deny", skip: 1 });
      },
    });
    expect(inventory.targets[0]?.secrets).toHaveLength(100);
    const belongs = report.findings.filter(({ rule }) => rule === "secret-belongs-to-database");
    expect(belongs).toHaveLength(50);
    expect(new Set(belongs.map(({ status }) => status))).toEqual(new Set(["INSUFFICIENT_DATA"]));
  });

  test("a denied confirmation does not confirm", async () => {
    const { report } = await auditSimulated({
      fleet: (cloud) => {
        cloud.region("111111111111", region).addInstance({ identifier: "orders", managed: { RotationEnabled: false } });
        cloud.fault({ action: "secretsmanager:DescribeSecret", kind: "deny" });
      },
    });
    expect(inShort(report.findings)).toContain("rotation-enabled orders INSUFFICIENT_DATA");
    expect(report.coverage.gaps).toEqual([expect.objectContaining({ action: "secretsmanager:DescribeSecret" })]);
  });

  test.each(["hang", "disconnect", "error"] as const)("a call that ends in %s is a gap", async (kind) => {
    const { report } = await auditSimulated({
      requestTimeoutSeconds: 0.3,
      fleet: (cloud) => {
        managedFleet?.(cloud);
        cloud.fault({ action: "rds:DescribeDBInstances", kind });
      },
    });
    expect(report.coverage.gaps).toHaveLength(1);
    expect(report.clean).toBe(false);
  });
});

describe("duplicates and missing resources", () => {
  test("a database that moves to the next page while the list is read counts once", () =>
    withSimulatedRegion(async ({ here, port }) => {
      here.addInstance({ identifier: "orders" });
      async function* twice() {
        yield* port.describeDBInstances();
        yield* port.describeDBInstances();
      }
      const target = await readTarget({ ...port, describeDBInstances: twice }, { policy: defaultPolicy, rules, now });
      expect(inShort(judgeTarget(target, defaultPolicy, rules, now).findings)).toEqual([
        "master-password-managed orders NON_COMPLIANT",
      ]);
    }));

  test("an impaired secret that does not exist causes no gap for its resource policy", async () => {
    const { report } = await auditSimulated({
      fleet: (cloud) => {
        const here = cloud.region("111111111111", region);
        const { MasterUserSecret } = here.addInstance({ identifier: "orders", managed: { status: "impaired" } });
        here.editSecret(MasterUserSecret?.SecretArn ?? "", undefined);
      },
    });
    expect(report.coverage.gaps).toEqual([]);
    const impaired = report.findings.find(({ rule }) => rule === "secret-not-impaired");
    expect(impaired?.evidence.causes).toContain("the secret does not exist");
  });

  test("a container without visible tenant databases is not excused", async () => {
    const { report } = await auditSimulated({
      fleet: (cloud) =>
        cloud
          .region("111111111111", region)
          .addInstance({ identifier: "erp", engine: "oracle-ee-cdb", MultiTenant: true }),
    });
    expect(report.clean).toBe(false);
    expect(inShort(report.findings)).toEqual(["master-password-managed erp INSUFFICIENT_DATA"]);
  });
});
