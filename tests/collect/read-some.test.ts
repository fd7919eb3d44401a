import { describe, expect, test } from "@jest/globals";
import { judgeTarget } from "../../lib/audit/judge.ts";
import { createAccount } from "../../lib/aws/create-account.ts";
import { readTarget } from "../../lib/collect/read-target.ts";
import type { ReadOptions } from "../../lib/collect/target-reading.ts";
import type { DatabaseReference } from "../../lib/model/database.ts";
import { defaultPolicy } from "../../lib/model/default-policy.ts";
import { parsePolicy } from "../../lib/model/policy.ts";
import { rules } from "../../rules/index.ts";
import { createSampleOrganization, sampleAccounts, sampleRegions } from "../../simulator/organization.ts";
import { startSimulator } from "../../simulator/server.ts";
import { inShort, now } from "../support/simulated-audit.ts";
import { type SimulatedRegion, withSimulatedRegion } from "../support/simulated-region.ts";

const instance = (value: string): DatabaseReference => ({ kind: "instance", by: "identifier", value });
const cluster = (value: string): DatabaseReference => ({ kind: "cluster", by: "identifier", value });

const readSome = (
  { port }: SimulatedRegion,
  only: readonly DatabaseReference[],
  options: Partial<Omit<ReadOptions, "only">> = {},
) => readTarget(port, { policy: defaultPolicy, rules, now, ...options, only });
const findingsOf = (target: Awaited<ReturnType<typeof readSome>>) =>
  inShort(judgeTarget(target, defaultPolicy, rules, now).findings);
const identifiersOf = ({ databases }: Awaited<ReturnType<typeof readSome>>) =>
  databases.map(({ identifier }) => identifier).sort();

