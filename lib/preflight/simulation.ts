import { parseArn } from "../model/arn.ts";
import { AwsCallError } from "../model/errors.ts";
import type { PermissionNeed, SimulationRequest } from "../model/preflight.ts";
import { had, type TrialOutcome, toUnknown } from "./denial.ts";

/** How IAM decides on one action. */
export type SimulatedDecision = {
  readonly action: string;
  /** `allowed`, `explicitDeny` or `implicitDeny`. */
  readonly decision: string;
  /** Condition keys that policies use and the request has no value for. */
  readonly missingContext: readonly string[];
  /** Null if there is no permissions boundary, or AWS does not say. */
  readonly isInBoundary: boolean | null;
  /** Null if the account is in no organization, or AWS does not say. */
  readonly isInServiceControlPolicies: boolean | null;
};

/** IAM's policy simulator for one account. A failed call throws an AwsCallError. */
export type SimulationPort = {
  /** The ARN of a role, with its path; null if it does not exist. */
  findRole(name: string): Promise<string | null>;
  simulate(request: SimulationRequest): Promise<readonly SimulatedDecision[]>;
};

type SimulationScope = Pick<SimulationInput, "account" | "region" | "partition">;

/** What to simulate in one scope. `hasKeys`: customer managed keys are used or required there, whose policies decide too. */
type SimulationInput = {
  readonly account: string;
  readonly region: string;
  readonly partition: string;
  readonly principalArn: string;
  readonly hasKeys: boolean;
};

/** The IAM user or role behind a caller's ARN. Throws an AwsCallError if there is none that IAM can simulate. */
export async function findPrincipal(callerArn: string, port: SimulationPort): Promise<string> {
  const caller = parseArn(callerArn);
  const [type, name = ""] = caller?.resource.split("/") ?? [];
  if (type === "user") return callerArn;
  const role = type === "assumed-role" ? await port.findRole(name) : null;
  if (role !== null) return role;
  throw new AwsCallError(
    "iam:SimulatePrincipalPolicy",
    "NoPrincipal",
    `IAM simulates users and roles of the account, and ${callerArn} is neither`,
  );
}

/** Simulates what no call can try: one request for each kind of resource. */
export async function simulateNeeds(
  needs: readonly PermissionNeed[],
  { principalArn, hasKeys, ...scope }: SimulationInput,
  port: SimulationPort,
): Promise<ReadonlyMap<string, TrialOutcome>> {
  const outcomes = new Map<string, TrialOutcome>();
  for (const request of toRequests(needs, scope)) {
    const decisions = await port.simulate({ principalArn, ...request });
    for (const action of request.actions) {
      const outcome = toOutcome(
        decisions.find((decision) => decision.action.toLowerCase() === action.toLowerCase()),
        request.resourceArn,
        hasKeys && action.startsWith("kms:"),
      );
      const before = outcomes.get(action);
      outcomes.set(action, before === undefined || before.status === "have" ? outcome : before);
    }
  }
  return outcomes;
}

type ScopeRequest = Omit<SimulationRequest, "principalArn">;

/** Turning management off is a request of its own, because policies tell it from turning it on by `rds:ManageMasterUserPassword`. */
function toRequests(needs: readonly PermissionNeed[], scope: SimulationScope): readonly ScopeRequest[] {
  const requests: ScopeRequest[] = [];
  const add = (chosen: readonly PermissionNeed[], context: ScopeRequest["context"]) => {
    const byResource = Map.groupBy(chosen, ({ action }) => resourceOf(action, scope));
    for (const [resourceArn, some] of byResource)
      requests.push({
        resourceArn,
        actions: some.map(({ action }) => action),
        context: { "aws:RequestedRegion": scope.region, ...context },
      });
  };
  const isModification = ({ action }: PermissionNeed) => action.startsWith("rds:Modify");
  const isOfKeys = ({ action }: PermissionNeed) => action.startsWith("kms:");
  const turningOff = needs.filter((need) => isModification(need) && need.repairs.includes("toggle"));
  add(needs.filter(isModification), { "rds:ManageMasterUserPassword": true });
  add(turningOff, { "rds:ManageMasterUserPassword": false });
  add(needs.filter(isOfKeys), {
    "kms:ViaService": `secretsmanager.${scope.region}.amazonaws.com`,
    "kms:GrantIsForAWSResource": true,
  });
  add(
    needs.filter((need) => !(isModification(need) || isOfKeys(need))),
    {},
  );
  return requests;
}

const resources: Readonly<Record<string, string>> = {
  "rds:ModifyDBCluster": "cluster:*",
  "rds:ModifyTenantDatabase": "tenant-database:*",
};

/** The ARN of all resources that the action is about. */
function resourceOf(action: string, { partition, region, account }: SimulationScope): string {
  const [service = ""] = action.split(":");
  const resource = { kms: "key/*", secretsmanager: "secret:rds!*" }[service] ?? resources[action] ?? "db:*";
  return `arn:${partition}:${service}:${region}:${account}:${resource}`;
}

function toOutcome(result: SimulatedDecision | undefined, resourceArn: string, hasKeyPolicy: boolean): TrialOutcome {
  if (result === undefined) return toUnknown("IAM's answer does not contain the action.");
  const { decision, missingContext, isInBoundary, isInServiceControlPolicies } = result;
  if (decision === "allowed")
    return hasKeyPolicy
      ? toUnknown("IAM policies allow it. The policy of the key decides too and is not simulated.")
      : had;
  const isExplicit = decision === "explicitDeny";
  const deny = (kind: string): TrialOutcome => ({
    status: "lack",
    reason: isExplicit
      ? `IAM simulation: explicit deny in ${kind === "identity-based policy" ? "an" : "a"} ${kind}`
      : `IAM simulation: no ${kind} allows it on every resource (${resourceArn})`,
    deniedBy: { kind, isExplicit },
  });
  if (isInServiceControlPolicies === false) return deny("service control policy");
  if (isInBoundary === false) return deny("permissions boundary");
  if (missingContext.length > 0)
    return toUnknown(`It depends on ${missingContext.join(", ")}, which the simulation does not know.`);
  if (isExplicit || decision === "implicitDeny") return deny("identity-based policy");
  return toUnknown(`IAM answers "${decision}".`);
}
