import { describe, expect, test } from "@jest/globals";
import type { AffectedDatabases } from "../lib/collect/affected-databases.ts";
import { defaultPolicy } from "../lib/model/default-policy.ts";
import { AwsCallError } from "../lib/model/errors.ts";
import { emptyLedger } from "../lib/model/ledger.ts";
import { recordReport } from "../lib/publish/ledger.ts";
import { recheckDatabases } from "../lib/recheck-databases.ts";
import { rules } from "../rules/index.ts";
import { aFindingOn, changesInShort } from "./support/findings.ts";
import { inShort } from "./support/simulated-audit.ts";
import { type SimulatedRegion, withSimulatedRegion } from "./support/simulated-region.ts";

const start = Date.parse("2026-11-24T12:00:00.000Z");
const instance = (value: string) => ({ kind: "instance", by: "identifier", value }) as const;
const cluster = (value: string) => ({ kind: "cluster", by: "identifier", value }) as const;
const nothing: AffectedDatabases = {
  databases: [],
  deletedArn: null,
  secretId: null,
  keyReference: null,
  onlyImpaired: false,
};

type Recheck = Partial<AffectedDatabases> & {
  /** Called during each wait, with the number of waits before. */
  readonly meanwhile?: readonly ((simulated: SimulatedRegion) => void)[];
};

/** Rechecks databases on a clock that advances only during waits. */
async function recheck(simulated: SimulatedRegion, { meanwhile = [], ...affectedDatabases }: Recheck) {
  const waits: number[] = [];
  const now = () => new Date(start + 1000 * waits.reduce((sum, seconds) => sum + seconds, 0)).toISOString();
  const result = await recheckDatabases({
    affectedDatabases: { ...nothing, ...affectedDatabases },
    port: simulated.port,
    policy: defaultPolicy,
    rules,
    version: "0.0.0",
    now,
    sleep: async (seconds) => {
      meanwhile[waits.length]?.(simulated);
      waits.push(seconds);
    },
  });
  return {
    waits,
    result,
    findings: inShort(result?.report.findings ?? []),
    only: [...(result?.only ?? [])].map((arn) => arn.split(":").slice(5).join(":")).sort(),
  };
}

/** A fleet with violations that the event does not concern. */
function aFleet({ here }: SimulatedRegion) {
  here.addInstance({ identifier: "orders" });
  here.addInstance({ identifier: "legacy" });
  here.addInstance({ identifier: "managed", managed: true });
  here.addCluster({ identifier: "ledger", engine: "aurora-postgresql", members: 2 });
  here.addCluster({ identifier: "shop", engine: "aurora-mysql", members: 1, managed: true });
}

