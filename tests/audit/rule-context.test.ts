import { describe, expect, test } from "@jest/globals";
import {
  classificationContextOf,
  createRuleContext,
  describeGap,
  requiredKeysOf,
} from "../../lib/audit/rule-context.ts";
import type { Target } from "../../lib/model/inventory.ts";
import type { Key } from "../../lib/model/key.ts";
import type { Policy } from "../../lib/model/policy.ts";
import {
  account,
  aDatabase,
  aGap,
  aKey,
  aKeyPolicy,
  aMasterUserSecret,
  anUnseenKey,
  aPlainCluster,
  aPolicy,
  aSecret,
  aSeenKey,
  aTarget,
  databaseArn,
  keyArn,
  now,
  otherKeyArn,
  region,
  secretArn,
  seen,
  unseen,
} from "../support/builders.ts";
import { deepFreeze } from "../support/deep-freeze.ts";

const keyId = "11111111-2222-3333-4444-555555555555";
const aliasArn = `arn:aws:kms:${region}:${account}:alias/orders`;
const defaultAliasArn = `arn:aws:kms:${region}:${account}:alias/aws/secretsmanager`;

/** The rule context of a database in a changed target. */
function contextIn(target: Partial<Target>, { database = aDatabase(), policy = aPolicy() } = {}) {
  return createRuleContext(deepFreeze(aTarget(target)), policy, now)(database);
}
const managedWith = (secret: Parameters<typeof aMasterUserSecret>[0]) =>
  aDatabase({ masterUserSecret: aMasterUserSecret(secret) });

describe("the secret", () => {
  test("that is listed is seen", () => {
    expect(contextIn({}).secret).toEqual({ seen: true, value: aSecret() });
  });

  test("that a complete list does not contain does not exist", () => {
    expect(contextIn({ secrets: [] }).secret).toEqual({ seen: true, value: null });
    expect(contextIn({ secrets: [aSecret({ arn: "arn:another" })] }).secret).toEqual({ seen: true, value: null });
  });

  test("that DescribeSecret does not find does not exist, although it is listed", () => {
    expect(contextIn({ missingSecrets: [secretArn] }).secret).toEqual({ seen: true, value: null });
  });

  test("is not seen if the list was not read", () => {
    expect(contextIn({ secrets: null }).secret).toEqual({
      seen: false,
      why: "secretsmanager:ListSecrets was not read",
    });
  });

  test("is not seen if the list is denied", () => {
    expect(contextIn({ secrets: [], gaps: [aGap()] }).secret).toEqual({
      seen: false,
      why: "secretsmanager:ListSecrets failed with AccessDeniedException",
    });
  });

  test("is not seen if the list ended early before it", () => {
    const gaps = [aGap({ code: "ThrottlingException" })];
    expect(contextIn({ secrets: [aSecret({ arn: "arn:another" })], gaps }).secret).toEqual({
      seen: false,
      why: "secretsmanager:ListSecrets failed with ThrottlingException",
    });
  });

  test("is seen if the list ended early after it", () => {
    expect(contextIn({ gaps: [aGap()] }).secret).toEqual({ seen: true, value: aSecret() });
  });

  test("that does not exist is missing although the list ended early", () => {
    expect(contextIn({ secrets: [], missingSecrets: [secretArn], gaps: [aGap()] }).secret).toEqual({
      seen: true,
      value: null,
    });
  });

  test("that DescribeSecret could not confirm is not seen, although it is listed", () => {
    const gaps = [aGap({ action: "secretsmanager:DescribeSecret", resource: secretArn, code: "InternalServiceError" })];
    expect(contextIn({ gaps }).secret).toEqual({
      seen: false,
      why: "secretsmanager:DescribeSecret failed with InternalServiceError",
    });
  });

  test("is seen if DescribeSecret failed for another secret", () => {
    const gaps = [aGap({ action: "secretsmanager:DescribeSecret", resource: "arn:another" })];
    expect(contextIn({ gaps }).secret).toEqual({ seen: true, value: aSecret() });
  });

  test("is not seen if RDS reports none", () => {
    const why = { seen: false, why: "RDS reports no secret" };
    expect(contextIn({}, { database: managedWith({ secretArn: null }) }).secret).toEqual(why);
    expect(contextIn({}, { database: aDatabase({ masterUserSecret: null }) }).secret).toEqual(why);
  });
});

