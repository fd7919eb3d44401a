import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { type ActionName, actionNames, impacts } from "../../lib/model/action.ts";
import { toggleTagKey } from "../../lib/model/database.ts";
import { defaultPolicy } from "../../lib/model/default-policy.ts";
import type { Severity } from "../../lib/model/finding.ts";
import type { GateName } from "../../lib/model/gates.ts";
import type { Target } from "../../lib/model/inventory.ts";
import { type Plan, type PlannedAction, planSchema } from "../../lib/model/plan.ts";
import type { Policy } from "../../lib/model/policy.ts";
import { defineRule, type Rule } from "../../lib/model/rule.ts";
import { describeAction, isStartable, makePlan, type PlanOptions } from "../../lib/plan/make-plan.ts";
import { rules } from "../../rules/index.ts";
import { anyTarget } from "../support/arbitraries.ts";
import {
  account,
  aGap,
  aKey,
  aKeyPolicy,
  aMasterUserSecret,
  anInventory,
  aPlainDatabase,
  aPolicy,
  aSecret,
  databaseArn,
  hoursFromNow,
  keyArn,
  now,
  otherKeyArn,
  region,
} from "../support/builders.ts";
import { deepFreeze } from "../support/deep-freeze.ts";
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

function planFor(targets: Partial<Target> | readonly Partial<Target>[], options: Partial<PlanOptions> = {}): Plan {
  const inventory = anInventory({ targets: [targets].flat().map(aTargetForRepair) });
  const plan = makePlan(deepFreeze(inventory), {
    policy: aPermissivePolicy(),
    rules,
    state: aState({ secretSnapshots: snapshotsOf("db-ORDERS", "db-A", "db-B", "db-C", "db-D", "db-E") }),
    now,
    isEnabled: true,
    ...options,
  });
  expect(planSchema.parse(JSON.parse(JSON.stringify(plan)))).toEqual(plan);
  return plan;
}

/** `rotate orders for secret-not-impaired`. */
const inShort = ({ actions }: Plan) =>
  actions.map(({ action, database, rule }) => `${action} ${database.identifier} for ${rule}`);
const closedOf = ({ gates }: Pick<PlannedAction, "gates">) =>
  Object.fromEntries(gates.flatMap(({ gate, open, reason }) => (open ? [] : [[gate, reason]])));
/** The closed gates of each action, in their order. */
const closedIn = ({ actions }: Plan) =>
  actions.map((planned) => [planned.database.identifier, Object.keys(closedOf(planned))]);
const manualOf = ({ manual }: Plan) => manual.map(({ rule, reason }) => [rule, reason]);

const unmanaged = (...identifiers: string[]): Partial<Target> => ({ databases: unmanagedInstances(...identifiers) });
const withSecret = (secret: Parameters<typeof aSecret>[0]): Partial<Target> => ({
  secrets: [aSecret({ replicaRegions: [], ...secret })],
});
const impaired: Partial<Target> = {
  databases: [aPlainDatabase({ masterUserSecret: aMasterUserSecret({ status: "impaired" }) })],
};
const tagged = (isManaged: boolean, mark = aMark()): Partial<Target> => ({
  databases: [
    aPlainDatabase({ masterUserSecret: isManaged ? aMasterUserSecret() : null, tags: { [toggleTagKey]: mark } }),
  ],
});
const requiring = (...require: string[]): Partial<Policy> => ({ keys: [{ match: {}, require }] });
const bothKeys: Partial<Target> = {
  keys: [
    { reference: keyArn, key: aKey() },
    { reference: otherKeyArn, key: aKey({ arn: otherKeyArn }) },
  ],
  keyTrials: [
    { keyArn, refusal: null },
    { keyArn: otherKeyArn, refusal: null },
  ],
};
/** The secret has the wrong key, and does not rotate. */
const twiceWrong: Partial<Target> = { ...bothKeys, ...withSecret({ rotationEnabled: false }) };
const anExemptionFrom = (rule: string): Policy["exemptions"] => [
  { match: { identifier: ["*"] }, rules: [rule], owner: "ann", reason: "legacy", until: "2026-12-31" },
];

