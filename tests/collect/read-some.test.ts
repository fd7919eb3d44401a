import { describe, expect, test } from "@jest/globals";
import { judgeTarget } from "../../lib/audit/judge.ts";
import { createAccount } from "../../lib/aws/create-account.ts";
import { type ReadOptions, readTarget } from "../../lib/collect/read-target.ts";
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

describe("of a Region in which there is more", () => {
  function aFleet({ here }: SimulatedRegion) {
    const orders = here.addInstance({ identifier: "orders", managed: true });
    here.addInstance({ identifier: "legacy" });
    const ledger = here.addCluster({ identifier: "ledger", members: 3, managed: true });
    here.addCluster({ identifier: "shop", members: 1 });
    return { orders, ledger };
  }

  test("one DB instance is read by its name, with its secret and its key, and no list of secrets", () =>
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

  test("more than fifty are looked for in the lists, and nothing else is judged", () =>
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

  test("a fleet of 250 with one key costs as many calls as an audit of it", () =>
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

  test.each(["identifier", "resourceId"] as const)("a database is found by its %s", (by) =>
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

  test("a DB instance and a DB cluster of one name are told apart", () =>
    withSimulatedRegion(async (simulated) => {
      aFleet(simulated);
      expect(identifiersOf(await readSome(simulated, [cluster("orders"), instance("ledger")]))).toEqual([]);
      simulated.here.addInstance({ identifier: "ledger" });
      const { databases } = await readSome(simulated, [instance("ledger")]);
      expect(databases.map(({ kind }) => kind)).toEqual(["instance"]);
    }));

  test("one that does not exist is no gap", () =>
    withSimulatedRegion(async (simulated) => {
      aFleet(simulated);
      expect(await readSome(simulated, [instance("nobody"), cluster("nobody")])).toMatchObject({
        databases: [],
        gaps: [],
        secrets: [],
      });
    }));

  test("no reference reads nothing", () =>
    withSimulatedRegion(async (simulated) => {
      aFleet(simulated);
      expect(await readSome(simulated, [])).toMatchObject({ databases: [], gaps: [], calls: 0 });
    }));

  test("several members come with their cluster, once", () =>
    withSimulatedRegion(async (simulated) => {
      aFleet(simulated);
      const members = ["ledger-instance-1", "ledger-instance-2"];
      const target = await readSome(simulated, members.map(instance));
      expect(identifiersOf(target)).toEqual(["ledger", ...members]);
      expect(simulated.calls()["secretsmanager:DescribeSecret"]).toBe(1);
    }));

  test("a member whose cluster may not be read is not excused by it", () =>
    withSimulatedRegion(async (simulated) => {
      aFleet(simulated);
      simulated.cloud.fault({ action: "rds:DescribeDBClusters", kind: "deny" });
      const target = await readSome(simulated, [instance("ledger-instance-1")]);
      expect(target.gaps).toEqual([expect.objectContaining({ action: "rds:DescribeDBClusters", resource: null })]);
      expect(findingsOf(target)).toEqual(["master-password-managed ledger-instance-1 INSUFFICIENT_DATA"]);
    }));

  test("a container comes with its own tenant databases", () =>
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

describe("the secret of a database that is read alone", () => {
  const managed = { identifier: "orders", managed: true } as const;

  test("is missing where there is none", () =>
    withSimulatedRegion(async (simulated) => {
      const { MasterUserSecret } = simulated.here.addInstance(managed);
      const arn = MasterUserSecret?.SecretArn ?? "";
      simulated.here.editSecret(arn, undefined);
      const target = await readSome(simulated, [instance("orders")]);
      expect(target.missingSecrets).toEqual([arn]);
      expect(findingsOf(target)).toContain("secret-belongs-to-database orders NON_COMPLIANT");
    }));

  test("that may not be described is a gap of that secret, and nothing passes that depends on it", () =>
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

  test("is described once, also where a rule wants it confirmed", () =>
    withSimulatedRegion(async (simulated) => {
      simulated.here.addInstance({ identifier: "orders", managed: { RotationEnabled: false, status: "impaired" } });
      const target = await readSome(simulated, [instance("orders")]);
      expect(simulated.calls()["secretsmanager:DescribeSecret"]).toBe(1);
      expect(simulated.calls()["secretsmanager:GetResourcePolicy"]).toBe(1);
      expect(findingsOf(target)).toContain("rotation-enabled orders NON_COMPLIANT");
    }));

  test("is not described where no rule asks for it", () =>
    withSimulatedRegion(async (simulated) => {
      simulated.here.addInstance(managed);
      const some = rules.filter(({ id }) => id === "master-password-managed");
      await readSome(simulated, [instance("orders")], { rules: some });
      expect(simulated.calls()).toEqual({ "rds:DescribeDBInstances": 1 });
    }));
});

test("every database of the sample organization is judged alone as it is judged with all others", async () => {
  const { cloud, policyYaml } = createSampleOrganization({ now: new Date(now) });
  // What may not be listed may yet be described: then a database that is read alone is rightly better known.
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
