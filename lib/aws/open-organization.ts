import { AccountClient, paginateListRegions } from "@aws-sdk/client-account";
import {
  type Account,
  DescribeAccountCommand,
  DescribeOrganizationCommand,
  OrganizationsClient,
  paginateListAccounts,
  paginateListAccountsForParent,
  paginateListOrganizationalUnitsForParent,
  paginateListParents,
} from "@aws-sdk/client-organizations";
import { unknown } from "../model/database.ts";
import { call, pages, required } from "./call.ts";
import { type ClientOptions, toClientConfig } from "./client-config.ts";
import { homeRegionOf } from "./create-account.ts";
import { withSignal } from "./time-limit.ts";

/** Opens AWS Organizations with the credentials of the management account or of a delegated administrator. */
export async function openOrganization(options: ClientOptions) {
  const region = options.region ?? (await homeRegionOf(options.profile));
  const config = { ...toClientConfig(options), region };
  const client = withSignal(new OrganizationsClient(config), options.signal);
  const accounts = withSignal(new AccountClient(config), options.signal);

  return {
    async describe() {
      const action = "organizations:DescribeOrganization";
      const { Organization } = await call(action, client.send(new DescribeOrganizationCommand({})));
      const { Id = "", MasterAccountId = "", FeatureSet = "" } = required(action, Organization);
      return { id: Id, managementAccount: MasterAccountId, featureSet: FeatureSet };
    },
    listAccounts: () =>
      pages("organizations:ListAccounts", paginateListAccounts({ client }, {}), ({ Accounts }) =>
        Accounts?.map(toMember),
      ),
    listAccountsForParent: (ParentId: string) =>
      pages(
        "organizations:ListAccountsForParent",
        paginateListAccountsForParent({ client }, { ParentId }),
        ({ Accounts }) => Accounts?.map(toMember),
      ),
    listUnitsForParent: (ParentId: string) =>
      pages(
        "organizations:ListOrganizationalUnitsForParent",
        paginateListOrganizationalUnitsForParent({ client }, { ParentId }),
        ({ OrganizationalUnits }) => OrganizationalUnits?.flatMap(({ Id }) => Id ?? []),
      ),
    async describeAccount(AccountId: string) {
      const action = "organizations:DescribeAccount";
      const answer = await call(action, client.send(new DescribeAccountCommand({ AccountId })));
      return toMember(required(action, answer.Account));
    },
    listParents: (ChildId: string) =>
      pages("organizations:ListParents", paginateListParents({ client }, { ChildId }), ({ Parents }) =>
        Parents?.flatMap(({ Id }) => Id ?? []),
      ),
    async listRegions(AccountId: string): Promise<readonly string[]> {
      const statuses = ["ENABLED", "ENABLED_BY_DEFAULT"] as const;
      const paginator = paginateListRegions(
        { client: accounts },
        { AccountId, RegionOptStatusContains: [...statuses] },
      );
      const names: string[] = [];
      for await (const page of pages("account:ListRegions", paginator, ({ Regions }) => Regions))
        names.push(...page.flatMap(({ RegionName }) => RegionName ?? []));
      return names.sort();
    },
    close(): void {
      client.destroy();
      accounts.destroy();
    },
  };
}

/** `State` replaces `Status`, which AWS announced for removal. A state that is left out is not known to be active. */
function toMember({ Id = "", Name = "", State }: Account) {
  return { id: Id, name: Name, state: State ?? unknown };
}
