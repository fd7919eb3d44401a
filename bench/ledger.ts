/** Measures what the ledgers of a fleet cost: the bytes that one run writes while every database has a new finding. */
import { destinationNames } from "../lib/model/ledger.ts";
import { publishReport } from "../lib/publish/publish-report.ts";
import { aFindingOn, aReportWith } from "../tests/support/findings.ts";
import { createMemoryStore } from "../tests/support/memory-store.ts";
import { createRecordingDestination } from "../tests/support/recording-destination.ts";

const databasesAnAccount = 100;

/** Publishes the findings of so many databases, account by account, and returns the bytes that were written to ledgers. */
export async function countLedgerBytes(databases: number): Promise<number> {
  let bytes = 0;
  for (let index = 0; index < databases / databasesAnAccount; index += 1) {
    const account = String(300_000_000_000 + index);
    const store = createMemoryStore();
    const { write } = store.ledger;
    const ledger: typeof store.ledger = {
      ...store.ledger,
      async write(value, version) {
        bytes += Buffer.byteLength(JSON.stringify(value));
        return write(value, version);
      },
    };
    const findings = Array.from({ length: databasesAnAccount }, (_, one) => aFindingOn(`database-${one}`, { account }));
    const { failures } = await publishReport({
      report: aReportWith({ findings }),
      ...{ only: null, eventId: "run", invocation: "run" },
      store: { ledger, writeReport: async () => null },
      destinations: destinationNames.map(createRecordingDestination),
    });
    if (failures.length > 0) throw new Error(`publishing failed: ${failures[0]?.error.message}`);
  }
  return bytes;
}
