import { prepare } from "../audit/judge.ts";
import { type ClassifiedDatabase, type Database, type DatabaseReference, toReference } from "../model/database.ts";
import { AwsCallError } from "../model/errors.ts";
import type { Inventory } from "../model/inventory.ts";
import type { RemediationRequest } from "../model/remediation-request.ts";
import type { RuleContext } from "../model/rule.ts";
import { readScope } from "./read-target.ts";
import type { RegionPort } from "./region-port.ts";
import type { ReadOptions } from "./target-reading.ts";

/** Describes one database with one call. Returns null if it does not exist. Throws an AwsCallError. */
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
    // DescribeTenantDatabases takes an identifier, not a filter: RDS answers an error if the container does not exist.
    if (error instanceof AwsCallError && /^DBInstanceNotFound/.test(error.code)) return null;
    throw error;
  }
  return null;
}

/** Reads a database and everything its gates depend on. Throws an AwsCallError if it cannot be read or does not exist. */
export async function observeDatabase(
  port: RegionPort,
  database: RemediationRequest["database"],
  { policy, rules, now }: Pick<ReadOptions, "policy" | "rules" | "now">,
): Promise<{ inventory: Inventory; database: ClassifiedDatabase; context: RuleContext }> {
  const options = { policy, rules, now, only: [toContainer(database)], forRepair: true };
  const { target, errors } = await readScope(port, options);
  const inventory: Inventory = { schemaVersion: "1.0", observedAt: now, targets: [target], gaps: [] };
  for (const prepared of prepare(target, policy, now))
    if (prepared.database.arn === database.arn) return { inventory, ...prepared };
  const [error] = errors;
  if (error !== undefined) throw error;
  throw new AwsCallError("rds:DescribeDBInstances", "DatabaseNotFound", `${database.arn} does not exist`);
}

/** The database to look up: itself, or the container of a tenant database. */
function toContainer({ arn, kind, identifier }: RemediationRequest["database"]): DatabaseReference {
  const [container = ""] = identifier.split("/");
  if (kind === "tenant-database") return { kind: "instance", by: "identifier", value: container };
  return toReference(arn) ?? { kind, by: "identifier", value: identifier };
}
