import * as z from "zod/mini";
import { parseArn, toResourceName } from "./arn.ts";

/** What can own a master user password. Members of a DB cluster are instances too, but the cluster owns their password. */
export const databaseKinds = ["instance", "cluster", "tenant-database"] as const;

/** Replaces a required value that AWS left out. A database with it is never judged clean. */
export const unknown = "unknown";

/** The tag that a repair adds to a database before it turns management off: when it started, and the target key. */
export const toggleTagKey = "rds-password-audit:toggle";

/** Tags that exempt a database, if the policy allows exemption tags. */
export const exemptionTags = {
  owner: "rds-password-audit:exempt-owner",
  reason: "rds-password-audit:exempt-reason",
  until: "rds-password-audit:exempt-until",
} as const;

const nullableText = z.nullable(z.string());

/** What identifies a database in requests, plans and reports. */
export const databaseIdentitySchema = z.object({
  arn: z.string(),
  kind: z.enum(databaseKinds),
  /** `instance/TENANT` for a tenant database. */
  identifier: z.string(),
  /** `DbiResourceId`, `DbClusterResourceId` or `TenantDatabaseResourceId`: survives renaming, and is the resource ID in AWS Config. */
  resourceId: z.string(),
  account: z.string(),
  region: z.string(),
});

/** One DB instance, DB cluster or Oracle tenant database, as the RDS API reports it. */
export const databaseSchema = z.object({
  ...databaseIdentitySchema.shape,
  engine: z.string(),
  engineVersion: nullableText,
  status: z.string(),
  createdAt: nullableText,
  /** `status` may be a value that AWS added later: it is judged as unknown, not dropped. */
  masterUserSecret: z.nullable(z.object({ secretArn: nullableText, status: nullableText, kmsKeyId: nullableText })),
  tags: z.record(z.string(), z.string()),
  /** Names of the settings in `PendingModifiedValues`: changes in progress, or waiting for the maintenance window. */
  pendingChanges: z.array(z.string()),
  /** Identifiers or ARNs of the databases that replicate this one. */
  replicas: z.array(z.string()),
  /** `PreferredMaintenanceWindow`, in UTC; that of the container for a tenant database. */
  maintenanceWindow: nullableText,
  /** DB instance: identifier of its DB cluster. */
  clusterIdentifier: nullableText,
  /** Identifier or ARN of the database that this instance or cluster replicates. */
  replicationSource: nullableText,
  /** Oracle: the instance is a container, and its tenant databases own the passwords. */
  multiTenant: z.boolean(),
  /** Tenant database: ARN of the DB instance that contains it. */
  containerArn: nullableText,
  engineMode: nullableText,
  scalabilityType: nullableText,
  globalClusterIdentifier: nullableText,
  /** The cluster has global write forwarding, which only members of a global database have. */
  globalWriteForwarding: z.boolean(),
  rdsCustom: z.boolean(),
  /** Aurora PostgreSQL express configuration: an internet access gateway, or no VPC networking. */
  expressConfiguration: z.boolean(),
  /** `IAMDatabaseAuthenticationEnabled`: users may log in with IAM. It does not say whether the master user has to. */
  iamAuthentication: z.boolean(),
  /** KMS key of the storage, of the container for a tenant database; null if no KMS key of the account encrypts it. */
  storageKmsKeyId: nullableText,
});

export type Database = z.infer<typeof databaseSchema>;

/** Who is responsible for a database's master password. */
export const managements = ["managed", "unmanaged", "inherited", "unsupported", "out-of-scope"] as const;
export type Management = (typeof managements)[number];

/** A database and the classification of its management. */
export type ClassifiedDatabase = Database & {
  readonly management: Management;
  /** A code of the table in `lib/audit/classify.ts`, and its explanation. */
  readonly reason: string | null;
  readonly explanation: string | null;
  /** Why `unmanaged` is uncertain: what could not be read to rule out that AWS cannot manage it. */
  readonly doubt: string | null;
};

