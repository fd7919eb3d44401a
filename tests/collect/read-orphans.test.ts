import { describe, expect, test } from "@jest/globals";
import { assembleReport } from "../../lib/audit/assemble-report.ts";
import { readTarget } from "../../lib/collect/read-target.ts";
import { toIdentifierReference } from "../../lib/model/database.ts";
import { defaultPolicy } from "../../lib/model/default-policy.ts";
import type { Report } from "../../lib/model/report.ts";
import { rules } from "../../rules/index.ts";
import type { Cloud } from "../../simulator/state.ts";
import { auditSimulated, now, region } from "../support/simulated-audit.ts";
import { withSimulatedRegion } from "../support/simulated-region.ts";

const account = "111111111111";
const name = "rds!db-5d1e0c7a-8a3b-4c1f-9d53-0e7f3b1c2a64";
const minutesAgo = (minutes: number) => new Date(Date.parse(now) - minutes * 60_000);

const orphansOf = ({ coverage }: Report) => coverage.targets.map(({ orphanedSecrets }) => orphanedSecrets);

/** Adds a secret that RDS left behind. */
function addOrphan(here: ReturnType<Cloud["region"]>): string {
  return here.addSecret({
    name,
    OwningService: "rds",
    Tags: [{ Key: "aws:rds:primaryDBInstanceArn", Value: `arn:aws:rds:${region}:${account}:db:gone` }],
  }).ARN;
}

describe("secrets that no database names", () => {
  test("are in the report once, with the database that they were created for, and are no finding", async () => {
    let arn = "";
    const { report } = await auditSimulated({
      fleet: (cloud) => {
        const here = cloud.region(account, region);
        here.addInstance({ identifier: "orders", managed: true });
        arn = addOrphan(here);
      },
    });
    expect(orphansOf(report)).toEqual([
      [{ arn, createdFor: `arn:aws:rds:${region}:${account}:db:gone`, createdAt: expect.any(String) }],
    ]);
    expect(report).toMatchObject({ clean: true, findings: [] });
  });

  test("are unknown in a Region without a managed database, whose secrets are not listed", async () => {
    const { report, calls } = await auditSimulated({ fleet: (cloud) => addOrphan(cloud.region(account, region)) });
    expect(orphansOf(report)).toEqual([null]);
    expect(calls.filter((call) => call.endsWith("ListSecrets"))).toEqual([]);
  });

  test.each(["rds:DescribeDBClusters", "secretsmanager:ListSecrets"])("are unknown if %s fails", async (action) => {
    const { report } = await auditSimulated({
      fleet: (cloud) => {
        const here = cloud.region(account, region);
        here.addInstance({ identifier: "orders", managed: true });
        addOrphan(here);
        cloud.fault({ action, account, kind: "deny" });
      },
    });
    expect(orphansOf(report)).toEqual([null]);
  });

  test("are confirmed, because the list may still have a secret that was deleted minutes ago", async () => {
    const { report, calls } = await auditSimulated({
      fleet: (cloud) => {
        cloud.lag.listSecretsSeconds = 300;
        const here = cloud.region(account, region);
        here.addInstance({ identifier: "orders", managed: true });
        here.editSecret(addOrphan(here), undefined);
      },
    });
    expect(orphansOf(report)).toEqual([[]]);
    expect(calls.filter((call) => call.endsWith("DescribeSecret"))).toHaveLength(1);
  });

  test("do not include replicas of a secret of another Region", async () => {
    const { report } = await auditSimulated({
      fleet: (cloud) => {
        const here = cloud.region(account, region);
        here.addInstance({ identifier: "orders", managed: true });
        here.addSecret({ name, OwningService: "rds", PrimaryRegion: "us-east-1" });
      },
    });
    expect(orphansOf(report)).toEqual([[]]);
  });

  test("do not include the secret of a database that is being created", async () => {
    const { report } = await auditSimulated({
      fleet: (cloud) => {
        const here = cloud.region(account, region);
        here.addInstance({ identifier: "orders", managed: true });
        here.addSecret({ name, OwningService: "rds", CreatedDate: minutesAgo(3) });
      },
    });
    expect(orphansOf(report)).toEqual([[]]);
  });

  test.each([1, 60])("do not include those of databases that were not asked for: %i of them", (number) =>
    withSimulatedRegion(async ({ here, port }) => {
      const identifiers = Array.from({ length: number }, (_, index) => `db-${index}`);
      for (const identifier of ["another", ...identifiers]) here.addInstance({ identifier, managed: true });
      const only = identifiers.map((identifier) => toIdentifierReference("instance", identifier));
      const target = await readTarget(port, { policy: defaultPolicy, rules, now, only });
      const inventory = { schemaVersion: "1.0" as const, observedAt: now, targets: [target], gaps: [] };
      const report = assembleReport(inventory, { policy: defaultPolicy, rules, generatedAt: now, version: "0" });
      expect(report.databases).toHaveLength(number);
      expect(orphansOf(report)).toEqual([[]]);
    }),
  );
});
