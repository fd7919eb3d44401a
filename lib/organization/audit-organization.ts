import pLimit from "p-limit";
import pMap from "p-map";
import { judgeInventory, mergeParts, type ReportPart, type RequestDetails } from "../audit/assemble-report.ts";
import { concurrency, type Progress } from "../collect/take-inventory.ts";
import type { Report } from "../model/report.ts";
import { completeCoverage } from "./complete-coverage.ts";
import type { Discovery } from "./discover-accounts.ts";
import { createRegionLists, type RegionListOptions } from "./list-account-regions.ts";
import { type AccountReading, type AccountRequest, readAccount, toInventory } from "./read-account.ts";

/** Accounts that are read at the same time. Their details are in memory at once. */
const accountsAtOnce = 8;

/** How an organization is audited. `now` is when the audit started. */
export type OrganizationRequest = Pick<AccountRequest, "policy" | "rules" | "now" | "open" | "regions" | "adviseOn"> &
  RegionListOptions & {
    readonly version: string;
    /** What the report says about who asked for it. */
    readonly asked?: { readonly details: RequestDetails; readonly callers: string[] };
    /** ISO 8601. */
    readonly generatedAt: () => string;
    /** Receives what was read of each account, and at the end what was expected and not read. */
    readonly onReading?: (reading: AccountReading) => void;
    readonly onProgress?: (progress: Progress) => void;
  };

/**
 * Audits the accounts of an organization: reads one account after another, judges it, and keeps only its part of the report. An account that
 * cannot be opened stops no other. The report accounts for every expected account and Region.
 */
export async function auditOrganization(
  { accounts }: Pick<Discovery, "accounts">,
  request: OrganizationRequest,
): Promise<Report> {
  const { policy, rules, now, version, asked, onReading, onProgress } = request;
  const toRead = accounts.filter(({ unread }) => unread === null);
  const limit = pLimit(concurrency);
  const listRegions = createRegionLists(request);
  let done = 0;
  onProgress?.({ done, total: toRead.length });
  const readOne = async (account: string): Promise<ReportPart> => {
    const reading = await readAccount(account, { ...request, limit, listRegions });
    onReading?.(reading);
    done += 1;
    onProgress?.({ done, total: toRead.length });
    return judgeInventory(toInventory(reading, now), { policy, rules });
  };
  const parts = await pMap(toRead, ({ account }) => readOne(account), { concurrency: accountsAtOnce });
  const results = parts.flatMap((part) => [...part.scopes, ...part.accountGaps, ...part.unread]);
  const { unread, gaps } = completeCoverage(accounts, results);
  onReading?.({ targets: [], gaps, unread });
  const rest: ReportPart = { scopes: [], accountGaps: gaps, unread, databases: [], findings: [] };
  const accountNames = Object.fromEntries(accounts.map(({ account, name }) => [account, name]));
  const generatedAt = request.generatedAt();
  return mergeParts([...parts, rest], {
    ...{ policy, rules, generatedAt, version, observedAt: now, accountNames },
    ...(asked && { request: asked.details, callers: asked.callers }),
  });
}
