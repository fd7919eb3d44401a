/** A tag in the format of RDS and Secrets Manager. */
export type Tag = { Key: string; Value: string };

/** What RDS reports about a managed password. */
type MasterUserSecret = { SecretArn: string; SecretStatus: string; KmsKeyId?: string };

/** The fields that DB instances, DB clusters, and tenant databases share. Responses include other fields as they are. */
export type DatabaseFields = {
  Engine?: string;
  MasterUsername: string;
  MasterUserSecret?: MasterUserSecret | undefined;
  PendingModifiedValues: Record<string, unknown>;
  TagList: Tag[];
  [field: string]: unknown;
};

/** A DB instance, with AWS's field names. A test can change it; the next response shows the change. */
export type DBInstance = DatabaseFields & {
  DBInstanceIdentifier: string;
  DBInstanceArn: string;
  DbiResourceId: string;
  DBInstanceStatus: string;
  Engine: string;
  DBClusterIdentifier?: string;
  ReadReplicaSourceDBInstanceIdentifier?: string;
  ReadReplicaSourceDBClusterIdentifier?: string;
  ReadReplicaDBInstanceIdentifiers: string[];
  ReadReplicaDBClusterIdentifiers?: string[];
};

/** A DB cluster. Mutable, like a DB instance. */
export type DBCluster = DatabaseFields & {
  DBClusterIdentifier: string;
  DBClusterArn: string;
  DbClusterResourceId: string;
  Status: string;
  Engine: string;
  ReplicationSourceIdentifier?: string;
  ReadReplicaIdentifiers: string[];
  DBClusterMembers: { DBInstanceIdentifier: string; IsClusterWriter: boolean }[];
};

/** A tenant database of an Oracle multi-tenant container. Mutable. */
export type TenantDatabase = DatabaseFields & {
  DBInstanceIdentifier: string;
  TenantDBName: string;
  TenantDatabaseARN: string;
  TenantDatabaseResourceId: string;
  DbiResourceId: string;
  Status: string;
};

/** What can own a master password. */
export type SimulatedDatabase = DBInstance | DBCluster | TenantDatabase;

/** An Aurora global database. It belongs to the account, not to a Region. */
export type GlobalCluster = {
  GlobalClusterIdentifier: string;
  GlobalClusterMembers: { DBClusterArn: string; IsWriter: boolean; Readers: string[] }[];
  [field: string]: unknown;
};

export type SimulatedBlueGreenDeployment = {
  BlueGreenDeploymentIdentifier: string;
  Source: string;
  Target?: string;
  Status: string;
  [field: string]: unknown;
};

/** An event of RDS about a database. */
export type SimulatedEvent = {
  SourceIdentifier: string;
  SourceType: "db-instance" | "db-cluster";
  Message: string;
  EventCategories: string[];
  Date: Date;
  SourceArn: string;
};

/** An RDS Proxy and the secrets it uses. */
export type SimulatedProxy = {
  DBProxyName: string;
  DBProxyArn: string;
  Status: string;
  EngineFamily: string;
  Auth: { AuthScheme: string; SecretArn: string; IAMAuth: string; UserName?: string }[];
  [field: string]: unknown;
};

/** The rotation schedule of a secret. */
export type SimulatedRotationRules = {
  AutomaticallyAfterDays?: number;
  ScheduleExpression?: string;
  Duration?: string;
};

/**
 * A secret without a value. Immutable, so that `ListSecrets` can return an earlier version; use `changeSecret`.
 */
export type SimulatedSecret = {
  readonly ARN: string;
  readonly Name: string;
  readonly Description?: string;
  /** Absent for the default key, as in AWS. */
  readonly KmsKeyId?: string | undefined;
  readonly OwningService?: string | undefined;
  readonly RotationEnabled?: boolean | undefined;
  readonly RotationRules?: SimulatedRotationRules | undefined;
  readonly CreatedDate: Date;
  readonly LastChangedDate: Date;
  readonly LastRotatedDate?: Date | undefined;
  readonly LastAccessedDate?: Date | undefined;
  readonly NextRotationDate?: Date | undefined;
  readonly DeletedDate?: Date | undefined;
  readonly Tags: readonly Tag[];
  readonly PrimaryRegion?: string;
  readonly ReplicationStatus?: readonly { Region: string; KmsKeyId?: string; Status: string }[];
  /** The ARN of the database it was created for, regardless of the tags. */
  readonly owner?: string;
  /** Increases with each rotation; version ids are derived from it. */
  readonly version: number;
  readonly resourcePolicy?: string | undefined;
};

