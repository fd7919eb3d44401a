import { pageOf } from "../paging.ts";
import { listIn, numberIn, type Params, textIn } from "../params.ts";
import { restJson } from "../protocol/json.ts";
import { defaultRegions, optInRegions } from "../regions.ts";
import { SimulatedError } from "../simulated-error.ts";
import type { SimulatedAccount } from "../state.ts";
import { restErrors } from "./errors.ts";
import type { CallContext, Service } from "./service.ts";

function optStatusOf({ enabledRegions }: SimulatedAccount, region: string): string {
  if (!enabledRegions.has(region)) return "DISABLED";
  return defaultRegions.includes(region) ? "ENABLED_BY_DEFAULT" : "ENABLED";
}

/** AWS Account Management answers for other accounts only with trusted access, and not for the management account by its ID. */
function mayAskFor(id: string, { id: caller, cloud: { organization } }: SimulatedAccount): boolean {
  if (organization === null || !organization.trustsAccountManagement || id === organization.managementAccount)
    return false;
  const isAdministrator = caller === organization.managementAccount || organization.delegatedAdministrators.has(caller);
  return isAdministrator && organization.members.get(id)?.state === "ACTIVE";
}

function listRegions(params: Params, { account, callerArn }: CallContext): object {
  const id = textIn(params, "AccountId");
  const subject = id === undefined ? account : account.cloud.accounts.get(id);
  if (!subject || (id !== undefined && !mayAskFor(id, account)))
    throw new SimulatedError(
      "AccessDeniedException",
      `User: ${callerArn} is not authorized to perform: account:ListRegions`,
      403,
    );
  const size = numberIn(params, "MaxResults") ?? 50;
  if (size < 1 || size > 50) throw new SimulatedError("ValidationException", "MaxResults must be between 1 and 50");
  const wanted = listIn<string>(params, "RegionOptStatusContains");
  const names = [...new Set([...defaultRegions, ...optInRegions, ...subject.enabledRegions])].sort();
  const { items, next } = pageOf(
    names
      .map((RegionName) => ({ RegionName, RegionOptStatus: optStatusOf(subject, RegionName) }))
      .filter(({ RegionOptStatus }) => wanted.length === 0 || wanted.includes(RegionOptStatus)),
    {
      size,
      token: textIn(params, "NextToken"),
      scope: "ListRegions",
      invalid: () => new SimulatedError("ValidationException", "Invalid NextToken"),
    },
  );
  return { Regions: items, NextToken: next };
}

/** AWS Account Management: the enabled Regions. */
export const accountManagement: Service = {
  protocol: restJson(),
  errors: restErrors,
  isGlobal: true,
  actions: { ListRegions: listRegions },
};