describe("databases by name", () => {
  test("a DB instance is judged, and no other database is read", () =>
    withSimulatedRegion(async (simulated) => {
      aFleet(simulated);
      const { findings, only, result } = await recheck(simulated, { databases: [instance("orders")] });
      expect(findings).toEqual(["master-password-managed orders NON_COMPLIANT"]);
      expect(only).toEqual(["db:orders"]);
      expect(result?.report.databases.map(({ identifier }) => identifier)).toEqual(["orders"]);
      expect(simulated.calls()).toEqual({ "rds:DescribeDBInstances": 1, "rds:DescribeBlueGreenDeployments": 1 });
    }));

  test("a healthy one takes three calls: database, secret and key", () =>
    withSimulatedRegion(async (simulated) => {
      aFleet(simulated);
      const { findings, only, result } = await recheck(simulated, { databases: [instance("managed")] });
      expect(findings).toEqual([]);
      expect(only).toEqual(["db:managed"]);
      expect(result?.report.clean).toBe(true);
      expect(simulated.calls()).toEqual({
        "rds:DescribeDBInstances": 1,
        "secretsmanager:DescribeSecret": 1,
        "kms:DescribeKey": 1,
      });
    }));

  test("a DB cluster", () =>
    withSimulatedRegion(async (simulated) => {
      aFleet(simulated);
      const { findings, only } = await recheck(simulated, { databases: [cluster("ledger")] });
      expect(findings).toEqual(["master-password-managed ledger NON_COMPLIANT"]);
      expect(only).toEqual(["cluster:ledger"]);
      expect(simulated.calls()["rds:DescribeDBInstances"]).toBeUndefined();
    }));

  test("a member is judged with its cluster, which owns the password", () =>
    withSimulatedRegion(async (simulated) => {
      aFleet(simulated);
      const { findings, only } = await recheck(simulated, { databases: [instance("ledger-instance-2")] });
      expect(findings).toEqual(["master-password-managed ledger NON_COMPLIANT"]);
      expect(only).toEqual(["cluster:ledger", "db:ledger-instance-2"]);
    }));

  test("a container is judged with all its tenant databases", () =>
    withSimulatedRegion(async (simulated) => {
      const { here } = simulated;
      for (const identifier of ["erp", "crm"]) {
        here.addInstance({ identifier, engine: "oracle-ee-cdb", MultiTenant: true });
        here.addTenantDatabase({ instance: identifier, name: "PAY", managed: true });
        here.addTenantDatabase({ instance: identifier, name: "HR" });
      }
      const { findings, only } = await recheck(simulated, { databases: [instance("erp")] });
      expect(findings).toEqual(["master-password-managed erp/HR NON_COMPLIANT"]);
      expect(only).toHaveLength(3);
      expect(simulated.calls()["rds:DescribeTenantDatabases"]).toBe(1);
    }));

  test("several", () =>
    withSimulatedRegion(async (simulated) => {
      aFleet(simulated);
      const { only, waits } = await recheck(simulated, { databases: [instance("orders"), cluster("shop")] });
      expect(only).toEqual(["cluster:shop", "db:orders"]);
      expect(waits).toEqual([5]);
    }));
});

describe("an event that is ahead of the Describe calls", () => {
  const appears = ({ here }: SimulatedRegion) => here.addInstance({ identifier: "new" });
  const later = () => undefined;

  test.each([
    [[appears], [5]],
    [
      [later, appears],
      [5, 15],
    ],
    [
      [later, later, appears],
      [5, 15, 40],
    ],
  ])("case %#: a database that appears later is judged when it appears", (meanwhile, waited) =>
    withSimulatedRegion(async (simulated) => {
      aFleet(simulated);
      const { findings, waits, result } = await recheck(simulated, { databases: [instance("new")], meanwhile });
      expect(findings).toEqual(["master-password-managed new NON_COMPLIANT"]);
      expect(waits).toEqual(waited);
      const seconds = waited.reduce((sum, each) => sum + each, 0);
      expect(result?.report.observedAt).toBe(new Date(start + 1000 * seconds).toISOString());
    }),
  );

  test("a database that never appears changes nothing", () =>
    withSimulatedRegion(async (simulated) => {
      aFleet(simulated);
      const { result, waits } = await recheck(simulated, { databases: [instance("never")] });
      expect(result).toBeNull();
      expect(waits).toEqual([5, 15, 40]);
      expect(simulated.calls()).toEqual({ "rds:DescribeDBInstances": 3 });
    }));

  test("existing databases are judged although another never appears", () =>
    withSimulatedRegion(async (simulated) => {
      aFleet(simulated);
      const { only, waits } = await recheck(simulated, { databases: [instance("never"), instance("orders")] });
      expect(only).toEqual(["db:orders"]);
      expect(waits).toEqual([5, 15, 40]);
    }));

  test("a change before the read is included", () =>
    withSimulatedRegion(async (simulated) => {
      aFleet(simulated);
      const manage = () => {
        simulated.here.instances.delete("orders");
        simulated.here.addInstance({ identifier: "orders", managed: true });
      };
      const { findings } = await recheck(simulated, { databases: [instance("orders")], meanwhile: [manage] });
      expect(findings).toEqual([]);
    }));
});

