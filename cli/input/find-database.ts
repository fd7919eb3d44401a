import { hidesDatabases } from "../../lib/audit/compare-reports.ts";
import { parseArn } from "../../lib/model/arn.ts";
import type { Database } from "../../lib/model/database.ts";
import { UsageError } from "../../lib/model/errors.ts";
import type { Inventory, Target } from "../../lib/model/inventory.ts";
import { suggest } from "../../lib/model/nearest.ts";
import { listScopes } from "../../lib/report/text/scopes.ts";

/** A database with the account and Region that it was read in. */
export type Found = { readonly target: Target; readonly database: Database };

/** How to name a database, for help texts. */
export const namingDatabases =
  "Name a database by its identifier, ARN or resource id. An ARN includes the Region, so --region can be omitted.";

/** What else the name could have meant: "neither a rule nor a database", and the other names. */
type Alternatives = { readonly what: string; readonly names: readonly string[] };

/** Finds the database with an identifier, ARN or resource id. Throws a UsageError if there is none, or more than one. */
export function findDatabase(
  name: string,
  inventory: Inventory,
  { what, names }: Alternatives = { what: "no database", names: [] },
): Found {
  const all = inventory.targets.flatMap((target) => target.databases.map((database) => ({ target, database })));
  const found = all.filter(
    ({ database: { arn, identifier, resourceId } }) =>
      arn === name ||
      resourceId.toLowerCase() === name.toLowerCase() ||
      identifier.toLowerCase() === name.toLowerCase(),
  );
  const [one] = found;
  if (found.length > 1)
    throw new UsageError(
      `${found.length} databases are called "${name}": give the ARN of one:\n${found.map(({ database }) => `  ${database.arn}`).join("\n")}`,
    );
  if (one !== undefined) return one;
  const known = all.flatMap(({ database: { arn, identifier } }) => (name.startsWith("arn:") ? arn : identifier));
  const gaps = inventory.gaps.length + inventory.targets.reduce((sum, { gaps }) => sum + gaps.length, 0);
  const hidden = gaps > 0 ? ", but some accounts or Regions could not be read" : "";
  throw new UsageError(`There is ${what} called "${name}"${suggest(name, [...names, ...known])}${hidden}.`);
}

/** Like `findDatabase`, before a change: throws a UsageError also if another database may have the same name. */
export function findDatabaseForSure(name: string, inventory: Inventory): Found {
  const found = findDatabase(name, inventory);
  const unread = listUnread(name, found, inventory);
  if (unread === null) return found;
  throw new UsageError(
    `Another database may be called "${name}", because ${unread} could not be read: if you mean ${found.database.arn}, give this ARN.`,
  );
}

/** The unread accounts and Regions that may have another database of that name; null if there are none, or if the name is an ARN or resource id, which is unique. */
export function listUnread(name: string, { database }: Found, inventory: Inventory): string | null {
  if (database.identifier.toLowerCase() !== name.toLowerCase()) return null;
  const gaps = [...inventory.gaps, ...inventory.targets.flatMap(({ gaps }) => gaps.filter(hidesDatabases))];
  return gaps.length === 0 ? null : listScopes(gaps);
}

/** The Region in a database's ARN; undefined for any other name. */
export function regionIn(name: string): string | undefined {
  const arn = parseArn(name);
  return arn?.service === "rds" ? arn.region : undefined;
}
