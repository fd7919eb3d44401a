import fc from "fast-check";
import type { ClassifiedDatabase, Database } from "../../lib/model/database.ts";
import { databaseKinds, managements, toggleTagKey, unknown } from "../../lib/model/database.ts";
import { defaultPolicy } from "../../lib/model/default-policy.ts";
import type { Gap, Target } from "../../lib/model/inventory.ts";
import type { Grant, Key } from "../../lib/model/key.ts";
import type { KeyAccess } from "../../lib/model/key-policy.ts";
import type { Fact, KeyFacts, RequiredKey, RuleContext } from "../../lib/model/rule.ts";
import type { Secret } from "../../lib/model/secret.ts";
import { account, databaseArn, keyArn, now, otherKeyArn, region, secretArn } from "./builders.ts";

/** Any text without braces, which would look like a placeholder. */
export const anyText: fc.Arbitrary<string> = fc.string().map((text) => text.replaceAll(/[{}]/g, ""));

const orNull = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });
/** One of AWS's values, or any other text. */
const word = (...words: string[]) => fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...words) }, anyText);

const instant = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .date({ noInvalidDate: true, min: new Date("2024-01-01"), max: new Date("2028-01-01") })
      .map((date) => date.toISOString()),
  },
  fc.constant(now),
  anyText,
);
const keyReference = word(keyArn, otherKeyArn, "alias/orders", "11111111-2222-3333-4444-555555555555");

const anyMasterUserSecret = fc.record({
  secretArn: orNull(word(secretArn)),
  status: orNull(word("creating", "active", "rotating", "impaired")),
  kmsKeyId: orNull(keyReference),
});

/** A database with any combination of fields, possible in RDS or not. */
export const anyDatabase: fc.Arbitrary<Database> = fc.record({
  arn: word(databaseArn),
  kind: fc.constantFrom(...databaseKinds),
  identifier: word("orders", "container/TENANT"),
  resourceId: anyText,
  account: fc.constant(account),
  region: fc.constant(region),
  engine: word(
    "postgres",
    "aurora-mysql",
    "docdb",
    "neptune",
    "oracle-ee-cdb",
    "sqlserver-se",
    "custom-oracle-ee",
    unknown,
  ),
  engineVersion: orNull(anyText),
  status: word("available", "stopped", "stopping", "creating", unknown),
  createdAt: orNull(instant),
  masterUserSecret: orNull(anyMasterUserSecret),
  tags: fc.dictionary(word(toggleTagKey, "rds-password-audit:exempt-owner"), anyText, { maxKeys: 3 }),
  pendingChanges: fc.array(word("MasterUserPassword", "EngineVersion"), { maxLength: 2 }),
  replicas: fc.array(word("orders-replica"), { maxLength: 2 }),
  maintenanceWindow: orNull(word("sun:03:00-sun:04:00")),
  clusterIdentifier: orNull(anyText),
  replicationSource: orNull(anyText),
  multiTenant: fc.boolean(),
  containerArn: orNull(anyText),
  engineMode: orNull(word("provisioned", "serverless")),
  scalabilityType: orNull(word("standard", "limitless")),
  globalClusterIdentifier: orNull(anyText),
  globalWriteForwarding: fc.boolean(),
  rdsCustom: fc.boolean(),
  expressConfiguration: fc.boolean(),
  iamAuthentication: fc.boolean(),
  storageKmsKeyId: orNull(keyReference),
});

export const anyClassifiedDatabase: fc.Arbitrary<ClassifiedDatabase> = fc
  .tuple(
    anyDatabase,
    fc.record({
      management: fc.oneof({ weight: 3, arbitrary: fc.constant("managed" as const) }, fc.constantFrom(...managements)),
      reason: orNull(anyText),
      explanation: orNull(anyText),
      doubt: orNull(anyText),
    }),
  )
  .map(([database, judged]) => ({ ...database, ...judged }));

const anySchedule = word(
  "rate(10 days)",
  "rate(4 hours)",
  "cron(0 8 1 * ? *)",
  "cron(0 8 ? * 2#1 *)",
  "cron(0 0 31 2 ? *)",
);

const anySecret: fc.Arbitrary<Secret> = fc.record({
  arn: word(secretArn),
  name: anyText,
  owningService: orNull(word("rds", "docdb")),
  kmsKeyId: orNull(keyReference),
  rotationEnabled: orNull(fc.boolean()),
  rotationRules: orNull(
    fc.record({
      automaticallyAfterDays: orNull(fc.nat(1000)),
      scheduleExpression: orNull(anySchedule),
      duration: orNull(word("3h")),
    }),
  ),
  createdAt: orNull(instant),
  lastChangedAt: orNull(instant),
  lastRotatedAt: orNull(instant),
  nextRotationAt: orNull(instant),
  deletedAt: orNull(instant),
  primaryArns: fc.array(word(databaseArn), { maxLength: 2 }),
  tags: fc.dictionary(anyText, anyText, { maxKeys: 2 }),
  primaryRegion: orNull(word(region, "us-east-1")),
  replicaRegions: orNull(fc.array(word("us-east-1"), { maxLength: 2 })),
});

const anyKey: fc.Arbitrary<Key> = fc.record({
  arn: word(keyArn, otherKeyArn),
  state: word("Enabled", "Updating", "Disabled", "PendingDeletion", "Creating"),
  manager: word("AWS", "CUSTOMER"),
  deletionAt: orNull(instant),
});

