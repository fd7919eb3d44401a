import { expect, test } from "@jest/globals";
import { lookAfterRepairs } from "../lib/look-after-repairs.ts";
import type { RemediationEvent } from "../lib/model/remediation-event.ts";
import { emptyRemediationState, type Running } from "../lib/model/remediation-state.ts";
import { rules } from "../rules/index.ts";
import { aPlainDatabase, hoursFromNow, now } from "./support/builders.ts";
import { createMemoryStored } from "./support/memory-stored.ts";
import { anExecution, aPermissivePolicy, arnOf, aTargetForRepair, unmanagedInstances } from "./support/repairs.ts";

/** Looks after repairs when one database, orders-2, was read. */
async function lookAfter(running: readonly Partial<Running>[], { isFull = true, startFails = false } = {}) {
  const state = createMemoryStored({ empty: { ...emptyRemediationState, running: running.map(anExecution) } });
  const told: RemediationEvent[] = [];
  const started: string[] = [];
  const databases = unmanagedInstances("orders-2");
  const failures = await lookAfterRepairs({
    inventory: { schemaVersion: "1.0", observedAt: now, targets: [aTargetForRepair({ databases })], gaps: [] },
    ...{ isFull, rules, now, policy: aPermissivePolicy() },
    repairs: {
      state,
      async tell(event) {
        told.push(event);
      },
      async start(execution, order) {
        if (startFails) throw new Error(`${execution} is not started`);
        started.push(order.database.identifier);
      },
    },
  });
  return { told, started, failures, kept: state.kept() };
}

const silent = { expiresAt: hoursFromNow(-1) };

test("what is due is started", async () => {
  expect(await lookAfter([])).toMatchObject({ started: ["orders-2"], failures: [], told: [] });
});

test("what cannot be started is answered", async () => {
  const { failures } = await lookAfter([], { startFails: true });
  expect(failures.map(({ message }) => message)).toEqual([expect.stringMatching(/ is not started$/)]);
});

test("a silent execution on a database that was not found is told of with its name, and taken out", async () => {
  const { told, kept } = await lookAfter([{ ...silent, arn: arnOf("gone") }]);
  expect(told).toMatchObject([
    {
      ...{ type: "remediation.failed", execution: "db-ORDERS-1", managed: null },
      message: expect.stringMatching(
        /^Nothing was heard of the execution db-ORDERS-1, which began at .* could not be read since\.$/,
      ),
      database: { identifier: "gone", kind: "instance" },
    },
  ]);
  expect(kept).toMatchObject({ running: [], attempts: [{ outcome: "interrupted" }], failuresInARow: 1 });
});

test("where only some databases were looked at, the others' executions are left alone", async () => {
  const { told, kept } = await lookAfter([{ ...silent, arn: arnOf("elsewhere") }], { isFull: false });
  expect(told).toEqual([]);
  expect(kept.running).toHaveLength(1);
});

test("one that gives signs of life is left alone, and nothing else is begun on its database", async () => {
  const { told, started, kept } = await lookAfter([{ arn: aPlainDatabase({ arn: arnOf("orders-2") }).arn }]);
  expect([told, started]).toEqual([[], []]);
  expect(kept.running).toHaveLength(1);
});
