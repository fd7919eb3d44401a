import * as z from "zod/mini";
import { changeSchema } from "./change.ts";
import { findingSchema } from "./finding.ts";

/** Destinations that changes are published to. */
export const destinationNames = ["findings", "alerts", "securityHub"] as const;
export type DestinationName = (typeof destinationNames)[number];

/**
 * A change that a destination has not accepted yet. While it is leased, an invocation is delivering it. After a crash, the retry of that
 * invocation, which has the same id, or a later invocation delivers it.
 */
const outboxEntrySchema = z.object({
  change: changeSchema,
  lease: z.nullable(z.object({ by: z.string(), until: z.iso.datetime() })),
});
export type OutboxEntry = z.infer<typeof outboxEntrySchema>;

/**
 * What the service remembers from one audit to the next. It is written conditionally before anything is published, so that two audits at
 * the same time never publish the same change, and again after the delivery.
 */
export const ledgerSchema = z.object({
  schemaVersion: z.literal("1.0"),
  /** Open findings, including exempt ones and INSUFFICIENT_DATA, with the time when they were first seen. */
  known: z.array(findingSchema),
  /** When single databases were last checked, by ARN: an audit that read them earlier does not change their findings. */
  seen: z.record(z.string(), z.iso.datetime()),
  outbox: z.partialRecord(z.enum(destinationNames), z.array(outboxEntrySchema)),
  /** IDs of the last handled events, newest last, because AWS delivers some events twice. */
  handledEvents: z.array(z.string()),
  /** The link to the report of the last full audit, for the alerts of rechecks; null before the first one. */
  lastReportUrl: z._default(z.nullable(z.string()), null),
});
export type Ledger = z.infer<typeof ledgerSchema>;

/** A ledger before the first audit. */
export const emptyLedger: Ledger = {
  schemaVersion: "1.0",
  known: [],
  seen: {},
  outbox: {},
  handledEvents: [],
  lastReportUrl: null,
};
