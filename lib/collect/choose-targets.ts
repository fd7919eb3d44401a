import pMap from "p-map";
import { AccessError, AwsCallError, UsageError } from "../model/errors.ts";
import type { Gap } from "../model/inventory.ts";
import type { Policy } from "../model/policy.ts";
import type { RegionPort } from "./region-port.ts";

/** One account's credentials: whose they are, and a port for each Region. */
export type AccountPort = {
  /** What messages call the credentials; a gap has it as its account if the account could not be identified. */
  readonly name: string;
  /** Asks STS in the given Region. Throws an AccessError if nothing can be read at all. */
  identify(region?: string): Promise<AccountIdentity>;
  /** The Regions that are enabled for the account. Throws an AwsCallError. */
  listRegions(): Promise<readonly string[]>;
  region(scope: AccountIdentity & { readonly region: string }): RegionPort;
};

/** The account that credentials belong to, and the ARN of the caller if the port says it. */
export type AccountIdentity = { readonly account: string; readonly partition: string; readonly arn?: string };

export type TargetRequest = {
  readonly accounts: readonly AccountPort[];
  /** Region names, or all Regions that each account has enabled. */
  readonly regions: readonly string[] | "all";
  readonly policy: Policy;
};

/** The Regions to read, and a gap for each account that could not be opened. */
export type ChosenTargets = { readonly ports: readonly RegionPort[]; readonly gaps: readonly Gap[] };

/** Accounts that are opened at the same time. */
const concurrency = 24;

/**
 * Chooses the accounts and Regions to audit. Two credentials for one account are one account. An account that cannot be opened is a gap;
 * if none can be opened, throws the first AccessError, because there is nothing to report on. Throws a UsageError for an account that the
 * policy does not list.
 */
export async function chooseTargets({ accounts, ...request }: TargetRequest): Promise<ChosenTargets> {
  const results = await pMap(accounts, (port) => openAccount(port, request), { concurrency });
  const opened = results.flatMap((result) => ("error" in result ? [] : [result]));
  const refused = results.flatMap((result) => ("error" in result ? [result] : []));
  const [first] = refused;
  if (opened.length === 0 && first !== undefined) throw toAccessError(first.error);
  const byAccount = new Map(opened.map(({ account, ports }) => [account, ports]));
  return { ports: [...byAccount.values()].flat(), gaps: refused.map(toGap) };
}

type OpenedAccount = { readonly account: string; readonly ports: readonly RegionPort[] };
type RefusedAccount = { readonly name: string; readonly error: unknown };

async function openAccount(
  port: AccountPort,
  { regions, policy }: Omit<TargetRequest, "accounts">,
): Promise<OpenedAccount | RefusedAccount> {
  try {
    const identity = await port.identify(regions === "all" ? undefined : regions[0]);
    const { account } = identity;
    if (policy.accounts !== undefined && !policy.accounts.includes(account))
      throw new UsageError(
        `${port.name} is account ${account}, which is not one of the policy's accounts (${policy.accounts.join(", ")}).`,
      );
    const names = new Set(regions === "all" ? await listRegions(port) : regions);
    return { account, ports: [...names].map((region) => port.region({ ...identity, region })) };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    return { name: port.name, error };
  }
}

/** Every account has Regions: an empty list is a failed call. */
async function listRegions(port: AccountPort): Promise<readonly string[]> {
  const names = await port.listRegions();
  if (names.length === 0)
    throw new AwsCallError("account:ListRegions", "EmptyAnswer", "AWS returned no enabled Region");
  return names;
}

function toAccessError(error: unknown): unknown {
  if (!(error instanceof AwsCallError)) return error;
  const { action, code, message } = error;
  if (action === "sts:AssumeRole") return new AccessError(`${message}.`);
  return new AccessError(`${action} failed with ${code} (${message}). Allow the action, or name the Regions to audit.`);
}

function toGap({ name, error }: RefusedAccount): Gap {
  const { action, code } =
    error instanceof AwsCallError ? error : { action: "sts:GetCallerIdentity", code: "AccessError" };
  const message = error instanceof Error ? error.message : String(error);
  return { account: name, region: "*", action, code, message, resource: null };
}
