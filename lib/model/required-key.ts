import { turnOnCommand } from "./aws-cli.ts";
import type { Database } from "./database.ts";
import type { RequiredKey } from "./rule.ts";

/**
 * The command that turns management on with a key that the policy accepts: the first that it names and that may exist, else the default key. Null if
 * it requires a customer managed key and names none, because a person must choose one.
 */
export function turnOnAsRequired(
  database: Pick<Database, "kind" | "region" | "identifier">,
  requiredKeys: readonly RequiredKey[],
): string | null {
  if (requiredKeys.length === 0) return turnOnCommand(database, null);
  const first = requiredKeys.find((one) => one.requirement !== "customer-managed" && !isMissing(one));
  if (first === undefined) return null;
  return turnOnCommand(database, first.requirement === "aws-managed" ? null : first.requirement);
}

function isMissing({ requirement, key }: RequiredKey): boolean {
  return requirement !== "aws-managed" && key.seen && key.value === null;
}
