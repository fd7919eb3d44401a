import { describe, expect, test } from "@jest/globals";
import { readTarget } from "../../lib/collect/read-target.ts";
import type { ReadOptions } from "../../lib/collect/target-reading.ts";
import { toggleTagKey } from "../../lib/model/database.ts";
import { defaultPolicy } from "../../lib/model/default-policy.ts";
import type { Policy } from "../../lib/model/policy.ts";
import { rules } from "../../rules/index.ts";
import { now } from "../support/simulated-audit.ts";
import { type SimulatedRegion, withSimulatedRegion } from "../support/simulated-region.ts";

const read = ({ port }: SimulatedRegion, options: Partial<ReadOptions> = {}) =>
  readTarget(port, { policy: defaultPolicy, rules, now, forRepair: true, ...options });
const requiring = (...require: string[]): Policy => ({ ...defaultPolicy, keys: [{ match: {}, require }] });
const gapsOf = ({ gaps }: Awaited<ReturnType<typeof read>>) => gaps.map(({ action, code }) => [action, code]);

/** A managed database with a customer managed key, a proxy and rotation turned off, and a healthy one with the default key. */
function aFleet({ here }: SimulatedRegion) {
  const key = here.addKey();
  const orders = here.addInstance({ identifier: "orders", managed: { kmsKeyId: key.Arn, RotationEnabled: false } });
  const ledger = here.addCluster({ identifier: "ledger", managed: true });
  const secretArn = orders.MasterUserSecret?.SecretArn ?? "";
  here.addProxy({ name: "web", secretArns: [secretArn] });
  return { key, orders, secretArn, healthySecretArn: ledger.MasterUserSecret?.SecretArn ?? "" };
}

describe("without forRepair", () => {
  test("reads no deployments, proxies or resource policies, and tries no key", () =>
    withSimulatedRegion(async (simulated) => {
      aFleet(simulated);
      const target = await read(simulated, { forRepair: false });
      expect(target).toMatchObject({
        gaps: [],
        blueGreenDeployments: null,
        proxies: null,
        resourcePolicies: [],
        keyTrials: [],
      });
      expect(simulated.calls()).toEqual({
        "rds:DescribeDBInstances": 1,
        "rds:DescribeDBClusters": 1,
        "secretsmanager:ListSecrets": 1,
        "secretsmanager:DescribeSecret": 1,
        "kms:DescribeKey": 2,
      });
    }));

  test("does not describe a key that is required by ARN, because the ARN is enough to compare it", () =>
    withSimulatedRegion(async (simulated) => {
      aFleet(simulated);
      const { Arn } = simulated.here.addKey();
      const target = await read(simulated, { forRepair: false, policy: requiring(Arn) });
      expect(target.keys.map(({ reference }) => reference)).not.toContain(Arn);
    }));
});

