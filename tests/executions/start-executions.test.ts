import { describe, expect, test } from "@jest/globals";
import { startExecutions } from "../../lib/executions/start-executions.ts";
import { toggleTagKey } from "../../lib/model/database.ts";
import { defaultPolicy } from "../../lib/model/default-policy.ts";
import type { Target } from "../../lib/model/inventory.ts";
import type { Policy } from "../../lib/model/policy.ts";
import { type RemediationRequest, remediationRequestSchema } from "../../lib/model/remediation-request.ts";
import { emptyRemediationState, type RemediationState } from "../../lib/model/remediation-state.ts";
import { updateStored } from "../../lib/storage/update-stored.ts";
import { rules } from "../../rules/index.ts";
import {
  account,
  aKey,
  aMasterUserSecret,
  anInventory,
  aPlainDatabase,
  hoursFromNow,
  now,
  otherKeyArn,
  region,
} from "../support/builders.ts";
import { deepFreeze } from "../support/deep-freeze.ts";
import { createMemoryStored } from "../support/memory-stored.ts";
import {
  aManagedInstance,
  aMark,
  anAttempt,
  anExecution,
  aPermissivePolicy,
  arnOf,
  aState,
  aTargetForRepair,
  snapshotsOf,
  unmanagedInstances,
} from "../support/repairs.ts";

type Circumstances = {
  readonly policy?: Policy;
  readonly state?: Partial<RemediationState>;
  readonly start?: (execution: string, request: RemediationRequest) => Promise<unknown>;
};

/** Starts what is due, and answers with what was given to whom. */
async function startFor(target: Partial<Target>, { policy = aPermissivePolicy(), state, start }: Circumstances = {}) {
  const stored = createMemoryStored({ empty: emptyRemediationState, first: aState(state) });
  const given = new Map<string, RemediationRequest>();
  const answer = await startExecutions({
    inventory: deepFreeze(anInventory({ targets: [aTargetForRepair(target)] })),
    policy: deepFreeze(policy),
    rules,
    state: stored,
    now,
    start: async (execution, request) => {
      await start?.(execution, request);
      expect(given.has(execution)).toBe(false);
      given.set(execution, remediationRequestSchema.parse(request));
      return true;
    },
  });
  expect(stored.writes()).toBe(0);
  expect(answer.started).toEqual([...given.values()]);
  return { given, ...answer };
}

const inShort = ({ started }: { started: readonly RemediationRequest[] }) =>
  started.map(({ action, database }) => `${action} ${database.identifier}`);
const unmanaged = (...identifiers: string[]): Partial<Target> => ({ databases: unmanagedInstances(...identifiers) });
const roomy = (remediation: Partial<Policy["remediation"]> = {}, overrides: Partial<Policy> = {}) =>
  aPermissivePolicy({ budget: { atOnce: 9, perDay: 9 }, ...remediation }, overrides);

