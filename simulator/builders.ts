import type {
  Bucket,
  ConfigRule,
  DBCluster,
  DBInstance,
  GlobalCluster,
  SimulatedBlueGreenDeployment,
  SimulatedDatabase,
  SimulatedEvent,
  SimulatedKey,
  SimulatedProxy,
  SimulatedSecret,
  Tag,
  TenantDatabase,
  Topic,
} from "./resources.ts";

/** How a built database's password is managed. Other fields override the secret's; `undefined` removes one. */
export type Managed = boolean | { kmsKeyId?: string; status?: string; [secretField: string]: unknown };

type Tags = Readonly<Record<string, string>> | readonly Tag[];
type Overrides = Record<string, unknown>;
export type FinishingOptions = {
  managed?: Managed | undefined;
  tags?: Tags;
  overrides?: Overrides;
  [field: string]: unknown;
};

/** Options of a built database. Other fields are AWS's, in PascalCase. */
type DatabaseOptions = {
  identifier: string;
  engine?: string;
  managed?: Managed | undefined;
  tags?: Tags;
  overrides?: Overrides;
  [field: string]: unknown;
};

/** Adds resources to a Region as if they were created long ago. */
export type FleetBuilders = {
  addInstance: (options: DatabaseOptions) => DBInstance;
  /** `members` is the number of instances, or their identifiers. The first is the writer. */
  addCluster: (options: DatabaseOptions & { members?: number | readonly string[] }) => DBCluster;
  addTenantDatabase: (options: {
    instance: string | DBInstance;
    name: string;
    managed?: Managed;
    tags?: Tags;
    [field: string]: unknown;
  }) => TenantDatabase;
  addKey: (options?: {
    alias?: string;
    state?: string;
    manager?: "AWS" | "CUSTOMER";
    /** JSON text. Default: the account's IAM policies decide. */
    policy?: string;
    overrides?: Overrides;
  }) => SimulatedKey;
  /** `isNamedByMembers: false` leaves `GlobalClusterIdentifier` of the clusters empty: whether AWS always fills it is not documented. */
  addGlobalCluster: (options: {
    identifier: string;
    writer?: DBCluster;
    readers?: readonly DBCluster[];
    isNamedByMembers?: boolean;
    overrides?: Overrides;
  }) => GlobalCluster;
  addBlueGreenDeployment: (options: {
    source: SimulatedDatabase | string;
    target?: SimulatedDatabase | string;
    status?: string;
    name?: string;
    overrides?: Overrides;
  }) => SimulatedBlueGreenDeployment;
  /** Adds an event of RDS about a DB instance or DB cluster. */
  addEvent: (options: { database: DBInstance | DBCluster; message: string; at: Date }) => SimulatedEvent;
  /** Adds an RDS Proxy that uses these secrets. */
  addProxy: (options: { name: string; secretArns: readonly string[]; overrides?: Overrides }) => SimulatedProxy;
  /** Adds a secret without a database. Fields override the defaults. */
  addSecret: (options: { name: string } & Overrides) => SimulatedSecret;
  /** Changes a secret directly, with the lag of `ListSecrets`. */
  editSecret: (arn: string, change: Partial<SimulatedSecret> | undefined) => void;
};

/** Adds the destinations that the service writes to. */
export type DestinationBuilders = {
  addBucket: (name: string) => Bucket;
  addTopic: (name: string) => Topic;
  enableSecurityHub: () => void;
  /** The rule's result token is valid for any number of calls. */
  addConfigRule: (name: string) => ConfigRule;
};
