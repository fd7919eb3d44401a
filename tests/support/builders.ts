import type { ClassifiedDatabase, Database } from "../../lib/model/database.ts";
import { defaultPolicy } from "../../lib/model/default-policy.ts";
import type { Gap, Inventory, Target } from "../../lib/model/inventory.ts";
import type { Key } from "../../lib/model/key.ts";
import type { Policy } from "../../lib/model/policy.ts";
import type { Fact, KeyFacts, RuleContext } from "../../lib/model/rule.ts";
import type { RotationRules, Secret } from "../../lib/model/secret.ts";

/** The time as of which these tests evaluate everything. */
export const now = "2026-11-24T12:00:00.000Z";
export const account = "123456789012";
export const region = "eu-west-1";

/** The database of most examples, with its secret and keys. */
export const databaseArn = `arn:aws:rds:${region}:${account}:db:orders`;
export const secretArn = `arn:aws:secretsmanager:${region}:${account}:secret:rds!db-0123abcd-xmJRDx`;
export const keyArn = `arn:aws:kms:${region}:${account}:key/11111111-2222-3333-4444-555555555555`;
/** The default key of RDS, which encrypts the storage. */
export const storageKeyArn = `arn:aws:kms:${region}:${account}:key/77777777-6666-3333-4444-555555555555`;
export const otherKeyArn = `arn:aws:kms:${region}:${account}:key/99999999-8888-7777-6666-555555555555`;

/** An instant relative to `now`; `hoursFromNow(-1)` is an hour ago. */
export function hoursFromNow(hours: number): string {
  return new Date(Date.parse(now) + hours * 3_600_000).toISOString();
}

/** A standalone PostgreSQL instance without a managed password, as RDS reports it. */
export function aPlainDatabase(overrides: Partial<Database> = {}): Database {
  return {
    arn: databaseArn,
    kind: "instance",
    identifier: "orders",
    resourceId: "db-ORDERS",
    account,
    region,
    engine: "postgres",
    engineVersion: "16.3",
    status: "available",
    createdAt: "2024-01-15T08:00:00.000Z",
    masterUserSecret: null,
    tags: {},
    pendingChanges: [],
    replicas: [],
    maintenanceWindow: "sun:03:00-sun:04:00",
    clusterIdentifier: null,
    replicationSource: null,
    multiTenant: false,
    containerArn: null,
    engineMode: null,
    scalabilityType: null,
    globalClusterIdentifier: null,
    globalWriteForwarding: false,
    rdsCustom: false,
    expressConfiguration: false,
    iamAuthentication: false,
    storageKmsKeyId: storageKeyArn,
    ...overrides,
  };
}

/** The `MasterUserSecret` of a healthy managed database. */
export function aMasterUserSecret(overrides: Partial<NonNullable<Database["masterUserSecret"]>> = {}) {
  return { secretArn, status: "active", kmsKeyId: keyArn, ...overrides };
}

/** A classified database, by default healthy and managed. */
export function aDatabase(overrides: Partial<ClassifiedDatabase> = {}): ClassifiedDatabase {
  const management = overrides.management ?? "managed";
  return {
    ...aPlainDatabase({ masterUserSecret: management === "managed" ? aMasterUserSecret() : null }),
    management,
    reason: null,
    explanation: null,
    doubt: null,
    ...overrides,
  };
}

/** An Aurora cluster, as RDS reports it. */
export function aPlainCluster(overrides: Partial<Database> = {}): Database {
  return aPlainDatabase({
    arn: `arn:aws:rds:${region}:${account}:cluster:ledger`,
    kind: "cluster",
    identifier: "ledger",
    resourceId: "cluster-LEDGER",
    engine: "aurora-postgresql",
    ...overrides,
  });
}

/** Rotation rules in which only the given fields are set. */
export function aSchedule(overrides: Partial<RotationRules> = {}): RotationRules {
  return { automaticallyAfterDays: null, scheduleExpression: null, duration: null, ...overrides };
}

