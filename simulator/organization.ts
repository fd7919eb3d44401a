import type { Managed } from "./builders.ts";
import { createCloud } from "./cloud.ts";
import { createOrganization, rootId } from "./create-organization.ts";
import { arnPrefix } from "./identifiers.ts";
import { awsManagedKey } from "./keys.ts";
import type { Cloud, Region } from "./state.ts";

/** The sample organization's accounts. */
export const sampleAccounts = {
  production: "111111111111",
  staging: "222222222222",
  dataPlatform: "333333333333",
} as const;

/** The management account of the sample organization. It has no databases. */
export const sampleManagementAccount = "999999999999";

/** What the member roles of the sample organization require as `sts:ExternalId`. */
const externalId = "sample-external-id";

/** The unit of the sandboxes, and the unit above it. */
const units = { "ou-ab12-55555555": "ou-ab12-22222222", "ou-ab12-22222222": rootId, "ou-ab12-11111111": rootId };

/** The Regions that are enabled in each of them. */
export const sampleRegions: readonly string[] = ["ap-southeast-2", "eu-central-1", "eu-west-1", "us-east-1"];

/** The sample policy: customer managed keys in production that do not encrypt the storage too, and exemptions by tag. */
const policyYaml = `# Production requires a customer managed key, and another one than the storage's; new secrets get the first. Elsewhere, any key is allowed.
keys:
  - match: { account: "${sampleAccounts.production}" }
    require: [alias/rds-master-passwords, customer-managed]
    differentFromStorage: true
exemptionTags: true
# RDS does not report that the master user of a database logs in with IAM.
support: { iamDbAuth: [{ identifier: notebooks }] }
`;

type Times = { hoursAgo: (hours: number) => Date; daysAhead: (days: number) => string };

function exemption(owner: string, reason: string, until: string): Record<string, string> {
  return {
    "rds-password-audit:exempt-owner": owner,
    "rds-password-audit:exempt-reason": reason,
    "rds-password-audit:exempt-until": until,
  };
}

const denyRds = JSON.stringify({
  Version: "2012-10-17",
  Statement: [
    {
      Sid: "OnlyApplications",
      Effect: "Deny",
      Principal: { Service: "rds.amazonaws.com" },
      Action: "secretsmanager:*",
      Resource: "*",
    },
  ],
});

const allowPartner = JSON.stringify({
  Version: "2012-10-17",
  Statement: [
    {
      Sid: "Partner",
      Effect: "Allow",
      Principal: { AWS: "arn:aws:iam::444444444444:root" },
      Action: "secretsmanager:GetSecretValue",
      Resource: "*",
    },
  ],
});

/** Adds healthy databases with managed passwords. */
function addHealthy(region: Region, managed: Managed, databases: readonly (readonly [string, string])[]): void {
  for (const [identifier, engine] of databases) {
    if (engine.startsWith("aurora")) region.addCluster({ identifier, engine, managed });
    else region.addInstance({ identifier, engine, managed });
  }
}

/** Adds databases without a managed password: plain, restored, interrupted, exempt, and with an ended exemption. */
function addUnmanaged(region: Region, { hoursAgo, daysAhead }: Times, keyArn: string): void {
  region.addInstance({ identifier: "orders-restored-20261012", tags: { team: "orders" } });
  region.addInstance({ identifier: "returns", engine: "mysql", tags: { team: "orders" } });
  region.addCluster({ identifier: "catalog-copy", engine: "aurora-mysql", members: 1 });
  region.addInstance({
    identifier: "gift-cards",
    tags: { "rds-password-audit:toggle": `${hoursAgo(6).toISOString()} ${keyArn} db-GIFTCARDS-1 Ab1Cd2` },
  });
  const replicaReason = "Has read replicas; its clients move to IAM authentication first";
  region.addInstance({
    identifier: "reviews",
    engine: "mysql",
    tags: exemption("team-reviews@example.com", replicaReason, daysAhead(5)),
  });
  region.addInstance({
    identifier: "hr-portal",
    engine: "sqlserver-se",
    tags: exemption("it-operations@example.com", "The vendor's installer holds the password", daysAhead(-2)),
  });
}

