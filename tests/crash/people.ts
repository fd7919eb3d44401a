import { exemptionTags, toggleTagKey } from "../../lib/model/database.ts";
import { callService } from "../../simulator/call-service.ts";
import { SimulatedError } from "../../simulator/simulated-error.ts";
import { renameInstance } from "../support/rename-instance.ts";
import type { Expectation } from "./check-end.ts";
import { optInTag } from "./scenarios.ts";
import { adopt, liveOne, livingSecretsOf, note, type Subject, scope, toggleTagOf, type World } from "./world.ts";

/** Something that a person does to the database, at any moment, without asking anybody. */
export type Deed = {
  readonly name: string;
  /** Does it; false where AWS does not let them, or there is nothing to be done. */
  readonly act: (world: World, subject: Subject) => boolean;
  /** The gates that it closes. */
  readonly closes?: readonly string[];
  /** Takes it back on the third day; without it, it stays. */
  readonly undo?: (world: World, subject: Subject) => void;
  /** What may be expected of the database afterwards. */
  readonly expects: Expectation;
};

/** Calls AWS as another caller. Returns false if AWS refuses. */
function call(world: World, service: string, action: string, params: Record<string, unknown>): boolean {
  try {
    callService(world.cloud, { ...scope, service, action, params });
    note(world, "a person", `${action} ${JSON.stringify({ ...params, MasterUserPassword: undefined })}`);
    return true;
  } catch (error) {
    if (error instanceof SimulatedError) return false;
    throw error;
  }
}

function nameOf({ kind, identifier }: Subject): Record<string, string> {
  const [name = "", tenant = ""] = identifier.split("/");
  if (kind === "cluster") return { DBClusterIdentifier: name };
  return kind === "instance" ? { DBInstanceIdentifier: name } : { DBInstanceIdentifier: name, TenantDBName: tenant };
}

const modifyActions = {
  instance: "ModifyDBInstance",
  cluster: "ModifyDBCluster",
  "tenant-database": "ModifyTenantDatabase",
} as const;

const modify = (world: World, subject: Subject, params: Record<string, unknown>): boolean =>
  call(world, "rds", modifyActions[subject.kind], { ...nameOf(subject), ...params });

/** Starts, stops and deletes: a tenant database with its container, a cluster with its members. */
function operate(world: World, subject: Subject, verb: "Start" | "Stop"): boolean {
  const { DBClusterIdentifier, DBInstanceIdentifier } = nameOf(subject);
  return subject.kind === "cluster"
    ? call(world, "rds", `${verb}DBCluster`, { DBClusterIdentifier })
    : call(world, "rds", `${verb}DBInstance`, { DBInstanceIdentifier });
}

function remove(world: World, subject: Subject): boolean {
  const { DBClusterIdentifier, DBInstanceIdentifier } = nameOf(subject);
  if (subject.kind !== "cluster")
    return call(world, "rds", "DeleteDBInstance", { DBInstanceIdentifier, SkipFinalSnapshot: true });
  for (const { DBInstanceIdentifier: member } of world.here.clusters.get(subject.identifier)?.DBClusterMembers ?? [])
    call(world, "rds", "DeleteDBInstance", { DBInstanceIdentifier: member });
  return call(world, "rds", "DeleteDBCluster", { DBClusterIdentifier, SkipFinalSnapshot: true });
}

const tag = (world: World, { arn }: Subject, tags: Readonly<Record<string, string>>): boolean =>
  call(world, "rds", "AddTagsToResource", {
    ResourceName: arn,
    Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
  });
const untag = (world: World, { arn }: Subject, ...TagKeys: string[]): boolean =>
  call(world, "rds", "RemoveTagsFromResource", { ResourceName: arn, TagKeys });

/** Renames an instance. What the world knows of it by its ARN moves along. */
function rename(world: World, subject: Subject, identifier: string): boolean {
  const instance = world.here.instances.get(subject.identifier);
  if (subject.kind !== "instance" || instance === undefined || instance.DBInstanceStatus !== "available") return false;
  renameInstance(world.here, instance, identifier);
  const { arn } = subject;
  const renamed = { ...subject, identifier, arn: instance.DBInstanceArn };
  world.affectedDatabases.splice(world.affectedDatabases.indexOf(subject), 1, renamed);
  if (world.orphaned.delete(arn)) world.orphaned.add(renamed.arn);
  for (const known of [world.untagged, world.pendings, world.closed] as Map<string, unknown>[]) {
    if (known.has(arn)) known.set(renamed.arn, known.get(arn));
    known.delete(arn);
  }
  for (const [by, one] of world.changing) if (one.arn === arn) world.changing.set(by, { ...one, arn: renamed.arn });
  world.replaced.set(subject.identifier, world.journal.length);
  note(world, "a person", `renames ${subject.identifier} to ${identifier}`);
  return true;
}

