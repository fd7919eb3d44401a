import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { type ActionName, actionNames } from "../../lib/model/action.ts";
import { type ClassifiedDatabase, toggleTagKey } from "../../lib/model/database.ts";
import { defaultPolicy } from "../../lib/model/default-policy.ts";
import { type GateOpener, gatesByName, type PacingGate, pacingGates, planGateNames } from "../../lib/model/gates.ts";
import type { Target } from "../../lib/model/inventory.ts";
import type { Policy } from "../../lib/model/policy.ts";
import { outcomes, type RemediationState } from "../../lib/model/remediation-state.ts";
import type { Circumstances } from "../../lib/plan/gate-verdict.ts";
import { evaluateGates } from "../../lib/plan/gates.ts";
import { isWithinBudget, windowsOf } from "../../lib/plan/timing-gates.ts";
import { anyClassifiedDatabase, anyContext, anyTarget, anyText } from "../support/arbitraries.ts";
import {
  aContext,
  account,
  aDatabase,
  aGap,
  aKey,
  aMasterUserSecret,
  anUnseenKey,
  aPlainDatabase,
  aSeenKey,
  databaseArn,
  hoursFromNow,
  keyArn,
  now,
  otherKeyArn,
  region,
  secretArn,
  seen,
  unseen,
  withSecret,
} from "../support/builders.ts";
import { deepFreeze } from "../support/deep-freeze.ts";
import { anExemption } from "../support/findings.ts";
import {
  aMark,
  anAttempt,
  anExecution,
  aPermissivePolicy,
  aState,
  aTargetForRepair,
  snapshotsOf,
} from "../support/repairs.ts";

/** The repair state has the snapshot of an interrupted toggle. */
const snapshots = { secretSnapshots: snapshotsOf("db-ORDERS") };

/** Circumstances in which all gates of an action are open. */
function circumstances(action: ActionName, overrides: Partial<Circumstances> = {}): Circumstances {
  const isOff = action === "enable" || action === "finish-interrupted";
  return deepFreeze({
    action,
    database: aDatabase({ management: isOff ? "unmanaged" : "managed" }),
    context: withSecret({ replicaRegions: [] }),
    target: aTargetForRepair(),
    policy: aPermissivePolicy(),
    exemption: null,
    key: { reference: keyArn, key: seen(aKey()) },
    state: aState(snapshots),
    now,
    isEnabled: true,
    execution: null,
    approvedBy: null,
    ahead: null,
    plannedBefore: [],
    ...overrides,
  });
}

const evaluate = (action: ActionName, overrides: Partial<Circumstances> = {}) =>
  evaluateGates(circumstances(action, overrides)).gates;

/** Reasons of the closed gates, by gate. */
const closedAt = (action: ActionName, overrides: Partial<Circumstances> = {}) =>
  Object.fromEntries(evaluate(action, overrides).flatMap(({ gate, open, reason }) => (open ? [] : [[gate, reason]])));

const reasonOf = (gate: string, action: ActionName, overrides: Partial<Circumstances> = {}) =>
  evaluate(action, overrides).find((one) => one.gate === gate)?.reason;

const managed = (overrides: Partial<ClassifiedDatabase> = {}) => ({ database: aDatabase(overrides) });
const target = (overrides: Partial<Target>) => ({ target: aTargetForRepair(overrides) });
const remediation = (overrides: Partial<Policy["remediation"]>) => ({ policy: aPermissivePolicy(overrides) });
const state = (overrides: Partial<RemediationState>) => ({ state: aState({ ...snapshots, ...overrides }) });
const anAuroraCluster = (overrides: Partial<ClassifiedDatabase> = {}) =>
  managed({ kind: "cluster", engine: "aurora-mysql", ...overrides });

