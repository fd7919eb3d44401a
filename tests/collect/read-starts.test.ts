import { describe, expect, test } from "@jest/globals";
import type { Cloud } from "../../simulator/state.ts";
import { auditSimulated, inShort, now, region } from "../support/simulated-audit.ts";

const account = "111111111111";
const hoursAgo = (hours: number) => new Date(Date.parse(now) - hours * 3_600_000);
const overdue = { NextRotationDate: hoursAgo(100), LastRotatedDate: hoursAgo(268) };

/** Audits one Region; returns its findings in short, its gaps, and how often its events were read. */
async function audit(fleet: (here: ReturnType<Cloud["region"]>, cloud: Cloud) => void) {
  const { report, calls } = await auditSimulated({ fleet: (cloud) => fleet(cloud.region(account, region), cloud) });
  const { findings, coverage } = report;
  return {
    findings: inShort(findings),
    gaps: coverage.gaps.map(({ action, resource }) => `${action} ${resource}`),
    calls: calls.filter((call) => call.endsWith("rds:DescribeEvents")).length,
  };
}

describe("a late rotation", () => {
  test.each([
    ["started by a person", "DB instance started."],
    [
      "started by RDS after seven days",
      "DB instance is being started due to it exceeding the maximum allowed time being stopped.",
    ],
  ])("of a database that has just started, and is available already, is no finding: %s", async (_, message) => {
    const audited = await audit((here) => {
      const database = here.addInstance({ identifier: "orders", managed: overdue });
      here.addEvent({ database, message, at: hoursAgo(2) });
    });
    expect(audited).toEqual({ findings: [], gaps: [], calls: 1 });
  });

  test("of a cluster that has just started is no finding", async () => {
    const audited = await audit((here) => {
      const database = here.addCluster({ identifier: "shop", managed: overdue });
      here.addEvent({ database, message: "DB cluster started.", at: hoursAgo(2) });
    });
    expect(audited).toEqual({ findings: [], gaps: [], calls: 1 });
  });

  test("of the tenant databases of a container that has just started is none, with one call for the container", async () => {
    const audited = await audit((here) => {
      const instance = here.addInstance({ identifier: "erp", engine: "oracle-ee-cdb", MultiTenant: true });
      here.addTenantDatabase({ instance, name: "PAY", managed: overdue });
      here.addTenantDatabase({ instance, name: "HR", managed: overdue });
      here.addEvent({ database: instance, message: "DB instance started.", at: hoursAgo(2) });
    });
    expect(audited).toEqual({ findings: [], gaps: [], calls: 1 });
  });

  test.each([
    ["that restarted", "DB instance restarted", 2],
    ["that started before the grace period", "DB instance started.", 25],
    ["whose start failed", "DB instance could not be started.", 2],
  ])("of a database %s is a violation", async (_, message, hours) => {
    const audited = await audit((here) => {
      const database = here.addInstance({ identifier: "orders", managed: overdue });
      here.addEvent({ database, message, at: hoursAgo(hours) });
    });
    expect(audited).toEqual({ findings: ["rotation-on-schedule orders NON_COMPLIANT"], gaps: [], calls: 1 });
  });

  test("is not excused by the start of another database", async () => {
    const audited = await audit((here) => {
      here.addInstance({ identifier: "orders", managed: overdue });
      const database = here.addInstance({ identifier: "shop", managed: true });
      here.addEvent({ database, message: "DB instance started.", at: hoursAgo(2) });
    });
    expect(audited.findings).toEqual(["rotation-on-schedule orders NON_COMPLIANT"]);
  });

  test("is unknown, neither a violation nor a pass, if the events cannot be read", async () => {
    const audited = await audit((here, cloud) => {
      here.addInstance({ identifier: "orders", managed: overdue });
      cloud.fault({ action: "rds:DescribeEvents", account, kind: "deny" });
    });
    expect(audited).toMatchObject({
      findings: ["rotation-on-schedule orders INSUFFICIENT_DATA"],
      gaps: [`rds:DescribeEvents arn:aws:rds:${region}:${account}:db:orders`],
    });
  });
});

test("events are not read for a database that rotates on schedule", async () => {
  expect(await audit((here) => here.addInstance({ identifier: "orders", managed: true }))).toEqual({
    findings: [],
    gaps: [],
    calls: 0,
  });
});
