import { describe, expect, test } from "@jest/globals";
import { evaluateRule } from "../lib/evaluate-rule.ts";
import type { ConfigEvent, ConfigurationItem } from "../lib/model/config-event.ts";
import { exemptionTags, toggleTagKey } from "../lib/model/database.ts";
import { defaultPolicy } from "../lib/model/default-policy.ts";
import type { Policy } from "../lib/model/policy.ts";
import { findRule } from "../rules/index.ts";
import { createMemoryConfig, type MemoryConfig } from "./support/memory-config.ts";
import { now, region } from "./support/simulated-audit.ts";
import { type SimulatedRegion, withSimulatedRegion } from "./support/simulated-region.ts";

const account = "111111111111";
const capturedAt = "2026-11-24T11:58:34.043Z";
const notifiedAt = "2026-11-24T11:59:00.373Z";
const instanceType = "AWS::RDS::DBInstance";
const clusterType = "AWS::RDS::DBCluster";

const anItem = (resourceId: string, overrides: Partial<ConfigurationItem> = {}): ConfigurationItem => ({
  awsAccountId: account,
  awsRegion: region,
  resourceType: instanceType,
  resourceId,
  configurationItemStatus: "OK",
  configurationItemCaptureTime: capturedAt,
  ...overrides,
});
const scheduled: ConfigEvent["invokingEvent"] = {
  messageType: "ScheduledNotification",
  awsAccountId: account,
  notificationCreationTime: notifiedAt,
};
const changed = (configurationItem: ConfigurationItem): ConfigEvent["invokingEvent"] => ({
  messageType: "ConfigurationItemChangeNotification",
  configurationItem,
});

type Evaluating = {
  readonly config?: MemoryConfig;
  readonly rule?: string;
  readonly policy?: Partial<Policy>;
  readonly event?: Partial<ConfigEvent>;
};
/** The counts of an evaluation. */
async function evaluate(...request: Parameters<typeof evaluateEvent>) {
  return (await evaluateEvent(...request)).counts;
}
function evaluateEvent(
  { port }: SimulatedRegion,
  invokingEvent: ConfigEvent["invokingEvent"],
  { config = createMemoryConfig(), rule = "master-password-managed", policy = {}, event = {} }: Evaluating = {},
) {
  return evaluateRule({
    event: {
      invokingEvent,
      ruleParameters: { rule },
      resultToken: "token",
      eventLeftScope: false,
      configRuleName: `rds-password-audit-${rule}`,
      accountId: account,
      ...event,
    },
    rule: findRule(rule),
    policy: { ...defaultPolicy, ...policy },
    port,
    config,
    now,
  });
}

/** A container with two tenant databases, the second of which is not managed. */
function aContainer({ here }: SimulatedRegion) {
  const container = here.addInstance({ identifier: "erp", engine: "oracle-ee-cdb", MultiTenant: true });
  const pay = here.addTenantDatabase({ instance: container, name: "PAY", managed: true });
  const hr = here.addTenantDatabase({ instance: container, name: "HR" });
  return { container, pay, hr };
}

