import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  type Attempt,
  emptyRemediationState,
  type RemediationState,
  type Running,
  remediationStateSchema,
  type SecretSnapshot,
} from "../../lib/model/remediation-state.ts";
import {
  acquire,
  advance,
  countWithoutSlot,
  expire,
  expiredIn,
  forget,
  type Holder,
  interrupt,
  lastStarted,
  liveIn,
  markLost,
  nextExecution,
  recordOffRequest,
  recordUnannounced,
  release,
  renew,
  resume,
  saveSnapshot,
  stop,
  uncounted,
} from "../../lib/plan/remediation-state.ts";
import { account, databaseArn, hoursFromNow, keyArn, now, region, secretArn } from "../support/builders.ts";
import { deepFreeze } from "../support/deep-freeze.ts";
import { anAttempt, anExecution, aState, resourceIdOf } from "../support/repairs.ts";

const otherArn = `${databaseArn}-2`;
const id = resourceIdOf(databaseArn);
const otherId = resourceIdOf(otherArn);
const stopAfterFailures = 3;
const atNow = { now, stopAfterFailures };

const holder = (overrides: Partial<Holder> = {}): Holder => ({
  execution: "db-ORDERS-1",
  resourceId: resourceIdOf(overrides.arn ?? databaseArn),
  arn: databaseArn,
  account,
  region,
  action: "rotate",
  rule: "secret-not-impaired",
  ...overrides,
});

type Entering = {
  readonly now?: string;
  readonly expiresAt?: string;
  readonly isChanging?: boolean;
  readonly takesOver?: boolean;
};

const acquired = (state: RemediationState, who: Partial<Holder> = {}, how: Entering = {}) =>
  acquire(deepFreeze(state), holder(who), { expiresAt: hoursFromNow(2), isChanging: false, ...atNow, ...how });

/** The same, where it must be let in. */
const into = (...of: Parameters<typeof acquired>): RemediationState => {
  const state = acquired(...of);
  if (state === null) throw new Error("it was not let in");
  return state;
};

const left = (state: RemediationState, execution: string, ...outcomes: Attempt["outcome"][]) =>
  release(deepFreeze(state), execution, {
    ...atNow,
    attempts: outcomes.map((outcome) => anAttempt({ outcome, endedAt: now })),
  });

const outcomesOf = ({ attempts }: RemediationState) => attempts.map(({ outcome }) => outcome);
const executionsOf = ({ running }: RemediationState) => running.map(({ execution }) => execution);

