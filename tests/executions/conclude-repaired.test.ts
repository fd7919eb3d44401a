import { expect, test } from "@jest/globals";
import { concludeRepaired } from "../../lib/executions/conclude-repaired.ts";
import { defaultPolicy } from "../../lib/model/default-policy.ts";
import { toOrdered } from "../../lib/model/remediation-request.ts";
import type { RemediationEvent } from "../../lib/model/remediation-event.ts";
import { emptyRemediationState, type RemediationState, type Running } from "../../lib/model/remediation-state.ts";
import { account, aPlainDatabase, databaseArn, hoursFromNow, now, region, secretArn } from "../support/builders.ts";
import { createMemoryStored } from "../support/memory-stored.ts";
import { anAttempt } from "../support/repairs.ts";

const database = toOrdered(aPlainDatabase());

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
  const told: RemediationEvent[] = [];
  await concludeRepaired({
    ...{ running, database, secretArn, severity: "high", policy: defaultPolicy, state, now },
    tell: async (event) => {
      told.push(event);
    },
  });
  return {
    told: told.map(({ type, secret }) => [type, secret.after]),
    actions: told.map(({ action }) => action),
    kept: state.kept(),
  };
}

test("an enable: where the password is now, that it is repaired, and that it counts", async () => {
  const { told, kept } = await conclude({});
  expect(told).toEqual([
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
  expect((await conclude({ action: "rotate" })).told).toEqual([["remediation.succeeded", secretArn]]));

test("one that had changed nothing only frees its place", async () => {
  const { told, kept } = await conclude({ isChanging: false });
  expect({ told, kept }).toMatchObject({ told: [], kept: { running: [], attempts: [], failuresInARow: 2 } });
});

test("one that had changed nothing, after a rotation that had begun and failed, tells that it is repaired", async () => {
  const rotated = anAttempt({ arn: databaseArn, action: "rotate", outcome: "failed", endedAt: hoursFromNow(-1) });
  const { told, actions, kept } = await conclude({ action: "toggle", isChanging: false }, [rotated]);
  expect([told, actions]).toEqual([[["remediation.succeeded", secretArn]], ["rotate"]]);
  expect(kept).toMatchObject({
    attempts: [rotated, { action: "rotate", startedAt: rotated.startedAt, endedAt: now, outcome: "repaired" }],
    failuresInARow: 0,
  });
});
