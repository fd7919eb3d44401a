import { DatabaseSync } from "node:sqlite";
import { gunzipSync, gzipSync } from "node:zlib";
import type { Comparison } from "../../lib/audit/compare-reports.ts";
import { compareRuns, createGonePredicate, toDatabaseState } from "../../lib/audit/compare-runs.ts";
import type { Change } from "../../lib/model/change.ts";
import { UsageError } from "../../lib/model/errors.ts";
import type { Finding } from "../../lib/model/finding.ts";
import type { DatabaseHistory, HistoryEntry, Run } from "../../lib/model/history.ts";
import type { Report } from "../../lib/model/report.ts";

/** Marks a SQLite file as a history ("RDSP"), and the version of its tables. */
const applicationId = 0x52445350;
const schemaVersion = 1;

/** How long a process waits for another one that writes to the same history. */
const busySeconds = 10;

const schema = `
  CREATE TABLE run (id INTEGER PRIMARY KEY, generated_at TEXT NOT NULL, run TEXT NOT NULL, report BLOB NOT NULL);
  CREATE TABLE open_finding (finding TEXT NOT NULL);
  CREATE TABLE database (arn TEXT PRIMARY KEY, identifier TEXT NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL, state TEXT);
  CREATE TABLE entry (run INTEGER NOT NULL REFERENCES run, arn TEXT NOT NULL, entry TEXT NOT NULL);
  CREATE INDEX entry_by_arn ON entry (arn);
  PRAGMA application_id = ${applicationId};
  PRAGMA user_version = ${schemaVersion};
`;

/** A history of audits in one SQLite file. Everything of a run is written in one transaction. */
export type HistoryFile = {
  /** Adds a run and compares it with the earlier ones. Throws a UsageError if it is older than the last one. */
  readonly record: (report: Report) => Comparison;
  /** Oldest first. */
  readonly runs: () => readonly Run[];
  /** The reports of the last runs, oldest first. */
  readonly lastReports: (count: number) => readonly Report[];
  /** Databases with this identifier or ARN. */
  readonly find: (name: string) => readonly DatabaseHistory[];
  readonly identifiers: () => readonly string[];
  readonly close: () => void;
};

/** Opens a history, or creates one if `create` is given. Throws a UsageError that names the file if it cannot be used. */
export function openHistory(file: string, { create = false } = {}): HistoryFile {
  const explained = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw error instanceof UsageError
        ? error
        : new UsageError(`--history ${file} ${explain(error)}.`, { cause: error });
    }
  };
  const database = explained(() => open(file, create));
  return {
    record: (report) => explained(() => inTransaction(database, () => record(database, report, file))),
    runs: () =>
      explained(() =>
        select<{ run: string }>(database, "SELECT run FROM run ORDER BY id").map(({ run }) => JSON.parse(run)),
      ),
    lastReports: (count) =>
      explained(() =>
        select<{ report: Uint8Array }>(database, "SELECT report FROM run ORDER BY id DESC LIMIT ?", count)
          .map(({ report }) => JSON.parse(gunzipSync(report).toString()) as Report)
          .reverse(),
      ),
    find: (name) => explained(() => find(database, name)),
    identifiers: () =>
      explained(() =>
        select<{ identifier: string }>(database, "SELECT identifier FROM database").map(({ identifier }) => identifier),
      ),
    close: () => database.close(),
  };
}

