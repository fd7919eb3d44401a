import {
  DescribeKeyCommand,
  DryRunOperationException,
  GenerateDataKeyCommand,
  type KMSClient,
  NotFoundException,
} from "@aws-sdk/client-kms";
import {
  paginateDescribeBlueGreenDeployments,
  paginateDescribeDBClusters,
  paginateDescribeDBInstances,
  paginateDescribeDBProxies,
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
import type { DatabaseReference } from "../model/database.ts";
import { pages, required, toCallError } from "./call.ts";
import {
  type Scope,
  toBlueGreenDeployments,
  toCluster,
  toGlobalClusterMembers,
  toInstance,
  toProxy,
  toTenantDatabase,
} from "./to-database.ts";
import { toKey } from "./to-key.ts";
import { toSecret } from "./to-secret.ts";

/** The largest page that Secrets Manager gives. RDS gives its largest, 100 too, unless it is asked for less. */
const pageSize = 100;

const filterNames = {
  instance: { identifier: "db-instance-id", resourceId: "dbi-resource-id" },
  cluster: { identifier: "db-cluster-id", resourceId: "db-cluster-resource-id" },
} as const;

/** How KMS says no for the key's or its policy's sake. Anything else, such as expired credentials, tells nothing of the key. */
const refusals = [
  "AccessDeniedException",
  "DisabledException",
  "InvalidKeyUsageException",
  "KMSInvalidStateException",
  "NotFoundException",
];

/** A filter, unlike an identifier, makes an empty answer of a database that does not exist, not an error. */
function toFilters(only: DatabaseReference | undefined) {
  return only === undefined ? {} : { Filters: [{ Name: filterNames[only.kind][only.by], Values: [only.value] }] };
}

/** The three services as one Region of one account has them. */
export type RegionClients = {
  readonly rds: RDSClient;
  readonly secrets: SecretsManagerClient;
  readonly kms: KMSClient;
};

/** What the audit reads in one Region, each method one API operation, translated. A call that fails throws an AwsCallError. */
export function createRegion(scope: Scope, { rds, secrets, kms }: RegionClients) {
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
    describeTenantDatabases: (DBInstanceIdentifier?: string) =>
      pages(
        "rds:DescribeTenantDatabases",
        paginateDescribeTenantDatabases(page, DBInstanceIdentifier === undefined ? {} : { DBInstanceIdentifier }),
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
    listSecrets: () =>
      pages(
        "secretsmanager:ListSecrets",
        paginateListSecrets(
          { client: secrets, pageSize },
          { IncludePlannedDeletion: true, Filters: [{ Key: "owning-service", Values: ["rds"] }] },
        ),
        ({ SecretList }) => SecretList?.map(toSecret),
      ),
    async describeSecret(SecretId: string) {
      try {
        const secret = await secrets.send(new DescribeSecretCommand({ SecretId }));
        required("secretsmanager:DescribeSecret", secret.ARN);
        return toSecret(secret);
      } catch (error) {
        if (error instanceof ResourceNotFoundException) return null;
        throw toCallError("secretsmanager:DescribeSecret", error);
      }
    },
    async getResourcePolicy(SecretId: string) {
      try {
        const { ARN, ResourcePolicy = null } = await secrets.send(new GetResourcePolicyCommand({ SecretId }));
        required("secretsmanager:GetResourcePolicy", ARN);
        return ResourcePolicy;
      } catch (error) {
        if (error instanceof ResourceNotFoundException) return null;
        throw toCallError("secretsmanager:GetResourcePolicy", error);
      }
    },
    async describeKey(KeyId: string) {
      const action = "kms:DescribeKey";
      try {
        const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId }));
        return toKey(required(action, KeyMetadata));
      } catch (error) {
        if (error instanceof NotFoundException) return null;
        throw toCallError(action, error);
      }
    },
    /** A dry run makes no data key; that it would have is answered as an error. */
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
