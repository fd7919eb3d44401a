import type { Change } from "./change.ts";
import type { Report } from "./report.ts";

/** An audit without its databases and findings, from a history file or from the stored summary of a day. */
export type Run = Pick<Report, "generatedAt" | "observedAt" | "clean" | "summary"> & {
  /** True if everything was read. */
  readonly complete: boolean;
  /** Violations that were new in this run, and violations that were resolved. Null if that is not stored. */
  readonly opened: number | null;
  readonly resolved: number | null;
};

/** How a database was seen in a run: what a history remembers of it. */
export type DatabaseState = Pick<Report["databases"][number], "management" | "reason" | "status" | "engineVersion"> & {
  readonly secretStatus: string | null;
  readonly kmsKeyId: string | null;
};

/** What happened to a database: it was seen in another state, it was gone (`state` is null), or one of its findings changed. */
export type HistoryEntry =
  | { readonly at: string; readonly type: "state"; readonly state: DatabaseState | null }
  | { readonly at: string; readonly type: "finding"; readonly change: Change };

/** The history of one database, oldest entry first. */
export type DatabaseHistory = {
  readonly arn: string;
  readonly identifier: string;
  readonly entries: readonly HistoryEntry[];
};
