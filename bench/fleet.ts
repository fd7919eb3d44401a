/** A fleet of healthy DB instances, equal in each Region of each account. */
export type Fleet = {
  readonly accounts: readonly string[];
  readonly regions: readonly string[];
  /** DB instances in each Region. */
  readonly databases: number;
  /** Customer managed keys in each Region, assigned in turn; 0 uses the default key. */
  readonly keys: number;
  readonly latencyMs: number;
};

/** The minimum number of calls for a fleet: pages of 100, one call per distinct key, and one per account for the caller's identity. */
export function fewestCalls({ accounts, regions, databases, keys }: Fleet): number {
  const pages = Math.max(1, Math.ceil(databases / 100));
  const inRegion = databases === 0 ? 2 : pages + 1 + pages + Math.max(1, keys);
  return accounts.length * (1 + regions.length * inRegion);
}