/** A key policy that someone locked to the team that reads the secrets. */
const onlyApplications = (account: string) =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "EnableIAM",
        Effect: "Allow",
        Principal: { AWS: `arn:aws:iam::${account}:root` },
        Action: "kms:*",
        Resource: "*",
      },
      {
        Sid: "OnlyApplications",
        Effect: "Deny",
        Principal: "*",
        Action: ["kms:Decrypt", "kms:GenerateDataKey*"],
        Resource: "*",
        Condition: { ArnNotLike: { "aws:PrincipalArn": `arn:aws:iam::${account}:role/shipping-*` } },
      },
    ],
  });

/** Adds a secret that RDS cannot rotate, because the policy of its key keeps RDS out. */
function addLockedKey(region: Region, { hoursAgo }: Times): void {
  const locked = region.addKey({ alias: "alias/shipping", policy: onlyApplications(region.account.id) });
  region.addInstance({
    identifier: "shipping",
    managed: { kmsKeyId: locked.Arn, status: "impaired", NextRotationDate: hoursAgo(16) },
  });
}

/** Adds secrets that RDS cannot rotate: three with a visible cause, one without. */
function addImpaired(region: Region, { hoursAgo }: Times, keyArn: string): void {
  const overdue = { NextRotationDate: hoursAgo(16), LastRotatedDate: hoursAgo(7 * 24 + 16) };
  const disabled = region.addKey({ alias: "alias/invoicing", state: "Disabled" });
  const impaired = { kmsKeyId: keyArn, status: "impaired", ...overdue };
  region.addInstance({ identifier: "invoices", managed: { ...impaired, kmsKeyId: disabled.Arn } });
  region.addInstance({ identifier: "tickets", engine: "mysql", managed: { ...impaired, DeletedDate: hoursAgo(50) } });
  region.addCluster({ identifier: "subscriptions", managed: { ...impaired, resourcePolicy: denyRds } });
  region.addInstance({
    identifier: "ledger",
    engine: "oracle-se2",
    managed: { kmsKeyId: keyArn, status: "impaired" },
  });
}

/** Adds secrets whose creation or rotation does not finish. */
function addStuck(region: Region, { hoursAgo }: Times, keyArn: string): void {
  region.addInstance({
    identifier: "refunds",
    managed: { kmsKeyId: keyArn, status: "rotating", LastChangedDate: hoursAgo(9), NextRotationDate: hoursAgo(9) },
  });
  region.addInstance({
    identifier: "onboarding",
    InstanceCreateTime: hoursAgo(25),
    managed: {
      kmsKeyId: keyArn,
      status: "creating",
      CreatedDate: hoursAgo(25),
      LastChangedDate: hoursAgo(25),
      LastRotatedDate: undefined,
    },
  });
}

/** Adds databases that report a secret of another owner: they look managed, but are not. */
function addForeignSecrets(region: Region, keyArn: string): void {
  const source = region.instances.get("customers")?.MasterUserSecret;
  region.addInstance({ identifier: "customers-restored", engine: "mysql", MasterUserSecret: { ...source } });
  const gone = `${arnPrefix(region, "secretsmanager")}secret:rds!db-5d1e0c7a-8a3b-4c1f-9d53-0e7f3b1c2a64-Qw7ZxK`;
  region.addInstance({
    identifier: "loyalty",
    MasterUserSecret: { SecretArn: gone, SecretStatus: "active", KmsKeyId: keyArn },
  });
  const own = region.addSecret({ name: "prod/vouchers/master", KmsKeyId: keyArn });
  region.addInstance({
    identifier: "vouchers",
    MasterUserSecret: { SecretArn: own.ARN, SecretStatus: "active", KmsKeyId: keyArn },
  });
}

