import type { Database } from "../model/database.ts";
import { matchesGlob } from "../model/glob.ts";
import type { Match } from "../model/policy.ts";

/** True if a policy's match covers a database: every given field must match, with any entry of a list. */
export function matches(match: Match, database: Database): boolean {
  const { account, region, engine, identifier, tags } = match;
  if (account !== undefined && !account.includes(database.account)) return false;
  if (region !== undefined && !region.includes(database.region)) return false;
  if (engine !== undefined && !engine.some((glob) => matchesGlob(database.engine, glob))) return false;
  if (identifier !== undefined && !identifier.some((glob) => matchesGlob(database.identifier, glob))) return false;
  return Object.entries(tags ?? {}).every(([key, value]) => database.tags[key] === value);
}
