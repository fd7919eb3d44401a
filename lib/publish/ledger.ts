import { toNotEvaluated, updateNotEvaluated } from "../audit/compare-not-evaluated.ts";
import { compareReports } from "../audit/compare-reports.ts";
import type { Change, EmptiedRegion } from "../model/change.ts";
import type { Finding } from "../model/finding.ts";
import type { DestinationName, Lease, Ledger } from "../model/ledger.ts";
import type { Notice } from "../model/notice.ts";
import type { Report } from "../model/report.ts";
import { toRunSummary } from "../storage/run-files.ts";
import { addNotices, finishNotices, needsReminder } from "./notices.ts";
import { countRegions } from "./region-counts.ts";

/** Handled events to remember. AWS redelivers an event within hours. */
const rememberedEvents = 200;

/**
 * How long what is deferred to the end of a run stays with the run: longer than a run of 5,000 accounts whose workers all time out, and
 * shorter than the day after which the next run takes it over.
 */
const runLeaseMinutes = 20 * 60;

/** More than the longest invocation: a lease that is older belongs to a crashed one, and no report still under way was observed earlier. */
const leaseMinutes = 20;

/** The ledger with a report recorded, the changes that the report brought, and the changes to deliver now to each destination. */
export type RecordedReport = {
  readonly ledger: Ledger;
  readonly changes: readonly Change[];
  readonly due: ReadonlyMap<DestinationName, readonly Change[]>;
  readonly dueNotices: readonly Notice[];
  /** Those that the event found, now or in an earlier attempt. */
  readonly emptiedRegions: readonly EmptiedRegion[];
};

/**
 * Adds the report's changes to each outbox and leases them, along with entries that are free: refused earlier, left by a crashed invocation, or
 * leased by this invocation before a retry. Skips databases re-evaluated since the report was observed: an audit takes minutes, an event seconds.
 * `only` restricts a partial report to the ARNs that it covers. In a run over an organization (`isOfRun`), what people are told is leased by
 * the event instead, until the end of the run.
 */
export function recordReport(
  earlier: Ledger,
  {
    report,
    only,
    destinations,
    eventId,
    invocation,
    isOfRun = false,
  }: {
    report: Report;
    only: ReadonlySet<string> | null;
    destinations: readonly DestinationName[];
    eventId: string;
    invocation: string;
    isOfRun?: boolean;
  },
): RecordedReport {
  const ledger = withNotEvaluated(earlier);
  const now = report.generatedAt;
  const isCovered = ({ resource: { arn } }: Finding) =>
    (only?.has(arn) ?? true) && (ledger.seen[arn] ?? "") <= report.observedAt;
  const { changes, known } = compareReports(ledger.known.filter(isCovered), {
    ...report,
    findings: report.findings.filter(isCovered),
  });
  const isFree = ({ lease }: { readonly lease: Lease }) =>
    lease === null || lease.by === invocation || lease.until < now;
  const lease = { by: invocation, until: addMinutes(now, leaseMinutes) };
  const due = new Map<DestinationName, readonly Change[]>();
  const outbox: Ledger["outbox"] = { ...ledger.outbox };
  for (const name of destinations) {
    const entries = ledger.outbox[name] ?? [];
    due.set(name, [...entries.filter(isFree).map(({ change }) => change), ...changes]);
    outbox[name] = [
      ...entries.map((entry) => (isFree(entry) ? { ...entry, lease } : entry)),
      ...changes.map((change) => ({ change, lease })),
    ];
  }
  const forPeople = isOfRun ? { by: eventId, until: addMinutes(now, runLeaseMinutes) } : lease;
  if (isOfRun) {
    const entries = ledger.outbox.alerts ?? [];
    outbox.alerts = [
      ...entries.map((entry) => (isFree(entry) ? { ...entry, lease: forPeople } : entry)),
      ...changes.map((change) => ({ change, lease: forPeople })),
    ];
  }
  const allKnown = [...ledger.known.filter((finding) => !isCovered(finding)), ...known];
  const isPartial = only !== null;
  const { regions, emptied } = isPartial ? { regions: ledger.regions, emptied: [] } : countRegions(ledger, report);
  const isReminder = !isPartial && needsReminder(allKnown, ledger.remindedAt, now);
  const { notices, remindedAt } = addNotices(ledger, { eventId, at: now, emptied, isReminder });
  return {
    ledger: {
      ...ledger,
      known: allKnown,
      notEvaluated: [...updateNotEvaluated(ledger.notEvaluated, report, { isPartial })],
      seen: updateSeen(ledger, only ?? [], report),
      regions: [...regions],
      outbox,
      notices: notices.map((entry) => (isFree(entry) ? { ...entry, lease: forPeople } : entry)),
      remindedAt,
      lastAudit: isOfRun ? { eventId, summary: toRunSummary(report) } : ledger.lastAudit,
    },
    changes,
    due,
    dueNotices: isOfRun ? [] : notices.filter(isFree).map(({ notice }) => notice),
    emptiedRegions: notices.flatMap(({ notice }) =>
      notice.type === "regions-emptied" && notice.eventId === eventId ? notice.regions : [],
    ),
  };
}