describe("a changed resource", () => {
  test("gets one evaluation, with its type, ID and capture time", () =>
    withSimulatedRegion(async (simulated) => {
      const { DbiResourceId } = simulated.here.addInstance({ identifier: "orders" });
      simulated.here.addInstance({ identifier: "legacy" });
      const config = createMemoryConfig();
      expect(await evaluate(simulated, changed(anItem(DbiResourceId)), { config })).toEqual({
        sent: 1,
        retired: 0,
        withheld: 0,
      });
      expect(config.sent).toEqual([
        {
          ComplianceResourceType: instanceType,
          ComplianceResourceId: DbiResourceId,
          ComplianceType: "NON_COMPLIANT",
          Annotation: "RDS does not manage the master password of DB instance orders.",
          OrderingTimestamp: new Date(capturedAt),
        },
      ]);
    }));

  test("is read alone, by its ID, whatever the item contains", () =>
    withSimulatedRegion(async (simulated) => {
      const { DbiResourceId } = simulated.here.addInstance({ identifier: "renamed-since", managed: true });
      simulated.here.addInstance({ identifier: "legacy" });
      const config = createMemoryConfig();
      await evaluate(simulated, changed(anItem(DbiResourceId)), { config });
      expect(config.verdictOn(DbiResourceId)).toEqual([
        "COMPLIANT",
        "RDS manages the master password of DB instance renamed-since.",
      ]);
      expect(simulated.calls()).toEqual({ "rds:DescribeDBInstances": 1 });
    }));

  test("is evaluated if AWS Config sends only a summary", () =>
    withSimulatedRegion(async (simulated) => {
      const { DbClusterResourceId } = simulated.here.addCluster({ identifier: "ledger" });
      const config = createMemoryConfig();
      const configurationItemSummary = anItem(DbClusterResourceId, { resourceType: clusterType });
      const messageType = "OversizedConfigurationItemChangeNotification";
      await evaluate(simulated, { messageType, configurationItemSummary }, { config });
      expect(config.sent).toEqual([
        expect.objectContaining({
          ComplianceResourceType: clusterType,
          ComplianceResourceId: DbClusterResourceId,
          ComplianceType: "NON_COMPLIANT",
          OrderingTimestamp: new Date(capturedAt),
        }),
      ]);
    }));

  test("that was just discovered is evaluated", () =>
    withSimulatedRegion(async (simulated) => {
      const { DbiResourceId } = simulated.here.addInstance({ identifier: "orders" });
      const config = createMemoryConfig();
      const item = anItem(DbiResourceId, { configurationItemStatus: "ResourceDiscovered" });
      await evaluate(simulated, changed(item), { config });
      expect(config.verdictOn(DbiResourceId)?.[0]).toBe("NON_COMPLIANT");
    }));

  test.each(["ResourceDeleted", "ResourceDeletedNotRecorded", "ResourceNotRecorded"])(
    "to %s is retired without being read",
    (configurationItemStatus) =>
      withSimulatedRegion(async (simulated) => {
        const config = createMemoryConfig();
        const item = anItem("db-GONE", { configurationItemStatus });
        expect(await evaluate(simulated, changed(item), { config })).toEqual({ sent: 1, retired: 1, withheld: 0 });
        expect(config.verdictOn("db-GONE")?.[0]).toBe("NOT_APPLICABLE");
        expect(simulated.calls()).toEqual({});
      }),
  );

  test("with a status that AWS does not document is not judged", () =>
    withSimulatedRegion(async (simulated) => {
      const { DbiResourceId } = simulated.here.addInstance({ identifier: "orders" });
      const config = createMemoryConfig();
      const item = anItem(DbiResourceId, { configurationItemStatus: "ResourceQuarantined" });
      expect(await evaluate(simulated, changed(item), { config })).toEqual({ sent: 0, retired: 0, withheld: 1 });
      expect(config.sent).toEqual([]);
    }));

  test("that left the rule's scope is retired, although it exists", () =>
    withSimulatedRegion(async (simulated) => {
      const { DbiResourceId } = simulated.here.addInstance({ identifier: "orders" });
      const config = createMemoryConfig();
      const event = { eventLeftScope: true };
      expect(await evaluate(simulated, changed(anItem(DbiResourceId)), { config, event })).toMatchObject({
        retired: 1,
      });
      expect(config.verdictOn(DbiResourceId)?.[0]).toBe("NOT_APPLICABLE");
    }));

  test("that no longer exists is NOT_APPLICABLE", () =>
    withSimulatedRegion(async (simulated) => {
      simulated.here.addInstance({ identifier: "legacy" });
      const config = createMemoryConfig();
      await evaluate(simulated, changed(anItem("db-GONE")), { config });
      expect(config.verdictOn("db-GONE")).toEqual(["NOT_APPLICABLE", "The database no longer exists."]);
      expect(config.sent).toHaveLength(1);
    }));

  test("of a type without a master password is NOT_APPLICABLE, and nothing is read", () =>
    withSimulatedRegion(async (simulated) => {
      const config = createMemoryConfig();
      const item = anItem("orders-snapshot", { resourceType: "AWS::RDS::DBSnapshot" });
      await evaluate(simulated, changed(item), { config });
      expect(config.verdictOn("orders-snapshot")).toEqual([
        "NOT_APPLICABLE",
        "A resource of type AWS::RDS::DBSnapshot has no master password.",
      ]);
      expect(simulated.calls()).toEqual({});
    }));

  test("that cannot be read is not judged: AWS Config keeps its last evaluation", () =>
    withSimulatedRegion(async (simulated) => {
      const { DbiResourceId } = simulated.here.addInstance({ identifier: "orders" });
      simulated.cloud.fault({ action: "rds:DescribeDBInstances", kind: "deny" });
      const config = createMemoryConfig();
      const result = await evaluate(simulated, changed(anItem(DbiResourceId)), { config });
      expect(result).toEqual({ sent: 0, retired: 0, withheld: 1 });
      expect(config.sent).toEqual([]);
    }));

  test("whose secret cannot be read is not judged", () =>
    withSimulatedRegion(async (simulated) => {
      const { DbiResourceId } = simulated.here.addInstance({ identifier: "orders", managed: true });
      simulated.cloud.fault({ action: "secretsmanager:DescribeSecret", kind: "deny" });
      const config = createMemoryConfig();
      const result = await evaluate(simulated, changed(anItem(DbiResourceId)), { config, rule: "rotation-enabled" });
      expect(result).toEqual({ sent: 0, retired: 0, withheld: 1 });
    }));

  test("that is a cluster member is NOT_APPLICABLE", () =>
    withSimulatedRegion(async (simulated) => {
      simulated.here.addCluster({ identifier: "ledger", members: ["ledger-1"] });
      const id = simulated.here.instances.get("ledger-1")?.DbiResourceId ?? "";
      const config = createMemoryConfig();
      await evaluate(simulated, changed(anItem(id)), { config });
      expect(config.verdictOn(id)?.[0]).toBe("NOT_APPLICABLE");
      expect(config.sent).toHaveLength(1);
    }));
});

