import { beforeEach, describe, expect, test } from "@jest/globals";
import { toggleTagKey } from "../lib/model/database.ts";
import { AwsCallError } from "../lib/model/errors.ts";
import type { Policy } from "../lib/model/policy.ts";
import type { RemediationEvent } from "../lib/model/remediation-event.ts";
import type { RemediationRequest } from "../lib/model/remediation-request.ts";
import { emptyRemediationState, type Running, type SecretSnapshot } from "../lib/model/remediation-state.ts";
import { hoursBetween } from "../lib/model/time.ts";
import { formatToggleMarker, secretSuffixOf } from "../lib/model/toggle-marker.ts";
import { interrupt, saveSnapshot } from "../lib/plan/remediation-state.ts";
import {
  type ApprovalAnswer,
  type PollOptions,
  type PollResult,
  pollOnce,
  secondsToNextTry,
  unread,
  type Workflow,
} from "../lib/remediate/workflow.ts";
import { type Remediation, remediateDatabase } from "../lib/remediate-database.ts";
import { updateStored } from "../lib/storage/update-stored.ts";
import { rules } from "../rules/index.ts";
import { createCloud } from "../simulator/cloud.ts";
import type { DBInstance } from "../simulator/resources.ts";
import type { Cloud } from "../simulator/state.ts";
import { createInProcessRegion, type InProcessRegion } from "./support/in-process-region.ts";
import { createMemoryStored, type MemoryStored } from "./support/memory-stored.ts";
import { renameInstance } from "./support/rename-instance.ts";
import { anAttempt, aPermissivePolicy } from "./support/repairs.ts";

const scope = { account: "111111111111", region: "eu-west-1", partition: "aws" } as const;
const execution = "db-ORDERS-1";
/** A Sunday, in the window of the database. */
const begins = "2026-11-29T03:01:00.000Z";
const asked: Policy["remediation"] = {
  ...aPermissivePolicy().remediation,
  approval: ["toggle"],
  window: ["maintenance"],
};

let cloud: Cloud;
let orders: DBInstance;
let state: MemoryStored<typeof emptyRemediationState>;
let notified: RemediationEvent[];
let questions: string[];
/** What was entered whenever somebody was asked, or time was awaited. */
let waits: Running[];
/** What RDS does by itself, before the database is looked at: by the name of what is awaited and how often it was looked at before, what was just told, or a step. */
let rdsDoes: (when: string, polls: number) => void;

let turnOn: (real: InProcessRegion, ...request: Parameters<InProcessRegion["turnOn"]>) => Promise<void>;
let turnOff: InProcessRegion["turnOff"] | null;
let tagsAsReturned: (tags: Readonly<Record<string, string>>) => Record<string, string>;

/** A database whose secret is impaired, which no rotation clears. */
beforeEach(() => open());

function open(): void {
  cloud = createCloud({ now: new Date(begins) });
  const here = cloud.region(scope.account, scope.region);
  orders = here.addInstance({
    identifier: "orders",
    managed: { kmsKeyId: here.addKey().Arn, status: "impaired" },
    overrides: { PreferredMaintenanceWindow: "sun:03:00-sun:04:00" },
  });
  here.failingRotations.add("orders");
  state = createMemoryStored({ empty: emptyRemediationState });
  [notified, questions, waits] = [[], [], []];
  turnOn = (real, ...request) => real.turnOn(...request);
  turnOff = null;
  tagsAsReturned = (tags) => tags;
  rdsDoes = () => {};
}

type Life = {
  readonly memory: { readonly name: string; readonly value?: unknown; readonly error?: Error }[];
  /** The point at which it dies. */
  readonly diesAt?: number;
  readonly answer?: () => Promise<ApprovalAnswer>;
};

class Death extends Error {}

/** A workflow that remembers what was done, as a durable function does; it may die before, in or after each step. */
function createWorkflow({ memory, diesAt = Number.POSITIVE_INFINITY, answer }: Life) {
  let die = (_: Death) => {};
  const death = new Promise<never>((_, reject) => {
    die = reject;
  });
  let points = 0;
  let done = 0;
  const pass = async () => {
    if (points++ !== diesAt) return;
    die(new Death());
    await new Promise(() => {});
  };
  const tryAgain = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    for (let tries = 1; ; tries += 1)
      try {
        rdsDoes(name, tries - 1);
        return await work();
      } catch (error) {
        const seconds = secondsToNextTry(error, tries);
        if (seconds === null) throw error;
        cloud.advance({ seconds });
      }
  };
  const remember = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const known = memory[done];
    done += 1;
    if (known === undefined) {
      await pass();
      const made = await tryAgain(name, work).then(
        (value) => ({ name, value: JSON.parse(JSON.stringify(value ?? null)) }),
        (error: Error) => ({ name, error }),
      );
      await pass();
      memory.push(made);
    }
    const result = memory[done - 1];
    if (result?.name !== name) throw new Error(`${name} is done where ${result?.name} was remembered`);
    if (result.error !== undefined) throw result.error;
    return result.value as T;
  };
  const sleep = (until: number) => {
    waits.push(...state.kept().running);
    cloud.advance({ seconds: Math.max(0, (until - cloud.now().getTime()) / 1000) });
  };
  const workflow: Workflow = {
    step: remember,
    sleepUntil: (name, instant) => remember(name, async () => sleep(Date.parse(instant))),
    poll: <T>(name: string, describe: (last: T | null) => Promise<T>, { until, timeoutMinutes }: PollOptions<T>) =>
      remember(name, async () => {
        let polled: PollResult<T> = unread;
        // Long polls pause for five minutes at most, as all engines do.
        for (let polls = 0, seconds = 0; ; polls += 1) {
          rdsDoes(name, polls);
          const { state: last } = (polled.value ?? {}) as { state?: string };
          if (last !== undefined) rdsDoes(`${name}, after ${last}`, polls);
          polled = await pollOnce(describe, until, polled);
          if (polled.met || seconds >= timeoutMinutes * 60) return polled;
          const pause = polls < 400 ? 30 : 300;
          cloud.advance({ seconds: pause });
          seconds += pause;
        }
      }),
    ask: (name, send) =>
      remember(name, async () => {
        await send("1");
        questions.push(name);
        waits.push(...state.kept().running);
        cloud.advance({ seconds: 4 * 3600 });
        return answer?.() ?? { decision: "approved", by: "jane" };
      }),
  };
  return { workflow, death };
}

type Setting = {
  readonly request?: Partial<RemediationRequest>;
  readonly keys?: Policy["keys"];
  /** With which key a person at the terminal was shown it. */
  readonly shownKey?: string | null;
  readonly approvedBy?: string;
  /** Left out where it waits unless somebody stands by. */
  readonly waits?: boolean;
  readonly remediation?: Partial<Policy["remediation"]>;
};

const live = (
  life: Life,
  {
    approvedBy,
    waits: isWaiting = approvedBy === undefined,
    remediation = {},
    request: ordered,
    keys = [],
    shownKey = ordered?.action === "toggle" ? (orders.MasterUserSecret?.KmsKeyId ?? null) : null,
  }: Setting = {},
): Promise<Remediation> => {
  const { DBInstanceArn: arn, DbiResourceId: resourceId, MasterUserSecret } = orders;
  const request: RemediationRequest = {
    ...{ action: "rotate", rule: "secret-not-impaired", severity: "high" },
    database: { arn, kind: "instance", identifier: "orders", resourceId, account: scope.account, region: scope.region },
    ...ordered,
  };
  const { workflow, death } = createWorkflow(life);
  const ended = remediateDatabase({
    ...{ request, execution, rules, state, workflow, isEnabled: true },
    approval:
      approvedBy === undefined
        ? null
        : { by: approvedBy, keyReference: shownKey, secretArn: MasterUserSecret?.SecretArn ?? null },
    waits: isWaiting,
    policy: { ...aPermissivePolicy({ ...asked, ...remediation }), keys },
    port: asReturned(createInProcessRegion(cloud, scope)),
    async notify(event) {
      notified.push(event);
      rdsDoes(`told ${event.type}`, 0);
    },
    now: () => cloud.now().toISOString(),
  });
  return Promise.race([ended, death]);
};

/** The port, with the tags and the refusals of the test. */
function asReturned(real: InProcessRegion): InProcessRegion {
  return {
    ...real,
    turnOn: (database, options) => turnOn(real, database, options),
    turnOff: (...request) => (turnOff ?? real.turnOff)(...request),
    async *describeDBInstances(only) {
      for await (const page of real.describeDBInstances(only))
        yield page.map((database) => ({ ...database, tags: tagsAsReturned(database.tags) }));
    },
  };
}

const run = (setting?: Setting, answer?: Life["answer"]) =>
  live({ memory: [], ...(answer ? { answer } : {}) }, setting);
const endsOf = (done: Remediation) => done.map(({ action, outcome }) => [action, outcome.end]);
const attempts = () => state.kept().attempts.map(({ action, outcome }) => [action, outcome]);
const toldTypes = () => notified.map(({ action, type }) => `${action} ${type.split(".")[1]}`);