describe("acquire", () => {
  test("takes a slot with a lease", () => {
    expect(into(emptyRemediationState)).toEqual({
      ...emptyRemediationState,
      running: [{ ...holder(), isChanging: false, since: now, expiresAt: hoursFromNow(2) }],
    });
  });

  test("renews the lease and updates the action, but not the start", () => {
    const first = into(emptyRemediationState, {}, { now: hoursFromNow(-1), expiresAt: hoursFromNow(743) });
    const second = into(first, { action: "toggle" }, { expiresAt: hoursFromNow(50), isChanging: true });
    expect(second.running).toEqual([
      { ...holder(), action: "toggle", isChanging: true, since: hoursFromNow(-1), expiresAt: hoursFromNow(50) },
    ]);
    expect({ ...second, running: [] }).toEqual(emptyRemediationState);
  });

  test("is idempotent", () => {
    const first = into(emptyRemediationState, {}, { isChanging: true });
    expect(into(first, {}, { isChanging: true })).toEqual(first);
  });

  test("keeps isChanging after a killed execution runs again", () => {
    const killed = into(emptyRemediationState, {}, { isChanging: true });
    expect(into(killed).running).toEqual([expect.objectContaining({ isChanging: true })]);
  });

  test("is refused while another execution holds the database", () => {
    expect(acquired(into(emptyRemediationState), { execution: "db-ORDERS-2" })).toBeNull();
  });

  test("leaves the slots of other databases alone", () => {
    const one = into(emptyRemediationState, {}, { isChanging: true, now: hoursFromNow(-1) });
    const both = into(one, { execution: "db-SHOP-1", arn: otherArn });
    expect(both.running.map(({ execution, arn, isChanging, since }) => [execution, arn, isChanging, since])).toEqual([
      ["db-ORDERS-1", databaseArn, true, hoursFromNow(-1)],
      ["db-SHOP-1", otherArn, false, now],
    ]);
  });

  test.each([
    ["a second before its lease expires", -1, null],
    ["when its lease expires", 0, ["db-ORDERS-2"]],
  ])("on a database is possible for another one not before the sign of life ends: %s", (_, seconds, expected) => {
    const busy = aState({ running: [anExecution({ expiresAt: now })] });
    const state = acquired(busy, { execution: "db-ORDERS-2" }, { now: hoursFromNow(seconds / 3600) });
    expect(state === null ? null : executionsOf(state)).toEqual(expected);
  });

  test("removes expired executions and counts what was interrupted", () => {
    const stale = anExecution({ action: "toggle", expiresAt: hoursFromNow(-3) });
    const state = into(aState({ running: [stale] }), { execution: "db-ORDERS-2" });
    expect(state.attempts).toEqual([
      {
        resourceId: id,
        arn: databaseArn,
        account,
        region,
        action: "toggle",
        rule: "secret-not-impaired",
        startedAt: stale.since,
        endedAt: hoursFromNow(-3),
        outcome: "interrupted",
      },
    ]);
    expect(state).toMatchObject({ ended: { [id]: 1 }, failuresInARow: 1, stopped: null });
  });

  test("goes on after its own lease expired, which interrupted nothing", () => {
    const state = into(aState({ running: [anExecution({ expiresAt: hoursFromNow(-3) })] }));
    expect(state.running).toEqual([expect.objectContaining({ execution: "db-ORDERS-1", since: hoursFromNow(-1) })]);
    expect(outcomesOf(state)).toEqual([]);
  });

  test("takes over from a dead run in its place, but not from a live one", () => {
    const dead = aState({ running: [anExecution({ isChanging: true, expiresAt: now })] });
    const state = into(dead, { execution: "terminal-2" }, { takesOver: true });
    expect(state.running).toEqual([
      expect.objectContaining({ execution: "terminal-2", since: hoursFromNow(-1), isChanging: true }),
    ]);
    expect(outcomesOf(state)).toEqual([]);
    const live = aState({ running: [anExecution({ expiresAt: hoursFromNow(0.001) })] });
    expect(acquired(live, { execution: "terminal-2" }, { takesOver: true })).toBeNull();
  });

  test("takes over nothing from a dead run of another database", () => {
    const running = anExecution({ arn: otherArn, resourceId: otherId, isChanging: true, expiresAt: now });
    const state = into(aState({ running: [running] }), { execution: "terminal-2" }, { takesOver: true });
    expect(state.running).toEqual([expect.objectContaining({ since: now, isChanging: false })]);
    expect(outcomesOf(state)).toEqual(["interrupted"]);
  });

  test("is refused after its lease expired if another execution holds the database", () => {
    const other = into(aState({ running: [anExecution({ expiresAt: hoursFromNow(-3) })] }), {
      execution: "db-ORDERS-2",
    });
    expect(acquired(other)).toBeNull();
  });
});

describe("release", () => {
  test("frees the slot, counts the execution and stores its attempts", () => {
    const state = left(into(emptyRemediationState), "db-ORDERS-1", "failed", "repaired");
    expect(state).toEqual({
      ...emptyRemediationState,
      attempts: ["failed", "repaired"].map((outcome) => anAttempt({ outcome: outcome as "failed", endedAt: now })),
      ended: { [id]: 1 },
    });
  });

  test("is idempotent", () => {
    const once = left(into(emptyRemediationState), "db-ORDERS-1", "failed");
    expect(left(once, "db-ORDERS-1", "failed")).toEqual(once);
  });

  test("of an unknown execution changes nothing", () => {
    const state = aState({ running: [anExecution()], failuresInARow: 2 });
    expect(left(state, "db-ORDERS-2", "failed")).toEqual(state);
  });

  test("keeps the other slots", () => {
    const both = into(into(emptyRemediationState), { execution: "db-SHOP-1", arn: otherArn });
    const state = left(both, "db-ORDERS-1", "repaired");
    expect(executionsOf(state)).toEqual(["db-SHOP-1"]);
    expect(state.ended).toEqual({ [id]: 1 });
  });

  test("counts each execution", () => {
    const twice = left(into(left(into(emptyRemediationState), "db-ORDERS-1")), "db-ORDERS-1");
    const other = left(into(twice, { execution: "db-SHOP-1", arn: otherArn }), "db-SHOP-1");
    expect(other.ended).toEqual({ [id]: 2, [otherId]: 1 });
  });

  test("appends to the attempts, oldest first", () => {
    const before = aState({ running: [anExecution()], attempts: [anAttempt({ outcome: "interrupted" })] });
    expect(outcomesOf(left(before, "db-ORDERS-1", "repaired"))).toEqual(["interrupted", "repaired"]);
  });

  test.each([
    ["30 days ago is removed", -720, []],
    ["a second less is kept", -720 + 1 / 3600, ["interrupted"]],
  ])("what was tried %s", (_, hours, expected) => {
    const old = anAttempt({ outcome: "interrupted", endedAt: hoursFromNow(hours) });
    const before = aState({ running: [anExecution()], attempts: [old] });
    expect(outcomesOf(left(before, "db-ORDERS-1"))).toEqual(expected);
  });

  test("without an attempt keeps the count of failures", () => {
    const state = left(aState({ running: [anExecution()], failuresInARow: 9 }), "db-ORDERS-1");
    expect(state).toMatchObject({ failuresInARow: 9, stopped: null, attempts: [] });
  });
});

