import { describe, expect, test } from "@jest/globals";
import type { Repairs } from "../lib/executions/reap-and-start.ts";
import { toggleTagKey } from "../lib/model/database.ts";
import { type ExecutionEvent, executionEventSchema } from "../lib/model/execution-event.ts";
import type { RecheckEvent } from "../lib/model/recheck-event.ts";
import type { RemediationEvent } from "../lib/model/remediation-event.ts";
import type { RemediationRequest } from "../lib/model/remediation-request.ts";
import { emptyRemediationState, type RemediationState, type Running } from "../lib/model/remediation-state.ts";
import { recordUnannounced } from "../lib/plan/remediation-state.ts";
import { recheckAndPublish } from "../lib/recheck-and-publish.ts";
import { updateStored } from "../lib/storage/update-stored.ts";
import { rules } from "../rules/index.ts";
import { createCloud } from "../simulator/cloud.ts";
import { resourceIdFrom } from "../simulator/identifiers.ts";
import type { Cloud, Region } from "../simulator/state.ts";
import { account, hoursFromNow, now, region } from "./support/builders.ts";
import { createInProcessRegion } from "./support/in-process-region.ts";
import { createMemoryStore } from "./support/memory-store.ts";
import { createMemoryStored, type MemoryStored } from "./support/memory-stored.ts";
import { aMark, anExecution, aPermissivePolicy, arnOf } from "./support/repairs.ts";
import { samplesIn } from "./support/samples.ts";

const scope = { account, region, partition: "aws" } as const;
const [sample] = samplesIn("lib/model/execution-event.ts");

type World = {
  readonly cloud: Cloud;
  readonly here: Region;
  readonly state: MemoryStored<RemediationState>;
  readonly notified: RemediationEvent[];
  readonly started: { execution: string; request: RemediationRequest }[];
  readonly calls: Set<string>;
  /** What notify throws; null if it succeeds. */
  tellFails: Error | null;
};

function aWorld(running: readonly Partial<Running>[] = []): World {
  const cloud = createCloud({ now: new Date(now) });
  const state = { ...emptyRemediationState, running: running.map(runningOn) };
  return {
    ...{ cloud, here: cloud.region(account, region), state: createMemoryStored({ empty: state }) },
    ...{ notified: [], started: [], calls: new Set(), tellFails: null },
  };
}

/** An execution with the resource ID that the simulator gives its database. */
function runningOn({ arn = arnOf("orders"), ...overrides }: Partial<Running>): Running {
  return anExecution({ arn, resourceId: `db-${resourceIdFrom(arn)}`, ...overrides });
}

function recheck(
  world: World,
  event: RecheckEvent | ExecutionEvent,
  isRepairing = true,
  regions: "all" | readonly string[] = "all",
) {
  const { cloud, state, notified, started, calls } = world;
  const repairs: Repairs = {
    state,
    async notify(told_) {
      if (world.tellFails) throw world.tellFails;
      notified.push(told_);
    },
    async start(execution, request) {
      started.push({ execution, request });
      return true;
    },
  };
  return recheckAndPublish({
    ...{ event, regions, rules, version: "0.0.0", invocation: event.id, destinations: [], store: createMemoryStore() },
    policy: aPermissivePolicy(),
    repairs: isRepairing ? repairs : null,
    open: (name) =>
      createInProcessRegion(cloud, { ...scope, region: name }, async ({ action }, perform) => {
        calls.add(action);
        return perform();
      }),
    now: () => now,
    sleep: async () => {},
  });
}

const ended = (status: ExecutionEvent["detail"]["status"], detail: Partial<ExecutionEvent["detail"]> = {}) => {
  const event = executionEventSchema.parse(sample);
  return {
    ...event,
    account,
    region,
    detail: { ...event.detail, durableExecutionName: "db-ORDERS-1", status, ...detail },
  };
};

const rdsEvent = (SourceIdentifier: string): RecheckEvent => ({
  ...{ id: "event-1", account, region, time: now, "detail-type": "RDS DB Instance Event" },
  detail: { SourceIdentifier, EventID: "RDS-EVENT-0043" },
});