/** Adds secrets with the wrong key, with the storage's key, or with one that is scheduled for deletion. */
function addKeyViolations(region: Region, keyArn: string): void {
  region.addInstance({ identifier: "profiles", managed: true });
  region.addCluster({ identifier: "wishlists", engine: "aurora-mysql", managed: true });
  region.addInstance({ identifier: "loans", KmsKeyId: keyArn, managed: { kmsKeyId: keyArn } });
  const pendingDeletion = region.addKey({ alias: "alias/payments-2021", state: "PendingDeletion" });
  region.addInstance({ identifier: "payments-archive", engine: "mariadb", managed: { kmsKeyId: pendingDeletion.Arn } });
  const other = region.addKey({ alias: "alias/exports" });
  const exports = region.addInstance({ identifier: "exports", managed: { kmsKeyId: keyArn } });
  // The key was changed in Secrets Manager; RDS still reports the former one.
  region.editSecret(exports.MasterUserSecret?.SecretArn ?? "", { KmsKeyId: other.Arn });
}

/** Adds secrets that are not rotated on schedule, one whose database is stopped, and one whose database has just started. */
function addRotationViolations(region: Region, { hoursAgo }: Times, kmsKeyId: string): void {
  region.addInstance({
    identifier: "marketing",
    engine: "mysql",
    managed: { kmsKeyId, RotationEnabled: false, NextRotationDate: undefined },
  });
  const overdue = { NextRotationDate: hoursAgo(3 * 24), LastRotatedDate: hoursAgo(10 * 24) };
  region.addInstance({ identifier: "sessions", managed: { kmsKeyId, ...overdue } });
  // RDS does not rotate the password of a stopped database: this one is compliant.
  region.addInstance({
    identifier: "campaign-2025",
    engine: "mysql",
    DBInstanceStatus: "stopped",
    managed: { kmsKeyId, ...overdue },
  });
  // Neither is this one, until RDS has had time to rotate it.
  const database = region.addInstance({ identifier: "month-end", managed: { kmsKeyId, ...overdue } });
  region.addEvent({ database, message: "DB instance started.", at: hoursAgo(1) });
  region.addInstance({
    identifier: "fraud-models",
    managed: { kmsKeyId, RotationRules: { AutomaticallyAfterDays: 365 } },
  });
  region.addInstance({
    identifier: "tax-reports",
    engine: "oracle-ee",
    managed: { kmsKeyId, RotationRules: { ScheduleExpression: "cron(0 3 1 1,7 ? *)", Duration: "2h" } },
  });
}

/** Adds databases with an inherited or unsupported master password. */
function addNotJudged(region: Region, elsewhere: Region, managed: Managed): void {
  region.addInstance({ identifier: "orders-replica", ReadReplicaSourceDBInstanceIdentifier: "orders" });
  region.addInstance({
    identifier: "reviews-replica",
    engine: "mysql",
    ReadReplicaSourceDBInstanceIdentifier: "reviews",
  });
  region.addInstance({
    identifier: "erp-replica",
    engine: "sqlserver-ee",
    ReadReplicaSourceDBInstanceIdentifier: "erp",
    managed,
  });
  region.addInstance({ identifier: "notebooks", IAMDatabaseAuthenticationEnabled: true });
  region.addInstance({ identifier: "scada", engine: "custom-sqlserver-ee", AutomationMode: "full" });
  region.addCluster({ identifier: "intranet", engine: "aurora-mysql", members: 0, EngineMode: "serverless" });
  region.addCluster({
    identifier: "telemetry",
    members: 0,
    ClusterScalabilityType: "limitless",
    LimitlessDatabase: { Status: "enabled", MinRequiredACU: 16 },
  });
  region.addCluster({
    identifier: "prototype",
    members: 1,
    InternetAccessGatewayEnabled: true,
    VPCNetworkingEnabled: false,
  });
  const writer = region.addCluster({ identifier: "accounts" });
  const reader = elsewhere.addCluster({ identifier: "accounts-us", GlobalWriteForwardingStatus: "disabled" });
  region.addGlobalCluster({ identifier: "accounts-global", writer, readers: [reader] });
  const blue = region.addInstance({ identifier: "checkout", engine: "mysql" });
  const green = region.addInstance({ identifier: "checkout-green-k2x9qa", engine: "mysql", EngineVersion: "8.4.5" });
  region.addBlueGreenDeployment({ source: blue, target: green, name: "checkout-to-8-4" });
  const container = region.addInstance({ identifier: "billing", engine: "oracle-ee-cdb", MultiTenant: true });
  region.addTenantDatabase({ instance: container, name: "BILLING_EU", managed });
  region.addTenantDatabase({ instance: container, name: "BILLING_CH" });
  region.addInstance({ identifier: "treasury", engine: "oracle-se2-cdb", MultiTenant: false, managed });
  region.addCluster({ identifier: "content", engine: "docdb" });
  region.addCluster({ identifier: "relations", engine: "neptune", members: 1 });
}