describe("the approval of one action", () => {
  test("does not approve the next: at a terminal the execution ends after a failure", async () => {
    const old = orders.MasterUserSecret?.SecretArn;
    expect(endsOf(await run({ approvedBy: "ann" }))).toEqual([["rotate", "failed"]]);
    expect(orders.MasterUserSecret?.SecretArn).toBe(old);
    expect({ attempts: attempts(), running: state.kept().running }).toEqual({
      attempts: [["rotate", "failed"]],
      running: [],
    });
    expect(toldTypes()).toEqual(["rotate started", "rotate failed"]);
  });

  test("does not approve the next, which requests its own if the execution waits", async () => {
    await run({ approvedBy: "ann", waits: true });
    expect(questions).toEqual(["request approval of toggle"]);
  });

  test("does not approve the next in the service", async () => {
    const done = await run();
    expect(endsOf(done)).toEqual([
      ["rotate", "failed"],
      ["toggle", "repaired"],
    ]);
    expect(questions).toEqual(["request approval of toggle"]);
  });
});

describe("between a failed action and the next", () => {
  test("the execution waits without counting against the budget, under the next action", async () => {
    await run();
    const failedAt = state.kept().attempts[0]?.endedAt;
    expect(waits.map(({ action, isChanging, since }) => [action, isChanging, since])).toEqual(
      waits.map(() => ["toggle", false, failedAt]),
    );
    // For an approval, and for the window a week later.
    expect(waits).toHaveLength(2);
    expect(waits.map(({ since, expiresAt }) => hoursBetween(since, expiresAt))).toEqual([
      expect.closeTo(72.5, 1),
      expect.closeTo(168.5, 0),
    ]);
  });

  test("the failure is counted only once", async () => {
    let counted = 0;
    await run({}, async () => {
      counted = state.kept().failuresInARow;
      return { decision: "approved", by: "jane" };
    });
    expect(counted).toBe(1);
    expect(attempts()).toEqual([
      ["rotate", "failed"],
      ["toggle", "repaired"],
    ]);
    expect(state.kept()).toMatchObject({ failuresInARow: 0, running: [], ended: { [orders.DbiResourceId]: 1 } });
  });

  test("each attempt has its own start", async () => {
    await run();
    const [rotate, toggle] = state.kept().attempts;
    expect(rotate?.startedAt).toBe(begins);
    expect(toggle?.startedAt).toBe(rotate?.endedAt);
  });

  test("a slot whose acquisition was not checkpointed is given back", async () => {
    const life: Life = { memory: [] };
    // The second step looks at the gates, and takes the place; its answer is lost, and when it is done again the window is closed.
    await live({ ...life, diesAt: 3 }).catch(() => {});
    expect([life.memory.map(({ name }) => name), state.kept().running]).toMatchObject([
      ["reserve a slot"],
      [{ isChanging: true }],
    ]);
    cloud.advance({ hours: 3 });
    await live(life);
    expect(waits[0]).toMatchObject({ action: "rotate", isChanging: false });
  });

  test("a rejection ends the execution, and the failure is notified", async () => {
    const done = await run({}, async () => ({ decision: "rejected", by: "jane" }));
    expect(endsOf(done)).toEqual([
      ["rotate", "failed"],
      ["toggle", "refused"],
    ]);
    expect(attempts()).toEqual([
      ["rotate", "failed"],
      ["toggle", "rejected"],
    ]);
    expect(state.kept().failuresInARow).toBe(1);
    expect(toldTypes().at(-1)).toBe("rotate failed");
  });

  test("a failure that trips the circuit breaker stops the next action", async () => {
    const done = await run({ remediation: { stopAfterFailures: 1 } });
    expect(done[1]?.outcome).toMatchObject({ end: "refused", gates: [{ gate: "not-stopped" }, { gate: "approved" }] });
    expect(attempts()).toEqual([["rotate", "failed"]]);
  });

  test("the daily budget counts both", async () => {
    const done = await run({ remediation: { window: ["any-time"], budget: { atOnce: 1, perDay: 1 } } });
    expect(done[1]?.outcome).toMatchObject({ end: "refused", gates: [{ gate: "within-budget" }] });
  });

  test("the cool-down applies to attempts of other executions", async () => {
    const done = await run({}, async () => {
      const { DBInstanceArn: arn, DbiResourceId: resourceId } = orders;
      const endedAt = cloud.now().toISOString();
      const other = anAttempt({ arn, resourceId, action: "rotate", startedAt: endedAt, endedAt });
      await updateStored(state, (present) => ({ ...present, attempts: [...present.attempts, other] }));
      return { decision: "approved", by: "jane" };
    });
    expect(done[1]?.outcome).toMatchObject({
      end: "refused",
      gates: expect.arrayContaining([expect.objectContaining({ gate: "cooled-down" })]),
    });
  });

  test("an execution that was interrupted does not advance and is not counted again", async () => {
    const life: Life = { memory: [] };
    while (life.memory.at(-1)?.name !== "choose the next action") await live({ ...life, diesAt: 2 }).catch(() => {});
    const present = { now: cloud.now().toISOString(), stopAfterFailures: 3 };
    await updateStored(state, (before) => interrupt(before, execution, present));
    expect(endsOf(await live(life))).toEqual([["rotate", "failed"]]);
    expect({ attempts: attempts(), questions }).toEqual({ attempts: [["rotate", "interrupted"]], questions: [] });
  });

  test("an error is notified with the failure before it, which is counted once", async () => {
    const life: Life = { memory: [] };
    while (life.memory.at(-1)?.name !== "choose the next action") await live({ ...life, diesAt: 2 }).catch(() => {});
    life.memory.splice(-1, 1, { name: "choose the next action", error: new Error("no answer") });
    const [rotate, ...more] = await live(life);
    expect(more).toEqual([]);
    expect(rotate?.outcome).toMatchObject({
      end: "failed",
      reason: expect.stringMatching(/^secret-not-impaired .*no answer$/),
    });
    expect(attempts()).toEqual([["rotate", "failed"]]);
  });
});

describe("an approval holds for what was shown", () => {
  const byAlias: Setting = {
    request: { action: "toggle", rule: "secret-key-as-required" },
    keys: [{ match: {}, require: ["alias/orders"] }],
  };
  const shown = () =>
    notified.flatMap(({ type, keyReference, secret }) =>
      type === "remediation.approval-requested" ? [[secret.before, keyReference]] : [],
    );

  function openWithKeys() {
    const here = cloud.region(scope.account, scope.region);
    Object.assign(orders.MasterUserSecret ?? {}, { SecretStatus: "active" });
    const [first, second] = [here.addKey({ alias: "orders" }), here.addKey()];
    return { first, second, move: () => here.aliases.set("alias/orders", second.KeyId) };
  }

  test("for the key: if an alias names another one by then, approval is requested again", async () => {
    const { first, second, move } = openWithKeys();
    const old = orders.MasterUserSecret?.SecretArn;
    await run(byAlias, async () => {
      move();
      return { decision: "approved", by: "jane" };
    });
    expect(shown()).toEqual([
      [old, first.Arn],
      [old, second.Arn],
    ]);
    expect(orders.MasterUserSecret?.KmsKeyId).toBe(second.Arn);
  });

  test("for the secret: a newer one is not toggled without approval", async () => {
    const { first } = openWithKeys();
    const old = orders.MasterUserSecret;
    const makeAnother = () => {
      const { secrets } = cloud.region(scope.account, scope.region);
      const secret = secrets.get(old?.SecretArn ?? "");
      if (old === undefined || secret === undefined) throw new Error("there is no secret");
      secrets.delete(secret.ARN);
      secrets.set(`${secret.ARN}-2`, { ...secret, ARN: `${secret.ARN}-2` });
      orders.MasterUserSecret = { ...old, SecretArn: `${secret.ARN}-2` };
    };
    const answers = [
      async (): Promise<ApprovalAnswer> => {
        makeAnother();
        return { decision: "approved", by: "jane" };
      },
      async (): Promise<ApprovalAnswer> => ({ decision: "rejected", by: "jane" }),
    ];
    const done = await run(byAlias, async () => (await answers.shift()?.()) ?? { decision: "timed-out", by: null });
    expect(done).toMatchObject([{ outcome: { end: "refused" } }]);
    expect(shown()).toEqual([
      [old?.SecretArn, first.Arn],
      [`${old?.SecretArn}-2`, first.Arn],
    ]);
  });

  test("at a terminal the action is refused", async () => {
    const { first, second, move } = openWithKeys();
    const old = orders.MasterUserSecret?.SecretArn;
    move();
    const done = await run({ ...byAlias, approvedBy: "ann", shownKey: first.Arn });
    expect(done).toMatchObject([{ outcome: { end: "refused", gates: [{ gate: "approved" }] } }]);
    expect(notified.map(({ message }) => message)).toEqual([
      `Nothing was changed: approved: ann approved it for ${old} with ${first.Arn}; now it is for ${old} with ${second.Arn}.`,
    ]);
  });
});

describe("a database that cannot be read", () => {
  test("is not repaired, which is no failure", async () => {
    cloud.fault({ action: "rds:DescribeDBInstances", kind: "deny" });
    const done = await run({ approvedBy: "ann", request: { action: "toggle" } });
    expect(done).toMatchObject([{ outcome: { end: "refused", gates: [{ gate: "observed", open: false }] } }]);
    expect(notified.map(({ type, message }) => [type, message])).toEqual([
      ["remediation.refused", expect.stringMatching(/^Nothing was changed: observed: rds:DescribeDBInstances failed/)],
    ]);
    expect(state.kept()).toMatchObject({ attempts: [], running: [], failuresInARow: 0 });
  });
});

