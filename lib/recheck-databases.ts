import { assembleReport } from "./audit/assemble-report.ts";
import type { AffectedDatabases } from "./collect/affected-databases.ts";
import { readTarget } from "./collect/read-target.ts";
import type { RegionPort } from "./collect/region-port.ts";
import type { ReadOptions } from "./collect/target-reading.ts";
import { createFinder, type Database, type DatabaseReference, toReference } from "./model/database.ts";
import { AwsCallError } from "./model/errors.ts";
import type { Inventory, Target } from "./model/inventory.ts";
import { toCanonicalReference } from "./model/key.ts";
import type { Report } from "./model/report.ts";

export type RecheckRequest = Pick<ReadOptions, "policy" | "rules" | "forRepair"> & {
  readonly affectedDatabases: AffectedDatabases;
  readonly port: RegionPort;
  readonly version: string;
  /** ISO 8601. */
  readonly now: () => string;
  readonly sleep: (seconds: number) => Promise<void>;
};

export type Rechecked = {
  readonly report: Report;
  /** ARNs of the databases that were checked. */
  readonly only: ReadonlySet<string>;
  readonly inventory: Inventory;
};

/** Pauses before each attempt to find all databases, because an event can be ahead of the Describe calls. One that RDS deleted is tried once. */
const waitsSeconds = [5, 15, 40];

/**
 * Checks only the databases that an event affects. Returns null if none of them is found: it may appear later, so its findings stay, unless
 * RDS reports its deletion, which resolves them. Findings on the tenant databases of a deleted container wait for the next audit, because no
 * event names them. Throws an AwsCallError if nothing can be read, so that EventBridge delivers the event again.
 */
export async function recheckDatabases(request: RecheckRequest): Promise<Rechecked | null> {
  const { affectedDatabases, policy, rules, version, now } = request;
  const references = await findReferences(request);
  if (references.length === 0) return null;
  const { observedAt, target } = await readUntilFound(references, request);
  const [gap] = target.gaps;
  if (target.databases.length === 0 && gap !== undefined) throw new AwsCallError(gap.action, gap.code, gap.message);
  const only = new Set(target.databases.map(({ arn }) => arn));
  if (affectedDatabases.deletedArn !== null) only.add(affectedDatabases.deletedArn);
  if (only.size === 0) return null;
  const inventory: Inventory = { schemaVersion: "1.0", observedAt, targets: [target], gaps: [] };
  const report = assembleReport(inventory, { policy, rules, generatedAt: now(), version });
  return { report, only, inventory };
}

async function readUntilFound(
  references: readonly DatabaseReference[],
  request: RecheckRequest,
  [seconds = 0, ...more]: readonly number[] = waitsSeconds,
): Promise<{ observedAt: string; target: Target }> {
  const { port, policy, rules, now, sleep, forRepair = false } = request;
  await sleep(seconds);
  const observedAt = now();
  const target = await readTarget(port, { policy, rules, now: observedAt, only: references, forRepair });
  const find = createFinder(target.databases);
  const isDeleted = request.affectedDatabases.deletedArn !== null;
  if (more.length === 0 || isDeleted || references.every((reference) => find(reference) !== undefined))
    return { observedAt, target };
  return readUntilFound(references, request, more);
}

/** The databases that an event names, those that a secret belongs to, or those whose secret is encrypted with a key. */
async function findReferences({ affectedDatabases, port }: RecheckRequest): Promise<readonly DatabaseReference[]> {
  const { databases, secretId, keyReference, onlyImpaired } = affectedDatabases;
  if (secretId !== null) {
    const secret = await port.describeSecret(secretId);
    return secret?.primaryArns.flatMap((arn) => toReference(arn) ?? []) ?? [];
  }
  return keyReference === null
    ? databases
    : await findByKey(port, toCanonicalReference(keyReference, port), onlyImpaired);
}

/** RDS has no filter for the key of a secret, so this reads the lists. A tenant database is found through its container. */
async function findByKey(
  port: RegionPort,
  keyArn: string,
  onlyImpaired: boolean,
): Promise<readonly DatabaseReference[]> {
  const databases: Database[] = [];
  for await (const page of port.describeDBInstances()) databases.push(...page);
  for await (const page of port.describeDBClusters()) databases.push(...page);
  if (databases.some(({ multiTenant }) => multiTenant))
    for await (const page of port.describeTenantDatabases()) databases.push(...page);
  const hasKey = ({ masterUserSecret }: Database) =>
    masterUserSecret?.kmsKeyId != null &&
    toCanonicalReference(masterUserSecret.kmsKeyId, port) === keyArn &&
    (!onlyImpaired || masterUserSecret.status === "impaired");
  const arns = new Set(databases.filter(hasKey).map(({ arn, containerArn }) => containerArn ?? arn));
  return [...arns].flatMap((arn) => toReference(arn) ?? []);
}
