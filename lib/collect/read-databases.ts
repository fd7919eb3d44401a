import pMap from "p-map";
import { createFinder, type Database, type DatabaseReference, isStopped } from "../model/database.ts";
import type { Secret } from "../model/secret.ts";
import { readClassificationContext } from "./read-classification-context.ts";
import { describeKeys } from "./read-keys.ts";
import { describeSecrets } from "./read-secrets.ts";
import type { RegionPort } from "./region-port.ts";
import {
  addFacts,
  type CallResults,
  concurrency,
  noCalls,
  type ReadRequest,
  readPages,
  startReading,
  type TargetReading,
} from "./target-reading.ts";

/**
 * Reads the lists of databases and secrets, and what classifies the databases. The list of secrets starts at the first managed database, while
 * databases are still read. Keys, of which there may be thousands, hold up nothing but verdicts on keys.
 */
export async function readLists(
  port: RegionPort,
  only: readonly DatabaseReference[] | "all",
  request: ReadRequest,
): Promise<TargetReading> {
  const { reads } = request;
  let listing = null as Promise<CallResults<Secret>> | null;
  const onPage = (page: readonly Database[]): void => {
    if (reads.has("secretsmanager:ListSecrets") && page.some(({ masterUserSecret }) => masterUserSecret !== null))
      listing ??= readPages("secretsmanager:ListSecrets", port.listSecrets());
  };
  const [instances, clusters] = await Promise.all([
    readPages("rds:DescribeDBInstances", port.describeDBInstances(), onPage),
    readPages("rds:DescribeDBClusters", port.describeDBClusters(), onPage),
  ]);
  const tenants = instances.items.some(({ multiTenant }) => multiTenant)
    ? await readPages("rds:DescribeTenantDatabases", port.describeTenantDatabases(), onPage)
    : noCalls;
  const all = toDistinct([...instances.items, ...clusters.items, ...tenants.items]);
  const databases = only === "all" ? all : pick(all, only);
  const reading = addFacts(startReading(port), { databases }, [instances, clusters, tenants]);
  const keysOfRds = databases.flatMap(({ masterUserSecret }) => masterUserSecret?.kmsKeyId ?? []);
  const [classifiable, secrets, keys] = await Promise.all([
    readClassificationContext(port, reading, request),
    listing,
    describeKeys(port, reading.target, keysOfRds, reads),
  ]);
  // Of a few databases, the secrets of all others are not needed, and would look like secrets without a database.
  const named = new Set(databases.map(({ masterUserSecret }) => masterUserSecret?.secretArn));
  const needed = secrets?.items.filter(({ arn }) => only === "all" || named.has(arn)) ?? null;
  const facts = { secrets: needed, keys: keys.items };
  return addFacts(classifiable, facts, [secrets ?? noCalls, keys]);
}

/** Looks up single databases, the cluster of a member, the tenant databases of a container, and their secrets one by one. Also reads what classifies them. */
export async function readNamed(
  port: RegionPort,
  references: readonly DatabaseReference[],
  request: ReadRequest,
): Promise<TargetReading> {
  const named = await pMap(references, (reference) => describe(port, reference), { concurrency });
  const found = named.flatMap(({ items }) => items);
  const related = await pMap(found, (database) => describeRelated(port, database), { concurrency });
  const databases = toDistinct([...found, ...related.flatMap(({ items }) => items)]);
  const described = addFacts(startReading(port), { databases, secrets: [] }, [...named, ...related]);
  const reading = await readClassificationContext(port, described, request);
  if (!request.reads.has("secretsmanager:ListSecrets")) return reading;
  const secretArns = databases.flatMap(({ masterUserSecret }) => masterUserSecret?.secretArn ?? []);
  return describeSecrets(port, reading, secretArns);
}

function describe(port: RegionPort, reference: DatabaseReference): Promise<CallResults<Database>> {
  return reference.kind === "cluster"
    ? readPages("rds:DescribeDBClusters", port.describeDBClusters(reference))
    : readPages("rds:DescribeDBInstances", port.describeDBInstances(reference));
}

async function describeRelated(
  port: RegionPort,
  { clusterIdentifier, multiTenant, identifier }: Database,
): Promise<CallResults<Database>> {
  if (clusterIdentifier !== null)
    return describe(port, { kind: "cluster", by: "identifier", value: clusterIdentifier });
  if (!multiTenant) return noCalls;
  const tenants = port.describeTenantDatabases({ by: "container", value: identifier });
  return readPages("rds:DescribeTenantDatabases", tenants);
}

/** The databases referred to, with the cluster of a member and the tenant databases of a container. */
function pick(databases: readonly Database[], references: readonly DatabaseReference[]): Database[] {
  const find = createFinder(databases);
  const named = references.flatMap((reference) => find(reference) ?? []);
  const related = named.flatMap(({ clusterIdentifier }) =>
    clusterIdentifier === null ? [] : (find({ kind: "cluster", by: "identifier", value: clusterIdentifier }) ?? []),
  );
  const arns = new Set([...named, ...related].map(({ arn }) => arn));
  return databases.filter(({ arn, containerArn }) => arns.has(arn) || arns.has(containerArn ?? ""));
}

/**
 * Each database once: it may have been looked up twice, or have moved to the next page while the list was read. A tenant database gets the
 * engine, version, maintenance window and storage key of its container, because RDS does not repeat them, and the status of a container that does not run.
 */
function toDistinct(databases: readonly Database[]): Database[] {
  const byArn = new Map(databases.map((database) => [database.arn, database]));
  return [...byArn.values()].map((database) => {
    const container = byArn.get(database.containerArn ?? "");
    if (container === undefined) return database;
    const { engine, engineVersion, maintenanceWindow, storageKmsKeyId } = container;
    const status = isStopped(container) || container.status === "starting" ? container.status : database.status;
    return { ...database, engine, engineVersion, maintenanceWindow, storageKmsKeyId, status };
  });
}
