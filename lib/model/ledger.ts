import * as z from "zod/mini";
import { changeSchema } from "./change.ts";
import { findingSchema } from "./finding.ts";
import { noticeSchema } from "./notice.ts";
import { reportSummarySchema } from "./report.ts";

/** Destinations that changes are published to. */
export const destinationNames = ["findings", "alerts", "securityHub"] as const;
export type DestinationName = (typeof destinationNames)[number];

/** Held by the invocation that delivers; null if none does. */
const lease = z.nullable(z.object({ by: z.string(), until: z.iso.datetime() }));
export type Lease = z.infer<typeof lease>;

/**
 * A change that a destination has not accepted yet. While it is leased, an invocation is delivering it. After a crash, the retry of that
 * invocation, which has the same id, or a later invocation delivers it.
 */
const outboxEntrySchema = z.object({ change: changeSchema, lease });
export type OutboxEntry = z.infer<typeof outboxEntrySchema>;

/** How many databases an account and Region had when its lists were last read completely. */
const regionCountSchema = z.object({
  account: z.string(),
  region: z.string(),
  databases: z.int().check(z.nonnegative()),
  observedAt: z.iso.datetime(),
});
export type RegionCount = z.infer<typeof regionCountSchema>;

/**
 * A rule that could not be evaluated in an account and Region, the missing fact, and since when. One entry stands for all its databases:
 * one list that is denied would otherwise add a finding of each rule on each database.
 */
const notEvaluatedSchema = z.object({
  account: z.string(),
  region: z.string(),
  rule: z.string(),
  reason: z.string(),
  firstSeenAt: z.iso.datetime(),
});
export type NotEvaluated = z.infer<typeof notEvaluatedSchema>;

/**
 * What the service remembers from one audit to the next. It is written conditionally before anything is published, so that two audits at
 * the same time never publish the same change, and again after the delivery.
 */
export const ledgerSchema = z.object({
  schemaVersion: z.literal("1.0"),
  /** Open NON_COMPLIANT findings, including exempt ones, with the time when they were first seen. Earlier versions added INSUFFICIENT_DATA. */
  known: z.array(findingSchema),
  /** When single databases were last checked, by ARN: an audit that read them earlier does not change their findings. */
  seen: z.record(z.string(), z.iso.datetime()),
  /** Instead of INSUFFICIENT_DATA findings. */
  notEvaluated: z._default(z.array(notEvaluatedSchema), []),
  regions: z._default(z.array(regionCountSchema), []),
  outbox: z.partialRecord(z.enum(destinationNames), z.array(outboxEntrySchema)),
  /** Notices that no one has received yet. */
  notices: z._default(z.array(z.object({ notice: noticeSchema, lease })), []),
  /** When the last weekly reminder was due; null before the first one. */
  remindedAt: z._default(z.nullable(z.iso.datetime()), null),
  /** IDs of the last handled events, newest last, because AWS delivers some events twice. */
  handledEvents: z.array(z.string()),
  /** The last audit of the account in a run over its organization, without findings and databases. Null outside of an organization. */
  lastAudit: z._default(z.nullable(z.object({ eventId: z.string(), summary: reportSummarySchema })), null),
  /** The link to the report of the last full audit, for the alerts of rechecks; null before the first one. */
  lastReportUrl: z._default(z.nullable(z.string()), null),
});
export type Ledger = z.infer<typeof ledgerSchema>;

/** A ledger before the first audit. */
export const emptyLedger: Ledger = {
  schemaVersion: "1.0",
  known: [],
  seen: {},
  notEvaluated: [],
  regions: [],
  outbox: {},
  notices: [],
  remindedAt: null,
  handledEvents: [],
  lastAudit: null,
  lastReportUrl: null,
};
