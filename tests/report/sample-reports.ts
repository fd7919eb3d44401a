import { assembleReport } from "../../lib/audit/assemble-report.ts";
import { reasons } from "../../lib/audit/classify.ts";
import type { Database } from "../../lib/model/database.ts";
import type { Inventory, Target } from "../../lib/model/inventory.ts";
import type { Policy } from "../../lib/model/policy.ts";
import type { Report } from "../../lib/model/report.ts";
import type { ReportOptions } from "../../lib/report/text/reporter.ts";
import { rules } from "../../rules/index.ts";
import { aGap, anInventory, aPlainDatabase, aPolicy, aTarget, now, region } from "../support/builders.ts";

/** By default 80 columns without colors. */
export function options(overrides: Partial<ReportOptions> = {}): ReportOptions {
  return {
    width: 80,
    color: false,
    reasons: Object.fromEntries(reasons.map(({ code, explanation }) => [code, explanation])),
    rules,
    ...overrides,
  };
}

/** The report of an inventory. */
export function aReport(inventory: Inventory, policy: Partial<Policy> = {}): Report {
  return assembleReport(inventory, { policy: aPolicy(policy), rules, generatedAt: now, version: "1.2.3" });
}

/** A target with `count` unmanaged databases. */
export function aTargetOf(count: number, target: Partial<Target> = {}, database: Partial<Database> = {}): Target {
  const account = target.account ?? "123456789012";
  const databases = Array.from({ length: count }, (_, index) => {
    const identifier = `db-${String(index).padStart(4, "0")}`;
    const arn = `arn:aws:rds:${target.region ?? region}:${account}:db:${identifier}`;
    return aPlainDatabase({
      account,
      region: target.region ?? region,
      identifier,
      arn,
      resourceId: `db-RESOURCE${index}`,
      ...database,
    });
  });
  return aTarget({ databases, secrets: [], globalClusterMembers: [], blueGreenDeployments: [], ...target });
}

/** ListSecrets is denied in two Regions, and a second account cannot be accessed. */
export function anIncompleteInventory(): Inventory {
  const gap = {
    message: "User: arn:aws:iam::123456789012:role/auditor is not authorized to perform: secretsmanager:ListSecrets",
  };
  return anInventory({
    targets: [
      aTarget({ secrets: [], gaps: [aGap(gap)] }),
      aTarget({ region: "us-east-1", databases: [], gaps: [aGap({ ...gap, region: "us-east-1" })] }),
    ],
    gaps: [
      aGap({
        account: "profile legacy",
        region: "*",
        action: "sts:GetCallerIdentity",
        code: "AccessError",
        message:
          'The AWS session of profile legacy has expired: log in again, for instance with "aws sso login --profile legacy".',
      }),
    ],
  });
}