describe("each message that names a repair requests it", () => {
  const examples: readonly (readonly [string, string, Partial<Target>, Partial<Policy>, ActionName])[] = [
    ["master-password-managed", "unmanaged", unmanaged("orders"), {}, "enable"],
    ["rotation-enabled", "off", withSecret({ rotationEnabled: false }), {}, "schedule-rotation"],
    ["rotation-on-schedule", "overdue", withSecret({ nextRotationAt: hoursFromNow(-25) }), {}, "rotate"],
    ["secret-key-as-required", "rdsKeyOther", bothKeys, requiring(otherKeyArn), "toggle"],
    [
      "secret-key-as-required",
      "secretKeyOther",
      { ...bothKeys, ...withSecret({ kmsKeyId: otherKeyArn }) },
      requiring(keyArn),
      "toggle",
    ],
    [
      "secret-key-as-required",
      "sameAsStorage",
      { ...bothKeys, databases: [aPlainDatabase({ masterUserSecret: aMasterUserSecret(), storageKmsKeyId: keyArn })] },
      { keys: [{ match: {}, require: [keyArn, otherKeyArn], differentFromStorage: true }] },
      "toggle",
    ],
    ["secret-not-impaired", "impaired", impaired, {}, "rotate"],
    [
      "secret-not-impaired",
      "rotationFailed",
      { ...impaired, ...withSecret({ nextRotationAt: hoursFromNow(-1) }) },
      {},
      "rotate",
    ],
    ["toggle-not-interrupted", "interrupted", tagged(false), {}, "finish-interrupted"],
    ["toggle-not-interrupted", "onAgain", tagged(true), {}, "finish-interrupted"],
  ];

  test.each(examples)("%s %s", (rule, _, target, policy, action) => {
    const plan = planFor(target, { policy: aPermissivePolicy({}, policy) });
    const [first] = plan.actions;
    expect(inShort(plan)[0]).toBe(`${action} orders for ${rule}`);
    expect(closedOf(first as PlannedAction)).toEqual({});
    expect(first).toMatchObject({ runnable: true, impact: impacts[action] });
  });

  test("covers every message with a repair", () => {
    const all = rules.flatMap(({ id, messages }) =>
      Object.entries(messages).flatMap(([explanation, { repairs }]) =>
        repairs === undefined ? [] : [`${id} ${explanation}`],
      ),
    );
    const withoutKey = "master-password-managed unmanagedWithoutKey";
    const known = examples.map(([rule, explanation]) => `${rule} ${explanation}`);
    expect([...known, withoutKey].sort()).toEqual(all.sort());
  });

  test("master-password-managed unmanagedWithoutKey, which no execution can start: a person names the key first", () => {
    const { actions, manual } = planFor(unmanaged("orders"), {
      policy: aPermissivePolicy({}, requiring("customer-managed")),
    });
    expect(actions.map(({ gates }) => gates.flatMap(({ gate, open }) => (open ? [] : [gate])))).toEqual([
      ["key-usable"],
    ]);
    expect(manual).toEqual([
      expect.objectContaining({ what: expect.stringContaining("Choose a customer managed key"), awsCli: [] }),
    ]);
  });
});

describe("the plan as JSON", () => {
  test("has an entry for an action", () => {
    const { actions, ...rest } = planFor(twiceWrong, { policy: aPermissivePolicy({}, requiring(otherKeyArn)) });
    expect(rest).toEqual({ schemaVersion: "1.0", observedAt: now, complete: true, manual: [] });
    expect(actions[0]).toEqual({
      id: `toggle/secret-key-as-required/${databaseArn}`,
      action: "toggle",
      rule: "secret-key-as-required",
      severity: "high",
      database: { arn: databaseArn, kind: "instance", identifier: "orders", resourceId: "db-ORDERS", account, region },
      gates: expect.arrayContaining([{ gate: "enabled", open: true, reason: "remediation is on" }]),
      runnable: true,
      impact: impacts.toggle,
      consequences: [],
      keyReference: otherKeyArn,
    });
    expect(actions[1]).toMatchObject({
      id: `schedule-rotation/rotation-enabled/${databaseArn}`,
      severity: "medium",
      runnable: false,
      keyReference: null,
    });
  });

  test("has an entry for a manual step", () => {
    const { actions, manual } = planFor(unmanaged("orders"), { policy: aPolicy() });
    expect(actions).toEqual([expect.objectContaining({ action: "enable", runnable: false })]);
    expect(manual).toEqual([
      {
        finding: `master-password-managed/${databaseArn}`,
        database: actions[0]?.database,
        rule: "master-password-managed",
        reason: "allowed: the policy does not allow enable: add it to remediation.allow",
        what: expect.stringContaining("enable RDS-managed passwords"),
        awsCli: [expect.stringMatching(/^aws rds modify-db-instance .* --manage-master-user-password$/)],
        cloudFormation: expect.any(String),
        terraform: expect.any(String),
      },
    ]);
  });

  test("uses the severities of the policy", () => {
    const policy = aPermissivePolicy({}, { severities: { "master-password-managed": "low" } });
    expect(planFor(unmanaged("orders"), { policy }).actions[0]?.severity).toBe("low");
  });

  test("is empty without findings, and incomplete if not everything was read", () => {
    const empty = { schemaVersion: "1.0", observedAt: now, complete: true, actions: [], manual: [] };
    expect(planFor({})).toEqual(empty);
    expect(planFor({ secrets: null, gaps: [aGap()] })).toEqual({ ...empty, complete: false });
    expect(planFor({ keys: [] })).toEqual({ ...empty, complete: false });
    expect(
      planFor(unmanaged("orders"), { policy: aPermissivePolicy({}, { rulesOff: ["master-password-managed"] }) }),
    ).toEqual(empty);
  });
});