describe("the secret's resource policy", () => {
  test("is seen, or confirmed not to exist", () => {
    expect(contextIn({ resourcePolicies: [{ secretArn, policy: "{}" }] }).resourcePolicy).toEqual({
      seen: true,
      value: "{}",
    });
    expect(contextIn({ resourcePolicies: [{ secretArn, policy: null }] }).resourcePolicy).toEqual({
      seen: true,
      value: null,
    });
  });

  test("of another secret does not count", () => {
    expect(contextIn({ resourcePolicies: [{ secretArn: "arn:another", policy: "{}" }] }).resourcePolicy).toEqual({
      seen: false,
      why: "secretsmanager:GetResourcePolicy was not read",
    });
  });

  test("that could not be read says why", () => {
    const gaps = [aGap({ action: "secretsmanager:GetResourcePolicy", resource: secretArn })];
    expect(contextIn({ gaps }).resourcePolicy).toEqual({
      seen: false,
      why: "secretsmanager:GetResourcePolicy failed with AccessDeniedException",
    });
  });

  test("is not seen without a secret", () => {
    const database = managedWith({ secretArn: null });
    expect(contextIn({ resourcePolicies: [{ secretArn, policy: "{}" }] }, { database }).resourcePolicy.seen).toBe(
      false,
    );
  });
});

describe("what the key's policy and grants say", () => {
  const lock = aKeyPolicy({ Sid: "Lock", Effect: "Deny", Principal: "*", Action: "kms:*", Resource: "*" });

  test("is judged in the database's account and Region", () => {
    expect(contextIn({ keyPolicies: [{ keyArn, policy: lock }] }).keyAccess).toEqual([
      {
        keyArn,
        access: seen({
          verdict: "denies",
          reason: 'statement "Lock" of its policy denies RDS kms:Decrypt and kms:GenerateDataKey',
        }),
      },
    ]);
  });

  test("depends on the grants, if no statement decides", () => {
    const nothing = '{"Statement":[]}';
    const verdictOf = (keyGrants: Target["keyGrants"]) => {
      const [own] = contextIn({ keyPolicies: [{ keyArn, policy: nothing }], keyGrants }).keyAccess;
      return own?.access.seen ? own.access.value?.verdict : null;
    };
    expect(verdictOf([{ keyArn, grants: [] }])).toBe("denies");
    expect(verdictOf([{ keyArn: otherKeyArn, grants: [] }])).toBe("unknown");
  });

  test("is not seen if it was not read, and says why", () => {
    expect(contextIn({}).keyAccess).toEqual([{ keyArn, access: unseen("kms:GetKeyPolicy was not read") }]);
    const gaps = [aGap({ action: "kms:GetKeyPolicy", resource: keyArn })];
    expect(contextIn({ gaps }).keyAccess).toEqual([
      { keyArn, access: unseen("kms:GetKeyPolicy failed with AccessDeniedException") },
    ]);
  });

  test("of a key that was deleted meanwhile is seen as nothing", () => {
    expect(contextIn({ keyPolicies: [{ keyArn, policy: null }] }).keyAccess).toEqual([
      { keyArn, access: seen<never>(null) },
    ]);
  });

  test("has an entry for each customer managed key, and none for those of AWS", () => {
    const keys = [
      { reference: keyArn, key: aKey({ manager: "AWS" }) },
      { reference: otherKeyArn, key: aKey({ arn: otherKeyArn }) },
    ];
    const secrets = [aSecret({ kmsKeyId: otherKeyArn })];
    expect(contextIn({ keys, secrets }).keyAccess.map((one) => one.keyArn)).toEqual([otherKeyArn]);
    expect(contextIn({ keys: [], secrets }).keyAccess).toEqual([]);
  });

  test("is not seen for the key of another account", () => {
    const foreign = keyArn.replace(account, "210987654321");
    const keys = [{ reference: foreign, key: aKey({ arn: foreign }) }];
    const database = managedWith({ kmsKeyId: foreign });
    const [first] = contextIn({ keys, secrets: [aSecret({ kmsKeyId: foreign })] }, { database }).keyAccess;
    expect(first).toEqual({ keyArn: foreign, access: unseen("KMS shows it only to the key's own account") });
  });
});

