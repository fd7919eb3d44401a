import type { DestinationBuilders, FleetBuilders } from "./builders.ts";
import type { Clock, TimeSpan } from "./clock.ts";
import type { Fault, FaultOptions } from "./faults.ts";
import type {
  Bucket,
  ConfigRule,
  DBCluster,
  DBInstance,
  GlobalCluster,
  ImportedFinding,
  SimulatedBlueGreenDeployment,
  SimulatedEvent,
  SimulatedGrant,
  SimulatedKey,
  SimulatedProxy,
  SimulatedSecret,
  StoredEvaluation,
  TenantDatabase,
  Topic,
  Workloads,
} from "./resources.ts";

/**
 * The contents of one Region of one account. Maps are keyed by lower-case identifier; secrets and topics by ARN, keys by key id, tenants by
 * instance and name, buckets and rules by name, findings by id, evaluations by rule, resource type and resource id.
 */
export type Region = FleetBuilders &
  DestinationBuilders & {
    readonly name: string;
    readonly account: SimulatedAccount;
    readonly instances: Map<string, DBInstance>;
    readonly clusters: Map<string, DBCluster>;
    readonly tenants: Map<string, TenantDatabase>;
    readonly blueGreenDeployments: Map<string, SimulatedBlueGreenDeployment>;
    /** Events of RDS, oldest first. */
    readonly events: SimulatedEvent[];
    readonly proxies: Map<string, SimulatedProxy>;
    readonly secrets: Map<string, SimulatedSecret>;
    readonly keys: Map<string, SimulatedKey>;
    /** Policies by key id, as JSON text. A key without an entry has the default policy. */
    readonly keyPolicies: Map<string, string>;
    /** Grants by key id. */
    readonly keyGrants: Map<string, readonly SimulatedGrant[]>;
    /** Alias name to key id. */
    readonly aliases: Map<string, string>;
    readonly buckets: Map<string, Bucket>;
    readonly topics: Map<string, Topic>;
    readonly securityHub: { isEnabled: boolean; readonly findings: Map<string, ImportedFinding> };
    readonly configRules: Map<string, ConfigRule>;
    readonly evaluations: Map<string, StoredEvaluation>;
    readonly workloads: Workloads;
    /** Databases, by ARN or identifier, whose rotations fail without a visible cause. */
    readonly failingRotations: Set<string>;
    /** Earlier versions of changed secrets, newest last: `ListSecrets` can lag five minutes. */
    readonly secretHistory: { at: number; arn: string; before: SimulatedSecret | undefined }[];
    /** The number of each kind created so far: makes ids unique and deterministic. */
    readonly serials: Map<string, number>;
  };

/** One AWS account. */
export type SimulatedAccount = {
  readonly id: string;
  readonly partition: string;
  readonly cloud: Cloud;
  /** The Regions that are enabled. */
  readonly enabledRegions: Set<string>;
  readonly regions: Map<string, Region>;
  readonly globalClusters: Map<string, GlobalCluster>;
  /** The roles that can be assumed; any role if absent. */
  roles?: readonly string[];
  /** What the trust policies of its roles require as `sts:ExternalId`; anything if absent. */
  externalId?: string;
};

/** An organization in AWS Organizations. */
export type Organization = {
  readonly id: string;
  readonly managementAccount: string;
  featureSet: "ALL" | "CONSOLIDATED_BILLING";
  readonly delegatedAdministrators: Set<string>;
  /** True if the trusted access of AWS Account Management is enabled. */
  trustsAccountManagement: boolean;
  /** By account ID, in the order of the list. `parent` is a unit or the root. */
  readonly members: Map<string, { readonly name: string; state: string; parent: string }>;
  /** Units by ID, each with its parent. */
  readonly units: Map<string, string>;
  /** Regions that a service control policy denies to all accounts but the management account. */
  readonly deniedRegions: Set<string>;
  /** Accounts on each page of a list. A page can be empty and yet have a successor. */
  pageSize: number;
  /** Pages of `ListAccounts`, counted from 0, before which AWS returns an empty page. */
  readonly emptyPages: Set<number>;
};

/** Durations of asynchronous changes, in virtual seconds. */
type Timing = {
  /** Until a new database is available. */
  createSeconds: number;
  /** Until a password change shows in the status; until then the status is still `available`. */
  resetStartsSeconds: number;
  /** Until the password change is complete, counted from the call. */
  resetEndsSeconds: number;
  rotateSeconds: number;
  deleteSeconds: number;
  /** Real seconds until a session of an assumed role ends. */
  sessionSeconds: number;
  startSeconds: number;
};

/** A call that was made, successful or not. `action` is the IAM permission. */
export type Call = { account: string; region: string; action: string };

/** The simulated AWS: accounts, Regions, virtual time, and faults. */
export type Cloud = {
  now: () => Date;
  advance: (span: TimeSpan) => void;
  readonly clock: Clock;
  readonly accounts: Map<string, SimulatedAccount>;
  /** Returns an account; creates it if needed. */
  account: (
    id: string,
    options?: { partition?: string; regions?: readonly string[]; roles?: readonly string[]; externalId?: string },
  ) => SimulatedAccount;
  /** Returns a Region; creates and enables it if needed. */
  region: (account: string, name: string) => Region;
  /** The organization of its members; null if there is none. */
  organization: Organization | null;
  /** Makes calls fail until the returned function is called or `times` calls have failed. */
  fault: (options: FaultOptions) => () => void;
  readonly faults: Fault[];
  /** All calls, in order. Empty it to restart counting. */
  readonly calls: Call[];
  lag: { listSecretsSeconds: number };
  timing: Timing;
};