describe("an impaired secret", () => {
  const rule = "secret-not-impaired";

  test("is left to a person while the policy of its key keeps RDS out", () => {
    const lock = aKeyPolicy({ Sid: "Lock", Effect: "Deny", Principal: "*", Action: "kms:*", Resource: "*" });
    const plan = planFor({ ...impaired, keyPolicies: [{ keyArn, policy: lock }] });
    expect(plan.actions).toEqual([]);
    expect(plan.manual).toMatchObject([
      { rule, reason: "the service has no action for it", what: expect.stringContaining("aws kms get-key-policy") },
    ]);
  });

  const tried = (...actions: ActionName[]) => ({ tried: actions.map((action) => ({ rule, action })) });
  const attempts = (...of: Parameters<typeof anAttempt>[0][]) => ({
    state: aState({ attempts: of.map((one) => anAttempt(one)) }),
  });

  test.each<[string, Partial<PlanOptions>, ActionName]>([
    ["first", {}, "rotate"],
    ["after this execution's rotation failed", tried("rotate"), "toggle"],
    ["after a rotation failed before", attempts({}), "toggle"],
    ["after all actions of this execution failed", tried("rotate", "toggle"), "toggle"],
    ["after an earlier rotation and this execution's toggle failed", { ...attempts({}), ...tried("toggle") }, "toggle"],
    ["after a rotation was interrupted", attempts({ outcome: "interrupted" }), "rotate"],
    ["after a toggle failed without a rotation", attempts({ action: "toggle" }), "rotate"],
    ["after a rotation for another rule failed", attempts({ rule: "rotation-on-schedule" }), "rotate"],
    ["after the rotation of another database failed", attempts({ arn: arnOf("shop") }), "rotate"],
    [
      "after a repair that followed a failed rotation",
      attempts({}, { action: "toggle", outcome: "repaired" }),
      "rotate",
    ],
    ["after a failed rotation that followed a repair", attempts({ outcome: "repaired" }, {}), "toggle"],
    [
      "after repairs of others that followed its failed rotation",
      attempts({}, { arn: arnOf("shop"), outcome: "repaired" }, { rule: "rotation-on-schedule", outcome: "repaired" }),
      "toggle",
    ],
    [
      "after the action of another rule failed",
      { tried: [{ rule: "rotation-on-schedule", action: "rotate" }] },
      "rotate",
    ],
  ])("%s: %#", (_, options, action) => {
    expect(inShort(planFor(impaired, options))).toEqual([`${action} orders for ${rule}`]);
  });

  test.each(["rotation-on-schedule", "rotation-enabled"] as const)("tries an only repair again: %s", (only) => {
    const action = only === "rotation-enabled" ? "schedule-rotation" : "rotate";
    const target = withSecret({ nextRotationAt: hoursFromNow(-25), rotationEnabled: only !== "rotation-enabled" });
    expect(inShort(planFor(target, { tried: [{ rule: only, action }] }))).toEqual([`${action} orders for ${only}`]);
  });

  test("needs manual action, with every step, if its cause remains", () => {
    const plan = planFor({ ...impaired, keys: [{ reference: keyArn, key: aKey({ state: "Disabled" }) }] });
    expect(plan.actions).toEqual([]);
    expect(plan.manual.find((one) => one.rule === rule)).toMatchObject({
      finding: `${rule}/${databaseArn}`,
      reason: "the service has no action for it",
      awsCli: [
        `aws kms enable-key --region eu-west-1 --key-id ${keyArn}`,
        "aws rds modify-db-instance --region eu-west-1 --db-instance-identifier orders --rotate-master-user-password --apply-immediately",
      ],
    });
    expect(manualOf(plan)).toContainEqual(["secret-key-usable", "the service has no action for it"]);
  });
});