/** Replaces the INSUFFICIENT_DATA findings that an earlier version added to the known ones. */
function withNotEvaluated(ledger: Ledger): Ledger {
  const known = ledger.known.filter(({ status }) => status === "NON_COMPLIANT");
  if (known.length === ledger.known.length) return ledger;
  return { ...ledger, known, notEvaluated: [...ledger.notEvaluated, ...toNotEvaluated(ledger.known)] };
}

/** Records when single databases were re-evaluated, for as long as a report observed earlier may still arrive. */
function updateSeen({ seen }: Ledger, arns: Iterable<string>, { observedAt, generatedAt }: Report): Ledger["seen"] {
  const oldest = addMinutes(generatedAt, -leaseMinutes);
  const kept = Object.entries(seen).filter(([, at]) => at >= oldest);
  const added = [...arns].filter((arn) => (seen[arn] ?? "") < observedAt).map((arn) => [arn, observedAt] as const);
  return Object.fromEntries([...kept, ...added]);
}

function addMinutes(at: string, minutes: number): string {
  return new Date(Date.parse(at) + minutes * 60_000).toISOString();
}

/** Removes entries that a destination accepted, while others are still being delivered: a crash after this does not send them again. */
export function removeDelivered(ledger: Ledger, name: DestinationName, delivered: readonly Change[]): Ledger {
  const keys = new Set(delivered.map(keyOf));
  const left = (ledger.outbox[name] ?? []).filter(({ change }) => !keys.has(keyOf(change)));
  return { ...ledger, outbox: { ...ledger.outbox, [name]: left } };
}

/**
 * Removes delivered entries, releases refused ones, and marks the event as handled. Leaves the entries of other invocations unchanged.
 * Idempotent. A crash before this leaves the event unhandled, so its redelivery tries again; recording a report twice changes nothing.
 */
export function finishDelivery(
  ledger: Ledger,
  {
    due,
    undelivered,
    dueNotices = [],
    areNoticesDelivered = true,
    eventId,
    reportUrl = null,
  }: {
    due: RecordedReport["due"];
    undelivered: RecordedReport["due"];
    dueNotices?: readonly Notice[];
    areNoticesDelivered?: boolean;
    eventId: string;
    /** The link to the report, if it is a new one. */
    reportUrl?: string | null;
  },
): Ledger {
  const outbox: Ledger["outbox"] = { ...ledger.outbox };
  for (const [name, changes] of due) {
    const attempted = new Set(changes.map(keyOf));
    const refused = new Set(undelivered.get(name)?.map(keyOf));
    outbox[name] = (ledger.outbox[name] ?? []).flatMap((entry) => {
      const key = keyOf(entry.change);
      if (!attempted.has(key)) return entry;
      return refused.has(key) ? { ...entry, lease: null } : [];
    });
  }
  const handledEvents = [...new Set([...ledger.handledEvents, eventId])].slice(-rememberedEvents);
  const notices = finishNotices(ledger.notices, dueNotices, { isDelivered: areNoticesDelivered });
  return { ...ledger, outbox, notices, handledEvents, lastReportUrl: reportUrl ?? ledger.lastReportUrl };
}

function keyOf({ type, at, finding }: Change): string {
  return `${type} ${at} ${finding.id}`;
}
