import { describe, expect, test } from "@jest/globals";
import type { PermissionResult, Preflight, Prerequisite } from "../../../lib/model/preflight.ts";
import { listPermissionNeeds } from "../../../lib/preflight/permission-needs.ts";
import { toPolicyToAdd } from "../../../lib/preflight/policy-to-add.ts";
import { renderPreflight } from "../../../lib/report/terminal/preflight.ts";
import { rules } from "../../../rules/index.ts";
import { expectGolden } from "../../golden/golden.ts";
import { now } from "../../support/builders.ts";

const account = "111111111111";
const caller = `arn:aws:sts::${account}:assumed-role/Audit/ann`;
const accountWide = ["account:ListRegions", "sts:GetCallerIdentity"];

function resultsIn(
  region: string,
  changes: Readonly<Record<string, Partial<PermissionResult>>> = {},
): PermissionResult[] {
  return listPermissionNeeds(rules, ["rotate", "toggle", "finish-interrupted"])
    .filter(({ action }) => accountWide.includes(action) === (region === "*"))
    .map((need) => ({
      ...need,
      ...{ account, region, status: "have", reason: null, deniedBy: null },
      test: /:(Describe|Get|List)/.test(need.action) ? "call" : "simulation",
      ...changes[need.action],
    }));
}

function aPreflight(permissions: readonly PermissionResult[], overrides: Partial<Preflight> = {}): Preflight {
  return {
    schemaVersion: "1.0",
    checkedAt: now,
    callers: [caller],
    permissions,
    prerequisites: null,
    unopened: [],
    policyToAdd: toPolicyToAdd(permissions),
    ...overrides,
  };
}

const denied = (action: string, cause: string, kind: string, isExplicit: boolean): Partial<PermissionResult> => ({
  status: "lack",
  reason: `AccessDeniedException: User: ${caller} is not authorized to perform: ${action} ${cause}`,
  deniedBy: { kind, isExplicit },
});

const mixed = [
  ...resultsIn("*"),
  ...resultsIn("eu-west-1", {
    "kms:DescribeKey": denied(
      "kms:DescribeKey",
      "with an explicit deny in a service control policy",
      "service control policy",
      true,
    ),
    "rds:DescribeDBProxies": { status: "unknown", reason: "Throttling: Rate exceeded" },
  }),
  ...resultsIn("us-east-1", {
    "rds:DescribeDBInstances": denied(
      "rds:DescribeDBInstances",
      "because no identity-based policy allows the rds:DescribeDBInstances action",
      "identity-based policy",
      false,
    ),
    "secretsmanager:RotateSecret": {
      status: "lack",
      reason: `IAM simulation: no identity-based policy allows it on every resource (arn:aws:secretsmanager:us-east-1:${account}:secret:rds!*)`,
      deniedBy: { kind: "identity-based policy", isExplicit: false },
    },
  }),
];

const prerequisites: readonly Prerequisite[] = [
  {
    ...{ account, region: "eu-west-1", name: "AWS Config recorder", isOptional: false, status: "lack" },
    detail: "There is no configuration recorder.",
    remedy: 'Create one, or set configRules: "off".',
  },
  {
    ...{ account, region: "eu-west-1", name: "Security Hub CSPM", isOptional: true, status: "have" },
    detail: "It is enabled.",
    remedy: null,
  },
];

describe("the preflight at a terminal", () => {
  test.each([80, 160])("missing, not told, and a policy to add, at %i columns", (width) => {
    const unopened = [{ name: "profile old", reason: "The AWS session of profile old has expired: log in again." }];
    const text = renderPreflight(aPreflight(mixed, { prerequisites, unopened }), { width, color: false });
    expectGolden(`preflight-${width}`, text);
    expect(text.split("\n").filter((line) => line.length > width)).toEqual([]);
  });

  test("everything is there", () => {
    const text = renderPreflight(aPreflight([...resultsIn("*"), ...resultsIn("eu-west-1")]), {
      width: 80,
      color: false,
    });
    expect(text).toMatch(/^READY {2}All \d+ permissions are there\. Caller:/);
    expect(text).not.toMatch(/MISSING|CANNOT BE TOLD|IAM POLICY/);
  });

  test("an account that could not be opened is never ready", () => {
    const unopened = [{ name: "profile old", reason: "The AWS session of profile old has expired: log in again." }];
    const text = renderPreflight(aPreflight(resultsIn("eu-west-1"), { unopened }), { width: 80, color: false });
    expect(text).toMatch(/^INCOMPLETE/);
    expect(text).toContain("profile old has expired");
  });
});