describe("an interrupted toggle", () => {
  test("comes before everything else, and all other actions on the database wait for it", () => {
    const interrupted = tagged(false).databases?.[0] ?? aPlainDatabase();
    const policy = aPermissivePolicy({}, { severities: { "toggle-not-interrupted": "low" } });
    const plan = planFor({ databases: [...unmanagedInstances("a-shop"), interrupted] }, { policy });
    expect(inShort(plan)).toEqual([
      "finish-interrupted orders for toggle-not-interrupted",
      "enable a-shop for master-password-managed",
      "enable orders for master-password-managed",
    ]);
    expect(closedOf(plan.actions[2] as PlannedAction)["first-in-line"]).toBe(
      "finish-interrupted for toggle-not-interrupted comes first on this database: wait until it is done",
    );
  });

  test("is finished with the key in its tag", () => {
    const plan = planFor(tagged(false, aMark({ keyReference: otherKeyArn })), { policy: aPolicy() });
    expect(plan.actions[0]?.keyReference).toBe(otherKeyArn);
    expect(plan.manual[0]?.awsCli).toEqual([
      `aws rds modify-db-instance --region eu-west-1 --db-instance-identifier orders --manage-master-user-password --master-user-secret-kms-key-id ${otherKeyArn}`,
    ]);
  });

  test("blocks other actions and needs manual action if it is not allowed, even if the finding is exempt", () => {
    const exempt = { exemptions: anExemptionFrom("toggle-not-interrupted") };
    const plan = planFor(tagged(false), { policy: aPermissivePolicy({ allow: ["enable"] }, exempt) });
    expect(closedIn(plan)).toEqual([
      ["orders", ["not-running"]],
      ["orders", ["allowed"]],
    ]);
    expect(manualOf(plan)).toEqual([
      ["toggle-not-interrupted", "allowed: the policy does not allow toggle: add it to remediation.allow"],
    ]);
  });

  test("does not block its own execution", () => {
    const options = { execution: "db-ORDERS-1", action: "enable" as const };
    expect(planFor(tagged(false), options).actions).toMatchObject([{ action: "enable", runnable: true }]);
    expect(planFor(tagged(false), { action: "enable" }).actions).toMatchObject([{ runnable: false }]);
  });
});

describe("an exempt finding", () => {
  const policy = aPermissivePolicy({}, { exemptions: anExemptionFrom("master-password-managed") });

  test("is planned but not runnable, without a manual step", () => {
    const plan = planFor(unmanaged("orders"), { policy });
    expect(closedIn(plan)).toEqual([["orders", ["not-exempt"]]]);
    expect(plan.actions[0]?.runnable).toBe(false);
    expect(plan.manual).toEqual([]);
    expect(planFor(unmanaged("orders"), { policy, isEnabled: false }).manual).toEqual([]);
  });

  test("is left out if the service has no action for it", () => {
    const disabled = { keys: [{ reference: keyArn, key: aKey({ state: "Disabled" }) }] };
    const exempt = aPermissivePolicy({}, { exemptions: anExemptionFrom("secret-key-usable") });
    expect(planFor(disabled).manual).toHaveLength(1);
    expect(planFor(disabled, { policy: exempt }).manual).toEqual([]);
  });

  test("is planned again after the exemption ends", () => {
    const later = { policy, now: "2027-01-01T00:00:00.000Z" };
    expect(planFor(unmanaged("orders"), later).actions[0]?.runnable).toBe(true);
  });
});

