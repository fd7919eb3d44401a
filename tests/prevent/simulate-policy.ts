import { runSimulation } from "@cloud-copilot/iam-simulate";
import type { PolicyDocument } from "../../lib/prevent/policies/documents.ts";

const account = "111111111111";
const region = "eu-west-1";

/** A request to RDS, as IAM sees it. */
export type PolicyRequest = {
  readonly action: string;
  /** What follows the account in the ARN. */
  readonly resource: string;
  /** `rds:ManageMasterUserPassword`; null if it is not sent. */
  readonly managed: boolean | null;
  readonly role?: string;
  readonly at?: string;
  readonly account?: string;
  readonly region?: string;
};

const everything = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] };

/** Simulates a request of a role that may do everything, with the documents as SCPs or as its own policies. */
export async function simulatePolicies(
  means: "scp" | "iam-policy",
  documents: readonly PolicyDocument[],
  request: PolicyRequest,
): Promise<"allowed" | "denied"> {
  const { action, resource, managed, role = "developer", at = "2026-11-24T12:00:00Z" } = request;
  const policies = documents.map((policy, index) => ({ name: `generated-${index}`, policy }));
  const identity = { name: "administrator", policy: everything };
  const of = request.account ?? account;
  const result = await runSimulation(
    {
      request: {
        principal: `arn:aws:iam::${of}:role/${role}`,
        action,
        resource: { resource: `arn:aws:rds:${request.region ?? region}:${of}:${resource}`, accountId: of },
        contextVariables: {
          "aws:CurrentTime": at,
          "aws:PrincipalArn": `arn:aws:iam::${of}:role/${role}`,
          ...(managed !== null && { "rds:ManageMasterUserPassword": String(managed) }),
        },
      },
      identityPolicies: means === "scp" ? [identity] : [identity, ...policies],
      serviceControlPolicies:
        means === "scp"
          ? [{ orgIdentifier: "o-1", policies: [{ name: "FullAWSAccess", policy: everything }, ...policies] }]
          : [],
      resourceControlPolicies: [],
      resourcePolicy: undefined,
    },
    {},
  );
  if (result.resultType === "error") throw new Error(`${action}: ${JSON.stringify(result.errors)}`);
  const ignored = result.resultType === "single" ? (result.result.ignoredContextKeys ?? []) : [];
  if (ignored.length > 0) throw new Error(`AWS does not send ${ignored.join(", ")} with ${action}`);
  return result.overallResult === "Allowed" ? "allowed" : "denied";
}