describe("a database whose deletion RDS reports", () => {
  const arnOf = (name: string) => `arn:aws:rds:eu-west-1:111111111111:${name}`;
  const orders = { databases: [instance("orders")], deletedArn: arnOf("db:orders") };
  /** The changes of a database's known findings. */
  const resolved = ({ result }: Awaited<ReturnType<typeof recheck>>, identifier: string, arn: string) => {
    const { resource, ...finding } = aFindingOn(identifier, { account: "111111111111", region: "eu-west-1" });
    const known = [{ ...finding, resource: { ...resource, arn }, firstSeenAt: "2026-11-23T12:00:00.000Z" }];
    if (result === null) return "nothing";
    const { changes } = recordReport(
      { ...emptyLedger, known },
      { ...result, eventId: "one", invocation: "one", destinations: [] },
    );
    return changesInShort(changes);
  };

  test("has its findings resolved at once if it does not appear", () =>
    withSimulatedRegion(async (simulated) => {
      aFleet(simulated);
      simulated.here.instances.delete("orders");
      const rechecked = await recheck(simulated, orders);
      expect(rechecked.waits).toEqual([5]);
      expect(rechecked.only).toEqual(["db:orders"]);
      expect(resolved(rechecked, "orders", orders.deletedArn)).toEqual(["finding.resolved database-gone orders"]);
    }));

  test("may be a DB cluster", () =>
    withSimulatedRegion(async (simulated) => {
      const deletedArn = arnOf("cluster:ledger");
      const rechecked = await recheck(simulated, { databases: [cluster("ledger")], deletedArn });
      expect(resolved(rechecked, "ledger", deletedArn)).toEqual(["finding.resolved database-gone ledger"]);
    }));

  test("is judged as it is if another one has its name", () =>
    withSimulatedRegion(async (simulated) => {
      aFleet(simulated);
      const rechecked = await recheck(simulated, orders);
      expect(rechecked.findings).toEqual(["master-password-managed orders NON_COMPLIANT"]);
      expect(rechecked.only).toEqual(["db:orders"]);
      expect(resolved(rechecked, "orders", orders.deletedArn)).toEqual([]);
    }));

  test("is not resolved if it cannot be described: the event fails, and is delivered again", () =>
    withSimulatedRegion(async (simulated) => {
      simulated.cloud.fault({ action: "rds:DescribeDBInstances", kind: "deny" });
      await expect(recheck(simulated, orders)).rejects.toThrow(AwsCallError);
    }));

  test("is not resolved if RDS does not report the deletion", () =>
    withSimulatedRegion(async (simulated) => {
      const rechecked = await recheck(simulated, { ...orders, deletedArn: null });
      expect(resolved(rechecked, "orders", orders.deletedArn)).toBe("nothing");
    }));
});