describe("in a Region with other databases", () => {
  function aFleet({ here }: SimulatedRegion) {
    const orders = here.addInstance({ identifier: "orders", managed: true });
    here.addInstance({ identifier: "legacy" });
    const ledger = here.addCluster({ identifier: "ledger", members: 3, managed: true });
    here.addCluster({ identifier: "shop", members: 1 });
    return { orders, ledger };
  }

  test("looks up one DB instance by name, with its secret and key, and without the list of secrets", () =>
    withSimulatedRegion(async (simulated) => {
      aFleet(simulated);
      const target = await readSome(simulated, [instance("orders")]);
      expect(identifiersOf(target)).toEqual(["orders"]);
      expect(target).toMatchObject({ gaps: [], calls: 3, secrets: [expect.anything()], keys: [expect.anything()] });
      expect(simulated.calls()).toEqual({
        "rds:DescribeDBInstances": 1,
        "secretsmanager:DescribeSecret": 1,
        "kms:DescribeKey": 1,
      });
      expect(findingsOf(target)).toEqual([]);
    }));

  test("picks more than 50 from the lists, and judges only those", () =>
    withSimulatedRegion(async (simulated) => {
      const { here } = simulated;
      aFleet(simulated);
      const names = Array.from({ length: 60 }, (_, index) => `db-${index}`);
      for (const identifier of names) here.addInstance({ identifier, managed: true });
      here.addInstance({ identifier: "erp", engine: "oracle-ee-cdb", MultiTenant: true });
      here.addTenantDatabase({ instance: "erp", name: "HR" });
      const only = [...names, "erp", "ledger-instance-1", "never"].map(instance);
      const target = await readSome(simulated, only);
      const apart = await Promise.all(only.map((one) => readSome(simulated, [one])));
      expect(identifiersOf(target)).toEqual([...names, "erp", "erp/HR", "ledger", "ledger-instance-1"].sort());
      expect(findingsOf(target)).toEqual([...new Set(apart.flatMap(findingsOf))].sort());
    }));

  test("makes as many calls for 250 databases with one key as an audit", () =>
    withSimulatedRegion(async (simulated) => {
      const names = Array.from({ length: 250 }, (_, index) => `db-${index}`);
      for (const identifier of names) simulated.here.addInstance({ identifier, managed: true });
      await readSome(simulated, names.map(instance));
      expect(simulated.calls()).toEqual({
        "rds:DescribeDBInstances": 3,
        "rds:DescribeDBClusters": 1,
        "secretsmanager:ListSecrets": 3,
        "kms:DescribeKey": 1,
      });
    }));

  test.each(["identifier", "resourceId"] as const)("finds a database by its %s", (by) =>
    withSimulatedRegion(async (simulated) => {
      const { orders, ledger } = aFleet(simulated);
      const [ofInstance, ofCluster] =
        by === "identifier" ? ["orders", "ledger"] : [orders.DbiResourceId, ledger.DbClusterResourceId];
      const target = await readSome(simulated, [
        { kind: "instance", by, value: ofInstance },
        { kind: "cluster", by, value: ofCluster },
      ]);
      expect(identifiersOf(target)).toEqual(["ledger", "orders"]);
    }),
  );

  test("distinguishes a DB instance and a DB cluster of the same name", () =>
    withSimulatedRegion(async (simulated) => {
      aFleet(simulated);
      expect(identifiersOf(await readSome(simulated, [cluster("orders"), instance("ledger")]))).toEqual([]);
      simulated.here.addInstance({ identifier: "ledger" });
      const { databases } = await readSome(simulated, [instance("ledger")]);
      expect(databases.map(({ kind }) => kind)).toEqual(["instance"]);
    }));

  test("reports no gap for a database that does not exist", () =>
    withSimulatedRegion(async (simulated) => {
      aFleet(simulated);
      expect(await readSome(simulated, [instance("nobody"), cluster("nobody")])).toMatchObject({
        databases: [],
        gaps: [],
        secrets: [],
      });
    }));

  test("makes no call without a reference", () =>
    withSimulatedRegion(async (simulated) => {
      aFleet(simulated);
      expect(await readSome(simulated, [])).toMatchObject({ databases: [], gaps: [], calls: 0 });
    }));

  test("reads the cluster of several members once", () =>
    withSimulatedRegion(async (simulated) => {
      aFleet(simulated);
      const members = ["ledger-instance-1", "ledger-instance-2"];
      const target = await readSome(simulated, members.map(instance));
      expect(identifiersOf(target)).toEqual(["ledger", ...members]);
      expect(simulated.calls()["secretsmanager:DescribeSecret"]).toBe(1);
    }));

  test("does not excuse a member whose cluster cannot be read", () =>
    withSimulatedRegion(async (simulated) => {
      aFleet(simulated);
      simulated.cloud.fault({ action: "rds:DescribeDBClusters", kind: "deny" });
      const target = await readSome(simulated, [instance("ledger-instance-1")]);
      expect(target.gaps).toEqual([expect.objectContaining({ action: "rds:DescribeDBClusters", resource: null })]);
      expect(findingsOf(target)).toEqual(["master-password-managed ledger-instance-1 INSUFFICIENT_DATA"]);
    }));

  test("reads the tenant databases of a container", () =>
    withSimulatedRegion(async (simulated) => {
      for (const identifier of ["erp", "crm"]) {
        simulated.here.addInstance({ identifier, engine: "oracle-ee-cdb", MultiTenant: true });
        simulated.here.addTenantDatabase({ instance: identifier, name: "HR" });
      }
      const target = await readSome(simulated, [instance("erp")]);
      expect(identifiersOf(target)).toEqual(["erp", "erp/HR"]);
      expect(target.databases.map(({ engine }) => engine)).toEqual(["oracle-ee-cdb", "oracle-ee-cdb"]);
    }));
});

