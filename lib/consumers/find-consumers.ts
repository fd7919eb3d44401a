import { compareText } from "../model/compare-text.ts";
import { type Consumer, type ConsumersReport, consumerKinds, type ReferencePredicate } from "../model/consumer.ts";
import type { Database } from "../model/database.ts";
import { AwsCallError } from "../model/errors.ts";
import type { DBProxy, Gap } from "../model/inventory.ts";
import { describeInstant, plural } from "../model/time.ts";
import { createReferencePredicate, toSecretName } from "./references.ts";

/** A workload, and the names of its variables that refer to the database: never their values. */
type Workload = { readonly arn: string; readonly variables: readonly string[] };

/** A secret without its value. */
type NamedSecret = {
  readonly arn: string;
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
};

/** One principal's reads of a secret's value, as CloudTrail recorded them. */
type SecretReads = { readonly principal: string; readonly count: number; readonly lastAt: string };

/** Reads what may use a database, in one Region. A failed call throws an AwsCallError; what was read before it counts. */
export type ConsumerPort = {
  listProxies(): AsyncIterable<DBProxy>;
  /** Identifiers of the DB instances and DB clusters behind a proxy. */
  listProxyTargets(name: string): AsyncIterable<string>;
  listFunctions(refers: ReferencePredicate): AsyncIterable<Workload>;
  /** The latest active revision of each family. */
  listTaskDefinitions(refers: ReferencePredicate): AsyncIterable<Workload>;
  /** Secrets that no AWS service owns. */
  listOwnSecrets(): AsyncIterable<NamedSecret>;
  /** Reads of the secret that the predicate knows, by principal, since an instant. Throws an AwsCallError also if there are too many events. */
  listSecretReads(isSecret: ReferencePredicate, since: Date): AsyncIterable<SecretReads>;
};

/** The event history of CloudTrail. */
const historyDays = 90;

const limits = [
  "Clients outside this account and Region, on EC2, EKS or on premises, are seen only if they read the secret.",
  "Clients that use a custom endpoint of a cluster, or a DNS name of your own, are seen only if they read the secret.",
  "Of each ECS task definition family only the latest revision is read. Values that a program reads from a file or a parameter are not seen.",
  "A secret of your own is found by its name and tags. Its value is not read, so the user in it is not known.",
];

/** Finds the consumers of a database. A call that fails is a gap. `members` are the DB instances of a DB cluster. */
export async function findConsumers(
  database: Database,
  members: readonly Database[],
  port: ConsumerPort,
  now: Date,
): Promise<ConsumersReport> {
  const { arn, kind, identifier, resourceId, account, region, masterUserSecret } = database;
  const secretArn = masterUserSecret?.secretArn ?? null;
  const gaps: Gap[] = [];
  const read: ReadAll = async (items) => {
    const found = [];
    try {
      for await (const item of items) found.push(item);
    } catch (error) {
      if (!(error instanceof AwsCallError)) throw error;
      const { action, code, message } = error;
      gaps.push({ account, region, action, code, message, resource: arn });
    }
    return found;
  };

  const names = [identifier.split("/")[0] ?? identifier, ...members.map((member) => member.identifier)];
  const proxies = await findProxies(port, { names, secretArn, read });
  const proxyNames = proxies.map(({ id }) => id);
  const refers = createReferencePredicate({ region, names: [...names, ...proxyNames], secretArn });
  const since = new Date(now.getTime() - historyDays * 24 * 3_600_000);
  const [functions, tasks, secrets, reads] = await Promise.all([
    read(port.listFunctions(refers)),
    read(port.listTaskDefinitions(refers)),
    read(port.listOwnSecrets()),
    secretArn === null ? [] : read(port.listSecretReads((id) => isSecretId(id, secretArn), since)),
  ]);
  const consumers: readonly Consumer[] = [
    ...proxies,
    ...functions.flatMap((one) => toWorkload("lambda-function", one)),
    ...tasks.flatMap((one) => toWorkload("ecs-task-definition", one)),
    ...secrets.flatMap((secret) => toOwnSecret(secret, [...names, arn, resourceId])),
    ...reads.map(toReader),
    ...toStack(database),
  ];
  return {
    schemaVersion: "1.0",
    observedAt: now.toISOString(),
    database: { arn, kind, identifier, resourceId, account, region, secretArn },
    consumers: consumers.toSorted(
      (one, other) =>
        consumerKinds.indexOf(one.kind) - consumerKinds.indexOf(other.kind) || compareText(one.id, other.id),
    ),
    gaps: gaps.toSorted((one, other) => compareText(one.action, other.action)),
    limits:
      secretArn === null
        ? [...limits, "The database has no managed secret, so who reads its password is not known."]
        : [...limits],
  };
}

type ReadAll = <T>(items: AsyncIterable<T>) => Promise<readonly T[]>;

type ProxySearch = {
  readonly names: readonly string[];
  readonly secretArn: string | null;
  readonly read: ReadAll;
};

async function findProxies(port: ConsumerPort, { names, secretArn, read }: ProxySearch): Promise<readonly Consumer[]> {
  const found: Consumer[] = [];
  for (const { name, secretArns } of await read(port.listProxies())) {
    const usesSecret = secretArn !== null && secretArns.includes(secretArn);
    const targets = usesSecret ? [] : await read(port.listProxyTargets(name));
    const target = targets.find((one) => names.includes(one));
    if (usesSecret) found.push({ kind: "rds-proxy", id: name, evidence: "logs in with the managed secret" });
    else if (target !== undefined)
      found.push({ kind: "rds-proxy", id: name, evidence: `connects to ${target} with a secret of its own` });
  }
  return found;
}

function toWorkload(kind: Consumer["kind"], { arn, variables }: Workload): readonly Consumer[] {
  if (variables.length === 0) return [];
  const list = variables.join(", ");
  return [{ kind, id: arn, evidence: `${variables.length === 1 ? "variable" : "variables"} ${list}` }];
}

/** By the name, of which the identifier is a part of its own, or by a tag. */
function toOwnSecret({ arn, name, tags }: NamedSecret, names: readonly string[]): readonly Consumer[] {
  const words = name.toLowerCase().split(/[^a-z0-9-]+/);
  const isNamed = names.some((one) => words.includes(one.toLowerCase()));
  const tag = Object.entries(tags).find(([, value]) => names.some((one) => one.toLowerCase() === value.toLowerCase()));
  if (isNamed) return [{ kind: "own-secret", id: arn, evidence: `its name is ${name}` }];
  return tag === undefined ? [] : [{ kind: "own-secret", id: arn, evidence: `its tag ${tag[0]} names the database` }];
}

function toReader({ principal, count, lastAt }: SecretReads): Consumer {
  return {
    kind: "secret-reader",
    id: principal,
    evidence: `read the managed secret ${plural(count, "time")} in ${historyDays} days, last on ${describeInstant(lastAt)}`,
  };
}

function toStack({ tags }: Database): readonly Consumer[] {
  const id = tags["aws:cloudformation:stack-id"] ?? tags["aws:cloudformation:stack-name"];
  return id === undefined ? [] : [{ kind: "cloudformation-stack", id, evidence: "owns the database, by its tags" }];
}

/** True for an id of the secret: its ARN, with or without the suffix, or its name. */
function isSecretId(secretId: string, secretArn: string): boolean {
  const name = toSecretName(secretArn);
  return [secretArn, secretArn.replace(/-[A-Za-z0-9]{6}$/, ""), name].includes(secretId);
}
