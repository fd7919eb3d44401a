import pLimit from "p-limit";
import { AccessError, AwsCallError, UsageError } from "../model/errors.ts";
import type { Gap, Inventory } from "../model/inventory.ts";
import type { Policy } from "../model/policy.ts";
import type { Rule } from "../model/rule.ts";
import { type RegionPort, readTarget } from "./read-target.ts";

/** One account's credentials: who they are, and a way into each Region. */
export type AccountPort = {
  /** How the user named the credentials, for messages and for gaps of an account that could not be entered. */
  readonly name: string;
  /** Throws an AccessError where nothing can be read at all. The Region says which STS to ask. */
  identify(region?: string): Promise<Identity>;
  /** The Regions that are enabled for the account. Throws an AwsCallError. */
  listRegions(): Promise<readonly string[]>;
  region(scope: Identity & { readonly region: string }): RegionPort;
};

/** Who some credentials are. */
type Identity = { readonly account: string; readonly partition: string };

/** How far the reading is: targets done, and how many there are in all. */
export type Progress = { readonly done: number; readonly total: number };

export type InventoryRequest = {
  readonly accounts: readonly AccountPort[];
  /** Names, or all Regions that each account has enabled. */
  readonly regions: readonly string[] | "all";
  readonly policy: Policy;
  readonly rules: readonly Rule[];
  /** ISO 8601: when the audit began. */
  readonly now: string;
  /** Reads what else decides whether a database may be repaired. */
  readonly forRepair?: boolean;
  readonly onProgress?: (progress: Progress) => void;
};

/** How many Regions are read at the same time, over all accounts. */
export const concurrency = 24;

/**
 * Reads every Region of every account, side by side. An account that cannot be entered is a gap, unless it is all there is:
 * then its AccessError is thrown, because there is nothing to report on.
 */
export async function takeInventory(request: InventoryRequest): Promise<Inventory> {
  const gaps: Gap[] = [];
  const ports = await openTargets(request, gaps);
  const limit = pLimit(concurrency);
  let done = 0;
  const report = () => request.onProgress?.({ done, total: ports.length });
  report();
  const targets = await Promise.all(
    ports.map((port) =>
      limit(async () => {
        const target = await readTarget(port, request);
        done += 1;
        report();
        return target;
      }),
    ),
  );
  return { schemaVersion: "1.0", observedAt: request.now, targets, gaps };
}

/** The Regions to read; two credentials for one account are one account. */
async function openTargets({ accounts, regions, policy }: InventoryRequest, gaps: Gap[]): Promise<RegionPort[]> {
  const opened = new Map<string, RegionPort[]>();
  let refusal: unknown = null;
  await Promise.all(
    accounts.map(async (port) => {
      try {
        const identity = await port.identify(regions === "all" ? undefined : regions[0]);
        if (policy.accounts !== undefined && !policy.accounts.includes(identity.account))
          throw new UsageError(
            `${port.name} is account ${identity.account}, which is not among the policy's accounts (${policy.accounts.join(", ")}).`,
          );
        const names = new Set(regions === "all" ? await listRegions(port) : regions);
        opened.set(
          identity.account,
          [...names].map((region) => port.region({ ...identity, region })),
        );
      } catch (error) {
        if (error instanceof UsageError) throw error;
        refusal = error;
        gaps.push(toGap(port, error));
      }
    }),
  );
  if (opened.size === 0 && refusal !== null) throw toAccessError(refusal);
  return [...opened.values()].flat();
}

/** No account is without Regions: where AWS names none, they were not seen. */
async function listRegions(port: AccountPort): Promise<readonly string[]> {
  const names = await port.listRegions();
  if (names.length === 0)
    throw new AwsCallError("account:ListRegions", "EmptyAnswer", "AWS names no Region that is enabled");
  return names;
}

function toAccessError(refusal: unknown): unknown {
  if (!(refusal instanceof AwsCallError)) return refusal;
  const { action, code, message } = refusal;
  return new AccessError(`${action} failed with ${code} (${message}): allow it, or name the Regions to audit.`);
}

function toGap({ name }: AccountPort, error: unknown): Gap {
  const { action, code } =
    error instanceof AwsCallError ? error : { action: "sts:GetCallerIdentity", code: "AccessError" };
  const message = error instanceof Error ? error.message : String(error);
  return { account: name, region: "*", action, code, message, resource: null };
}
