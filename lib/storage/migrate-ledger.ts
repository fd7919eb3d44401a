import { parseArn } from "../model/arn.ts";
import type { Ledger } from "../model/ledger.ts";
import type { Stored } from "./update-stored.ts";

/**
 * The ledger of one account. Until it is first written, it starts from the ledger of an earlier version, which had one object for all
 * accounts, so that nothing is published twice or as new. The earlier object stays unchanged.
 */
export function migrateLedger(
  own: Stored<Ledger>,
  earlier: Pick<Stored<Ledger>, "read">,
  account: string,
): Stored<Ledger> {
  return {
    ...own,
    async read() {
      const found = await own.read();
      if (found.version !== null) return found;
      const { value, version } = await earlier.read();
      return version === null ? found : { value: onlyOf(account, value), version: null };
    },
  };
}

/** What a ledger knows of one account. */
function onlyOf(account: string, ledger: Ledger): Ledger {
  const isOwn = (one: { readonly account: string }) => one.account === account;
  const outbox = Object.entries(ledger.outbox).map(([name, entries]) => [
    name,
    entries.filter(({ change }) => isOwn(change.finding)),
  ]);
  return {
    ...ledger,
    known: ledger.known.filter(isOwn),
    seen: Object.fromEntries(Object.entries(ledger.seen).filter(([arn]) => parseArn(arn)?.account === account)),
    notEvaluated: ledger.notEvaluated.filter(isOwn),
    regions: ledger.regions.filter(isOwn),
    outbox: Object.fromEntries(outbox),
    notices: ledger.notices.flatMap(({ notice, lease }) => {
      if (notice.type !== "regions-emptied") return { notice, lease };
      const regions = notice.regions.filter(isOwn);
      return regions.length === 0 ? [] : { notice: { ...notice, regions }, lease };
    }),
  };
}