describe("a secret", () => {
  const secretOf = (database: { MasterUserSecret?: { SecretArn: string } | undefined } | undefined) =>
    database?.MasterUserSecret?.SecretArn ?? "none";

  test("leads to its DB instance", () =>
    withSimulatedRegion(async (simulated) => {
      aFleet(simulated);
      const secretArn = secretOf(simulated.here.instances.get("managed"));
      simulated.here.editSecret(secretArn, { RotationEnabled: false });
      const { findings, only } = await recheck(simulated, { secretId: secretArn });
      expect(findings).toEqual(["rotation-enabled managed NON_COMPLIANT"]);
      expect(only).toEqual(["db:managed"]);
      expect(simulated.calls()["rds:DescribeDBInstances"]).toBe(1);
      expect(simulated.calls()["secretsmanager:ListSecrets"]).toBeUndefined();
    }));

  test("leads there by name too, and while it is scheduled for deletion", () =>
    withSimulatedRegion(async (simulated) => {
      aFleet(simulated);
      const secretArn = secretOf(simulated.here.instances.get("managed"));
      simulated.here.editSecret(secretArn, { DeletedDate: new Date(start) });
      const name = secretArn.split(":").at(-1)?.slice(0, -7) ?? "";
      expect(name).toMatch(/^rds!db-/);
      const { findings, only } = await recheck(simulated, { secretId: name });
      expect(findings).toContain("secret-belongs-to-database managed NON_COMPLIANT");
      expect(only).toEqual(["db:managed"]);
    }));

  test("leads to its DB cluster", () =>
    withSimulatedRegion(async (simulated) => {
      aFleet(simulated);
      const { only } = await recheck(simulated, { secretId: secretOf(simulated.here.clusters.get("shop")) });
      expect(only).toEqual(["cluster:shop"]);
    }));

  test("of a tenant database leads to its container and all tenant databases", () =>
    withSimulatedRegion(async (simulated) => {
      simulated.here.addInstance({ identifier: "erp", engine: "oracle-ee-cdb", MultiTenant: true });
      const tenant = simulated.here.addTenantDatabase({ instance: "erp", name: "PAY", managed: true });
      const { only } = await recheck(simulated, { secretId: secretOf(tenant) });
      expect(only).toHaveLength(2);
    }));

  test("that does not exist, or belongs to no database, leads to nothing, without a wait", () =>
    withSimulatedRegion(async (simulated) => {
      aFleet(simulated);
      const { ARN } = simulated.here.addSecret({ name: "rds!db-nobody" });
      for (const secretArn of [ARN, ARN.replace("nobody", "gone")]) {
        const { result, waits } = await recheck(simulated, { secretId: secretArn });
        expect(result).toBeNull();
        expect(waits).toEqual([]);
      }
      expect(simulated.calls()).toEqual({ "secretsmanager:DescribeSecret": 2 });
    }));

  test("that cannot be described fails, so that the event is delivered again", () =>
    withSimulatedRegion(async (simulated) => {
      aFleet(simulated);
      simulated.cloud.fault({ action: "secretsmanager:DescribeSecret", kind: "deny" });
      const secretArn = secretOf(simulated.here.instances.get("managed"));
      await expect(recheck(simulated, { secretId: secretArn })).rejects.toThrow(AwsCallError);
    }));
});