describe("the key that RDS reports", () => {
  const own = { arn: { seen: true, value: keyArn }, key: { seen: true, value: aKey() } };

  test("is found by its ARN", () => {
    expect(contextIn({}).rdsKey).toEqual(own);
  });

  test("is found by its key id", () => {
    expect(contextIn({}, { database: managedWith({ kmsKeyId: keyId }) }).rdsKey).toEqual(own);
  });

  test.each(["alias/orders", aliasArn])("is found by its alias or alias ARN: %s", (kmsKeyId) => {
    const keys = [{ reference: aliasArn, key: aKey() }];
    expect(contextIn({ keys }, { database: managedWith({ kmsKeyId }) }).rdsKey).toEqual(own);
  });

  test("has its ARN even if KMS fails", () => {
    const gaps = [aGap({ action: "kms:DescribeKey", resource: keyArn })];
    expect(contextIn({ keys: [], gaps }).rdsKey).toEqual({
      arn: { seen: true, value: keyArn },
      key: { seen: false, why: "kms:DescribeKey failed with AccessDeniedException" },
    });
  });

  test("has no ARN if its alias cannot be resolved", () => {
    const why = { seen: false, why: "kms:DescribeKey failed with ThrottlingException" };
    const gaps = [aGap({ action: "kms:DescribeKey", resource: aliasArn, code: "ThrottlingException" })];
    expect(contextIn({ gaps }, { database: managedWith({ kmsKeyId: "alias/orders" }) }).rdsKey).toEqual({
      arn: why,
      key: why,
    });
  });

  test("that was not read is not seen", () => {
    expect(contextIn({ keys: [] }).rdsKey.key).toEqual({ seen: false, why: "kms:DescribeKey was not read" });
  });

  test("that KMS does not find does not exist", () => {
    expect(contextIn({ keys: [{ reference: keyArn, key: null }] }).rdsKey).toEqual({
      arn: { seen: true, value: keyArn },
      key: { seen: true, value: null },
    });
  });

  test("with an alias that KMS does not find does not exist", () => {
    const keys = [{ reference: aliasArn, key: null }];
    const none = { seen: true, value: null };
    expect(contextIn({ keys }, { database: managedWith({ kmsKeyId: "alias/orders" }) }).rdsKey).toEqual({
      arn: none,
      key: none,
    });
  });

  test("is not seen if RDS reports none", () => {
    const why = { seen: false, why: "RDS reports no key" };
    expect(contextIn({}, { database: managedWith({ kmsKeyId: null }) }).rdsKey).toEqual({ arn: why, key: why });
    expect(contextIn({}, { database: aDatabase({ masterUserSecret: null }) }).rdsKey).toEqual({ arn: why, key: why });
  });
});

