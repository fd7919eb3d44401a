import type { AccountPort } from "../collect/choose-targets.ts";
import type { Pages } from "../collect/region-port.ts";

/** A member account as AWS Organizations lists it. `state` may be a value that AWS added later. */
export type Member = { readonly id: string; readonly name: string; readonly state: string };

/** An organization. Each method is one API operation; a failed call throws an AwsCallError. */
export type OrganizationPort = {
  describe(): Promise<{ readonly id: string; readonly managementAccount: string; readonly featureSet: string }>;
  listAccounts(): Pages<Member>;
  /** The accounts directly in an organizational unit. */
  listAccountsForParent(unit: string): Pages<Member>;
  /** The IDs of the organizational units directly in another one. */
  listUnitsForParent(unit: string): Pages<string>;
  /** The Regions that another account of the organization has enabled. */
  listRegions(account: string): Promise<readonly string[]>;
};

/** Opens a member account with its role, or the caller's own account with the caller's credentials. */
export type OpenMember = (account: string) => AccountPort;
