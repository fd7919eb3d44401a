import { createFirstSeen } from "../audit/compare-not-evaluated.ts";
import type { Change, Digest, EmptiedRegion } from "../model/change.ts";
import { type Finding, isViolation, oldestViolation } from "../model/finding.ts";
import { type DestinationName, emptyLedger, type Ledger } from "../model/ledger.ts";
import type { Notice } from "../model/notice.ts";
import type { Report, ReportSummary } from "../model/report.ts";
import type { Pauses } from "../storage/back-off.ts";
import { type Stored, updateStored } from "../storage/update-stored.ts";
import { finishDelivery, type RecordedReport, recordReport, removeDelivered } from "./ledger.ts";

/** The service's store. Every method throws if the store fails. */
export type Store = {
  readonly ledger: Stored<Ledger>;
  /** Writes a report permanently and as the latest one. Returns a link for people, or null. */
  writeReport(report: Report): Promise<string | null>;
};

/** A change that a destination refused, and its reason. */
export type UndeliveredChange = { readonly change: Change; readonly reason: string };

/** After `stop`, nothing more is sent: what is left is refused, and stays in the outbox for the next time. Default: no limit. */
export type TimeLimit = { readonly stop?: AbortSignal | undefined };

/** Receives changes. */
export type Destination = {
  readonly name: DestinationName;
  /** True if each change is delivered by itself, so that a part of them can be; false if what is sent depends on all of them. */
  readonly isDivisible: boolean;
  /** Returns the refused changes. Throws if all failed. */
  deliver(
    changes: readonly Change[],
    context: TimeLimit & { readonly reportUrl: string | null },
  ): Promise<readonly UndeliveredChange[]>;
  /** Tells people what is not a change, as of `at`, with all open violations. Throws if any of it was refused. */
  notify?(
    notices: readonly Notice[],
    context: TimeLimit & { readonly open: readonly Finding[]; readonly at: string; readonly reportUrl: string | null },
  ): Promise<void>;
  /** Sends the digest of a full audit. */
  sendDigest?(digest: Digest): Promise<void>;
  /** Sends all open violations after a full audit, to a destination that would otherwise expire them. */
  refresh?(findings: readonly Finding[], at: string, limit?: TimeLimit): Promise<void>;
};

/** The result of publishing. A failure stops no other destination; the caller logs, counts and alarms on failures. */
export type Publication = {
  /** False if the event was handled before; then nothing is published. */
  readonly isNew: boolean;
  readonly changes: readonly Change[];
  /** Regions that had databases at the last audit and have none now. */
  readonly emptiedRegions: readonly EmptiedRegion[];
  /** Whether any destination was called. If not, its health is unknown. */
  readonly isAttempted: boolean;
  /** The report, with `firstSeenAt` of its findings from the ledger. */
  readonly report: Report;
  readonly failures: readonly { readonly where: DestinationName | "store" | "remediation"; readonly error: Error }[];
};

export type PublishRequest = {
  readonly report: Report;
  /** ARNs of the databases that the report covers; null for all. */
  readonly only: ReadonlySet<string> | null;
  readonly eventId: string;
  /** Id of the invocation. A retry has the same one. */
  readonly invocation: string;
  readonly store: Store;
  readonly destinations: readonly Destination[];
  /**
   * True for one account of a run over an organization, whose event this is: alerts and notices stay in the ledger for the end of the run,
   * and no digest is sent.
   */
  readonly isOfRun?: boolean;
} & TimeLimit &
  Pauses;

/** A delivery has at most this many parts, because the ledger is rewritten after each, and its size grows with the delivery. */
const maxParts = 5;

/** Fewer changes are sent again after a crash faster than a ledger is rewritten. */
const minPartSize = 500;

/**
 * Delivers the report's changes, and changes refused earlier, once to each destination, independently of the others. What a destination
 * accepted leaves the ledger part by part, so that a later invocation does not send it again after this one is killed. Of two invocations of the
 * same event at the same time, each change is delivered by one, and each sends its digest.
 */
