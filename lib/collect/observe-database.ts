import { prepare } from "../audit/judge.ts";
import { type ClassifiedDatabase, type Database, type DatabaseReference, isSameDatabase } from "../model/database.ts";
import { databaseNotFound } from "../model/errors.ts";
import type { Inventory } from "../model/inventory.ts";
import type { RemediationRequest } from "../model/remediation-request.ts";
import type { RuleContext } from "../model/rule.ts";
import { readScope } from "./read-target.ts";
import type { RegionPort } from "./region-port.ts";
import type { ReadOptions } from "./target-reading.ts";

/** What finds a database again: its resource ID, whatever it is called by now. */
type Identity = Pick<RemediationRequest["database"], "kind" | "resourceId">;

/** Describes one database with one call. Returns null if RDS returns no database with its resource ID. Throws an AwsCallError. */
export async function readDescription(port: RegionPort, database: Identity): Promise<Database | null> {
  const { kind, resourceId: value } = database;
  const pages =
    kind === "tenant-database"
      ? port.describeTenantDatabases({ by: "resourceId", value })
      : kind === "cluster"
        ? port.describeDBClusters({ kind, by: "resourceId", value })
        : port.describeDBInstances({ kind, by: "resourceId", value });
  for await (const page of pages) {
    const found = page.find((one) => isSameDatabase(one, database));
    if (found !== undefined) return found;
  }
  return null;
}

/** Reads a database and everything its gates depend on. Throws an AwsCallError if it cannot be read or does not exist. */
export async function observeDatabase(
  port: RegionPort,
  database: RemediationRequest["database"],
  { policy, rules, now }: Pick<ReadOptions, "policy" | "rules" | "now">,
): Promise<{ inventory: Inventory; database: ClassifiedDatabase; context: RuleContext }> {
  const reference = await toReadable(port, database);
  if (reference === null) throw databaseNotFound(database);
  const { target, errors } = await readScope(port, { policy, rules, now, only: [reference], forRepair: true });
  const inventory: Inventory = { schemaVersion: "1.0", observedAt: now, targets: [target], gaps: [] };
  for (const prepared of prepare(target, policy, now))
    if (isSameDatabase(prepared.database, database)) return { inventory, ...prepared };
  const [error] = errors;
  throw error ?? databaseNotFound(database);
}

/** The database to look up: itself, or the container of a tenant database. Null if the tenant database does not exist. */
async function toReadable(port: RegionPort, database: Identity): Promise<DatabaseReference | null> {
  const { kind, resourceId } = database;
  if (kind !== "tenant-database") return { kind, by: "resourceId", value: resourceId };
  const tenant = await readDescription(port, database);
  if (tenant === null) return null;
  const [value = ""] = tenant.identifier.split("/");
  return { kind: "instance", by: "identifier", value };
}
