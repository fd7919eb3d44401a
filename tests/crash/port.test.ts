import { describe, expect, test } from "@jest/globals";
import { readTarget } from "../../lib/collect/read-target.ts";
import { databaseKinds } from "../../lib/model/database.ts";
import { defaultPolicy } from "../../lib/model/default-policy.ts";
import { rules } from "../../rules/index.ts";
import { createInProcessRegion } from "../support/in-process-region.ts";
import { now } from "../support/simulated-audit.ts";
import { withSimulatedRegion } from "../support/simulated-region.ts";
import { replayed } from "./openings.ts";
import { aScenario } from "./scenarios.ts";
import { createSuite } from "./suite.ts";
import { killedAt } from "./troubles.ts";

test("the port of these trials reads what the SDK's reads", () =>
  withSimulatedRegion(async ({ cloud, here, port }) => {
    const key = here.addKey();
    const orders = here.addInstance({ identifier: "orders", managed: { kmsKeyId: key.Arn, status: "impaired" } });
    here.addCluster({ identifier: "ledger", managed: { RotationEnabled: false }, tags: { stage: "test" } });
    here.addTenantDatabase({
      instance: here.addInstance({ identifier: "erp", engine: "oracle-ee-cdb", MultiTenant: true }),
      name: "PAY",
      managed: true,
    });
    here.addProxy({ name: "web", secretArns: [orders.MasterUserSecret?.SecretArn ?? ""] });
    here.addBlueGreenDeployment({ source: orders });
    // More than one page, by Marker and by NextToken.
    for (let index = 0; index < 120; index += 1) here.addInstance({ identifier: `db-${index}`, managed: true });
    const { account, region, partition } = port;
    const inProcess = createInProcessRegion(cloud, { account, region, partition });
    const options = { policy: defaultPolicy, rules, now, forRepair: true };
    const [bySdk, byPort] = [await readTarget(port, options), await readTarget(inProcess, options)];
    expect(byPort).toEqual(bySdk);
    expect(byPort.databases.length).toBeGreaterThan(120);
  }));

describe.each(databaseKinds)("by HTTP, with the clients of the SDK, the %s", (kind) => {
  const suite = createSuite();

  test.each(["no rotation", "overdue rotation", "wrong key", "unmanaged", "interrupted toggle"] as const)(
    "%s is repaired in one go, and when it is killed after each change",
    async (name) => {
      const play = { scenario: aScenario(name, kind), opening: replayed, isByHttp: true };
      const { executions, points } = await suite.play(play);
      expect(executions.map(({ result }) => result?.at(-1)?.outcome)).toEqual([{ end: "repaired", remarks: [] }]);
      const changes = points.flatMap(({ label }, index) =>
        /^after [a-z]+[A-Z]?[a-z]*$/.test(label) ? [index + 1] : [],
      );
      expect(changes.length).toBeGreaterThan(0);
      for (const number of changes) await suite.play({ ...play, trouble: killedAt(number) });
      expect(suite.report()).toBe("");
    },
  );
});