describe("two findings on one database", () => {
  const wrongKey = requiring(otherKeyArn);
  const policy = aPermissivePolicy({}, wrongKey);
  const shortOf = (options: Partial<PlanOptions>) => closedIn(planFor(twiceWrong, options)).map(([, closed]) => closed);

  test("start in order of severity, and the second names the first", () => {
    const plan = planFor(twiceWrong, { policy });
    expect(inShort(plan)).toEqual([
      "toggle orders for secret-key-as-required",
      "schedule-rotation orders for rotation-enabled",
    ]);
    expect(closedOf(plan.actions[1] as PlannedAction)["first-in-line"]).toBe(
      "toggle for secret-key-as-required comes first on this database: wait until it is done",
    );
    expect(plan.manual).toEqual([]);
  });

  test("a third one waits for the first", () => {
    const third = { ...bothKeys, ...withSecret({ rotationEnabled: true, nextRotationAt: hoursFromNow(-25) }) };
    const database = aPlainDatabase({ masterUserSecret: aMasterUserSecret({ status: "impaired" }) });
    const plan = planFor({ ...third, databases: [database] }, { policy });
    expect(inShort(plan)).toHaveLength(3);
    expect(plan.actions.slice(1).map((one) => closedOf(one)["first-in-line"])).toEqual(
      Array(2).fill("rotate for secret-not-impaired comes first on this database: wait until it is done"),
    );
  });

  test("an action that waits for a window or an approval still comes first", () => {
    const waiting = aPermissivePolicy({ window: ["maintenance"], approval: ["toggle"] }, wrongKey);
    expect(shortOf({ policy: waiting })).toContainEqual(expect.arrayContaining(["first-in-line"]));
  });

  test.each<[string, Policy]>([
    ["is not allowed", aPermissivePolicy({ allow: ["schedule-rotation"] }, wrongKey)],
    ["is exempt", aPermissivePolicy({}, { ...wrongKey, exemptions: anExemptionFrom("secret-key-as-required") })],
  ])("an action that %s does not delay the other", (_, hindered) => {
    const plan = planFor(twiceWrong, { policy: hindered });
    expect(plan.actions).toMatchObject([
      { action: "schedule-rotation", runnable: true },
      { action: "toggle", runnable: false },
    ]);
  });

  test.each<[string, Partial<PlanOptions>]>([
    ["remediation is off", { isEnabled: false }],
    ["repairs are stopped", { state: aState({ stopped: { at: now, by: "ann", why: "an incident" } }) }],
  ])("the order does not change if %s", (_, options) => {
    expect(shortOf({ policy, ...options })[1]).toContain("first-in-line");
  });
});

describe("the budget", () => {
  const budget = (atOnce: number, perDay: number, more: Partial<Policy["remediation"]> = {}) =>
    aPermissivePolicy({ budget: { atOnce, perDay }, ...more });

  test("limits concurrent actions, and the others name those that come first", () => {
    const plan = planFor(unmanaged("c", "a", "d", "b"), { policy: budget(2, 5) });
    expect(closedIn(plan)).toEqual([
      ["a", []],
      ["b", []],
      ["c", ["within-budget"]],
      ["d", ["within-budget"]],
    ]);
    expect(closedOf(plan.actions[3] as PlannedAction)["within-budget"]).toBe(
      `at most 2 at once in ${account} ${region}, and enable of DB instance a, enable of DB instance b come first: wait, or raise remediation.budget.atOnce`,
    );
    expect(plan.manual).toEqual([]);
  });

  test("limits actions per day", () => {
    const yesterday = anAttempt({ arn: arnOf("z"), endedAt: hoursFromNow(-23) });
    const state = aState({ attempts: [yesterday] });
    expect(closedIn(planFor(unmanaged("a", "b"), { policy: budget(9, 2), state }))).toEqual([
      ["a", []],
      ["b", ["within-budget"]],
    ]);
  });

  test("applies to each account and Region", () => {
    const elsewhere = (identifier: string, scope: { region?: string; account?: string }) => ({
      ...scope,
      databases: unmanagedInstances(identifier).map((one) => ({ ...one, ...scope })),
    });
    const targets = [
      unmanaged("a"),
      elsewhere("b", { region: "us-east-1" }),
      elsewhere("c", { account: "210987654321" }),
    ];
    expect(planFor(targets, { policy: budget(1, 1) }).actions.map(({ runnable }) => runnable)).toEqual([
      true,
      true,
      true,
    ]);
  });

  test("does not count actions that cannot start now", () => {
    const policy = budget(1, 1, { allow: ["schedule-rotation", "enable"], approval: ["enable"] });
    const quiet = aManagedInstance("quiet", { rotationEnabled: false });
    const plan = planFor(
      { databases: [...unmanagedInstances("a", "b"), quiet.database], secrets: [quiet.secret] },
      { policy },
    );
    expect(closedIn(plan)).toEqual([
      ["quiet", []],
      ["a", ["approved"]],
      ["b", ["approved"]],
    ]);
  });
});

