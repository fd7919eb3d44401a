import {
  ContextKeyTypeEnum,
  type EvaluationResult,
  GetRoleCommand,
  IAMClient,
  NoSuchEntityException,
  paginateSimulatePrincipalPolicy,
} from "@aws-sdk/client-iam";
import type { SimulationRequest } from "../model/preflight.ts";
import { pages, required, toCallError } from "./call.ts";
import { type ClientOptions, toClientConfig } from "./client-config.ts";
import { withSignal } from "./time-limit.ts";

/** Opens IAM's policy simulator with the caller's credentials. It reads policies and makes none of the calls. A failed call throws an AwsCallError. */
export function createSimulation(options: ClientOptions) {
  const client = withSignal(new IAMClient(toClientConfig(options)), options.signal);

  return {
    /** The ARN of a role, with its path; null if it does not exist. */
    async findRole(RoleName: string): Promise<string | null> {
      try {
        const { Role } = await client.send(new GetRoleCommand({ RoleName }));
        return required("iam:GetRole", Role?.Arn);
      } catch (error) {
        if (error instanceof NoSuchEntityException) return null;
        throw toCallError("iam:GetRole", error);
      }
    },
    async simulate({ principalArn, actions, resourceArn, context }: SimulationRequest) {
      const paginator = paginateSimulatePrincipalPolicy(
        { client },
        {
          PolicySourceArn: principalArn,
          ActionNames: [...actions],
          ResourceArns: [resourceArn],
          ContextEntries: Object.entries(context).map(([ContextKeyName, value]) => ({
            ContextKeyName,
            ContextKeyType: typeof value === "boolean" ? ContextKeyTypeEnum.BOOLEAN : ContextKeyTypeEnum.STRING,
            ContextKeyValues: [String(value)],
          })),
        },
      );
      const decisions = [];
      for await (const page of pages(
        "iam:SimulatePrincipalPolicy",
        paginator,
        ({ EvaluationResults }) => EvaluationResults,
      ))
        decisions.push(...page.map(toDecision));
      return decisions;
    },
  };
}

function toDecision(result: EvaluationResult) {
  return {
    action: result.EvalActionName ?? "",
    decision: result.EvalDecision ?? "",
    missingContext: result.MissingContextValues ?? [],
    isInBoundary: result.PermissionsBoundaryDecisionDetail?.AllowedByPermissionsBoundary ?? null,
    isInServiceControlPolicies: result.OrganizationsDecisionDetail?.AllowedByOrganizations ?? null,
  };
}
