import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { Preflight } from "../../lib/model/preflight.ts";
import { createCloud } from "../../simulator/cloud.ts";
import { sampleAccounts } from "../../simulator/organization.ts";
import type { Region } from "../../simulator/state.ts";
import { runCli } from "../cli/run-cli.ts";
import { startSimulatedAws } from "../cli/simulated-aws.ts";
import { now } from "../support/builders.ts";

const account = sampleAccounts.staging;
const region = "eu-west-1";

let simulated: Awaited<ReturnType<typeof startSimulatedAws>>;
let fleet: Region;
beforeEach(async () => {
  const cloud = createCloud({ now: new Date(now) });
  fleet = cloud.region(account, region);
  simulated = await startSimulatedAws(cloud);
  fleet.workloads.recorder = { name: "default", recording: true };
  fleet.workloads.trails.push({ Name: "management", isLogging: true });
  fleet.enableSecurityHub();
});
afterEach(() => simulated.close());

async function check(
  ...argv: string[]
): Promise<{ status: number; statuses: Record<string, string>; details: string }> {
  const { status, stdout } = await runCli(
    ["preflight", "--region", region, "--deployment", "--format", "json", ...argv],
    { aws: simulated.aws },
  );
  const prerequisites = (JSON.parse(stdout) as Preflight).prerequisites ?? [];
  return {
    status,
    statuses: Object.fromEntries(prerequisites.map((one) => [one.name, one.status])),
    details: prerequisites.map(({ detail }) => detail).join("\n"),
  };
}

const all = {
  "AWS Config recorder": "have",
  "CloudTrail trail": "have",
  "Lambda concurrency": "have",
  "Security Hub CSPM": "have",
};

describe("preflight --deployment", () => {
  test("everything is there", async () => {
    expect(await check()).toMatchObject({ status: 0, statuses: all });
    expect((await check("--repair", "rotate")).statuses).toEqual({ ...all, "Durable functions": "have" });
  });

  test.each<[string, string, (workloads: Region["workloads"]) => void]>([
    [
      "AWS Config recorder",
      "There is no configuration recorder",
      (workloads) => {
        workloads.recorder = null;
      },
    ],
    [
      "AWS Config recorder",
      "The configuration recorder is off",
      (workloads) => {
        workloads.recorder = { name: "default", recording: false };
      },
    ],
    [
      "AWS Config recorder",
      "does not record AWS::RDS::DBCluster",
      (workloads) => {
        workloads.recorder = { name: "default", recording: true, resourceTypes: ["AWS::RDS::DBInstance"] };
      },
    ],
    [
      "Lambda concurrency",
      "107 executions are unreserved, and 108 are needed",
      (workloads) => {
        workloads.unreservedConcurrency = 107;
      },
    ],
    [
      "CloudTrail trail",
      "There is no trail",
      (workloads) => {
        workloads.trails = [];
      },
    ],
    [
      "CloudTrail trail",
      "No trail logs management events",
      (workloads) => {
        workloads.trails = [
          { Name: "stopped", isLogging: false },
          { Name: "data", isLogging: true, hasManagementEvents: false },
        ];
      },
    ],
  ])("%s is missing: %s", async (name, detail, change) => {
    change(fleet.workloads);
    const result = await check();
    expect(result).toMatchObject({ status: 1, statuses: { ...all, [name]: "lack" } });
    expect(result.details).toContain(detail);
  });

  test("108 unreserved executions are enough without repairs, and with repairs they are not", async () => {
    fleet.workloads.unreservedConcurrency = 108;
    expect(await check()).toMatchObject({ status: 0, statuses: all });
    expect((await check("--repair", "rotate")).statuses).toMatchObject({ "Lambda concurrency": "lack" });
  });

  test("Security Hub is optional", async () => {
    fleet.securityHub.isEnabled = false;
    expect(await check()).toMatchObject({ status: 0, statuses: { ...all, "Security Hub CSPM": "lack" } });
  });

  test("a Region without durable functions", async () => {
    fleet.workloads.hasDurableFunctions = false;
    expect(await check("--repair", "rotate")).toMatchObject({ status: 1, statuses: { "Durable functions": "lack" } });
  });

  test.each([
    ["config:DescribeConfigurationRecorders", "AWS Config recorder"],
    ["config:DescribeConfigurationRecorderStatus", "AWS Config recorder"],
    ["lambda:GetAccountSettings", "Lambda concurrency"],
    ["cloudtrail:DescribeTrails", "CloudTrail trail"],
    ["cloudtrail:GetTrailStatus", "CloudTrail trail"],
    ["cloudtrail:GetEventSelectors", "CloudTrail trail"],
  ])("%s is denied: it cannot be told, which is no missing prerequisite", async (action, name) => {
    simulated.cloud.fault({ kind: "deny", action });
    const result = await check();
    expect(result).toMatchObject({ status: 3, statuses: { ...all, [name]: "unknown" } });
    expect(result.details).toContain(action);
  });

  test("lambda:ListDurableExecutionsByFunction is denied: whether the Region has durable functions cannot be told", async () => {
    simulated.cloud.fault({ kind: "deny", action: "lambda:ListDurableExecutionsByFunction" });
    expect(await check("--repair", "rotate")).toMatchObject({
      status: 3,
      statuses: { ...all, "Durable functions": "unknown" },
    });
  });
});
