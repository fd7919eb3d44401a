import { compareReports } from "../audit/compare-reports.ts";
import type { Change } from "../model/change.ts";
import type { Finding } from "../model/finding.ts";
import type { DestinationName, Ledger, OutboxEntry } from "../model/ledger.ts";
import type { Report } from "../model/report.ts";

/** How many settled events are remembered: AWS delivers an event again within hours, if at all. */
const rememberedEvents = 200;

/** Longer than any invocation lasts: a claim that is older was left by one that crashed, and no report is older that is still to come. */
const longestMinutes = 20;

/** What an audit adds to the ledger, and what is to be delivered now. */
export type RecordedReport = {
  readonly ledger: Ledger;
  readonly changes: readonly Change[];
  readonly due: ReadonlyMap<DestinationName, readonly Change[]>;
};

/**
 * Enters a report into the ledger: what it changes is owed to each outlet and claimed, along with what was refused before.
 * `only` are the ARNs of the databases that were looked at, where it was not all of them: nothing is said of the others.
 * What the same invocation claimed is its own: it crashed, and was begun anew. Of a database that somebody else looked at since, nothing is
 * said either: an audit takes minutes, and an event may have been quicker.
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
  const lease = { by: invocation, until: minutesFrom(now, longestMinutes) };
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
      seen: updateSeen(ledger.seen, only ?? new Set(), report),
      outbox,
    },
    changes,
    due,
  };
}

/** Remembers when single databases were looked at, as long as a report may be on its way that looked at them before. */
function updateSeen(
  seen: Ledger["seen"],
  arns: ReadonlySet<string>,
  { observedAt, generatedAt }: Report,
): Ledger["seen"] {
  const oldest = minutesFrom(generatedAt, -longestMinutes);
  const kept = Object.entries(seen).filter(([, at]) => at >= oldest);
  const added = [...arns].filter((arn) => (seen[arn] ?? "") < observedAt).map((arn) => [arn, observedAt] as const);
  return Object.fromEntries([...kept, ...added]);
}

function minutesFrom(at: string, minutes: number): string {
  return new Date(Date.parse(at) + minutes * 60_000).toISOString();
}

/**
 * Takes what was delivered off the ledger, and frees what was refused, in its place; what others entered or delivered meanwhile stays so.
 * Only now is the event handled: whoever crashed before is made up for when it comes again, and entering a report twice changes nothing.
 */
export function settle(
  ledger: Ledger,
  { due, refused, eventId }: { due: RecordedReport["due"]; refused: RecordedReport["due"]; eventId: string },
): Ledger {
  const outbox: Ledger["outbox"] = { ...ledger.outbox };
  for (const [name, changes] of due) {
    const mine = new Set(changes.map(keyOf));
    const left = new Set(refused.get(name)?.map(keyOf));
    outbox[name] = (ledger.outbox[name] ?? []).flatMap((entry) => {
      const key = keyOf(entry.change);
      if (!mine.has(key)) return entry;
      return left.has(key) ? { ...entry, lease: null } : [];
    });
  }
  const handledEvents = [...new Set([...ledger.handledEvents, eventId])].slice(-rememberedEvents);
  return { ...ledger, outbox, handledEvents };
}

function keyOf({ type, at, finding }: Change): string {
  return `${type} ${at} ${finding.id}`;
}
