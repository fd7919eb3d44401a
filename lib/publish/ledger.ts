import { compareReports } from "../audit/compare-reports.ts";
import type { Change, EmptiedRegion } from "../model/change.ts";
import type { Finding } from "../model/finding.ts";
import type { DestinationName, Ledger, OutboxEntry } from "../model/ledger.ts";
import type { Report } from "../model/report.ts";

/** Handled events to remember. AWS redelivers an event within hours. */
const rememberedEvents = 200;

/** More than the longest invocation: a lease that is older belongs to a crashed one, and no report still under way was observed earlier. */
const leaseMinutes = 20;

/** The ledger with a report recorded, the changes that the report brought, and the changes to deliver now to each destination. */
export type RecordedReport = {
  readonly ledger: Ledger;
  readonly changes: readonly Change[];
  readonly due: ReadonlyMap<DestinationName, readonly Change[]>;
  /** Empty for a partial report. */
  readonly emptiedRegions: readonly EmptiedRegion[];
};

/**
 * Adds the report's changes to each outbox and leases them, along with entries that are free: refused earlier, left by a crashed invocation, or
 * leased by this invocation before a retry. Skips databases re-evaluated since the report was observed: an audit takes minutes, an event seconds.
 * `only` restricts a partial report to the ARNs that it covers.
 */
export function recordReport(
  ledger: Ledger,
  {
    report,
    only,
    destinations,
    invocation,
  }: { report: Report; only: ReadonlySet<string> | null; destinations: readonly DestinationName[]; invocation: string },
): RecordedReport {
  const now = report.generatedAt;
  const isCovered = ({ resource: { arn } }: Finding) =>
    (only?.has(arn) ?? true) && (ledger.seen[arn] ?? "") <= report.observedAt;
  const { changes, known } = compareReports(ledger.known.filter(isCovered), {
    ...report,
    findings: report.findings.filter(isCovered),
  });
  const lease = { by: invocation, until: addMinutes(now, leaseMinutes) };
  const due = new Map<DestinationName, readonly Change[]>();
  const outbox: Ledger["outbox"] = { ...ledger.outbox };
  for (const name of destinations) {
    const entries = ledger.outbox[name] ?? [];
    const isFree = ({ lease }: OutboxEntry) => lease === null || lease.by === invocation || lease.until < now;
    due.set(name, [...entries.filter(isFree).map(({ change }) => change), ...changes]);
    outbox[name] = [
      ...entries.map((entry) => (isFree(entry) ? { ...entry, lease } : entry)),
      ...changes.map((change) => ({ change, lease })),
    ];
  }
  return {
    ledger: {
      ...ledger,
      known: [...ledger.known.filter((finding) => !isCovered(finding)), ...known],
      seen: updateSeen(ledger, only ?? [], report),
      outbox,
    },
    changes,
    due,
    emptiedRegions: only === null ? findEmptiedRegions(ledger.known, report) : [],
  };
}

/** The Regions that were read completely and have no databases, although findings are known there. */
function findEmptiedRegions(known: readonly Finding[], { coverage }: Report): readonly EmptiedRegion[] {
  return coverage.targets
    .filter(({ complete, databases }) => complete && databases === 0)
    .map(({ account, region }) => ({
      account,
      region,
      findings: known.filter((finding) => finding.account === account && finding.region === region).length,
    }))
    .filter(({ findings }) => findings > 0);
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
    eventId,
    reportUrl = null,
  }: {
    due: RecordedReport["due"];
    undelivered: RecordedReport["due"];
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
  return { ...ledger, outbox, handledEvents, lastReportUrl: reportUrl ?? ledger.lastReportUrl };
}

function keyOf({ type, at, finding }: Change): string {
  return `${type} ${at} ${finding.id}`;
}
