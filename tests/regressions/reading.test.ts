import { describe, expect, test } from "@jest/globals";
import type { createCloud } from "../../simulator/cloud.ts";
import { auditSimulated, inShort, region } from "../support/simulated-audit.ts";

const account = "111111111111";
const fleetOf = (count: number) => (cloud: ReturnType<typeof createCloud>) => {
  const here = cloud.region(account, region);
  for (let index = 0; index < count; index += 1) here.addInstance({ identifier: `db-${index}`, managed: true });
};

describe("problems of other tools with reading AWS (peers.md, section 6)", () => {
  test("17, aws-cli#8604: ten databases cost no more calls than one", async () => {
    const [one, ten] = await Promise.all([1, 10].map((count) => auditSimulated({ fleet: fleetOf(count) })));
    expect(ten?.calls.length).toBe(one?.calls.length);
  });

  test("19, c7n#1390, prowler#5517: an occasionally throttled fleet is read completely", async () => {
    const { report, calls } = await auditSimulated({
      fleet: (cloud) => {
        fleetOf(250)(cloud);
        cloud.fault({ action: "rds:DescribeDBInstances", kind: "throttle", skip: 1, times: 1 });
        cloud.fault({ action: "secretsmanager:ListSecrets", kind: "throttle", times: 1 });
      },
    });
    expect(report.clean).toBe(true);
    expect(report.summary.managed).toBe(250);
    expect(calls.filter((call) => call.endsWith("DescribeDBInstances"))).toHaveLength(4);
  });

  test("20, sensu-plugins-aws#101: throttled is not the same as not found", async () => {
    const { report } = await auditSimulated({
      fleet: (cloud) => {
        fleetOf(1)(cloud);
        cloud.fault({ action: "kms:DescribeKey", kind: "throttle" });
      },
    });
    expect(inShort(report.findings)).toContain("secret-key-usable db-0 INSUFFICIENT_DATA");
    expect(report.coverage.gaps).toEqual([expect.objectContaining({ code: "ThrottlingException" })]);
  });

  test("21, prowler#8250: an inaccessible account is in the report", async () => {
    const accounts = [account, "222222222222"];
    const { report } = await auditSimulated({
      accounts,
      fleet: (cloud) => cloud.fault({ action: "sts:*", account: "222222222222", kind: "deny" }),
    });
    expect(report.clean).toBe(false);
    expect(report.coverage.gaps).toEqual([expect.objectContaining({ account: "account 222222222222" })]);
  });

  test("22, prowler#2713: a Region that never answers becomes a gap, and the others are audited", async () => {
    const { report } = await auditSimulated({
      requestTimeoutSeconds: 0.3,
      regions: [region, "us-east-1"],
      fleet: (cloud) => {
        cloud.region(account, region).addInstance({ identifier: "legacy" });
        cloud.fault({ action: "rds:*", region: "us-east-1", kind: "hang" });
      },
    });
    expect(inShort(report.findings)).toEqual(["master-password-managed legacy NON_COMPLIANT"]);
    expect(report.coverage.gaps.map(({ region, action, code }) => [region, action, code])).toEqual([
      ["us-east-1", "rds:DescribeDBClusters", "TimeoutError"],
      ["us-east-1", "rds:DescribeDBInstances", "TimeoutError"],
    ]);
  });
});
