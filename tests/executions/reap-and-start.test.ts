import { describe, expect, test } from "@jest/globals";
import { reapAndStart } from "../../lib/executions/reap-and-start.ts";
import { toggleTagKey } from "../../lib/model/database.ts";
import type { RemediationEvent } from "../../lib/model/remediation-event.ts";
import { emptyRemediationState, type RemediationState, type Running } from "../../lib/model/remediation-state.ts";
import { rules } from "../../rules/index.ts";
import { aPlainDatabase, hoursFromNow, now } from "../support/builders.ts";
import { createMemoryStored } from "../support/memory-stored.ts";
import {
  aMark,
  anAttempt,
  anExecution,
  aPermissivePolicy,
  arnOf,
  aTargetForRepair,
  resourceIdOf,
  unmanagedInstances,
} from "../support/repairs.ts";

type Options = {
  readonly isFull?: boolean;
  readonly startFails?: boolean;
  readonly secretSnapshots?: RemediationState["secretSnapshots"];
  readonly tags?: Record<string, string>;
  readonly createdAt?: string;
  readonly attempts?: RemediationState["attempts"];
};

/** Reaps and starts after an audit that read one database, orders-2. */
async function run(
  running: readonly Partial<Running>[],
  { isFull = true, startFails = false, secretSnapshots = {}, attempts = [], ...tagged }: Options = {},
) {
  const kept = { ...emptyRemediationState, running: running.map(anExecution), secretSnapshots, attempts };
  const state = createMemoryStored({ empty: kept });
  const notified: RemediationEvent[] = [];
  const started: string[] = [];
  const databases = unmanagedInstances("orders-2").map((database) => ({ ...database, ...tagged }));
  const failures = await reapAndStart({
    inventory: { schemaVersion: "1.0", observedAt: now, targets: [aTargetForRepair({ databases })], gaps: [] },
    ...{ isFull, rules, now, policy: aPermissivePolicy() },
    repairs: {
      state,
      async notify(event) {
        notified.push(event);
      },
      async start(execution, request) {
        if (startFails) throw new Error(`${execution} is not started`);
        started.push(request.database.identifier);
        return true;
      },
    },
  });
  return { notified, started, failures, kept: state.kept() };
}

const stale = { expiresAt: hoursFromNow(-1) };

test("starts a due execution", async () => {
  expect(await run([])).toMatchObject({ started: ["orders-2"], failures: [], notified: [] });
});

test("returns the error of an execution that cannot be started", async () => {
  const { failures } = await run([], { startFails: true });
  expect(failures.map(({ message }) => message)).toEqual([expect.stringMatching(/ is not started$/)]);
});

test("reports and removes an expired execution whose database was not found", async () => {
  const { notified, kept } = await run([{ ...stale, arn: arnOf("gone") }]);
  expect(notified).toMatchObject([
    {
      ...{ type: "remediation.failed", execution: "db-ORDERS-1", managed: null },
      message: expect.stringMatching(
        /^Interrupted: the lease of execution db-ORDERS-1, started at .*, expired\. .* could not be read since then\.$/,
      ),
      database: { identifier: "gone", kind: "instance" },
    },
  ]);
  expect(kept).toMatchObject({ running: [], attempts: [{ outcome: "interrupted" }], failuresInARow: 1 });
});

describe("an expired execution that only waited", () => {
  const waiting = {
    ...stale,
    arn: arnOf("gone"),
    action: "toggle",
    isChanging: false,
    since: hoursFromNow(-9),
  } as const;
  const rotated = anAttempt({ arn: arnOf("gone"), action: "rotate", outcome: "failed", endedAt: hoursFromNow(-9) });

  test("is reported as refused", async () => {
    const { notified } = await run([waiting], { attempts: [{ ...rotated, endedAt: hoursFromNow(-30) }] });
    expect(notified).toMatchObject([
      { type: "remediation.refused", message: expect.stringContaining("Nothing was changed. Any pending approval") },
    ]);
  });

  test("is reported as failed if its first action had failed", async () => {
    const { notified, kept } = await run([waiting], { attempts: [rotated] });
    expect(notified).toMatchObject([
      {
        type: "remediation.failed",
        action: "rotate",
        message: expect.stringContaining("It had already failed, and toggle was not started. Any pending approval"),
      },
    ]);
    expect(kept).toMatchObject({ running: [], attempts: [rotated], failuresInARow: 0 });
  });
});

test("keeps an expired execution whose database was not asked for", async () => {
  const { notified, kept } = await run([{ ...stale, arn: arnOf("elsewhere") }], { isFull: false });
  expect(notified).toEqual([]);
  expect(kept.running).toHaveLength(1);
});

test("keeps an execution with a valid lease, and starts no other on its database", async () => {
  const { notified, started, kept } = await run([{ arn: aPlainDatabase({ arn: arnOf("orders-2") }).arn }]);
  expect([notified, started]).toEqual([[], []]);
  expect(kept.running).toHaveLength(1);
});

describe("the secret snapshot of a toggle", () => {
  const arn = arnOf("orders-2");
  const secretSnapshots = {
    [resourceIdOf(arn)]: {
      ...{ rule: "secret-key-as-required", offRequestedAt: "2026-11-20T12:00:05.000Z" },
      ...{ secretArn: "arn:old", keyReference: null, rotationEnabled: false, rotationRules: null },
      ...{ tags: {}, resourcePolicy: null },
    },
  };

  test("is removed if the database has no toggle tag", async () => {
    expect((await run([], { secretSnapshots })).kept.secretSnapshots).toEqual({});
  });

  test("is removed if the toggle tag is inherited from a source database", async () => {
    const copied = { tags: { [toggleTagKey]: aMark() }, createdAt: now };
    expect((await run([], { secretSnapshots, ...copied })).kept.secretSnapshots).toEqual({});
  });

  test("is kept with a toggle tag, a live execution, or a database that was not read", async () => {
    expect((await run([], { secretSnapshots, tags: { [toggleTagKey]: aMark() } })).kept.secretSnapshots).toEqual(
      secretSnapshots,
    );
    expect((await run([{ arn }], { secretSnapshots })).kept.secretSnapshots).toEqual(secretSnapshots);
    const elsewhere = { "db-ELSEWHERE": secretSnapshots[resourceIdOf(arn)] as (typeof secretSnapshots)[string] };
    expect((await run([], { secretSnapshots: elsewhere })).kept.secretSnapshots).toEqual(elsewhere);
  });
});
