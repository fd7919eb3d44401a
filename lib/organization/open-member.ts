import type { AccountIdentity } from "../collect/choose-targets.ts";
import type { OrganizationPolicy } from "../model/policy.ts";

/** The ways into an account: with the caller's own credentials, and with a role. */
type Ways<Account> = {
  readonly openOwn: (name: string) => Account;
  readonly openRole: (role: { readonly roleArn: string; readonly externalId: string | undefined }) => Account;
};

/** Opens the caller's own account with the caller's credentials, and every other account with its member role. */
export function createMemberOpener<Account>(
  caller: AccountIdentity,
  { roleName, externalId }: OrganizationPolicy,
  { openOwn, openRole }: Ways<Account>,
): (account: string) => Account {
  return (account) =>
    account === caller.account
      ? openOwn(account)
      : openRole({ roleArn: memberRoleArn({ account, partition: caller.partition }, roleName), externalId });
}

/** The ARN of the member role of an account. */
export function memberRoleArn({ account, partition }: AccountIdentity, roleName: string): string {
  return `arn:${partition}:iam::${account}:role/${roleName}`;
}