/** Words to show on a terminal, without traces of missing values. */
const sentence = expect.stringMatching(/^(?!.*(undefined|null|NaN|\[object|\bfalse\b))\S.*\S$/s);

/** A closed gate: when, for which action, under which circumstances, and its reason. Every other gate is open. */
type Closed = readonly [when: string, ActionName, Partial<Circumstances>, gate: string, reason: string];
/** An open gate: when, for which action, and under which circumstances. Every other gate is open too. */
type Open = readonly [when: string, ActionName, Partial<Circumstances>];

function describeGate(name: string, { closed, open }: { closed: readonly Closed[]; open: readonly Open[] }) {
  describe(name, () => {
    for (const [when, action, overrides, gate, reason] of closed)
      test(`closed: ${when} (${action})`, () => {
        expect(closedAt(action, overrides)).toEqual({ [gate]: reason });
      });

    for (const [when, action, overrides] of open)
      test(`open: ${when} (${action})`, () => {
        expect(closedAt(action, overrides)).toEqual({});
        for (const { reason } of evaluate(action, overrides)) expect(reason).toEqual(sentence);
      });
  });
}

describe("the gates of an action", () => {
  const all = ["enabled", "allowed", "opted-in", "eligible", "not-running", "not-stopped", "approved"];
  const startable = [
    "not-exempt",
    "first-in-line",
    "status-available",
    "nothing-pending",
    "no-blue-green-deployment",
    "key-usable",
    "within-budget",
    "cooled-down",
  ];
  const newSecret = ["no-replicas", "not-stack-owned"];

  test.each<[ActionName, readonly string[]]>([
    ["schedule-rotation", [...all, ...startable]],
    ["rotate", [...all, ...startable, "in-window"]],
    ["toggle", [...all, ...startable, ...newSecret, "in-window", "secret-not-replicated", "no-proxy"]],
    ["enable", [...all, ...startable, ...newSecret, "in-window", "no-proxy-with-own-secret"]],
    ["finish-interrupted", all],
  ])("%s", (action, names) => {
    expect(evaluate(action).map(({ gate }) => gate)).toEqual(planGateNames.filter((name) => names.includes(name)));
    expect(evaluate(action)).toHaveLength(names.length);
  });

  test("are listed in this order", () => {
    expect(planGateNames).toEqual([
      "enabled",
      "allowed",
      "opted-in",
      "eligible",
      "not-exempt",
      "first-in-line",
      "not-running",
      "status-available",
      "nothing-pending",
      "no-blue-green-deployment",
      "no-replicas",
      "secret-not-replicated",
      "no-proxy",
      "no-proxy-with-own-secret",
      "not-stack-owned",
      "key-usable",
      "in-window",
      "within-budget",
      "cooled-down",
      "not-stopped",
      "approved",
    ]);
  });

  test.each(actionNames)("are all open for %s without obstacles, each with a reason", (action) => {
    for (const { open, reason } of evaluate(action)) expect({ open, reason }).toEqual({ open: true, reason: sentence });
  });

  test.each<[GateOpener, readonly string[]]>([
    ["window", ["in-window"]],
    ["turn", ["first-in-line", "not-running", "within-budget", "cooled-down"]],
    ["approval", ["approved"]],
    ["exemption", ["not-exempt"]],
  ])("open by %s: %j", (opener, names) => {
    expect(planGateNames.filter((gate) => gatesByName[gate].opensBy === opener)).toEqual(names);
  });

  test.each<[keyof (typeof gatesByName)["enabled"], readonly string[]]>([
    ["awaited", ["in-window", "within-budget", "approved"]],
    ["isShared", ["enabled", "not-stopped"]],
    ["blocksManual", ["not-exempt", "not-running"]],
    ["closedByDefault", ["allowed", "opted-in"]],
  ])("with %s set: %j", (attribute, names) => {
    expect(planGateNames.filter((gate) => gatesByName[gate][attribute] !== undefined)).toEqual(names);
  });

  test("start an execution ahead of the window and the approval, but not without a slot", () => {
    expect(planGateNames.filter((gate) => gatesByName[gate].awaited === "before-start")).toEqual([
      "in-window",
      "approved",
    ]);
  });
});

describeGate("enabled", {
  closed: actionNames.map((action) => [
    "remediation is off",
    action,
    { isEnabled: false },
    "enabled",
    'remediation is off: deploy with remediation: "on", or give --apply at a terminal',
  ]),
  open: [],
});

describeGate("allowed", {
  closed: [
    ...(["schedule-rotation", "rotate", "toggle", "enable"] as const).map(
      (action): Closed => [
        "the policy allows nothing",
        action,
        remediation({ allow: [] }),
        "allowed",
        `the policy does not allow ${action}: add it to remediation.allow`,
      ],
    ),
    [
      "the policy allows every action except toggle",
      "finish-interrupted",
      remediation({ allow: ["schedule-rotation", "rotate", "enable"] }),
      "allowed",
      "the policy does not allow toggle: add it to remediation.allow",
    ],
  ],
  open: [
    ["the policy allows only this action", "rotate", remediation({ allow: ["rotate"] })],
    ["the policy allows toggle", "finish-interrupted", remediation({ allow: ["toggle"] })],
  ],
});

describeGate("opted-in", {
  closed: [
    [
      "no database is opted in",
      "rotate",
      remediation({ optIn: [] }),
      "opted-in",
      "the database is not opted in: add an entry that matches it to remediation.optIn",
    ],
    [
      "an entry matches only in part",
      "finish-interrupted",
      remediation({ optIn: [{ identifier: ["orders"], tags: { stage: "test" } }] }),
      "opted-in",
      "the database is not opted in: add an entry that matches it to remediation.optIn",
    ],
  ],
  open: [
    [
      "one of several entries matches",
      "rotate",
      remediation({ optIn: [{ engine: ["mysql"] }, { account: [account] }] }),
    ],
    [
      "it has the tag of an entry",
      "rotate",
      { ...remediation({ optIn: [{ tags: { stage: "test" } }] }), ...managed({ tags: { stage: "test" } }) },
    ],
  ],
});

describeGate("eligible", {
  closed: [
    [
      "it inherits its password",
      "rotate",
      managed({
        management: "inherited",
        explanation: "it has the password of its source",
        masterUserSecret: aMasterUserSecret(),
      }),
      "eligible",
      "it cannot be repaired: it has the password of its source",
    ],
    [
      "it is out of scope without an explanation",
      "finish-interrupted",
      managed({ management: "out-of-scope" }),
      "eligible",
      "it cannot be repaired: it is out-of-scope",
    ],
    [
      "management could not be turned on again",
      "rotate",
      { ...anAuroraCluster(), ...target({ globalClusterMembers: [databaseArn] }) },
      "eligible",
      "RDS cannot turn management on: AWS does not support RDS-managed passwords for members of an Aurora global database",
    ],
    [
      "whether management can be turned on again was not read",
      "toggle",
      { ...anAuroraCluster(), ...target({ globalClusterMembers: null }) },
      "eligible",
      "cannot determine whether RDS can turn management on (rds:DescribeGlobalClusters was not read): allow that call, then try again",
    ],
    [
      "management is on again, and whether it can be turned on was not read",
      "finish-interrupted",
      { ...anAuroraCluster(), ...target({ globalClusterMembers: null }) },
      "eligible",
      "cannot determine whether RDS can turn management on (rds:DescribeGlobalClusters was not read): allow that call, then try again",
    ],
    [
      "management is on again, and its secret was not read",
      "finish-interrupted",
      { ...managed(), context: aContext({ secret: unseen() }) },
      "eligible",
      "cannot determine whether the secret was made before the toggle or by it (secretsmanager:ListSecrets failed with AccessDeniedException): allow that call, then try again",
    ],
    [
      "it is already managed",
      "enable",
      managed(),
      "eligible",
      "RDS already manages its password: there is nothing to enable",
    ],
    ...(["schedule-rotation", "rotate", "toggle"] as const).map(
      (action): Closed => [
        "it is not managed",
        action,
        managed({ management: "unmanaged" }),
        "eligible",
        "RDS does not manage its password: enable that first",
      ],
    ),
    [
      "the secret could not be read",
      "rotate",
      { context: aContext({ secret: unseen() }) },
      "eligible",
      "cannot determine whether the secret is its own (secretsmanager:ListSecrets failed with AccessDeniedException): allow that call, then try again",
    ],
    [
      "the secret does not exist",
      "rotate",
      { context: aContext({ secret: seen<never>(null) }) },
      "eligible",
      "the secret that RDS names does not exist: turn management off and on by hand",
    ],
    [
      "the secret is scheduled for deletion",
      "rotate",
      { context: withSecret({ deletedAt: hoursFromNow(-5) }) },
      "eligible",
      `the secret has been scheduled for deletion since ${hoursFromNow(-5)}: restore it first`,
    ],
    ...[
      { owningService: "docdb" },
      { owningService: null },
      { primaryArns: [] },
      { primaryArns: [`${databaseArn}-2`] },
    ].map(
      (secret): Closed => [
        `the secret belongs to another database ${JSON.stringify(secret)}`,
        "schedule-rotation",
        { context: withSecret(secret) },
        "eligible",
        "the secret that RDS names was not made for this database: find out which database owns it",
      ],
    ),
  ],
  open: [
    [
      "the secret names this database among others",
      "rotate",
      { context: withSecret({ primaryArns: [`${databaseArn}-2`, databaseArn] }) },
    ],
    ["management is on after an interrupted toggle", "finish-interrupted", managed()],
    [
      "management is on after an interrupted toggle, with any secret",
      "finish-interrupted",
      { ...managed(), context: withSecret({ primaryArns: [] }) },
    ],
    [
      "management is off, and only RDS can tell whether it can be turned on",
      "finish-interrupted",
      {
        ...anAuroraCluster({ management: "unmanaged" }),
        ...target({ gaps: [aGap({ action: "rds:DescribeGlobalClusters", code: "ThrottlingException" })] }),
      },
    ],
    [
      "it is not a member of a global database",
      "rotate",
      { ...anAuroraCluster(), ...target({ globalClusterMembers: ["another"] }) },
    ],
    [
      "an interrupted toggle ignores unread blue/green deployments",
      "finish-interrupted",
      target({ blueGreenDeployments: null }),
    ],
  ],
});

describe("eligible", () => {
  const container = aPlainDatabase({ arn: `${databaseArn}-container`, identifier: "erp" });
  const tenant = managed({ kind: "tenant-database", identifier: "erp/PDB1", containerArn: container.arn });

  test("open: the secret of a tenant database names the instance that contains it", () => {
    const context = withSecret({ primaryArns: [container.arn], replicaRegions: [] });
    expect(closedAt("toggle", { ...tenant, context, ...target({ databases: [container] }) })).toEqual({});
  });

  test("gives a reason if it is open", () => {
    expect(reasonOf("eligible", "rotate")).toBe("RDS manages its password, and the secret is its own");
    expect(reasonOf("eligible", "enable")).toBe("RDS can manage its password");
    expect(reasonOf("eligible", "finish-interrupted")).toBe("RDS can manage its password");
    const unread = { ...anAuroraCluster({ management: "unmanaged" }), ...target({ globalClusterMembers: null }) };
    expect(reasonOf("eligible", "finish-interrupted", unread)).toBe(
      "only RDS can tell, because rds:DescribeGlobalClusters was not read",
    );
  });
});

describe("the manual blocker", () => {
  const inGlobalDatabase = { ...anAuroraCluster(), ...target({ globalClusterMembers: [databaseArn] }) };
  const inBlueGreen = target({ blueGreenDeployments: [{ source: databaseArn, target: null, status: "AVAILABLE" }] });
  const keyOf = (key: Circumstances["key"]): Partial<Circumstances> => ({ key });

  test.each<[string, ActionName, Partial<Circumstances>, RegExp]>([
    [
      "management could not be turned on again",
      "toggle",
      inGlobalDatabase,
      /^RDS cannot turn management on again \(AWS does/,
    ],
    [
      "a blue/green deployment",
      "toggle",
      inBlueGreen,
      /^RDS cannot turn management on again while a blue\/green deployment of it is active/,
    ],
    [
      "blue/green deployments were not read",
      "toggle",
      target({ blueGreenDeployments: null }),
      /^cannot determine whether a blue\/green .* try again$/,
    ],
    [
      "the secret could not be read",
      "toggle",
      { context: aContext({ secret: unseen() }) },
      /^cannot determine whether the secret is its/,
    ],
    [
      "a secret of another database",
      "toggle",
      { context: withSecret({ primaryArns: [] }) },
      /would be locked out: find out/,
    ],
    [
      "a secret of another database",
      "rotate",
      { context: withSecret({ primaryArns: [] }) },
      /would be locked out: find out/,
    ],
    ["a proxy", "toggle", target({ proxies: [{ name: "web", secretArns: [secretArn] }] }), /^RDS Proxy web logs in/],
    [
      "no key can be chosen",
      "toggle",
      keyOf({ reference: null, problem: "the policy names no key of its Region" }),
      /^the policy names no/,
    ],
    ["a missing key", "toggle", keyOf({ reference: keyArn, key: seen<never>(null) }), /does not exist/],
  ])("%s (%s)", (_, action, overrides, explanation) => {
    expect(evaluateGates(circumstances(action, overrides)).manualBlocker).toMatch(explanation);
  });

  test.each<[string, ActionName, Partial<Circumstances>]>([
    ["rotation where management could not be turned on again", "rotate", inGlobalDatabase],
    ["rotation in a blue/green deployment", "rotate", inBlueGreen],
    ["the policy allows nothing", "toggle", remediation({ allow: [], optIn: [] })],
    ["a recent attempt", "toggle", state({ attempts: [anAttempt()] })],
    ["replicas", "toggle", managed({ replicas: ["orders-2"] })],
    ["a key that can be enabled", "toggle", keyOf({ reference: keyArn, key: seen(aKey({ state: "Disabled" })) })],
    [
      "a key whose deletion can be canceled",
      "toggle",
      keyOf({ reference: keyArn, key: seen(aKey({ state: "PendingDeletion" })) }),
    ],
    ["a key that could not be read", "toggle", keyOf({ reference: keyArn, key: unseen("it was denied") })],
  ])("is null for %s (%s)", (_, action, overrides) => {
    expect(evaluateGates(circumstances(action, overrides)).manualBlocker).toBeNull();
  });

  test.each(actionNames)("is null for %s if all gates are open", (action) => {
    expect(evaluateGates(circumstances(action)).manualBlocker).toBeNull();
  });
});

describeGate("not-exempt", {
  closed: (["schedule-rotation", "rotate", "toggle", "enable"] as const).map((action) => [
    "the finding is exempt",
    action,
    { exemption: anExemption },
    "not-exempt",
    "ann exempted it until 2026-12-31 (legacy): end the exemption",
  ]),
  open: [["an interrupted toggle is finished", "finish-interrupted", { exemption: anExemption }]],
});

describeGate("first-in-line", {
  closed: [
    [
      "another action comes first",
      "rotate",
      { ahead: "toggle for secret-key-as-required" },
      "first-in-line",
      "toggle for secret-key-as-required comes first on this database: wait until it is done",
    ],
  ],
  open: [],
});

describeGate("not-running", {
  closed: [
    ...(["rotate", "finish-interrupted"] as const).map(
      (action): Closed => [
        "another execution is working on it",
        action,
        { execution: "db-ORDERS-2", ...state({ running: [anExecution({ isChanging: false })] }) },
        "not-running",
        `the execution db-ORDERS-1 has been working on it since ${hoursFromNow(-1)}: wait until it ends`,
      ],
    ),
    [
      "an execution is working on it, and the plan is only shown",
      "rotate",
      state({ running: [anExecution({ isChanging: false, expiresAt: hoursFromNow(0.001) })] }),
      "not-running",
      `the execution db-ORDERS-1 has been working on it since ${hoursFromNow(-1)}: wait until it ends`,
    ],
    ...(["schedule-rotation", "rotate", "toggle"] as const).map(
      (action): Closed => [
        "another execution started a toggle",
        action,
        { execution: "db-ORDERS-2", ...managed({ tags: { [toggleTagKey]: aMark() } }) },
        "not-running",
        `its tag rds-password-audit:toggle shows that a toggle was started (${aMark()}): finish that first, with finish-interrupted`,
      ],
    ),
    [
      "the tag has another format",
      "enable",
      { ...managed({ management: "unmanaged", tags: { [toggleTagKey]: "by hand" } }) },
      "not-running",
      "its tag rds-password-audit:toggle shows that a toggle was started (by hand): finish that first, with finish-interrupted",
    ],
  ],
  open: [
    ["it is its own execution", "rotate", { execution: "db-ORDERS-1", ...state({ running: [anExecution()] }) }],
    [
      "the execution is on another database",
      "rotate",
      state({ running: [anExecution({ arn: "another", isChanging: false })] }),
    ],
    ["the lease of the execution has expired", "rotate", state({ running: [anExecution({ expiresAt: now })] })],
    ["the tag is its own", "toggle", { execution: "db-ORDERS-1", ...managed({ tags: { [toggleTagKey]: aMark() } }) }],
    ["the tag is of the toggle to finish", "finish-interrupted", managed({ tags: { [toggleTagKey]: aMark() } })],
  ],
});

describeGate("status-available", {
  closed: [
    [
      "it is stopped",
      "schedule-rotation",
      managed({ status: "stopped" }),
      "status-available",
      "orders is stopped: wait until it is available, or start it",
    ],
    [
      "its container is not available",
      "rotate",
      {
        ...managed({ containerArn: "container" }),
        ...target({ databases: [aPlainDatabase({ arn: "container", identifier: "erp", status: "rebooting" })] }),
      },
      "status-available",
      "erp is rebooting: wait until it is available, or start it",
    ],
    [
      "its container was not read",
      "rotate",
      managed({ containerArn: "container" }),
      "status-available",
      "cannot determine whether its container is available (rds:DescribeDBInstances did not return it): allow that call, then try again",
    ],
    ...["creating", "rotating", "hibernating"].map(
      (status): Closed => [
        "RDS is changing its secret",
        "rotate",
        managed({ masterUserSecret: aMasterUserSecret({ status }) }),
        "status-available",
        `its secret is ${status}: wait until it is active`,
      ],
    ),
    [
      "RDS does not report the status of its secret",
      "rotate",
      managed({ masterUserSecret: aMasterUserSecret({ status: null }) }),
      "status-available",
      "its secret is in a state that RDS does not name: wait until it is active",
    ],
  ],
  open: [
    ["its secret is impaired", "rotate", managed({ masterUserSecret: aMasterUserSecret({ status: "impaired" }) })],
    [
      "its container is also available",
      "rotate",
      { ...managed({ containerArn: "container" }), ...target({ databases: [aPlainDatabase({ arn: "container" })] }) },
    ],
    [
      "an interrupted toggle is finished in any status",
      "finish-interrupted",
      managed({ management: "unmanaged", status: "modifying" }),
    ],
  ],
});

describeGate("nothing-pending", {
  closed: [
    [
      "a modification is pending",
      "schedule-rotation",
      managed({ pendingChanges: ["EngineVersion"] }),
      "nothing-pending",
      "EngineVersion is pending, and RDS would apply it immediately with this action: wait until nothing is pending, or cancel the modification",
    ],
    [
      "two modifications are pending",
      "enable",
      managed({ management: "unmanaged", pendingChanges: ["EngineVersion", "AllocatedStorage"] }),
      "nothing-pending",
      "EngineVersion, AllocatedStorage are pending, and RDS would apply them immediately with this action: wait until nothing is pending, or cancel the modification",
    ],
  ],
  open: [
    ["an interrupted toggle is finished", "finish-interrupted", managed({ pendingChanges: ["MasterUserPassword"] })],
  ],
});

describeGate("no-blue-green-deployment", {
  closed: [
    ...[
      { source: databaseArn, target: null },
      { source: "another", target: databaseArn },
    ].map(
      (ends): Closed => [
        "a deployment is active",
        "rotate",
        target({ blueGreenDeployments: [{ ...ends, status: "AVAILABLE" }] }),
        "no-blue-green-deployment",
        "a blue/green deployment of it is active: switch it over, or delete it",
      ],
    ),
    [
      "a deployment is active, and others could not be read",
      "rotate",
      target({
        blueGreenDeployments: [{ source: databaseArn, target: null, status: "AVAILABLE" }],
        gaps: [aGap({ action: "rds:DescribeBlueGreenDeployments" })],
      }),
      "no-blue-green-deployment",
      "a blue/green deployment of it is active: switch it over, or delete it",
    ],
    [
      "deployments could not be read",
      "schedule-rotation",
      target({ gaps: [aGap({ action: "rds:DescribeBlueGreenDeployments" })] }),
      "no-blue-green-deployment",
      "cannot determine whether a blue/green deployment of it is active (rds:DescribeBlueGreenDeployments failed with AccessDeniedException): allow that call, then try again",
    ],
    [
      "they were not read",
      "enable",
      target({ blueGreenDeployments: null }),
      "no-blue-green-deployment",
      "cannot determine whether a blue/green deployment of it is active (rds:DescribeBlueGreenDeployments was not read): allow that call, then try again",
    ],
  ],
  open: [
    [
      "the deployment is over",
      "rotate",
      target({ blueGreenDeployments: [{ source: databaseArn, target: null, status: "SWITCHOVER_COMPLETED" }] }),
    ],
    [
      "the deployment is of another database",
      "rotate",
      target({ blueGreenDeployments: [{ source: "another", target: "its green", status: "AVAILABLE" }] }),
    ],
  ],
});

test("opted-in says that a rename took the database out of an opt-in by name", () => {
  const policy = aPermissivePolicy({ optIn: [{ identifier: ["orders"] }] });
  const renamed = { ...aDatabase({ identifier: "orders-2", arn: `${databaseArn}-2` }) };
  const attempts = [anAttempt({ arn: databaseArn, endedAt: hoursFromNow(-100) })];
  const reasonWith = (overrides: Parameters<typeof aState>[0]) =>
    closedAt("rotate", { policy, database: renamed, state: aState(overrides) })["opted-in"];
  expect(reasonWith({ attempts })).toContain("since it was renamed from orders: ");
  expect(reasonWith({})).toBe("the database is not opted in: add an entry that matches it to remediation.optIn");
  expect(reasonWith({ attempts: [anAttempt({ ...attempts[0], resourceId: "db-OTHER" })] })).not.toContain("renamed");
});

test("no-replicas is closed for a tenant database whose container has read replicas", () => {
  const container = aPlainDatabase({ arn: "container", replicas: ["billing-replica"] });
  const database = aDatabase({ kind: "tenant-database", containerArn: "container", management: "unmanaged" });
  const circumstancesOf = (containers: Target["databases"]) => ({ database, ...target({ databases: containers }) });
  expect(closedAt("enable", circumstancesOf([container]))["no-replicas"]).toContain("billing-replica");
  expect(closedAt("enable", circumstancesOf([{ ...container, replicas: [] }]))).not.toHaveProperty("no-replicas");
});

describeGate("no-replicas", {
  closed: (["toggle", "enable"] as const).map((action) => [
    "it has read replicas",
    action,
    managed({
      management: action === "toggle" ? "managed" : "unmanaged",
      replicas: ["orders-a", "orders-b"],
    }),
    "no-replicas",
    "it has read replicas (orders-a, orders-b), and RDS creates no more while it manages the password: promote or delete them, or make the change by hand",
  ]),
  open: [
    ["the engine is SQL Server", "toggle", managed({ engine: "sqlserver-se", replicas: ["orders-a"] })],
    ["the action keeps the secret", "rotate", managed({ replicas: ["orders-a"] })],
  ],
});

describeGate("secret-not-replicated", {
  closed: [
    [
      "the secret is replicated",
      "toggle",
      { context: withSecret({ replicaRegions: ["us-east-1", "us-west-2"] }) },
      "secret-not-replicated",
      `the secret is replicated to us-east-1, us-west-2, and RDS would silently leave management on: end the replication with aws secretsmanager remove-regions-from-replication --region eu-west-1 --secret-id '${secretArn}' --remove-replica-regions us-east-1 us-west-2`,
    ],
    [
      "the list does not contain replicas",
      "toggle",
      { context: withSecret({ replicaRegions: null }) },
      "secret-not-replicated",
      "cannot determine whether the secret is replicated to other Regions (secretsmanager:DescribeSecret did not return it): allow that call, then try again",
    ],
  ],
  open: [["the secret stays what it is", "rotate", { context: withSecret({ replicaRegions: ["us-east-1"] }) }]],
});

describe("secret-not-replicated", () => {
  const replicated = (secret: Circumstances["context"]["secret"]) =>
    closedAt("toggle", { context: aContext({ secret }) })["secret-not-replicated"];

  test("closed: the secret was not seen", () => {
    expect(replicated(unseen("it was denied"))).toBe(
      "cannot determine whether the secret is replicated to other Regions (it was denied): allow that call, then try again",
    );
  });

  test("closed: the secret does not exist", () => {
    expect(replicated(seen<never>(null))).toMatch("other Regions (secretsmanager:DescribeSecret did not return it)");
  });
});

describeGate("no-proxy", {
  closed: [
    [
      "two proxies log in with the secret",
      "toggle",
      target({
        proxies: [
          { name: "web", secretArns: ["another", secretArn] },
          { name: "jobs", secretArns: ["another"] },
          { name: "api", secretArns: [secretArn] },
        ],
      }),
      "no-proxy",
      "RDS Proxy web, api logs in with the secret, which would be deleted: give the proxy another secret first",
    ],
    [
      "proxies could not be read in full",
      "toggle",
      target({ proxies: [], gaps: [aGap({ action: "rds:DescribeDBProxies" })] }),
      "no-proxy",
      "cannot determine whether an RDS Proxy logs in with the secret (rds:DescribeDBProxies failed with AccessDeniedException): allow that call, then try again",
    ],
    [
      "they were not read",
      "toggle",
      target({ proxies: null }),
      "no-proxy",
      "cannot determine whether an RDS Proxy logs in with the secret (rds:DescribeDBProxies was not read): allow that call, then try again",
    ],
  ],
  open: [
    [
      "the proxies log in with other secrets",
      "toggle",
      target({ proxies: [{ name: "web", secretArns: ["another"] }] }),
    ],
    ["another call failed", "toggle", target({ gaps: [aGap({ action: "rds:DescribeDBClusters" })] })],
    ["the secret's ARN stays", "rotate", target({ proxies: [{ name: "web", secretArns: [secretArn] }] })],
  ],
});

const ownSecretReason =
  "logs in to the database with a secret of its own, which will have a wrong password if its user is the master user: in that case, turn management on by hand and give the proxy the new secret; otherwise set remediation.ownSecretProxies to allow";
const proxied = (proxies: Target["proxies"], gaps: Target["gaps"] = []) => ({
  ...managed({ management: "unmanaged", masterUserSecret: null }),
  ...target({ proxies, gaps }),
});

describeGate("no-proxy-with-own-secret", {
  closed: [
    [
      "proxies connect to the database with a secret",
      "enable",
      proxied([
        { name: "web", secretArns: ["own"], targets: ["orders"] },
        { name: "jobs", secretArns: ["own"], targets: ["another"] },
        { name: "iam", secretArns: [], targets: ["orders"] },
        { name: "api", secretArns: ["own"], targets: ["another", "ORDERS"] },
      ]),
      "no-proxy-with-own-secret",
      `RDS Proxy web, api ${ownSecretReason}`,
    ],
    [
      "a proxy connects to the container of a tenant database",
      "enable",
      {
        ...managed({
          management: "unmanaged",
          masterUserSecret: null,
          kind: "tenant-database",
          identifier: "orders/SALES",
          engine: "oracle-ee-cdb",
          containerArn: "arn:aws:rds:eu-west-1:123456789012:db:orders",
        }),
        ...target({
          databases: [aDatabase({ arn: "arn:aws:rds:eu-west-1:123456789012:db:orders" })],
          proxies: [{ name: "web", secretArns: ["own"], targets: ["orders"] }],
        }),
      },
      "no-proxy-with-own-secret",
      `RDS Proxy web ${ownSecretReason}`,
    ],
    [
      "proxies could not be read",
      "enable",
      proxied([], [aGap({ action: "rds:DescribeDBProxies" })]),
      "no-proxy-with-own-secret",
      "cannot determine whether an RDS Proxy logs in to the database with a secret of its own (rds:DescribeDBProxies failed with AccessDeniedException): allow that call, then try again",
    ],
    [
      "they were not read",
      "enable",
      proxied(null),
      "no-proxy-with-own-secret",
      "cannot determine whether an RDS Proxy logs in to the database with a secret of its own (rds:DescribeDBProxies was not read): allow that call, then try again",
    ],
    [
      "the targets of a proxy could not be read",
      "enable",
      proxied(
        [{ name: "web", secretArns: ["own"] }],
        [aGap({ action: "rds:DescribeDBProxyTargets", resource: "web" })],
      ),
      "no-proxy-with-own-secret",
      "cannot determine whether an RDS Proxy logs in to the database with a secret of its own (rds:DescribeDBProxyTargets failed with AccessDeniedException): allow that call, then try again",
    ],
    [
      "the targets of a proxy were not read",
      "enable",
      proxied([{ name: "web", secretArns: ["own"] }]),
      "no-proxy-with-own-secret",
      "cannot determine whether an RDS Proxy logs in to the database with a secret of its own (rds:DescribeDBProxyTargets was not read): allow that call, then try again",
    ],
  ],
  open: [
    [
      "the proxies connect to other databases",
      "enable",
      proxied([{ name: "web", secretArns: ["own"], targets: ["x"] }]),
    ],
    ["a proxy without a secret logs in with IAM", "enable", proxied([{ name: "web", secretArns: [] }])],
    ["there are no proxies", "enable", proxied([])],
    [
      "the policy allows it",
      "enable",
      {
        ...proxied([{ name: "web", secretArns: ["own"], targets: ["orders"] }]),
        ...remediation({ ownSecretProxies: "allow" }),
      },
    ],
    [
      "the policy allows it, whatever was read",
      "enable",
      { ...proxied(null), ...remediation({ ownSecretProxies: "allow" }) },
    ],
    [
      "a toggle changes only the managed secret",
      "toggle",
      target({ proxies: [{ name: "web", secretArns: ["own"], targets: ["orders"] }] }),
    ],
  ],
});

describeGate("not-stack-owned", {
  closed: (["toggle", "enable"] as const).map((action) => [
    "a stack owns it",
    action,
    managed({
      management: action === "toggle" ? "managed" : "unmanaged",
      tags: { "aws:cloudformation:stack-name": "shop" },
    }),
    "not-stack-owned",
    "the CloudFormation stack shop owns it, and its template would no longer match: change the template instead, or set remediation.stackOwned to allow",
  ]),
  open: [
    ["rotation does not change the template", "rotate", managed({ tags: { "aws:cloudformation:stack-name": "shop" } })],
    [
      "the policy allows it",
      "toggle",
      { ...managed({ tags: { "aws:cloudformation:stack-name": "shop" } }), ...remediation({ stackOwned: "allow" }) },
    ],
  ],
});

describe("not-stack-owned", () => {
  test("names the stack if the policy allows it", () => {
    const owned = managed({ tags: { "aws:cloudformation:stack-name": "shop" } });
    expect(reasonOf("not-stack-owned", "toggle", { ...owned, ...remediation({ stackOwned: "allow" }) })).toBe(
      "the stack shop owns it, and the policy allows that",
    );
    expect(reasonOf("not-stack-owned", "toggle")).toBe("no CloudFormation stack owns it");
  });
});

describeGate("key-usable", {
  closed: [
    ...(["schedule-rotation", "rotate"] as const).map(
      (action): Closed => [
        "the secret's key is disabled",
        action,
        { context: aContext({ rdsKey: aSeenKey({ state: "Disabled" }) }) },
        "key-usable",
        `the key ${keyArn} is Disabled: enable it`,
      ],
    ),
    [
      "the key in Secrets Manager is pending deletion",
      "rotate",
      { context: aContext({ secretKey: aSeenKey({ state: "PendingDeletion", arn: otherKeyArn }) }) },
      "key-usable",
      `the key ${otherKeyArn} is PendingDeletion: cancel that, and enable it`,
    ],
    [
      "the secret's key could not be read",
      "rotate",
      { context: aContext({ rdsKey: anUnseenKey() }) },
      "key-usable",
      `cannot determine whether the key ${keyArn} is enabled (kms:DescribeKey failed with AccessDeniedException): allow that call, then try again`,
    ],
    [
      "the key of the secret is unknown",
      "rotate",
      { context: aContext({ secretKey: anUnseenKey(null, "RDS names no key") }) },
      "key-usable",
      "cannot determine whether the key of the secret is enabled (RDS names no key): allow that call, then try again",
    ],
    [
      "the secret's key does not exist",
      "rotate",
      { context: aContext({ rdsKey: { arn: seen<never>(null), key: seen<never>(null) } }) },
      "key-usable",
      "the key of the secret does not exist: name another under keys in the policy",
    ],
    ...(["toggle", "enable"] as const).map(
      (action): Closed => [
        "no key could be chosen",
        action,
        { key: { reference: null, problem: "the policy names none" } },
        "key-usable",
        "the policy names none",
      ],
    ),
    [
      "the chosen key cannot be used",
      "enable",
      { key: { reference: keyArn, key: seen(aKey({ state: "Unavailable" })) } },
      "key-usable",
      `the key ${keyArn} is Unavailable: enable it`,
    ],
    [
      "the chosen key does not exist",
      "toggle",
      { key: { reference: keyArn, key: seen<never>(null) } },
      "key-usable",
      `the key ${keyArn} does not exist: name another under keys in the policy`,
    ],
    [
      "the chosen key could not be read",
      "toggle",
      { key: { reference: keyArn, key: unseen("it was denied") } },
      "key-usable",
      `cannot determine whether the key ${keyArn} is enabled (it was denied): allow that call, then try again`,
    ],
    [
      "the chosen key could not be tried",
      "toggle",
      target({ gaps: [aGap({ action: "kms:GenerateDataKey", resource: keyArn, code: "ThrottlingException" })] }),
      "key-usable",
      `cannot determine whether this role may use the key ${keyArn} (kms:GenerateDataKey failed with ThrottlingException): allow that call, then try again`,
    ],
    [
      "the chosen key was not tried",
      "toggle",
      target({ keyTrials: [{ keyArn: otherKeyArn, refusal: null }] }),
      "key-usable",
      `cannot determine whether this role may use the key ${keyArn} (kms:GenerateDataKey was not tried): allow that call, then try again`,
    ],
    [
      "the chosen key may not be used",
      "enable",
      target({ keyTrials: [{ keyArn, refusal: "AccessDeniedException" }] }),
      "key-usable",
      `this role may not use the key ${keyArn} (AccessDeniedException): let its key policy allow the role kms:GenerateDataKey, kms:Decrypt and kms:CreateGrant`,
    ],
  ],
  open: [
    ["it is updating", "rotate", { context: aContext({ rdsKey: aSeenKey({ state: "Updating" }) }) }],
    ["the default key needs no trial", "toggle", { key: { reference: null }, ...target({ keyTrials: [] }) }],
    [
      "another key could not be tried, and this one not described again",
      "toggle",
      target({
        gaps: [
          aGap({ action: "kms:GenerateDataKey", resource: otherKeyArn }),
          aGap({ action: "kms:DescribeKey", resource: keyArn }),
        ],
      }),
    ],
    [
      "only this key may be used",
      "toggle",
      target({
        keyTrials: [
          { keyArn: otherKeyArn, refusal: "AccessDeniedException" },
          { keyArn, refusal: null },
        ],
      }),
    ],
    [
      "the chosen key is not the present key",
      "toggle",
      { context: withSecret({ replicaRegions: [] }, { rdsKey: aSeenKey({ state: "Disabled" }) }) },
    ],
    [
      "an interrupted toggle is finished with any key",
      "finish-interrupted",
      { key: { reference: null, problem: "none" } },
    ],
  ],
});

/** A Tuesday, at noon. */
describeGate("in-window", {
  closed: [
    ...(["rotate", "toggle", "enable"] as const).map(
      (action): Closed => [
        "its maintenance window is on Sunday",
        action,
        remediation({ window: ["maintenance"] }),
        "in-window",
        "the window sun:03:00-sun:04:00 (UTC) is not open: wait until 2026-11-29T03:00:00.000Z",
      ],
    ),
    [
      "less than ten minutes are left of the window",
      "rotate",
      remediation({ window: ["tue:11:00-tue:12:09"] }),
      "in-window",
      "the window tue:11:00-tue:12:09 (UTC) is not open: wait until 2026-12-01T11:00:00.000Z",
    ],
    [
      "the next of several windows counts",
      "rotate",
      {
        ...managed({ maintenanceWindow: null }),
        ...remediation({ window: ["maintenance", "wed:02:00-wed:04:00", "22:00-23:00"] }),
      },
      "in-window",
      "the window wed:02:00-wed:04:00, 22:00-23:00 (UTC) is not open: wait until 2026-11-24T22:00:00.000Z",
    ],
    [
      "RDS names none",
      "rotate",
      { ...managed({ maintenanceWindow: null }), ...remediation({ window: ["maintenance"] }) },
      "in-window",
      "RDS names no maintenance window for it: name one in remediation.window",
    ],
  ],
  open: [
    ["ten minutes are left of the window", "rotate", remediation({ window: ["tue:11:00-tue:12:10"] })],
    ["the window opens now", "rotate", remediation({ window: ["12:00-13:00"] })],
    ["one of several is open", "rotate", remediation({ window: ["maintenance", "12:00-13:00"] })],
    ["the policy allows any time", "rotate", remediation({ window: ["maintenance", "any-time"] })],
    ["no password changes now", "schedule-rotation", remediation({ window: ["maintenance"] })],
    ["an interrupted toggle does not wait", "finish-interrupted", remediation({ window: ["maintenance"] })],
  ],
});

describe("in-window", () => {
  test("names the open window", () => {
    expect(reasonOf("in-window", "rotate", remediation({ window: ["12:00-13:00"] }))).toBe(
      "the window 12:00-13:00 (UTC) is open",
    );
    expect(reasonOf("in-window", "rotate")).toBe("the policy allows it at any time");
  });
});

describe("the windows of a database", () => {
  test.each<[Policy["remediation"]["window"], string | null, readonly string[] | "any-time"]>([
    [["maintenance"], "sun:03:00-sun:04:00", ["sun:03:00-sun:04:00"]],
    [["maintenance"], null, []],
    [["02:00-04:00", "maintenance"], "sun:03:00-sun:04:00", ["02:00-04:00", "sun:03:00-sun:04:00"]],
    [["02:00-04:00"], "sun:03:00-sun:04:00", ["02:00-04:00"]],
    [["any-time"], null, "any-time"],
    [["02:00-04:00", "any-time"], "sun:03:00-sun:04:00", "any-time"],
  ])("with the policy %j and the own window %s are %j", (window, maintenanceWindow, expected) => {
    expect(windowsOf(aDatabase({ maintenanceWindow }), aPermissivePolicy({ window }))).toEqual(expected);
  });
});

const budget = (atOnce: number, perDay: number) => remediation({ budget: { atOnce, perDay } });
/** Running executions on other databases of the same account and Region. */
const running = (...names: string[]) =>
  names.map((name) => anExecution({ arn: `arn:aws:rds:${region}:${account}:db:${name}`, execution: name }));
/** Attempts on other databases of the same account and Region, `hours` ago. */
const tried = (hours: number, ...names: string[]) =>
  names.map((name) =>
    anAttempt({
      arn: `arn:aws:rds:${region}:${account}:cluster:${name}`,
      endedAt: hoursFromNow(-hours),
      outcome: "repaired",
    }),
  );

describeGate("within-budget", {
  closed: [
    [
      "another execution is running",
      "rotate",
      { ...budget(1, 5), ...state({ running: running("shop") }) },
      "within-budget",
      `at most 1 at once in ${account} ${region}, and rotate of shop comes first: wait, or raise remediation.budget.atOnce`,
    ],
    [
      "running and planned actions use all slots",
      "toggle",
      { ...budget(2, 5), ...state({ running: running("shop") }), plannedBefore: ["enable of DB instance erp"] },
      "within-budget",
      `at most 2 at once in ${account} ${region}, and rotate of shop, enable of DB instance erp come first: wait, or raise remediation.budget.atOnce`,
    ],
    [
      "names only three of many actions",
      "schedule-rotation",
      { ...budget(4, 5), plannedBefore: ["a", "b", "c", "d"] },
      "within-budget",
      `at most 4 at once in ${account} ${region}, and a, b, c and 1 more come first: wait, or raise remediation.budget.atOnce`,
    ],
    [
      "all slots of the day are used",
      "rotate",
      { ...budget(3, 3), ...state({ attempts: tried(23.9, "shop", "erp"), running: running("web") }) },
      "within-budget",
      `at most 3 within 24 hours in ${account} ${region}, and rotate of shop, rotate of erp, rotate of web come first: wait, or raise remediation.budget.perDay`,
    ],
    [
      "the only slot of the day is used",
      "rotate",
      { ...budget(1, 1), ...state({ attempts: tried(1, "shop") }) },
      "within-budget",
      `at most 1 within 24 hours in ${account} ${region}, and rotate of shop comes first: wait, or raise remediation.budget.perDay`,
    ],
  ],
  open: [
    ["one slot is free", "rotate", { ...budget(2, 2), ...state({ running: running("shop") }) }],
    [
      "one slot of the day is free",
      "rotate",
      { ...budget(9, 3), ...state({ attempts: tried(1, "shop"), running: running("erp") }) },
    ],
    [
      "rejected actions use no slot",
      "rotate",
      {
        ...budget(1, 1),
        ...state({ attempts: tried(1, "shop").map((one) => ({ ...one, outcome: "rejected" as const })) }),
      },
    ],
    ["a slot is free again after a day", "rotate", { ...budget(1, 1), ...state({ attempts: tried(24, "shop") }) }],
    [
      "waiting executions use no slot",
      "rotate",
      { ...budget(1, 1), ...state({ running: running("shop").map((one) => ({ ...one, isChanging: false })) }) },
    ],
    [
      "expired executions use no slot",
      "rotate",
      { ...budget(1, 1), ...state({ running: running("shop").map((one) => ({ ...one, expiresAt: now })) }) },
    ],
    [
      "it uses the slot itself",
      "rotate",
      { ...budget(1, 1), execution: "db-ORDERS-1", ...state({ running: [anExecution()] }) },
    ],
    [
      "other accounts and Regions have their own budget",
      "rotate",
      {
        ...budget(1, 1),
        ...state({
          running: [
            ...running("shop").map((one) => ({ ...one, region: "us-east-1" })),
            ...running("erp").map((one) => ({ ...one, account: "210987654321" })),
          ],
          attempts: [
            ...tried(1, "shop").map((one) => ({ ...one, region: "us-east-1" })),
            ...tried(1, "erp").map((one) => ({ ...one, account: "210987654321" })),
          ],
        }),
      },
    ],
    [
      "an interrupted toggle ignores the budget",
      "finish-interrupted",
      { ...budget(1, 1), ...state({ running: running("shop"), attempts: tried(1, "erp") }) },
    ],
  ],
});

describe("within-budget", () => {
  test("counts the slots in use", () => {
    const some = { ...budget(3, 5), ...state({ running: running("web"), attempts: tried(1, "shop", "erp") }) };
    expect(reasonOf("within-budget", "rotate", { ...some, plannedBefore: ["enable of DB instance a"] })).toBe(
      "2 of 3 slots at once and 4 of 5 within 24 hours are in use",
    );
  });

  test("names three actions and counts the rest", () => {
    const reason = (plannedBefore: readonly string[]) =>
      isWithinBudget({ ...circumstances("rotate", budget(1, 9)), plannedBefore }).reason;
    expect(reason(["a", "b", "c"])).toContain("and a, b, c come first:");
    expect(reason(["a", "b", "c", "d", "e"])).toContain("and a, b, c and 2 more come first:");
  });
});

describeGate("cooled-down", {
  closed: [
    [
      "there was a recent attempt with any outcome",
      "schedule-rotation",
      state({ attempts: [anAttempt({ endedAt: hoursFromNow(-23.5), outcome: "repaired" })] }),
      "cooled-down",
      `the last attempt on the database, rotate, ended at ${hoursFromNow(-23.5)}: wait until ${hoursFromNow(0.5)}`,
    ],
    [
      "the last of several attempts counts",
      "rotate",
      {
        ...remediation({ coolDownHours: 100, budget: { atOnce: 1, perDay: 9 } }),
        ...state({
          attempts: [
            anAttempt({ endedAt: hoursFromNow(-99) }),
            anAttempt({ endedAt: hoursFromNow(-50), action: "toggle" }),
            anAttempt({ endedAt: hoursFromNow(-1), arn: "another", action: "enable" }),
          ],
        }),
      },
      "cooled-down",
      `the last attempt on the database, toggle, ended at ${hoursFromNow(-50)}: wait until ${hoursFromNow(50)}`,
    ],
  ],
  open: [
    ["it has cooled down", "rotate", state({ attempts: [anAttempt({ endedAt: hoursFromNow(-24) })] })],
    ["the attempt was on another database", "rotate", state({ attempts: tried(1, "shop") })],
    [
      "the policy sets no cool-down",
      "rotate",
      { ...remediation({ coolDownHours: 0 }), ...state({ attempts: [anAttempt({ endedAt: now })] }) },
    ],
    ["an interrupted toggle does not wait", "finish-interrupted", state({ attempts: [anAttempt({ endedAt: now })] })],
  ],
});

const stopped = { at: hoursFromNow(-2), by: "the circuit breaker", why: "3 failures in a row" };

describeGate("not-stopped", {
  closed: (["schedule-rotation", "rotate", "toggle", "enable"] as const).map((action) => [
    "repairs are stopped",
    action,
    state({ stopped }),
    "not-stopped",
    `repairs were stopped at ${hoursFromNow(-2)} by the circuit breaker (3 failures in a row): once that is resolved, run rds-password-audit resume`,
  ]),
  open: [["an interrupted toggle is finished despite a stop", "finish-interrupted", state({ stopped })]],
});

describeGate("approved", {
  closed: (["schedule-rotation", "rotate", "toggle", "enable"] as const).map((action) => [
    "the policy requires an approval",
    action,
    remediation({ approval: [action] }),
    "approved",
    "a person has to approve it; approval is requested once only the window remains",
  ]),
  open: [
    ["a person approved it", "toggle", { ...remediation({ approval: ["toggle"] }), approvedBy: "ann" }],
    [
      "only other actions require an approval",
      "rotate",
      remediation({ approval: ["schedule-rotation", "toggle", "enable"] }),
    ],
    [
      "an interrupted toggle was approved before it started",
      "finish-interrupted",
      remediation({ approval: ["toggle"] }),
    ],
  ],
});

describe("an interrupted toggle without a snapshot of its own in the repair state may be forged or copied", () => {
  const taggedWith = (value: string) =>
    managed({ management: "unmanaged", masterUserSecret: null, tags: { [toggleTagKey]: value } });
  const forged =
    "the repair state has no snapshot of this toggle, so its tag may be forged or copied: a person has to approve it";
  const why = "an incident";
  const stopped = { at: now, by: "ann", why };

  test.each<[string, string, RemediationState["secretSnapshots"]]>([
    ["without a snapshot", aMark(), {}],
    ["with the snapshot of another database", aMark(), snapshotsOf("db-SHOP")],
    ["with the snapshot of another toggle", aMark({ oldSecretSuffix: "FORGED" }), snapshotsOf("db-ORDERS")],
    ["with a value in another format and no snapshot", "please finish", {}],
  ])("%s: it needs approval, and does not start while repairs are stopped", (_, value, secretSnapshots) => {
    const database = taggedWith(value);
    const at = (overrides: Partial<Circumstances> = {}) => ({
      ...database,
      state: aState({ secretSnapshots }),
      ...overrides,
    });
    expect(closedAt("finish-interrupted", at())).toEqual({ approved: forged });
    expect(closedAt("finish-interrupted", at({ approvedBy: "ann" }))).toEqual({});
    const whileStopped = at({ approvedBy: "ann", state: aState({ secretSnapshots, stopped }) });
    expect(Object.keys(closedAt("finish-interrupted", whileStopped))).toEqual(["not-stopped"]);
  });

  test.each([aMark(), "please do not touch"])("with its snapshot it needs neither: %s", (value) => {
    expect(closedAt("finish-interrupted", { ...taggedWith(value), ...state({ stopped }) })).toEqual({});
  });
});

describe("a toggle with a resource policy that may deny RDS", () => {
  const deny = JSON.stringify({ Statement: [{ Effect: "Deny", Principal: "*", Action: "*" }] });
  const under = (status: string, policy = deny) => ({
    ...managed({ masterUserSecret: aMasterUserSecret({ status }) }),
    context: { ...withSecret({ replicaRegions: [] }), resourcePolicy: seen<string | null>(policy) },
  });

  test("is closed while the secret is impaired, because the new one would get the same policy", () => {
    expect(closedAt("toggle", under("impaired"))).toEqual({
      eligible:
        "the resource policy of its secret may deny RDS, and the new secret would get the same policy: change the policy first",
    });
    expect(closedAt("rotate", under("impaired"))).toEqual({});
  });

  test("is open while the secret is active: RDS works with that policy", () => {
    expect(closedAt("toggle", under("active"))).toEqual({});
    expect(closedAt("toggle", under("impaired", JSON.stringify({ Statement: [] })))).toEqual({});
  });
});

describe("a key whose policy keeps RDS out", () => {
  const access = (verdict: "denies" | "unknown", arn = keyArn) => ({
    context: aContext({
      ...withSecret({ replicaRegions: [] }),
      keyAccess: [
        { keyArn: arn, access: seen({ verdict, reason: 'statement "Lock" of its policy denies RDS kms:Decrypt' }) },
      ],
    }),
  });
  const closedKey = {
    "key-usable": `the key ${keyArn} is closed to RDS (statement "Lock" of its policy denies RDS kms:Decrypt): change its policy first`,
  };
  const key = { reference: keyArn, key: seen(aKey()) };

  test("closes the gate for what keeps the key", () => {
    expect(closedAt("rotate", access("denies"))).toEqual(closedKey);
    expect(closedAt("toggle", { ...access("denies"), key })).toEqual(closedKey);
  });

  test("does not close it for a new secret with another key, nor if that cannot be determined", () => {
    expect(closedAt("toggle", { ...access("denies", otherKeyArn), key })).toEqual({});
    expect(closedAt("rotate", access("unknown"))).toEqual({});
  });
});

describe("approved", () => {
  test("names who approved it", () => {
    expect(reasonOf("approved", "toggle", { approvedBy: "ann" })).toBe("approved by ann");
    expect(reasonOf("approved", "toggle")).toBe("the policy requires no approval");
  });
});

describe("an assumption", () => {
  const off = circumstances("rotate", { isEnabled: false, ...remediation({ allow: [], approval: ["rotate"] }) });
  const assumptions = { enabled: "a dry run", approved: "asked later" };
  const resultOf = (gate: string, of: Parameters<typeof evaluateGates>) =>
    evaluateGates(...of).gates.find((one) => one.gate === gate);

  test("opens a closed gate, and shows that", () => {
    for (const [gate, reason] of Object.entries(assumptions))
      expect(resultOf(gate, [off, assumptions])).toEqual({ gate, open: true, reason, assumed: true });
  });

  test("does not replace the reason of an open gate", () => {
    const on = circumstances("rotate", { approvedBy: "ann" });
    expect(resultOf("enabled", [on, assumptions])).toEqual({
      gate: "enabled",
      open: true,
      reason: "remediation is on",
    });
    expect(resultOf("approved", [on, assumptions])).toEqual({
      gate: "approved",
      open: true,
      reason: "approved by ann",
    });
  });

  test("does not open other gates", () => {
    const closed = evaluateGates(off, assumptions).gates.filter(({ open }) => !open);
    expect(closed.map(({ gate }) => gate)).toEqual(["allowed"]);
  });

  test("is never made by default", () => {
    const closed = evaluateGates(off).gates.filter(({ open }) => !open);
    expect(closed.map(({ gate }) => gate)).toEqual(["enabled", "allowed", "approved"]);
  });
});

describe("an error while a gate is evaluated", () => {
  /** Circumstances that cannot be read. */
  const unreadable = (action: ActionName, thrown: unknown) =>
    evaluateGates(
      new Proxy(circumstances(action), {
        get(all, name, receiver) {
          if (name === "action") return Reflect.get(all, name, receiver);
          throw thrown;
        },
      }),
    ).gates;

  test.each(actionNames)("closes the gate: %s", (action) => {
    expect(unreadable(action, new Error("it broke"))).toEqual(
      evaluate(action).map(({ gate }) => ({
        gate,
        open: false,
        reason: "evaluating the gate failed (it broke), so it counts as closed: report this error",
      })),
    );
  });

  test("closes the gate even if the thrown value is not an Error", () => {
    const [first] = unreadable("rotate", Object.create(null));
    expect(first).toMatchObject({ open: false, reason: expect.stringContaining("(object)") });
  });

  test("does not affect the other gates", () => {
    const odd = {
      ...defaultPolicy.remediation.budget,
      get atOnce(): number {
        throw new Error("it broke");
      },
    };
    const policy = aPermissivePolicy();
    const broken = { ...policy, remediation: { ...policy.remediation, budget: odd } };
    const { gates: results } = evaluateGates({ ...circumstances("rotate"), policy: broken });
    expect(results.filter(({ open }) => !open).map(({ gate }) => gate)).toEqual(["within-budget"]);
  });

  test.each([
    ["a database without its lists", { database: { ...aDatabase(), pendingChanges: undefined } }],
    ["a database without tags", { database: { ...aDatabase(), tags: null } }],
    ["a target without anything", { target: {} }],
    ["a state without anything", { state: {} }],
    ["a policy without anything", { policy: {} }],
    ["a context without anything", { context: {} }],
    [
      "an invalid time",
      {
        now: "yesterday",
        state: aState({ attempts: [anAttempt({ endedAt: "long ago" })] }),
        policy: aPermissivePolicy({ window: ["maintenance"] }),
      },
    ],
  ])("blocks the action: %s", (_, odd) => {
    const { gates: results } = evaluateGates({ ...circumstances("toggle"), ...odd } as unknown as Circumstances);
    expect(results).toHaveLength(evaluate("toggle").length);
    expect(results.some(({ open }) => !open)).toBe(true);
  });
});

const instant = fc.oneof(
  fc
    .date({ noInvalidDate: true, min: new Date("2026-11-01"), max: new Date("2026-12-31") })
    .map((date) => date.toISOString()),
  fc.constant(now),
);
const scope = { account: fc.constantFrom(account, "210987654321"), region: fc.constantFrom(region, "us-east-1") };
const work = {
  resourceId: fc.constantFrom("db-ORDERS", "db-ANOTHER"),
  arn: fc.constantFrom(databaseArn, "another"),
  ...scope,
  action: fc.constantFrom(...actionNames),
  rule: anyText,
};
const anyState: fc.Arbitrary<RemediationState> = fc.record({
  schemaVersion: fc.constant("1.0" as const),
  running: fc.array(
    fc.record({ ...work, execution: anyText, isChanging: fc.boolean(), since: instant, expiresAt: instant }),
    { maxLength: 3 },
  ),
  attempts: fc.array(
    fc.record({ ...work, startedAt: instant, endedAt: instant, outcome: fc.constantFrom(...outcomes) }),
    { maxLength: 3 },
  ),
  ended: fc.constant({}),
  failuresInARow: fc.nat(5),
  stopped: fc.option(fc.record({ at: instant, by: anyText, why: anyText }), { nil: null }),
  secretSnapshots: fc.constant({}),
  unannounced: fc.constant({}),
});
const anyCircumstances = (policy: fc.Arbitrary<Policy>): fc.Arbitrary<Circumstances> =>
  fc.record({
    action: fc.constantFrom(...actionNames),
    database: anyClassifiedDatabase,
    context: anyContext,
    target: anyTarget,
    policy,
    exemption: fc.constantFrom(null, anExemption),
    key: fc.constantFrom<Circumstances["key"]>(
      { reference: null },
      { reference: null, problem: "none" },
      { reference: keyArn, key: seen(aKey()) },
      { reference: keyArn, key: unseen() },
    ),
    state: anyState,
    now: instant,
    isEnabled: fc.boolean(),
    execution: fc.option(anyText, { nil: null }),
    approvedBy: fc.option(anyText, { nil: null }),
    ahead: fc.option(anyText, { nil: null }),
    plannedBefore: fc.array(anyText, { maxLength: 5 }),
  });

describe("for arbitrary input", () => {
  const anyPolicy = fc.constantFrom(
    defaultPolicy,
    aPermissivePolicy(),
    aPermissivePolicy(
      { window: ["maintenance"], approval: ["toggle"] },
      { support: { oracleCdb: "unsupported", iamDbAuth: [] } },
    ),
  );

  test("evaluates every gate and changes nothing", () => {
    fc.assert(
      fc.property(anyCircumstances(anyPolicy), (any) => {
        const { gates: results } = evaluateGates(deepFreeze(any));
        expect(results.map(({ gate }) => gate)).toEqual(evaluate(any.action).map(({ gate }) => gate));
        for (const { reason } of results) expect(reason).not.toContain("evaluating the gate failed");
      }),
      { numRuns: 500 },
    );
  });

  test("the default policy blocks every action, even if approved", () => {
    fc.assert(
      fc.property(anyCircumstances(fc.constant(defaultPolicy)), (any) => {
        const { gates } = evaluateGates({ ...any, isEnabled: true, approvedBy: "ann" });
        const closed = gates.filter(({ open }) => !open);
        expect(closed.map(({ gate }) => gate)).toEqual(expect.arrayContaining(["allowed", "opted-in"]));
      }),
      { numRuns: 500 },
    );
  });
});

test("a rotation that cannot wait leaves out the gates about timing, and no other", () => {
  const policy = aPermissivePolicy({ window: ["sat:02:00-sat:03:00"], allow: [], optIn: [] });
  const state = aState({
    attempts: [anAttempt({ endedAt: hoursFromNow(-1) })],
    stopped: { at: now, by: "ann", why: "x" },
  });
  const verdicts = (leftOut: readonly PacingGate[]) =>
    evaluateGates(circumstances("rotate", { policy, state }), {}, leftOut).gates.filter(
      ({ open, leftOut }) => !open || leftOut,
    );
  const closed = verdicts([]).map(({ gate }) => gate);
  expect(closed).toEqual(expect.arrayContaining(["allowed", "opted-in", "in-window", "cooled-down", "not-stopped"]));
  const left = verdicts(pacingGates);
  expect(left.filter(({ leftOut }) => leftOut).map(({ gate }) => gate)).toEqual(["in-window", "cooled-down"]);
  expect(left.filter(({ open }) => !open).map(({ gate }) => gate)).toEqual(
    closed.filter((gate) => gate !== "in-window" && gate !== "cooled-down"),
  );
});
