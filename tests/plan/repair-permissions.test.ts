import { describe, expect, test } from "@jest/globals";
import { auditActions } from "../../lib/audit/permissions.ts";
import { readTarget } from "../../lib/collect/read-target.ts";
import { startExecutions } from "../../lib/executions/start-executions.ts";
import { type ActionName, actionNames, permissionFor } from "../../lib/model/action.ts";
import { databaseKinds, toggleTagKey } from "../../lib/model/database.ts";
import { defaultPolicy } from "../../lib/model/default-policy.ts";
import type { Inventory } from "../../lib/model/inventory.ts";
import { emptyRemediationState, type SecretSnapshot } from "../../lib/model/remediation-state.ts";
import { formatToggleMarker } from "../../lib/model/toggle-marker.ts";
import { actionPermissions, repairActions, repairReads } from "../../lib/plan/repair-permissions.ts";
import type { Workflow } from "../../lib/remediate/workflow.ts";
import { remediateDatabase } from "../../lib/remediate-database.ts";
import { rules } from "../../rules/index.ts";
import type { Managed } from "../../simulator/builders.ts";
import { createCloud } from "../../simulator/cloud.ts";
import type { SimulatedDatabase } from "../../simulator/resources.ts";
import type { Cloud, Region } from "../../simulator/state.ts";
import { createInProcessRegion } from "../support/in-process-region.ts";
import { createMemoryStored } from "../support/memory-stored.ts";
import { aPermissivePolicy } from "../support/repairs.ts";

const scope = { account: "111111111111", region: "eu-west-1", partition: "aws" } as const;
const longAgo = new Date("2026-11-10T12:00:00Z");
const resourcePolicy = '{"Version":"2012-10-17","Statement":[]}';

/** What has to be wrong with a database for an action to be done. */
const ills: Readonly<Record<ActionName, Managed>> = {
  "schedule-rotation": { RotationEnabled: false },
  rotate: { NextRotationDate: longAgo, LastRotatedDate: longAgo },
  toggle: true,
  enable: false,
  "finish-interrupted": false,
};

type Kind = (typeof databaseKinds)[number];

/** Gives a database's secret what a toggle loses. */
function decorate(here: Region, { MasterUserSecret }: SimulatedDatabase): void {
  const secret = here.secrets.get(MasterUserSecret?.SecretArn ?? "");
  if (secret === undefined) return;
  here.editSecret(secret.ARN, { Tags: [...secret.Tags, { Key: "team", Value: "orders" }], resourcePolicy });
}

function addDatabase(here: Region, kind: Kind, managed: Managed, tags: Record<string, string>): SimulatedDatabase {
  if (kind === "cluster") return here.addCluster({ identifier: "orders", managed, tags });
  if (kind === "instance") return here.addInstance({ identifier: "orders", managed, tags });
  const instance = here.addInstance({ identifier: "cdb", engine: "oracle-ee-cdb", MultiTenant: true });
  return here.addTenantDatabase({ instance, name: "ORDERS", managed, tags });
}

/** Runs everything at once, with a person who says yes; time passes while it polls. */
function createWorkflow(cloud: Cloud): Workflow {
  return {
    step: (_, work) => work(),
    sleepUntil: async () => {},
    async poll(_, look, { until }) {
      let last: Awaited<ReturnType<typeof look>> | null = null;
      for (let looks = 0; looks < 100; looks += 1) {
        const value = await look(last);
        last = value;
        if (until(value)) return { met: true, value, error: null };
        cloud.advance({ seconds: 30 });
      }
      throw new Error("what is waited for does not come");
    },
    ask: async () => ({ decision: "approved", by: "ann" }),
  };
}