describe("a container", () => {
  test("gets the violations of its tenant databases, which AWS Config does not have", () =>
    withSimulatedRegion(async (simulated) => {
      const { container } = aContainer(simulated);
      const config = createMemoryConfig();
      await evaluate(simulated, changed(anItem(container.DbiResourceId)), { config });
      expect(config.sent).toHaveLength(1);
      expect(config.verdictOn(container.DbiResourceId)).toEqual([
        "NON_COMPLIANT",
        "RDS does not manage the master password of tenant database erp/HR.",
      ]);
    }));

  test("passes if all of them pass", () =>
    withSimulatedRegion(async (simulated) => {
      const { container, hr } = aContainer(simulated);
      simulated.here.tenants.forEach((tenant, key, all) => {
        if (tenant === hr) all.delete(key);
      });
      const config = createMemoryConfig();
      await evaluate(simulated, scheduled, { config });
      expect(config.sent).toHaveLength(1);
      expect(config.verdictOn(container.DbiResourceId)?.[0]).toBe("COMPLIANT");
    }));

  test.each(["master-password-managed", "rotation-enabled", "secret-not-impaired"])(
    "does not pass %s while they may not be read",
    (rule) =>
      withSimulatedRegion(async (simulated) => {
        const { container } = aContainer(simulated);
        const resource = { resourceType: instanceType, resourceId: container.DbiResourceId };
        const config = createMemoryConfig([resource]);
        simulated.cloud.fault({ action: "rds:DescribeTenantDatabases", kind: "deny" });
        const item = changed(anItem(container.DbiResourceId));
        expect(await evaluate(simulated, item, { config, rule })).toEqual({ sent: 0, retired: 0, withheld: 1 });
        expect(await evaluate(simulated, scheduled, { config, rule })).toEqual({ sent: 0, retired: 0, withheld: 1 });
        expect(config.sent).toEqual([]);
      }),
  );

  test("is NON_COMPLIANT if one of them is, even if not all could be read", () =>
    withSimulatedRegion(async (simulated) => {
      const { container } = aContainer(simulated);
      for (let index = 0; index < 150; index += 1)
        simulated.here.addTenantDatabase({ instance: container, name: `T${index}`, managed: true });
      simulated.cloud.fault({ action: "rds:DescribeTenantDatabases", kind: "deny", skip: 1 });
      const config = createMemoryConfig();
      await evaluate(simulated, changed(anItem(container.DbiResourceId)), { config });
      expect(config.verdictOn(container.DbiResourceId)?.[0]).toBe("NON_COMPLIANT");
    }));

  test("is NON_COMPLIANT itself even if its tenant databases cannot be read", () =>
    withSimulatedRegion(async (simulated) => {
      const tags = { [toggleTagKey]: "2026-11-20T03:00:00Z" };
      const container = simulated.here.addInstance({
        identifier: "erp",
        engine: "oracle-ee-cdb",
        MultiTenant: true,
        tags,
      });
      simulated.cloud.fault({ action: "rds:DescribeTenantDatabases", kind: "deny" });
      const config = createMemoryConfig();
      const item = changed(anItem(container.DbiResourceId));
      await evaluate(simulated, item, { config, rule: "toggle-not-interrupted" });
      expect(config.verdictOn(container.DbiResourceId)?.[0]).toBe("NON_COMPLIANT");
    }));

  test("that was not read gets no verdict from its tenant databases", () =>
    withSimulatedRegion(async (simulated) => {
      const { here, cloud } = simulated;
      const { container } = aContainer(simulated);
      for (let index = 0; index < 120; index += 1) here.addInstance({ identifier: `db-${index}` });
      const late = here.addInstance({ identifier: "crm", engine: "oracle-ee-cdb", MultiTenant: true });
      here.addTenantDatabase({ instance: late, name: "HR" });
      cloud.fault({ action: "rds:DescribeDBInstances", kind: "deny", skip: 1 });
      const config = createMemoryConfig([{ resourceType: instanceType, resourceId: late.DbiResourceId }]);
      expect(await evaluate(simulated, scheduled, { config })).toEqual({ sent: 100, retired: 0, withheld: 0 });
      expect(config.verdictOn(container.DbiResourceId)?.[0]).toBe("NON_COMPLIANT");
      expect(config.verdictOn(late.DbiResourceId)).toBeUndefined();
      expect(config.verdictOn("")).toBeUndefined();
    }));

  test("is NOT_APPLICABLE for a rule that is off, even if they cannot be read", () =>
    withSimulatedRegion(async (simulated) => {
      const { container } = aContainer(simulated);
      simulated.cloud.fault({ action: "rds:DescribeTenantDatabases", kind: "deny" });
      const config = createMemoryConfig();
      const policy = { rulesOff: ["master-password-managed"] };
      await evaluate(simulated, changed(anItem(container.DbiResourceId)), { config, policy });
      expect(config.verdictOn(container.DbiResourceId)?.[0]).toBe("NOT_APPLICABLE");
    }));
});

