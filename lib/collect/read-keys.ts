import { requiredKeysOf } from "../audit/rule-context.ts";
import type { Database } from "../model/database.ts";
import type { Target } from "../model/inventory.ts";
import { defaultKeyAlias, type Grant, isKeyReference, toCanonicalReference } from "../model/key.ts";
import type { RegionPort } from "./region-port.ts";
import {
  addFacts,
  type CallResults,
  noCalls,
  type ReadRequest,
  readEach,
  type TargetReading,
} from "./target-reading.ts";

/**
 * Describes each distinct key once: those that RDS and Secrets Manager name, and the aliases that the policy requires. The default key comes
 * last, and only if a secret uses it while RDS names another: then it exists, and asking for it does not create it.
 */
export async function readKeys(port: RegionPort, reading: TargetReading, request: ReadRequest): Promise<TargetReading> {
  const { databases, secrets } = reading.target;
  const { policy, forRepair, reads } = request;
  const managed = databases.filter(({ masterUserSecret }) => masterUserSecret !== null);
  const byArn = new Map(secrets?.map((secret) => [secret.arn, secret]));
  const secretOf = ({ masterUserSecret }: Database) => byArn.get(masterUserSecret?.secretArn ?? "");
  const isReadable = (key: string) => key.includes("alias/") || (forRepair && isKeyReference(key));
  const named = [
    ...managed.flatMap(({ masterUserSecret }) => masterUserSecret?.kmsKeyId ?? []),
    ...managed.flatMap((database) => secretOf(database)?.kmsKeyId ?? []),
    ...(forRepair ? databases : managed).flatMap((database) => requiredKeysOf(database, policy).filter(isReadable)),
  ];
  const withNamed = addKeys(reading, await describeKeys(port, reading.target, named, reads));
  const { target } = withNamed;
  const keys = new Map(target.keys.map(({ reference, key }) => [reference, key]));
  const isOtherKeyOfRds = ({ masterUserSecret }: Database) => {
    if (masterUserSecret?.kmsKeyId == null) return true;
    const key = keys.get(toCanonicalReference(masterUserSecret.kmsKeyId, target));
    return key !== undefined && key?.manager !== "AWS";
  };
  if (!managed.some((database) => secretOf(database)?.kmsKeyId === null && isOtherKeyOfRds(database))) return withNamed;
  return addKeys(withNamed, await describeKeys(port, target, [defaultKeyAlias], reads));
}

type TargetKey = Target["keys"][number];

async function readGrants(port: RegionPort, keyArn: string): Promise<Grant[]> {
  const grants: Grant[] = [];
  for await (const page of port.listGrants(keyArn)) grants.push(...page);
  return grants;
}

/** Describes the keys that were not described yet, successfully or not. */
export async function describeKeys(
  port: RegionPort,
  { keys, gaps, ...scope }: Target,
  references: readonly string[],
  reads: ReadonlySet<string>,
): Promise<CallResults<TargetKey>> {
  if (!reads.has("kms:DescribeKey")) return noCalls;
  const wanted = new Set(references.map((reference) => toCanonicalReference(reference, scope)));
  for (const { reference } of keys) wanted.delete(reference);
  for (const { resource } of gaps) wanted.delete(resource ?? "");
  return readEach("kms:DescribeKey", wanted, async (reference) => ({
    reference,
    key: await port.describeKey(reference),
  }));
}

function addKeys(reading: TargetReading, results: CallResults<TargetKey>): TargetReading {
  return addFacts(reading, { keys: [...reading.target.keys, ...results.items] }, [results]);
}

/** Reads the policies of some keys, and all grants of some. */
export async function readKeyAccess(
  port: RegionPort,
  reading: TargetReading,
  withPolicy: Iterable<string>,
  withGrants: Iterable<string>,
): Promise<TargetReading> {
  const [policies, grants] = await Promise.all([
    readEach("kms:GetKeyPolicy", withPolicy, async (keyArn) => ({ keyArn, policy: await port.getKeyPolicy(keyArn) })),
    readEach("kms:ListGrants", withGrants, async (keyArn) => ({ keyArn, grants: await readGrants(port, keyArn) })),
  ]);
  return addFacts(reading, { keyPolicies: policies.items, keyGrants: grants.items }, [policies, grants]);
}
