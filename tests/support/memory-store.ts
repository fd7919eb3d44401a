import { emptyLedger, type Ledger } from "../../lib/model/ledger.ts";
import type { Report } from "../../lib/model/report.ts";
import type { Store } from "../../lib/publish/publish-report.ts";
import { createMemoryStored, type MemoryStored, turn } from "./memory-stored.ts";

/** A store in memory. */
export type MemoryStore = Store &
  Pick<MemoryStored<Ledger>, "kept" | "writes" | "overtake"> & {
    readonly reports: readonly Report[];
    /** Errors that reading and writing the ledger and writing a report throw. */
    fail: MemoryStored<Ledger>["fail"] & { writeReport?: Error | null };
  };

type MemoryStoreOptions = { readonly ledger?: Ledger; readonly pause?: () => Promise<void> };

/** Creates a store with a ledger, empty by default. */
export function createMemoryStore({ ledger: first, pause = turn }: MemoryStoreOptions = {}): MemoryStore {
  const ledger = createMemoryStored({ empty: emptyLedger, first, pause });
  const reports: Report[] = [];
  const store: MemoryStore = {
    ledger,
    kept: ledger.kept,
    writes: ledger.writes,
    overtake: ledger.overtake,
    reports,
    get fail() {
      return ledger.fail;
    },
    set fail(fail) {
      ledger.fail = fail;
    },
    async writeReport(report) {
      await pause();
      if (store.fail.writeReport) throw store.fail.writeReport;
      reports.push(report);
      return `https://reports.example/${reports.length}`;
    },
  };
  return store;
}
