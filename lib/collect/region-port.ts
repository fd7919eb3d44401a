import type { Database, DatabaseReference, TenantReference } from "../model/database.ts";
import type { DatabaseEvent } from "../model/database-event.ts";
import type { BlueGreenDeployment, DBProxy } from "../model/inventory.ts";
import type { Grant, Key } from "../model/key.ts";
import type { Secret } from "../model/secret.ts";

export type Pages<T> = AsyncIterable<readonly T[]>;

/** Read access to one Region of one account. Each method is one API operation; a failed call throws an AwsCallError. */
export type RegionPort = {
  readonly account: string;
  readonly region: string;
  readonly partition: string;
  /** API calls so far, without retries. */
  calls(): number;
  /** Closes the connections. Without it, they are closed some time after the last call. */
  close?(): void;
  /** All DB instances, or the one referred to: no page has it if it does not exist. */
  describeDBInstances(only?: DatabaseReference): Pages<Database>;
  describeDBClusters(only?: DatabaseReference): Pages<Database>;
  /** All tenant databases, those of one container, or the one referred to. */
  describeTenantDatabases(only?: TenantReference): Pages<Database>;
  /** ARNs of the DB clusters that are members of a global database. */
  describeGlobalClusters(): Pages<string>;
  describeBlueGreenDeployments(): Pages<BlueGreenDeployment>;
  describeDBProxies(): Pages<DBProxy>;
  /** Identifiers of the DB instances and DB clusters behind an RDS Proxy. */
  describeDBProxyTargets(proxy: string): Pages<string>;
  /** The events of a DB instance or DB cluster, referred to by its identifier, in the last minutes. */
  describeEvents(database: DatabaseReference, minutes: number): Pages<DatabaseEvent>;
  /** All secrets that RDS owns, including those scheduled for deletion. */
  listSecrets(): Pages<Secret>;
  /** Null if the secret does not exist. */
  describeSecret(arn: string): Promise<Secret | null>;
  /** JSON text; null if the secret has no resource policy or does not exist. */
  getResourcePolicy(arn: string): Promise<string | null>;
  /** Null if the key does not exist. */
  describeKey(reference: string): Promise<Key | null>;
  /** JSON text; null if the key does not exist. KMS answers only the key's own account. */
  getKeyPolicy(arn: string): Promise<string | null>;
  listGrants(arn: string): Pages<Grant>;
  /** Checks with a dry run whether the credentials may use a key: null if they may, otherwise the reason. */
  tryKey(arn: string): Promise<string | null>;
};
