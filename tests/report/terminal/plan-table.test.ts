import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { impacts } from "../../../lib/model/action.ts";
import { severities } from "../../../lib/model/finding.ts";
import { type Plan, planSchema } from "../../../lib/model/plan.ts";
import { gateNames, opensBy } from "../../../lib/plan/gates.ts";
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
  test("nothing is to be done", () => expectGolden("plan-empty", render(aPlan())));
  test("one action", () => expectGolden("plan-small", render(aSmallPlan())));
  test("one action with all its gates", () => expectGolden("plan-small-all", render(aSmallPlan(), { gates: "all" })));
  test("every kind, at 80 columns", () => expectGolden("plan-every-kind-80", render(aPlanOfEveryKind())));
  test("every kind, at 160 columns", () =>
    expectGolden("plan-every-kind-160", render(aPlanOfEveryKind(), { width: 160 })));
  test("a crowd for which nothing was set up", () => {
    const text = render(aPlanOfACrowd(300));
    expect(text.split("\n").length).toBeLessThan(1_000);
    expectGolden("plan-crowd", text);
  });
  test("in colour", () => expectGolden("plan-color", render(aSmallPlan(), { color: true, gates: "all" })));
});

test("the samples are plans, and their JSON is the contract's", () => {
  for (const plan of [aPlan(), aSmallPlan(), aPlanOfEveryKind(), aPlanOfACrowd(3)])
    expect(planSchema.parse(JSON.parse(toJson(plan)))).toEqual(plan);
});

describe("how an action stands", () => {
  test.each([
    ["can be done now", [], "now"],
    ["waits for a window", [window], "window"],
    ["waits for its turn", [window, turn], "turn"],
    ["waits for approval", [window, turn, approval], "approval"],
    ["is blocked", [window, approval, optedIn], "blocked"],
    ["is exempt", [window, exempt, optedIn], "exempt"],
  ] as const)("%s", (_, closed, planStatus) =>
    expect(planStatusOf(aPlannedAction("rotate", "orders", closed))).toBe(planStatus),
  );

  test("it is blocked where it is not runnable, and no gate says why", () =>
    expect(planStatusOf({ gates: [], runnable: false })).toBe("blocked"));

  test.each(gateNames)("is said of %s as the plan takes it", (gate) => {
    const planStatus = planStatusOf({ gates: [{ gate, open: false, reason: "no" }], runnable: false });
    const opener = { window: "time", turn: "time", approval: "approval", blocked: "work", exempt: "work", now: null };
    expect(opener[planStatus]).toBe(opensBy({ gate }));
  });
});

describe("the first sentence", () => {
  const action = (...closed: Parameters<typeof aPlannedAction>[2] & object) =>
    aPlannedAction("enable", "orders", closed);

  test.each([
    ["nothing", aPlan(), "Nothing is to be done."],
    ["nothing that could be seen", aPlan({ complete: false }), "Nothing is to be done. Not everything could be seen."],
    ["one of each", aPlanOfEveryKind(), /^3 can be done now, 1 waits for a window, .* 1 is exempt\.$/],
    ["several", aPlan({ actions: [action(window), action(window)] }), "2 wait for a window."],
    [
      "what is blocked, and left to a person, once",
      aPlan({ actions: [action(optedIn)], manual: [aManualStep("orders", optedIn)] }),
      "1 is left to a person.",
    ],
    ["what is blocked, and told nobody", aPlan({ actions: [action(optedIn)] }), "1 is blocked."],
  ])("counts %s", (_, plan, sentence) => {
    if (typeof sentence === "string") expect(describePlan(plan)).toBe(sentence);
    else expect(describePlan(plan)).toMatch(sentence);
  });

  test("stands at the end again where the plan is long, and only there", () => {
    const times = (plan: Plan) => render(plan).split("PLAN  ").length - 1;
    expect([times(aSmallPlan()), times(aPlanOfEveryKind())]).toEqual([1, 2]);
  });
});

