import pLimit from "p-limit";
import pMap from "p-map";
import { judgeInventory, mergeParts, type ReportPart, type RequestDetails } from "../audit/assemble-report.ts";
import type { AccountPort } from "../collect/choose-targets.ts";
import { concurrency, type Progress } from "../collect/take-inventory.ts";
import { AwsCallError } from "../model/errors.ts";
import type { Inventory } from "../model/inventory.ts";
import type { Report } from "../model/report.ts";
import { completeCoverage } from "./complete-coverage.ts";
import type { Discovery } from "./discover-accounts.ts";
import type { OrganizationPort } from "./organization-port.ts";
import { type AccountReading, type AccountRequest, readAccount } from "./read-account.ts";

/** Accounts that are read at the same time. Their details are in memory at once. */
const accountsAtOnce = 8;

/** How an organization is audited. `now` is when the audit started. */
export type OrganizationRequest = Pick<AccountRequest, "policy" | "rules" | "now" | "open" | "regions" | "adviseOn"> & {
  readonly organization: Pick<OrganizationPort, "listRegions">;
  readonly version: string;
  /** What the report says about who asked for it. */
  readonly asked?: { readonly details: RequestDetails; readonly callers: string[] };
  /** ISO 8601. */
  readonly generatedAt: () => string;
  /** The account of the caller's credentials: AWS does not answer for it by account ID. */
  readonly caller: string;
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
  const { unread, gaps } = completeCoverage(accounts, parts);
  onReading?.({ targets: [], gaps, unread });
  const rest: ReportPart = { scopes: [], accountGaps: gaps, unread, databases: [], findings: [] };
  const accountNames = Object.fromEntries(accounts.map(({ account, name }) => [account, name]));
  const generatedAt = request.generatedAt();
  return mergeParts([...parts, rest], {
    ...{ policy, rules, generatedAt, version, observedAt: now, accountNames },
    ...(asked && { request: asked.details, callers: asked.callers }),
  });
}

function toInventory({ targets, gaps, unread }: AccountReading, observedAt: string): Inventory {
  return { schemaVersion: "1.0", observedAt, targets, gaps, unread: [...unread] };
}

/**
 * Lists the enabled Regions of an account: by account ID with the caller's credentials, or with those of the account if the first such call
 * is refused, because the organization has not enabled trusted access for AWS Account Management.
 */
function createRegionLists({ organization, caller }: Pick<OrganizationRequest, "organization" | "caller">) {
  let isCentral = true;
  return async (port: AccountPort): Promise<readonly string[]> => {
    if (port.name === caller || !isCentral) return port.listRegions();
    try {
      return await organization.listRegions(port.name);
    } catch (error) {
      if (!(error instanceof AwsCallError) || error.isTransient) throw error;
      isCentral = false;
      return port.listRegions();
    }
  };
}
