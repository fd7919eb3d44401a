import type { Change, Digest } from "../model/change.ts";
import { type Finding, isViolation } from "../model/finding.ts";
import { type DestinationName, emptyLedger, type Ledger } from "../model/ledger.ts";
import type { Report } from "../model/report.ts";
import { type Pauses, type Stored, updateStored } from "../storage/update-stored.ts";
import { type RecordedReport, recordReport, settle } from "./ledger.ts";

/** Where the service keeps what it knows. Every method throws where the store does not answer. */
export type Store = {
  readonly ledger: Stored<Ledger>;
  /** Keeps a report for good and as the latest; answers with a link for people, if there is one. */
  writeReport(report: Report): Promise<string | null>;
};

/** A change that an outlet did not take, and why, in its own words. */
export type Refusal = { readonly change: Change; readonly reason: string };

/** Where changes go. */
export type Destination = {
  readonly name: DestinationName;
  /** Answers with the changes that were not taken; throws where none was. */
  deliver(changes: readonly Change[], context: { readonly reportUrl: string | null }): Promise<readonly Refusal[]>;
  /** The digest of a full audit, where the outlet has one. */
  announce?(digest: Digest): Promise<void>;
  /** All that is wrong after a full audit, where the outlet forgets what it is not told again. */
  refresh?(findings: readonly Finding[], at: string): Promise<void>;
};

/** What happened while publishing. A failure stops no other outlet; whoever asked logs, counts and alarms it. */
export type Publication = {
  /** False where the event was settled before, and nothing was published again. */
  readonly isNew: boolean;
  readonly changes: readonly Change[];
  /** Whether the outlets were tried: where nothing was owed to any, nothing is known of how they do. */
  readonly isTried: boolean;
  /** The report with the days on which its findings were first seen. */
  readonly report: Report;
  readonly failures: readonly { readonly where: DestinationName | "store" | "remediation"; readonly error: Error }[];
};

export type PublishRequest = {
  readonly report: Report;
  /** ARNs of the databases that were looked at, where it was not all of them. */
  readonly only: ReadonlySet<string> | null;
  readonly eventId: string;
  /** The id of the invocation, which a retry has too. */
  readonly invocation: string;
  readonly store: Store;
  readonly destinations: readonly Destination[];
} & Pauses;

/**
 * Publishes what a report changes, and what was refused before: to each outlet once, whatever becomes of the others. Two executions of
 * one event at the same time share the changes, and each has its digest.
 */
export async function publishReport(request: PublishRequest): Promise<Publication> {
  const { only, eventId, invocation, store, destinations } = request;
  const failures: { where: DestinationName | "store"; error: Error }[] = [];
  const attempt = async <T>(where: DestinationName | "store", work: () => Promise<T>): Promise<T | null> => {
    try {
      return await work();
    } catch (error) {
      failures.push({ where, error: error instanceof Error ? error : new Error(String(error)) });
      return null;
    }
  };
  const record = (ledger: Ledger): RecordedReport =>
    recordReport(ledger, {
      report: request.report,
      only,
      destinations: destinations.map(({ name }) => name),
      invocation,
    });
  const update = (change: (ledger: Ledger) => Ledger | null) =>
    updateStored("the ledger", store.ledger, change, request);

  // A full audit has its digest to deliver at least.
  const isTriedWith = ({ due }: RecordedReport) =>
    only === null || [...due.values()].some((outbox) => outbox.length > 0);
  // An event that changes nothing while nothing is owed is handled as soon as it is entered.
  const isDoneWith = (recorded: RecordedReport) =>
    !isTriedWith(recorded) && Object.values(recorded.ledger.outbox).every((outbox) => outbox.length === 0);
  let lastRead = emptyLedger;
  const isEntered = await attempt("store", () =>
    update((ledger) => {
      lastRead = ledger;
      if (ledger.handledEvents.includes(eventId)) return null;
      const recorded = record(ledger);
      return isDoneWith(recorded) ? settle(recorded.ledger, { ...nothing, eventId }) : recorded.ledger;
    }),
  );
  if (isEntered === false) return { isNew: false, isTried: false, changes: [], report: request.report, failures };
  // A ledger that cannot be written still tells what is new. Without one everything is told: silence would look like health.
  const recorded = record(lastRead);
  const { ledger, changes, due } = recorded;
  const isTried = isTriedWith(recorded);
  const report = withFirstSeen(request.report, ledger.known);
  const reportUrl = only === null ? await attempt("store", () => store.writeReport(report)) : null;
  const refused = new Map<DestinationName, readonly Change[]>();
  await Promise.all(
    destinations.map(async (destination) => {
      const { name } = destination;
      const outbox = due.get(name) ?? [];
      if (outbox.length > 0) {
        const left = await attempt(name, () => destination.deliver(outbox, { reportUrl }));
        refused.set(name, left?.map(({ change }) => change) ?? outbox);
        if (left !== null && left.length > 0) failures.push({ where: name, error: toError(left, outbox.length) });
      }
      if (only !== null) return;
      await attempt(name, async () => destination.announce?.(toDigest(report, reportUrl)));
      await attempt(name, async () => destination.refresh?.(ledger.known.filter(isViolation), report.generatedAt));
    }),
  );
  if (isEntered && isTried) await attempt("store", () => update((latest) => settle(latest, { due, refused, eventId })));
  return { isNew: true, isTried, changes, report, failures };
}

const nothing = { due: new Map(), refused: new Map() };

/** Adds what could not be done about repairs to what could not be published. */
export function withFailures(publication: Publication, errors: readonly Error[]): Publication {
  const failures = errors.map((error) => ({ where: "remediation" as const, error }));
  return { ...publication, failures: [...publication.failures, ...failures] };
}

function toError(refusals: readonly Refusal[], count: number): Error {
  const reason = refusals[0]?.reason;
  return new Error(`${refusals.length} of ${count} changes were refused, the first because: ${reason}`);
}

function withFirstSeen(report: Report, known: readonly Finding[]): Report {
  const firstSeenAt = new Map(known.map((finding) => [finding.id, finding.firstSeenAt]));
  const dated = (finding: Finding) => ({ ...finding, firstSeenAt: firstSeenAt.get(finding.id) ?? finding.firstSeenAt });
  return { ...report, findings: report.findings.map(dated) };
}

/** An audit in one message: counts, and since when the oldest finding is open. */
export function toDigest(
  { generatedAt, clean, summary, coverage, findings }: Report,
  reportUrl: string | null,
): Digest {
  const [oldestFirstSeenAt = null] = findings
    .filter(isViolation)
    .map(({ firstSeenAt }) => firstSeenAt)
    .sort();
  const { complete, gaps } = coverage;
  return { generatedAt, clean, summary, complete, gaps: gaps.length, oldestFirstSeenAt, reportUrl };
}