/** A secret that RDS created for the database of these tests and rotated four days ago. */
export function aSecret(overrides: Partial<Secret> = {}): Secret {
  return {
    arn: secretArn,
    name: "rds!db-0123abcd",
    owningService: "rds",
    kmsKeyId: keyArn,
    rotationEnabled: true,
    rotationRules: aSchedule({ automaticallyAfterDays: 7 }),
    createdAt: "2024-01-15T08:05:00.000Z",
    lastChangedAt: "2026-11-20T03:00:00.000Z",
    lastRotatedAt: "2026-11-20T03:00:00.000Z",
    nextRotationAt: "2026-11-27T23:59:59.000Z",
    deletedAt: null,
    primaryArns: [databaseArn],
    tags: {},
    primaryRegion: null,
    replicaRegions: null,
    ...overrides,
  };
}

/** An enabled customer managed key. */
export function aKey(overrides: Partial<Key> = {}): Key {
  return { arn: keyArn, state: "Enabled", manager: "CUSTOMER", deletionAt: null, ...overrides };
}

/** The policy that KMS gives a key by default: it leaves everything to IAM. Statements are added. */
export function aKeyPolicy(...statements: readonly object[]): string {
  const Principal = { AWS: `arn:aws:iam::${account}:root` };
  const byIam = { Sid: "EnableIAM", Effect: "Allow", Principal, Action: "kms:*", Resource: "*" };
  return JSON.stringify({ Version: "2012-10-17", Statement: [byIam, ...statements] });
}

export function seen<T>(value: T | null): Fact<T> {
  return { seen: true, value };
}

export function unseen(why = "secretsmanager:ListSecrets failed with AccessDeniedException") {
  return { seen: false, why } as const;
}

/** A key that was read. */
export function aSeenKey(overrides: Partial<Key> = {}): KeyFacts {
  const key = aKey(overrides);
  return { arn: seen(key.arn), key: seen(key) };
}

/** A key that could not be read, by default with a known ARN. */
export function anUnseenKey(
  arn: string | null = keyArn,
  why = "kms:DescribeKey failed with AccessDeniedException",
): KeyFacts {
  return { arn: arn === null ? unseen(why) : seen(arn), key: unseen(why) };
}

/** A context in which everything is seen and healthy and no key is required. */
export function aContext(overrides: Partial<RuleContext> = {}): RuleContext {
  return {
    now,
    thresholds: defaultPolicy.thresholds,
    secret: seen(aSecret()),
    resourcePolicy: seen<string>(null),
    rdsKey: aSeenKey(),
    secretKey: aSeenKey(),
    keyAccess: [{ keyArn, access: seen({ verdict: "allows", reason: null }) }],
    requiredKeys: [],
    storageKey: seen(storageKeyArn),
    differentFromStorage: false,
    startedAt: seen<string>(null),
    cluster: seen<true>(true),
    tenantDatabases: seen<true>(true),
    ...overrides,
  };
}

/** The same context with a changed secret. */
export function withSecret(overrides: Partial<Secret>, context: Partial<RuleContext> = {}): RuleContext {
  return aContext({ secret: seen(aSecret(overrides)), ...context });
}

/** A call that failed for the whole Region. */
export function aGap(overrides: Partial<Gap> = {}): Gap {
  return {
    account,
    region,
    action: "secretsmanager:ListSecrets",
    code: "AccessDeniedException",
    message: "not authorized",
    resource: null,
    ...overrides,
  };
}

/** A target with one healthy managed database, its secret and its key. */
export function aTarget(overrides: Partial<Target> = {}): Target {
  return {
    account,
    region,
    partition: "aws",
    databases: [aPlainDatabase({ masterUserSecret: aMasterUserSecret() })],
    secrets: [aSecret()],
    missingSecrets: [],
    keys: [{ reference: keyArn, key: aKey() }],
    resourcePolicies: [],
    starts: [],
    keyPolicies: [],
    keyGrants: [],
    globalClusterMembers: null,
    blueGreenDeployments: null,
    proxies: null,
    keyTrials: [],
    gaps: [],
    calls: 4,
    ...overrides,
  };
}

export function anInventory(overrides: Partial<Inventory> = {}): Inventory {
  return { schemaVersion: "1.0", observedAt: now, targets: [aTarget()], gaps: [], ...overrides };
}

/** The default policy with changes. */
export function aPolicy(overrides: Partial<Policy> = {}): Policy {
  return { ...defaultPolicy, ...overrides };
}
