import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { actionNames } from "../../lib/model/action.ts";
import type { Preflight } from "../../lib/model/preflight.ts";
import { listPermissionNeeds } from "../../lib/preflight/permission-needs.ts";
import { rules } from "../../rules/index.ts";
import { createCloud } from "../../simulator/cloud.ts";
import { runCli } from "../cli/run-cli.ts";
import { startSimulatedAws } from "../cli/simulated-aws.ts";
import { now } from "../support/builders.ts";
import { sampleAccounts } from "../../simulator/organization.ts";

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

  test("nothing is changed", async () => {
    simulated.cloud.calls.length = 0;
    await preflight([...everything, "--deployment"]);
    const made = new Set(simulated.cloud.calls.map((call) => call.action));
    expect([...made].filter((action) => !/:(Describe|Get|List|SimulatePrincipalPolicy$)/.test(action))).toEqual([]);
  });
});