describe("what stands in the way", () => {
  test("open gates are shown only where they are asked for", () => {
    expect(render(aSmallPlan())).not.toContain("remediation is on");
    expect(render(aSmallPlan(), { gates: "all" })).toContain("✓ enabled: remediation is on");
  });

  /** So many actions of which not all is alike, or they would be said together. */
  const planOf = (actions: number) =>
    aPlan({
      actions: severities
        .slice(0, actions)
        .map((severity) => aPlannedAction("rotate", severity, [optedIn], { severity })),
    });
  const timesSaid = (sentence: string, plan: Plan, gates: PlanTableOptions["gates"] = "closed") =>
    render(plan, { gates, width: 160 }).split(sentence).length - 1;

  test.each([
    [2, 2],
    [3, 1],
  ])("of %i actions the same reason, and what they do, is said %i times", (actions, times) => {
    expect(timesSaid(optedIn.reason, planOf(actions))).toBe(times);
    expect(timesSaid(impacts.rotate, planOf(actions))).toBe(times);
  });

  test("where all gates are asked for each is where it belongs", () =>
    expect(timesSaid(optedIn.reason, planOf(3), "all")).toBe(3));

  test("databases of which the same is said are said together, but not those of another kind", () => {
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

describe("what is left to a person", () => {
  test("a command in a sentence that is a step below is said once", () => {
    const text = render(aPlan({ manual: [aManualStep("orders", optedIn)] }));
    expect(text).toContain("→ Tell those who log in as the master user, then turn management on.\n");
    expect(text.split("aws rds modify-db-instance").length - 1).toBe(1);
  });

  test("a command that is no step stays", () => {
    const what = "Look first: aws rds describe-events. Then enable it";
    const text = render(aPlan({ manual: [aManualStep("orders", optedIn, { what })] }));
    expect(text).toContain("aws rds describe-events\n        Then enable it");
  });

  test("a reason that is said above is not said again", () => {
    const plan = aPlanOfACrowd(3);
    expect(render(plan).split("remediation is off").length - 1).toBe(1);
    expect(render(plan)).toContain("Not by the service (enabled): see above");
  });

  test("steps that a tool does not have are not shown", () => {
    const step = aManualStep("orders", optedIn, { awsCli: [], cloudFormation: null, terraform: null });
    expect(render(aPlan({ manual: [step] }))).not.toMatch(/AWS CLI|CloudFormation|Terraform/);
  });

  test("code keeps its lines, their indentation and their columns", () => {
    const terraform = 'a   = 1\nb {\n  c = "\u001b[2J"\n}';
    const text = render(aPlan({ manual: [aManualStep("orders", optedIn, { terraform })] }));
    expect(text).toContain('Terraform\n        a   = 1\n        b {\n          c = ""\n        }');
  });

  test.each([80, 160])("at %i columns every command is read by a shell as it was meant", (width) => {
    const plan = aPlanOfEveryKind();
    const text = render(plan, { width }).replaceAll(/ \\\n +/g, " ");
    for (const command of plan.manual.flatMap(({ awsCli }) => awsCli))
      expect(text.split("\n").map((line) => line.trim())).toContain(command);
  });
});

test.each([80, 100, 160])("at %i columns only what cannot be broken is longer", (width) => {
  const lines = [aPlanOfEveryKind(), aPlanOfACrowd(30)].flatMap((plan) => render(plan, { width }).split("\n"));
  const long = lines.filter((line) => line.length > width);
  for (const line of long)
    expect(line.trim()).toMatch(/^('[^']+'|\S+)( \\)?$|^(master_user_secret_kms_key_id =|KmsKeyId:) \S+$/);
});

test("a terminal of 20 columns counts as one of 80", () =>
  expect(render(aPlanOfEveryKind(), { width: 20 })).toBe(render(aPlanOfEveryKind())));

test("whatever AWS sends, nothing reaches the terminal as a command to it", () =>
  fc.assert(
    fc.property(hostilePlan, fc.constantFrom<PlanTableOptions["gates"]>("all", "closed"), (plan, gates) => {
      const text = render(plan, { gates });
      expect(text).not.toMatch(/[^\P{Cc}\n]|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u);
      expect(text.endsWith("\n")).toBe(true);
    }),
    { numRuns: 100 },
  ));
