import { activeRules } from "../audit/judge.ts";
import type { AwsCallError } from "../model/errors.ts";
import type { Target } from "../model/inventory.ts";
import { confirmFindings } from "./confirm-findings.ts";
import { readLists, readNamed } from "./read-databases.ts";
import { readForRepair } from "./read-for-repair.ts";
import { readKeys } from "./read-keys.ts";
import type { RegionPort } from "./region-port.ts";
import type { ReadOptions, ReadRequest } from "./target-reading.ts";

/** Databases to look up one by one, at one or two calls each. More are picked from the lists, which have 100 a page. */
const maxLookups = 50;

/** Reads one Region of one account. Never throws for a failed call: it becomes one of the target's gaps. */
export async function readTarget(port: RegionPort, options: ReadOptions): Promise<Target> {
  return (await readScope(port, options)).target;
}

/** Reads one Region of one account: first the lists, then only what they make necessary. Also returns the errors behind the gaps. */
export async function readScope(
  port: RegionPort,
  { policy, rules, now, only, forRepair = false }: ReadOptions,
): Promise<{ readonly target: Target; readonly errors: readonly AwsCallError[] }> {
  const active = activeRules(rules, policy);
  const reads = new Set(active.flatMap((rule) => rule.reads));
  const request: ReadRequest = { policy, rules: active, reads, now, forRepair };
  const isLookup = only !== undefined && only.length <= maxLookups;
  const listed = await (isLookup ? readNamed(port, only, request) : readLists(port, only ?? "all", request));
  const judgeable = await readKeys(port, listed, request);
  const confirmed = await confirmFindings(port, judgeable, request);
  const { target, errors } = await readForRepair(port, confirmed, request);
  return { target: { ...target, calls: port.calls() }, errors };
}
