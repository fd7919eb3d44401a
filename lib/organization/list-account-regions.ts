import type { AccountPort } from "../collect/choose-targets.ts";
import { AwsCallError } from "../model/errors.ts";
import type { OrganizationPort } from "./organization-port.ts";

/** How Regions are listed by account ID. */
export type RegionListOptions = {
  readonly organization: Pick<OrganizationPort, "listRegions">;
  /** The account of the caller's credentials: AWS does not answer for it by account ID. */
  readonly caller: string;
};

/**
 * Lists the enabled Regions of an account: by account ID with the caller's credentials, or with those of the account if the first such call
 * is refused, because the organization has not enabled trusted access for AWS Account Management.
 */
export function createRegionLists({ organization, caller }: RegionListOptions) {
  let isCentral = true;
  return async (port: AccountPort): Promise<readonly string[]> => {
    if (port.name === caller || !isCentral) return port.listRegions();
    try {
      return await organization.listRegions(port.name);
    } catch (error) {
      if (!(error instanceof AwsCallError) || error.isTransient) throw error;
      isCentral = false;
      return port.listRegions();
    }
  };
}