describe("a rotation in progress", () => {
  test("is not repaired, whatever its rule reports", async () => {
    cloud.timing.rotateSeconds = 4 * 3600;
    const done = await run({ approvedBy: "ann" });
    expect(done).toMatchObject([
      { outcome: { end: "failed", reason: "RDS did not finish the rotation within an hour" } },
    ]);
  });
});

describe("management that goes off late", () => {
  const goOffOnce = () => {
    let isDone = false;
    rdsDoes = (when) => {
      if (when === "remove the toggle tag" && !isDone) isDone = delete orders.MasterUserSecret;
    };
  };
  const toggleTagOf = () => orders.TagList.find(({ Key }) => Key === "rds-password-audit:toggle");

  test("is turned on again by a toggle that gave up", async () => {
    cloud.fault({ action: "rds:ModifyDBInstance", kind: "deny", times: 1 });
    goOffOnce();
    expect(endsOf(await run({ approvedBy: "ann", request: { action: "toggle" } }))).toEqual([["toggle", "repaired"]]);
    expect([orders.MasterUserSecret?.SecretStatus, toggleTagOf()]).toEqual(["active", undefined]);
  });

  test("is turned on again by an execution that only removes the tag", async () => {
    const Value = `${begins} aws-managed db-ORDERS-0`;
    orders.TagList.push({ Key: "rds-password-audit:toggle", Value });
    goOffOnce();
    const finish: Partial<RemediationRequest> = { action: "finish-interrupted", rule: "toggle-not-interrupted" };
    expect(endsOf(await run({ approvedBy: "ann", request: finish }))).toEqual([["finish-interrupted", "repaired"]]);
    expect([orders.MasterUserSecret?.SecretStatus, toggleTagOf()]).toEqual(["active", undefined]);
  });
});

describe("a new secret that does not become active", () => {
  const isAwaited = /^(wait until the secret is active|turn management on, after new)$/;
  const toggle: Setting = {
    approvedBy: "ann",
    request: { action: "toggle" },
  };
  const enable: Setting = { approvedBy: "ann", request: { action: "enable", rule: "master-password-managed" } };
  const setStatus = (status: string) => Object.assign(orders.MasterUserSecret ?? {}, { SecretStatus: status });
  const toggleTagOf = () => orders.TagList.find(({ Key }) => Key === "rds-password-audit:toggle");
  const isKept = () => state.kept().secretSnapshots[orders.DbiResourceId] !== undefined;

  test("is a failure if it is impaired, and frees the database for the next repair", async () => {
    const old = orders.MasterUserSecret?.SecretArn;
    rdsDoes = (poll) => isAwaited.test(poll) && setStatus("impaired");
    const done = await run(toggle);
    expect(done).toMatchObject([
      { outcome: { end: "failed", reason: expect.stringMatching(/^the new secret is impaired$/), managed: true } },
    ]);
    expect(notified).toContainEqual(
      expect.objectContaining({
        type: "secret.replaced",
        secret: { before: old, after: orders.MasterUserSecret?.SecretArn },
      }),
    );
    expect([toggleTagOf(), isKept()]).toEqual([undefined, false]);
  });

  test("keeps the toggle tag while RDS may take it back", async () => {
    rdsDoes = (poll) => isAwaited.test(poll) && setStatus("creating");
    expect(await run(toggle)).toMatchObject([
      { outcome: { end: "failed", reason: expect.stringContaining("its status is creating"), managed: true } },
    ]);
    expect([toggleTagOf(), isKept()]).toEqual([expect.anything(), true]);
  });

  test("that RDS takes back after the last read leaves management off, which is notified", async () => {
    rdsDoes = (when) => {
      if (isAwaited.test(when)) setStatus("rotating");
      if (when === "told secret.replaced") delete orders.MasterUserSecret;
    };
    expect(await run(toggle)).toMatchObject([
      { outcome: { end: "failed", reason: expect.stringContaining("management is off"), managed: false } },
    ]);
    expect([toggleTagOf(), isKept()]).toEqual([expect.anything(), true]);
  });

  test("is requested again if RDS takes it back, and only the last one is notified", async () => {
    let isTaken = false;
    rdsDoes = (poll) => {
      if (!isAwaited.test(poll) || isTaken) return;
      isTaken = true;
      delete orders.MasterUserSecret;
    };
    expect(endsOf(await run(toggle))).toEqual([["toggle", "repaired"]]);
    const replaced = notified.filter(({ type }) => type === "secret.replaced");
    expect(replaced.map(({ secret }) => secret.after)).toEqual([orders.MasterUserSecret?.SecretArn]);
    expect([toggleTagOf(), isKept()]).toEqual([undefined, false]);
  });

  test("is not notified if RDS takes it back for good", async () => {
    rdsDoes = (poll) => /, after (off|new)$/.test(poll) && delete orders.MasterUserSecret;
    expect(await run(toggle)).toMatchObject([
      { outcome: { end: "failed", reason: expect.stringContaining("management is off"), managed: false } },
    ]);
    expect(notified.filter(({ type }) => type === "secret.replaced")).toEqual([]);
    expect([toggleTagOf(), isKept()]).toEqual([expect.anything(), true]);
  });

  test("may be on if the last reads fail, which is notified", async () => {
    rdsDoes = (when) => {
      if (when === "turn management on, after off" && orders.MasterUserSecret !== undefined)
        cloud.fault({ action: "rds:DescribeDBInstances", kind: "deny" });
    };
    const [{ outcome } = { outcome: null }] = await run(toggle);
    expect(outcome).toEqual({
      end: "failed",
      reason: expect.stringMatching(
        /^management was turned off, and whether RDS turned it on again is unknown: RDS accepted the request but does not show a secret yet; later reads failed: /,
      ),
      recovery: [expect.stringContaining("--manage-master-user-password")],
    });
    expect(notified.at(-1)).toMatchObject({ type: "remediation.failed", managed: null });
    expect([orders.MasterUserSecret?.SecretStatus, toggleTagOf(), isKept()]).toEqual([
      "active",
      expect.anything(),
      true,
    ]);
  });

  test("has an unknown status if the last reads fail", async () => {
    rdsDoes = (when) => {
      if (when === "turn management on, after new") cloud.fault({ action: "rds:DescribeDBInstances", kind: "deny" });
    };
    expect(await run(toggle)).toMatchObject([
      { outcome: { end: "failed", reason: expect.stringContaining("its status is unknown") } },
    ]);
  });

  test("that no read shows is unknown, and management does not count as on", async () => {
    rdsDoes = (when) => {
      if (when === "turn management on") cloud.fault({ action: "rds:DescribeDBInstances", kind: "deny" });
    };
    expect(await run(toggle)).toMatchObject([
      {
        outcome: {
          end: "failed",
          reason: expect.stringMatching(/whether RDS turned it on again is unknown: .*not authorized/),
        },
      },
    ]);
    expect([toggleTagOf(), isKept()]).toEqual([expect.anything(), true]);
  });

  test.each([
    ["impaired", () => setStatus("impaired"), "the new secret is impaired", true],
    ["taken back", () => delete orders.MasterUserSecret, "RDS still shows no secret", false],
  ])("is a failure of enable: %s", async (_, does, reason, isSeen) => {
    delete orders.MasterUserSecret;
    rdsDoes = (poll) => isAwaited.test(poll) && does();
    expect(await run(enable)).toMatchObject([{ outcome: { end: "failed", reason, recovery: [] } }]);
    expect(toldTypes()).toEqual(["enable started", ...(isSeen ? ["enable replaced"] : []), "enable failed"]);
    // Whoever had the password may have it still: nothing is said of a database that nobody can log in to.
    expect(notified.at(-1)?.managed).toBeNull();
  });
});