describe("a key", () => {
  test("leads to the databases whose secret it encrypts, and to no others", () =>
    withSimulatedRegion(async (simulated) => {
      aFleet(simulated);
      const { here } = simulated;
      const key = here.addKey({ state: "PendingDeletion" });
      const managed = { kmsKeyId: key.Arn };
      here.addInstance({ identifier: "with-key", managed });
      here.addCluster({ identifier: "with-key-too", members: 1, managed });
      for (const keyReference of [key.Arn, key.KeyId]) {
        const { findings, only } = await recheck(simulated, { keyReference });
        expect(only).toEqual(["cluster:with-key-too", "db:with-key"]);
        expect(findings).toContain("secret-key-usable with-key NON_COMPLIANT");
        expect(findings).toContain("secret-key-usable with-key-too NON_COMPLIANT");
      }
      const { "secretsmanager:DescribeSecret": secrets, "kms:DescribeKey": keys, ...lists } = simulated.calls();
      expect([secrets, keys]).toEqual([4, 2]);
      expect(lists).toEqual({ "rds:DescribeDBInstances": 4, "rds:DescribeDBClusters": 4 });
    }));

  test("whose policy or grants changed leads only to the databases with an impaired secret", () =>
    withSimulatedRegion(async (simulated) => {
      aFleet(simulated);
      const { here } = simulated;
      const key = here.addKey();
      here.addInstance({ identifier: "healthy", managed: { kmsKeyId: key.Arn } });
      const affected = { keyReference: key.Arn, onlyImpaired: true };
      expect((await recheck(simulated, affected)).result).toBeNull();
      expect(simulated.calls()).toEqual({ "rds:DescribeDBInstances": 1, "rds:DescribeDBClusters": 1 });
      here.addInstance({ identifier: "ill", managed: { kmsKeyId: key.Arn, status: "impaired" } });
      const { findings, only } = await recheck(simulated, affected);
      expect(only).toEqual(["db:ill"]);
      expect(findings).toEqual(["secret-not-impaired ill NON_COMPLIANT"]);
    }));

  test("of a tenant database leads to its container, once", () =>
    withSimulatedRegion(async (simulated) => {
      const { here } = simulated;
      const key = here.addKey({ state: "Disabled" });
      here.addInstance({ identifier: "erp", engine: "oracle-ee-cdb", MultiTenant: true });
      for (const name of ["PAY", "HR"])
        here.addTenantDatabase({ instance: "erp", name, managed: { kmsKeyId: key.Arn } });
      const { findings, only } = await recheck(simulated, { keyReference: key.KeyId });
      expect(only).toHaveLength(3);
      expect(findings).toContain("secret-key-usable erp/PAY NON_COMPLIANT");
      expect(findings).toContain("secret-key-usable erp/HR NON_COMPLIANT");
      expect(simulated.calls()["rds:DescribeDBInstances"]).toBe(2);
    }));

  test("that no secret uses leads to nothing, at the cost of the lists", () =>
    withSimulatedRegion(async (simulated) => {
      aFleet(simulated);
      const { result } = await recheck(simulated, { keyReference: simulated.here.addKey().Arn });
      expect(result).toBeNull();
      expect(simulated.calls()).toEqual({ "rds:DescribeDBInstances": 1, "rds:DescribeDBClusters": 1 });
    }));

  test("fails if the databases cannot be listed, so that the event is delivered again", () =>
    withSimulatedRegion(async (simulated) => {
      aFleet(simulated);
      simulated.cloud.fault({ action: "rds:DescribeDBClusters", kind: "deny" });
      const keyReference = simulated.here.addKey().Arn;
      await expect(recheck(simulated, { keyReference })).rejects.toThrow(AwsCallError);
    }));
});

describe("a failed call", () => {
  test("for a database fails with AWS's error, so that the event is delivered again", () =>
    withSimulatedRegion(async (simulated) => {
      aFleet(simulated);
      simulated.cloud.fault({ action: "rds:DescribeDBInstances", kind: "deny" });
      await expect(recheck(simulated, { databases: [instance("orders")] })).rejects.toMatchObject({
        name: "AwsCallError",
        action: "rds:DescribeDBInstances",
        code: "AccessDenied",
        message: expect.stringContaining("not authorized"),
      });
    }));

  test("is repeated", () =>
    withSimulatedRegion(async (simulated) => {
      aFleet(simulated);
      simulated.cloud.fault({ action: "rds:DescribeDBInstances", kind: "error", times: 1 });
      const { findings, waits, result } = await recheck(simulated, { databases: [instance("orders")] });
      expect(findings).toEqual(["master-password-managed orders NON_COMPLIANT"]);
      expect(result?.report.coverage.gaps).toEqual([]);
      expect(waits).toEqual([5, 15]);
    }));

  test("for a secret is a gap, not a pass", () =>
    withSimulatedRegion(async (simulated) => {
      aFleet(simulated);
      simulated.cloud.fault({ action: "secretsmanager:DescribeSecret", kind: "deny" });
      const { findings, result } = await recheck(simulated, { databases: [instance("managed")] });
      expect(findings).toContain("rotation-enabled managed INSUFFICIENT_DATA");
      expect(result?.report.coverage).toMatchObject({
        complete: false,
        gaps: [expect.objectContaining({ action: "secretsmanager:DescribeSecret" })],
      });
    }));

  test("an event without a resource makes no call", () =>
    withSimulatedRegion(async (simulated) => {
      aFleet(simulated);
      const { result, waits } = await recheck(simulated, {});
      expect(result).toBeNull();
      expect(waits).toEqual([]);
      expect(simulated.calls()).toEqual({});
    }));
});
