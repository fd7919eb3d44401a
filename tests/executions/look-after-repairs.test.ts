import { describe, expect, test } from "@jest/globals";
import { lookAfterRepairs } from "../../lib/executions/look-after-repairs.ts";
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

/** Looks after repairs when one database, orders-2, was read. */
async function lookAfter(
  running: readonly Partial<Running>[],
  { isFull = true, startFails = false, secretSnapshots = {}, attempts = [], ...tagged }: Options = {},
) {
  const kept = { ...emptyRemediationState, running: running.map(anExecution), secretSnapshots, attempts };
  const state = createMemoryStored({ empty: kept });
  const notified: RemediationEvent[] = [];
  const started: string[] = [];
  const databases = unmanagedInstances("orders-2").map((database) => ({ ...database, ...tagged }));
  const failures = await lookAfterRepairs({
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
      },
    },
  });
  return { notified, started, failures, kept: state.kept() };
}

const stale = { expiresAt: hoursFromNow(-1) };

test("what is due is started", async () => {
  expect(await lookAfter([])).toMatchObject({ started: ["orders-2"], failures: [], notified: [] });
});

test("what cannot be started is answered", async () => {
  const { failures } = await lookAfter([], { startFails: true });
  expect(failures.map(({ message }) => message)).toEqual([expect.stringMatching(/ is not started$/)]);
});

test("a silent execution on a database that was not found is told of with its name, and taken out", async () => {
  const { notified, kept } = await lookAfter([{ ...stale, arn: arnOf("gone") }]);
  expect(notified).toMatchObject([
    {
      ...{ type: "remediation.failed", execution: "db-ORDERS-1", managed: null },
      message: expect.stringMatching(
        /^It was interrupted: nothing was heard of the execution db-ORDERS-1, which began at .* could not be read since\.$/,
      ),
      database: { identifier: "gone", kind: "instance" },
    },
  ]);
  expect(kept).toMatchObject({ running: [], attempts: [{ outcome: "interrupted" }], failuresInARow: 1 });
});

describe("a silent execution that only waited", () => {
  const waiting = {
    ...stale,
    arn: arnOf("gone"),
    action: "toggle",
    isChanging: false,
    since: hoursFromNow(-9),
  } as const;
  const rotated = anAttempt({ arn: arnOf("gone"), action: "rotate", outcome: "failed", endedAt: hoursFromNow(-9) });

  test("has changed nothing", async () => {
    const { notified } = await lookAfter([waiting], { attempts: [{ ...rotated, endedAt: hoursFromNow(-30) }] });
    expect(notified).toMatchObject([
      { type: "remediation.refused", message: expect.stringContaining("Nothing was changed by then; an approval") },
    ]);
  });

  test("after something else had failed, of which nobody was told, tells that", async () => {
    const { notified, kept } = await lookAfter([waiting], { attempts: [rotated] });
    expect(notified).toMatchObject([
      {
        type: "remediation.failed",
        action: "rotate",
        message: expect.stringContaining("By then it had failed, and toggle was not begun; an approval"),
      },
    ]);
    expect(kept).toMatchObject({ running: [], attempts: [rotated], failuresInARow: 0 });
  });
});

test("where only some databases were looked at, the others' executions are left alone", async () => {
  const { notified, kept } = await lookAfter([{ ...stale, arn: arnOf("elsewhere") }], { isFull: false });
  expect(notified).toEqual([]);
  expect(kept.running).toHaveLength(1);
});

test("one that gives signs of life is left alone, and nothing else is begun on its database", async () => {
  const { notified, started, kept } = await lookAfter([{ arn: aPlainDatabase({ arn: arnOf("orders-2") }).arn }]);
  expect([notified, started]).toEqual([[], []]);
  expect(kept.running).toHaveLength(1);
});

describe("what a toggle was to restore", () => {
  const arn = arnOf("orders-2");
  const secretSnapshots = {
    [arn]: {
      ...{ secretArn: "arn:old", keyReference: null, rotationEnabled: false, rotationRules: null },
      ...{ tags: {}, resourcePolicy: null },
    },
  };

  test("is forgotten where the database has no mark any more", async () => {
    expect((await lookAfter([], { secretSnapshots })).kept.secretSnapshots).toEqual({});
  });

  test("is forgotten where its mark is that of another one, of which it is a copy", async () => {
    const copied = { tags: { [toggleTagKey]: aMark() }, createdAt: now };
    expect((await lookAfter([], { secretSnapshots, ...copied })).kept.secretSnapshots).toEqual({});
  });

  test("is kept where it has one, where somebody is at work on it, and where it was not looked at", async () => {
    expect((await lookAfter([], { secretSnapshots, tags: { [toggleTagKey]: aMark() } })).kept.secretSnapshots).toEqual(
      secretSnapshots,
    );
    expect((await lookAfter([{ arn }], { secretSnapshots })).kept.secretSnapshots).toEqual(secretSnapshots);
    const elsewhere = { [arnOf("elsewhere")]: secretSnapshots[arn] as (typeof secretSnapshots)[string] };
    expect((await lookAfter([], { secretSnapshots: elsewhere })).kept.secretSnapshots).toEqual(elsewhere);
  });
});