/** Does an action on a database of a kind, and answers with what was called: what changes something, and what only reads. */
async function callsOf(action: ActionName, kind: Kind): Promise<{ changes: string[]; reads: string[] }> {
  const cloud = createCloud({ now: new Date("2026-11-24T12:00:00Z") });
  const here = cloud.region(scope.account, scope.region);
  const key = here.addKey({ alias: "alias/databases" });
  const marker = {
    startedAt: "2026-11-24T11:00:00.000Z",
    keyReference: key.Arn,
    execution: "db-1",
    oldSecretSuffix: "AbCdEf",
  };
  const tags = action === "finish-interrupted" ? { [toggleTagKey]: formatToggleMarker(marker) } : {};
  const database = addDatabase(here, kind, ills[action], tags);
  decorate(here, database);
  const resourceId = String(
    (database as Record<string, unknown>)[
      { instance: "DbiResourceId", cluster: "DbClusterResourceId", "tenant-database": "TenantDatabaseResourceId" }[kind]
    ],
  );
  const secretSnapshot: SecretSnapshot = {
    ...{ rule: "secret-key-as-required", offRequestedAt: "2026-11-20T12:00:05.000Z" },
    ...{ secretArn: "arn:old-AbCdEf", keyReference: null, rotationEnabled: true },
    rotationRules: { automaticallyAfterDays: 10, scheduleExpression: null, duration: null },
    ...{ tags: { team: "orders" }, resourcePolicy },
  };
  const state = createMemoryStored({
    empty: { ...emptyRemediationState, secretSnapshots: { [resourceId]: secretSnapshot } },
  });
  const keys = [{ match: {}, require: ["alias/databases"] }];
  const policy = aPermissivePolicy({}, { keys: action === "toggle" || action === "enable" ? keys : [] });
  const now = () => cloud.now().toISOString();
  const calls = new Set<string>();
  const port = createInProcessRegion(cloud, scope, async (call, perform) => {
    calls.add(call.action);
    return perform();
  });
  const target = await readTarget(port, { policy, rules, now: now(), forRepair: true });
  const inventory: Inventory = { schemaVersion: "1.0", observedAt: now(), targets: [target], gaps: [] };
  calls.clear();
  await startExecutions({
    ...{ inventory, policy, rules, state, now: now() },
    async start(execution, request) {
      expect(request.action).toBe(action);
      const done = await remediateDatabase({
        ...{ request, execution, policy, rules, port, state, now, isEnabled: true, approval: null, waits: true },
        notify: async () => {},
        workflow: createWorkflow(cloud),
      });
      expect(done).toEqual([{ action, outcome: { end: "repaired", remarks: [] } }]);
      return true;
    },
  });
  const isRead = (call: string) => /:(Describe|List|Get|Generate)/.test(call);
  return {
    changes: [...calls].filter((call) => !isRead(call)).sort(),
    reads: [...calls].filter(isRead),
  };
}

test.each(actionNames)(
  "%s calls what it declares, no more and no less, and reads what every repair reads",
  async (action) => {
    const ofKinds = await Promise.all(databaseKinds.map((kind) => callsOf(action, kind)));
    const changes = new Set(ofKinds.flatMap((calls) => calls.changes));
    expect([...changes].sort()).toEqual([...actionPermissions[action].calls].sort());
    const reads = [...auditActions(rules), ...repairReads];
    expect(reads).toEqual(expect.arrayContaining(ofKinds.flatMap((calls) => calls.reads)));
  },
);

describe("a policy", () => {
  test("that allows nothing needs nothing", () => {
    expect(repairActions(defaultPolicy)).toEqual([]);
  });

  test.each(actionNames)("that allows %s needs what it declares", (action) => {
    const needed = repairActions(aPermissivePolicy({ allow: [permissionFor(action)] }));
    const { calls, calledByRds } = actionPermissions[action];
    expect(needed).toEqual(expect.arrayContaining([...calls, ...calledByRds]));
  });

  test("that allows rotations alone can neither mark a database nor make a secret nor use a key", () => {
    expect(repairActions(aPermissivePolicy({ allow: ["rotate", "schedule-rotation"] }))).toEqual([
      "rds:ModifyDBCluster",
      "rds:ModifyDBInstance",
      "rds:ModifyTenantDatabase",
      "secretsmanager:RotateSecret",
    ]);
  });
});
