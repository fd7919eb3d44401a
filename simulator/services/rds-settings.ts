import { applyPending, scheduleMaintenance } from "../maintenance.ts";
import { flagIn, listIn, numberIn, type Params, textIn } from "../params.ts";
import type { DBCluster, DBInstance, SimulatedDatabase, Tag } from "../resources.ts";
import type { Region } from "../state.ts";
import { withCallersTags } from "../tags.ts";

/** ParamReaders of one kind, with how each is read from a call. */
type ParamReaders = Readonly<Record<string, (params: Params, name: string) => unknown>>;

/** What is settled when a database is made. */
const lasting: ParamReaders = {
  EngineMode: textIn,
  MasterUsername: textIn,
  MultiTenant: flagIn,
  StorageEncrypted: flagIn,
};

/** Changes that wait for the maintenance window unless they are to apply immediately. */
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

/** Changes that never wait. */
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

/** Gives a new database what the call that makes it asks for. */
export function applySettings(database: SimulatedDatabase, params: Params): void {
  database.TagList = withCallersTags([], listIn<Tag>(params, "Tags"));
  readInto(database, { ...lasting, ...deferrable, ...immediate }, params);
}

/** What a read replica has of its source unless it is told otherwise. */
const inherited = [
  "AllocatedStorage",
  "DBInstanceClass",
  "EngineVersion",
  "Iops",
  "MasterUsername",
  "StorageEncrypted",
  "StorageType",
] as const;

/** Makes a read replica like its source, but without backups and in one Availability Zone. */
export function inheritSettings(replica: DBInstance, source: DBInstance | DBCluster): void {
  const known = inherited.filter((name) => source[name] !== undefined);
  const settings = Object.fromEntries(known.map((name) => [name, source[name]]));
  Object.assign(replica, settings, { BackupRetentionPeriod: 0 });
}

/** What a Modify call asks for. With ApplyImmediately not only this call's changes apply, but whatever was pending. */
export function changeSettings(region: Region, database: SimulatedDatabase, params: Params): void {
  readInto(database, immediate, params);
  readInto(database.PendingModifiedValues, deferrable, params);
  if (flagIn(params, "ApplyImmediately")) applyPending(database);
  else scheduleMaintenance(region, database);
}