describe("a database event", () => {
  test("reads and starts nothing for repairs if the deployment does not repair", async () => {
    const world = aWorld();
    world.here.addInstance({ identifier: "orders" });
    const publication = await recheck(world, rdsEvent("orders"), false);
    expect(publication).toMatchObject({ isNew: true, failures: [] });
    expect(world.started).toEqual([]);
    expect(world.calls).not.toContain("rds:DescribeDBProxies");
  });

  test("in a Region that is not audited is ignored", async () => {
    const world = aWorld();
    world.here.addInstance({ identifier: "orders" });
    expect(await recheck(world, rdsEvent("orders"), true, ["us-east-1"])).toBeNull();
    expect([...world.calls]).toEqual([]);
    expect(await recheck(world, rdsEvent("orders"), true, ["us-east-1", region])).toMatchObject({ isNew: true });
  });

  test("starts repairs of its database only", async () => {
    const world = aWorld();
    world.here.addInstance({ identifier: "orders" });
    world.here.addInstance({ identifier: "legacy" });
    await recheck(world, rdsEvent("orders"));
    expect(world.started.map(({ request }) => [request.action, request.database.identifier])).toEqual([
      ["enable", "orders"],
    ]);
  });

  describe("in the middle of a healthy toggle", () => {
    const Value = aMark({ execution: "db-ORDERS-1" });
    const toggling = { action: "toggle", rule: "secret-key-as-required" } as const;
    const offWith = async (running: readonly Partial<Running>[]) => {
      const world = aWorld(running);
      world.here.addInstance({ identifier: "orders" }).TagList.push({ Key: toggleTagKey, Value });
      const { changes = [] } = (await recheck(world, rdsEvent("orders"))) ?? {};
      return changes.filter(({ type }) => type === "finding.opened").map(({ finding }) => finding.rule);
    };

    test("does not alarm that management is off: the execution turns it on", async () => {
      expect(await offWith([toggling])).toEqual([]);
    });

    test.each([
      ["no execution is running", []],
      ["its lease has expired", [{ ...toggling, expiresAt: now }]],
      ["it works on another database", [{ ...toggling, arn: arnOf("legacy") }]],
      ["it has not started to change anything", [{ ...toggling, isChanging: false }]],
    ])("alarms if %s", async (_, running) => {
      expect(await offWith(running)).toEqual(["toggle-not-interrupted", "master-password-managed"]);
    });
  });

  test("ends a stale execution of its database, and leaves others to the audit", async () => {
    const stale = { expiresAt: hoursFromNow(-1) };
    const world = aWorld([stale, { ...stale, execution: "db-LEGACY-1", arn: arnOf("legacy") }]);
    world.here.addInstance({ identifier: "orders", managed: { status: "impaired" } });
    await recheck(world, rdsEvent("orders"));
    expect(world.notified.map(({ type, execution }) => [type, execution])).toEqual([
      ["remediation.failed", "db-ORDERS-1"],
    ]);
    expect(world.state.kept().running.map(({ execution }) => execution)).toEqual(["db-LEGACY-1"]);
  });

  test("reports a failed notification, which is tried again", async () => {
    const world = aWorld([{ expiresAt: hoursFromNow(-1) }]);
    world.here.addInstance({ identifier: "orders", managed: { status: "impaired" } });
    world.tellFails = new Error("no topic");
    const publication = await recheck(world, rdsEvent("orders"));
    expect(publication?.failures).toEqual([{ where: "remediation", error: world.tellFails }]);
    expect(world.state.kept().running).toHaveLength(1);
  });

  test("is published even if the remediation state cannot be read", async () => {
    const world = aWorld();
    world.here.addInstance({ identifier: "orders" });
    world.state.fail = { read: new Error("no bucket") };
    const publication = await recheck(world, rdsEvent("orders"));
    expect(publication?.changes).toHaveLength(1);
    expect(publication?.failures.map(({ error }) => error.message)).toContain("no bucket");
  });
});

