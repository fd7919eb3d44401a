import type { Change } from "../model/change.ts";
import type { Finding } from "../model/finding.ts";
import type { Debt, Ledger, OutletName } from "../model/ledger.ts";
import type { Report } from "../model/report.ts";
import { compareReports } from "../audit/compare-reports.ts";

/** How many settled events are remembered: AWS delivers an event again within hours, if at all. */
const rememberedEvents = 200;

/** Longer than any invocation lasts: a claim that is older was left by one that crashed, and no report is older that is still to come. */
const longestMinutes = 20;

/** What an audit adds to the ledger, and what is to be delivered now. */
export type Entry = {
  readonly ledger: Ledger;
  readonly changes: readonly Change[];
  readonly due: ReadonlyMap<OutletName, readonly Change[]>;
};

/**
 * Enters a report into the ledger: what it changes is owed to each outlet and claimed, along with what was refused before.
 * `only` are the ARNs of the databases that were looked at, where it was not all of them: nothing is said of the others.
 * What the same invocation claimed is its own: it crashed, and was begun anew. Of a database that somebody else looked at since, nothing is
 * said either: an audit takes minutes, and an event may have been quicker.
 */
export function enterReport(
  ledger: Ledger,
  {
    report,
    only,
    outlets,
    invocation,
  }: { report: Report; only: ReadonlySet<string> | null; outlets: readonly OutletName[]; invocation: string },
): Entry {
  const now = report.generatedAt;
  const isLookedAt = ({ resource: { arn } }: Finding) =>
    (only?.has(arn) ?? true) && (ledger.seen[arn] ?? "") <= report.observedAt;
  const { changes, known } = compareReports(ledger.known.filter(isLookedAt), {
    ...report,
    findings: report.findings.filter(isLookedAt),
  });
  const claim = { by: invocation, until: minutesFrom(now, longestMinutes) };
  const due = new Map<OutletName, readonly Change[]>();
  const owed: Ledger["owed"] = { ...ledger.owed };
  for (const name of outlets) {
    const debts = ledger.owed[name] ?? [];
    const isFree = ({ claim }: Debt) => claim === null || claim.by === invocation || claim.until < now;
    due.set(name, [...debts.filter(isFree).map(({ change }) => change), ...changes]);
    owed[name] = [
      ...debts.map((debt) => (isFree(debt) ? { ...debt, claim } : debt)),
      ...changes.map((change) => ({ change, claim })),
    ];
  }
  return {
    ledger: {
      ...ledger,
      known: [...ledger.known.filter((finding) => !isLookedAt(finding)), ...known],
      seen: seeAgain(ledger.seen, only ?? new Set(), report),
      owed,
    },
    changes,
    due,
  };
}

/** Remembers when single databases were looked at, as long as a report may be on its way that looked at them before. */
function seeAgain(
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
  { due, refused, eventId }: { due: Entry["due"]; refused: Entry["due"]; eventId: string },
): Ledger {
  const owed: Ledger["owed"] = { ...ledger.owed };
  for (const [name, changes] of due) {
    const mine = new Set(changes.map(keyOf));
    const left = new Set(refused.get(name)?.map(keyOf));
    owed[name] = (ledger.owed[name] ?? []).flatMap((debt) => {
      const key = keyOf(debt.change);
      if (!mine.has(key)) return debt;
      return left.has(key) ? { ...debt, claim: null } : [];
    });
  }
  const handledEvents = [...new Set([...ledger.handledEvents, eventId])].slice(-rememberedEvents);
  return { ...ledger, owed, handledEvents };
}

function keyOf({ type, at, finding }: Change): string {
  return `${type} ${at} ${finding.id}`;
}