describe("a database whose management is turned on for the first time", () => {
  const enable: Setting = { approvedBy: "ann", request: { action: "enable", rule: "master-password-managed" } };
  beforeEach(() => {
    delete orders.MasterUserSecret;
  });

  test("is not touched if people are not told before", async () => {
    rdsDoes = (when) => {
      if (when === "told remediation.started") throw new Error("the topic is down");
    };
    expect(await run(enable)).toMatchObject([
      { outcome: { end: "failed", reason: "the notification could not be sent" } },
    ]);
    expect(orders.MasterUserSecret).toBeUndefined();
  });

  test("is in the repair state as not announced before RDS is asked, and until it is announced", async () => {
    let stored: object | undefined;
    turnOn = (real, ...request) => {
      stored = state.kept().unannounced;
      return real.turnOn(...request);
    };
    expect(endsOf(await run(enable))).toEqual([["enable", "repaired"]]);
    expect(stored).toEqual({ [orders.DbiResourceId]: { execution, rule: "master-password-managed" } });
    expect(state.kept().unannounced).toEqual({});
  });

  const secretsReplaced = () => notified.filter(({ type }) => type === "secret.replaced");
  const arnNow = () => orders.MasterUserSecret?.SecretArn;
  const asked: { keyReference: string | null; applyImmediately: boolean }[] = [];
  const record = () => {
    asked.length = 0;
    turnOn = (real, database, options) => {
      asked.push(options);
      return real.turnOn(database, options);
    };
  };

  test("gets the key that the policy requires, and its secret is announced", async () => {
    record();
    const key = cloud.region(scope.account, scope.region).addKey().Arn;
    const keys = [{ match: {}, require: [key] }];
    expect(await run({ ...enable, keys, shownKey: key })).toMatchObject([{ outcome: { end: "repaired" } }]);
    expect(asked).toEqual([{ keyReference: key, applyImmediately: true }]);
    expect(secretsReplaced()).toMatchObject([
      {
        message: "The master password is now in a secret.",
        secret: { before: null, after: orders.MasterUserSecret?.SecretArn },
        keyReference: key,
      },
    ]);
  });

  test("is not touched if a gate closes while it waits", async () => {
    record();
    rdsDoes = (when) => {
      if (when === "turn management on") Object.assign(orders, { PendingModifiedValues: { AllocatedStorage: 40 } });
    };
    expect(await run(enable)).toMatchObject([{ outcome: { end: "refused", gates: [{ gate: "nothing-pending" }] } }]);
    expect([asked, state.kept().unannounced]).toEqual([[], {}]);
  });

  test("is asked once and announced when killed at any point and run again", async () => {
    for (let diesAt = 0, hasDied = true; hasDied; diesAt += 1) {
      open();
      delete orders.MasterUserSecret;
      record();
      const life: Life = { memory: [] };
      hasDied = await live({ ...life, diesAt }, enable).then(
        () => false,
        () => true,
      );
      if (hasDied) expect(endsOf(await live(life, enable))).toEqual([["enable", "repaired"]]);
      expect([asked.length, secretsReplaced().at(-1)?.secret.after]).toEqual([1, arnNow()]);
      expect(state.kept()).toMatchObject({ running: [], unannounced: {} });
    }
  });

  test("is announced once the secret is active, although the database is busy", async () => {
    rdsDoes = (when) => {
      if (when.startsWith("wait until")) orders.DBInstanceStatus = "backing-up";
    };
    await run(enable);
    const [replaced] = secretsReplaced();
    expect(hoursBetween(begins, replaced?.at ?? "")).toBeLessThan(0.2);
  });

  test("that is deleted while RDS makes the secret is gone", async () => {
    rdsDoes = (when) => {
      if (when.startsWith("wait until")) cloud.region(scope.account, scope.region).instances.delete("orders");
    };
    expect(await run(enable)).toEqual([
      { action: "enable", outcome: { end: "failed", reason: "the database is gone", recovery: [] } },
    ]);
    expect(secretsReplaced()).toEqual([]);
  });

  test("is announced without the ARN if no read shows the secret, and stays in the repair state", async () => {
    rdsDoes = (when) => {
      if (when.startsWith("wait until")) cloud.fault({ action: "rds:DescribeDBInstances", kind: "deny" });
    };
    expect(await run(enable)).toMatchObject([
      { outcome: { end: "failed", reason: expect.stringContaining("its status is unknown"), recovery: [] } },
    ]);
    expect(secretsReplaced()).toMatchObject([
      { message: expect.stringContaining("whose ARN could not be read"), secret: { before: null, after: null } },
    ]);
    expect(Object.keys(state.kept().unannounced)).toEqual([orders.DbiResourceId]);
  });

  test("stays in the repair state if its secret cannot be announced", async () => {
    rdsDoes = (when) => {
      if (when === "told secret.replaced") throw new Error("the topic is down");
    };
    expect(endsOf(await run(enable))).toEqual([["enable", "repaired"]]);
    expect(Object.keys(state.kept().unannounced)).toEqual([orders.DbiResourceId]);
  });
});