/** The metadata of a KMS key. Mutable. */
export type SimulatedKey = {
  KeyId: string;
  Arn: string;
  KeyState: string;
  KeyManager: "AWS" | "CUSTOMER";
  DeletionDate?: Date | undefined;
  [field: string]: unknown;
};

/** A grant of a KMS key. */
export type SimulatedGrant = {
  readonly KeyId: string;
  readonly GrantId: string;
  readonly Name?: string;
  readonly CreationDate: Date;
  readonly GranteePrincipal: string;
  readonly RetiringPrincipal?: string;
  readonly IssuingAccount: string;
  readonly Operations: readonly string[];
  readonly Constraints?: object;
};

/** A text object in a bucket. */
export type StoredObject = {
  readonly body: string;
  /** In double quotes, as in S3. */
  readonly ETag: string;
  readonly LastModified: Date;
  readonly contentType: string;
  readonly cacheControl?: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
};

export type Bucket = { readonly name: string; readonly objects: Map<string, StoredObject> };

/** A message that was published to a topic. */
type PublishedMessage = {
  readonly MessageId: string;
  readonly Message: string;
  readonly Subject?: string | undefined;
  readonly MessageAttributes: Readonly<Record<string, string>>;
};

/** A standard SNS topic with its messages, oldest first. Nothing is delivered to its subscriptions. */
export type Topic = {
  readonly TopicArn: string;
  readonly messages: PublishedMessage[];
  readonly subscriptions: {
    readonly SubscriptionArn: string;
    readonly Protocol: string;
    readonly Endpoint: string;
    readonly FilterPolicy?: string | undefined;
  }[];
};

/** The last import of a finding, in ASFF. */
export type ImportedFinding = { readonly Id: string; readonly UpdatedAt: string; readonly [field: string]: unknown };

/** What is around the databases of a Region: AWS Config, CloudTrail, Lambda and ECS. Mutable. */
export type Workloads = {
  /** Null if AWS Config has no configuration recorder. Without `resourceTypes` it records everything. */
  recorder: { readonly name: string; readonly recording: boolean; readonly resourceTypes?: readonly string[] } | null;
  trails: { readonly Name: string; readonly isLogging: boolean; readonly hasManagementEvents?: boolean }[];
  /** Events that `LookupEvents` finds, newest first, in its format. */
  trailEvents: { readonly EventName: string; readonly EventTime: Date; readonly [field: string]: unknown }[];
  unreservedConcurrency: number;
  /** False in a Region where Lambda has no durable functions. */
  hasDurableFunctions: boolean;
  proxyTargets: {
    readonly DBProxyName: string;
    readonly RdsResourceId: string;
    readonly TrackedClusterId?: string;
    readonly Type: string;
  }[];
  functions: { readonly FunctionName: string; readonly variables: Readonly<Record<string, string>> }[];
  taskDefinitions: {
    readonly family: string;
    readonly revision: number;
    readonly containerDefinitions: readonly object[];
  }[];
};

/** An AWS Config rule and the result token of its function. */
export type ConfigRule = { readonly ConfigRuleName: string; readonly resultToken: string };

/** The latest evaluation of a resource in AWS Config. */
export type StoredEvaluation = {
  readonly ConfigRuleName: string;
  readonly ComplianceResourceType: string;
  readonly ComplianceResourceId: string;
  readonly ComplianceType: string;
  readonly Annotation?: string | undefined;
  readonly OrderingTimestamp: Date;
  readonly ResultRecordedTime: Date;
};