describe("an execution is started", () => {
  test("for each database with a planned action, under the name of its next execution", async () => {
    const { given, failures } = await startFor(unmanaged("shop", "orders"), {
      policy: roomy(),
      state: { ended: { "db-SHOP": 2 } },
    });
    expect([...given.keys()]).toEqual(["db-ORDERS-1-20261124", "db-SHOP-3-20261124"]);
    expect(failures).toEqual([]);
    expect(given.get("db-ORDERS-1-20261124")).toEqual({
      action: "enable",
      rule: "master-password-managed",
      severity: "high",
      database: {
        arn: arnOf("orders"),
        kind: "instance",
        identifier: "orders",
        resourceId: "db-ORDERS",
        account,
        region,
      },
    });
  });

  describe("whose name exists already", () => {
    /** Starts one execution; those with these names exist, and this is what the state says by then. */
    async function startBeside(existing: readonly string[], present: Partial<RemediationState> = {}) {
      const names: string[] = [];
      const stored = createMemoryStored({ empty: emptyRemediationState });
      const answer = await startExecutions({
        inventory: anInventory({ targets: [aTargetForRepair(unmanaged("orders"))] }),
        ...{ policy: aPermissivePolicy(), rules, state: stored, now },
        async start(execution) {
          names.push(execution);
          if (!existing.includes(execution)) return true;
          await updateStored(stored, (value) => ({ ...value, ...present }));
          return false;
        },
      });
      return { ...answer, names };
    }

    test("counts as started while that execution has its slot", async () => {
      const running = [anExecution({ execution: "db-ORDERS-1-20261124" })];
      const { names, failures } = await startBeside(["db-ORDERS-1-20261124"], { running });
      expect([names, failures]).toEqual([["db-ORDERS-1-20261124"], []]);
    });

    test("is started under another name if that execution is not running", async () => {
      const { names, started, failures } = await startBeside(["db-ORDERS-1-20261124"]);
      expect([names, failures]).toEqual([["db-ORDERS-1-20261124", "db-ORDERS-2-20261124"], []]);
      expect(started).toHaveLength(1);
    });

    test("has the number that counts the executions that ended by now", async () => {
      const { names } = await startBeside(["db-ORDERS-1-20261124"], { ended: { "db-ORDERS": 4 } });
      expect(names).toEqual(["db-ORDERS-1-20261124", "db-ORDERS-5-20261124"]);
    });

    test("is an error if the next name exists, too", async () => {
      const { started, failures } = await startBeside(["db-ORDERS-1-20261124", "db-ORDERS-2-20261124"]);
      expect(started).toEqual([]);
      expect(failures.map(({ message }) => message)).toEqual([
        "the execution db-ORDERS-2-20261124 exists, but it is not running",
      ]);
    });
  });

  test("once for a database with several violations", async () => {
    const { database, secret } = aManagedInstance("shop", {
      rotationEnabled: false,
    });
    const target = {
      databases: [database],
      secrets: [secret],
      keys: [
        { reference: database.masterUserSecret?.kmsKeyId ?? "", key: aKey() },
        { reference: otherKeyArn, key: aKey({ arn: otherKeyArn }) },
      ],
      keyTrials: [{ keyArn: otherKeyArn, refusal: null }],
    };
    const policy = roomy({}, { keys: [{ match: {}, require: [otherKeyArn] }] });
    expect(inShort(await startFor(target, { policy }))).toEqual(["toggle shop"]);
  });

  test.each<[string, Partial<Policy["remediation"]>]>([
    ["its window", { window: ["maintenance"] }],
    ["a person's word", { approval: ["enable"] }],
    ["both", { window: ["maintenance"], approval: ["enable"] }],
  ])("although it has to wait for %s", async (_, remediation) => {
    expect(inShort(await startFor(unmanaged("orders"), { policy: roomy(remediation) }))).toEqual(["enable orders"]);
  });

  test("to finish an interrupted toggle, also on a managed database and while repairs are paused", async () => {
    const mark = { tags: { [toggleTagKey]: aMark() } };
    const databases = [
      aPlainDatabase({ ...mark, masterUserSecret: aMasterUserSecret() }),
      ...unmanagedInstances("shop").map((one) => ({ ...one, ...mark })),
    ];
    const stopped = { at: now, by: "ann", why: "an incident" };
    const secretSnapshots = snapshotsOf("db-ORDERS", "db-SHOP");
    expect(inShort(await startFor({ databases }, { state: { stopped, secretSnapshots } }))).toEqual([
      "finish-interrupted orders",
      "finish-interrupted shop",
    ]);
    expect(inShort(await startFor({ databases }, { state: { stopped } }))).toEqual([]);
  });

  test("only as often as the budget has slots", async () => {
    expect(
      inShort(await startFor(unmanaged("a", "b", "c"), { policy: roomy({ budget: { atOnce: 2, perDay: 9 } }) })),
    ).toEqual(["enable a", "enable b"]);
  });
});