describe("an execution that failed, timed out or was stopped", () => {
  test("without a slot has recorded its end: nothing is read", async () => {
    const world = aWorld();
    expect(await recheck(world, ended("FAILED"))).toBeNull();
    expect([world.notified, [...world.calls]]).toEqual([[], []]);
  });

  test("without a slot and without a recorded end leaves its name: the next audit starts another execution", async () => {
    const world = aWorld();
    const orders = world.here.addInstance({ identifier: "orders" });
    const name = `${orders.DbiResourceId}-1-20261124`;
    const event = ended("FAILED", { durableExecutionName: name });
    await recheck(world, event);
    await recheck(world, event);
    await recheck(world, rdsEvent("orders"));
    expect(world.started.map(({ execution }) => execution)).toEqual([`${orders.DbiResourceId}-2-20261124`]);
  });

  test("is ignored if the deployment does not repair", async () => {
    expect(await recheck(aWorld([{}]), ended("FAILED"), false)).toBeNull();
  });

  test.each([
    [
      "the event's name",
      { durableExecutionName: "db-ORDERS-1", durableExecutionArn: "arn:aws:lambda:…/durable-execution/x/y" },
    ],
    [
      "its ARN",
      { durableExecutionName: "other", durableExecutionArn: "arn:aws:lambda:…/durable-execution/db-ORDERS-1/y" },
    ],
    [
      "its ARN alone",
      { durableExecutionName: undefined, durableExecutionArn: "arn:aws:lambda:…/durable-execution/db-ORDERS-1/y" },
    ],
  ])("is found by %s", async (_, detail) => {
    const world = aWorld([{}]);
    world.here.addInstance({ identifier: "orders", managed: { status: "impaired" } });
    await recheck(world, ended("STOPPED", detail as Partial<ExecutionEvent["detail"]>));
    expect(world.state.kept().running).toEqual([]);
  });

  test("with management off is notified with the command to turn it on, counts as a failure, and is finished by the next execution", async () => {
    const world = aWorld([{ action: "toggle", rule: "secret-key-as-required" }]);
    world.here.addInstance({ identifier: "orders", tags: { [toggleTagKey]: aMark() } });
    await recheck(world, ended("TIMED_OUT"));
    expect(world.notified).toMatchObject([
      {
        ...{ type: "remediation.failed", execution: "db-ORDERS-1", action: "toggle", severity: "high", managed: false },
        message: expect.stringMatching(/^The execution ended with status TIMED_OUT\. RDS does not manage/),
        recovery: [expect.stringMatching(/--manage-master-user-password --master-user-secret-kms-key-id arn:aws:kms/)],
        database: { identifier: "orders", kind: "instance" },
      },
    ]);
    expect(world.state.kept()).toMatchObject({
      running: [],
      failuresInARow: 1,
      attempts: [{ outcome: "interrupted" }],
    });
    expect(world.started.map(({ request }) => request.action)).toEqual(["finish-interrupted"]);
  });

  test("during enable leaves management off: the present password still works", async () => {
    const world = aWorld([{ action: "enable", rule: "master-password-managed" }]);
    world.here.addInstance({ identifier: "orders" });
    await recheck(world, ended("FAILED"));
    expect(world.notified).toMatchObject([{ type: "remediation.failed", managed: null, recovery: [] }]);
  });

  test("whose rule passes counts as repaired", async () => {
    const world = aWorld([{ action: "enable", rule: "master-password-managed" }]);
    const orders = world.here.addInstance({ identifier: "orders", managed: true });
    const unannounced = { execution: "db-ORDERS-1", rule: "master-password-managed" };
    await updateStored(world.state, (state) => recordUnannounced(state, orders.DbiResourceId, unannounced));
    await recheck(world, ended("FAILED"));
    expect(world.notified.map(({ type, secret }) => [type, secret.after])).toEqual([
      ["secret.replaced", orders.MasterUserSecret?.SecretArn],
      ["remediation.succeeded", orders.MasterUserSecret?.SecretArn],
    ]);
    expect(world.state.kept()).toMatchObject({ running: [], failuresInARow: 0, attempts: [{ outcome: "repaired" }] });
  });

  test("that left management off without its tag does not count as repaired, although its rule no longer applies", async () => {
    const world = aWorld([{ action: "toggle", rule: "secret-not-impaired" }]);
    world.here.addInstance({ identifier: "orders" });
    await recheck(world, ended("TIMED_OUT"));
    expect(world.notified).toMatchObject([{ type: "remediation.failed", managed: false }]);
  });

  test("before it changed anything is notified as refused", async () => {
    const world = aWorld([{ isChanging: false, action: "toggle" }]);
    world.here.addInstance({ identifier: "orders", managed: { status: "impaired" } });
    await recheck(world, ended("STOPPED"));
    expect(world.notified.map(({ type, managed }) => [type, managed])).toEqual([["remediation.refused", null]]);
    expect(world.state.kept()).toMatchObject({ running: [], attempts: [], failuresInARow: 0 });
  });

  test("on a deleted database is notified with what is known", async () => {
    const world = aWorld([{}]);
    expect(await recheck(world, ended("FAILED"))).toBeNull();
    expect(world.notified).toMatchObject([
      { managed: null, database: { kind: "instance", identifier: "orders", account, region } },
    ]);
    expect(world.state.kept().running).toEqual([]);
  });

  test("on a database that cannot be read is notified, and checked when the event is delivered again", async () => {
    const world = aWorld([{}]);
    world.here.addInstance({ identifier: "orders", managed: { status: "impaired" } });
    const repair = world.cloud.fault({ action: "rds:DescribeDBInstances", kind: "deny" });
    await expect(recheck(world, ended("FAILED"))).rejects.toThrow("rds:DescribeDBInstances");
    expect(world.notified).toMatchObject([{ type: "remediation.failed", managed: null }]);
    expect(world.state.kept().running).toMatchObject([{ expiresAt: now }]);
    repair();
    await recheck(world, ended("FAILED"));
    expect(world.notified.at(-1)).toMatchObject({ type: "remediation.failed", managed: true });
    expect(world.state.kept().running).toEqual([]);
  });

  test("on a tenant database is looked up through its container", async () => {
    const world = aWorld();
    const instance = world.here.addInstance({ identifier: "cdb", engine: "oracle-ee-cdb", MultiTenant: true });
    const tenant = world.here.addTenantDatabase({ instance, name: "ERP", tags: { [toggleTagKey]: aMark() } });
    const running = anExecution({
      ...{ resourceId: tenant.TenantDatabaseResourceId, arn: tenant.TenantDatabaseARN },
      ...{ action: "toggle", rule: "secret-key-as-required" },
    });
    await world.state.write({ ...emptyRemediationState, running: [running] }, null);
    await recheck(world, ended("TIMED_OUT"));
    expect(world.notified).toMatchObject([
      { managed: false, database: { kind: "tenant-database", identifier: "cdb/ERP" } },
    ]);
    expect(world.started.map(({ request }) => request.database.identifier)).toEqual(["cdb/ERP"]);
  });
});
