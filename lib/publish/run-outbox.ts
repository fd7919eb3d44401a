import type { Change } from "../model/change.ts";
import { type Finding, oldestViolation } from "../model/finding.ts";
import type { Lease, Ledger } from "../model/ledger.ts";
import type { Notice } from "../model/notice.ts";
import type { ReportSummary } from "../model/report.ts";
import { isReminded } from "./notices.ts";

/** What the ledger of an account holds for the end of a run. */
export type RunResult = {
  /** Null if the audit of the account did not end. */
  readonly summary: ReportSummary | null;
  /** For people, none of whom heard of them yet. */
  readonly changes: readonly Change[];
  readonly notices: readonly Notice[];
  /** Critical violations, if a notice reminds of them. */
  readonly reminded: readonly Finding[];
  /** When the oldest open violation was first seen; null if there is none. */
  readonly oldestFirstSeenAt: string | null;
  /** True if a destination for machines has not accepted everything. */
  readonly isUndelivered: boolean;
};

/** Reads what the audit of an account left for the end of the run. */
export function readResult(ledger: Ledger, run: string): RunResult {
  const { known, outbox, handledEvents, lastAudit } = ledger;
  const isOfRun = isLeasedBy(run);
  const notices = ledger.notices.filter(isOfRun).map(({ notice }) => notice);
  const { alerts = [], ...others } = outbox;
  return {
    summary: handledEvents.includes(run) && lastAudit?.eventId === run ? lastAudit.summary : null,
    changes: alerts.filter(isOfRun).map(({ change }) => change),
    notices,
    reminded: notices.some(({ type }) => type === "reminder") ? known.filter(isReminded) : [],
    oldestFirstSeenAt: oldestViolation(known),
    isUndelivered: Object.values(others).some((entries) => entries.length > 0),
  };
}

/** Removes what people were told at the end of the run, or releases it for the next one. Idempotent. */
export function settleAlerts(ledger: Ledger, run: string, { isDelivered }: { readonly isDelivered: boolean }): Ledger {
  const isOfRun = isLeasedBy(run);
  const settle = <T extends { readonly lease: Lease }>(entries: readonly T[]): T[] =>
    entries.flatMap((entry) => (isOfRun(entry) ? (isDelivered ? [] : [{ ...entry, lease: null }]) : [entry]));
  const { alerts = [] } = ledger.outbox;
  return { ...ledger, outbox: { ...ledger.outbox, alerts: settle(alerts) }, notices: settle(ledger.notices) };
}

function isLeasedBy(run: string) {
  return ({ lease }: { readonly lease: Lease }): boolean => lease?.by === run;
}