describe("while management is off", () => {
  const [required, former] = ["alias/required", "the former key"];
  const minutes = (event: RemediationEvent) => Math.round((Date.parse(event.at) - Date.parse(begins)) / 60_000);
  const toggleTo = async (refuse: (key: string | null) => AwsCallError | null, hours: number) => {
    const here = cloud.region(scope.account, scope.region);
    const key = here.addKey({ alias: required });
    const oldKey = orders.MasterUserSecret?.KmsKeyId ?? null;
    const asks: { key: string; at: number }[] = [];
    const nameOf = (reference: string | null) =>
      reference === key.Arn ? required : reference === oldKey ? former : (reference ?? "the default key");
    const startsAt = () => (cloud.now().getTime() - Date.parse(begins)) / 60_000;
    turnOn = (real, database, options) => {
      asks.push({ key: nameOf(options.keyReference), at: startsAt() });
      const refusal = startsAt() < hours * 60 ? refuse(nameOf(options.keyReference)) : null;
      return refusal === null ? real.turnOn(database, options) : Promise.reject(refusal);
    };
    const keys = [{ match: {}, require: [required] }];
    const request = { action: "toggle", rule: "secret-key-as-required" } as const;
    Object.assign(orders.MasterUserSecret ?? {}, { SecretStatus: "active" });
    const done = await run({ approvedBy: "ann", shownKey: key.Arn, keys, request });
    const used = nameOf(orders.MasterUserSecret?.KmsKeyId ?? null);
    const delayed = notified.filter(({ type }) => type === "remediation.delayed");
    return { done, asks, used, delayed };
  };
  const error = (code: string, message: string, isTransient = false) =>
    new AwsCallError("rds:ModifyDBInstance", code, message, { isTransient });

  test.each([
    ["an SCP denies it", "AccessDenied", "explicit deny in a service control policy"],
    ["a quota is used up", "InstanceQuotaExceeded", "quota"],
    ["the database has a replica", "InvalidParameterCombination", "replica"],
  ])("people are told after 15 minutes and then every hour: %s", async (_, code, message) => {
    const { done, delayed, asks, used } = await toggleTo(() => error(code, message), 3);
    expect(delayed.map(minutes)).toEqual([expect.anything(), expect.anything(), expect.anything()]);
    const [first = 0, second = 0, third = 0] = delayed.map(minutes);
    const offAt = asks[0]?.at ?? 0;
    expect([first - offAt, second - first, third - second].map((gap) => Math.round(gap / 5) * 5)).toEqual([15, 60, 60]);
    expect(delayed[0]).toMatchObject({ managed: false, message: expect.stringContaining(message) });
    expect(delayed[0]?.recovery).toEqual([expect.stringContaining("--manage-master-user-password")]);
    expect([endsOf(done), used]).toEqual([[["toggle", "repaired"]], required]);
    expect(new Set(asks.map(({ key }) => key))).toEqual(new Set([required]));
  });

  test("a notice that fails is sent again, and the repair goes on", async () => {
    let fails = 3;
    rdsDoes = (when) => {
      if (when !== "told remediation.delayed" || fails === 0) return;
      fails -= 1;
      throw new Error("the topic is down");
    };
    const { done, delayed } = await toggleTo(() => error("AccessDenied", "no"), 1);
    expect(delayed.length).toBeGreaterThan(3);
    expect(endsOf(done)).toEqual([["toggle", "repaired"]]);
  });

  test.each([
    ["one refusal", 1],
    ["five minutes of refusals", 10],
  ])("%s of the required key does not take another key", async (_, times) => {
    let left = times;
    const { used, asks } = await toggleTo((key) => {
      if (key !== required || left === 0) return null;
      left -= 1;
      return error("KMSKeyNotAccessibleFault", "the key cannot be used");
    }, 24);
    expect(new Set(asks.map(({ key }) => key))).toEqual(new Set([required]));
    expect(used).toBe(required);
  });

  test.each([
    ["throttling by KMS", "ThrottlingException", "Rate exceeded (Service: Kms)"],
    ["an internal failure of KMS", "KMSInternalException", "KMS failed"],
  ])("%s does not take another key, however long it lasts", async (_, code, message) => {
    const { used, asks } = await toggleTo((key) => (key === required ? error(code, message, true) : null), 2);
    expect(new Set(asks.map(({ key }) => key))).toEqual(new Set([required]));
    expect(used).toBe(required);
  });

  test("the former key, and then the default key, only where the required key is refused for good", async () => {
    const refused = error("KMSKeyNotAccessibleFault", "the key cannot be used");
    const once = await toggleTo((key) => (key === required ? refused : null), 24);
    expect(once.used).toBe(former);
    const [first, other] = [once.asks[0], once.asks.find(({ key }) => key !== required)];
    expect((other?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(10);
    open();
    const { used, asks, done } = await toggleTo((key) => (key === "the default key" ? null : refused), 24);
    expect([...new Set(asks.map(({ key }) => key))]).toEqual([required, former, "the default key"]);
    expect(orders.MasterUserSecret?.KmsKeyId).not.toBe(used === required);
    expect(done).toMatchObject([{ outcome: { end: "failed", managed: true } }]);
  });
});

describe("what a toggle restores, and what it leaves alone", () => {
  const toggle: Setting = { approvedBy: "ann", request: { action: "toggle" } };
  const here = () => cloud.region(scope.account, scope.region);
  const secretOf = (arn = orders.MasterUserSecret?.SecretArn) => here().secrets.get(arn ?? "");
  const putPolicy = (statement: (arn: string) => object) => {
    const secret = secretOf();
    if (secret === undefined) throw new Error("there is no secret");
    const resourcePolicy = JSON.stringify({ Version: "2012-10-17", Statement: [statement(secret.ARN)] });
    here().secrets.set(secret.ARN, { ...secret, resourcePolicy });
    Object.assign(orders.MasterUserSecret ?? {}, { SecretStatus: "active" });
  };
  const allow = { Effect: "Allow", Principal: { AWS: "arn:aws:iam::111111111111:role/app" } };
  const wrongKey = () => {
    const key = here().addKey();
    const request = { action: "toggle", rule: "secret-key-as-required" } as const;
    return { approvedBy: "ann", shownKey: key.Arn, keys: [{ match: {}, require: [key.Arn] }], request };
  };

  test("every ARN of the old secret in its policy becomes that of the new one", async () => {
    putPolicy((arn) => ({ ...allow, Action: "secretsmanager:DescribeSecret", Resource: [arn, "*", arn] }));
    expect(endsOf(await run(wrongKey()))).toEqual([["toggle", "repaired"]]);
    const { ARN = "", resourcePolicy = "" } = secretOf() ?? {};
    expect(JSON.parse(resourcePolicy ?? "").Statement[0].Resource).toEqual([ARN, "*", ARN]);
  });

  test("a policy that denies RDS what it needs is not put back, which is said", async () => {
    putPolicy(() => ({ Effect: "Deny", Principal: "*", Action: "secretsmanager:*", Resource: "*" }));
    expect(await run(wrongKey())).toMatchObject([
      { outcome: { end: "repaired", remarks: [expect.stringContaining("may deny RDS")] } },
    ]);
    expect(secretOf()?.resourcePolicy ?? null).toBeNull();
  });

  test("the tag of another toggle stays", async () => {
    const Value = formatToggleMarker({
      startedAt: begins,
      keyReference: null,
      execution: "x",
      oldSecretSuffix: "AbCdEf",
    });
    rdsDoes = (when) => {
      if (when === "told secret.replaced") Object.assign(orders.TagList[0] ?? {}, { Value });
    };
    await run(toggle);
    expect(orders.TagList).toEqual([{ Key: toggleTagKey, Value }]);
  });

  test.each([
    ["is pending", () => ({ PendingModifiedValues: { MasterUserPassword: "****" } })],
    ["is being made", () => ({ DBInstanceStatus: "resetting-master-credentials" })],
  ])("a password change that %s already is not requested again", async (_, toChange) => {
    let offs = 0;
    turnOff = async () => {
      offs += 1;
    };
    rdsDoes = (when) => {
      if (when === "told remediation.started") Object.assign(orders, toChange());
      if (when !== "turn management on, after old") return;
      Object.assign(orders, { PendingModifiedValues: {}, DBInstanceStatus: "available" });
    };
    expect(await run(toggle)).toMatchObject([{ outcome: { reason: expect.stringContaining("left management on") } }]);
    expect(offs).toBe(0);
  });

  test("that RDS is asked to turn management off is stored before it is asked", async () => {
    let stored: string | null | undefined;
    turnOff = async () => {
      stored = state.kept().secretSnapshots[orders.DbiResourceId]?.offRequestedAt;
    };
    await run(toggle);
    expect(stored).toMatch(/^2026-/);
  });
});

describe("a toggle", () => {
  const here = () => cloud.region(scope.account, scope.region);
  const toggle: Setting = { approvedBy: "ann", request: { action: "toggle" } };
  const replaced = () => notified.filter(({ type }) => type === "secret.replaced").map(({ secret }) => secret.after);
  const snapshot = () => state.kept().secretSnapshots[orders.DbiResourceId];
  const wrongKey = (key: string) => {
    Object.assign(orders.MasterUserSecret ?? {}, { SecretStatus: "active" });
    const request = { action: "toggle", rule: "secret-key-as-required" } as const;
    return { approvedBy: "ann", shownKey: key, keys: [{ match: {}, require: [key] }], request };
  };

  test("that may not write its tag fails, and management is on", async () => {
    cloud.fault({ action: "rds:AddTagsToResource", kind: "deny" });
    const reason = expect.stringMatching(/^rds:AddTagsToResource failed/);
    expect(await run(toggle)).toEqual([
      { action: "toggle", outcome: { end: "failed", reason, recovery: [], managed: true } },
    ]);
  });

  test("is refused if a gate closes before its first step", async () => {
    rdsDoes = (when) => {
      if (when.startsWith("remember")) Object.assign(orders, { PendingModifiedValues: { AllocatedStorage: 40 } });
    };
    const [{ outcome } = { outcome: null }] = await run(toggle);
    expect(outcome).toEqual({ end: "refused", gates: [expect.objectContaining({ gate: "nothing-pending" })] });
    expect([orders.TagList, snapshot()]).toEqual([[], undefined]);
  });

  test("is refused if its rule no longer requires it before its first step", async () => {
    rdsDoes = (when) => {
      if (when.startsWith("remember")) Object.assign(orders.MasterUserSecret ?? {}, { SecretStatus: "active" });
    };
    const reason = "secret-not-impaired no longer requires toggle";
    expect(await run(toggle)).toEqual([
      { action: "toggle", outcome: { end: "refused", gates: [{ gate: "requested", open: false, reason }] } },
    ]);
    expect(notified.at(-1)).toMatchObject({ type: "remediation.refused", gates: [{ gate: "requested" }] });
  });

  test("fails with the refusal of RDS if management was not turned off", async () => {
    cloud.fault({ action: "rds:ModifyDBInstance", kind: "deny" });
    expect(await run(toggle)).toEqual([
      {
        action: "toggle",
        outcome: {
          end: "failed",
          reason: expect.stringMatching(/not authorized.*, and secret-not-impaired still reports NON_COMPLIANT$/),
          recovery: [],
          managed: true,
        },
      },
    ]);
  });

  test("does not turn management off if a gate closes after its tag is written", async () => {
    const before = orders.MasterUserSecret?.SecretArn;
    rdsDoes = (when) => {
      if (when === "turn management off") Object.assign(orders, { PendingModifiedValues: { AllocatedStorage: 40 } });
    };
    const reason = expect.stringMatching(/^nothing-pending: /);
    expect(await run(toggle)).toMatchObject([{ outcome: { end: "failed", reason } }]);
    expect([orders.MasterUserSecret?.SecretArn, orders.TagList, snapshot()]).toEqual([before, [], undefined]);
  });

  test("does not turn management off if another caller has replaced the secret", async () => {
    const turnedOff: string[] = [];
    turnOff = async (_, password) => void turnedOff.push(password);
    rdsDoes = (when) => {
      if (when !== "turn management off") return;
      const { secrets } = here();
      const secret = secrets.get(orders.MasterUserSecret?.SecretArn ?? "");
      if (secret === undefined) throw new Error("there is no secret");
      secrets.delete(secret.ARN);
      const ARN = `${secret.ARN.slice(0, -6)}AnOthe`;
      secrets.set(ARN, { ...secret, ARN });
      Object.assign(orders.MasterUserSecret ?? {}, { SecretArn: ARN, SecretStatus: "active" });
    };
    const anyTime = { approval: [], window: ["any-time"] };
    expect(endsOf(await run({ request: { action: "toggle" }, remediation: anyTime }))).toEqual([
      ["toggle", "repaired"],
    ]);
    expect([turnedOff, replaced()]).toEqual([[], [orders.MasterUserSecret?.SecretArn]]);
  });

  test.each([
    [
      "an error of AWS",
      (said: string) => new AwsCallError("rds:ModifyDBInstance", "Invalid", said),
      /^"the password" is too w/,
    ],
    ["another error", (said: string) => new Error(said), /^turning management off failed, and /],
  ])("tells nobody the password, whoever repeats it: %s", async (_, toError, reason) => {
    const passwords: string[] = [];
    turnOff = async (_database, password) => {
      passwords.push(password);
      throw toError(`"${password}" is too weak, "${password}"`);
    };
    expect(await run(toggle)).toMatchObject([{ outcome: { end: "failed", reason: expect.stringMatching(reason) } }]);
    expect(passwords).toHaveLength(1);
    expect(JSON.stringify([notified, state.kept()])).not.toContain(passwords[0]);
  });

  test("that turned nothing off, of a database that is deleted then, says that it is gone", async () => {
    cloud.fault({ action: "rds:ModifyDBInstance", kind: "deny" });
    rdsDoes = (when) => {
      if (when === "remove the toggle tag") here().instances.delete("orders");
    };
    expect(await run(toggle)).toMatchObject([{ outcome: { end: "failed", reason: "the database is gone" } }]);
    expect(snapshot()).toBeUndefined();
  });

  test.each([
    [
      "RDS may still turn it off",
      () => Object.assign(orders, { PendingModifiedValues: { MasterUserPassword: "****" } }),
    ],
    ["the tag cannot be removed", () => cloud.fault({ action: "rds:RemoveTagsFromResource", kind: "deny" })],
  ])("that turned nothing off keeps its tag while %s", async (_, does) => {
    cloud.fault({ action: "rds:ModifyDBInstance", kind: "deny" });
    rdsDoes = (when) => when === "remove the toggle tag" && does();
    const recovery = [expect.stringContaining("remove-tags-from-resource")];
    const reason = expect.stringMatching(/not authorized.*\. The tag .* is still on the database/);
    expect(await run(toggle)).toMatchObject([{ outcome: { end: "failed", reason, recovery, managed: true } }]);
    expect([orders.TagList.length, snapshot()]).toEqual([1, expect.anything()]);
  });

  const minutesPassed = () => (cloud.now().getTime() - Date.parse(begins)) / 60_000;

  test("waits for a request to turn management off that RDS has accepted and not applied, longer than for another", async () => {
    const old = orders.MasterUserSecret?.SecretArn;
    turnOff = async () => void Object.assign(orders, { PendingModifiedValues: { MasterUserPassword: "****" } });
    rdsDoes = (when) => {
      if (when !== "turn management on, after old" || minutesPassed() < 45) return;
      Object.assign(orders, { PendingModifiedValues: {} });
      delete orders.MasterUserSecret;
    };
    expect(endsOf(await run(toggle))).toEqual([["toggle", "repaired"]]);
    expect([replaced().length, replaced()[0] === old, orders.TagList]).toEqual([1, false, []]);
  });

  test("waits half an hour for management to go off, from when nothing is in progress", async () => {
    turnOff = async () => void Object.assign(orders, { DBInstanceStatus: "modifying" });
    rdsDoes = (when) => {
      if (when === "turn management on, after old" && minutesPassed() >= 20) orders.DBInstanceStatus = "available";
    };
    expect(await run(toggle)).toMatchObject([{ outcome: { end: "failed" } }]);
    expect(minutesPassed()).toBe(50);
  });

  test("waits an hour for its new secret to become active", async () => {
    rdsDoes = (when) => {
      if (when.startsWith("turn management on, after new"))
        Object.assign(orders.MasterUserSecret ?? {}, { SecretStatus: "creating" });
    };
    await run(toggle);
    expect(minutesPassed()).toBeGreaterThanOrEqual(60);
    expect(minutesPassed()).toBeLessThan(65);
  });

  test("is repaired although its tag cannot be removed, which is said", async () => {
    cloud.fault({ action: "rds:RemoveTagsFromResource", kind: "deny" });
    expect(await run(toggle)).toMatchObject([
      { outcome: { end: "repaired", remarks: [expect.stringMatching(/^The tag .* is still on the database/)] } },
    ]);
    expect([orders.TagList.length, snapshot()]).toEqual([1, expect.anything()]);
  });

  test("turns management on again if RDS takes the new secret back as the tag is removed", async () => {
    let taken: string | undefined;
    rdsDoes = (when) => {
      if (when !== "remove the toggle tag" || taken !== undefined) return;
      taken = orders.MasterUserSecret?.SecretArn;
      delete orders.MasterUserSecret;
    };
    expect(endsOf(await run(toggle))).toEqual([["toggle", "repaired"]]);
    expect(replaced()).toEqual([taken, orders.MasterUserSecret?.SecretArn]);
    expect([orders.TagList, snapshot()]).toEqual([[], undefined]);
  });

  test("keeps its tag and its snapshot until the new ARN is delivered", async () => {
    rdsDoes = (when) => {
      if (when === "told secret.replaced") throw new Error("the topic is down");
    };
    expect(await run(toggle)).toMatchObject([
      { outcome: { end: "repaired", remarks: [expect.stringMatching(/^The tag .* is still on the database/)] } },
    ]);
    expect([orders.TagList.length, snapshot()]).toEqual([1, expect.anything()]);
  });

  test("that could only use another key fails with the reason and the remarks", async () => {
    const key = here().addKey().Arn;
    turnOn = (real, database, options) =>
      options.keyReference === key
        ? Promise.reject(new AwsCallError("rds:ModifyDBInstance", "KMSKeyNotAccessibleFault", "refused"))
        : real.turnOn(database, options);
    const old = orders.MasterUserSecret?.KmsKeyId;
    const reason = `secret-key-as-required still reports NON_COMPLIANT. It is encrypted with ${old} instead of ${key}`;
    expect(await run(wrongKey(key))).toEqual([
      { action: "toggle", outcome: { end: "failed", reason, recovery: [], managed: true } },
    ]);
  });

  test.each([true, false])(
    "remembers the key of the old secret unless it is the AWS managed one: %p",
    async (isOwn) => {
      const standard = here().addInstance({ identifier: "standard", managed: true }).MasterUserSecret?.KmsKeyId;
      if (!isOwn) Object.assign(orders.MasterUserSecret ?? {}, { KmsKeyId: standard });
      const old = orders.MasterUserSecret?.KmsKeyId;
      let stored: SecretSnapshot | undefined;
      rdsDoes = (when) => {
        if (when === "turn management off") stored = snapshot();
      };
      await run(wrongKey(here().addKey().Arn));
      expect(stored?.keyReference).toBe(isOwn ? old : null);
    },
  );
});

describe("a tag that RDS accepts and does not return at once", () => {
  const toggle: Setting = { approvedBy: "ann", request: { action: "toggle" } };
  const hideTag = (hasTag: () => boolean) => {
    tagsAsReturned = (tags) =>
      hasTag() ? tags : Object.fromEntries(Object.entries(tags).filter(([key]) => key !== toggleTagKey));
  };

  test("is waited for", async () => {
    let reads = 0;
    hideTag(() => {
      reads += 1;
      return reads > 8;
    });
    expect(endsOf(await run(toggle))).toEqual([["toggle", "repaired"]]);
  });

  test("is not waited for longer than a few minutes, and nothing is turned off", async () => {
    const before = orders.MasterUserSecret?.SecretArn;
    hideTag(() => false);
    expect(endsOf(await run(toggle))).toEqual([["toggle", "failed"]]);
    expect(orders.MasterUserSecret?.SecretArn).toBe(before);
    expect((cloud.now().getTime() - Date.parse(begins)) / 60_000).toBeLessThan(10);
  });
});

describe("a database is its resource ID", () => {
  const toggle: Setting = { approvedBy: "ann", request: { action: "toggle" } };
  const enable: Setting = { approvedBy: "ann", request: { action: "enable", rule: "master-password-managed" } };
  const here = () => cloud.region(scope.account, scope.region);
  const addAnother = (identifier = "orders") => here().addInstance({ identifier, managed: false });
  const snapshots = () => Object.keys(state.kept().secretSnapshots);
  const isUntouched = ({ MasterUserSecret, TagList, PendingModifiedValues }: DBInstance) =>
    MasterUserSecret === undefined && TagList.length === 0 && Object.keys(PendingModifiedValues).length === 0;
  /** The procedure's points between its steps and polls. */
  const moments = [
    "remember the secret, tag the database",
    "told remediation.started",
    "turn management off",
    "turn management on",
    "turn management on, after old",
    "turn management on, after off",
    "turn management on, after new",
    "told secret.replaced",
    "verify with secret-not-impaired",
    "remove the toggle tag",
  ];
  const once = (moment: string, does: () => void) => {
    let isDone = false;
    rdsDoes = (when) => {
      if (when !== moment || isDone) return;
      isDone = true;
      does();
    };
  };

  test.each(moments)("another database that gets the name before or in %s is not touched", async (moment) => {
    let another: DBInstance | undefined;
    once(moment, () => {
      here().instances.delete("orders");
      another = addAnother();
    });
    const [done] = await run(toggle);
    expect(another && isUntouched(another)).toBe(true);
    expect(done?.outcome.end).toMatch(/failed|refused/);
    expect(notified.at(-1)?.type).toMatch(/failed|refused/);
  });

  test.each(moments)("a database that is renamed before or in %s is finished under its new name", async (moment) => {
    once(moment, () => renameInstance(here(), orders, "orders-old1"));
    expect(endsOf(await run(toggle))).toEqual([["toggle", "repaired"]]);
    expect([orders.MasterUserSecret?.SecretStatus, orders.TagList, snapshots()]).toEqual(["active", [], []]);
    expect(notified.at(-1)).toMatchObject({
      type: "remediation.succeeded",
      database: { arn: orders.DBInstanceArn, identifier: "orders-old1", resourceId: orders.DbiResourceId },
    });
  });

  test.each(moments)(
    "a switchover before or in %s: the old database is finished, the new one untouched",
    async (moment) => {
      let another: DBInstance | undefined;
      once(moment, () => {
        renameInstance(here(), orders, "orders-old1");
        another = addAnother();
      });
      expect(endsOf(await run(toggle))).toEqual([["toggle", "repaired"]]);
      expect(orders.MasterUserSecret?.SecretStatus).toBe("active");
      expect(another && isUntouched(another)).toBe(true);
    },
  );

  test("an approval does not hold for another database of the same name", async () => {
    delete orders.MasterUserSecret;
    const present = orders;
    once("check the gates of enable", () => {
      here().instances.delete("orders");
      addAnother();
    });
    expect(endsOf(await run(enable))).toEqual([["enable", "refused"]]);
    expect(isUntouched(here().instances.get("orders") as DBInstance)).toBe(true);
    expect(present.MasterUserSecret).toBeUndefined();
  });

  test.each(["turn management on", ...["old", "off", "new"].map((state) => `turn management on, after ${state}`)])(
    "an answer without the database in %s ends nothing",
    async (moment) => {
      let looks = 0;
      rdsDoes = (when) => {
        if (when !== moment) return;
        looks += 1;
        if (looks <= 2) here().instances.delete("orders");
        else here().instances.set("orders", orders);
        if (looks <= 2) expect(snapshots()).toEqual([orders.DbiResourceId]);
      };
      expect(endsOf(await run(toggle))).toEqual([["toggle", "repaired"]]);
      expect(looks).toBeGreaterThan(2);
      expect([orders.MasterUserSecret?.SecretStatus, orders.TagList, snapshots()]).toEqual(["active", [], []]);
    },
  );

  test("an answer without the database as the tag is removed ends nothing", async () => {
    let looks = 0;
    rdsDoes = (when) => {
      if (when !== "remove the toggle tag") return;
      looks += 1;
      if (looks <= 2) here().instances.delete("orders");
      else here().instances.set("orders", orders);
    };
    expect(endsOf(await run(toggle))).toEqual([["toggle", "repaired"]]);
    expect([orders.TagList, snapshots()]).toEqual([[], []]);
  });

  test.each(["verify with secret-not-impaired", "remove the toggle tag"])(
    "a database that is deleted before %s is gone, and leaves no snapshot",
    async (moment) => {
      once(moment, () => here().instances.delete("orders"));
      const reason = expect.stringContaining("the database is gone");
      expect(await run(toggle)).toMatchObject([{ outcome: { end: "failed", reason } }]);
      expect(snapshots()).toEqual([]);
    },
  );

  test.each(["turn management on", "turn management on, after off", "turn management on, after new"])(
    "a database deleted before %s is gone after several complete answers, and people are notified",
    async (moment) => {
      once(moment, () => here().instances.delete("orders"));
      expect(await run(toggle)).toMatchObject([{ outcome: { end: "failed", reason: "the database is gone" } }]);
      expect(notified.at(-1)).toMatchObject({
        type: "remediation.failed",
        message: expect.stringContaining("is gone"),
      });
      expect(snapshots()).toEqual([]);
    },
  );

  test("a database that every other answer lacks is not known to be off", async () => {
    turnOn = async () => {};
    rdsDoes = (when, polls) => {
      if (when !== "turn management on") return;
      if (polls % 2 === 0) here().instances.delete("orders");
      else here().instances.set("orders", orders);
    };
    const reason = expect.stringMatching(
      /whether RDS turned it on again is unknown: RDS does not return the database$/,
    );
    expect(await run(toggle)).toMatchObject([{ outcome: { end: "failed", reason } }]);
    expect(notified.at(-1)?.managed).toBeNull();
  });

  test("commands for people have the present name", async () => {
    once("turn management on", () => {
      renameInstance(here(), orders, "orders-old1");
      cloud.fault({ action: "rds:ModifyDBInstance", kind: "deny" });
    });
    expect(await run(toggle)).toMatchObject([
      { outcome: { end: "failed", recovery: [expect.stringContaining("--db-instance-identifier orders-old1 ")] } },
    ]);
  });
});

describe("an interrupted toggle", () => {
  const finish: Setting = {
    approvedBy: "ann",
    shownKey: null,
    request: { action: "finish-interrupted", rule: "toggle-not-interrupted" },
  };
  const here = () => cloud.region(scope.account, scope.region);
  const nowArn = () => orders.MasterUserSecret?.SecretArn ?? "";
  const hoursAway = (hours: number) => new Date(Date.parse(begins) + hours * 3_600_000).toISOString();
  const policy = JSON.stringify({
    Statement: [{ Effect: "Allow", Principal: "*", Action: "secretsmanager:Describe*" }],
  });

  /** As a toggle leaves the database that was killed: its tag and snapshot name this secret as the old one. */
  async function leave(oldSecretArn: string, startedAt: string, more: Partial<SecretSnapshot> = {}) {
    const oldSecretSuffix = secretSuffixOf(oldSecretArn);
    const Value = formatToggleMarker({ startedAt, keyReference: null, execution: "db-ORDERS-0", oldSecretSuffix });
    orders.TagList.push({ Key: "rds-password-audit:toggle", Value });
    Object.assign(orders.MasterUserSecret ?? {}, { SecretStatus: "active" });
    here().failingRotations.clear();
    const snapshot = {
      ...{ rule: "secret-not-impaired", offRequestedAt: "2026-11-20T12:00:05.000Z" },
      ...{ secretArn: oldSecretArn, keyReference: null, rotationEnabled: true, rotationRules: null },
      ...{ tags: { team: "shop" }, resourcePolicy: policy, ...more },
    };
    await updateStored(state, (present) => saveSnapshot(present, orders.DbiResourceId, snapshot));
  }

  // A tag has milliseconds, a secret's date whole seconds, and the clock of a terminal may be hours away.
  test.each([-5, 0, 5])(
    "that had turned nothing off is told by the secret, whatever the clock: %i hours",
    async (hours) => {
      await leave(nowArn(), hoursAway(hours));
      const before = nowArn();
      expect(await run(finish)).toMatchObject([
        { outcome: { end: "repaired", remarks: ["Management had not been turned off."] } },
      ]);
      expect([nowArn(), orders.TagList]).toEqual([before, []]);
      expect(toldTypes()).not.toContain("finish-interrupted replaced");
    },
  );

  test.each([
    [{}, true],
    [{ MasterUserPassword: "****" }, true],
    [{ MasterUserPassword: "****", AllocatedStorage: 40 }, false],
  ])("with %j pending is asked on, at once: %s", async (PendingModifiedValues, isAtOnce) => {
    await leave(nowArn(), begins);
    Object.assign(orders, { MasterUserSecret: undefined, PendingModifiedValues });
    const asks: boolean[] = [];
    turnOn = (real, database, options) => {
      asks.push(options.applyImmediately);
      return real.turnOn(database, options);
    };
    await run(finish);
    expect(asks[0]).toBe(isAtOnce);
  });

  test("whose tag is another's does not say that management is on, because the other may turn it off", async () => {
    const Value = `${begins} aws-managed another-1`;
    cloud.fault({ action: "rds:ModifyDBInstance", kind: "deny", times: 1 });
    rdsDoes = (when) => {
      if (when !== "turn management on, after old") return;
      for (const tag of orders.TagList) Object.assign(tag, { Value });
    };
    const toggle: Setting = { approvedBy: "ann", request: { action: "toggle", ...wrongKey }, keys: unmet };
    cloud.region(scope.account, scope.region).addKey({ alias: "alias/other" });
    Object.assign(orders.MasterUserSecret ?? {}, { SecretStatus: "active" });
    const shownKey = [...here().keys.values()].at(-1)?.Arn ?? null;
    const [{ outcome } = { outcome: null }] = await run({ ...toggle, shownKey });
    expect(outcome).toMatchObject({ end: "failed" });
    expect(outcome).not.toHaveProperty("managed");
    expect(orders.TagList).toEqual([{ Key: toggleTagKey, Value }]);
  });

  test("that another execution has taken over is left to it", async () => {
    await leave(nowArn(), begins);
    delete orders.MasterUserSecret;
    turnOn = async () => {};
    let isTaken = false;
    rdsDoes = (when, polls) => {
      if (isTaken || when !== "turn management on" || polls < 4) return;
      isTaken = true;
      const expiresAt = hoursAway(99);
      void updateStored(state, (present) => ({
        ...present,
        running: present.running.map((one) => ({ ...one, execution: "db-ORDERS-2", expiresAt })),
      }));
    };
    expect(await run(finish)).toMatchObject([
      { outcome: { end: "failed", reason: "another execution has taken over and finishes it" } },
    ]);
    expect(cloud.now().getTime() - Date.parse(begins)).toBeLessThan(600_000);
    expect(orders.TagList).toHaveLength(1);
  });

  const wrongKey = { rule: "secret-key-as-required" };
  const unmet: Policy["keys"] = [{ match: {}, require: ["alias/other"] }];
  test("that had not asked RDS to turn anything off does not wait, and does not end as repaired", async () => {
    await leave(nowArn(), begins, { ...wrongKey, offRequestedAt: null });
    expect(await run({ ...finish, keys: unmet })).toMatchObject([
      { outcome: { end: "refused", gates: [{ gate: "requested", reason: expect.stringMatching(/anew$/) }] } },
    ]);
    expect(cloud.now().getTime() - Date.parse(begins)).toBeLessThan(60_000);
    expect([orders.TagList, attempts()]).toEqual([[], []]);
  });

  test("that turned nothing off is not repaired while the rule that required it does not pass", async () => {
    await leave(nowArn(), begins, wrongKey);
    expect(await run({ ...finish, keys: unmet })).toMatchObject([
      { outcome: { end: "refused", gates: [{ reason: expect.stringMatching(/turned off, and secret-key-as-req/) }] } },
    ]);
  });

  test.each([-5, 0, 5])("whose new secret exists is restored, whatever the clock: %i hours", async (hours) => {
    const old = "arn:aws:secretsmanager:eu-west-1:111111111111:secret:rds!db-old-OLDold";
    await leave(old, hoursAway(hours));
    expect(endsOf(await run(finish))).toEqual([["finish-interrupted", "repaired"]]);
    expect(notified).toContainEqual(
      expect.objectContaining({ type: "secret.replaced", secret: { before: old, after: nowArn() } }),
    );
    expect(here().secrets.get(nowArn())).toMatchObject({ resourcePolicy: policy });
    expect(here().secrets.get(nowArn())?.Tags).toContainEqual({ Key: "team", Value: "shop" });
    expect(orders.TagList).toEqual([]);
  });

  const other = "arn:aws:secretsmanager:eu-west-1:111111111111:secret:rds!db-other-OTHERx";
  const overwrite = (Value: string) => {
    for (const tag of orders.TagList) Object.assign(tag, { Value });
  };

  test("restores nothing from the snapshot of another toggle, which is said", async () => {
    await leave(nowArn(), begins, { secretArn: other });
    delete orders.MasterUserSecret;
    expect(await run(finish)).toMatchObject([
      { outcome: { end: "repaired", remarks: [expect.stringMatching(/^No snapshot of the old secret exists/)] } },
    ]);
    expect(here().secrets.get(nowArn())?.resourcePolicy ?? null).toBeNull();
    const replaced = notified.filter(({ type }) => type === "secret.replaced");
    expect(replaced.map(({ message }) => message)).toEqual([
      "The master password is in a new secret.",
      expect.stringMatching(/^No snapshot of the old secret exists/),
    ]);
  });

  test.each([
    ["the old secret is in use", () => nowArn(), "Management had not been turned off."],
    ["a new secret is in use", () => other, undefined],
  ])("whose tag was overwritten is told by its snapshot: %s", async (_, secretArn, remark) => {
    const before = nowArn();
    await leave(secretArn(), begins);
    overwrite("a note of somebody");
    expect(await run(finish)).toMatchObject([{ outcome: { end: "repaired", remarks: remark ? [remark] : [] } }]);
    expect([nowArn(), orders.TagList]).toEqual([before, []]);
  });

  test("without a readable tag or a snapshot has not been turned off if RDS names a secret", async () => {
    await leave(nowArn(), begins);
    overwrite("a note of somebody");
    await updateStored(state, (present) => ({ ...present, secretSnapshots: {} }));
    expect(await run(finish)).toMatchObject([
      { outcome: { end: "repaired", remarks: ["Management had not been turned off."] } },
    ]);
    expect(orders.TagList).toEqual([]);
  });

  test("is turned on with the key that its tag names", async () => {
    const key = here().addKey().Arn;
    await leave(nowArn(), begins);
    const oldSecretSuffix = secretSuffixOf(nowArn());
    overwrite(formatToggleMarker({ startedAt: begins, keyReference: key, execution: "db-ORDERS-0", oldSecretSuffix }));
    const before = nowArn();
    delete orders.MasterUserSecret;
    expect(endsOf(await run({ ...finish, shownKey: key }))).toEqual([["finish-interrupted", "repaired"]]);
    expect(orders.MasterUserSecret).toMatchObject({ KmsKeyId: key });
    expect(notified[0]).toMatchObject({
      type: "remediation.started",
      secret: { before, after: null },
      keyReference: key,
    });
  });

  test("of a database that cannot be read is refused, and its snapshot is kept", async () => {
    await leave(nowArn(), begins);
    rdsDoes = (when) => {
      if (when === "read the toggle tag") cloud.fault({ action: "rds:DescribeDBInstances", kind: "deny" });
    };
    expect(await run(finish)).toMatchObject([
      { outcome: { end: "failed", reason: expect.stringMatching(/^rds:Desc/) } },
    ]);
    expect(Object.keys(state.kept().secretSnapshots)).toEqual([orders.DbiResourceId]);
  });

  test("without a snapshot gets the default key only after RDS has refused its key for a while", async () => {
    const key = here().addKey().Arn;
    await leave(nowArn(), begins);
    overwrite(formatToggleMarker({ startedAt: begins, keyReference: key, execution: "x", oldSecretSuffix: "AbCdEf" }));
    await updateStored(state, (present) => ({ ...present, secretSnapshots: {} }));
    delete orders.MasterUserSecret;
    const asks: (string | null)[] = [];
    turnOn = (real, database, options) => {
      asks.push(options.keyReference);
      const refused = new AwsCallError("rds:ModifyDBInstance", "KMSKeyNotAccessibleFault", "refused");
      return options.keyReference === key ? Promise.reject(refused) : real.turnOn(database, options);
    };
    await run({ ...finish, shownKey: key });
    expect([asks.length > 5, [...new Set(asks)]]).toEqual([true, [key, null]]);
    expect(orders.TagList).toEqual([]);
  });

  test("of a database that is deleted is refused, and its snapshot is forgotten", async () => {
    await leave(nowArn(), begins);
    rdsDoes = (when) => {
      if (when === "read the toggle tag") here().instances.delete("orders");
    };
    expect(await run(finish)).toMatchObject([{ outcome: { end: "refused", gates: [{ gate: "observed" }] } }]);
    expect(state.kept().secretSnapshots).toEqual({});
    expect(toldTypes()).toEqual(["finish-interrupted refused"]);
  });

  test("with a forged tag is not finished without approval, and nothing is changed", async () => {
    delete orders.MasterUserSecret;
    const Value = formatToggleMarker({
      ...{ startedAt: begins, keyReference: null, execution: `${orders.DbiResourceId}-1` },
      oldSecretSuffix: "FORGED",
    });
    orders.TagList.push({ Key: "rds-password-audit:toggle", Value });
    const service = { request: finish.request ?? {} };
    const rejected = await run(service, async () => ({ decision: "rejected", by: "jane" }));
    expect(questions).toEqual(["request approval of finish-interrupted"]);
    expect(endsOf(rejected)).toEqual([["finish-interrupted", "refused"]]);
    expect([orders.MasterUserSecret, orders.TagList.length]).toEqual([undefined, 1]);
    await updateStored(state, (present) => ({ ...present, stopped: { at: begins, by: "ann", why: "an incident" } }));
    expect(endsOf(await run(service))).toEqual([["finish-interrupted", "refused"]]);
    expect(questions).toHaveLength(1);
  });

  test("is finished with approval although the state cannot be read", async () => {
    await leave("arn:old-OLDold", begins);
    delete orders.MasterUserSecret;
    state.fail.read = new Error("the bucket is gone");
    expect(endsOf(await run({ request: finish.request ?? {} }))).toEqual([["finish-interrupted", "repaired"]]);
    expect(questions).toEqual(["request approval of finish-interrupted"]);
    expect([nowArn(), orders.TagList]).toEqual([expect.stringContaining(":secret:rds!"), []]);
  });

  test("waits a day at most for its approval, and its lease lasts half an hour longer", async () => {
    delete orders.MasterUserSecret;
    await leave("arn:old-OLDold", begins);
    await updateStored(state, (present) => ({ ...present, secretSnapshots: {} }));
    await run({ request: finish.request ?? {} });
    const [waiting] = waits;
    expect(hoursBetween(begins, waiting?.expiresAt ?? "")).toBeCloseTo(20.5, 1);
  });
});

test("a toggle restores a resource policy that denies others, because RDS worked with it", async () => {
  const here = cloud.region(scope.account, scope.region);
  here.failingRotations.clear();
  Object.assign(orders.MasterUserSecret ?? {}, { SecretStatus: "active" });
  const old = here.secrets.get(orders.MasterUserSecret?.SecretArn ?? "");
  if (old === undefined) throw new Error("there is no secret");
  const policyOf = (arn: string) =>
    JSON.stringify({
      Statement: [
        {
          Effect: "Deny",
          Principal: "*",
          Action: "*",
          Resource: arn,
          Condition: { Bool: { "aws:SecureTransport": "false" } },
        },
        {
          Effect: "Allow",
          Principal: { AWS: "arn:aws:iam::111111111111:role/app" },
          Action: "secretsmanager:*",
          Resource: arn,
        },
      ],
    });
  here.secrets.set(old.ARN, { ...old, resourcePolicy: policyOf(old.ARN) });
  const key = here.addKey().Arn;
  const toggle = { action: "toggle", rule: "secret-key-as-required" } as const;
  const setting = { approvedBy: "ann", request: toggle, keys: [{ match: {}, require: [key] }], shownKey: key };
  const done = await run({ ...setting, remediation: { window: ["any-time"] } });
  expect(done).toMatchObject([{ outcome: { end: "repaired", remarks: [] } }]);
  const arn = orders.MasterUserSecret?.SecretArn ?? "";
  expect(arn).not.toBe(old.ARN);
  expect(here.secrets.get(arn)?.resourcePolicy).toBe(policyOf(arn));
});

test("counts each action once when killed at any point and run again", async () => {
  const outcomes = new Set<string>();
  let deaths = 0;
  for (let diesAt = 0; ; diesAt += 1) {
    open();
    const life: Life = { memory: [] };
    const died = await live({ ...life, diesAt }).then(
      () => false,
      (error: unknown) => error instanceof Death,
    );
    if (died) await live(life);
    outcomes.add(JSON.stringify([attempts(), state.kept().running, state.kept().ended[orders.DbiResourceId]]));
    if (!died) break;
    deaths += 1;
  }
  expect([...outcomes]).toEqual([
    JSON.stringify([
      [
        ["rotate", "failed"],
        ["toggle", "repaired"],
      ],
      [],
      1,
    ]),
  ]);
  expect(deaths).toBeGreaterThan(40);
}, 60_000);