describe("the key that Secrets Manager reports", () => {
  const awsKey = aKey({ manager: "AWS" });

  test("is found by any form of reference", () => {
    const keys = [
      { reference: keyArn, key: aKey() },
      { reference: aliasArn, key: aKey({ arn: otherKeyArn }) },
    ];
    expect(contextIn({ secrets: [aSecret({ kmsKeyId: keyId })] }).secretKey.arn).toEqual({ seen: true, value: keyArn });
    expect(contextIn({ keys, secrets: [aSecret({ kmsKeyId: "alias/orders" })] }).secretKey).toEqual({
      arn: { seen: true, value: otherKeyArn },
      key: { seen: true, value: aKey({ arn: otherKeyArn }) },
    });
  });

  test("that is omitted is the key that RDS reports, if that is AWS managed", () => {
    const keys = [{ reference: keyArn, key: awsKey }];
    const { rdsKey, secretKey } = contextIn({ keys, secrets: [aSecret({ kmsKeyId: null })] });
    expect(secretKey).toEqual(rdsKey);
    expect(secretKey.key).toEqual({ seen: true, value: awsKey });
  });

  test("that is omitted is the default key if RDS reports a customer managed key", () => {
    const defaultKey = aKey({ arn: otherKeyArn, manager: "AWS" });
    const keys = [
      { reference: keyArn, key: aKey() },
      { reference: defaultAliasArn, key: defaultKey },
    ];
    expect(contextIn({ keys, secrets: [aSecret({ kmsKeyId: null })] }).secretKey).toEqual({
      arn: { seen: true, value: otherKeyArn },
      key: { seen: true, value: defaultKey },
    });
  });

  test("that is omitted is not seen if the default key could not be read", () => {
    const gaps = [aGap({ action: "kms:DescribeKey", resource: defaultAliasArn })];
    const why = { seen: false, why: "kms:DescribeKey failed with AccessDeniedException" };
    expect(contextIn({ gaps, secrets: [aSecret({ kmsKeyId: null })] }).secretKey).toEqual({ arn: why, key: why });
  });

  test("that is omitted is not seen if the key that RDS reports could not be read", () => {
    expect(contextIn({ keys: [], secrets: [aSecret({ kmsKeyId: null })] }).secretKey.key.seen).toBe(false);
    expect(contextIn({ keys: [], secrets: [aSecret({ kmsKeyId: null })] }).secretKey.arn.seen).toBe(false);
  });

  test("that is omitted is not the key that RDS reports if that does not exist", () => {
    const keys = [{ reference: keyArn, key: null }];
    expect(contextIn({ keys, secrets: [aSecret({ kmsKeyId: null })] }).secretKey.arn.seen).toBe(false);
  });

  test("is not seen if the secret is not seen", () => {
    const { secret, secretKey } = contextIn({ secrets: null });
    expect(secretKey).toEqual({ arn: secret, key: secret });
  });

  test("of a secret that does not exist is not seen", () => {
    const why = { seen: false, why: "the secret does not exist" };
    expect(contextIn({ secrets: [] }).secretKey).toEqual({ arn: why, key: why });
  });
});

describe("the key of the storage", () => {
  const storageKeyIn = (storageKmsKeyId: string | null) =>
    contextIn({}, { database: aDatabase({ storageKmsKeyId }) }).storageKey;

  test.each([
    ["an ARN", keyArn],
    ["a key id", keyId],
  ])("is an ARN, reported as %s, without a call to KMS", (_, reference) => {
    expect(storageKeyIn(reference)).toEqual(seen(keyArn));
  });

  test("is none for storage that is not encrypted with a key of the account", () => {
    expect(storageKeyIn(null)).toEqual(seen(null));
  });

  test("is not seen if RDS leaves it out", () => {
    expect(storageKeyIn("unknown")).toEqual({ seen: false, why: "RDS reports no key for the storage" });
  });

  test("has to differ only where the policy says so", () => {
    const keys = [{ match: { engine: ["mysql"] }, require: [], differentFromStorage: true }];
    const differs = (engine: string) =>
      contextIn({}, { database: aDatabase({ engine }), policy: aPolicy({ keys }) }).differentFromStorage;
    expect([differs("mysql"), differs("postgres")]).toEqual([true, false]);
  });
});

