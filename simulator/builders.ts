import type {
  Bucket,
  ConfigRule,
  DBCluster,
  DBInstance,
  GlobalCluster,
  SimulatedBlueGreenDeployment,
  SimulatedDatabase,
  SimulatedKey,
  SimulatedProxy,
  SimulatedSecret,
  Tag,
  TenantDatabase,
  Topic,
} from "./resources.ts";

/** How a built database's password is managed; further fields override the secret's, `undefined` takes one away. */
export type Managed = boolean | { kmsKeyId?: string; status?: string; [secretField: string]: unknown };

type Tags = Readonly<Record<string, string>> | readonly Tag[];
type Overrides = Record<string, unknown>;
export type FinishingOptions = {
  managed?: Managed | undefined;
  tags?: Tags;
  overrides?: Overrides;
  [field: string]: unknown;
};

/** What a built database is; any other field is AWS's own, in AWS's own PascalCase. */
type DatabaseOptions = {
  identifier: string;
  engine?: string;
  managed?: Managed | undefined;
  tags?: Tags;
  overrides?: Overrides;
  [field: string]: unknown;
};

/** Ways to put things into a Region as if they had been there for long. */
export type FleetBuilders = {
  addInstance: (options: DatabaseOptions) => DBInstance;
  /** `members` are that many instances, or their identifiers; the first is the writer. */
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
    overrides?: Overrides;
  }) => SimulatedKey;
  /** `isMarked: false` leaves the clusters without `GlobalClusterIdentifier`: whether AWS always fills it is not known. */
  addGlobalCluster: (options: {
    identifier: string;
    writer?: DBCluster;
    readers?: readonly DBCluster[];
    isMarked?: boolean;
    overrides?: Overrides;
  }) => GlobalCluster;
  addBlueGreenDeployment: (options: {
    source: SimulatedDatabase | string;
    target?: SimulatedDatabase | string;
    status?: string;
    name?: string;
    overrides?: Overrides;
  }) => SimulatedBlueGreenDeployment;
  /** A proxy that logs in with these secrets. */
  addProxy: (options: { name: string; secretArns: readonly string[]; overrides?: Overrides }) => SimulatedProxy;
  /** Puts a secret that no database has: any field overrides. */
  addSecret: (options: { name: string } & Overrides) => SimulatedSecret;
  /** Changes a secret behind AWS's back; `ListSecrets` lags here too. */
  editSecret: (arn: string, change: Partial<SimulatedSecret> | undefined) => void;
};

/** Ways to give a Region what a service writes to. */
export type DestinationBuilders = {
  addBucket: (name: string) => Bucket;
  addTopic: (name: string) => Topic;
  enableSecurityHub: () => void;
  /** The rule's token is good for any number of calls. */
  addConfigRule: (name: string) => ConfigRule;
};
