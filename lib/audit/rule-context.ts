import { type ClassifiedDatabase, type Database, unknown } from "../model/database.ts";
import type { BlueGreenDeployment, Gap, Target } from "../model/inventory.ts";
import { defaultKeyAlias, isKeyOfAccount, type Key, toCanonicalReference, toKeyArn } from "../model/key.ts";
import { judgeKeyAccess } from "../model/key-policy.ts";
import type { Policy } from "../model/policy.ts";
import type { Fact, KeyAccessFact, KeyFacts, RequiredKey, RuleContext } from "../model/rule.ts";
import { databaseLists } from "../model/rule-guards.ts";
import type { Secret } from "../model/secret.ts";
import { type ClassificationContext, isActiveBlueGreen, type ListedArns } from "./classify.ts";
import { matches } from "./match.ts";

/** For example "secretsmanager:ListSecrets failed with AccessDeniedException". */
export function describeGap({ action, code }: Pick<Gap, "action" | "code">): string {
  return `${action} failed with ${code}`;
}

/** The entry of the policy about the secret's key of a database: the first that matches, or undefined. */
function keyRequirementOf(database: Database, policy: Policy): Policy["keys"][number] | undefined {
  return policy.keys.find(({ match }) => matches(match, database));
}

/** The keys that the policy requires for a database, as written in the policy. */
export function requiredKeysOf(database: Database, policy: Policy): readonly string[] {
  return keyRequirementOf(database, policy)?.require ?? [];
}

/** The classification context of a target. A list that was not requested counts as unknown. */
export function classificationContextOf(target: Target, policy: Policy): ClassificationContext {
  const { databases, blueGreenDeployments } = target;
  const unlisted = target.gaps.find(({ action }) => databaseLists.some((list) => list === action));
  const listDeployments = (isActive: boolean | null) =>
    blueGreenDeployments?.filter(({ status }) => isActiveBlueGreen(status) === isActive) ?? null;
  const unknownDeployments = (listDeployments(null) ?? []).flatMap((deployment) =>
    endsOf(deployment).map(
      (arn) => [arn, `${blueGreenAction} reports the unknown status ${deployment.status}`] as const,
    ),
  );
  return {
    globalClusterMembers: toListedArns(target, "rds:DescribeGlobalClusters", target.globalClusterMembers),
    blueGreenDatabases: {
      ...toListedArns(target, blueGreenAction, listDeployments(true)?.flatMap(endsOf) ?? null),
      doubts: new Map(unknownDeployments),
    },
    sources: {
      names: new Set(databases.flatMap(({ arn, identifier }) => [arn, identifier])),
      gap: unlisted === undefined ? null : describeGap(unlisted),
    },
    support: policy.support,
  };
}

const blueGreenAction = "rds:DescribeBlueGreenDeployments";

function endsOf({ source, target }: BlueGreenDeployment): readonly string[] {
  return target === null ? [source] : [source, target];
}

function toListedArns(target: Target, action: string, arns: readonly string[] | null): ListedArns {
  const gap = target.gaps.find((one) => one.action === action);
  const doubts = new Map<string, string>();
  if (gap !== undefined) return { arns: new Set(arns), gap: describeGap(gap), doubts };
  return { arns: new Set(arns), gap: arns === null ? `${action} was not read` : null, doubts };
}

const seen = <T>(value: T) => ({ seen: true, value }) as const;
const notSeen = (why: string) => ({ seen: false, why }) as const;
const notSeenKey = (why: string): KeyFacts => ({ arn: notSeen(why), key: notSeen(why) });

/**
 * Indexes a target once and returns a function that looks up the rule context of a database.
 * A fact that a gap affects is not seen; an entry that a complete list does not contain does not exist.
 */