describe("for a repair", () => {
  test("reads once: proxies, deployments, and everything about a secret that needs repair", () =>
    withSimulatedRegion(async (simulated) => {
      const { key, secretArn, healthySecretArn } = aFleet(simulated);
      const target = await read(simulated);
      expect(target).toMatchObject({
        gaps: [],
        blueGreenDeployments: [],
        proxies: [{ name: "web", secretArns: [secretArn] }],
        keyTrials: [{ keyArn: key.Arn, refusal: null }],
      });
      expect(target.resourcePolicies).toEqual([{ secretArn, policy: null }]);
      const replicasOf = (arn: string) => target.secrets?.find((secret) => secret.arn === arn)?.replicaRegions;
      expect(replicasOf(secretArn)).toEqual([]);
      expect(replicasOf(healthySecretArn)).toBeNull();
      expect(simulated.calls()).toEqual({
        "rds:DescribeDBInstances": 1,
        "rds:DescribeDBClusters": 1,
        "rds:DescribeGlobalClusters": 1,
        "rds:DescribeBlueGreenDeployments": 1,
        "rds:DescribeDBProxies": 1,
        "secretsmanager:ListSecrets": 1,
        "secretsmanager:DescribeSecret": 1,
        "secretsmanager:GetResourcePolicy": 1,
        "kms:DescribeKey": 2,
        "kms:GenerateDataKey": 1,
      });
      expect(target.calls).toBe(11);
    }));

  test("reads the targets of the proxies with secrets, if a database is not managed", () =>
    withSimulatedRegion(async (simulated) => {
      const { secretArn } = aFleet(simulated);
      simulated.here.addInstance({ identifier: "legacy" });
      simulated.here.addProxy({
        name: "old",
        secretArns: ["arn:aws:secretsmanager:eu-west-1:111111111111:secret:own"],
      });
      simulated.here.addProxy({ name: "iam", secretArns: [] });
      simulated.here.workloads.proxyTargets = [
        { DBProxyName: "old", RdsResourceId: "legacy", Type: "RDS_INSTANCE" },
        { DBProxyName: "web", RdsResourceId: "ledger-1", TrackedClusterId: "ledger", Type: "RDS_INSTANCE" },
      ];
      const own = "arn:aws:secretsmanager:eu-west-1:111111111111:secret:own";
      expect((await read(simulated)).proxies).toEqual([
        { name: "web", secretArns: [secretArn], targets: ["ledger-1", "ledger"] },
        { name: "old", secretArns: [own], targets: ["legacy"] },
        { name: "iam", secretArns: [] },
      ]);
      expect(simulated.calls()["rds:DescribeDBProxyTargets"]).toBe(2);
    }));

  test("rds:DescribeDBProxyTargets that fails is a gap of its proxy", () =>
    withSimulatedRegion(async (simulated) => {
      const { secretArn } = aFleet(simulated);
      simulated.here.addInstance({ identifier: "legacy" });
      simulated.cloud.fault({ action: "rds:DescribeDBProxyTargets", kind: "deny" });
      const target = await read(simulated);
      expect(target.proxies).toEqual([{ name: "web", secretArns: [secretArn] }]);
      expect(target.gaps).toEqual([
        expect.objectContaining({ action: "rds:DescribeDBProxyTargets", code: "AccessDenied", resource: "web" }),
      ]);
    }));

  test("reads all pages of proxies", () =>
    withSimulatedRegion(async (simulated) => {
      simulated.here.addInstance({ identifier: "orders" });
      for (let index = 0; index < 150; index += 1) simulated.here.addProxy({ name: `proxy-${index}`, secretArns: [] });
      expect((await read(simulated)).proxies).toHaveLength(150);
    }));

  test("makes no further calls in a Region without databases", () =>
    withSimulatedRegion(async (simulated) => {
      expect(await read(simulated)).toMatchObject({ proxies: null, blueGreenDeployments: null, calls: 2 });
    }));

  test("reads global databases even if all members are managed, because a member that is turned off could not be turned on again", () =>
    withSimulatedRegion(async (simulated) => {
      const writer = simulated.here.addCluster({ identifier: "shop", engine: "aurora-mysql", managed: true });
      simulated.here.addGlobalCluster({ identifier: "world", writer, isNamedByMembers: false });
      expect((await read(simulated, { forRepair: false })).globalClusterMembers).toBeNull();
      expect((await read(simulated)).globalClusterMembers).toEqual([writer.DBClusterArn]);
    }));

  test("reads blue/green deployments even if no database is unmanaged", () =>
    withSimulatedRegion(async (simulated) => {
      const { orders } = aFleet(simulated);
      const green = simulated.here.addInstance({ identifier: "orders-green" });
      simulated.here.addBlueGreenDeployment({ source: orders.DBInstanceArn, target: green.DBInstanceArn });
      const { blueGreenDeployments } = await read(simulated);
      expect(blueGreenDeployments).toEqual([
        { source: orders.DBInstanceArn, target: green.DBInstanceArn, status: "AVAILABLE" },
      ]);
    }));

  test("reads the same for a few databases, with the descriptions of their secrets", () =>
    withSimulatedRegion(async (simulated) => {
      const { key, secretArn } = aFleet(simulated);
      const target = await read(simulated, { only: [{ kind: "instance", by: "identifier", value: "orders" }] });
      expect(target).toMatchObject({
        gaps: [],
        secrets: [{ arn: secretArn, replicaRegions: [] }],
        proxies: [{ name: "web" }],
        blueGreenDeployments: [],
        resourcePolicies: [{ secretArn, policy: null }],
        keyTrials: [{ keyArn: key.Arn, refusal: null }],
      });
      expect(simulated.calls()).toMatchObject({ "kms:DescribeKey": 1, "kms:GenerateDataKey": 1 });
    }));

  test("gives a tenant database the maintenance window of its container", () =>
    withSimulatedRegion(async (simulated) => {
      const instance = simulated.here.addInstance({
        identifier: "erp",
        engine: "oracle-ee-cdb",
        MultiTenant: true,
        PreferredMaintenanceWindow: "tue:04:00-tue:05:00",
      });
      simulated.here.addTenantDatabase({ instance, name: "PAY", managed: true });
      const { databases } = await read(simulated);
      expect(databases.map(({ kind, maintenanceWindow }) => [kind, maintenanceWindow])).toEqual([
        ["instance", "tue:04:00-tue:05:00"],
        ["tenant-database", "tue:04:00-tue:05:00"],
      ]);
    }));

  test.each(["stopped", "stopping", "starting"])(
    "gives a tenant database the status of a container that is %s",
    (status) =>
      withSimulatedRegion(async (simulated) => {
        const instance = simulated.here.addInstance({ identifier: "erp", engine: "oracle-ee-cdb", MultiTenant: true });
        simulated.here.addTenantDatabase({ instance, name: "PAY", managed: true });
        instance.DBInstanceStatus = status;
        const { databases } = await read(simulated);
        expect(databases.map((database) => database.status)).toEqual([status, status]);
      }),
  );

  test("reads everything about a healthy secret whose database still has a repair's tag", () =>
    withSimulatedRegion(async (simulated) => {
      const TagList = [{ Key: toggleTagKey, Value: `${now} aws-managed toggle-1` }];
      const orders = simulated.here.addInstance({ identifier: "orders", managed: true, TagList });
      const target = await read(simulated);
      const secretArn = orders.MasterUserSecret?.SecretArn;
      expect(target.resourcePolicies).toEqual([{ secretArn, policy: null }]);
      expect(target.secrets).toMatchObject([{ arn: secretArn, replicaRegions: [] }]);
    }));

  test("reads the resource policy of an impaired secret once", () =>
    withSimulatedRegion(async (simulated) => {
      const policy = JSON.stringify({ Statement: [] });
      simulated.here.addInstance({ identifier: "orders", managed: { status: "impaired", resourcePolicy: policy } });
      const target = await read(simulated);
      expect(target.resourcePolicies).toEqual([{ secretArn: expect.any(String), policy }]);
      expect(simulated.calls()["secretsmanager:GetResourcePolicy"]).toBe(1);
    }));
});

