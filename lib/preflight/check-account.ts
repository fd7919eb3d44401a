import pMap from "p-map";
import type { AccountPort } from "../collect/choose-targets.ts";
import type { RegionPort } from "../collect/region-port.ts";
import { compareText } from "../model/compare-text.ts";
import { AwsCallError } from "../model/errors.ts";
import type { PermissionNeed, PermissionResult, Prerequisite } from "../model/preflight.ts";
import { checkPrerequisites, type PrerequisitePort } from "./check-prerequisites.ts";
import { had, judgeFailure, type TrialOutcome, toUnknown } from "./denial.ts";
import { findPrincipal, type SimulationPort, simulateNeeds } from "./simulation.ts";
import { canTry, type TrialResources, takeSample, tryRead } from "./try-reads.ts";

/** An account to check. The ports of services that an audit does not read are opened when they are first needed. */
export type PreflightAccount = {
  readonly account: Omit<AccountPort, "identify"> & {
    identify(region?: string): Promise<{ readonly account: string; readonly partition: string; readonly arn: string }>;
  };
  openSimulation(region?: string): Promise<SimulationPort>;
  openPrerequisites(region: string): Promise<PrerequisitePort>;
};

/** What to check. `requiredKeys` are the policy's, `forDeployment` adds what a deployment needs. */
export type PreflightRequest = {
  readonly regions: readonly string[] | "all";
  readonly needs: readonly PermissionNeed[];
  readonly requiredKeys: readonly string[];
  readonly forDeployment: { readonly hasRepairs: boolean } | null;
};

/** The results of one account. */
export type AccountResult = {
  readonly callerArn: string;
  readonly permissions: readonly PermissionResult[];
  readonly prerequisites: readonly Prerequisite[];
};

/** Regions that are checked at the same time. */
const concurrency = 4;

/** Permissions that are the same in every Region. */
const accountWide = ["account:ListRegions", "sts:GetCallerIdentity"];

/** Tries every needed permission in an account and its Regions. Throws an AccessError if nothing can be read. */
export async function checkAccount(
  { account: port, openSimulation, openPrerequisites }: PreflightAccount,
  { regions, needs, requiredKeys, forDeployment }: PreflightRequest,
): Promise<AccountResult> {
  const identity = await port.identify(regions === "all" ? undefined : regions[0]);
  const { account, arn: callerArn, ...scope } = identity;
  const listed = await port.listRegions().then(
    (names) => ({ names, outcome: names.length === 0 ? toUnknown("AWS returned no enabled Region.") : had }),
    (error: unknown) => ({ names: [] as readonly string[], outcome: judgeFailure(error) }),
  );
  const outcomes: Readonly<Record<string, TrialOutcome>> = {
    "account:ListRegions": listed.outcome,
    "sts:GetCallerIdentity": had,
  };
  const ofAccount = needs.flatMap((need): PermissionResult[] => {
    const outcome = outcomes[need.action];
    return outcome === undefined ? [] : [{ ...need, account, region: "*", test: "call", ...outcome }];
  });
  const names = [...new Set(regions === "all" ? listed.names : regions)];
  let opened: Promise<Principal> | undefined;
  const principal = () => {
    opened ??= openPrincipal(callerArn, () => openSimulation(names[0]));
    return opened;
  };
  const ofRegions = await pMap(
    names,
    async (region) => ({
      permissions: await checkRegion(port.region({ account, ...scope, region }), { needs, requiredKeys, principal }),
      prerequisites:
        forDeployment === null
          ? []
          : await checkPrerequisites({ account, region }, await openPrerequisites(region), forDeployment),
    }),
    { concurrency },
  );
  return {
    callerArn,
    permissions: [...ofAccount, ...ofRegions.flatMap(({ permissions }) => permissions)],
    prerequisites: ofRegions.flatMap(({ prerequisites }) => prerequisites),
  };
}

/** The caller's principal in IAM, or why it cannot be simulated. */
type Principal = { readonly arn: string; readonly port: SimulationPort } | { readonly outcome: TrialOutcome };

async function openPrincipal(callerArn: string, openSimulation: () => Promise<SimulationPort>): Promise<Principal> {
  const port = await openSimulation();
  try {
    return { arn: await findPrincipal(callerArn, port), port };
  } catch (error) {
    return { outcome: toUnsimulated(error) };
  }
}

/** A simulation that failed says nothing about the actions. */
function toUnsimulated(error: unknown): TrialOutcome {
  if (!(error instanceof AwsCallError)) throw error;
  return toUnknown(`Only a simulation can tell, and ${error.action} failed with ${error.code}: ${error.message}`);
}

type RegionRequest = Pick<PreflightRequest, "needs" | "requiredKeys"> & {
  readonly principal: () => Promise<Principal>;
};

async function checkRegion(
  port: RegionPort,
  { needs, requiredKeys, principal }: RegionRequest,
): Promise<readonly PermissionResult[]> {
  const { account, region } = port;
  const sample = await takeSample(port, requiredKeys);
  const ofRegion = needs.filter(({ action }) => !accountWide.includes(action));
  const tried = ofRegion.filter(({ action }) => canTry(action, sample));
  const untried = ofRegion.filter(({ action }) => !canTry(action, sample));
  const results: PermissionResult[] = [];
  for (const need of tried) results.push({ ...need, account, region, ...(await tryRead(need.action, port, sample)) });
  const simulated =
    untried.length === 0 ? new Map<string, TrialOutcome>() : await simulate(untried, port, sample, await principal());
  for (const need of untried) {
    const outcome = simulated.get(need.action);
    if (outcome === undefined) throw new Error(`${need.action} was not simulated`);
    results.push({ ...need, account, region, test: "simulation", ...outcome });
  }
  return results.sort((one, other) => compareText(one.action, other.action));
}

async function simulate(
  needs: readonly PermissionNeed[],
  { account, region, partition }: RegionPort,
  { triedKeys }: TrialResources,
  principal: Principal,
): Promise<ReadonlyMap<string, TrialOutcome>> {
  const allAs = (outcome: TrialOutcome) => new Map(needs.map(({ action }) => [action, outcome]));
  if ("outcome" in principal) return allAs(principal.outcome);
  const input = { account, region, partition, principalArn: principal.arn, hasKeys: triedKeys.length > 0 };
  try {
    return await simulateNeeds(needs, input, principal.port);
  } catch (error) {
    return allAs(toUnsimulated(error));
  }
}
