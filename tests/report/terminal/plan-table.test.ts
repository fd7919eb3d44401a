import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { impacts } from "../../../lib/model/action.ts";
import { severities } from "../../../lib/model/finding.ts";
import { gateNames, gatesByName } from "../../../lib/model/gates.ts";
import { type Plan, planSchema } from "../../../lib/model/plan.ts";
import { toJson } from "../../../lib/report/files/json.ts";
import { describePlan, planStatusOf } from "../../../lib/report/terminal/plan-status.ts";
import { type PlanTableOptions, renderPlan } from "../../../lib/report/terminal/plan-table.ts";
import { expectGolden } from "../../golden/golden.ts";
import { hostilePlan } from "../hostile.ts";
import {
  aManualStep,
  aPlan,
  aPlannedAction,
  aPlannedDatabase,
  aPlanOfACrowd,
  aPlanOfEveryKind,
  aSmallPlan,
  closedGates,
} from "../sample-plans.ts";

const render = (plan: Plan, overrides: Partial<PlanTableOptions> = {}) =>
  renderPlan(plan, { width: 80, color: false, gates: "closed", ...overrides });
const { window, turn, approval, exempt, optedIn } = closedGates;

describe("golden plans", () => {
  test("no repair", () => expectGolden("plan-empty", render(aPlan())));
  test("one action", () => expectGolden("plan-small", render(aSmallPlan())));
  test("one action with all gates", () => expectGolden("plan-small-all", render(aSmallPlan(), { gates: "all" })));
  test("every kind of entry, at 80 columns", () => expectGolden("plan-every-kind-80", render(aPlanOfEveryKind())));
  test("every kind of entry, at 160 columns", () =>
    expectGolden("plan-every-kind-160", render(aPlanOfEveryKind(), { width: 160 })));
  test("many databases with nothing configured", () => {
    const text = render(aPlanOfACrowd(300));
    expect(text.split("\n").length).toBeLessThan(1_000);
    expectGolden("plan-crowd", text);
  });
  test("in color", () => expectGolden("plan-color", render(aSmallPlan(), { color: true, gates: "all" })));
});

test("the samples match the published schema", () => {
  for (const plan of [aPlan(), aSmallPlan(), aPlanOfEveryKind(), aPlanOfACrowd(3)])
    expect(planSchema.parse(JSON.parse(toJson(plan)))).toEqual(plan);
});

describe("the status of an action", () => {
  test.each([
    ["can start now", [], "now"],
    ["waits for a window", [window], "window"],
    ["waits for its turn", [window, turn], "turn"],
    ["waits for approval", [window, turn, approval], "approval"],
    ["is blocked", [window, approval, optedIn], "blocked"],
    ["is exempt", [window, exempt, optedIn], "exempt"],
  ] as const)("%s", (_, closed, planStatus) =>
    expect(planStatusOf(aPlannedAction("rotate", "orders", closed))).toBe(planStatus),
  );

  test("is blocked if it is not runnable and no gate is closed", () =>
    expect(planStatusOf({ gates: [], runnable: false })).toBe("blocked"));

  test.each(gateNames)("follows from what opens the gate %s", (gate) => {
    const planStatus = planStatusOf({ gates: [{ gate, open: false, reason: "no" }], runnable: false });
    const opener = {
      window: "window",
      turn: "turn",
      approval: "approval",
      blocked: "work",
      exempt: "exemption",
      now: null,
    };
    expect(gatesByName[gate].opensBy).toBe(opener[planStatus]);
  });
});

describe("the summary", () => {
  const action = (...closed: Parameters<typeof aPlannedAction>[2] & object) =>
    aPlannedAction("enable", "orders", closed);

  test.each([
    ["no repair", aPlan(), "No repair is needed."],
    [
      "no repair in an incomplete plan",
      aPlan({ complete: false }),
      "No repair is needed. Not everything could be read, so repairs may be missing.",
    ],
    ["one of each", aPlanOfEveryKind(), /^3 can start now, 1 waits for a window, .* 1 is exempt\.$/],
    ["several", aPlan({ actions: [action(window), action(window)] }), "2 wait for a window."],
    [
      "a blocked action with a manual step once",
      aPlan({ actions: [action(optedIn)], manual: [aManualStep("orders", optedIn)] }),
      "1 needs manual action.",
    ],
    ["a blocked action without a manual step", aPlan({ actions: [action(optedIn)] }), "1 is blocked."],
  ])("counts %s", (_, plan, sentence) => {
    if (typeof sentence === "string") expect(describePlan(plan)).toBe(sentence);
    else expect(describePlan(plan)).toMatch(sentence);
  });

  test("is repeated at the end only in a long plan", () => {
    const times = (plan: Plan) => render(plan).split("PLAN  ").length - 1;
    expect([times(aSmallPlan()), times(aPlanOfEveryKind())]).toEqual([1, 2]);
  });
});

