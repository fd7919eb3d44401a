import pLimit from "p-limit";
import { assembleReport } from "./audit/assemble-report.ts";
import type { AccountPort } from "./collect/choose-targets.ts";
import { concurrency } from "./collect/take-inventory.ts";
import type { RunReference } from "./model/organization-run.ts";
import { createRegionLists, type RegionListOptions } from "./organization/list-account-regions.ts";
import { type AccountRequest, readAccount, toInventory } from "./organization/read-account.ts";
import {
  type Destination,
  type Publication,
  type PublishRequest,
  publishReport,
  type Store,
} from "./publish/publish-report.ts";

/** A member account: how it is read, where it is stored, and which destinations for machines get its changes. */
export type MemberService = {
  readonly port: AccountPort;
  readonly store: Store;
  readonly destinations: readonly Destination[];
};

export type AuditAccountsRequest = Pick<AccountRequest, "policy" | "rules" | "regions" | "adviseOn"> &
  RegionListOptions &
  Pick<PublishRequest, "stop"> & {
    readonly run: RunReference;
    readonly accounts: readonly string[];
    readonly version: string;
    /** ISO 8601. */
    readonly now: () => string;
    readonly open: (account: string) => MemberService;
    /** Aborted when the time to read is over. */
    readonly reading: AbortSignal;
    readonly onPublication: (publication: Publication) => void;
  };

/**
 * Audits some accounts of a run, one after another, so that only one is in memory: reads it with the member role, judges it, stores it, and
 * publishes its changes to machines. What concerns people stays in its ledger for the end of the run. Skips accounts that an earlier try
 * finished. Throws at the end, naming those that were not finished.
 */
export async function auditAccounts(request: AuditAccountsRequest): Promise<{ audited: number }> {
  const failures: string[] = [];
  const audit = createAudit(request);
  for (const account of request.accounts) {
    try {
      await audit(account);
    } catch (error) {
      failures.push(`${account}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  if (failures.length > 0)
    throw new Error(
      `${failures.length} of ${request.accounts.length} accounts were not finished. ${failures.join("; ")}`,
    );
  return { audited: request.accounts.length };
}

function createAudit(request: AuditAccountsRequest) {
  const { run, accounts, policy, rules, version, now, open, reading, onPublication } = request;
  const limit = pLimit(concurrency);
  const listRegions = createRegionLists(request);

  return async (account: string): Promise<void> => {
    const { port, store, destinations } = open(account);
    const { value: ledger } = await store.ledger.read();
    if (ledger.handledEvents.includes(run.id)) return;
    const observedAt = now();
    const read = await readAccount(account, { ...request, now: observedAt, limit, listRegions, open: () => port });
    // The coordinator invokes a worker for each account of a batch that failed. Alone, what there was no time to read is a gap.
    if (reading.aborted && accounts.length > 1) throw new Error("there was no time left to read it");
    const inventory = toInventory(read, observedAt);
    const report = assembleReport(inventory, { policy, rules, generatedAt: now(), version });
    const publication = await publishReport({
      ...{ report, only: null, eventId: run.id, isOfRun: true, store, destinations, stop: request.stop },
      // Another try of the same run continues what this one began.
      invocation: run.id,
    });
    onPublication(publication);
    const failed = publication.failures.find(({ where }) => where === "store");
    if (failed !== undefined) throw failed.error;
  };
}
