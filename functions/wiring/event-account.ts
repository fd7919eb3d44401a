import type { ClientOptions } from "../../lib/aws/client-config.ts";
import { createAccount } from "../../lib/aws/create-account.ts";
import { openOrganization } from "../../lib/aws/open-organization.ts";
import { openRole } from "../../lib/aws/open-role.ts";
import type { AccountIdentity, AccountPort } from "../../lib/collect/choose-targets.ts";
import type { Policy } from "../../lib/model/policy.ts";
import { type EventScope, findExclusion } from "../../lib/organization/find-exclusion.ts";
import { createMemberOpener } from "../../lib/organization/open-member.ts";
import type { AuditSettings } from "./settings.ts";
import { logger } from "./telemetry.ts";
import type { TimeLimits } from "./time-limits.ts";

type Deployment = {
  readonly settings: AuditSettings;
  readonly policy: Policy;
  /** The function's own account. */
  readonly scope: AccountIdentity;
  readonly limits: TimeLimits;
};

type OpenAccount = AccountPort & Pick<ClientOptions, "credentials">;

/**
 * Opens the account of an event: this one, or a member account with its role if the deployment audits an organization. Null if the audit
 * leaves the account or the Region out. Throws if the account is neither, or if its role cannot be assumed.
 */
export async function openEventAccount(event: EventScope, { settings, policy, scope, limits }: Deployment) {
  const { account } = event;
  const { partition } = scope;
  const { reading: signal } = limits;
  if (settings.ORGANIZATION === "on") {
    if (await isLeftOut(event, policy, signal)) return null;
  } else if (account !== scope.account) {
    throw new Error(
      `The event is from account ${account}, but this function rechecks only account ${scope.account}. Remove the rule that forwards it.`,
    );
  }
  const open = createMemberOpener<OpenAccount>(scope, policy.organization, {
    openOwn: (name) => createAccount({ name, signal }),
    openRole: (role) => openRole({ ...role, signal }),
  });
  const { credentials, identify, region: openRegion } = open(account);
  // A role that cannot be assumed is one error that names it, instead of one for each call.
  if (credentials !== undefined) await identify();
  return {
    account,
    ...(credentials && { credentials }),
    open: (region: string) => openRegion({ account, partition, region }),
  };
}

async function isLeftOut(event: EventScope, policy: Policy, signal: AbortSignal): Promise<boolean> {
  const organization = await openOrganization({ signal });
  const reason = await findExclusion(event, organization, policy).finally(organization.close);
  if (reason === null) return false;
  const { account, region } = event;
  logger.info("The audit leaves out the account or the Region. Nothing was checked.", { account, region, reason });
  return true;
}
