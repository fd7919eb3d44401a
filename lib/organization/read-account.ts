import type { AccountIdentity, AccountPort } from "../collect/choose-targets.ts";
import { readTarget } from "../collect/read-target.ts";
import type { RegionPort } from "../collect/region-port.ts";
import type { ReadOptions } from "../collect/target-reading.ts";
import { AccessError, AwsCallError } from "../model/errors.ts";
import type { Gap, Inventory, Target, UnreadScope } from "../model/inventory.ts";
import { oneGapARegion, refusesEveryCall } from "./closed-regions.ts";
import type { OpenMember } from "./organization-port.ts";

/** How the accounts of an organization are read. */
export type AccountRequest = Omit<ReadOptions, "only" | "forRepair"> & {
  readonly open: OpenMember;
  /** Region names, or all Regions that each account has enabled. */
  readonly regions: readonly string[] | "all";
  /** The Regions that an account has enabled. Throws an AwsCallError. */
  readonly listRegions: (port: AccountPort) => Promise<readonly string[]>;
  /** What to add to the gap of an account that cannot be opened; empty for most. */
  readonly adviseOn?: (account: string) => string;
  /** Bounds the Regions that are read at the same time, over all accounts. */
  readonly limit: <T>(read: () => Promise<T>) => Promise<T>;
};

/** What was read of one account. */
export type AccountReading = Pick<Inventory, "targets" | "gaps"> & { readonly unread: readonly UnreadScope[] };

/** What was read of one account, as an inventory. */
export function toInventory({ targets, gaps, unread }: AccountReading, observedAt: string): Inventory {
  return { schemaVersion: "1.0", observedAt, targets, gaps, unread: [...unread] };
}

/** Reads every Region of one account. Never throws for a failed call: an account that cannot be opened is one gap. */
export async function readAccount(account: string, request: AccountRequest): Promise<AccountReading> {
  const port = request.open(account);
  try {
    return await readRegions(port, await port.identify(), request);
  } catch (error) {
    return { targets: [], gaps: [toGap(account, error, request.adviseOn?.(account) ?? "")], unread: [] };
  }
}

async function readRegions(
  port: AccountPort,
  identity: AccountIdentity,
  request: AccountRequest,
): Promise<AccountReading> {
  const { account } = identity;
  const { excludedRegions } = request.policy.organization;
  const names = request.regions === "all" ? await listRegions(port, request) : request.regions;
  const unread: UnreadScope[] = [];
  const toRead: string[] = [];
  for (const region of new Set(names)) {
    const reason = excludedRegions.find((one) => one.region.includes(region))?.reason;
    if (reason === undefined) toRead.push(region);
    else unread.push({ account, region, outcome: "excluded", reason });
  }
  const read = (region: string) => request.limit(() => readAndClose(port.region({ ...identity, region }), request));
  const targets = await Promise.all(toRead.map(read));
  const disabled = await findDisabledRegions(port, targets, request);
  const reason = "The Region is not enabled in the account";
  for (const region of disabled) unread.push({ account, region, outcome: "region-not-enabled", reason });
  return { targets: targets.filter(({ region }) => !disabled.has(region)).map(oneGapARegion), gaps: [], unread };
}

/** Thousands of Regions are read one after another: open connections would add up. */
async function readAndClose(port: RegionPort, request: AccountRequest): Promise<Target> {
  try {
    return await readTarget(port, request);
  } finally {
    port.close?.();
  }
}

/** Every account has Regions: an empty list is a failed call. */
async function listRegions(port: AccountPort, request: AccountRequest): Promise<readonly string[]> {
  const names = await request.listRegions(port);
  if (names.length > 0) return names;
  throw new AwsCallError("account:ListRegions", "EmptyAnswer", "AWS returned no enabled Region");
}

/** The Regions that refused every call because the account has not enabled them. Asks AWS only if there is such a Region. */
async function findDisabledRegions(
  port: AccountPort,
  targets: readonly Target[],
  request: AccountRequest,
): Promise<ReadonlySet<string>> {
  const refusing = targets.filter(refusesEveryCall);
  if (refusing.length === 0) return new Set();
  try {
    const enabled = new Set(await listRegions(port, request));
    return new Set(refusing.map(({ region }) => region).filter((region) => !enabled.has(region)));
  } catch (error) {
    // Without the list the Regions stay gaps.
    if (error instanceof AwsCallError) return new Set();
    throw error;
  }
}

/** The gap of an account that could not be opened, or whose Regions could not be listed. */
function toGap(account: string, error: unknown, advice: string): Gap {
  const { action, code } = error instanceof AwsCallError ? error : toFailure(error);
  const message = [error instanceof Error ? error.message : String(error), advice].filter(Boolean).join(". ");
  return { account, region: "*", action, code, message, resource: null };
}

/** An AccessError explains a call to AWS STS; anything else is a defect of the program, and not a clean account. */
function toFailure(error: unknown): Pick<Gap, "action" | "code"> {
  if (error instanceof AccessError) return { action: "sts:GetCallerIdentity", code: error.name };
  return { action: "rds-password-audit:ReadAccount", code: error instanceof Error ? error.name : "UnknownError" };
}