export async function publishReport(request: PublishRequest): Promise<Publication> {
  const { only, eventId, invocation, store, destinations, stop, isOfRun = false } = request;
  const failures: { where: DestinationName | "store"; error: Error }[] = [];
  const attempt = async <T>(where: DestinationName | "store", work: () => Promise<T>): Promise<T | null> => {
    try {
      return await work();
    } catch (error) {
      failures.push({ where, error: error instanceof Error ? error : new Error(String(error)) });
      return null;
    }
  };
  const names = destinations.map(({ name }) => name);
  const record = (ledger: Ledger) =>
    recordReport(ledger, { report: request.report, only, destinations: names, eventId, invocation, isOfRun });
  const update = (change: (ledger: Ledger) => Ledger | null) => updateStored(store.ledger, change, request);

  // A full audit always has a digest to deliver.
  const hasDeliveries = ({ due, dueNotices }: RecordedReport) =>
    only === null || dueNotices.length > 0 || [...due.values()].some((changes) => changes.length > 0);
  // Without deliveries and with empty outboxes, recording the report handles the event.
  const isHandledBy = (recorded: RecordedReport) =>
    !hasDeliveries(recorded) &&
    [recorded.ledger.notices, ...Object.values(recorded.ledger.outbox)].every((entries) => entries.length === 0);
  let lastRead = emptyLedger;
  const isRecorded = await attempt("store", () =>
    update((ledger) => {
      lastRead = ledger;
      if (ledger.handledEvents.includes(eventId)) return null;
      const recorded = record(ledger);
      return isHandledBy(recorded)
        ? finishDelivery(recorded.ledger, { due: new Map(), undelivered: new Map(), eventId })
        : recorded.ledger;
    }),
  );
  if (isRecorded === false)
    return { isNew: false, isAttempted: false, changes: [], emptiedRegions: [], report: request.report, failures };
  // A ledger that cannot be written still identifies new changes. Without one, every violation is published: silence would look healthy.
  const recorded = record(lastRead);
  const { ledger, changes, due, dueNotices, emptiedRegions } = recorded;
  const isAttempted = hasDeliveries(recorded);
  const report = withFirstSeen(request.report, ledger);
  const open = ledger.known.filter(isViolation);
  const at = report.generatedAt;
  const reportUrl = only === null ? await attempt("store", () => store.writeReport(report)) : ledger.lastReportUrl;
  const undelivered = new Map<DestinationName, readonly Change[]>();
  let areNoticesDelivered = true;
  await Promise.all(
    destinations.map(async (destination) => {
      const { name } = destination;
      const outgoing = due.get(name) ?? [];
      const refused: UndeliveredChange[] = [];
      let left = outgoing;
      for (const part of toParts(outgoing, destination)) {
        const answer = await attempt(name, () => destination.deliver(part, { reportUrl, stop }));
        if (answer === null) break;
        refused.push(...answer);
        left = left.slice(part.length);
        const refusals = new Set(answer.map(({ change }) => change));
        const delivered = part.filter((change) => !refusals.has(change));
        // The end of the delivery writes the ledger anyway.
        if (isRecorded && left.length > 0 && delivered.length > 0)
          await attempt("store", () => update((latest) => removeDelivered(latest, name, delivered)));
      }
      undelivered.set(name, [...refused.map(({ change }) => change), ...left]);
      await attempt(name, async () => throwIfRefused(refused, outgoing.length, "changes"));
      const notify = async () => {
        await destination.notify?.(dueNotices, { open, at, reportUrl, stop });
        return true;
      };
      if (dueNotices.length > 0 && (await attempt(name, notify)) === null) areNoticesDelivered = false;
      if (only !== null) return;
      const digest = toDigest(report, reportUrl, emptiedRegions);
      if (!isOfRun) await attempt(name, async () => destination.sendDigest?.(digest));
      await attempt(name, async () => destination.refresh?.(open, at, { stop }));
    }),
  );
  if (isRecorded && isAttempted)
    await attempt("store", () =>
      update((latest) =>
        finishDelivery(latest, { due, undelivered, dueNotices, areNoticesDelivered, eventId, reportUrl }),
      ),
    );
  return { isNew: true, isAttempted, changes, emptiedRegions, report, failures };
}

/** Adds remediation errors to the failures of a publication. */
export function withFailures(publication: Publication, errors: readonly Error[]): Publication {
  const failures = errors.map((error) => ({ where: "remediation" as const, error }));
  return { ...publication, failures: [...publication.failures, ...failures] };
}

/** Throws an error with the number of refused items and the first reason, if there are any. */
export function throwIfRefused(refused: readonly { readonly reason: string }[], sent: number, noun: string): void {
  const [first] = refused;
  if (first !== undefined)
    throw new Error(`${refused.length} of ${sent} ${noun} were refused. First reason: ${first.reason}`);
}

/** The parts to deliver one after the other; none if there is nothing to deliver. */
function toParts(changes: readonly Change[], { isDivisible }: Destination): readonly (readonly Change[])[] {
  if (changes.length === 0) return [];
  if (!isDivisible) return [changes];
  const size = Math.max(minPartSize, Math.ceil(changes.length / maxParts));
  const count = Math.ceil(changes.length / size);
  return Array.from({ length: count }, (_, index) => changes.slice(index * size, (index + 1) * size));
}

function withFirstSeen(report: Report, { known, notEvaluated }: Ledger): Report {
  const firstSeenOf = createFirstSeen(known, notEvaluated);
  const findings = report.findings.map((finding) => ({ ...finding, firstSeenAt: firstSeenOf(finding) }));
  return { ...report, hasHistory: true, findings };
}

/** Summarizes an audit for the findings topic: counts, and since when the oldest violation has been open. */
export function toDigest(report: Report, reportUrl: string | null, emptiedRegions: readonly EmptiedRegion[]): Digest {
  return toRunDigest(report, oldestViolation(report.findings), reportUrl, emptiedRegions);
}

/** The same of a run over an organization, whose findings are in the files of its accounts. */
export function toRunDigest(
  { generatedAt, clean, summary, coverage }: ReportSummary,
  oldestFirstSeenAt: string | null,
  reportUrl: string | null,
  emptiedRegions: readonly EmptiedRegion[],
): Digest {
  const counts = { complete: coverage.complete, gaps: coverage.gaps.length };
  return { generatedAt, clean, summary, ...counts, oldestFirstSeenAt, emptiedRegions: [...emptiedRegions], reportUrl };
}
