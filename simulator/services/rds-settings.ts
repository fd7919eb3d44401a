import { applyPending, scheduleMaintenance } from "../maintenance.ts";
import { flagIn, listIn, numberIn, type Params, textIn } from "../params.ts";
import type { DBCluster, DBInstance, SimulatedDatabase, Tag } from "../resources.ts";
import type { Region } from "../state.ts";
import { withCallersTags } from "../tags.ts";

/** How to read each parameter of a group. */
type ParamReaders = Readonly<Record<string, (params: Params, name: string) => unknown>>;

/** Set only at creation. */
const creationOnly: ParamReaders = {
  EngineMode: textIn,
  MasterUsername: textIn,
  MultiTenant: flagIn,
  StorageEncrypted: flagIn,
};

/** Changed in the maintenance window unless `ApplyImmediately` is set. */
const deferrable: ParamReaders = {
  AllocatedStorage: numberIn,
  BackupRetentionPeriod: numberIn,
  DBClusterInstanceClass: textIn,
  DBInstanceClass: textIn,
  EngineVersion: textIn,
  Iops: numberIn,
  MultiAZ: flagIn,
  StorageType: textIn,
};

/** Changed at once. */
const immediate: ParamReaders = {
  CopyTagsToSnapshot: flagIn,
  DeletionProtection: flagIn,
  PreferredBackupWindow: textIn,
  PreferredMaintenanceWindow: textIn,
};

function readInto(target: Record<string, unknown>, settings: ParamReaders, params: Params): void {
  for (const [name, read] of Object.entries(settings))
    if (params[name] !== undefined) target[name] = read(params, name);
}

/** Applies the parameters of a Create call. */
export function applySettings(database: SimulatedDatabase, params: Params): void {
  database.TagList = withCallersTags([], listIn<Tag>(params, "Tags"));
  readInto(database, { ...creationOnly, ...deferrable, ...immediate }, params);
}

/** The settings that a read replica copies from its source by default. */
const inherited = [
  "AllocatedStorage",
  "DBInstanceClass",
  "EngineVersion",
  "Iops",
  "MasterUsername",
  "StorageEncrypted",
  "StorageType",
] as const;

/** Copies a source's settings to a read replica, which has no backups. */
export function inheritSettings(replica: DBInstance, source: DBInstance | DBCluster): void {
  const known = inherited.filter((name) => source[name] !== undefined);
  const settings = Object.fromEntries(known.map((name) => [name, source[name]]));
  Object.assign(replica, settings, { BackupRetentionPeriod: 0 });
}

/** Applies the parameters of a Modify call. `ApplyImmediately` applies earlier pending changes too. */
export function changeSettings(region: Region, database: SimulatedDatabase, params: Params): void {
  readInto(database, immediate, params);
  readInto(database.PendingModifiedValues, deferrable, params);
  if (flagIn(params, "ApplyImmediately")) applyPending(database);
  else scheduleMaintenance(region, database);
}
