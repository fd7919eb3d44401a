import type * as z from "zod/mini";
import { jsonText } from "../model/json-text.ts";
import { emptyLedger, type Ledger, ledgerSchema } from "../model/ledger.ts";
import {
  type ExpectedAccounts,
  expectedAccountsSchema,
  type LastRun,
  lastRunSchema,
} from "../model/organization-run.ts";
import { emptyRemediationState, type RemediationState, remediationStateSchema } from "../model/remediation-state.ts";
import { runKeys } from "./run-files.ts";

/** A JSON file that is kept from one run to the next, in S3 or on a disk. */
export type StoredFile<T> = {
  /** As in `ledger.json`. */
  readonly name: string;
  /** What messages call it, as in `ledger`. */
  readonly what: string;
  readonly schema: z.ZodMiniType<T>;
  /** The value before the file is first written. */
  readonly empty: T;
  /** What to do if it cannot be read: the end of a sentence. */
  readonly whatToDo: string;
};

/** The ledger of all accounts, which earlier versions wrote. */
export const earlierLedgerFile: StoredFile<Ledger> = {
  name: "ledger.json",
  what: "ledger",
  schema: ledgerSchema,
  empty: emptyLedger,
  whatToDo: "restore an earlier version, or delete it to have every open finding published as new",
};

/** The ledger of an account. */
export function ledgerFileOf(account: string): StoredFile<Ledger> {
  return { ...earlierLedgerFile, name: `ledgers/account=${account}.json` };
}

/** The last run over the organization. */
export const lastRunFile: StoredFile<LastRun> = {
  name: "organization-run.json",
  what: "record of the last run",
  schema: lastRunSchema,
  empty: { schemaVersion: "1.0", run: null },
  whatToDo: "delete it while no audit of the organization runs",
};

/** What the day's run over the organization expects. */
export function expectedAccountsFileOf(day: string): StoredFile<ExpectedAccounts> {
  return {
    name: runKeys.expected(day),
    what: "list of expected accounts",
    schema: expectedAccountsSchema,
    empty: { schemaVersion: "1.0", run: "", organization: { id: "", managementAccount: "" }, accounts: [] },
    whatToDo: "delete it, and audit again",
  };
}

export const remediationStateFile: StoredFile<RemediationState> = {
  name: "remediation.json",
  what: "remediation state",
  schema: remediationStateSchema,
  empty: emptyRemediationState,
  whatToDo:
    "restore an earlier version; only this file records which executions run, what was tried, and what an interrupted toggle has to restore",
};

/** Parses a stored file. Text that is not valid is never taken for empty: it throws an error that names the location and what to do. */
export function parseStoredFile<T>({ what, schema, whatToDo }: StoredFile<T>, text: string, location: string): T {
  const json = jsonText.safeParse(text);
  if (!json.success) throw new Error(`${location} is not a valid ${what}, because it is not JSON: ${whatToDo}`);
  const parsed = schema.safeParse(json.data);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? "" : ` at ${issue.path.join(".")}`;
  throw new Error(`${location} is not a valid ${what}${where} (${issue?.message ?? "unknown"}): ${whatToDo}`);
}