describe("the policy", () => {
  const exemption = { match: { identifier: ["orders"] }, owner: "ann", reason: "legacy", until: "2026-12-31" };

  test("makes an exempt database NOT_APPLICABLE, with owner, end date and reason", () =>
    withSimulatedRegion(async (simulated) => {
      const { DbiResourceId } = simulated.here.addInstance({ identifier: "orders" });
      const config = createMemoryConfig();
      await evaluate(simulated, changed(anItem(DbiResourceId)), { config, policy: { exemptions: [exemption] } });
      expect(config.verdictOn(DbiResourceId)).toEqual(["NOT_APPLICABLE", "Exempt until 2026-12-31 by ann: legacy"]);
    }));

  test("may allow exemption tags", () =>
    withSimulatedRegion(async (simulated) => {
      const { owner, reason, until } = exemptionTags;
      const tags = { [owner]: "bob", [reason]: "moves", [until]: "2026-11-24" };
      const { DbiResourceId } = simulated.here.addInstance({ identifier: "orders", tags });
      const config = createMemoryConfig();
      await evaluate(simulated, changed(anItem(DbiResourceId)), { config });
      expect(config.verdictOn(DbiResourceId)?.[0]).toBe("NON_COMPLIANT");
      await evaluate(simulated, changed(anItem(DbiResourceId)), { config, policy: { exemptionTags: true } });
      expect(config.verdictOn(DbiResourceId)).toEqual(["NOT_APPLICABLE", "Exempt until 2026-11-24 by bob: moves"]);
    }));

  test("does not apply an ended exemption", () =>
    withSimulatedRegion(async (simulated) => {
      const { DbiResourceId } = simulated.here.addInstance({ identifier: "orders" });
      const config = createMemoryConfig();
      const exemptions = [{ ...exemption, until: "2026-11-23" }];
      await evaluate(simulated, changed(anItem(DbiResourceId)), { config, policy: { exemptions } });
      expect(config.verdictOn(DbiResourceId)?.[0]).toBe("NON_COMPLIANT");
    }));

  test("exempts neither a pass nor INSUFFICIENT_DATA", () =>
    withSimulatedRegion(async (simulated) => {
      const { DbiResourceId } = simulated.here.addInstance({ identifier: "orders", managed: true });
      const policy = { exemptions: [exemption] };
      const config = createMemoryConfig();
      const item = changed(anItem(DbiResourceId));
      await evaluate(simulated, item, { config, policy, rule: "rotation-enabled" });
      expect(config.verdictOn(DbiResourceId)?.[0]).toBe("COMPLIANT");
      simulated.cloud.fault({ action: "secretsmanager:DescribeSecret", kind: "deny" });
      const result = await evaluate(simulated, item, { config, policy, rule: "rotation-enabled" });
      expect(result).toEqual({ sent: 0, retired: 0, withheld: 1 });
    }));

  test("makes a rule that is off NOT_APPLICABLE, with the reason", () =>
    withSimulatedRegion(async (simulated) => {
      const { DbiResourceId } = simulated.here.addInstance({ identifier: "orders" });
      const config = createMemoryConfig();
      const policy = { rulesOff: ["master-password-managed"] };
      for (const event of [changed(anItem(DbiResourceId)), scheduled]) {
        await evaluate(simulated, event, { config, policy });
        expect(config.verdictOn(DbiResourceId)).toEqual(["NOT_APPLICABLE", "The policy switches this rule off."]);
      }
    }));
});

