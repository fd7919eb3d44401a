/** A tag as RDS and Secrets Manager have it. */
export type Tag = { Key: string; Value: string };

/** What RDS says about a managed password. */
type MasterUserSecret = { SecretArn: string; SecretStatus: string; KmsKeyId?: string };

/** What a DB instance, a DB cluster and a tenant database have in common; further fields are rendered as they are. */
export type DatabaseFields = {
  Engine?: string;
  MasterUsername: string;
  MasterUserSecret?: MasterUserSecret | undefined;
  PendingModifiedValues: Record<string, unknown>;
  TagList: Tag[];
  [field: string]: unknown;
};

/** A DB instance, in AWS's own field names; live: what a test changes in it, the next answer says. */
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

/** A DB cluster, in AWS's own field names; live. */
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

/** A tenant database of an Oracle multi-tenant container; live. */
export type TenantDatabase = DatabaseFields & {
  DBInstanceIdentifier: string;
  TenantDBName: string;
  TenantDatabaseARN: string;
  TenantDatabaseResourceId: string;
  DbiResourceId: string;
  Status: string;
};

/** One of the three things that may own a master password. */
export type SimulatedDatabase = DBInstance | DBCluster | TenantDatabase;

/** An Aurora global database; it belongs to the account, not to a Region. */
export type GlobalCluster = {
  GlobalClusterIdentifier: string;
  GlobalClusterMembers: { DBClusterArn: string; IsWriter: boolean; Readers: string[] }[];
  [field: string]: unknown;
};

/** A blue/green deployment. */
export type SimulatedBlueGreenDeployment = {
  BlueGreenDeploymentIdentifier: string;
  Source: string;
  Target?: string;
  Status: string;
  [field: string]: unknown;
};

/** A proxy of RDS, which logs in with secrets of its own choice. */
export type SimulatedProxy = {
  DBProxyName: string;
  DBProxyArn: string;
  Status: string;
  EngineFamily: string;
  Auth: { AuthScheme: string; SecretArn: string; IAMAuth: string; UserName?: string }[];
  [field: string]: unknown;
};

/** A secret's schedule. */
export type SimulatedRotationRules = {
  AutomaticallyAfterDays?: number;
  ScheduleExpression?: string;
  Duration?: string;
};

/**
 * A secret without its value: the simulator has no passwords to tell. Never changed in place, so that `ListSecrets` can show how it was;
 * see `changeSecret`.
 */
export type SimulatedSecret = {
  readonly ARN: string;
  readonly Name: string;
  readonly Description?: string;
  /** Omitted for the default key, as in AWS. */
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
  /** The ARN of the database it was made for; the model's own knowledge, whatever the tags say. */
  readonly owner?: string;
  /** How many times it was rotated: the version ids follow from it. */
  readonly version: number;
  readonly resourcePolicy?: string | undefined;
};

/** A KMS key's metadata; live. */
export type SimulatedKey = {
  KeyId: string;
  Arn: string;
  KeyState: string;
  KeyManager: "AWS" | "CUSTOMER";
  DeletionDate?: Date | undefined;
  [field: string]: unknown;
};

/** An object in a bucket; text only. */
export type StoredObject = {
  readonly body: string;
  /** In double quotes, as S3 has it. */
  readonly ETag: string;
  readonly LastModified: Date;
  readonly contentType: string;
  readonly cacheControl?: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
};

/** A bucket of S3. */
export type Bucket = { readonly name: string; readonly objects: Map<string, StoredObject> };

/** A message that SNS took. */
type PublishedMessage = {
  readonly MessageId: string;
  readonly Message: string;
  readonly Subject?: string | undefined;
  readonly MessageAttributes: Readonly<Record<string, string>>;
};

/** A standard topic of SNS, and what was published to it, oldest first. Nothing is delivered to its subscriptions. */
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

/** A finding as it was imported last, in ASFF. */
export type ImportedFinding = { readonly Id: string; readonly UpdatedAt: string; readonly [field: string]: unknown };

/** A rule of AWS Config, and the token with which its function may answer. */
export type ConfigRule = { readonly ConfigRuleName: string; readonly resultToken: string };

/** What AWS Config was told of a resource last. */
export type StoredEvaluation = {
  readonly ConfigRuleName: string;
  readonly ComplianceResourceType: string;
  readonly ComplianceResourceId: string;
  readonly ComplianceType: string;
  readonly Annotation?: string | undefined;
  readonly OrderingTimestamp: Date;
  readonly ResultRecordedTime: Date;
};