export function createRuleContext(
  target: Target,
  policy: Policy,
  now: string,
): (database: ClassifiedDatabase) => RuleContext {
  const secrets = new Map(target.secrets?.map((secret) => [secret.arn, secret]));
  const missingSecrets = new Set(target.missingSecrets);
  const keys = new Map(target.keys.map(({ reference, key }) => [reference, key]));
  const policies = new Map(target.resourcePolicies.map(({ secretArn, policy }) => [secretArn, policy]));
  const starts = new Map(target.starts.map(({ databaseArn, startedAt }) => [databaseArn, startedAt]));
  const keyPolicies = new Map(target.keyPolicies.map(({ keyArn, policy }) => [keyArn, policy]));
  const keyGrants = new Map(target.keyGrants.map(({ keyArn, grants }) => [keyArn, grants]));
  const clusters = new Set(
    target.databases.filter(({ kind }) => kind === "cluster").map(({ identifier }) => identifier),
  );
  const withTenants = new Set(target.databases.map(({ containerArn }) => containerArn));
  const gaps = new Map(target.gaps.map((gap) => [gapKey(gap.action, gap.resource), gap]));

  /** A fact that a call did not return: because of its gap, or because of `why`. */
  function notReturned(action: string, resource: string | null, why = "was not read") {
    const gap = gaps.get(gapKey(action, resource));
    return notSeen(gap === undefined ? `${action} ${why}` : describeGap(gap));
  }

  function findSecret(arn: string | null): Fact<Secret> {
    if (arn === null) return notSeen("RDS reports no secret");
    if (gaps.has(gapKey("secretsmanager:DescribeSecret", arn)))
      return notReturned("secretsmanager:DescribeSecret", arn);
    if (missingSecrets.has(arn)) return seen(null);
    const secret = secrets.get(arn);
    if (secret !== undefined) return seen(secret);
    const isComplete = target.secrets !== null && !gaps.has(gapKey("secretsmanager:ListSecrets", null));
    return isComplete ? seen(null) : notReturned("secretsmanager:ListSecrets", null);
  }

  function findPolicy(arn: string | null): Fact<string> {
    const policy = arn === null ? undefined : policies.get(arn);
    return policy === undefined ? notReturned("secretsmanager:GetResourcePolicy", arn) : seen(policy);
  }

  function findKey(reference: string): KeyFacts {
    const canonical = toCanonicalReference(reference, target);
    const found = keys.get(canonical);
    const key: Fact<Key> = found === undefined ? notReturned("kms:DescribeKey", canonical) : seen(found);
    const arn = toKeyArn(reference, target);
    if (arn !== null) return { arn: seen(arn), key };
    return { arn: key.seen ? seen(key.value?.arn ?? null) : key, key };
  }

  /** Secrets Manager omits the default key. It is the key that RDS reports if that key is AWS managed. */
  function findSecretKey(secret: Fact<Secret>, rdsKey: KeyFacts): KeyFacts {
    if (!secret.seen) return { arn: secret, key: secret };
    if (secret.value === null) return notSeenKey("the secret does not exist");
    if (secret.value.kmsKeyId !== null) return findKey(secret.value.kmsKeyId);
    return rdsKey.key.seen && rdsKey.key.value?.manager === "AWS" ? rdsKey : findKey(defaultKeyAlias);
  }

  function findStart({ arn, containerArn }: Database): Fact<string> {
    const started = starts.get(containerArn ?? arn);
    return started === undefined ? notReturned("rds:DescribeEvents", containerArn ?? arn) : seen(started);
  }

  function findStorageKey({ storageKmsKeyId }: Database): Fact<string> {
    if (storageKmsKeyId === unknown) return notSeen("RDS reports no key for the storage");
    return storageKmsKeyId === null ? seen(null) : findKey(storageKmsKeyId).arn;
  }

  /** AWS itself keeps the policy of its managed keys. */
  function findKeyAccess(keys: readonly KeyFacts[]): readonly KeyAccessFact[] {
    const arns = new Set(
      keys.flatMap(({ key }) => (key.seen && key.value?.manager === "CUSTOMER" ? key.value.arn : [])),
    );
    return [...arns].map((keyArn) => {
      const policy = keyPolicies.get(keyArn);
      if (!isKeyOfAccount(keyArn, target.account))
        return { keyArn, access: notSeen("KMS shows it only to the key's own account") };
      if (policy === undefined) return { keyArn, access: notReturned("kms:GetKeyPolicy", keyArn) };
      if (policy === null) return { keyArn, access: seen(null) };
      return { keyArn, access: seen(judgeKeyAccess(policy, keyGrants.get(keyArn) ?? null, target, keyArn)) };
    });
  }

  function findRequiredKey(requirement: string): RequiredKey {
    if (requirement === "customer-managed" || requirement === "aws-managed")
      return { requirement, arn: seen(null), key: seen(null) };
    return { requirement, ...findKey(requirement) };
  }

  function findCluster({ kind, clusterIdentifier }: Database): Fact<true> {
    if (kind !== "instance" || clusterIdentifier === null || clusters.has(clusterIdentifier)) return seen(true);
    return notReturned("rds:DescribeDBClusters", null, "did not return it");
  }

  /** A container always has tenant databases, so a list without any is incomplete. */
  function findTenants({ multiTenant, arn }: Database): Fact<true> {
    const action = "rds:DescribeTenantDatabases";
    if (!multiTenant || (!gaps.has(gapKey(action, null)) && withTenants.has(arn))) return seen(true);
    return notReturned(action, null, "did not return any");
  }

  return (database) => {
    const secretArn = database.masterUserSecret?.secretArn ?? null;
    const secret = findSecret(secretArn);
    const requirement = keyRequirementOf(database, policy);
    const keyReference = database.masterUserSecret?.kmsKeyId ?? null;
    const rdsKey = keyReference === null ? notSeenKey("RDS reports no key") : findKey(keyReference);
    const secretKey = findSecretKey(secret, rdsKey);
    return {
      now,
      thresholds: policy.thresholds,
      secret,
      resourcePolicy: findPolicy(secretArn),
      rdsKey,
      secretKey,
      keyAccess: findKeyAccess([rdsKey, secretKey]),
      requiredKeys: (requirement?.require ?? []).map(findRequiredKey),
      storageKey: findStorageKey(database),
      differentFromStorage: requirement?.differentFromStorage ?? false,
      startedAt: findStart(database),
      cluster: findCluster(database),
      tenantDatabases: findTenants(database),
    };
  };
}

function gapKey(action: string, resource: string | null): string {
  return `${action} ${resource ?? ""}`;
}
