import { rootId } from "../create-organization.ts";
import { type Params, textIn } from "../params.ts";
import { json11 } from "../protocol/json.ts";
import { SimulatedError } from "../simulated-error.ts";
import type { Organization } from "../state.ts";
import { jsonErrors } from "./errors.ts";
import type { Action, CallContext, Service } from "./service.ts";

/** The organization of the caller. */
function organizationOf({ account }: CallContext): Organization {
  const { organization } = account.cloud;
  if (organization === null || !organization.members.has(account.id))
    throw new SimulatedError("AWSOrganizationsNotInUseException", "Your account is not a member of an organization.");
  return organization;
}

/** An action for the management account and delegated administrators only. */
function forAdministrators(list: (organization: Organization, params: Params, context: CallContext) => object): Action {
  return (params, context) => {
    const organization = organizationOf(context);
    const { id } = context.account;
    if (id !== organization.managementAccount && !organization.delegatedAdministrators.has(id))
      throw new SimulatedError("AccessDeniedException", "You don't have permissions to access this resource.");
    return list(organization, params, context);
  };
}

function arnOf({ id, managementAccount }: Organization, resource: string): string {
  return `arn:aws:organizations::${managementAccount}:${resource.replace("{organization}", id)}`;
}

/** `Status` is left out, as AWS announced: `State` replaces it. */
function toAccount(organization: Organization, id: string) {
  const { name = "", state } = organization.members.get(id) ?? {};
  return {
    Id: id,
    Arn: arnOf(organization, `account/{organization}/${id}`),
    Email: `${name}@example.com`,
    Name: name,
    State: state,
    JoinedMethod: "CREATED",
    JoinedTimestamp: new Date("2024-01-01T00:00:00Z"),
  };
}

/** One page of a list. Where AWS returns an empty page, the token of the next one is still there. */
function pageOf<T>(items: readonly T[], params: Params, { pageSize }: Organization, emptyPages = new Set<number>()) {
  const token = textIn(params, "NextToken");
  const [, number = "0", isAfterEmpty = ""] = /^page-(\d+)(-after-empty)?$/.exec(token ?? "page-0") ?? [];
  if (token !== undefined && !/^page-\d+(-after-empty)?$/.test(token))
    throw new SimulatedError("InvalidInputException", "You specified an invalid value for NextToken.");
  const page = Number(number);
  if (emptyPages.has(page) && isAfterEmpty === "") return { items: [], NextToken: `page-${page}-after-empty` };
  const end = (page + 1) * pageSize;
  return {
    items: items.slice(page * pageSize, end),
    ...(end < items.length && { NextToken: `page-${page + 1}` }),
  };
}

function parentIn(organization: Organization, params: Params): string {
  const parent = textIn(params, "ParentId") ?? "";
  if (parent !== rootId && !organization.units.has(parent))
    throw new SimulatedError("ParentNotFoundException", `You specified parent ${parent} that doesn't exist.`);
  return parent;
}

/** AWS Organizations: the organization, its accounts, and its units. */
export const organizations: Service = {
  protocol: json11("Message"),
  errors: jsonErrors,
  isGlobal: true,
  actions: {
    DescribeOrganization: (_params, context) => {
      const organization = organizationOf(context);
      return {
        Organization: {
          Id: organization.id,
          Arn: arnOf(organization, "organization/{organization}"),
          FeatureSet: organization.featureSet,
          MasterAccountId: organization.managementAccount,
          MasterAccountArn: arnOf(organization, `account/{organization}/${organization.managementAccount}`),
        },
      };
    },
    DescribeAccount: forAdministrators((organization, params) => {
      const id = textIn(params, "AccountId") ?? "";
      if (!organization.members.has(id))
        throw new SimulatedError("AccountNotFoundException", "You specified an account that doesn't exist.");
      return { Account: toAccount(organization, id) };
    }),
    ListAccounts: forAdministrators((organization, params) => {
      const { items, ...rest } = pageOf(
        [...organization.members.keys()],
        params,
        organization,
        organization.emptyPages,
      );
      return { Accounts: items.map((id) => toAccount(organization, id)), ...rest };
    }),
    ListAccountsForParent: forAdministrators((organization, params) => {
      const parent = parentIn(organization, params);
      const ids = [...organization.members].flatMap(([id, member]) => (member.parent === parent ? [id] : []));
      const { items, ...rest } = pageOf(ids, params, organization);
      return { Accounts: items.map((id) => toAccount(organization, id)), ...rest };
    }),
    ListParents: forAdministrators((organization, params) => {
      const child = textIn(params, "ChildId") ?? "";
      const parent = organization.members.get(child)?.parent ?? organization.units.get(child);
      if (parent === undefined)
        throw new SimulatedError("ChildNotFoundException", "You specified a child that doesn't exist.");
      return { Parents: [{ Id: parent, Type: parent === rootId ? "ROOT" : "ORGANIZATIONAL_UNIT" }] };
    }),
    ListOrganizationalUnitsForParent: forAdministrators((organization, params) => {
      const parent = parentIn(organization, params);
      const ids = [...organization.units].flatMap(([id, above]) => (above === parent ? [id] : []));
      const { items, ...rest } = pageOf(ids, params, organization);
      return {
        OrganizationalUnits: items.map((Id) => ({ Id, Arn: arnOf(organization, `ou/{organization}/${Id}`), Name: Id })),
        ...rest,
      };
    }),
  },
};