describe("no execution is started", () => {
  const busy = anExecution({ arn: arnOf("orders"), isChanging: false });

  test.each<[string, Circumstances]>([
    ["by the default policy", { policy: defaultPolicy }],
    ["for what is not allowed", { policy: roomy({ allow: ["rotate"] }) }],
    ["for what is not opted in", { policy: roomy({ optIn: [{ identifier: ["shop"] }] }) }],
    [
      "for what is exempt",
      {
        policy: roomy(
          {},
          { exemptions: [{ match: { identifier: ["orders"] }, owner: "ann", reason: "legacy", until: "2026-12-31" }] },
        ),
      },
    ],
    ["where one is at work on the database", { state: { running: [busy] } }],
    ["where all places are taken", { state: { running: [anExecution({ arn: arnOf("shop") })] } }],
    [
      "where the day's places are taken, though the window is not open",
      {
        policy: aPermissivePolicy({ window: ["maintenance"], budget: { atOnce: 1, perDay: 1 } }),
        state: { attempts: [anAttempt({ arn: arnOf("shop"), endedAt: hoursFromNow(-1) })] },
      },
    ],
    ["where something was tried lately", { state: { attempts: [anAttempt({ endedAt: hoursFromNow(-23) })] } }],
    ["where everything was stopped", { state: { stopped: { at: now, by: "ann", why: "an incident" } } }],
  ])("%s", async (_, circumstances) => {
    const answer = await startFor(unmanaged("orders"), circumstances);
    expect(answer).toMatchObject({ started: [], failures: [] });
  });

  test("without a violation", async () => {
    expect(await startFor({})).toMatchObject({ started: [], failures: [] });
  });

  test("for a violation that needs manual action", async () => {
    const stopped = unmanagedInstances("orders").map((one) => ({ ...one, status: "stopped" }));
    expect(await startFor({ databases: stopped })).toMatchObject({ started: [], failures: [] });
  });
});

describe("an execution that cannot be started", () => {
  test("is returned as a failure, and the others start", async () => {
    const start = async (_: string, { database }: RemediationRequest) => {
      if (database.identifier === "b") throw new Error("Lambda is throttled");
      if (database.identifier === "c") throw "no error at all";
    };
    const answer = await startFor(unmanaged("a", "b", "c", "d"), { policy: roomy(), start });
    expect(inShort(answer)).toEqual(["enable a", "enable d"]);
    expect(answer.failures.map(({ message }) => message)).toEqual(["Lambda is throttled", "no error at all"]);
    for (const failure of answer.failures) expect(failure).toBeInstanceOf(Error);
  });

  test("starts nothing if the state cannot be read, and returns why", async () => {
    const state = createMemoryStored({ empty: emptyRemediationState });
    state.fail.read = new Error("the bucket is gone");
    const start = () => Promise.reject(new Error("it was started"));
    const inventory = anInventory({ targets: [aTargetForRepair(unmanaged("orders"))] });
    const { started, failures } = await startExecutions({ inventory, policy: roomy(), rules, state, now, start });
    expect({ started, failures }).toEqual({ started: [], failures: [new Error("the bucket is gone")] });
  });

  test("finishes an interrupted toggle although the state cannot be read", async () => {
    const state = createMemoryStored({ empty: emptyRemediationState });
    state.fail.read = new Error("the bucket is gone");
    const [left, legacy] = unmanagedInstances("orders", "legacy");
    const databases = [{ ...left, tags: { [toggleTagKey]: aMark() } }, legacy] as ReturnType<typeof unmanagedInstances>;
    const inventory = anInventory({ targets: [aTargetForRepair({ databases })] });
    const start = async () => true;
    const { started, failures } = await startExecutions({ inventory, policy: roomy(), rules, state, now, start });
    expect(started.map(({ action, database }) => [action, database.identifier])).toEqual([
      ["finish-interrupted", "orders"],
    ]);
    expect(failures).toEqual([new Error("the bucket is gone")]);
  });
});
