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
  SimulatedKey,
  SimulatedProxy,
  SimulatedSecret,
  StoredEvaluation,
  TenantDatabase,
  Topic,
} from "./resources.ts";

/**
 * What one Region of one account holds. Maps are keyed by lower-case identifier; secrets and topics by ARN, keys by key id, tenants by
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
    readonly proxies: Map<string, SimulatedProxy>;
    readonly secrets: Map<string, SimulatedSecret>;
    readonly keys: Map<string, SimulatedKey>;
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
    readonly secretHistory: { at: number; arn: string; before: SimulatedSecret | undefined }[];
    /** How many of a kind were ever made, so that ids are new and yet the same on every run. */
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
  advance: (span: TimeSpan) => void;
  readonly clock: Clock;
  readonly accounts: Map<string, SimulatedAccount>;
  /** Gets an account or makes it. */
  account: (
    id: string,
    options?: { partition?: string; regions?: readonly string[]; roles?: readonly string[] },
  ) => SimulatedAccount;
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