describe("a scheduled evaluation", () => {
  test("evaluates every database, ordered by the notification time", () =>
    withSimulatedRegion(async (simulated) => {
      const { here } = simulated;
      for (let index = 0; index < 250; index += 1)
        here.addInstance({ identifier: `db-${index}`, managed: index % 2 === 0 });
      const cluster = here.addCluster({ identifier: "ledger", members: 2 });
      const config = createMemoryConfig();
      expect(await evaluate(simulated, scheduled, { config })).toEqual({ sent: 253, retired: 0, withheld: 0 });
      const count = (type: string) => config.sent.filter(({ ComplianceType }) => ComplianceType === type).length;
      expect([count("COMPLIANT"), count("NON_COMPLIANT"), count("NOT_APPLICABLE")]).toEqual([125, 126, 2]);
      expect(config.verdictOn(cluster.DbClusterResourceId)?.[0]).toBe("NON_COMPLIANT");
      expect(new Set(config.sent.map(({ ComplianceResourceId }) => ComplianceResourceId)).size).toBe(253);
      for (const { OrderingTimestamp } of config.sent) expect(OrderingTimestamp).toEqual(new Date(notifiedAt));
    }));

  test("retires deleted databases, once", () =>
    withSimulatedRegion(async (simulated) => {
      const { here } = simulated;
      const { DbiResourceId } = here.addInstance({ identifier: "orders" });
      here.addInstance({ identifier: "legacy" });
      const config = createMemoryConfig();
      await evaluate(simulated, scheduled, { config });
      here.instances.delete("orders");
      expect(await evaluate(simulated, scheduled, { config })).toEqual({ sent: 2, retired: 1, withheld: 0 });
      expect(config.verdictOn(DbiResourceId)).toEqual(["NOT_APPLICABLE", "The database no longer exists."]);
      expect(config.sent.at(-1)?.OrderingTimestamp).toEqual(new Date(notifiedAt));
      expect(await evaluate(simulated, scheduled, { config })).toEqual({ sent: 1, retired: 0, withheld: 0 });
    }));

  test("identifies a resource by type and ID: one with the same ID and another type is retired", () =>
    withSimulatedRegion(async (simulated) => {
      const { DbiResourceId: resourceId } = simulated.here.addInstance({ identifier: "orders" });
      const evaluated = [
        { resourceType: instanceType, resourceId },
        { resourceType: clusterType, resourceId },
      ];
      const config = createMemoryConfig(evaluated);
      expect(await evaluate(simulated, scheduled, { config })).toMatchObject({ retired: 1 });
      expect(
        config.sent.map(({ ComplianceResourceType, ComplianceType }) => [ComplianceResourceType, ComplianceType]),
      ).toEqual([
        [instanceType, "NON_COMPLIANT"],
        [clusterType, "NOT_APPLICABLE"],
      ]);
    }));

  test("of an empty Region retires everything", () =>
    withSimulatedRegion(async (simulated) => {
      const config = createMemoryConfig([{ resourceType: instanceType, resourceId: "db-GONE" }]);
      expect(await evaluate(simulated, scheduled, { config })).toEqual({ sent: 1, retired: 1, withheld: 0 });
      expect(await evaluate(simulated, scheduled, { config })).toEqual({ sent: 0, retired: 0, withheld: 0 });
    }));

  test.each(["rds:DescribeDBClusters", "rds:DescribeDBInstances"])(
    "retires nothing while %s is denied, and tells what was seen",
    (action) =>
      withSimulatedRegion(async (simulated) => {
        const { here, cloud } = simulated;
        here.addInstance({ identifier: "orders" });
        here.addCluster({ identifier: "ledger", members: 0 });
        const config = createMemoryConfig([{ resourceType: clusterType, resourceId: "cluster-GONE" }]);
        cloud.fault({ action, kind: "deny" });
        expect(await evaluate(simulated, scheduled, { config })).toEqual({ sent: 1, retired: 0, withheld: 0 });
        expect(config.verdictOn("cluster-GONE")).toBeUndefined();
      }),
  );

  test("retires nothing if a second page is denied", () =>
    withSimulatedRegion(async (simulated) => {
      const { here, cloud } = simulated;
      for (let index = 0; index < 150; index += 1) here.addInstance({ identifier: `db-${index}`, managed: true });
      const config = createMemoryConfig();
      await evaluate(simulated, scheduled, { config });
      cloud.fault({ action: "rds:DescribeDBInstances", kind: "deny", skip: 1 });
      expect(await evaluate(simulated, scheduled, { config })).toEqual({ sent: 100, retired: 0, withheld: 0 });
    }));

  test("withholds and counts verdicts that depend on a denied list of secrets", () =>
    withSimulatedRegion(async (simulated) => {
      const { here, cloud } = simulated;
      const ids = ["orders", "shop"].map((identifier) => here.addInstance({ identifier, managed: true }).DbiResourceId);
      const { DbiResourceId: unmanaged } = here.addInstance({ identifier: "legacy" });
      const evaluated = ids.map((resourceId) => ({ resourceType: instanceType, resourceId }));
      const config = createMemoryConfig([...evaluated, { resourceType: instanceType, resourceId: "db-GONE" }]);
      cloud.fault({ action: "secretsmanager:ListSecrets", kind: "deny" });
      const result = await evaluate(simulated, scheduled, { config, rule: "rotation-enabled" });
      expect(result).toEqual({ sent: 2, retired: 1, withheld: 2 });
      expect(ids.map(config.verdictOn)).toEqual([undefined, undefined]);
      expect(config.verdictOn(unmanaged)?.[0]).toBe("NOT_APPLICABLE");
      expect(config.verdictOn("db-GONE")?.[0]).toBe("NOT_APPLICABLE");
    }));

  test("sends all verdicts even if AWS Config cannot list what it has", () =>
    withSimulatedRegion(async (simulated) => {
      const { DbiResourceId } = simulated.here.addInstance({ identifier: "orders" });
      const config = createMemoryConfig();
      config.fail.listEvaluated = new Error("denied");
      await expect(evaluate(simulated, scheduled, { config })).rejects.toThrow("denied");
      expect(config.verdictOn(DbiResourceId)?.[0]).toBe("NON_COMPLIANT");
    }));

  test("fails if AWS Config rejects verdicts, so that it runs again", () =>
    withSimulatedRegion(async (simulated) => {
      simulated.here.addInstance({ identifier: "orders" });
      const config = createMemoryConfig();
      config.fail.putEvaluations = new Error("not taken");
      await expect(evaluate(simulated, scheduled, { config })).rejects.toThrow("not taken");
    }));

  test("by a rule that throws passes nothing", () =>
    withSimulatedRegion(async (simulated) => {
      simulated.here.addInstance({ identifier: "orders", managed: true });
      const config = createMemoryConfig();
      const rule = findRule("master-password-managed");
      const crash = {
        ...rule,
        check: () => {
          throw new Error("broken");
        },
      };
      const result = await evaluateRule({
        event: {
          invokingEvent: scheduled,
          ruleParameters: { rule: rule.id },
          resultToken: "token",
          eventLeftScope: false,
          configRuleName: "broken",
          accountId: account,
        },
        rule: crash,
        policy: defaultPolicy,
        port: simulated.port,
        config,
        now,
      });
      expect(result).toMatchObject({ counts: { sent: 0, retired: 0, withheld: 1 }, failure: null });
    }));
});

