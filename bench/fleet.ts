/** A fleet of healthy DB instances, equal in each Region of each account. */
export type Fleet = {
  readonly accounts: readonly string[];
  readonly regions: readonly string[];
  /** DB instances in each Region. */
  readonly databases: number;
  /** Customer managed keys in each Region, assigned in turn; 0 uses the default key. */
  readonly keys: number;
  readonly latencyMs: number;
  /** True if the accounts are the members of an organization; the first one manages it. */
  readonly isOrganization?: true;
  /** True if RDS manages none of the passwords. */
  readonly isUnmanaged?: boolean;
};

/** What the process that serves a fleet is asked for: what was sent to it since the last time, before that a change of every so many-th database. */
export type FleetRequest = { readonly counts: true } | { readonly change: number };

/** Calls, and bytes of objects and messages. */
export type FleetAnswer = { readonly calls: number; readonly bytes: number };

/** What one reading of a fleet saw. */
export type Reading = { readonly databases: number; readonly calls: number; readonly clean: boolean };

/** The minimum number of calls for a fleet: pages of 100, one call per distinct key, and one per account for the caller's identity or its role. */
export function fewestCalls({ accounts, regions, databases, keys, isOrganization }: Fleet): number {
  const pages = Math.max(1, Math.ceil(databases / 100));
  const inRegion = databases === 0 ? 2 : pages + 1 + pages + Math.max(1, keys);
  const reading = accounts.length * (1 + regions.length * inRegion);
  // The organization, its accounts (20 a page), and the caller's own identity.
  return isOrganization === true ? reading + 2 + Math.ceil(accounts.length / 20) : reading;
}
