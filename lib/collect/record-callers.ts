import type { AccountPort } from "./choose-targets.ts";

/** Accounts that also record who their credentials belong to, as AWS STS says it: sorted ARNs, of those that were opened. */
export function recordCallers<T extends Pick<AccountPort, "identify">>(
  accounts: readonly T[],
): { readonly accounts: readonly T[]; readonly callers: () => string[] } {
  const arns = new Set<string>();
  const recorded = accounts.map((account) => ({
    ...account,
    async identify(region?: string) {
      const identity = await account.identify(region);
      if (identity.arn !== undefined) arns.add(identity.arn);
      return identity;
    },
  }));
  return { accounts: recorded, callers: () => [...arns].sort() };
}