describe("keys that the policy requires", () => {
  test.each([
    ["ARN", ({ Arn }: { Arn: string }) => Arn],
    ["id", ({ KeyId }: { KeyId: string }) => KeyId],
    ["alias", () => "alias/databases"],
  ])("are described and tried by %s, also for a database that is not managed", (_, toReference) =>
    withSimulatedRegion(async (simulated) => {
      simulated.here.addInstance({ identifier: "legacy" });
      const key = simulated.here.addKey({ alias: "alias/databases" });
      const target = await read(simulated, { policy: requiring(toReference(key)) });
      expect(target.keys.map((one) => one.key?.arn)).toEqual([key.Arn]);
      expect(target.keyTrials).toEqual([{ keyArn: key.Arn, refusal: null }]);
      expect(target.gaps).toEqual([]);
    }),
  );

  test("are not described if the policy requires a kind of key", () =>
    withSimulatedRegion(async (simulated) => {
      simulated.here.addInstance({ identifier: "legacy" });
      const target = await read(simulated, { policy: requiring("customer-managed", "aws-managed") });
      expect(target).toMatchObject({ keys: [], keyTrials: [], gaps: [] });
    }));

  test("are described by each of their names, and tried once", () =>
    withSimulatedRegion(async (simulated) => {
      const { Arn, KeyId } = simulated.here.addKey({ alias: "alias/databases" });
      simulated.here.addInstance({ identifier: "orders", managed: { kmsKeyId: Arn } });
      const target = await read(simulated, { policy: requiring("alias/databases", KeyId, Arn) });
      expect(target.keyTrials).toEqual([{ keyArn: Arn, refusal: null }]);
      expect(simulated.calls()).toMatchObject({ "kms:DescribeKey": 2, "kms:GenerateDataKey": 1 });
    }));

  test("are not tried if they do not exist", () =>
    withSimulatedRegion(async (simulated) => {
      simulated.here.addInstance({ identifier: "legacy" });
      const target = await read(simulated, { policy: requiring("alias/gone") });
      expect(target.keyTrials).toEqual([]);
      expect(simulated.calls()["kms:GenerateDataKey"]).toBeUndefined();
    }));
});

