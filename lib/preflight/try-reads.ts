import type { Pages, RegionPort } from "../collect/region-port.ts";
import { AwsCallError } from "../model/errors.ts";
import { isKeyReference, toCanonicalReference } from "../model/key.ts";
import type { PermissionTest } from "../model/preflight.ts";
import { had, judgeFailure, type TrialOutcome, toUnknown } from "./denial.ts";

/** What calls are made about: an existing secret and key if there are any, so that their own policies count. */
export type TrialResources = {
  readonly secretArn: string;
  readonly describedKey: string;
  readonly triedKeys: readonly string[];
};

type PermissionTrial = {
  readonly test: PermissionTest;
  readonly run: (port: RegionPort, sample: TrialResources) => Promise<TrialOutcome>;
};

/** The calls that read, each for one page or one thing. None changes anything: the calls are those of an audit. */
const trials: Readonly<Record<string, PermissionTrial>> = {
  "kms:DescribeKey": reading((port, { describedKey }) => port.describeKey(describedKey)),
  "kms:GenerateDataKey": { test: "dry-run", run: tryKeys },
  "kms:GetKeyPolicy": reading((port, { describedKey }) => port.getKeyPolicy(describedKey)),
  "kms:ListGrants": listing((port, { describedKey }) => port.listGrants(describedKey)),
  "rds:DescribeBlueGreenDeployments": listing((port) => port.describeBlueGreenDeployments()),
  "rds:DescribeDBClusters": listing((port) => port.describeDBClusters()),
  "rds:DescribeDBInstances": listing((port) => port.describeDBInstances()),
  "rds:DescribeDBProxies": listing((port) => port.describeDBProxies()),
  "rds:DescribeDBProxyTargets": listing((port) => port.describeDBProxyTargets(absentName)),
  "rds:DescribeEvents": listing((port) =>
    port.describeEvents({ kind: "instance", by: "identifier", value: absentName }, 1),
  ),
  "rds:DescribeGlobalClusters": listing((port) => port.describeGlobalClusters()),
  "rds:DescribeTenantDatabases": listing((port) => port.describeTenantDatabases()),
  "secretsmanager:DescribeSecret": reading((port, { secretArn }) => port.describeSecret(secretArn)),
  "secretsmanager:GetResourcePolicy": reading((port, { secretArn }) => port.getResourcePolicy(secretArn)),
  "secretsmanager:ListSecrets": listing((port) => port.listSecrets()),
};

/** A name that no database has. */
const absentName = "rds-password-audit-preflight";

/** The secret and key that do not exist, in the form of those that do. */
const absentId = "00000000-0000-0000-0000-000000000000";

/** True if the permission can be tried with a call. Without a customer managed key there is none for a dry run. */
export function canTry(action: string, { triedKeys }: Pick<TrialResources, "triedKeys">): boolean {
  return action in trials && !(action === "kms:GenerateDataKey" && triedKeys.length === 0);
}

/** Makes the call of an action, once. */
export async function tryRead(
  action: string,
  port: RegionPort,
  sample: TrialResources,
): Promise<TrialOutcome & { readonly test: PermissionTest }> {
  const trial = trials[action];
  if (trial === undefined) throw new Error(`${action} cannot be tried`);
  return { test: trial.test, ...(await trial.run(port, sample).catch(judgeFailure)) };
}

/** Chooses what to call about: the first secret that RDS owns, its key, and the keys that the policy requires. */
export async function takeSample(port: RegionPort, requiredKeys: readonly string[]): Promise<TrialResources> {
  const secrets = await firstPage(port.listSecrets()).catch((error: unknown) => {
    if (error instanceof AwsCallError) return [];
    throw error;
  });
  const used = secrets.flatMap(({ kmsKeyId }) => kmsKeyId ?? []);
  const isHere = (reference: string) => !reference.startsWith("arn:") || reference.split(":")[3] === port.region;
  const required = requiredKeys.filter((key) => isKeyReference(key) && isHere(key));
  const triedKeys = [...new Set([...required, ...used.slice(0, 1)].map((key) => toCanonicalReference(key, port)))];
  const { partition, region, account } = port;
  return {
    secretArn: secrets[0]?.arn ?? `arn:${partition}:secretsmanager:${region}:${account}:secret:rds!db-${absentId}`,
    describedKey: triedKeys[0] ?? `arn:${partition}:kms:${region}:${account}:key/${absentId}`,
    triedKeys,
  };
}

function reading(run: (port: RegionPort, sample: TrialResources) => Promise<unknown>): PermissionTrial {
  return {
    test: "call",
    run: async (port, sample) => {
      await run(port, sample);
      return had;
    },
  };
}

function listing(list: (port: RegionPort, resources: TrialResources) => Pages<unknown>): PermissionTrial {
  return reading((port, resources) => firstPage(list(port, resources)));
}

async function firstPage<T>(pages: Pages<T>): Promise<readonly T[]> {
  for await (const page of pages) return page;
  return [];
}

/** Tries each key; the first that is refused decides. */
async function tryKeys(port: RegionPort, { triedKeys }: TrialResources): Promise<TrialOutcome> {
  for (const key of triedKeys) {
    const refusal = await port.tryKey(key);
    if (refusal === null) continue;
    const [code = "", ...message] = refusal.split(": ");
    const outcome = judgeFailure(new AwsCallError("kms:GenerateDataKey", code, message.join(": ")));
    return outcome.status === "have" ? toUnknown(refusal) : outcome;
  }
  return had;
}
