import pMap from "p-map";
import type { DatabaseReference } from "../model/database.ts";
import { AwsCallError } from "../model/errors.ts";
import type { Target } from "../model/inventory.ts";
import type { Policy } from "../model/policy.ts";
import type { Rule } from "../model/rule.ts";
import type { Pages, RegionPort } from "./region-port.ts";

/** A target while it is read: each step takes one and returns one with more facts and gaps. */
export type TargetReading = {
  readonly target: Target;
  /** The errors behind the target's gaps, in the same order. */
  readonly errors: readonly AwsCallError[];
  /** ARNs of the secrets that `DescribeSecret` was called for. */
  readonly describedSecrets: ReadonlySet<string>;
};

export type ReadOptions = {
  readonly policy: Policy;
  readonly rules: readonly Rule[];
  /** ISO 8601. */
  readonly now: string;
  /** Reads only these databases and what their verdicts depend on. Default: all databases. */
  readonly only?: readonly DatabaseReference[];
  /** Also reads what decides whether a database may be repaired: proxies, deployments, resource policies, use of keys. */
  readonly forRepair?: boolean;
};

/** What the steps need to know beside the target. The policy switches none of these rules off. */
export type ReadRequest = Required<Omit<ReadOptions, "only">> & {
  /** IAM actions of the facts that the rules read. */
  readonly reads: ReadonlySet<string>;
};

/** What some calls returned, and which of them failed. */
export type CallResults<T> = { readonly items: T[]; readonly failures: readonly FailedCall[] };

type FailedCall = { readonly action: string; readonly error: AwsCallError; readonly resource: string | null };

export const noCalls: CallResults<never> = { items: [], failures: [] };

/** Calls for single databases, keys or secrets at the same time. Lists are read in parallel in addition. */
export const concurrency = 8;

/** A target without facts. */
export function startReading({ account, region, partition }: RegionPort): TargetReading {
  const target: Target = {
    account,
    region,
    partition,
    databases: [],
    secrets: null,
    missingSecrets: [],
    keys: [],
    resourcePolicies: [],
    starts: [],
    keyPolicies: [],
    keyGrants: [],
    globalClusterMembers: null,
    blueGreenDeployments: null,
    proxies: null,
    keyTrials: [],
    gaps: [],
    calls: 0,
  };
  return { target, errors: [], describedSecrets: new Set() };
}

/** Replaces facts, and adds a gap for each failed call. */
export function addFacts(
  { target, errors, describedSecrets }: TargetReading,
  facts: Partial<Omit<Target, "gaps">>,
  results: readonly CallResults<unknown>[],
): TargetReading {
  const { account, region } = target;
  const failures = results.flatMap((result) => result.failures);
  const gaps = failures.map(({ action, error: { code, message }, resource }) => ({
    ...{ account, region, action, code, message, resource },
  }));
  return {
    target: { ...target, ...facts, gaps: [...target.gaps, ...gaps] },
    errors: [...errors, ...failures.map(({ error }) => error)],
    describedSecrets,
  };
}

/** Reads all pages of a list. After a failed page it returns the items before it, and the failure. */
export async function readPages<T>(
  action: string,
  pages: Pages<T>,
  onPage?: (page: readonly T[]) => void,
): Promise<CallResults<T>> {
  const items: T[] = [];
  const failures: FailedCall[] = [];
  try {
    for await (const page of pages) {
      onPage?.(page);
      for (const item of page) items.push(item);
    }
  } catch (error) {
    failures.push(toFailedCall(action, error, null));
  }
  return { items, failures };
}

/** Makes one call for each resource. A failed call does not stop the others. */
export async function readEach<T>(
  action: string,
  resources: Iterable<string>,
  read: (resource: string) => Promise<T>,
): Promise<CallResults<T>> {
  const failures: FailedCall[] = [];
  const attempt = async (resource: string): Promise<T[]> => {
    try {
      return [await read(resource)];
    } catch (error) {
      failures.push(toFailedCall(action, error, resource));
      return [];
    }
  };
  const items = await pMap(resources, attempt, { concurrency });
  return { items: items.flat(), failures };
}

function toFailedCall(action: string, error: unknown, resource: string | null): FailedCall {
  const known = error instanceof AwsCallError ? error : new AwsCallError(action, "UnexpectedError", String(error));
  return { action, error: known, resource };
}