function open(file: string, create: boolean): DatabaseSync {
  const database = new DatabaseSync(file, { readOnly: !create, timeout: busySeconds * 1000 });
  const read = (name: string) => Number(Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
  const isEmpty = select(database, "SELECT 1 FROM sqlite_schema LIMIT 1").length === 0;
  if (isEmpty && create) {
    // Another process may have created the tables meanwhile.
    inTransaction(database, () => {
      if (select(database, "SELECT 1 FROM sqlite_schema LIMIT 1").length === 0) database.exec(schema);
    });
  }
  if (read("application_id") !== applicationId)
    throw new UsageError(`--history ${file} is not a history: give a file that audit --history wrote.`);
  if (read("user_version") > schemaVersion)
    throw new UsageError(`--history ${file} was written by a newer version of rds-password-audit: use that version.`);
  return database;
}

function record(database: DatabaseSync, report: Report, file: string): Comparison {
  const [last] = select<{ run: string }>(database, "SELECT run FROM run ORDER BY id DESC LIMIT 1").map(
    ({ run }) => JSON.parse(run) as Run,
  );
  if (last !== undefined && report.observedAt < last.observedAt)
    throw new UsageError(
      `--history ${file} has a run of ${last.observedAt}, after this inventory (${report.observedAt}): add runs in their order.`,
    );
  const known = select<{ finding: string }>(database, "SELECT finding FROM open_finding").map(
    ({ finding }) => JSON.parse(finding) as Finding,
  );
  const comparison = compareRuns(known, report);
  const { lastInsertRowid: run } = database
    .prepare("INSERT INTO run (generated_at, run, report) VALUES (?, ?, ?)")
    .run(report.generatedAt, JSON.stringify(toRun(report, comparison)), gzipSync(JSON.stringify(report)));
  database.exec("DELETE FROM open_finding");
  const addOpen = database.prepare("INSERT INTO open_finding VALUES (?)");
  for (const finding of comparison.known) addOpen.run(JSON.stringify(finding));
  const addEntry = database.prepare("INSERT INTO entry VALUES (?, ?, ?)");
  const add = (arn: string, entry: HistoryEntry) => addEntry.run(run, arn, JSON.stringify(entry));
  recordStates(database, report, add);
  for (const change of comparison.changes)
    add(change.finding.resource.arn, { at: report.generatedAt, type: "finding", change });
  return comparison;
}

/** Adds an entry for each database that is new, in another state than before, or gone. */
function recordStates(database: DatabaseSync, report: Report, add: (arn: string, entry: HistoryEntry) => void): void {
  const at = report.generatedAt;
  const earlier = select<{ arn: string; account: string; region: string; state: string | null }>(
    database,
    "SELECT arn, account, region, state FROM database",
  );
  const states = new Map(earlier.map(({ arn, state }) => [arn, state]));
  const store = database.prepare("INSERT OR REPLACE INTO database VALUES (?, ?, ?, ?, ?)");
  for (const one of report.databases) {
    const { arn, identifier, account, region } = one;
    const state = toDatabaseState(one);
    const text = JSON.stringify(state);
    if (states.get(arn) === text) continue;
    store.run(arn, identifier, account, region, text);
    add(arn, { at, type: "state", state });
  }
  const isGone = createGonePredicate(report);
  const remove = database.prepare("UPDATE database SET state = NULL WHERE arn = ?");
  for (const one of earlier)
    if (one.state !== null && isGone(one)) {
      remove.run(one.arn);
      add(one.arn, { at, type: "state", state: null });
    }
}

function toRun(report: Report, { changes }: Comparison): Run {
  const { generatedAt, observedAt, clean, summary, coverage } = report;
  const count = (type: Change["type"]) => changes.filter((change) => change.type === type).length;
  return {
    ...{ generatedAt, observedAt, clean, summary, complete: coverage.complete },
    opened: count("finding.opened"),
    resolved: count("finding.resolved"),
  };
}

function find(database: DatabaseSync, name: string): readonly DatabaseHistory[] {
  return select<{ arn: string; identifier: string }>(
    database,
    "SELECT arn, identifier FROM database WHERE arn = ?1 OR identifier = ?1 ORDER BY arn",
    name,
  ).map(({ arn, identifier }) => ({
    arn,
    identifier,
    entries: select<{ entry: string }>(database, "SELECT entry FROM entry WHERE arn = ? ORDER BY run, rowid", arn).map(
      ({ entry }) => JSON.parse(entry),
    ),
  }));
}

function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

function select<Row>(database: DatabaseSync, sql: string, ...values: (string | number)[]): Row[] {
  return database.prepare(sql).all(...values) as Row[];
}

/** Why SQLite refused, as the rest of a sentence. Codes: https://sqlite.org/rescode.html */
function explain(error: unknown): string {
  const code = typeof error === "object" && error !== null && "errcode" in error ? Number(error.errcode) & 0xff : 0;
  switch (code) {
    case 5:
      return `is in use by another process for more than ${busySeconds} seconds: try again`;
    case 8:
      return "cannot be written: it is read-only";
    case 10:
      return "cannot be used: the file system refuses to read or write it; check its space and limits";
    case 11:
      return "is damaged: restore it from a copy, or start a new one";
    case 13:
      return "cannot be written: no space is left on the device";
    case 14:
      return "cannot be opened: check that it exists and its permissions";
    case 26:
      return "is not a history: give a file that audit --history wrote";
    default:
      return `cannot be used: ${error instanceof Error ? error.message : String(error)}`;
  }
}