describe("an evaluation that cannot read", () => {
  const denied = { kind: "deny" } as const;
  const gap = (action: string, code: string) => ({ account, region, action, code });

  test.each([
    ["denied", denied, "AccessDenied"],
    ["with expired credentials", { kind: "expired-token" }, "ExpiredToken"],
    ["without an answer", { kind: "disconnect" }, "Error"],
  ] as const)("the databases (%s) fails and names the gap", (_, fault, code) =>
    withSimulatedRegion(async (simulated) => {
      const { DbiResourceId } = simulated.here.addInstance({ identifier: "orders" });
      simulated.cloud.fault({ action: "rds:*", ...fault });
      for (const event of [scheduled, changed(anItem(DbiResourceId))]) {
        const { gaps, failure } = await evaluateEvent(simulated, event);
        expect(gaps).toContainEqual(expect.objectContaining(gap("rds:DescribeDBInstances", code)));
        expect(failure).toBe(
          `The databases could not be read completely: rds:DescribeDBInstances failed with ${code} in ${region} of account ${account}.`,
        );
      }
    }),
  );

  test("a second page of databases fails after it sent the first", () =>
    withSimulatedRegion(async (simulated) => {
      for (let index = 0; index < 150; index += 1) simulated.here.addInstance({ identifier: `db-${index}` });
      simulated.cloud.fault({ action: "rds:DescribeDBInstances", skip: 1, ...denied });
      const config = createMemoryConfig();
      const { counts, failure } = await evaluateEvent(simulated, scheduled, { config });
      expect([counts.sent, config.sent.length]).toEqual([100, 100]);
      expect(failure).toContain("rds:DescribeDBInstances failed with AccessDenied");
    }));

  test.each([
    [
      "any secret fails",
      false,
      "No verdict could be given: secretsmanager:ListSecrets failed with AccessDeniedException",
    ],
    ["secrets succeeds if it can evaluate another database", true, null],
  ])("%s", (_, hasUnmanaged, failure) =>
    withSimulatedRegion(async (simulated) => {
      simulated.here.addInstance({ identifier: "orders", managed: true });
      if (hasUnmanaged) simulated.here.addInstance({ identifier: "legacy" });
      simulated.cloud.fault({ action: "secretsmanager:ListSecrets", ...denied });
      const result = await evaluateEvent(simulated, scheduled, { rule: "rotation-enabled" });
      expect(result.gaps).toContainEqual(
        expect.objectContaining(gap("secretsmanager:ListSecrets", "AccessDeniedException")),
      );
      if (failure === null) expect(result.failure).toBeNull();
      else expect(result.failure).toContain(failure);
    }),
  );
});
