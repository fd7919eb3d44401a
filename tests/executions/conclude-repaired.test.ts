import { expect, test } from "@jest/globals";
import { concludeRepaired } from "../../lib/executions/conclude-repaired.ts";
import { defaultPolicy } from "../../lib/model/default-policy.ts";
import type { RemediationEvent } from "../../lib/model/remediation-event.ts";
import { toRequestDatabase } from "../../lib/model/remediation-request.ts";
import { emptyRemediationState, type RemediationState, type Running } from "../../lib/model/remediation-state.ts";
import { account, aPlainDatabase, databaseArn, hoursFromNow, now, region, secretArn } from "../support/builders.ts";
import { createMemoryStored } from "../support/memory-stored.ts";
import { anAttempt } from "../support/repairs.ts";

const database = toRequestDatabase(aPlainDatabase());

/** Ends an execution that was killed: what is told of it, and what is left of it in the state. */
async function conclude(overrides: Partial<Running>, attempts: RemediationState["attempts"] = []) {
  const running: Running = {
    ...{ execution: "terminal-db-ORDERS", arn: databaseArn, account, region },
    ...{ action: "enable", rule: "master-password-managed", isChanging: true },
    ...{ since: hoursFromNow(-1), expiresAt: hoursFromNow(49), ...overrides },
  };
  const state = createMemoryStored({
    empty: { ...emptyRemediationState, failuresInARow: 2, running: [running], attempts },
  });
  const notified: RemediationEvent[] = [];
  await concludeRepaired({
    ...{ running, database, secretArn, severity: "high", policy: defaultPolicy, state, now },
    notify: async (event) => {
      notified.push(event);
    },
  });
  return {
    notified: notified.map(({ type, secret }) => [type, secret.after]),
    actions: notified.map(({ action }) => action),
    kept: state.kept(),
  };
}

test("an enable: where the password is now, that it is repaired, and that it counts", async () => {
  const { notified, kept } = await conclude({});
  expect(notified).toEqual([
    ["secret.replaced", secretArn],
    ["remediation.succeeded", secretArn],
  ]);
  expect(kept).toMatchObject({
    running: [],
    failuresInARow: 0,
    attempts: [{ action: "enable", startedAt: hoursFromNow(-1), endedAt: now, outcome: "repaired" }],
  });
});

test("a rotation: no secret was replaced", async () =>
  expect((await conclude({ action: "rotate" })).notified).toEqual([["remediation.succeeded", secretArn]]));

test("one that had changed nothing only frees its place", async () => {
  const { notified, kept } = await conclude({ isChanging: false });
  expect({ notified, kept }).toMatchObject({ notified: [], kept: { running: [], attempts: [], failuresInARow: 2 } });
});

test("one that had changed nothing, after a rotation that had begun and failed, tells that it is repaired", async () => {
  const rotated = anAttempt({ arn: databaseArn, action: "rotate", outcome: "failed", endedAt: hoursFromNow(-1) });
  const { notified, actions, kept } = await conclude({ action: "toggle", isChanging: false }, [rotated]);
  expect([notified, actions]).toEqual([[["remediation.succeeded", secretArn]], ["rotate"]]);
  expect(kept).toMatchObject({
    attempts: [rotated, { action: "rotate", startedAt: rotated.startedAt, endedAt: now, outcome: "repaired" }],
    failuresInARow: 0,
  });
});