const anyKeyAccess: fc.Arbitrary<KeyAccess> = fc.record({
  verdict: fc.constantFrom("allows", "denies", "unknown"),
  reason: orNull(anyText),
});

const anyUnseen = anyText.map((why) => ({ seen: false, why }) as const);

function anyFact<T>(value: fc.Arbitrary<T>): fc.Arbitrary<Fact<T>> {
  return fc.oneof(
    { weight: 3, arbitrary: value.map((value): Fact<T> => ({ seen: true, value })) },
    fc.constant<Fact<T>>({ seen: true, value: null }),
    anyUnseen,
  );
}

const anyKeyFacts: fc.Arbitrary<KeyFacts> = fc.record({ arn: anyFact(keyReference), key: anyFact(anyKey) });
export const anyUnseenKey: fc.Arbitrary<KeyFacts> = anyUnseen.map((fact) => ({ arn: fact, key: fact }));
export const anyUnseenFact = anyUnseen;

const anyRequiredKey: fc.Arbitrary<RequiredKey> = fc.record({
  requirement: word("customer-managed", "aws-managed", "alias/orders"),
  arn: anyFact(keyReference),
  key: anyFact(anyKey),
});

export const anyContext: fc.Arbitrary<RuleContext> = fc.record({
  now: fc.constant(now),
  thresholds: fc.constant(defaultPolicy.thresholds),
  secret: anyFact(anySecret),
  resourcePolicy: anyFact(fc.oneof(anyText, fc.json())),
  rdsKey: anyKeyFacts,
  secretKey: anyKeyFacts,
  keyAccess: fc.array(fc.record({ keyArn: word(keyArn, otherKeyArn), access: anyFact(anyKeyAccess) }), {
    maxLength: 2,
  }),
  requiredKeys: fc.array(anyRequiredKey, { maxLength: 3 }),
  storageKey: anyFact(keyReference),
  differentFromStorage: fc.boolean(),
  startedAt: anyFact(instant),
  cluster: anyFact(fc.constant<true>(true)),
  tenantDatabases: anyFact(fc.constant<true>(true)),
});

const anyGrant: fc.Arbitrary<Grant> = fc.record({
  grantee: word("rds.amazonaws.com", databaseArn),
  operations: fc.array(word("Decrypt", "GenerateDataKey"), { maxLength: 2 }),
  isConstrained: fc.boolean(),
});

export const anyGap: fc.Arbitrary<Gap> = fc.record({
  account: fc.constant(account),
  region: fc.constant(region),
  action: word(
    "secretsmanager:ListSecrets",
    "kms:DescribeKey",
    "rds:DescribeGlobalClusters",
    "secretsmanager:DescribeSecret",
  ),
  code: anyText,
  message: anyText,
  resource: orNull(word(keyArn, secretArn)),
});

/** A target with distinct database ARNs, as in AWS. */
export const anyTarget: fc.Arbitrary<Target> = fc.record({
  account: fc.constantFrom(account, "210987654321"),
  region: fc.constantFrom(region, "us-east-1"),
  partition: fc.constant("aws"),
  databases: fc.uniqueArray(anyDatabase, { maxLength: 6, selector: ({ arn }) => arn }),
  secrets: orNull(fc.uniqueArray(anySecret, { maxLength: 3, selector: ({ arn }) => arn })),
  missingSecrets: fc.array(word(secretArn), { maxLength: 1 }),
  keys: fc.uniqueArray(fc.record({ reference: word(keyArn, otherKeyArn), key: orNull(anyKey) }), {
    maxLength: 2,
    selector: ({ reference }) => reference,
  }),
  resourcePolicies: fc.array(fc.record({ secretArn: fc.constant(secretArn), policy: orNull(fc.json()) }), {
    maxLength: 1,
  }),
  starts: fc.uniqueArray(fc.record({ databaseArn: word(databaseArn), startedAt: orNull(instant) }), {
    maxLength: 1,
    selector: ({ databaseArn }) => databaseArn,
  }),
  keyPolicies: fc.array(fc.record({ keyArn: fc.constant(keyArn), policy: orNull(fc.json()) }), { maxLength: 1 }),
  keyGrants: fc.array(fc.record({ keyArn: fc.constant(keyArn), grants: fc.array(anyGrant, { maxLength: 2 }) }), {
    maxLength: 1,
  }),
  globalClusterMembers: orNull(fc.array(word(databaseArn), { maxLength: 2 })),
  blueGreenDeployments: orNull(
    fc.array(fc.record({ source: word(databaseArn), target: orNull(anyText), status: word("AVAILABLE") }), {
      maxLength: 2,
    }),
  ),
  proxies: orNull(
    fc.array(fc.record({ name: anyText, secretArns: fc.array(word(secretArn), { maxLength: 2 }) }), { maxLength: 2 }),
  ),
  keyTrials: fc.uniqueArray(fc.record({ keyArn: word(keyArn, otherKeyArn), refusal: orNull(anyText) }), {
    maxLength: 2,
    selector: ({ keyArn }) => keyArn,
  }),
  gaps: fc.array(anyGap, { maxLength: 3 }),
  calls: fc.nat(),
});