/** Adds what uses the database orders, and what a deployment needs. */
function addWorkloads({ workloads, name, account, instances }: Region, { hoursAgo }: Times): void {
  const host = `orders.simulated.${name}.rds.amazonaws.com`;
  const secretId = instances.get("orders")?.MasterUserSecret?.SecretArn;
  workloads.recorder = { name: "default", recording: true };
  workloads.trails.push({ Name: "organization", isLogging: true });
  workloads.functions.push({ FunctionName: "checkout", variables: { DB_HOST: host, STAGE: "production" } });
  workloads.taskDefinitions.push({
    family: "order-history",
    revision: 7,
    containerDefinitions: [{ name: "api", environment: [{ name: "PGHOST", value: host }] }],
  });
  const role = `arn:${account.partition}:iam::${account.id}:role/order-history`;
  workloads.trailEvents.push({
    EventName: "GetSecretValue",
    EventTime: hoursAgo(5),
    CloudTrailEvent: JSON.stringify({ userIdentity: { arn: role }, requestParameters: { secretId } }),
  });
}

function fillProduction(cloud: Cloud, times: Times): void {
  const account = sampleAccounts.production;
  const ireland = cloud.region(account, "eu-west-1");
  const frankfurt = cloud.region(account, "eu-central-1");
  const virginia = cloud.region(account, "us-east-1");
  const [kmsKeyId, frankfurtKey, virginiaKey] = [ireland, frankfurt, virginia].map(
    (region) => region.addKey({ alias: "alias/rds-master-passwords" }).Arn,
  ) as [string, string, string];

  addHealthy(ireland, { kmsKeyId }, [
    ["orders", "postgres"],
    ["customers", "mysql"],
    ["inventory", "postgres"],
    ["identity", "aurora-postgresql"],
    ["catalog", "aurora-mysql"],
    ["search", "mariadb"],
    ["erp", "sqlserver-ee"],
    ["mainframe", "db2-se"],
  ]);
  ireland.addCluster({ identifier: "warehouse", engine: "mysql", members: 3, managed: { kmsKeyId } });
  addUnmanaged(ireland, times, kmsKeyId);
  addImpaired(ireland, times, kmsKeyId);
  addStuck(ireland, times, kmsKeyId);
  addForeignSecrets(ireland, kmsKeyId);
  addKeyViolations(ireland, kmsKeyId);
  addRotationViolations(ireland, times, kmsKeyId);
  addNotJudged(ireland, virginia, { kmsKeyId });
  // The database of this secret was deleted.
  ireland.addSecret({
    name: "rds!db-0b5c8a52-6d0e-4d1b-9f3c-7a2e5c1d4b60",
    OwningService: "rds",
    KmsKeyId: kmsKeyId,
    Tags: [{ Key: "aws:rds:primaryDBInstanceArn", Value: `${arnPrefix(ireland, "rds")}db:orders-2023` }],
  });
  addLockedKey(ireland, times);
  // Fails secret-not-shared, which is off unless a policy turns it on.
  ireland.addInstance({ identifier: "partner-feed", managed: { kmsKeyId, resourcePolicy: allowPartner } });
  addWorkloads(ireland, times);
  // `npm run new-rule` inserts a database that fails the new rule above this line.

  addHealthy(frankfurt, { kmsKeyId: frankfurtKey }, [
    ["orders-de", "postgres"],
    ["shop-de", "aurora-postgresql"],
    ["tax-de", "mysql"],
  ]);
  frankfurt.addCluster({
    identifier: "catalog-dr",
    engine: "aurora-mysql",
    members: 1,
    ReplicationSourceIdentifier: `${arnPrefix(ireland, "rds")}cluster:catalog`,
  });
  addHealthy(virginia, { kmsKeyId: virginiaKey }, [
    ["orders-us", "postgres"],
    ["shop-us", "aurora-postgresql"],
  ]);
}