describe("gates", () => {
  test("open gates are shown only on request", () => {
    expect(render(aSmallPlan())).not.toContain("✓");
    expect(render(aSmallPlan(), { gates: "all" })).toContain("✓ allowed: the policy allows it");
  });

  /** Actions that differ in severity, so that they do not share one entry. */
  const planOf = (actions: number) =>
    aPlan({
      actions: severities
        .slice(0, actions)
        .map((severity) => aPlannedAction("rotate", severity, [optedIn], { severity })),
    });
  const timesShown = (sentence: string, plan: Plan, gates: PlanTableOptions["gates"] = "closed") =>
    render(plan, { gates, width: 160 }).split(sentence).length - 1;

  test.each([
    [2, 2],
    [3, 1],
  ])("%i actions show the same reason and the same impact %i times", (actions, times) => {
    expect(timesShown(optedIn.reason, planOf(actions))).toBe(times);
    expect(timesShown(impacts.rotate, planOf(actions))).toBe(times);
  });

  test("every action lists its own gates if all are shown", () =>
    expect(timesShown(optedIn.reason, planOf(3), "all")).toBe(3));

  test("databases of one kind with the same text share one entry", () => {
    const databases = [
      aPlannedDatabase("a"),
      aPlannedDatabase("b"),
      aPlannedDatabase("c", { kind: "cluster" }),
      aPlannedDatabase("d", { kind: "cluster" }),
    ];
    const text = render(
      aPlan({ actions: databases.map((database) => aPlannedAction("rotate", "", [], { database })) }),
    );
    expect(text).toContain("\n  a, b  2 DB instances\n");
    expect(text).toContain("\n  c, d  2 DB clusters\n");
  });
});

describe("manual steps", () => {
  test("omit a command from the sentence if it is a step below", () => {
    const text = render(aPlan({ manual: [aManualStep("orders", optedIn)] }));
    expect(text).toContain("→ Warn users of the master login, then enable RDS-managed passwords.\n");
    expect(text.split("aws rds modify-db-instance").length - 1).toBe(1);
  });

  test("keep a command that is not a step", () => {
    const what = "Look first: aws rds describe-events. Then enable it";
    const text = render(aPlan({ manual: [aManualStep("orders", optedIn, { what })] }));
    expect(text).toContain("aws rds describe-events\n        Then enable it");
  });

  test("do not repeat a shared reason", () => {
    const plan = aPlanOfACrowd(3);
    expect(render(plan).split("remediation is off").length - 1).toBe(1);
    expect(render(plan)).toContain("Not automated (enabled): see above");
  });

  test("omit tools without steps", () => {
    const step = aManualStep("orders", optedIn, { awsCli: [], cloudFormation: null, terraform: null });
    expect(render(aPlan({ manual: [step] }))).not.toMatch(/AWS CLI|CloudFormation|Terraform/);
  });

  test("keep lines, indentation and columns of code", () => {
    const terraform = 'a   = 1\nb {\n  c = "\u001b[2J"\n}';
    const text = render(aPlan({ manual: [aManualStep("orders", optedIn, { terraform })] }));
    expect(text).toContain('Terraform\n        a   = 1\n        b {\n          c = ""\n        }');
  });

  test.each([80, 160])("at %i columns, a shell reads every command as intended", (width) => {
    const plan = aPlanOfEveryKind();
    const text = render(plan, { width }).replaceAll(/ \\\n +/g, " ");
    for (const command of plan.manual.flatMap(({ awsCli }) => awsCli))
      expect(text.split("\n").map((line) => line.trim())).toContain(command);
  });
});

test.each([80, 100, 160])("at %i columns, only unbreakable words are longer", (width) => {
  const lines = [aPlanOfEveryKind(), aPlanOfACrowd(30)].flatMap((plan) => render(plan, { width }).split("\n"));
  const long = lines.filter((line) => line.length > width);
  for (const line of long)
    expect(line.trim()).toMatch(/^('[^']+'|\S+)( \\)?$|^(master_user_secret_kms_key_id =|KmsKeyId:) \S+$/);
});

test("renders for 80 columns on a terminal of 20", () =>
  expect(render(aPlanOfEveryKind(), { width: 20 })).toBe(render(aPlanOfEveryKind())));

test("never sends control characters to the terminal", () =>
  fc.assert(
    fc.property(hostilePlan, fc.constantFrom<PlanTableOptions["gates"]>("all", "closed"), (plan, gates) => {
      const text = render(plan, { gates });
      expect(text).not.toMatch(/[^\P{Cc}\n]|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u);
      expect(text.endsWith("\n")).toBe(true);
    }),
    { numRuns: 100 },
  ));
