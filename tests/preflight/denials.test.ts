import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { actionNames } from "../../lib/model/action.ts";
import type { Preflight } from "../../lib/model/preflight.ts";
import { listPermissionNeeds } from "../../lib/preflight/permission-needs.ts";
import { rules } from "../../rules/index.ts";
import { createCloud } from "../../simulator/cloud.ts";
import { sampleAccounts } from "../../simulator/organization.ts";
import { runCli } from "../cli/run-cli.ts";
import { startSimulatedAws } from "../cli/simulated-aws.ts";
import { now } from "../support/builders.ts";

const account = sampleAccounts.staging;
const region = "eu-west-1";
const everything = ["preflight", "--region", region, "--repair", "schedule-rotation,rotate,toggle,enable"];
const needs = listPermissionNeeds(rules, actionNames);

type Simulated = Awaited<ReturnType<typeof startSimulatedAws>>;
let simulated: Simulated;

beforeAll(async () => {
  const cloud = createCloud({ now: new Date(now) });
  cloud.region(account, region).addInstance({ identifier: "orders", managed: true });
  simulated = await startSimulatedAws(cloud);
});
afterAll(() => simulated?.close());

async function preflight(argv: readonly string[] = everything): Promise<{ status: number; result: Preflight }> {
  const { status, stdout, stderr } = await runCli([...argv, "--format", "json"], { aws: simulated.aws });
  if (stdout === "") throw new Error(stderr);
  return { status, result: JSON.parse(stdout) };
}

function actionsThat({ permissions }: Preflight, status: string): string[] {
  return permissions.filter((permission) => permission.status === status).map(({ action }) => action);
}

describe("preflight with one permission denied", () => {
  test("none is denied: every permission is there, and no policy is to be added", async () => {
    const { status, result } = await preflight();
    expect(status).toBe(0);
    expect(actionsThat(result, "have")).toEqual(expect.arrayContaining(needs.map(({ action }) => action)));
    expect(result.permissions).toHaveLength(needs.length);
    expect(result.policyToAdd).toBeNull();
  });

  test.each(needs.map(({ action }) => action).filter((action) => action !== "sts:GetCallerIdentity"))(
    "%s: exactly this one is missing, and exactly this one is to be added",
    async (action) => {
      const allow = simulated.cloud.fault({ kind: "deny", action });
      try {
        const { status, result } = await preflight();
        expect(status).toBe(1);
        expect(actionsThat(result, "lack")).toEqual([action]);
        expect(actionsThat(result, "unknown")).toEqual([]);
        expect(result.policyToAdd?.Statement.flatMap(({ Action }) => Action)).toEqual([action]);
      } finally {
        allow();
      }
    },
  );

  test("nothing is changed, and the documented IAM policy allows each call that is not an audit's", async () => {
    simulated.cloud.calls.length = 0;
    await preflight([...everything, "--deployment"]);
    const made = new Set(simulated.cloud.calls.map((call) => call.action));
    expect([...made].filter((action) => !/:(Describe|Get|List|SimulatePrincipalPolicy$)/.test(action))).toEqual([]);
    const documented = readFileSync("docs/preflight.md", "utf8");
    const ofNeeds = needs.map(({ action }) => action);
    expect([...made].filter((action) => !(ofNeeds.includes(action) || documented.includes(`"${action}"`)))).toEqual([]);
  });
});