function fillStaging(cloud: Cloud): void {
  addHealthy(cloud.region(sampleAccounts.staging, "eu-west-1"), true, [
    ["orders-staging", "postgres"],
    ["customers-staging", "mysql"],
    ["shop-staging", "aurora-postgresql"],
    ["catalog-staging", "aurora-mysql"],
    ["erp-staging", "sqlserver-se"],
  ]);
  cloud.region(sampleAccounts.staging, "us-east-1").addInstance({ identifier: "loadtest", engine: "mysql" });
}

/** Adds databases whose secrets cannot be listed. */
function fillDataPlatform(cloud: Cloud): void {
  addHealthy(cloud.region(sampleAccounts.dataPlatform, "eu-west-1"), true, [
    ["airflow-metadata", "postgres"],
    ["feature-store", "aurora-postgresql"],
  ]);
  addHealthy(cloud.region(sampleAccounts.dataPlatform, "ap-southeast-2"), true, [["superset-apac", "mysql"]]);
  cloud.fault({ action: "secretsmanager:ListSecrets", account: sampleAccounts.dataPlatform, kind: "deny" });
}

/** Joins the accounts in an organization, with a management account, a closed account, and a sandbox without the member role. */
function joinOrganization(cloud: Cloud): void {
  const { production, staging, dataPlatform } = sampleAccounts;
  const sandbox = "666666666666";
  createOrganization(cloud, {
    managementAccount: sampleManagementAccount,
    members: [
      { id: sampleManagementAccount, name: "management" },
      { id: production, name: "production", parent: "ou-ab12-11111111" },
      { id: staging, name: "staging", parent: "ou-ab12-22222222" },
      { id: dataPlatform, name: "data-platform", parent: "ou-ab12-11111111" },
      { id: "555555555555", name: "website-2019", state: "SUSPENDED", parent: "ou-ab12-11111111" },
      { id: sandbox, name: "sandbox-ann", parent: "ou-ab12-55555555" },
    ],
    units,
  });
  for (const id of [sampleManagementAccount, production, staging, dataPlatform])
    cloud.account(id, { regions: sampleRegions, roles: ["rds-password-audit-member"], externalId });
  cloud.account(sandbox, { regions: sampleRegions, roles: [] });
}

/**
 * Creates three accounts (production, staging, data platform) in four Regions: mostly healthy, with a violation of every rule and every
 * reason not to judge a database. They are members of an organization with three more accounts. Dates are relative to `now`.
 */
export function createSampleOrganization({ now }: { now: Date }): { cloud: Cloud; policyYaml: string } {
  const cloud = createCloud({ now });
  const times: Times = {
    hoursAgo: (hours) => new Date(now.getTime() - hours * 3_600_000),
    daysAhead: (days) => new Date(now.getTime() + days * 86_400_000).toISOString().slice(0, 10),
  };
  for (const id of Object.values(sampleAccounts)) cloud.account(id, { regions: sampleRegions });
  for (const id of Object.values(sampleAccounts))
    for (const name of sampleRegions) awsManagedKey(cloud.region(id, name), "secretsmanager");
  fillProduction(cloud, times);
  fillStaging(cloud);
  fillDataPlatform(cloud);
  joinOrganization(cloud);
  return { cloud, policyYaml };
}
