import type { Clock, Span } from "./clock.ts";
import type { DestinationBuilders } from "./destinations.ts";
import type { Fault, FaultOptions } from "./faults.ts";
import type { FleetBuilders } from "./fleet.ts";

/** A tag as RDS and Secrets Manager have it. */
export type Tag = { Key: string; Value: string };

/** What RDS says about a managed password. */
type MasterUserSecret = { SecretArn: string; SecretStatus: string; KmsKeyId?: string };

/** What a DB instance, a DB cluster and a tenant database have in common; further fields are rendered as they are. */
export type Database = {
  Engine?: string;
  MasterUsername: string;
  MasterUserSecret?: MasterUserSecret | undefined;
  PendingModifiedValues: Record<string, unknown>;
  TagList: Tag[];
  [field: string]: unknown;
};

/** A DB instance, in AWS's own field names; live: what a test changes in it, the next answer says. */
export type DBInstance = Database & {
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
export type DBCluster = Database & {
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
export type TenantDatabase = Database & {
  DBInstanceIdentifier: string;
  TenantDBName: string;
  TenantDatabaseARN: string;
  TenantDatabaseResourceId: string;
  DbiResourceId: string;
  Status: string;
};

/** An Aurora global database; it belongs to the account, not to a Region. */
export type GlobalCluster = {
  GlobalClusterIdentifier: string;
  GlobalClusterMembers: { DBClusterArn: string; IsWriter: boolean; Readers: string[] }[];
  [field: string]: unknown;
};

/** A blue/green deployment. */
export type BlueGreenDeployment = {
  BlueGreenDeploymentIdentifier: string;
  Source: string;
  Target?: string;
  Status: string;
  [field: string]: unknown;
};

/** A proxy of RDS, which logs in with secrets of its own choice. */
export type DBProxy = {
  DBProxyName: string;
  DBProxyArn: string;
  Status: string;
  EngineFamily: string;
  Auth: { AuthScheme: string; SecretArn: string; IAMAuth: string; UserName?: string }[];
  [field: string]: unknown;
};

/** A secret's schedule. */
export type RotationRules = { AutomaticallyAfterDays?: number; ScheduleExpression?: string; Duration?: string };

/**
 * A secret without its value: the simulator has no passwords to tell. Never changed in place, so that `ListSecrets` can show how it was;
 * see `changeSecret`.
 */
export type Secret = {
  readonly ARN: string;
  readonly Name: string;
  readonly Description?: string;
  /** Omitted for the default key, as in AWS. */
  readonly KmsKeyId?: string | undefined;
  readonly OwningService?: string | undefined;
  readonly RotationEnabled?: boolean | undefined;
  readonly RotationRules?: RotationRules | undefined;
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
export type Key = {
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

/**
 * What one Region of one account holds. Maps are keyed by lower-case identifier; secrets and topics by ARN, keys by key id, tenants by
 * instance and name, buckets and rules by name, findings by id, evaluations by rule, resource type and resource id.
 */
export type Region = FleetBuilders &
  DestinationBuilders & {
    readonly name: string;
    readonly account: Account;
    readonly instances: Map<string, DBInstance>;
    readonly clusters: Map<string, DBCluster>;
    readonly tenants: Map<string, TenantDatabase>;
    readonly blueGreenDeployments: Map<string, BlueGreenDeployment>;
    readonly proxies: Map<string, DBProxy>;
    readonly secrets: Map<string, Secret>;
    readonly keys: Map<string, Key>;
    /** Alias name to key id. */
    readonly aliases: Map<string, string>;
    readonly buckets: Map<string, Bucket>;
    readonly topics: Map<string, Topic>;
    readonly securityHub: { isEnabled: boolean; readonly findings: Map<string, ImportedFinding> };
    readonly configRules: Map<string, ConfigRule>;
    readonly evaluations: Map<string, StoredEvaluation>;
    /** Databases, by ARN or identifier, whose rotations fail although nothing seems to be wrong. */
    readonly failingRotations: Set<string>;
    /** What secrets were before they changed, newest last: `ListSecrets` may be five minutes behind. */
    readonly secretHistory: { at: number; arn: string; before: Secret | undefined }[];
    /** How many of a kind were ever made, so that ids are new and yet the same on every run. */
    readonly serials: Map<string, number>;
  };

/** One AWS account. */
export type Account = {
  readonly id: string;
  readonly partition: string;
  readonly cloud: Cloud;
  /** The Regions that are enabled. */
  readonly enabledRegions: Set<string>;
  readonly regions: Map<string, Region>;
  readonly globalClusters: Map<string, GlobalCluster>;
  /** The role names that may be assumed; any if absent. */
  roles?: readonly string[];
};

/** How long AWS takes, in virtual seconds. */
type Timing = {
  /** A new database to become available. */
  createSeconds: number;
  /** Until a change of the master password shows in the status: a client that looks at once still sees `available`. */
  resetStartsSeconds: number;
  /** Until the change is done, counted from the call. */
  resetEndsSeconds: number;
  rotateSeconds: number;
  deleteSeconds: number;
  startSeconds: number;
};

/** One call that was made, including those that were refused; its action is called like the permission that it needs. */
export type Call = { account: string; region: string; action: string };

/** Everything there is: accounts, their Regions, virtual time, and what goes wrong. */
export type Cloud = {
  now: () => Date;
  advance: (span: Span) => void;
  readonly clock: Clock;
  readonly accounts: Map<string, Account>;
  /** Gets an account or makes it. */
  account: (
    id: string,
    options?: { partition?: string; regions?: readonly string[]; roles?: readonly string[] },
  ) => Account;
  /** Gets a Region's state or makes it; the Region is enabled by that. */
  region: (account: string, name: string) => Region;
  /** Makes calls fail until the returned function is called (or `times` calls have failed). */
  fault: (options: FaultOptions) => () => void;
  readonly faults: Fault[];
  /** Every call since the start, in order; empty it to count anew. */
  readonly calls: Call[];
  lag: { listSecretsSeconds: number };
  timing: Timing;
};