describe("the order", () => {
  const asking = (id: string, severity: Severity, ...repairs: ActionName[]): Rule =>
    defineRule({
      id,
      title: "An example",
      severity,
      rationale: "It serves.",
      references: [],
      reads: [],
      messages: { bad: { status: "NON_COMPLIANT", text: "{database} is bad.", remedy: "Repair it.", repairs } },
      check: () => ({ messageId: "bad" }),
    });
  const databases = (...identifiers: string[]): Partial<Target> => {
    const instances = identifiers.map((identifier) => aManagedInstance(identifier));
    return { databases: instances.map(({ database }) => database), secrets: instances.map(({ secret }) => secret) };
  };
  const roomy = (more: Partial<Policy["remediation"]> = {}) =>
    aPermissivePolicy({ budget: { atOnce: 99, perDay: 99 }, ...more });

  test("is by severity, then by disruption, then by database, then by rule", () => {
    const asked = [
      asking("z-rule", "low", "schedule-rotation"),
      asking("y-rule", "high", "toggle"),
      asking("x-rule", "high", "rotate"),
      asking("b-rule", "critical", "toggle"),
      asking("a-rule", "critical", "toggle"),
    ];
    expect(inShort(planFor(databases("b", "a"), { policy: aPermissivePolicy({ allow: [] }), rules: asked }))).toEqual([
      "toggle a for a-rule",
      "toggle a for b-rule",
      "toggle b for a-rule",
      "toggle b for b-rule",
      "rotate a for x-rule",
      "rotate b for x-rule",
      "toggle a for y-rule",
      "toggle b for y-rule",
      "schedule-rotation a for z-rule",
      "schedule-rotation b for z-rule",
    ]);
  });

  test("is the same for manual steps; findings without an action come first", () => {
    const asked = [
      asking("a-rule", "high", "schedule-rotation"),
      asking("b-rule", "high"),
      asking("c-rule", "critical", "toggle"),
    ];
    const plan = planFor(databases("b", "a"), { policy: aPermissivePolicy({ allow: [] }), rules: asked });
    expect(plan.manual.map(({ rule, database }) => `${rule} ${database.identifier}`)).toEqual([
      "c-rule a",
      "c-rule b",
      "b-rule a",
      "b-rule b",
      "a-rule a",
      "a-rule b",
    ]);
  });

  test("follows the windows, with blocked actions last", () => {
    const windows = {
      a: "mon:03:00-mon:04:00",
      b: "sun:03:00-sun:04:00",
      c: "tue:11:30-tue:12:30",
      d: "wed:03:00-wed:04:00",
    };
    const instances = Object.entries(windows).map(([name, maintenanceWindow]) => {
      const { database, secret } = aManagedInstance(name);
      return { database: { ...database, maintenanceWindow }, secret };
    });
    const [none, stopped] = [aManagedInstance("0-none"), aManagedInstance("0-stopped")];
    const all = [
      ...instances,
      { ...none, database: { ...none.database, maintenanceWindow: null } },
      { ...stopped, database: { ...stopped.database, status: "stopped", maintenanceWindow: windows.c } },
    ];
    const target = { databases: all.map(({ database }) => database), secrets: all.map(({ secret }) => secret) };
    const plan = planFor(target, {
      policy: roomy({ window: ["maintenance"] }),
      rules: [asking("a-rule", "high", "rotate")],
    });
    expect(closedIn(plan)).toEqual([
      ["c", []],
      ["d", ["in-window"]],
      ["b", ["in-window"]],
      ["a", ["in-window"]],
      ["0-none", ["in-window"]],
      ["0-stopped", ["status-available"]],
    ]);
  });

  test("an action that needs no window does not wait for one", () => {
    const quiet = ["x", "y"].map((name) => aManagedInstance(name, { rotationEnabled: false }));
    const [ill] = impaired.databases ?? [];
    const target = {
      databases: [ill ?? aPlainDatabase(), ...quiet.map(({ database }) => database)],
      secrets: [aSecret({ replicaRegions: [] }), ...quiet.map(({ secret }) => secret)],
    };
    expect(closedIn(planFor(target, { policy: aPermissivePolicy({ window: ["maintenance"] }) }))).toEqual([
      ["x", []],
      ["y", ["within-budget"]],
      ["orders", ["in-window"]],
    ]);
  });

  test("an action that waits only for approval comes after those that can start and before those that wait for a window", () => {
    const policy = roomy({ approval: ["rotate"], window: ["maintenance"] });
    const of = (name: string, maintenanceWindow: string, rotationEnabled: boolean) => {
      const { database, secret } = aManagedInstance(name, { rotationEnabled, nextRotationAt: hoursFromNow(-25) });
      return { database: { ...database, maintenanceWindow }, secret };
    };
    const all = [
      of("a", "sun:03:00-sun:04:00", true),
      of("b", "tue:11:30-tue:12:30", true),
      of("c", "sun:03:00-sun:04:00", false),
    ];
    const target = { databases: all.map(({ database }) => database), secrets: all.map(({ secret }) => secret) };
    expect(closedIn(planFor(target, { policy }))).toEqual([
      ["c", []],
      ["b", ["approved"]],
      ["a", ["in-window", "approved"]],
    ]);
  });
});

