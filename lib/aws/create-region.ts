import {
  DescribeKeyCommand,
  DryRunOperationException,
  GenerateDataKeyCommand,
  GetKeyPolicyCommand,
  type KMSClient,
  NotFoundException,
  paginateListGrants,
} from "@aws-sdk/client-kms";
import {
  paginateDescribeBlueGreenDeployments,
  paginateDescribeDBClusters,
  paginateDescribeDBInstances,
  paginateDescribeDBProxies,
  paginateDescribeDBProxyTargets,
  paginateDescribeEvents,
  paginateDescribeGlobalClusters,
  paginateDescribeTenantDatabases,
  type RDSClient,
} from "@aws-sdk/client-rds";
import {
  DescribeSecretCommand,
  GetResourcePolicyCommand,
  paginateListSecrets,
  ResourceNotFoundException,
  type SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import type { DatabaseReference, TenantReference } from "../model/database.ts";
import { pages, required, toCallError } from "./call.ts";
import {
  type RegionScope,
  toBlueGreenDeployments,
  toCluster,
  toEvent,
  toGlobalClusterMembers,
  toInstance,
  toProxy,
  toProxyTargets,
  toTenantDatabase,
} from "./to-database.ts";
import { toGrant, toKey, toSecret } from "./to-secret.ts";

/** The maximum of Secrets Manager and KMS. The default of RDS is its maximum, also 100. */
const pageSize = 100;

const filterNames = {
  instance: { identifier: "db-instance-id", resourceId: "dbi-resource-id" },
  cluster: { identifier: "db-cluster-id", resourceId: "db-cluster-resource-id" },
} as const;

const sourceTypes = { instance: "db-instance", cluster: "db-cluster" } as const;

/** KMS errors that mean the key cannot be used. Others, such as expired credentials, say nothing about the key. */
const refusals = [
  "AccessDeniedException",
  "DisabledException",
  "InvalidKeyUsageException",
  "KMSInvalidStateException",
  "NotFoundException",
];

/** With a filter, the answer for a database that does not exist is an empty page; with an identifier it would be an error. */
function toFilters(only: DatabaseReference | undefined) {
  return only === undefined ? {} : { Filters: [{ Name: filterNames[only.kind][only.by], Values: [only.value] }] };
}

function toTenantFilter({ by, value }: TenantReference) {
  return by === "container"
    ? { DBInstanceIdentifier: value }
    : { Filters: [{ Name: "tenant-database-resource-id", Values: [value] }] };
}

/** The clients of one Region of one account. */
export type RegionClients = {
  readonly rds: RDSClient;
  readonly secrets: SecretsManagerClient;
  readonly kms: KMSClient;
};

/** Reads one Region: each method is one API operation, translated. A failed call throws an AwsCallError. */
export function createRegion(scope: RegionScope, { rds, secrets, kms }: RegionClients) {
  let calls = 0;
  const count = <Next extends (args: never) => unknown>(next: Next): Next =>
    ((args) => {
      calls += 1;
      return next(args);
    }) as Next;
  rds.middlewareStack.add(count);
  secrets.middlewareStack.add(count);
  kms.middlewareStack.add(count);
  const page = { client: rds };

  return {
    ...scope,
    calls: () => calls,
    describeDBInstances: (only?: DatabaseReference) =>
      pages("rds:DescribeDBInstances", paginateDescribeDBInstances(page, toFilters(only)), ({ DBInstances }) =>
        DBInstances?.map((instance) => toInstance(instance, scope)),
      ),
    describeDBClusters: (only?: DatabaseReference) =>
      pages("rds:DescribeDBClusters", paginateDescribeDBClusters(page, toFilters(only)), ({ DBClusters }) =>
        DBClusters?.map((cluster) => toCluster(cluster, scope)),
      ),
    describeTenantDatabases: (only?: TenantReference) =>
      pages(
        "rds:DescribeTenantDatabases",
        paginateDescribeTenantDatabases(page, only === undefined ? {} : toTenantFilter(only)),
        ({ TenantDatabases }) => TenantDatabases?.map((tenant) => toTenantDatabase(tenant, scope)),
      ),
    describeGlobalClusters: () =>
      pages("rds:DescribeGlobalClusters", paginateDescribeGlobalClusters(page, {}), ({ GlobalClusters }) =>
        GlobalClusters?.flatMap(toGlobalClusterMembers),
      ),
    describeBlueGreenDeployments: () =>
      pages(
        "rds:DescribeBlueGreenDeployments",
        paginateDescribeBlueGreenDeployments(page, {}),
        ({ BlueGreenDeployments }) => BlueGreenDeployments?.flatMap(toBlueGreenDeployments),
      ),
    describeDBProxies: () =>
      pages("rds:DescribeDBProxies", paginateDescribeDBProxies(page, {}), ({ DBProxies }) => DBProxies?.map(toProxy)),
    describeDBProxyTargets: (DBProxyName: string) =>
      pages("rds:DescribeDBProxyTargets", paginateDescribeDBProxyTargets(page, { DBProxyName }), ({ Targets }) =>
        Targets?.flatMap(toProxyTargets),
      ),
    describeEvents: ({ kind, value }: DatabaseReference, Duration: number) =>
      pages(
        "rds:DescribeEvents",
        paginateDescribeEvents(page, { SourceType: sourceTypes[kind], SourceIdentifier: value, Duration }),
        ({ Events }) => Events?.map(toEvent),
      ),
    listSecrets: () =>
      pages(
        "secretsmanager:ListSecrets",
        paginateListSecrets(
          { client: secrets, pageSize },
          { IncludePlannedDeletion: true, Filters: [{ Key: "owning-service", Values: ["rds"] }] },
        ),
        ({ SecretList }) => SecretList?.map(toSecret),
      ),
    describeSecret: (SecretId: string) =>
      unlessMissing("secretsmanager:DescribeSecret", ResourceNotFoundException, async (action) => {
        const secret = await secrets.send(new DescribeSecretCommand({ SecretId }));
        required(action, secret.ARN);
        return toSecret(secret);
      }),
    getResourcePolicy: (SecretId: string) =>
      unlessMissing("secretsmanager:GetResourcePolicy", ResourceNotFoundException, async (action) => {
        const { ARN, ResourcePolicy = null } = await secrets.send(new GetResourcePolicyCommand({ SecretId }));
        required(action, ARN);
        return ResourcePolicy;
      }),
    describeKey: (KeyId: string) =>
      unlessMissing("kms:DescribeKey", NotFoundException, async (action) => {
        const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId }));
        return toKey(required(action, KeyMetadata));
      }),
    getKeyPolicy: (KeyId: string) =>
      unlessMissing("kms:GetKeyPolicy", NotFoundException, async (action) => {
        const { Policy } = await kms.send(new GetKeyPolicyCommand({ KeyId, PolicyName: "default" }));
        return required(action, Policy);
      }),
    listGrants: (KeyId: string) =>
      pages("kms:ListGrants", paginateListGrants({ client: kms, pageSize }, { KeyId }), ({ Grants }) =>
        Grants?.map(toGrant),
      ),
    /** A dry run creates no data key; a DryRunOperationException means that it would have succeeded. */
    async tryKey(KeyId: string) {
      try {
        await kms.send(new GenerateDataKeyCommand({ KeyId, KeySpec: "AES_256", DryRun: true }));
        return null;
      } catch (error) {
        if (error instanceof DryRunOperationException) return null;
        const failure = toCallError("kms:GenerateDataKey", error);
        if (refusals.includes(failure.code)) return `${failure.code}: ${failure.message}`;
        throw failure;
      }
    },
  };
}

/** Null if AWS answers that what is asked for does not exist. */
async function unlessMissing<T>(
  action: string,
  missing: typeof NotFoundException | typeof ResourceNotFoundException,
  read: (action: string) => Promise<T>,
): Promise<T | null> {
  try {
    return await read(action);
  } catch (error) {
    if (error instanceof missing) return null;
    throw toCallError(action, error);
  }
}
