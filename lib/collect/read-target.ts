import pMap from "p-map";
import { findReason } from "../audit/classify.ts";
import { activeRules, applyRule, confirmationsOf, prepare } from "../audit/judge.ts";
import { classificationContextOf, requiredKeysOf } from "../audit/rule-context.ts";
import { createFinder, type Database, type DatabaseReference } from "../model/database.ts";
import { AwsCallError } from "../model/errors.ts";
import type { BlueGreenDeployment, DBProxy, Target } from "../model/inventory.ts";
import type { Key } from "../model/key.ts";
import { defaultKeyAlias, isKeyReference, toCanonicalReference } from "../model/key.ts";
import type { Policy } from "../model/policy.ts";
import type { ConfirmingAction, Rule } from "../model/rule.ts";
import type { Secret } from "../model/secret.ts";

type Pages<T> = AsyncIterable<readonly T[]>;

/** What the audit asks of one Region of one account: each method is one API operation. A call that fails throws an AwsCallError. */
export type RegionPort = {
  readonly account: string;
  readonly region: string;
  readonly partition: string;
  /** API calls so far, retries not counted. */
  calls(): number;
  /** All, or the one that is referred to: none where there is no such database. */
  describeDBInstances(only?: DatabaseReference): Pages<Database>;
  describeDBClusters(only?: DatabaseReference): Pages<Database>;
  /** All, or those of one container. */
  describeTenantDatabases(container?: string): Pages<Database>;
  /** ARNs of the DB clusters that are members of a global database. */
  describeGlobalClusters(): Pages<string>;
  describeBlueGreenDeployments(): Pages<BlueGreenDeployment>;
  describeDBProxies(): Pages<DBProxy>;
  /** All secrets that RDS owns, those that wait for their deletion included. */
  listSecrets(): Pages<Secret>;
  /** Null where there is no such secret. */
  describeSecret(arn: string): Promise<Secret | null>;
  /** JSON text, or null where the secret has no policy, or does not exist. */
  getResourcePolicy(arn: string): Promise<string | null>;
  /** Null where there is no such key. */
  describeKey(reference: string): Promise<Key | null>;
  /** Asks KMS whether these credentials may use a key, without using it: null where they may, else why not. */
  tryKey(arn: string): Promise<string | null>;
};

/** All that can be asked of a secret: what a repair may lose has to be known in full. */
const allConfirmations: readonly ConfirmingAction[] = [
  "secretsmanager:DescribeSecret",
  "secretsmanager:GetResourcePolicy",
];

/** How many keys or secrets are asked for at the same time; lists are read beside each other anyway. */
const concurrency = 8;

/** More databases than this are looked for in the lists, which have a hundred on a page: one by one each costs a call or two. */
const few = 50;

export type ReadOptions = {
  readonly policy: Policy;
  readonly rules: readonly Rule[];
  readonly now: string;
  /** Reads just these databases, and what their verdicts depend on; all where it is left out. */
  readonly only?: readonly DatabaseReference[];
  /** Reads what else decides whether a database may be repaired: proxies, deployments, resource policies, whether keys can be used. */
  readonly forRepair?: boolean;
};

/**
 * Reads one Region: first the lists, then only what they made necessary, then what the rules want confirmed.
 * It never fails: what could not be read is in the target's gaps.
 */