describe("a plan", () => {
  test("can be limited to some databases", () => {
    const disabled = { keys: [{ reference: keyArn, key: aKey({ state: "Disabled" }) }] };
    expect(inShort(planFor(unmanaged("a", "b", "c"), { only: new Set([arnOf("b")]) }))).toEqual([
      "enable b for master-password-managed",
    ]);
    expect(planFor(disabled, { only: new Set([arnOf("b")]) })).toMatchObject({ actions: [], manual: [] });
    expect(planFor(unmanaged("a"), { only: new Set() }).actions).toEqual([]);
  });

  test("can be limited to one action", () => {
    expect(inShort(planFor(impaired, { action: "toggle" }))).toEqual(["toggle orders for secret-not-impaired"]);
    expect(
      inShort(planFor(impaired, { action: "rotate", tried: [{ rule: "secret-not-impaired", action: "rotate" }] })),
    ).toEqual(["rotate orders for secret-not-impaired"]);
  });

  test("is empty for an action that no rule names", () => {
    const disabled = { ...impaired, keys: [{ reference: keyArn, key: aKey({ state: "Disabled" }) }] };
    expect(planFor(impaired, { action: "enable" })).toMatchObject({ actions: [], manual: [] });
    expect(planFor(disabled, { action: "rotate" })).toMatchObject({ actions: [], manual: [] });
  });
});

describe("an execution", () => {
  const policy = aPermissivePolicy({ approval: ["enable"] });

  test("can have an approval", () => {
    expect(planFor(unmanaged("orders"), { policy }).actions[0]?.runnable).toBe(false);
    expect(planFor(unmanaged("orders"), { policy, approvedBy: "ann" }).actions[0]?.runnable).toBe(true);
  });

  test("does not block itself", () => {
    const state = aState({ running: [anExecution()] });
    expect(closedIn(planFor(unmanaged("orders"), { state }))).toEqual([["orders", ["not-running", "within-budget"]]]);
    expect(closedIn(planFor(unmanaged("orders"), { state, execution: "db-ORDERS-1" }))).toEqual([["orders", []]]);
  });
});

describe("manual steps", () => {
  test("are for actions that need work first, with the chosen key", () => {
    const plan = planFor({ ...bothKeys, proxies: null }, { policy: aPermissivePolicy({}, requiring(otherKeyArn)) });
    expect(manualOf(plan)).toEqual([
      ["secret-key-as-required", expect.stringMatching(/^no-proxy: cannot determine whether an RDS Proxy logs in /)],
    ]);
    expect(plan.manual[0]?.awsCli.at(-1)).toContain(`--master-user-secret-kms-key-id ${otherKeyArn}`);
  });

  test("give the first of several reasons", () => {
    const policy = aPermissivePolicy({ allow: [], optIn: [] });
    expect(manualOf(planFor(unmanaged("orders"), { policy, isEnabled: false }))).toEqual([
      ["master-password-managed", expect.stringMatching(/^enabled: remediation is off/)],
    ]);
  });

  test("are left out while an execution is working on the database", () => {
    const state = aState({ running: [anExecution()] });
    const options = { policy: aPermissivePolicy({ allow: [] }) };
    expect(planFor(unmanaged("orders"), options).manual).toHaveLength(1);
    expect(planFor(unmanaged("orders"), { ...options, state }).manual).toEqual([]);
  });

  test.each<[string, Partial<PlanOptions>]>([
    ["time", { policy: aPermissivePolicy({ window: ["maintenance"] }) }],
    ["an approval", { policy: aPermissivePolicy({ approval: ["enable"] }) }],
  ])("are left out for actions that wait only for %s", (_, options) => {
    expect(planFor(unmanaged("orders"), options).manual).toEqual([]);
  });
});

describe("an action is startable", () => {
  const gates = (...closed: GateName[]) =>
    (["enabled", "in-window", "approved", "within-budget"] as const).map((gate) => ({
      gate,
      open: !closed.includes(gate),
      reason: "",
    }));

  test.each<[boolean, GateName[]]>([
    [true, []],
    [true, ["in-window"]],
    [true, ["in-window", "approved", "within-budget"]],
    [false, ["enabled"]],
    [false, ["in-window", "enabled"]],
  ])("%s where %j are closed", (expected, closed) => {
    expect(isStartable({ gates: gates(...closed) })).toBe(expected);
  });
});

describe("describeAction", () => {
  test("names the action and the database", () => {
    const database = { ...aPlainDatabase(), kind: "cluster" as const, identifier: "ledger" };
    expect(describeAction({ action: "toggle", database })).toBe("toggle of DB cluster ledger");
  });
});

