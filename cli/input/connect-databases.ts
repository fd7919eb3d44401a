import type { Inventory } from "../../lib/model/inventory.ts";
import type { Policy } from "../../lib/model/policy.ts";
import type { AwsAccount, Io } from "../io.ts";
import type { RequestedDatabase } from "../repairs/repair-target.ts";
import type { Found } from "./find-database.ts";
import { type Source, takeInventoryWithProgress } from "./source.ts";

/** An inventory, and a way to connect to databases in it, each once, with the credentials of its account. */
export type OpenInventory = {
  readonly inventory: Inventory;
  readonly connect: (found: readonly Found[]) => Promise<readonly RequestedDatabase[]>;
};

/** Reads the accounts and Regions to find databases in them. */
export async function openDatabases({ accounts, regions }: Source, policy: Policy, io: Io): Promise<OpenInventory> {
  const known = accounts.map(rememberIdentity);
  const inventory = await takeInventoryWithProgress({ accounts: known, regions, policy }, io);
  return { inventory, connect: (found) => connect(known, found) };
}

async function connect(
  accounts: readonly AwsAccount[],
  found: readonly Found[],
): Promise<readonly RequestedDatabase[]> {
  const requested: RequestedDatabase[] = [];
  for (const { database, target } of new Map(found.map((one) => [one.database.arn, one])).values())
    for (const account of accounts) {
      const identity = await account.identify().catch(() => null);
      if (identity?.account !== target.account) continue;
      const port = account.region({ ...identity, region: target.region });
      requested.push({ database, port, caller: identity.arn });
      break;
    }
  return requested;
}

/** Identifies the credentials only once. */
function rememberIdentity(account: AwsAccount): AwsAccount {
  let known: ReturnType<AwsAccount["identify"]> | undefined;
  return {
    ...account,
    identify(region) {
      known ??= account.identify(region);
      return known;
    },
  };
}