describe("the secret of a single database", () => {
  const managed = { identifier: "orders", managed: true } as const;

  test("is missing if it does not exist", () =>
    withSimulatedRegion(async (simulated) => {
      const { MasterUserSecret } = simulated.here.addInstance(managed);
      const arn = MasterUserSecret?.SecretArn ?? "";
      simulated.here.editSecret(arn, undefined);
      const target = await readSome(simulated, [instance("orders")]);
      expect(target.missingSecrets).toEqual([arn]);
      expect(findingsOf(target)).toContain("secret-belongs-to-database orders NON_COMPLIANT");
    }));

  test("is a gap if DescribeSecret is denied, and no rule that depends on it passes", () =>
    withSimulatedRegion(async (simulated) => {
      const { MasterUserSecret } = simulated.here.addInstance(managed);
      simulated.here.addInstance({ identifier: "shop", managed: true });
      const arn = MasterUserSecret?.SecretArn ?? "";
      simulated.cloud.fault({ action: "secretsmanager:DescribeSecret", matching: arn, kind: "deny" });
      const target = await readSome(simulated, [instance("orders"), instance("shop")]);
      expect(target.gaps).toEqual([
        expect.objectContaining({
          action: "secretsmanager:DescribeSecret",
          resource: arn,
          code: "AccessDeniedException",
        }),
      ]);
      expect(findingsOf(target)).toContain("rotation-enabled orders INSUFFICIENT_DATA");
      expect(findingsOf(target).filter((finding) => finding.includes("shop"))).toEqual([]);
    }));

  test("is described once, even if a rule requests confirmation", () =>
    withSimulatedRegion(async (simulated) => {
      simulated.here.addInstance({ identifier: "orders", managed: { RotationEnabled: false, status: "impaired" } });
      const target = await readSome(simulated, [instance("orders")]);
      expect(simulated.calls()["secretsmanager:DescribeSecret"]).toBe(1);
      expect(simulated.calls()["secretsmanager:GetResourcePolicy"]).toBe(1);
      expect(findingsOf(target)).toContain("rotation-enabled orders NON_COMPLIANT");
    }));

  test("is not described if no rule reads secrets", () =>
    withSimulatedRegion(async (simulated) => {
      simulated.here.addInstance(managed);
      const some = rules.filter(({ id }) => id === "master-password-managed");
      await readSome(simulated, [instance("orders")], { rules: some });
      expect(simulated.calls()).toEqual({ "rds:DescribeDBInstances": 1 });
    }));
});

test("judges each database of the sample organization alone as in a full audit", async () => {
  const { cloud, policyYaml } = createSampleOrganization({ now: new Date(now) });
  // If only ListSecrets is denied, DescribeSecret still gives a single database a better verdict.
  cloud.faults.length = 0;
  cloud.lag.listSecretsSeconds = 0;
  const policy = parsePolicy(
    policyYaml,
    "the sample policy",
    rules.map(({ id }) => id),
  );
  const simulator = await startSimulator(cloud);
  let count = 0;
  try {
    for (const account of Object.values(sampleAccounts))
      for (const region of sampleRegions) {
        const port = createAccount({
          name: account,
          endpoint: simulator.endpoint,
          credentials: { accessKeyId: account, secretAccessKey: "simulated" },
        }).region({ account, region, partition: "aws" });
        const all = await readTarget(port, { policy, rules, now });
        const together = judgeTarget(all, policy, rules, now);
        for (const { arn, kind, resourceId } of all.databases) {
          if (kind === "tenant-database") continue;
          const only: DatabaseReference[] = [{ kind, by: "resourceId", value: resourceId }];
          const alone = judgeTarget(await readTarget(port, { policy, rules, now, only }), policy, rules, now);
          const isOf = (database: { arn: string }) => database.arn === arn;
          expect(alone.databases.filter(isOf)).toEqual(together.databases.filter(isOf));
          expect(alone.findings.filter(({ resource }) => isOf(resource))).toEqual(
            together.findings.filter(({ resource }) => isOf(resource)),
          );
          count += 1;
        }
      }
  } finally {
    await simulator.close();
  }
  expect(count).toBeGreaterThan(50);
}, 60_000);
