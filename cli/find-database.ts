import { isOfDatabases } from "../lib/audit/compare-reports.ts";
import type { Database } from "../lib/model/database.ts";
import { UsageError } from "../lib/model/errors.ts";
import type { Inventory, Target } from "../lib/model/inventory.ts";
import { suggest } from "../lib/model/nearest.ts";
import { listScopes } from "../lib/report/text/scopes.ts";

/** A database, and where it was read. */
export type Found = { readonly target: Target; readonly database: Database };

/** How the user may name a database, for help texts. */
export const namingDatabases =
  "A database is named by its identifier, ARN or resource id; an ARN says its Region itself.";

/** What else the name could have been: a sentence's "neither a rule nor a database", and the other names. */
type Alternatives = { readonly what: string; readonly names: readonly string[] };

/** The database that a name means: an identifier, an ARN or a resource id. Throws a UsageError where there is none, or more than one. */
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
      `There are ${found.length} databases called "${name}"; give the ARN of one:\n${found.map(({ database }) => `  ${database.arn}`).join("\n")}`,
    );
  if (one !== undefined) return one;
  const known = all.flatMap(({ database: { arn, identifier } }) => (name.startsWith("arn:") ? arn : identifier));
  const gaps = inventory.gaps.length + inventory.targets.reduce((sum, { gaps }) => sum + gaps.length, 0);
  const hidden = gaps > 0 ? ", but not everything could be read" : "";
  throw new UsageError(`There is ${what} called "${name}"${suggest(name, [...names, ...known])}${hidden}.`);
}

/** The same for a database that may be changed. Throws a UsageError where another one may have the name too. */
export function findDatabaseForSure(name: string, inventory: Inventory): Found {
  const found = findDatabase(name, inventory);
  const unread = listUnread(name, found, inventory);
  if (unread === null) return found;
  throw new UsageError(
    `One database called "${name}" was found, but ${unread} could not be read, and may have another: give its ARN, ${found.database.arn}, if that is the one.`,
  );
}

/** The places that may have another database of the name and could not be read; null where the name is an ARN or a resource id, which no two have. */
export function listUnread(name: string, { database }: Found, inventory: Inventory): string | null {
  if (database.identifier.toLowerCase() !== name.toLowerCase()) return null;
  const gaps = [...inventory.gaps, ...inventory.targets.flatMap(({ gaps }) => gaps.filter(isOfDatabases))];
  return gaps.length === 0 ? null : listScopes(gaps);
}

/** The Region that a database's ARN names; undefined for any other name. */
export function regionIn(name: string): string | undefined {
  return /^arn:[^:]+:rds:([^:]+):/.exec(name)?.[1];
}
