import { expect, test } from "@jest/globals";
import { reapIfRepaired } from "../../lib/executions/reap-executions.ts";
import { toggleTagKey } from "../../lib/model/database.ts";
import type { RemediationEvent } from "../../lib/model/remediation-event.ts";
import { emptyRemediationState, type RemediationState, type Running } from "../../lib/model/remediation-state.ts";
import { rules } from "../../rules/index.ts";
import {
  account,
  aDatabase,
  aMasterUserSecret,
  databaseArn,
  hoursFromNow,
  now,
  region,
  secretArn,
} from "../support/builders.ts";
import { createMemoryStored } from "../support/memory-stored.ts";
import { aMark, anAttempt, aPermissivePolicy, aTargetForRepair } from "../support/repairs.ts";

type Options = {
  readonly database?: Partial<Parameters<typeof aDatabase>[0]>;
  readonly attempts?: RemediationState["attempts"];
};

/** Ends an execution that was killed: the events, and the state afterwards. */
async function reap(overrides: Partial<Running>, { database = {}, attempts = [] }: Options = {}) {
  const running: Running = {
    ...{ execution: "terminal-db-ORDERS", resourceId: "db-ORDERS", arn: databaseArn, account, region },
    ...{ action: "enable", rule: "master-password-managed", isChanging: true },
    ...{ since: hoursFromNow(-1), expiresAt: hoursFromNow(49), ...overrides },
  };
  const { execution, rule, resourceId } = running;
  const unannounced = running.action === "enable" && running.isChanging ? { [resourceId]: { execution, rule } } : {};
  const state = createMemoryStored({
    empty: { ...emptyRemediationState, failuresInARow: 2, running: [running], attempts, unannounced },
  });
  const notified: RemediationEvent[] = [];
  const targets = [aTargetForRepair({ databases: [aDatabase(database)] })];
  const isEnded = await reapIfRepaired({
    inventory: { schemaVersion: "1.0", observedAt: now, targets, gaps: [] },
    ...{ running, rules, policy: aPermissivePolicy(), state, now },
    notify: async (event) => {
      notified.push(event);
    },
  });
  return {
    isEnded,
    notified: notified.map(({ type, secret }) => [type, secret.after]),
    actions: notified.map(({ action }) => action),
    kept: state.kept(),
  };
}

test("reports the secret and the success of an enable, and counts it", async () => {
  const { isEnded, notified, kept } = await reap({});
  expect(isEnded).toBe(true);
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

test("reports no replaced secret after a rotation", async () =>
  expect((await reap({ action: "rotate" })).notified).toEqual([["remediation.succeeded", secretArn]]));

test("only frees the slot of an execution that changed nothing", async () => {
  const { notified, kept } = await reap({ isChanging: false });
  expect({ notified, kept }).toMatchObject({ notified: [], kept: { running: [], attempts: [], failuresInARow: 2 } });
});

test("reports the success of a rotation that had failed before the execution waited", async () => {
  const rotated = anAttempt({ arn: databaseArn, action: "rotate", outcome: "failed", endedAt: hoursFromNow(-1) });
  const { notified, actions, kept } = await reap({ action: "toggle", isChanging: false }, { attempts: [rotated] });
  expect([notified, actions]).toEqual([[["remediation.succeeded", secretArn]], ["rotate"]]);
  expect(kept).toMatchObject({
    attempts: [rotated, { action: "rotate", startedAt: rotated.startedAt, endedAt: now, outcome: "repaired" }],
    failuresInARow: 0,
  });
});

test.each<[string, Options["database"] & object]>([
  ["the database is not managed", { masterUserSecret: null }],
  ["the secret is not active", { masterUserSecret: aMasterUserSecret({ status: "creating" }) }],
  ["a toggle is in progress", { tags: { [toggleTagKey]: aMark() } }],
])("keeps an execution while %s", async (_, database) => {
  const { isEnded, notified, kept } = await reap({}, { database });
  expect([isEnded, notified, kept.running.length]).toEqual([false, [], 1]);
});