export async function readTarget(
  port: RegionPort,
  { policy, rules, now, only, forRepair = false }: ReadOptions,
): Promise<Target> {
  const { account, region, partition } = port;
  const target: Target = {
    account,
    region,
    partition,
    databases: [],
    secrets: null,
    missingSecrets: [],
    keys: [],
    resourcePolicies: [],
    globalClusterMembers: null,
    blueGreenDeployments: null,
    proxies: null,
    keyTrials: [],
    gaps: [],
    calls: 0,
  };
  const active = activeRules(rules, policy);
  const needed = new Set(active.flatMap(({ reads }) => reads));
  const described = new Set<string>();

  await (only === undefined || only.length > few ? readLists() : readOnly(only));
  await readClassificationContext();
  await readKeys();
  await confirm();
  if (forRepair && target.databases.length > 0) await readForRepair();
  return { ...target, calls: port.calls() };

  /** The secrets are listed as soon as the first managed database shows, beside the databases that are still to come. */
  async function readLists(): Promise<void> {
    let secrets: Promise<Secret[]> | null = null;
    const onPage = (page: readonly Database[]): void => {
      if (
        secrets === null &&
        needed.has("secretsmanager:ListSecrets") &&
        page.some(({ masterUserSecret }) => masterUserSecret !== null)
      )
        secrets = collect("secretsmanager:ListSecrets", port.listSecrets());
    };
    const [instances, clusters] = await Promise.all([
      collect("rds:DescribeDBInstances", port.describeDBInstances(), onPage),
      collect("rds:DescribeDBClusters", port.describeDBClusters(), onPage),
    ]);
    const tenants = instances.some(({ multiTenant }) => multiTenant)
      ? await collect("rds:DescribeTenantDatabases", port.describeTenantDatabases(), onPage)
      : [];
    const all = toDistinct([...instances, ...clusters, ...tenants]);
    target.databases = only === undefined ? all : pick(all, only);
    const keysOfRds = target.databases.flatMap(({ masterUserSecret }) => masterUserSecret?.kmsKeyId ?? []);
    [target.secrets] = await Promise.all([secrets, describeKeys(keysOfRds)]);
  }

  /** A few databases, with the cluster that a member belongs to, the tenants of a container, and the secrets one by one. */
  async function readOnly(references: readonly DatabaseReference[]): Promise<void> {
    const describe = async ({ kind, ...reference }: DatabaseReference): Promise<Database[]> =>
      kind === "cluster"
        ? collect("rds:DescribeDBClusters", port.describeDBClusters({ kind, ...reference }))
        : collect("rds:DescribeDBInstances", port.describeDBInstances({ kind, ...reference }));
    const named = await pMap(references, describe, { concurrency });
    const related = await pMap(
      named.flat(),
      async ({ clusterIdentifier, multiTenant, identifier }) => {
        if (clusterIdentifier !== null)
          return describe({ kind: "cluster", by: "identifier", value: clusterIdentifier });
        return multiTenant ? collect("rds:DescribeTenantDatabases", port.describeTenantDatabases(identifier)) : [];
      },
      { concurrency },
    );
    target.databases = toDistinct([...named.flat(), ...related.flat()]);
    target.secrets = [];
    if (needed.has("secretsmanager:ListSecrets"))
      await describeSecrets(target.databases.flatMap(({ masterUserSecret }) => masterUserSecret?.secretArn ?? []));
  }

  /** Global databases and blue/green deployments are read only where they would excuse a database that is not managed. */
  async function readClassificationContext(): Promise<void> {
    const unread = classificationContextOf(target, policy);
    // Whether what is turned off could be turned on again has to be known of managed databases too.
    const asJudged = (database: Database) => (forRepair ? { ...database, masterUserSecret: null } : database);
    const doubts = new Set(target.databases.flatMap((database) => findReason(asJudged(database), unread).doubts));
    const isOpen = (action: string) => needed.has(action) && [...doubts].some((doubt) => doubt.startsWith(action));
    const [globalClusterMembers, blueGreenDeployments] = await Promise.all([
      isOpen("rds:DescribeGlobalClusters")
        ? collect("rds:DescribeGlobalClusters", port.describeGlobalClusters())
        : null,
      (forRepair && target.databases.length > 0) || isOpen("rds:DescribeBlueGreenDeployments")
        ? collect("rds:DescribeBlueGreenDeployments", port.describeBlueGreenDeployments())
        : null,
    ]);
    Object.assign(target, { globalClusterMembers, blueGreenDeployments });
  }

  /**
   * Every distinct key once: those that RDS and Secrets Manager name, and aliases that the policy requires. The default key is
   * asked for last, and only where a secret has it while RDS names another: then it exists, and asking does not create it.
   */
  async function readKeys(): Promise<void> {
    const secrets = new Map(target.secrets?.map((secret) => [secret.arn, secret]));
    const owners = target.databases.filter(({ masterUserSecret }) => masterUserSecret !== null);
    const secretOf = ({ masterUserSecret }: Database) => secrets.get(masterUserSecret?.secretArn ?? "");
    await describeKeys([
      ...owners.flatMap((database) => database.masterUserSecret?.kmsKeyId ?? []),
      ...owners.flatMap((database) => secretOf(database)?.kmsKeyId ?? []),
      ...(forRepair ? target.databases : owners).flatMap((database) =>
        requiredKeysOf(database, policy).filter((one) => one.includes("alias/") || (forRepair && isKeyReference(one))),
      ),
    ]);
    const seen = new Map(target.keys.map(({ reference, key }) => [reference, key]));
    const hasOtherKey = ({ masterUserSecret }: Database) => {
      if (masterUserSecret?.kmsKeyId == null) return true;
      const key = seen.get(toCanonicalReference(masterUserSecret.kmsKeyId, target));
      return key !== undefined && key?.manager !== "AWS";
    };
    if (owners.some((database) => secretOf(database)?.kmsKeyId === null && hasOtherKey(database)))
      await describeKeys([defaultKeyAlias]);
  }

  async function describeKeys(references: readonly string[]): Promise<void> {
    if (!needed.has("kms:DescribeKey")) return;
    const wanted = new Set(references.map((reference) => toCanonicalReference(reference, target)));
    for (const { reference } of target.keys) wanted.delete(reference);
    for (const { resource } of target.gaps) wanted.delete(resource ?? "");
    await each("kms:DescribeKey", wanted, async (reference) => {
      target.keys.push({ reference, key: await port.describeKey(reference) });
    });
  }

  /** What a list made suspicious is asked once more of the secret itself, and what is impaired is looked into. */
  async function confirm(): Promise<void> {
    const wanted = new Map<ConfirmingAction, Set<string>>();
    for (const { database, context } of prepare(target, policy, now)) {
      const secretArn = database.masterUserSecret?.secretArn ?? null;
      if (secretArn === null) continue;
      for (const rule of active) {
        const result = applyRule(rule, database, context);
        const isToBeRepaired = forRepair && result.message.repairs !== undefined;
        for (const action of isToBeRepaired ? allConfirmations : confirmationsOf(result))
          wanted.set(action, (wanted.get(action) ?? new Set()).add(secretArn));
      }
    }
    await describeSecrets(wanted.get("secretsmanager:DescribeSecret") ?? []);
    await readKeys();
    await each(
      "secretsmanager:GetResourcePolicy",
      wanted.get("secretsmanager:GetResourcePolicy") ?? [],
      async (secretArn) => {
        target.resourcePolicies.push({ secretArn, policy: await port.getResourcePolicy(secretArn) });
      },
    );
  }

  /** A key that AWS manages is used by way of Secrets Manager alone: only a customer's can be tried. */
  async function readForRepair(): Promise<void> {
    const tried = target.keys.flatMap(({ key }) => (key?.manager === "CUSTOMER" ? key.arn : []));
    const [proxies] = await Promise.all([
      collect("rds:DescribeDBProxies", port.describeDBProxies()),
      each("kms:GenerateDataKey", new Set(tried), async (keyArn) => {
        target.keyTrials.push({ keyArn, refusal: await port.tryKey(keyArn) });
      }),
    ]);
    target.proxies = proxies;
  }

  /** What Secrets Manager says of single secrets, which is never as old as its list; each is asked once. */
  async function describeSecrets(arns: Iterable<string>): Promise<void> {
    const wanted = [...new Set(arns)].filter((arn) => !described.has(arn));
    const found: Secret[] = [];
    await each("secretsmanager:DescribeSecret", wanted, async (arn) => {
      described.add(arn);
      const secret = await port.describeSecret(arn);
      if (secret === null) target.missingSecrets.push(arn);
      else found.push(secret);
    });
    if (found.length === 0) return;
    const known = new Map([...(target.secrets ?? []), ...found].map((secret) => [secret.arn, secret]));
    target.secrets = [...known.values()];
  }

  /** All pages of a list; what comes after a failed one is a gap. */
  async function collect<T>(action: string, list: Pages<T>, onPage?: (page: readonly T[]) => void): Promise<T[]> {
    const items: T[] = [];
    try {
      for await (const page of list) {
        onPage?.(page);
        for (const item of page) items.push(item);
      }
    } catch (error) {
      addGap(action, error, null);
    }
    return items;
  }

  /** One call for each of some resources; one that fails is a gap of that resource, and the others go on. */
  async function each(
    action: string,
    resources: Iterable<string>,
    read: (resource: string) => Promise<void>,
  ): Promise<void> {
    await pMap(resources, (resource) => read(resource).catch((error: unknown) => addGap(action, error, resource)), {
      concurrency,
    });
  }

  function addGap(action: string, error: unknown, resource: string | null): void {
    const { code, message } =
      error instanceof AwsCallError ? error : { code: "UnexpectedError", message: String(error) };
    target.gaps.push({ account, region, action, code, message, resource });
  }
}

/** Some of many databases, with the cluster that a member belongs to and the tenants of a container. */
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
 * Each database once: it may have been asked for twice, or have moved to the next page while its list was read.
 * AWS says of a tenant database neither engine nor version nor maintenance window: they are its container's.
 */
function toDistinct(databases: readonly Database[]): Database[] {
  const byArn = new Map(databases.map((database) => [database.arn, database]));
  return [...byArn.values()].map((database) => {
    const container = byArn.get(database.containerArn ?? "");
    if (container === undefined) return database;
    const { engine, engineVersion, maintenanceWindow } = container;
    return { ...database, engine, engineVersion, maintenanceWindow };
  });
}
