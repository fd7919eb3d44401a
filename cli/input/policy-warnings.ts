import { missingKeys, unmatchedEntries } from "../../lib/audit/unmatched-entries.ts";
import type { Inventory } from "../../lib/model/inventory.ts";
import type { Policy } from "../../lib/model/policy.ts";
import { makePrintable } from "../../lib/report/text/printable.ts";
import { listScopes } from "../../lib/report/text/scopes.ts";
import { type Io, write } from "../io.ts";

/** Says what in the policy fits nothing that was read: entries without a database, and keys that do not exist. */
export async function warnOfPolicy(policy: Policy, inventory: Inventory, io: Pick<Io, "stderr">): Promise<void> {
  const entries = unmatchedEntries(policy, inventory);
  if (entries.length > 0)
    await write(io.stderr, `The policy has entries that match no database that was read: ${entries.join(", ")}.\n`);
  for (const { key, targets } of makePrintable(missingKeys(policy, inventory)))
    await write(
      io.stderr,
      `The policy requires the key ${key}, which does not exist in ${listScopes(targets)}: create it, or name another under keys.\n`,
    );
}
