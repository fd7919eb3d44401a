import { resourceType } from "../../model/database.ts";
import { isRegionName, toConsoleHost } from "../../model/regions.ts";

/** The page of a database in the RDS console; that of its container for a tenant database. Null if the Region's name is none, or there is no name. */
export function toConsoleLink(
  database: { readonly type: string; readonly identifier: string },
  region: string,
): string | null {
  const [identifier = ""] = database.identifier.split("/");
  if (!isRegionName(region) || identifier.trim() === "") return null;
  const isCluster = database.type === resourceType({ kind: "cluster" });
  return `https://${toConsoleHost(region)}/rds/home?region=${region}#database:id=${encodeURIComponent(identifier.toWellFormed())};is-cluster=${isCluster}`;
}
