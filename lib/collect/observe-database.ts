import { prepare } from "../audit/judge.ts";
import type { ClassifiedDatabase, Database, DatabaseReference } from "../model/database.ts";
import { AwsCallError } from "../model/errors.ts";
import type { Inventory } from "../model/inventory.ts";
import type { RemediationRequest } from "../model/remediation-request.ts";
import type { RuleContext } from "../model/rule.ts";
import { toReference } from "./affected-databases.ts";
import { type ReadOptions, type RegionPort, readTarget } from "./read-target.ts";

/** Reads the database alone: one call. Null where it is gone. Throws an AwsCallError. */
export async function readDescription(
  port: RegionPort,
  { arn, kind, identifier }: RemediationRequest["database"],
): Promise<Database | null> {
  const [name = ""] = identifier.split("/");
  const pages =
    kind === "tenant-database"
      ? port.describeTenantDatabases(name)
      : kind === "cluster"
        ? port.describeDBClusters({ kind, by: "identifier", value: name })
        : port.describeDBInstances({ kind, by: "identifier", value: name });
  try {
    for await (const page of pages) {
      const found = page.find((database) => database.arn === arn);
      if (found !== undefined) return found;
    }
  } catch (error) {
    // A container is named, not filtered by: without it RDS answers with an error.
    if (error instanceof AwsCallError && /^DBInstanceNotFound/.test(error.code)) return null;
    throw error;
  }
  return null;
}

/** Reads the database and all that its gates depend on. Throws an AwsCallError where it cannot be read, or is gone. */
export async function observeDatabase(
  port: RegionPort,
  database: RemediationRequest["database"],
  { policy, rules, now }: Pick<ReadOptions, "policy" | "rules" | "now">,
): Promise<{ inventory: Inventory; database: ClassifiedDatabase; context: RuleContext }> {
  const target = await readTarget(port, { policy, rules, now, only: [toContainer(database)], forRepair: true });
  const inventory: Inventory = { schemaVersion: "1.0", observedAt: now, targets: [target], gaps: [] };
  for (const prepared of prepare(target, policy, now))
    if (prepared.database.arn === database.arn) return { inventory, ...prepared };
  const [gap] = target.gaps;
  if (gap !== undefined) throw new AwsCallError(gap.action, gap.code, gap.message);
  throw new AwsCallError("rds:DescribeDBInstances", "DatabaseNotFound", `there is no ${database.arn} any more`);
}

/** What is looked up for a database: itself, or the instance that contains it. */
function toContainer({ arn, kind, identifier }: RemediationRequest["database"]): DatabaseReference {
  const [container = ""] = identifier.split("/");
  if (kind === "tenant-database") return { kind: "instance", by: "identifier", value: container };
  return toReference(arn) ?? { kind, by: "identifier", value: identifier };
}