describe("advance", () => {
  const attempt = anAttempt({ outcome: "failed", endedAt: now });
  const wentOn = (state: RemediationState, execution = "db-ORDERS-1", at = now) =>
    advance(deepFreeze(state), execution, {
      attempt,
      next: "toggle",
      expiresAt: hoursFromNow(1440),
      now: at,
      stopAfterFailures,
    });

  test("counts the failure and waits without counting against the budget", () => {
    const busy = aState({ running: [anExecution({ action: "rotate", since: hoursFromNow(-1) })] });
    expect(wentOn(busy)).toEqual({
      ...busy,
      running: [{ ...anExecution(), action: "toggle", isChanging: false, since: now, expiresAt: hoursFromNow(1440) }],
      attempts: [attempt],
      failuresInARow: 1,
    });
  });

  test("is idempotent", () => {
    const once = wentOn(aState({ running: [anExecution({ action: "rotate" })] })) ?? emptyRemediationState;
    expect(wentOn(once, "db-ORDERS-1", hoursFromNow(1))).toEqual(once);
  });

  test("is refused to an execution without a slot", () => {
    const state = aState({ running: [anExecution({ action: "rotate" })] });
    expect(wentOn(state, "db-ORDERS-2")).toBeNull();
  });

  test("keeps the other slots in order", () => {
    const other = anExecution({ execution: "db-SHOP-1", arn: otherArn });
    const state = wentOn(aState({ running: [anExecution({ action: "rotate" }), other] }));
    expect(state?.running.map(({ execution, action }) => [execution, action])).toEqual([
      ["db-ORDERS-1", "toggle"],
      ["db-SHOP-1", other.action],
    ]);
    expect(state?.running[1]).toEqual(other);
  });

  test("may trip the circuit breaker", () => {
    const state = wentOn(aState({ running: [anExecution({ action: "rotate" })], failuresInARow: 2 }));
    expect(state?.stopped).toEqual({ at: now, by: "the circuit breaker", why: "3 failures in a row" });
  });

  test("interrupts nothing if its lease expires", () => {
    const state = wentOn(aState({ running: [anExecution({ action: "rotate" })] })) ?? emptyRemediationState;
    expect(outcomesOf(interrupt(state, "db-ORDERS-1", atNow))).toEqual(["failed"]);
  });
});

describe("renew", () => {
  const later = hoursFromNow(1443);

  test("gives back the place in the budget and sets the lease", () => {
    const other = anExecution({ execution: "db-SHOP-1", arn: otherArn });
    const busy = deepFreeze(aState({ running: [anExecution({ since: hoursFromNow(-1) }), other] }));
    expect(renew(busy, "db-ORDERS-1", later)).toEqual({
      ...busy,
      running: [{ ...anExecution({ since: hoursFromNow(-1) }), isChanging: false, expiresAt: later }, other],
    });
  });

  test("writes nothing if the execution holds no slot", () => {
    expect(renew(aState({ running: [anExecution()] }), "db-SHOP-1", later)).toBeNull();
  });
});

describe("the last started action", () => {
  const failed = anAttempt({ action: "rotate", outcome: "failed", endedAt: hoursFromNow(-1) });
  const at = (attempts: Attempt[], isChanging = false) =>
    lastStarted(
      aState({ attempts }),
      anExecution({ action: "toggle", arn: failed.arn, since: hoursFromNow(-1), isChanging }),
    );

  test("is the present one", () =>
    expect(at([failed], true)).toEqual({ action: "toggle", startedAt: hoursFromNow(-1) }));

  test("is the failed one while the execution waits", () =>
    expect(at([failed])).toEqual({ action: "rotate", startedAt: failed.startedAt }));

  test.each<[string, Partial<Attempt>]>([
    ["an attempt that ended before", { endedAt: hoursFromNow(-2) }],
    ["an attempt that did not fail", { outcome: "repaired" }],
    ["another database's", { resourceId: otherId }],
  ])("is nothing, while it only waits, where there is but %s", (_, overrides) =>
    expect(at([{ ...failed, ...overrides }])).toBeNull(),
  );
});

