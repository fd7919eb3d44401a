import { emptyLedger, type Ledger } from "../../lib/model/ledger.ts";
import type { Report } from "../../lib/model/report.ts";
import type { Store } from "../../lib/publish-report.ts";
import { deepFreeze } from "./deep-freeze.ts";

/** A store in memory, as the one in S3 behaves: a write holds only where nobody wrote since, and all goes through JSON. */
export type MemoryStore = Store & {
  readonly ledger: () => Ledger;
  readonly reports: readonly Report[];
  readonly writes: () => number;
  /** What fails from now on, by method; null where nothing does. */
  fail: { readLedger?: Error | null; writeLedger?: Error | null; writeReport?: Error | null };
  /** So many writes find that somebody was faster. */
  overtake: (times: number) => void;
};

type MemoryStoreOptions = {
  readonly ledger?: Ledger;
  /** Awaited before each method does its work: where another writer may come in between. */
  readonly pause?: () => Promise<void>;
};

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Opens a store; it is empty unless a ledger is given. */
export function createMemoryStore({ ledger: first, pause = turn }: MemoryStoreOptions = {}): MemoryStore {
  let text = first === undefined ? null : JSON.stringify(first);
  let version = 0;
  let writes = 0;
  let overtaken = 0;
  const reports: Report[] = [];
  const parse = (): Ledger => (text === null ? emptyLedger : deepFreeze(JSON.parse(text) as Ledger));
  const store: MemoryStore = {
    ledger: parse,
    reports,
    writes: () => writes,
    fail: {},
    overtake: (times) => {
      overtaken = times;
    },
    async readLedger() {
      await pause();
      if (store.fail.readLedger) throw store.fail.readLedger;
      return { ledger: parse(), version: text === null ? null : String(version) };
    },
    async writeLedger(ledger, since) {
      await pause();
      if (store.fail.writeLedger) throw store.fail.writeLedger;
      if (overtaken > 0) {
        overtaken -= 1;
        return false;
      }
      if (since !== (text === null ? null : String(version))) return false;
      text = JSON.stringify(ledger);
      version += 1;
      writes += 1;
      return true;
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