const resourceTypes = {
  instance: "AWS::RDS::DBInstance",
  cluster: "AWS::RDS::DBCluster",
  "tenant-database": "AWS::RDS::TenantDatabase",
} as const;

/** The CloudFormation type name of a database. Neither AWS Config nor CloudFormation has tenant databases. */
export function resourceType(database: Pick<Database, "kind">): string {
  return resourceTypes[database.kind];
}

/** AWS's name of each kind, for sentences. */
export const kindNames = {
  instance: "DB instance",
  cluster: "DB cluster",
  "tenant-database": "tenant database",
} as const;

/** As in "DB instance orders". */
export function describeDatabase(database: Pick<Database, "kind" | "identifier">): string {
  return `${kindNames[database.kind]} ${database.identifier}`;
}

/** True if the master user of such a database can be one that logs in with IAM and has no password (`iam-db-auth`). */
export function hasIamMasterUsers({ engine }: Pick<Database, "engine">): boolean {
  return engine === "postgres" || engine === "aurora-postgresql";
}

/** True if a database does not run and RDS will not start it by itself soon. */
export function isStopped({ status }: Pick<Database, "status">): boolean {
  return status === "stopped" || status === "stopping";
}

/** True if nothing is changing the master password. */
export function isSettled({ status, masterUserSecret, pendingChanges }: Database): boolean {
  const isBusy = isUnderWay(masterUserSecret?.status ?? "active");
  return status === "available" && !isBusy && !pendingChanges.includes("MasterUserPassword");
}

/** True if RDS is about to store a password in a secret of this status. */
export function isUnderWay(status: string | null): boolean {
  return status === "creating" || status === "rotating";
}

/** The resource ID in the name of an execution: letters, digits, underscores and hyphens. */
export function inExecutionName({ resourceId }: Pick<Database, "resourceId">): string {
  return resourceId.replaceAll(/[^\w-]/g, "-").slice(0, 44);
}

/** One database, by what RDS can filter for: its identifier, or its resource ID. */
export type DatabaseReference = {
  readonly kind: "instance" | "cluster";
  readonly by: "identifier" | "resourceId";
  readonly value: string;
};

/** Tenant databases, by what RDS can filter for: those of one container, or one by its resource ID. */
export type TenantReference = { readonly by: "container" | "resourceId"; readonly value: string };

/**
 * True if both are one database: they have the same resource ID. A database keeps it when it is renamed, and another database never gets it.
 * Without a resource ID the answer is no.
 */
export function isSameDatabase(one: Pick<Database, "resourceId">, other: Pick<Database, "resourceId">): boolean {
  return one.resourceId === other.resourceId && one.resourceId !== unknown;
}

/**
 * Refers to a database by its name or its ARN, in any spelling. RDS stores names in lower case, and its filters are case-sensitive.
 * Source: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_Filter.html
 */
export function toIdentifierReference(kind: DatabaseReference["kind"], arnOrName: string): DatabaseReference {
  return { kind, by: "identifier", value: toResourceName(arnOrName).toLowerCase() };
}

/** The DB instance or DB cluster that an ARN names; null for any other text. */
export function toReference(arn: string): DatabaseReference | null {
  const { service, resource = "" } = parseArn(arn) ?? {};
  const [type, name] = resource.split(":");
  if (service !== "rds" || name === undefined) return null;
  if (type === "db") return toIdentifierReference("instance", name);
  return type === "cluster" ? toIdentifierReference("cluster", name) : null;
}

/** Finds databases by reference, without case. */
export function createFinder(databases: readonly Database[]): (reference: DatabaseReference) => Database | undefined {
  const toName = (kind: string, by: string, value: string) => `${kind} ${by} ${value.toLowerCase()}`;
  const byName = new Map(
    databases.flatMap((database) => [
      [toName(database.kind, "identifier", database.identifier), database],
      [toName(database.kind, "resourceId", database.resourceId), database],
    ]),
  );
  return ({ kind, by, value }) => byName.get(toName(kind, by, value));
}