describe("a key trial", () => {
  test("is not made for the default key, which can be used only through Secrets Manager", () =>
    withSimulatedRegion(async (simulated) => {
      simulated.here.addInstance({ identifier: "orders", managed: true });
      expect((await read(simulated)).keyTrials).toEqual([]);
      expect(simulated.calls()["kms:GenerateDataKey"]).toBeUndefined();
    }));

  test("records KMS's refusal instead of a gap: a disabled key", () =>
    withSimulatedRegion(async (simulated) => {
      const { Arn } = simulated.here.addKey({ state: "Disabled" });
      simulated.here.addInstance({ identifier: "orders", managed: { kmsKeyId: Arn } });
      expect(await read(simulated)).toMatchObject({
        gaps: [],
        keyTrials: [{ keyArn: Arn, refusal: expect.stringMatching(/^DisabledException: .*disabled/) }],
      });
    }));

  test("records KMS's refusal instead of a gap: a key whose policy does not allow its use", () =>
    withSimulatedRegion(async (simulated) => {
      const { key } = aFleet(simulated);
      simulated.cloud.fault({ action: "kms:GenerateDataKey", kind: "deny" });
      expect(await read(simulated)).toMatchObject({
        gaps: [],
        keyTrials: [{ keyArn: key.Arn, refusal: expect.stringMatching(/^AccessDeniedException: .*not authorized/) }],
      });
    }));

  test.each([
    ["throttle", "ThrottlingException"],
    ["error", "InternalFailure"],
    ["disconnect", expect.any(String)],
    ["expired-token", "ExpiredTokenException"],
  ] as const)("that ends in %s is a gap, not a refusal", (kind, code) =>
    withSimulatedRegion(async (simulated) => {
      const { key } = aFleet(simulated);
      simulated.cloud.fault({ action: "kms:GenerateDataKey", kind });
      const target = await read(simulated);
      expect(target.keyTrials).toEqual([]);
      expect(target.gaps).toEqual([
        expect.objectContaining({ action: "kms:GenerateDataKey", code, resource: key.Arn }),
      ]);
    }),
  );
});

describe("a failed call is a gap, and the rest is read", () => {
  test("rds:DescribeDBProxies", () =>
    withSimulatedRegion(async (simulated) => {
      aFleet(simulated);
      simulated.cloud.fault({ action: "rds:DescribeDBProxies", kind: "deny" });
      const target = await read(simulated);
      expect(gapsOf(target)).toEqual([["rds:DescribeDBProxies", "AccessDenied"]]);
      expect(target.proxies).toEqual([]);
      expect(target.resourcePolicies).toHaveLength(1);
      expect(target.keyTrials).toHaveLength(1);
    }));

  test("rds:DescribeBlueGreenDeployments", () =>
    withSimulatedRegion(async (simulated) => {
      aFleet(simulated);
      simulated.cloud.fault({ action: "rds:DescribeBlueGreenDeployments", kind: "deny" });
      const target = await read(simulated);
      expect(gapsOf(target)).toEqual([["rds:DescribeBlueGreenDeployments", "AccessDenied"]]);
      expect(target.proxies).toHaveLength(1);
    }));

  test("secretsmanager:GetResourcePolicy of one secret", () =>
    withSimulatedRegion(async (simulated) => {
      const { secretArn } = aFleet(simulated);
      const managed = { kmsKeyId: simulated.here.addKey().Arn, RotationEnabled: false };
      const { MasterUserSecret } = simulated.here.addInstance({ identifier: "shop", managed });
      simulated.cloud.fault({ action: "secretsmanager:GetResourcePolicy", kind: "deny", matching: secretArn });
      const target = await read(simulated);
      expect(target.gaps).toEqual([
        expect.objectContaining({ action: "secretsmanager:GetResourcePolicy", resource: secretArn }),
      ]);
      expect(target.resourcePolicies).toEqual([{ secretArn: MasterUserSecret?.SecretArn, policy: null }]);
      expect(target.keyTrials).toHaveLength(2);
    }));

  test("secretsmanager:GetResourcePolicy of an impaired secret, which is called once and is one gap", () =>
    withSimulatedRegion(async (simulated) => {
      simulated.here.addInstance({ identifier: "orders", managed: { status: "impaired" } });
      simulated.cloud.fault({ action: "secretsmanager:GetResourcePolicy", kind: "deny" });
      expect(gapsOf(await read(simulated))).toEqual([["secretsmanager:GetResourcePolicy", "AccessDeniedException"]]);
      expect(simulated.calls()["secretsmanager:GetResourcePolicy"]).toBe(1);
    }));

  test("secretsmanager:DescribeSecret of a secret that needs repair", () =>
    withSimulatedRegion(async (simulated) => {
      const { secretArn } = aFleet(simulated);
      simulated.cloud.fault({ action: "secretsmanager:DescribeSecret", kind: "deny" });
      const target = await read(simulated);
      expect(target.gaps).toEqual([
        expect.objectContaining({ action: "secretsmanager:DescribeSecret", resource: secretArn }),
      ]);
      expect(target.proxies).toHaveLength(1);
    }));

  test("kms:DescribeKey of the required key, which is then not tried", () =>
    withSimulatedRegion(async (simulated) => {
      simulated.here.addInstance({ identifier: "legacy" });
      const { Arn } = simulated.here.addKey();
      simulated.cloud.fault({ action: "kms:DescribeKey", kind: "deny" });
      const target = await read(simulated, { policy: requiring(Arn) });
      expect(target.gaps).toEqual([expect.objectContaining({ action: "kms:DescribeKey", resource: Arn })]);
      expect(target.keyTrials).toEqual([]);
    }));
});