describe("the keys that the policy requires", () => {
  const keys: Policy["keys"] = [
    { match: { identifier: ["ledger"] }, require: ["aws-managed"] },
    { match: { engine: ["postgres"] }, require: [keyId, "alias/orders"] },
    { match: {}, require: ["customer-managed"] },
  ];

  test("are those of the first entry that matches", () => {
    expect(requiredKeysOf(aDatabase(), aPolicy({ keys }))).toEqual([keyId, "alias/orders"]);
    expect(requiredKeysOf(aDatabase({ engine: "mysql" }), aPolicy({ keys }))).toEqual(["customer-managed"]);
  });

  test("are none if no entry matches", () => {
    expect(requiredKeysOf(aDatabase({ engine: "mysql" }), aPolicy({ keys: keys.slice(0, 2) }))).toEqual([]);
    expect(contextIn({}).requiredKeys).toEqual([]);
  });

  test("are canonicalized, and an unresolved alias is not seen", () => {
    expect(contextIn({}, { policy: aPolicy({ keys }) }).requiredKeys).toEqual([
      { requirement: keyId, ...aSeenKey() },
      { requirement: "alias/orders", ...anUnseenKey(null, "kms:DescribeKey was not read") },
    ]);
  });

  test("are resolved by KMS if they are aliases", () => {
    const found = [{ reference: aliasArn, key: aKey({ arn: otherKeyArn }) }];
    expect(contextIn({ keys: found }, { policy: aPolicy({ keys }) }).requiredKeys[1]).toEqual({
      requirement: "alias/orders",
      ...aSeenKey({ arn: otherKeyArn }),
    });
  });

  test.each(["customer-managed", "aws-managed"])("have no ARN if they name a key manager: %s", (requirement) => {
    expect(contextIn({}, { policy: aPolicy({ keys: [{ match: {}, require: [requirement] }] }) }).requiredKeys).toEqual([
      { requirement, arn: { seen: true, value: null }, key: { seen: true, value: null } },
    ]);
  });

  test("have their ARN without DescribeKey and may not exist", () => {
    const required = (key: Key | null | undefined) =>
      contextIn(
        { keys: key === undefined ? [] : [{ reference: keyArn, key }] },
        { policy: aPolicy({ keys: [{ match: {}, require: [keyArn] }] }) },
      ).requiredKeys;
    expect(required(undefined)).toEqual([
      { requirement: keyArn, ...anUnseenKey(keyArn, "kms:DescribeKey was not read") },
    ]);
    expect(required(null)).toEqual([
      { requirement: keyArn, arn: { seen: true, value: keyArn }, key: { seen: true, value: null } },
    ]);
  });
});

describe("the cluster of a member", () => {
  const member = aDatabase({ management: "inherited", clusterIdentifier: "ledger" });
  const seen = { seen: true, value: true };

  test("that is in the inventory is seen", () => {
    expect(contextIn({ databases: [aPlainCluster()] }, { database: member }).cluster).toEqual(seen);
  });

  test("is not an instance of the same name", () => {
    const databases = [aPlainCluster({ kind: "instance" })];
    expect(contextIn({ databases }, { database: member }).cluster).toEqual({
      seen: false,
      why: "rds:DescribeDBClusters did not return it",
    });
  });

  test("that could not be listed says why", () => {
    const gaps = [aGap({ action: "rds:DescribeDBClusters", code: "AccessDenied" })];
    expect(contextIn({ gaps }, { database: member }).cluster).toEqual({
      seen: false,
      why: "rds:DescribeDBClusters failed with AccessDenied",
    });
  });

  test("counts as seen without a cluster", () => {
    const gaps = [aGap({ action: "rds:DescribeDBClusters" })];
    expect(contextIn({ gaps }).cluster).toEqual(seen);
    expect(
      contextIn({ gaps }, { database: aDatabase({ kind: "cluster", clusterIdentifier: "ledger" }) }).cluster,
    ).toEqual(seen);
  });
});

describe("the tenant databases of a container", () => {
  const container = aDatabase({ management: "unsupported", multiTenant: true });
  const databases = [aDatabase({ kind: "tenant-database", containerArn: container.arn })];
  const gaps = [aGap({ action: "rds:DescribeTenantDatabases", code: "Throttling" })];

  test("that were read are seen", () => {
    expect(contextIn({ databases }, { database: container }).tenantDatabases).toEqual({ seen: true, value: true });
  });

  test("are not seen if the list has none, because a container always has some", () => {
    const ofAnother = [aDatabase({ kind: "tenant-database", containerArn: "arn:another" })];
    for (const databases of [[], ofAnother])
      expect(contextIn({ databases }, { database: container }).tenantDatabases).toEqual({
        seen: false,
        why: "rds:DescribeTenantDatabases did not return any",
      });
  });

  test("that could not be read have a reason, whatever was read before", () => {
    expect(contextIn({ databases, gaps }, { database: container }).tenantDatabases).toEqual({
      seen: false,
      why: "rds:DescribeTenantDatabases failed with Throttling",
    });
  });

  test("count as seen without a container", () => {
    expect(contextIn({ gaps }).tenantDatabases).toEqual({ seen: true, value: true });
  });
});

