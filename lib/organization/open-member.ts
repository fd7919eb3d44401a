import type { AccountIdentity } from "../collect/choose-targets.ts";
import type { OrganizationPolicy } from "../model/policy.ts";
import { memberRoleArn } from "./member-role-arn.ts";

/** The ways into an account: with the caller's own credentials, and with a role. */
type Ways<Account> = {
  readonly openOwn: (name: string) => Account;
  readonly openRole: (role: { readonly roleArn: string; readonly externalId: string | undefined }) => Account;
};

/** Opens the caller's own account with the caller's credentials, and every other account with its member role. */
export function createMemberOpener<Account>(
  caller: AccountIdentity,
  policy: OrganizationPolicy,
  { openOwn, openRole }: Ways<Account>,
): (account: string) => Account {
  return (account) =>
    account === caller.account
      ? openOwn(account)
      : openRole({ roleArn: memberRoleArn(account, caller.partition, policy), externalId: policy.externalId });
}
