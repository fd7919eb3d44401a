import { type AnyDatabase, toTags } from "../databases.ts";
import { flagIn, listIn, numberIn, type Params, textIn } from "../params.ts";
import type { DBInstance, Tag } from "../state.ts";

/** Settings of one kind, with how each is read from a call. */
type Settings = Readonly<Record<string, (params: Params, name: string) => unknown>>;

/** What is settled when a database is made. */
const lasting: Settings = {
  EngineMode: textIn,
  MasterUsername: textIn,
  MultiTenant: flagIn,
  StorageEncrypted: flagIn,
};

/** Changes that wait for the maintenance window unless they are to apply immediately. */
const deferrable: Settings = {
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
const immediate: Settings = {
  CopyTagsToSnapshot: flagIn,
  DeletionProtection: flagIn,
  PreferredBackupWindow: textIn,
  PreferredMaintenanceWindow: textIn,
};

function readInto(target: Record<string, unknown>, settings: Settings, params: Params): void {
  for (const [name, read] of Object.entries(settings))
    if (params[name] !== undefined) target[name] = read(params, name);
}

/** Gives a new database what the call that makes it asks for. */
export function applySettings(database: AnyDatabase, params: Params): void {
  database.TagList = toTags(listIn<Tag>(params, "Tags"));
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
export function inheritSettings(replica: DBInstance, source: DBInstance): void {
  const settings = Object.fromEntries(inherited.map((name) => [name, source[name]]));
  Object.assign(replica, settings, { BackupRetentionPeriod: 0 });
}

/** What a Modify call asks for. With ApplyImmediately not only this call's changes apply, but whatever was pending. */
export function changeSettings(database: AnyDatabase, params: Params): void {
  readInto(database, immediate, params);
  const pending = database.PendingModifiedValues;
  readInto(pending, deferrable, params);
  if (flagIn(params, "ApplyImmediately") !== true) return;
  for (const [name, value] of Object.entries(pending)) {
    if (name === "MasterUserPassword") continue;
    database[name] = value;
    delete pending[name];
  }
}