describe("uncounted attempts", () => {
  const tried = [{ action: "rotate" }, { action: "toggle" }] as const;

  test.each<[Running["action"], readonly string[]]>([
    ["rotate", ["rotate", "toggle"]],
    ["toggle", ["toggle"]],
    ["enable", []],
  ])("at %s: %j", (action, expected) => {
    const state = aState({ running: [anExecution({ execution: "db-SHOP-1" }), anExecution({ action })] });
    expect(uncounted(state, "db-ORDERS-1", tried).map((one) => one.action)).toEqual(expected);
  });

  test("are none without a slot", () => {
    expect(uncounted(aState(), "db-ORDERS-1", tried)).toEqual([]);
  });
});

describe("the circuit breaker", () => {
  const after = (failuresInARow: number, ...outcomes: Attempt["outcome"][]) => {
    const state = left(aState({ running: [anExecution()], failuresInARow }), "db-ORDERS-1", ...outcomes);
    return [state.failuresInARow, state.stopped?.why ?? null];
  };

  test.each<[number, Attempt["outcome"][], [number, string | null]]>([
    [0, ["failed"], [1, null]],
    [1, ["failed"], [2, null]],
    [2, ["failed"], [3, "3 failures in a row"]],
    [2, ["interrupted"], [3, "3 failures in a row"]],
    [1, ["failed", "failed"], [3, "3 failures in a row"]],
    [3, ["failed"], [4, "4 failures in a row"]],
    [2, ["rejected"], [2, null]],
    [2, ["repaired"], [0, null]],
    [2, ["failed", "repaired"], [0, null]],
    [2, ["repaired", "failed"], [1, null]],
    [5, [], [5, null]],
  ])("after %i failures, and then %j: %j", (before, outcomes, expected) => {
    expect(after(before, ...outcomes)).toEqual(expected);
  });

  test("names its author and time", () => {
    const state = left(aState({ running: [anExecution()], failuresInARow: 2 }), "db-ORDERS-1", "failed");
    expect(state.stopped).toEqual({ at: now, by: "the circuit breaker", why: "3 failures in a row" });
  });

  test("does not overwrite a pause by a person", () => {
    const stopped = { at: hoursFromNow(-5), by: "ann", why: "an incident" };
    const state = left(aState({ running: [anExecution()], failuresInARow: 8, stopped }), "db-ORDERS-1", "failed");
    expect(state).toMatchObject({ stopped, failuresInARow: 9 });
  });
});

describe("expire", () => {
  const running = [
    anExecution({ expiresAt: now }),
    anExecution({ execution: "db-SHOP-1", arn: otherArn, expiresAt: hoursFromNow(-1) }),
    anExecution({ execution: "db-WEB-1", arn: "web", expiresAt: hoursFromNow(0.001) }),
    anExecution({ execution: "db-API-1", arn: "api", expiresAt: hoursFromNow(-2), isChanging: false }),
  ];

  test("removes all expired executions; one that only waited interrupted nothing", () => {
    const state = expire(deepFreeze(aState({ running })), atNow);
    expect(executionsOf(state)).toEqual(["db-WEB-1"]);
    expect(state.attempts.map(({ arn, endedAt, outcome }) => [arn, endedAt, outcome])).toEqual([
      [databaseArn, now, "interrupted"],
      [otherArn, hoursFromNow(-1), "interrupted"],
    ]);
    expect(state).toMatchObject({
      ended: { [id]: 1, [otherId]: 1, [resourceIdOf("api")]: 1 },
      failuresInARow: 2,
      stopped: null,
    });
  });

  test("may trip the circuit breaker", () => {
    expect(expire(deepFreeze(aState({ running, failuresInARow: 1 })), atNow).stopped).toMatchObject({ at: now });
    expect(expire(aState({ running }), { now, stopAfterFailures: 2 }).stopped?.why).toBe("2 failures in a row");
  });

  test("changes nothing if no lease has expired", () => {
    const state = aState({ running: [anExecution()], failuresInARow: 9 });
    expect(expire(state, atNow)).toBe(state);
  });
});

