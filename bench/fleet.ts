/** A fleet of healthy DB instances, the same in each Region of each account. */
export type Fleet = {
  readonly accounts: readonly string[];
  readonly regions: readonly string[];
  /** In each Region. */
  readonly databases: number;
  /** Customer managed keys in each Region, used in turn; 0 for the default key. */
  readonly keys: number;
  readonly latencyMs: number;
};

/** The least that AWS's page sizes allow for a fleet: pages of 100, one call a distinct key, and one that says who asks. */
export function fewestCalls({ accounts, regions, databases, keys }: Fleet): number {
  const pages = Math.max(1, Math.ceil(databases / 100));
  const inRegion = databases === 0 ? 2 : pages + 1 + pages + Math.max(1, keys);
  return accounts.length * (1 + regions.length * inRegion);
}
