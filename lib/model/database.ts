import * as z from "zod/mini";

/** What can own a master user password. Members of a DB cluster are instances too: their password is the cluster's. */
export const databaseKinds = ["instance", "cluster", "tenant-database"] as const;

/** Stands for a name that AWS should have given and did not; nothing that carries it is judged clean. */
export const unknown = "unknown";

/** The tag that a repair writes on a database before it turns management off: when it started, and the key that is meant. */
export const toggleTagKey = "rds-password-audit:toggle";

/** The tags on a database that exempt it, where the policy allows tags to do so. */
export const exemptionTags = {
  owner: "rds-password-audit:exempt-owner",
  reason: "rds-password-audit:exempt-reason",
  until: "rds-password-audit:exempt-until",
} as const;

/** RDS's word on the managed secret. `status` is kept as AWS says it: new values are judged unknown, not dropped. */
const masterUserSecretSchema = z.object({
  secretArn: z.nullable(z.string()),
  status: z.nullable(z.string()),
  kmsKeyId: z.nullable(z.string()),
});

/** One DB instance, DB cluster or Oracle tenant database, as the RDS API reports it; nothing is decided here. */
export const databaseSchema = z.object({
  arn: z.string(),
  kind: z.enum(databaseKinds),
  identifier: z.string(),
  /** `DbiResourceId`, `DbClusterResourceId` or `TenantDatabaseResourceId`: survives renaming, and is AWS Config's resource id. */
  resourceId: z.string(),
  account: z.string(),
  region: z.string(),
  engine: z.string(),
  engineVersion: z.nullable(z.string()),
  status: z.string(),
  createdAt: z.nullable(z.string()),
  masterUserSecret: z.nullable(masterUserSecretSchema),
  tags: z.record(z.string(), z.string()),
  /** Names of the settings in `PendingModifiedValues`: changes that are under way, or wait for the maintenance window. */
  pendingChanges: z.array(z.string()),
  /** Identifiers or ARNs of the databases that replicate this one. */
  replicas: z.array(z.string()),
  /** `PreferredMaintenanceWindow`, in UTC; a tenant database has its container's. */
  maintenanceWindow: z.nullable(z.string()),
  /** DB instance: identifier of the DB cluster that it is a member of. */
  clusterIdentifier: z.nullable(z.string()),
  /** Identifier or ARN of the database that this one replicates, for instances and clusters alike. */
  replicationSource: z.nullable(z.string()),
  /** Oracle: the instance is a container whose tenant databases own the passwords. */
  multiTenant: z.boolean(),
  /** Tenant database: ARN of the DB instance that contains it. */
  containerArn: z.nullable(z.string()),
  engineMode: z.nullable(z.string()),
  scalabilityType: z.nullable(z.string()),
  globalClusterIdentifier: z.nullable(z.string()),
  /** The cluster says something about global write forwarding, which only members of a global database do. */
  globalWriteForwarding: z.boolean(),
  rdsCustom: z.boolean(),
  /** Aurora PostgreSQL express configuration: an internet access gateway, or no VPC networking. */
  expressConfiguration: z.boolean(),
});

export type Database = z.infer<typeof databaseSchema>;

/** Whose business a database's master password is. */
export const managements = ["managed", "unmanaged", "inherited", "unsupported", "out-of-scope"] as const;
export type Management = (typeof managements)[number];

/** A database with its management decided. */
export type ClassifiedDatabase = Database & {
  readonly management: Management;
  /** A code of the table in `lib/audit/classify.ts`, and what it says. */
  readonly reason: string | null;
  readonly explanation: string | null;
  /** Why `unmanaged` may be wrong: what would have to be read to rule out that AWS does not support it. */
  readonly doubt: string | null;
};

const resourceTypes = {
  instance: "AWS::RDS::DBInstance",
  cluster: "AWS::RDS::DBCluster",
  "tenant-database": "AWS::RDS::TenantDatabase",
} as const;

/** The CloudFormation type name of a database. AWS Config knows no tenant databases, CloudFormation does not either. */
export function resourceType(database: Pick<Database, "kind">): string {
  return resourceTypes[database.kind];
}

/** What AWS calls each kind, in running text. */
export const kindNames = {
  instance: "DB instance",
  cluster: "DB cluster",
  "tenant-database": "tenant database",
} as const;

/** As a sentence has it: "DB instance orders". */
export function describeDatabase(database: Pick<Database, "kind" | "identifier">): string {
  return `${kindNames[database.kind]} ${database.identifier}`;
}

/** Whether nothing is being done to a database's master password. */
export function isSettled({ status, masterUserSecret, pendingChanges }: Database): boolean {
  const isBusy = isUnderWay(masterUserSecret?.status ?? "active");
  return status === "available" && !isBusy && !pendingChanges.includes("MasterUserPassword");
}

/** Whether RDS is about to put a password into a secret of this status. */
export function isUnderWay(status: string | null): boolean {
  return status === "creating" || status === "rotating";
}

/** A resource id as the names of executions have it: letters, digits and hyphens. */
export function inExecutionName({ resourceId }: Pick<Database, "resourceId">): string {
  return resourceId.replaceAll(/[^\w-]/g, "-").slice(0, 50);
}

/** One database, by what AWS can look up without a list: its name, or the resource id that AWS Config knows it by. */
export type DatabaseReference = {
  readonly kind: "instance" | "cluster";
  readonly by: "identifier" | "resourceId";
  readonly value: string;
};

/** The databases that some references mean. RDS does not tell upper from lower case in identifiers. */
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