describe("interrupt", () => {
  const state = aState({ running: [anExecution(), anExecution({ execution: "db-SHOP-1", arn: otherArn })] });
  const interrupted = (execution: string, of = state) => interrupt(deepFreeze(of), execution, atNow);

  test("removes an execution before its lease expires and counts what it may have changed", () => {
    expect(interrupted("db-SHOP-1")).toEqual({
      ...state,
      running: [anExecution()],
      attempts: [anAttempt({ arn: otherArn, startedAt: hoursFromNow(-1), endedAt: now, outcome: "interrupted" })],
      ended: { [otherId]: 1 },
      failuresInARow: 1,
    });
  });

  test("counts nothing if it only waited", () => {
    const waiting = aState({ running: [anExecution({ isChanging: false })] });
    expect(interrupted("db-ORDERS-1", waiting)).toEqual(aState({ ended: { [id]: 1 } }));
  });

  test("is idempotent", () => {
    const once = interrupted("db-ORDERS-1");
    expect(interrupted("db-ORDERS-1", once)).toBe(once);
  });

  test("may trip the circuit breaker", () => {
    expect(interrupted("db-ORDERS-1", { ...state, failuresInARow: 2 }).stopped).toMatchObject({ at: now });
  });
});

describe("executions", () => {
  test("are live until their lease expires", () => {
    const running = [-1, 0, 0.001].map((hours) =>
      anExecution({ execution: `${hours}`, expiresAt: hoursFromNow(hours) }),
    );
    expect(expiredIn(aState({ running }), now).map(({ execution }) => execution)).toEqual(["-1", "0"]);
    expect(liveIn(aState({ running }), now).map(({ execution }) => execution)).toEqual(["0.001"]);
  });
});

describe("stop", () => {
  const stopped = { at: now, by: "ann", why: "an incident" };

  test("and resume, which resets the failures", () => {
    const state = aState({ failuresInARow: 3, attempts: [anAttempt()] });
    expect(stop(deepFreeze(state), stopped)).toEqual({ ...state, stopped });
    expect(resume(deepFreeze({ ...state, stopped }))).toEqual({ ...state, failuresInARow: 0 });
  });
});

describe("the secret snapshot", () => {
  const secretSnapshot: SecretSnapshot = {
    rule: "secret-key-as-required",
    offRequestedAt: null,
    secretArn,
    keyReference: keyArn,
    rotationEnabled: true,
    rotationRules: null,
    tags: { team: "orders" },
    resourcePolicy: null,
  };

  test("is stored by database and can be removed", () => {
    const both = saveSnapshot(saveSnapshot(deepFreeze(aState()), id, secretSnapshot), otherId, {
      ...secretSnapshot,
      tags: {},
    });
    expect(both.secretSnapshots).toEqual({
      [id]: secretSnapshot,
      [otherId]: { ...secretSnapshot, tags: {} },
    });
    expect(forget(deepFreeze(both), id)).toEqual(
      aState({ secretSnapshots: { [otherId]: { ...secretSnapshot, tags: {} } } }),
    );
    expect(forget(aState(), databaseArn)).toBeNull();
  });

  test("is forgotten together with what enable has to announce, or without it", () => {
    const both = recordUnannounced(saveSnapshot(aState(), id, secretSnapshot), id, { execution: "x", rule: "y" });
    expect(forget(both, id)).toEqual(aState());
    expect(forget(both, id, ["unannounced"])).toEqual(aState({ secretSnapshots: { [id]: secretSnapshot } }));
    expect(forget(both, id, ["secretSnapshots"])?.unannounced).toEqual({ [id]: { execution: "x", rule: "y" } });
  });

  test("records that off is requested, while the execution has the database and the toggle is not finished", () => {
    const request = { execution: "db-ORDERS-1", resourceId: id, now };
    const busy = aState({ running: [anExecution()], secretSnapshots: { [id]: secretSnapshot } });
    expect(recordOffRequest(deepFreeze(busy), request)?.secretSnapshots[id]?.offRequestedAt).toBe(now);
    expect(recordOffRequest({ ...busy, running: [] }, request)).toBeNull();
    expect(recordOffRequest({ ...busy, secretSnapshots: {} }, request)).toBeNull();
  });

  test("is overwritten", () => {
    const twice = saveSnapshot(saveSnapshot(aState(), id, secretSnapshot), id, {
      ...secretSnapshot,
      tags: {},
    });
    expect(twice.secretSnapshots).toEqual({ [id]: { ...secretSnapshot, tags: {} } });
  });
});