/** Creates an instance that is not opted in under the name of another. */
function createAnother(world: World, { identifier, kind }: Subject): boolean {
  if (kind !== "instance") return false;
  world.here.addInstance({ identifier, managed: false });
  world.replaced.set(identifier, world.journal.length);
  note(world, "a person", `creates another ${identifier}`);
  return true;
}

const secretArnOf = (world: World, subject: Subject) => liveOne(world, subject)?.MasterUserSecret?.SecretArn;
const isTagged = (world: World, subject: Subject): boolean => {
  const database = liveOne(world, subject);
  return database !== undefined && toggleTagOf(database) !== undefined;
};

/** When the maintenance window of all databases here opens next. */
function nextWindow({ cloud }: World): string {
  const first = Date.parse("2026-11-29T03:00:00.000Z");
  const week = 7 * 86_400_000;
  const weeks = Math.max(0, Math.floor((cloud.now().getTime() - first) / week) + 1);
  return new Date(first + weeks * week).toISOString();
}

const stackTag = "aws:cloudformation:stack-name";
/** Only the key that the secret should have in the end is disabled. */
const targetKey = ({ policy, here }: World) => {
  const [required] = policy.keys[0]?.require ?? [];
  return required ?? [...here.keys.values()].find(({ KeyManager }) => KeyManager === "CUSTOMER")?.Arn;
};

