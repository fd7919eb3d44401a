import type { OrganizationPolicy, Policy } from "../model/policy.ts";
import type { Member } from "./organization-port.ts";

/** An account that the audit is expected to cover, and why it is not read, or null. */
export type ExpectedAccount = {
  readonly account: string;
  readonly name: string;
  readonly unread: { readonly outcome: "account-not-active" | "excluded"; readonly reason: string } | null;
};

/** The accounts below each excluded organizational unit. */
export type ExcludedUnit = { readonly accounts: ReadonlySet<string>; readonly reason: string };

/**
 * Decides for each account of an organization whether it is read. An account in a state that is not known to be inactive is read, so that
 * what AWS says about it becomes a gap.
 */
export function expectAccounts(
  members: readonly Member[],
  excludedUnits: readonly ExcludedUnit[],
  { accounts, organization }: Pick<Policy, "accounts" | "organization">,
): readonly ExpectedAccount[] {
  const byId = new Map(members.map((member) => [member.id, member]));
  return [...byId.values()].map(({ id, name, state }) => {
    const reason = exclusionOf(id, excludedUnits, organization);
    const isListed = accounts === undefined || accounts.includes(id);
    const expected = { account: id, name };
    if (reason !== undefined) return { ...expected, unread: { outcome: "excluded", reason } };
    if (!isListed) return { ...expected, unread: { outcome: "excluded", reason: "Not one of the policy's accounts" } };
    if (inactive.includes(state)) return { ...expected, unread: { outcome: "account-not-active", reason: state } };
    return { ...expected, unread: null };
  });
}

/** The states in which no role of an account can be assumed. */
const inactive: readonly string[] = ["PENDING_ACTIVATION", "SUSPENDED", "PENDING_CLOSURE", "CLOSED"];

function exclusionOf(
  id: string,
  units: readonly ExcludedUnit[],
  { excludedAccounts }: OrganizationPolicy,
): string | undefined {
  return (
    excludedAccounts.find(({ account }) => account.includes(id))?.reason ??
    units.find(({ accounts }) => accounts.has(id))?.reason
  );
}