describe("preflight says why", () => {
  const deny = (action: string, message: string) => simulated.cloud.fault({ kind: "deny", action, message });
  const byPolicy = "User: arn:aws:sts::222222222222:assumed-role/Audit/x is not authorized to perform: ";

  test.each([
    ["with an explicit deny in a service control policy", { kind: "service control policy", isExplicit: true }],
    ["because no permissions boundary allows the action", { kind: "permissions boundary", isExplicit: false }],
  ])("%s: the policy is named, and an Allow is not offered", async (cause, deniedBy) => {
    const allow = deny("rds:DescribeDBClusters", `${byPolicy}rds:DescribeDBClusters ${cause}`);
    try {
      const { status, result } = await preflight();
      const denied = result.permissions.find(({ action }) => action === "rds:DescribeDBClusters");
      expect(denied).toMatchObject({ status: "lack", deniedBy, reason: expect.stringContaining(cause) });
      expect({ status, policyToAdd: result.policyToAdd }).toEqual({ status: 1, policyToAdd: null });
    } finally {
      allow();
    }
  });

  test("a simulated denial by a service control policy: an Allow is not offered", async () => {
    const allow = deny("rds:ModifyDBCluster", "no service control policy allows it");
    try {
      const { result } = await preflight();
      expect(result.permissions.find(({ action }) => action === "rds:ModifyDBCluster")).toMatchObject({
        status: "lack",
        deniedBy: { kind: "service control policy", isExplicit: false },
      });
      expect(result.policyToAdd).toBeNull();
    } finally {
      allow();
    }
  });

  test("turning management off is denied: what toggles lack is found, although turning it on is allowed", async () => {
    const allow = simulated.cloud.fault({
      kind: "deny",
      action: "rds:ModifyDBInstance",
      matching: '"ContextKeyName":"rds:ManageMasterUserPassword","ContextKeyValues":["false"]',
    });
    try {
      expect(actionsThat((await preflight()).result, "lack")).toEqual(["rds:ModifyDBInstance"]);
      const enable = ["preflight", "--region", region, "--repair", "enable"];
      expect(actionsThat((await preflight(enable)).result, "lack")).toEqual([]);
    } finally {
      allow();
    }
  });

  test.each(["iam:SimulatePrincipalPolicy", "iam:GetRole"])(
    "%s is denied: what only a simulation can tell cannot be told, and the reason names it",
    async (action) => {
      const allow = simulated.cloud.fault({ kind: "deny", action });
      try {
        const { status, result } = await preflight();
        const untold = result.permissions.filter((permission) => permission.status === "unknown");
        expect(status).toBe(3);
        expect(untold.map((permission) => permission.action)).toContain("rds:ModifyDBInstance");
        expect(untold.filter(({ reason }) => !reason?.includes(action))).toEqual([]);
        expect(untold.filter(({ test }) => test !== "simulation")).toEqual([]);
      } finally {
        allow();
      }
    },
  );

  test("a throttled call cannot be told, which is no missing permission", async () => {
    const release = simulated.cloud.fault({ kind: "throttle", action: "rds:DescribeDBProxies" });
    try {
      const { status, result } = await preflight();
      expect(status).toBe(3);
      expect(actionsThat(result, "unknown")).toEqual(["rds:DescribeDBProxies"]);
      expect(actionsThat(result, "lack")).toEqual([]);
    } finally {
      release();
    }
  });

  test("KMS does not say whether a key is missing or denied: that cannot be told", async () => {
    const message = `${byPolicy}kms:DescribeKey because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access`;
    const allow = deny("kms:DescribeKey", message);
    try {
      expect(actionsThat((await preflight()).result, "unknown")).toEqual(["kms:DescribeKey"]);
    } finally {
      allow();
    }
  });

  test("denied in one of two Regions: the Region is named", async () => {
    const allow = simulated.cloud.fault({ kind: "deny", action: "rds:DescribeDBInstances", region: "us-east-1" });
    try {
      const { result } = await preflight(["preflight", "--region", region, "us-east-1"]);
      const denied = result.permissions.filter(({ status }) => status === "lack");
      expect(denied).toMatchObject([{ action: "rds:DescribeDBInstances", account, region: "us-east-1" }]);
    } finally {
      allow();
    }
  });
});

describe("preflight with a customer managed key", () => {
  let key: string;
  beforeAll(() => {
    const fleet = simulated.cloud.region(account, "us-east-1");
    key = fleet.addKey().Arn;
    fleet.addInstance({ identifier: "keyed", managed: { kmsKeyId: key } });
  });
  const keyed = ["preflight", "--region", "us-east-1", "--repair", "toggle"];

  test("its use is tried with a dry run; what only its policy decides cannot be told", async () => {
    const { status, result } = await preflight(keyed);
    expect(status).toBe(3);
    expect(result.permissions.find(({ action }) => action === "kms:GenerateDataKey")).toMatchObject({
      status: "have",
      test: "dry-run",
    });
    expect(actionsThat(result, "unknown")).toEqual(["kms:CreateGrant", "kms:Decrypt"]);
  });

  test("the dry run is denied: the permission is missing", async () => {
    const allow = simulated.cloud.fault({ kind: "deny", action: "kms:GenerateDataKey" });
    try {
      expect(actionsThat((await preflight(keyed)).result, "lack")).toEqual(["kms:GenerateDataKey"]);
    } finally {
      allow();
    }
  });
});

describe("preflight's exit statuses", () => {
  test("4: no account can be opened", async () => {
    const { status, stdout, stderr } = await runCli(["preflight", "--region", region, "--profile", "nobody"], {
      aws: simulated.aws,
    });
    expect({ status, stdout }).toEqual({ status: 4, stdout: "" });
    expect(stderr).toContain("profile nobody");
  });

  test("3: one of two accounts cannot be opened, and it is named", async () => {
    const { status, result } = await preflight(["preflight", "--region", region, "--profile", "staging", "nobody"]);
    expect(status).toBe(3);
    expect(result.unopened).toEqual([{ name: "profile nobody", reason: expect.stringContaining("profile nobody") }]);
  });

  test("2: a repair that does not exist", async () => {
    const { status, stderr } = await runCli(["preflight", "--region", region, "--repair", "togle"], {
      aws: simulated.aws,
    });
    expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining('did you mean "toggle"') });
  });

  test("without a policy and --repair, only the permissions of an audit are tried", async () => {
    const { status, result } = await preflight(["preflight", "--region", region]);
    expect(status).toBe(0);
    expect(result.permissions.map(({ action }) => action)).not.toContain("rds:ModifyDBInstance");
  });
});
