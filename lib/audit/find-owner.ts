import type { Database } from "../model/database.ts";
import type { Policy } from "../model/policy.ts";

/** The owner of a database: the value of the first tag of the policy's `ownerTags` that it has, whatever the case of the tag's name; else null. */
export function findOwner({ tags }: Pick<Database, "tags">, { ownerTags }: Pick<Policy, "ownerTags">): string | null {
  const values = new Map(Object.entries(tags).map(([name, value]) => [name.toLowerCase(), value.trim()]));
  const found = ownerTags.map((name) => values.get(name.toLowerCase()) ?? "").find((value) => value !== "");
  return found ?? null;
}