describe("the name of the next execution", () => {
  const name = (resourceId: string, ended: Record<string, number> = {}) =>
    nextExecution(aState({ ended }), { resourceId }, now);

  test("consists of the database, the number of executions and the day", () => {
    expect(name("db-ORDERS")).toBe("db-ORDERS-1-20261124");
    expect(name("db-ORDERS", { "db-ORDERS": 41, [otherId]: 7 })).toBe("db-ORDERS-42-20261124");
    expect(name("a.b/c d:é_f")).toBe("a-b-c-d--_f-1-20261124");
    expect(name("x".repeat(60))).toBe(`${"x".repeat(44)}-1-20261124`);
  });

  test("is valid for Lambda and unique", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 80 }), fc.nat(1e9), (resourceId, ended) => {
        const first = name(resourceId, { [resourceId]: ended });
        expect(first).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
        expect(name(resourceId, { [resourceId]: ended + 1 })).not.toBe(first);
      }),
    );
  });
});

describe("an execution that ended without a slot", () => {
  const count = (execution: string, ended: Record<string, number> = {}) =>
    countWithoutSlot(deepFreeze(aState({ ended, failuresInARow: 2 })), execution);

  test("is counted, so that the next one gets another name", () => {
    expect(count("db-ORDERS-1-20261124", { [otherId]: 7 })).toMatchObject({
      ended: { "db-ORDERS": 1, [otherId]: 7 },
      failuresInARow: 2,
    });
    expect(count("db-ORDERS-42-20261124", { "db-ORDERS": 41 })?.ended).toEqual({ "db-ORDERS": 42 });
  });

  test.each([
    ["has been counted", "db-ORDERS-41-20261124"],
    ["is later than the next one", "db-ORDERS-43-20261124"],
    ["has a name of another form", "terminal-db-ORDERS"],
    ["has more before its name", "x\ndb-ORDERS-42-20261124"],
    ["has more after its name", "db-ORDERS-42-20261124-1"],
  ])("changes nothing if it %s", (_, execution) => {
    expect(count(execution, { "db-ORDERS": 41 })).toBeNull();
  });
});

test("in any order of calls a database has one execution at a time, and the state stays valid", () => {
  const executions = ["db-ORDERS-1", "db-ORDERS-2", "db-SHOP-1"];
  const step = fc.record({
    who: fc.constantFrom(...executions),
    what: fc.constantFrom("enter", "change", "repaired", "failed", "sweep"),
    hours: fc.nat(400),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      let state: RemediationState = emptyRemediationState;
      let hours = 0;
      for (const { who, what, hours: passed } of steps) {
        hours += passed / 10;
        const time = { now: hoursFromNow(hours), stopAfterFailures };
        const newcomer = holder({ execution: who, arn: who.startsWith("db-ORDERS") ? databaseArn : otherArn });
        deepFreeze(state);
        if (what === "sweep") state = expire(state, time);
        else if (what === "enter" || what === "change")
          state =
            acquire(state, newcomer, { ...time, expiresAt: hoursFromNow(hours + 20), isChanging: what === "change" }) ??
            state;
        else
          state = release(state, who, {
            ...time,
            attempts: [
              anAttempt({ arn: newcomer.arn, outcome: what === "failed" ? "failed" : "repaired", endedAt: time.now }),
            ],
          });
        const arns = state.running.map(({ arn }) => arn);
        expect(new Set(arns).size).toBe(arns.length);
        expect(remediationStateSchema.parse(state)).toEqual(state);
        if (state.failuresInARow >= stopAfterFailures) expect(state.stopped).not.toBeNull();
      }
    }),
  );
});

describe("markLost", () => {
  const later = { expiresAt: hoursFromNow(1) };
  const state = aState({ running: [anExecution(later), anExecution({ ...later, execution: "db-LEGACY-1" })] });

  test("ends the lease of one execution and keeps the others", () => {
    const lost = markLost(deepFreeze(state), "db-ORDERS-1", now);
    expect(lost).toEqual({ ...state, running: [{ ...state.running[0], expiresAt: now }, state.running[1]] });
    expect(expiredIn(lost, now)).toEqual([lost.running[0]]);
  });

  test("changes nothing if the lease has expired or there is none", () => {
    expect(markLost(deepFreeze(state), "db-ORDERS-1", hoursFromNow(2))).toEqual(state);
    expect(markLost(deepFreeze(state), "db-OTHER-1", now)).toEqual(state);
  });
});
