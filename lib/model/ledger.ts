import * as z from "zod/mini";
import { changeSchema } from "./change.ts";
import { findingSchema } from "./finding.ts";
import type { StoredFile } from "./stored-file.ts";

/** Where changes are published. */
export const destinationNames = ["findings", "alerts", "securityHub"] as const;
export type DestinationName = (typeof destinationNames)[number];

/**
 * A change that an outlet has not taken yet. While it is claimed, an invocation is delivering it; whoever crashes leaves it to its own retry,
 * which has the same id, or to the next.
 */
const outboxEntrySchema = z.object({
  change: changeSchema,
  lease: z.nullable(z.object({ by: z.string(), until: z.iso.datetime() })),
});
export type OutboxEntry = z.infer<typeof outboxEntrySchema>;

/**
 * What the service knows from one audit to the next. It is written before anything is published, on condition that nobody else
 * wrote it meanwhile, so that of two audits at once each publishes only what the other does not; and once more when all is delivered.
 */
export const ledgerSchema = z.object({
  schemaVersion: z.literal("1.0"),
  /** Findings that are open, exempt ones and those that could not be judged included, with the day on which they were first seen. */
  known: z.array(findingSchema),
  /** When single databases were looked at lately, by ARN: what an audit saw of them before does not count any more. */
  seen: z.record(z.string(), z.iso.datetime()),
  outbox: z.partialRecord(z.enum(destinationNames), z.array(outboxEntrySchema)),
  /** Ids of the events that were settled last, newest last: AWS delivers some twice. */
  handledEvents: z.array(z.string()),
});
export type Ledger = z.infer<typeof ledgerSchema>;

/** A ledger before the first audit. */
export const emptyLedger: Ledger = { schemaVersion: "1.0", known: [], seen: {}, outbox: {}, handledEvents: [] };

/** Where the ledger is kept. */
export const ledgerFile: StoredFile<Ledger> = {
  name: "ledger.json",
  what: "ledger",
  schema: ledgerSchema,
  empty: emptyLedger,
  whatToDo: "restore an earlier version of it, or delete it to have everything that is open published as new",
};