export const deeds: readonly Deed[] = [
  {
    name: "management is turned on by hand",
    act: (world, subject) => modify(world, subject, { ManageMasterUserPassword: true }),
    expects: "managed",
  },
  {
    name: "management is turned off by hand, with a password of their own",
    act: (world, subject) =>
      modify(world, subject, { ManageMasterUserPassword: false, MasterUserPassword: "their-own-password" }),
    expects: "managed",
  },
  {
    name: "the database is stopped",
    act: (world, subject) => operate(world, subject, "Stop"),
    closes: ["status-available"],
    undo: (world, subject) => {
      operate(world, subject, "Start");
      world.cloud.advance({ minutes: 10 });
    },
    expects: "goal",
  },
  { name: "the database is renamed", act: (world, subject) => rename(world, subject, "renamed"), expects: "goal" },
  {
    name: "the database is switched over: another one gets its name",
    act: (world, subject) => rename(world, subject, "renamed") && createAnother(world, subject),
    expects: "goal",
  },
  {
    name: "the database is deleted, and another one gets its name",
    act(world, subject) {
      if (subject.kind !== "instance") return false;
      world.here.instances.delete(subject.identifier);
      for (const secret of livingSecretsOf(world, subject.arn)) world.here.secrets.delete(secret.ARN);
      world.orphaned.delete(subject.arn);
      world.affectedDatabases.splice(world.affectedDatabases.indexOf(subject), 1);
      return createAnother(world, subject);
    },
    expects: "nothing",
  },
  { name: "the database is deleted", act: remove, closes: ["status-available"], expects: "nothing" },
  {
    name: "a modification is left pending",
    act(world, subject) {
      const [field, value] = ["BackupRetentionPeriod", 21];
      const pending = { field, value, since: world.journal.length, notBefore: nextWindow(world) };
      // A tenant database is changed at once.
      if (subject.kind === "tenant-database" || !modify(world, subject, { [field]: value })) return false;
      world.pendings.set(subject.arn, pending);
      return true;
    },
    closes: ["nothing-pending"],
    undo: ({ cloud }) => cloud.advance({ days: 7 }),
    expects: "goal",
  },
  {
    name: "the opt-in is taken back",
    act: (world, subject) => untag(world, subject, ...Object.keys(optInTag)),
    closes: ["opted-in"],
    expects: "nothing",
  },
  {
    name: "an exemption is declared",
    act: (world, subject) =>
      tag(world, subject, {
        [exemptionTags.owner]: "ann",
        [exemptionTags.reason]: "migration",
        [exemptionTags.until]: "2027-12-31",
      }),
    closes: ["not-exempt"],
    expects: "nothing",
  },
  {
    name: "a read replica is added",
    act: (world, { identifier, kind }) =>
      kind === "instance" &&
      call(world, "rds", "CreateDBInstanceReadReplica", {
        DBInstanceIdentifier: "replica",
        SourceDBInstanceIdentifier: identifier,
      }),
    closes: ["no-replicas"],
    undo: (world) => {
      call(world, "rds", "DeleteDBInstance", { DBInstanceIdentifier: "replica" });
      world.cloud.advance({ minutes: 10 });
    },
    expects: "goal",
  },
  {
    name: "a proxy is given the secret",
    act(world, subject) {
      const secretArn = secretArnOf(world, subject);
      if (secretArn === undefined) return false;
      world.here.addProxy({ name: "web", secretArns: [secretArn] });
      return true;
    },
    closes: ["no-proxy"],
    undo: ({ here }) => here.proxies.clear(),
    expects: "goal",
  },
  {
    name: "a proxy logs in with a secret of its own",
    act({ here }, { identifier }) {
      here.addProxy({ name: "side", secretArns: ["arn:aws:secretsmanager:eu-west-1:111111111111:secret:own-AbCdEf"] });
      const RdsResourceId = identifier.split("/")[0] ?? "";
      here.workloads.proxyTargets = [{ DBProxyName: "side", RdsResourceId, Type: "RDS_INSTANCE" }];
      return true;
    },
    closes: ["no-proxy-with-own-secret"],
    undo: ({ here }) => here.proxies.clear(),
    expects: "goal",
  },
  {
    name: "a blue/green deployment is made",
    act(world, { arn }) {
      world.here.addBlueGreenDeployment({ source: arn });
      return true;
    },
    closes: ["no-blue-green-deployment"],
    undo: ({ here }) => here.blueGreenDeployments.clear(),
    expects: "goal",
  },
  {
    name: "the secret is replicated",
    act: (world, subject) =>
      call(world, "secretsmanager", "ReplicateSecretToRegions", {
        SecretId: secretArnOf(world, subject) ?? "",
        AddReplicaRegions: [{ Region: "us-east-1" }],
      }),
    closes: ["secret-not-replicated"],
    undo: (world, subject) => {
      const secretArn = secretArnOf(world, subject);
      call(world, "secretsmanager", "RemoveRegionsFromReplication", {
        SecretId: secretArn ?? "",
        RemoveReplicaRegions: ["us-east-1"],
      });
    },
    expects: "goal",
  },
  {
    name: "a stack takes the database over",
    act(world, subject) {
      const database = liveOne(world, subject);
      // Only AWS writes such a tag.
      database?.TagList.push({ Key: stackTag, Value: "shop" });
      return database !== undefined;
    },
    closes: ["not-stack-owned"],
    undo: (world, subject) => {
      const database = liveOne(world, subject);
      if (database !== undefined) database.TagList = database.TagList.filter(({ Key }) => Key !== stackTag);
    },
    expects: "goal",
  },
  {
    name: "the key is disabled",
    act: (world) => call(world, "kms", "DisableKey", { KeyId: targetKey(world) }),
    closes: ["key-usable"],
    undo: (world) => {
      call(world, "kms", "EnableKey", { KeyId: targetKey(world) });
    },
    expects: "goal",
  },
  {
    name: "the toggle tag is overwritten",
    act: (world, subject) => isTagged(world, subject) && tag(world, subject, { [toggleTagKey]: "please do not touch" }),
    expects: "managed",
  },
  {
    name: "the toggle tag is removed",
    act(world, subject) {
      if (!isTagged(world, subject) || !untag(world, subject, toggleTagKey)) return false;
      world.untagged.set(subject.arn, world.journal.length);
      return true;
    },
    expects: "managed",
  },
];

/** Lets a person do it now, and keeps account of what follows from it; false where nothing was done. */
export function perform(world: World, { act, closes = [] }: Deed): boolean {
  const [first] = world.affectedDatabases;
  if (first === undefined) return false;
  const before = secretArnOf(world, first);
  const isPending = liveOne(world, first)?.PendingModifiedValues.MasterUserPassword !== undefined;
  if (!act(world, first)) return false;
  // It may have another name by now.
  const subject = world.affectedDatabases.find(({ resourceId }) => resourceId === first.resourceId);
  if (subject === undefined) return true;
  const gates = world.closed.get(subject.arn) ?? new Map<string, number>();
  for (const gate of closes) gates.set(gate, world.journal.length);
  world.closed.set(subject.arn, gates);
  const database = liveOne(world, subject);
  // A person who changes the password knows it.
  const hasChanged = database?.PendingModifiedValues.MasterUserPassword !== undefined && !isPending;
  if (hasChanged || secretArnOf(world, subject) !== before) adopt(world, subject.arn);
  return true;
}

/** Takes it back; false where it stays. */
export function takeBack(world: World, { undo }: Deed): boolean {
  if (undo === undefined) return false;
  for (const subject of world.affectedDatabases) {
    undo(world, subject);
    world.closed.delete(subject.arn);
  }
  return true;
}
