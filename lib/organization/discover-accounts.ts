import type { Pages } from "../collect/region-port.ts";
import { AccessError, AwsCallError, UsageError } from "../model/errors.ts";
import type { Policy } from "../model/policy.ts";
import { type ExcludedUnit, type ExpectedAccount, expectAccounts } from "./expected-accounts.ts";
import type { OrganizationPort } from "./organization-port.ts";

/** An organization, and every account that an audit of it is expected to cover. */
export type Discovery = {
  readonly organization: Awaited<ReturnType<OrganizationPort["describe"]>>;
  readonly accounts: readonly ExpectedAccount[];
  /** Accounts that the policy excludes and the organization does not have. */
  readonly unknownExclusions: readonly string[];
};

/**
 * Lists the accounts of an organization. Units cost two calls each, and only those that the policy excludes are read. Throws an AccessError
 * if a list cannot be read to its end, because what it leaves out would be missed in silence.
 */
export async function discoverAccounts(
  port: OrganizationPort,
  policy: Pick<Policy, "accounts" | "organization">,
): Promise<Discovery> {
  try {
    const organization = await port.describe();
    const members = await readAll(port.listAccounts());
    const units = await readExcludedUnits(port, policy);
    const accounts = expectAccounts(members, units, policy);
    const ids = new Set(members.map(({ id }) => id));
    const excluded = policy.organization.excludedAccounts.flatMap(({ account }) => account);
    return { organization, accounts, unknownExclusions: excluded.filter((id) => !ids.has(id)) };
  } catch (error) {
    throw explain(error);
  }
}

async function readExcludedUnits(
  port: OrganizationPort,
  { organization }: Pick<Policy, "organization">,
): Promise<readonly ExcludedUnit[]> {
  const units: ExcludedUnit[] = [];
  for (const { unit, reason } of organization.excludedUnits)
    for (const id of unit) units.push({ accounts: new Set(await accountsBelow(port, id)), reason });
  return units;
}

async function accountsBelow(port: OrganizationPort, unit: string): Promise<readonly string[]> {
  const accounts = (await readAll(port.listAccountsForParent(unit))).map(({ id }) => id);
  const units = await readAll(port.listUnitsForParent(unit));
  for (const child of units) accounts.push(...(await accountsBelow(port, child)));
  return accounts;
}

async function readAll<T>(pages: Pages<T>): Promise<readonly T[]> {
  const items: T[] = [];
  for await (const page of pages) items.push(...page);
  return items;
}

/** What to do about a call to AWS Organizations that failed. */
function explain(error: unknown): unknown {
  if (!(error instanceof AwsCallError)) return error;
  const { action, code, message } = error;
  switch (code) {
    case "AWSOrganizationsNotInUseException":
      return new AccessError(
        "The account of these credentials is not in an organization: use credentials of the management account or of a delegated administrator, or name accounts with --account.",
      );
    case "AccessDeniedException":
      return new AccessError(
        `${action} is denied (${message}): use credentials of the management account or of a delegated administrator, and allow the action.`,
      );
    case "ParentNotFoundException":
      return new UsageError(
        `An organizational unit of the policy's organization.excludedUnits does not exist (${message}): correct its ID, or remove it.`,
      );
    default:
      return new AccessError(
        `The accounts of the organization cannot be listed: ${action} failed with ${code} (${message}).`,
      );
  }
}