describe("for arbitrary input", () => {
  const anyFleet = fc
    .uniqueArray(anyTarget, { maxLength: 2, selector: ({ account, region }) => `${account} ${region}` })
    .map((targets) =>
      targets.map((target) => ({
        ...target,
        databases: target.databases.map((one) => ({ ...one, arn: `${one.arn} ${target.account} ${target.region}` })),
      })),
    );
  /** What the rules ask something for, in all ways at once. */
  const anySick = fc.record({
    name: fc.constantFrom("a", "b", "c", "d", "e"),
    isManaged: fc.boolean(),
    status: fc.constantFrom("active", "impaired"),
    isAvailable: fc.boolean(),
    hasToggleTag: fc.boolean(),
    rotationEnabled: fc.boolean(),
    nextRotationAt: fc.constantFrom(hoursFromNow(-25), hoursFromNow(25)),
    maintenanceWindow: fc.constantFrom("tue:11:00-tue:13:00", "sun:03:00-sun:04:00", null),
  });
  const anySickFleet = fc.uniqueArray(anySick, { maxLength: 5, selector: ({ name }) => name }).map((all) => {
    const parts = all.map((sick) => {
      const { database, secret } = aManagedInstance(sick.name, {
        rotationEnabled: sick.rotationEnabled,
        nextRotationAt: sick.nextRotationAt,
      });
      const masterUserSecret = sick.isManaged ? { ...database.masterUserSecret, status: sick.status } : null;
      const tags: Record<string, string> = sick.hasToggleTag ? { [toggleTagKey]: aMark() } : {};
      const { maintenanceWindow } = sick;
      const status = sick.isAvailable ? "available" : "stopped";
      return { database: { ...database, masterUserSecret, tags, maintenanceWindow, status }, secret };
    });
    return [
      aTargetForRepair({
        databases: parts.map(({ database }) => database),
        secrets: parts.map(({ secret }) => secret),
        resourcePolicies: parts.map(({ secret }) => ({ secretArn: secret.arn, policy: null })),
      }),
    ];
  });
  const anything = fc.oneof(anyFleet, anySickFleet);
  const shuffled = <T>(list: readonly T[]) => fc.shuffledSubarray([...list], { minLength: list.length });
  const options = { rules, state: aState(), now, isEnabled: true };

  test("the default policy lets nothing run", () => {
    fc.assert(
      fc.property(anything, fc.constantFrom(null, ...actionNames), (targets, action) => {
        const { actions } = planFor(targets, { policy: defaultPolicy, approvedBy: "ann", action });
        expect(actions.filter((planned) => planned.runnable || isStartable(planned))).toEqual([]);
      }),
    );
  });

  test("runnable actions have open gates, fit the budget, and are one per database", () => {
    let ran = 0;
    fc.assert(
      fc.property(anything, (targets) => {
        const policy = aPermissivePolicy({ budget: { atOnce: 2, perDay: 5 }, window: ["maintenance"] });
        const { actions } = planFor(targets, { policy });
        for (const { runnable, gates } of actions) expect(runnable).toBe(gates.every(({ open }) => open));
        const running = actions.filter(({ runnable }) => runnable);
        const arns = running.map(({ database }) => database.arn);
        expect(new Set(arns).size).toBe(arns.length);
        const startedByScope = running.filter(({ action }) => action !== "finish-interrupted");
        for (const scope of new Set(startedByScope.map(({ database }) => `${database.account} ${database.region}`)))
          expect(
            startedByScope.filter(({ database }) => scope === `${database.account} ${database.region}`).length,
          ).toBeLessThan(3);
        ran += running.length;
      }),
    );
    expect(ran).toBeGreaterThan(20);
  });

  test("the plan depends neither on the order of AWS's answers nor on that of the rules", () => {
    const anyOrder = anything.chain((targets) =>
      fc.tuple(
        fc.constant(targets),
        shuffled(targets).chain((all) =>
          fc.tuple(...all.map((target) => shuffled(target.databases).map((databases) => ({ ...target, databases })))),
        ),
        shuffled(rules),
      ),
    );
    fc.assert(
      fc.property(anyOrder, ([targets, others, inAnyOrder]) => {
        const policy = aPermissivePolicy({ window: ["maintenance"] });
        const plan = makePlan(anInventory({ targets }), { ...options, policy });
        expect(makePlan(anInventory({ targets: others }), { ...options, policy, rules: inAnyOrder })).toEqual(plan);
      }),
    );
  });
});