describe("the classification context", () => {
  const blueGreen = (status: string, source: string, target: string | null = null) => ({ status, source, target });

  test("is unknown for lists that were not read", () => {
    expect(classificationContextOf(aTarget(), aPolicy())).toEqual({
      globalClusterMembers: { arns: new Set(), gap: "rds:DescribeGlobalClusters was not read", doubts: new Map() },
      blueGreenDatabases: {
        arns: new Set(),
        gap: "rds:DescribeBlueGreenDeployments was not read",
        doubts: new Map(),
      },
      sources: { names: new Set([databaseArn, "orders"]), gap: null },
      support: { oracleCdb: "supported", iamDbAuth: [] },
    });
  });

  test("contains both databases of each active deployment", () => {
    const target = aTarget({
      globalClusterMembers: ["arn:a"],
      blueGreenDeployments: [
        blueGreen("AVAILABLE", databaseArn, "arn:green"),
        blueGreen("PROVISIONING", "arn:blue"),
        blueGreen("SWITCHOVER_COMPLETED", "arn:old", "arn:new"),
      ],
    });
    expect(classificationContextOf(target, aPolicy())).toMatchObject({
      globalClusterMembers: { arns: new Set(["arn:a"]), gap: null },
      blueGreenDatabases: { arns: new Set([databaseArn, "arn:green", "arn:blue"]), gap: null },
    });
  });

  test("says why the source of a read replica may be missing", () => {
    const target = aTarget({ gaps: [aGap({ action: "rds:DescribeDBInstances", code: "Throttling" })] });
    expect(classificationContextOf(target, aPolicy()).sources.gap).toBe(
      "rds:DescribeDBInstances failed with Throttling",
    );
  });

  test("doubts both databases of a deployment in a state that AWS does not document", () => {
    const target = aTarget({ blueGreenDeployments: [blueGreen("PAUSED", databaseArn, "arn:green")] });
    const doubt = "rds:DescribeBlueGreenDeployments reports the unknown status PAUSED";
    expect(classificationContextOf(target, aPolicy()).blueGreenDatabases).toEqual({
      arns: new Set(),
      gap: null,
      doubts: new Map([
        [databaseArn, doubt],
        ["arn:green", doubt],
      ]),
    });
  });

  test("keeps the entries of an incomplete list, with its gap", () => {
    const target = aTarget({
      globalClusterMembers: ["arn:a"],
      blueGreenDeployments: [],
      gaps: [aGap({ action: "rds:DescribeGlobalClusters", code: "Throttling" })],
    });
    expect(classificationContextOf(target, aPolicy())).toMatchObject({
      globalClusterMembers: { arns: new Set(["arn:a"]), gap: "rds:DescribeGlobalClusters failed with Throttling" },
      blueGreenDatabases: { arns: new Set(), gap: null },
    });
  });

  test("has the policy's support settings", () => {
    expect(
      classificationContextOf(aTarget(), aPolicy({ support: { oracleCdb: "unsupported", iamDbAuth: [] } })).support,
    ).toEqual({
      oracleCdb: "unsupported",
      iamDbAuth: [],
    });
  });
});

test("the rule context has the time and the policy's thresholds", () => {
  const thresholds = { ...aPolicy().thresholds, rotationGraceHours: 1 };
  expect(contextIn({}, { policy: aPolicy({ thresholds }) })).toMatchObject({ now, thresholds });
});

test("a gap is described by its action and code", () => {
  expect(describeGap(aGap())).toBe("secretsmanager:ListSecrets failed with AccessDeniedException");
});
