import { findDenial } from "../faults.ts";
import { listIn, type Params, requiredIn, textIn } from "../params.ts";
import { queryXml } from "../protocol/query-xml.ts";
import { SimulatedError } from "../simulated-error.ts";
import { queryErrors } from "./errors.ts";
import type { CallContext, Service } from "./service.ts";

/** The caller's role is the only one that exists. */
function getRole(params: Params, { account, callerArn }: CallContext): object {
  const RoleName = requiredIn(params, "RoleName");
  if (callerArn.split("/")[1] !== RoleName)
    throw new SimulatedError("NoSuchEntity", `The role with name ${RoleName} cannot be found.`, 404);
  return { Role: { RoleName, Path: "/", Arn: `arn:${account.partition}:iam::${account.id}:role/${RoleName}` } };
}

/** Denies what a `deny` fault denies in the Region of the context. Its message says which kind of policy does. */
function simulate(params: Params, { account, region }: CallContext): object {
  const context = listIn<Params>(params, "ContextEntries");
  const [requested] = listIn<string>(
    context.find((entry) => textIn(entry, "ContextKeyName") === "aws:RequestedRegion") ?? {},
    "ContextKeyValues",
  );
  const resources = listIn<string>(params, "ResourceArns");
  const results = listIn<string>(params, "ActionNames").map((action) => {
    const denial = findDenial(account.cloud.faults, {
      action,
      account: account.id,
      region: requested ?? region.name,
      params: { ...params, ContextEntries: context },
    });
    const message = denial?.message ?? "";
    return {
      EvalActionName: action,
      EvalResourceName: resources[0] ?? "*",
      EvalDecision: denial === undefined ? "allowed" : message.includes("explicit") ? "explicitDeny" : "implicitDeny",
      MissingContextValues: [],
      ...(message.includes("service control policy") && {
        OrganizationsDecisionDetail: { AllowedByOrganizations: false },
      }),
      ...(message.includes("permissions boundary") && {
        PermissionsBoundaryDecisionDetail: { AllowedByPermissionsBoundary: false },
      }),
    };
  });
  return { IsTruncated: false, EvaluationResults: results };
}

/** IAM: the policy simulator, which takes faults for policies. */
export const iam: Service = {
  protocol: queryXml("https://iam.amazonaws.com/doc/2010-05-08/"),
  errors: queryErrors("2010-05-08"),
  isGlobal: true,
  actions: { GetRole: getRole, SimulatePrincipalPolicy: simulate },
};
